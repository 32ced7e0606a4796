import type { ColumnValue, Row } from '@outpost/core'
import Database from 'better-sqlite3'
import { COLUMNS, INDEXES, OWNER_TABLE } from './account-rows.ts'
import { contentsOf } from './contender.ts'
import type { Contender, Place, Write } from './contender.ts'

/*
 * The limit: what can be had by hand from fetch, JSON.parse and better-sqlite3, for this one table and nothing else. No
 * metadata, no versions or unsent changes to respect, no place to go on from, no events, no validation.
 */

type WireRow = Readonly<Record<string, ColumnValue>>
type SqlValue = string | number | Buffer | null

const STORED = [...COLUMNS, { name: OWNER_TABLE, type: 'String', targets: undefined }]

/** The settings that @outpost/store-sqlite uses, so that SQLite has the same work. */
const PRAGMAS = [
  'page_size = 16384',
  'journal_mode = WAL',
  'wal_autocheckpoint = 5000',
  'journal_size_limit = 81920000',
  'temp_store = MEMORY',
]

export async function openRaw({ url, path, pageSize }: Place): Promise<Contender> {
  const database = new Database(path)
  for (const pragma of PRAGMAS) database.pragma(pragma)
  createTables(database)
  const insert = database.prepare<[SqlValue[]]>(
    `INSERT OR REPLACE INTO account VALUES (${STORED.map(() => '?').join()})`,
  )
  const update = database.prepare<SqlValue[]>('UPDATE account SET telephone1 = ? WHERE accountid = ?')
  const queue = database.prepare<string>('INSERT INTO outbox (body) VALUES (?)')

  const insertPage = database.transaction((page: readonly WireRow[]) => {
    for (const row of page) insert.run(parametersOf(row))
  })
  const writeAll = database.transaction((writes: readonly Write[]) => {
    for (const { id, telephone1 } of writes) {
      update.run(telephone1, guidBytes(id))
      queue.run(JSON.stringify({ kind: 'update', table: 'account', id, values: { telephone1 } }))
    }
  })
  return {
    download: async () => {
      database.pragma('synchronous = NORMAL')
      const headers = {
        Prefer: `odata.maxpagesize=${pageSize},odata.include-annotations="Microsoft.Dynamics.CRM.lookuplogicalname"`,
      }
      let next: string | undefined = `${url}/api/data/v9.2/accounts?$orderby=versionnumber`
      while (next !== undefined) {
        const response = await fetch(next, { headers })
        const page = JSON.parse(await response.text()) as { value: WireRow[]; '@odata.nextLink'?: string }
        insertPage(page.value)
        next = page['@odata.nextLink']
      }
      database.pragma('synchronous = FULL')
    },
    write: async (write) => writeAll([write]),
    burst: async (writes) => writeAll(writes),
    contents: async () => {
      const queued = database.prepare('SELECT count(*) FROM outbox').pluck().get() as number
      return contentsOf([storedRows(database)], queued)
    },
    close: async () => {
      database.close()
    },
  }
}

function createTables(database: Database.Database): void {
  const declared = STORED.map(({ name, type }) => `"${name}" ${SQL_TYPES[type] ?? 'TEXT COLLATE NOCASE'}`)
  database.exec(`CREATE TABLE account (${declared.join(', ')})`)
  for (const columns of INDEXES) {
    database.exec(`CREATE INDEX "by ${columns.join()}" ON account (${columns.join()}, accountid)`)
  }
  database.exec('CREATE TABLE outbox (seq INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL)')
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

function parametersOf(row: WireRow): SqlValue[] {
  const parameters = WIRE_NAMES.map((name): SqlValue => {
    const value = row[name] ?? null
    return typeof value === 'boolean' ? Number(value) : value
  })
  parameters[0] = guidBytes(String(row['accountid']))
  parameters.push(String(row['_ownerid_value@Microsoft.Dynamics.CRM.lookuplogicalname']))
  return parameters
}

function storedRows(database: Database.Database): readonly Row[] {
  const rows = database.prepare('SELECT * FROM account').raw().all() as SqlValue[][]
  return rows.map((row) =>
    Object.fromEntries(STORED.map(({ name, type }, at) => [name, valueOf(type, row[at] ?? null)])),
  )
}

function valueOf(type: string, value: SqlValue): ColumnValue {
  if (Buffer.isBuffer(value)) {
    return value.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
  }
  if (type === 'BigInt') return String(value)
  return type === 'Boolean' ? value === 1 : value
}

function guidBytes(guid: string): Buffer {
  return Buffer.from(guid.replaceAll('-', ''), 'hex')
}
