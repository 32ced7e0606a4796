import type { ColumnValue, Row } from '@outpost/core'
import type Database from 'better-sqlite3'
import { COLUMNS, INDEXES, OWNER_TABLE } from '../data/account-rows.ts'
import { NEWEST_OPEN } from './contender.ts'
import type { WireRow } from './wire.ts'

/** A table of accounts in SQLite as one writes it by hand, with a queue beside it. */

export type SqlValue = string | number | Uint8Array | null

/** The settings that @outpost/store-sqlite uses, so that SQLite has the same work. */
export const PRAGMAS = [
  'page_size = 16384',
  'journal_mode = WAL',
  'wal_autocheckpoint = 5000',
  'journal_size_limit = 81920000',
  'temp_store = MEMORY',
]

const STORED = [...COLUMNS, { name: OWNER_TABLE, type: 'String', targets: undefined }]

export const INSERT = `INSERT OR REPLACE INTO account VALUES (${STORED.map(() => '?').join()})`
/** The same for rows as arrays of values in a text of JSON, their ids as text. */
export const INSERT_ALL = `INSERT OR REPLACE INTO account SELECT ${STORED.map(({ type }, at) =>
  type === 'Uniqueidentifier' ? `unhex(replace(value ->> ${at}, '-', ''))` : `value ->> ${at}`,
).join()} FROM json_each(?)`
export const SELECT_NEWEST_OPEN =
  `SELECT * FROM account INDEXED BY "by ${NEWEST_OPEN.orderBy}" WHERE statecode = ${NEWEST_OPEN.where.statecode} ` +
  `ORDER BY ${NEWEST_OPEN.orderBy} DESC, accountid DESC LIMIT ${NEWEST_OPEN.limit}`

export function createTables(database: { exec(sql: string): unknown }): void {
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
  const parameters = valuesOf(row)
  parameters[0] = guidBytes(String(row['accountid']))
  return parameters
}

/** The values for `INSERT_ALL`. */
export function valuesOf(row: WireRow): SqlValue[] {
  const values = WIRE_NAMES.map((name): SqlValue => {
    const value = row[name] ?? null
    return typeof value === 'boolean' ? Number(value) : value
  })
  values.push(String(row['_ownerid_value@Microsoft.Dynamics.CRM.lookuplogicalname']))
  return values
}

/** The row that these values of its columns make. */
export function storedRow(values: readonly SqlValue[]): Row {
  return Object.fromEntries(STORED.map(({ name, type }, at) => [name, valueOf(type, values[at] ?? null)]))
}

function valueOf(type: string, value: SqlValue): ColumnValue {
  if (value instanceof Uint8Array) {
    return hexOf(value).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
  }
  if (type === 'BigInt') return String(value)
  return type === 'Boolean' ? value === 1 : value
}

export function guidBytes(guid: string): Buffer {
  return Buffer.from(guid.replaceAll('-', ''), 'hex')
}

function hexOf(bytes: Uint8Array): string {
  if ('Buffer' in globalThis) return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** All rows, one by one. */
export function* storedRows(database: Database.Database): Generator<Row> {
  for (const row of database.prepare<[], SqlValue[]>('SELECT * FROM account').raw().iterate()) yield storedRow(row)
}
