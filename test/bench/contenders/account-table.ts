import type { ColumnValue, Row } from '@outpost/core'
import type Database from 'better-sqlite3'
import { COLUMNS, INDEXES, OWNER_TABLE } from '../data/account-rows.ts'
import { NEWEST_OPEN } from './contender.ts'
import type { WireRow } from './wire.ts'

/** A table of accounts in SQLite as one writes it by hand, with a queue beside it. */

export type SqlValue = string | number | Buffer | null

const STORED = [...COLUMNS, { name: OWNER_TABLE, type: 'String', targets: undefined }]

export const INSERT = `INSERT OR REPLACE INTO account VALUES (${STORED.map(() => '?').join()})`
export const SELECT_NEWEST_OPEN =
  `SELECT * FROM account INDEXED BY "by ${NEWEST_OPEN.orderBy}" WHERE statecode = ${NEWEST_OPEN.where.statecode} ` +
  `ORDER BY ${NEWEST_OPEN.orderBy} DESC, accountid DESC LIMIT ${NEWEST_OPEN.limit}`

export function createTables(database: Database.Database): void {
  const declared = STORED.map(({ name, type }) => `"${name}" ${SQL_TYPES[type] ?? 'TEXT COLLATE NOCASE'}`)
  database.exec(`CREATE TABLE account (${declared.join(', ')})`)
  for (const columns of INDEXES) {
    database.exec(`CREATE INDEX "by ${columns.join()}" ON account (${columns.join()}, accountid)`)
  }
  database.exec('CREATE TABLE outbox (seq INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL)')
  database.exec('CREATE TABLE state (version INTEGER NOT NULL)')
  database.exec('INSERT INTO state VALUES (0)')
}

const SQL_TYPES: Readonly<Record<string, string>> = {
  Uniqueidentifier: 'BLOB PRIMARY KEY NOT NULL',
  BigInt: 'INTEGER',
  Boolean: 'INTEGER',
  Integer: 'INTEGER',
  Picklist: 'INTEGER',
  State: 'INTEGER',
  Status: 'INTEGER',
  Money: 'REAL',
  Decimal: 'REAL',
}

const WIRE_NAMES = COLUMNS.map(({ name, targets }) => (targets ? `_${name}_value` : name))

export function parametersOf(row: WireRow): SqlValue[] {
  const parameters = WIRE_NAMES.map((name): SqlValue => {
    const value = row[name] ?? null
    return typeof value === 'boolean' ? Number(value) : value
  })
  parameters[0] = guidBytes(String(row['accountid']))
  parameters.push(String(row['_ownerid_value@Microsoft.Dynamics.CRM.lookuplogicalname']))
  return parameters
}

/** The row that these values of its columns make. */
export function storedRow(values: readonly SqlValue[]): Row {
  return Object.fromEntries(STORED.map(({ name, type }, at) => [name, valueOf(type, values[at] ?? null)]))
}

function valueOf(type: string, value: SqlValue): ColumnValue {
  if (Buffer.isBuffer(value)) {
    return value.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
  }
  if (type === 'BigInt') return String(value)
  return type === 'Boolean' ? value === 1 : value
}

export function guidBytes(guid: string): Buffer {
  return Buffer.from(guid.replaceAll('-', ''), 'hex')
}

/** All rows, one by one. */
export function* storedRows(database: Database.Database): Generator<Row> {
  for (const row of database.prepare<[], SqlValue[]>('SELECT * FROM account').raw().iterate()) yield storedRow(row)
}
