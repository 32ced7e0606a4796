import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { ColumnValue, Row } from '@outpost/core'
import { appSchema, Database, Model, Q, tableSchema } from '@nozbe/watermelondb'
import { COLUMNS, OWNER_TABLE } from '../data/account-rows.ts'
import { contentsOf } from '../data/contents.ts'
import { NEWEST_OPEN } from './contender.ts'
import type { Contender, Place, Write } from './contender.ts'
import { pullPages, rowOf } from './wire.ts'

/*
 * WatermelonDB on SQLite with its `synchronize`, page by page. Its indexes have one column each: the third is that of the
 * owner alone. What is queued is what its rows say of themselves. Its adapter on LokiJS is left out: in Node that one
 * keeps everything in memory, by an option that is not for users.
 */

interface TableChanges {
  readonly created: readonly object[]
  readonly updated: readonly object[]
  readonly deleted: readonly string[]
}

// Required, because the declarations beside them do not compile, and bundlers and Node see other exports in them.
const require = createRequire(import.meta.url)
const { default: SqliteAdapter } = require('@nozbe/watermelondb/adapters/sqlite/index.js') as {
  readonly default: new (options: { readonly dbName: string; readonly schema: object }) => object
}
const { synchronize } = require('@nozbe/watermelondb/sync/index.js') as {
  readonly synchronize: (options: {
    readonly database: Database
    readonly sendCreatedAsUpdated: boolean
    readonly pullChanges: () => Promise<{ changes: Record<string, TableChanges>; timestamp: number }>
  }) => Promise<void>
}
// It warns of every write in a burst, on the console.
const { default: logger } = require('@nozbe/watermelondb/utils/common/logger/index.js') as {
  readonly default: { readonly silence: () => void }
}
logger.silence()

/** Names of columns take no dollar there. */
const OWNER_COLUMN = 'owneridtable'
const INDEXED: ReadonlySet<string> = new Set(['name', 'modifiedon', 'ownerid'])

const STORED = [
  ...COLUMNS.slice(1).map(({ name, type }) => ({ name, type: typeOf(type) })),
  { name: OWNER_COLUMN, type: 'string' as const },
]

class Account extends Model {
  static override table = 'account'
}

const SCHEMA = appSchema({
  version: 1,
  tables: [
    tableSchema({
      name: 'account',
      columns: STORED.map(({ name, type }) => ({ name, type, isOptional: true, isIndexed: INDEXED.has(name) })),
    }),
  ],
})

export async function openWatermelon({ url, folder, pageSize, deletions }: Place): Promise<Contender> {
  const adapter = new SqliteAdapter({ dbName: join(folder, 'watermelon.db'), schema: SCHEMA })
  const database = new Database({ adapter, modelClasses: [Account] })
  const accounts = database.get<Account>('account')
  const newestOpen = accounts.query(
    Q.where('statecode', NEWEST_OPEN.where.statecode),
    Q.sortBy(NEWEST_OPEN.orderBy, Q.desc),
    Q.take(NEWEST_OPEN.limit),
  )
  const written = (account: Account, telephone1: string): Account =>
    account.prepareUpdate((row) => row._setRaw('telephone1', telephone1))
  const together = async (writes: readonly Write[]): Promise<void> => {
    await database.write(async () => {
      const rows = await Promise.all(writes.map(({ id }) => accounts.find(id)))
      await database.batch(...rows.map((row, at) => written(row, writes[at]?.telephone1 ?? '')))
    })
  }
  const write = (one: Write): Promise<void> => together([one])
  return {
    pull: async () => {
      const reached = await database.localStorage.get<number>('version')
      const held = (): Promise<readonly string[]> => accounts.query().fetchIds()
      for await (const { rows, deleted, version } of pullPages(url, pageSize, deletions, reached, held)) {
        const account = { created: [], updated: rows.map((row) => recordOf(rowOf(row))), deleted }
        await synchronize({
          database,
          sendCreatedAsUpdated: true,
          pullChanges: async () => ({ changes: { account }, timestamp: version }),
        })
        await database.localStorage.set('version', version)
      }
    },
    write,
    burst: async (writes) => {
      await Promise.all(writes.map(write))
    },
    together,
    query: async () => (await newestOpen.fetch()).map((account) => storedRow(account._raw)),
    watch: (listener) => {
      const seen = newestOpen
        .observeWithColumns(['telephone1'])
        .subscribe((found) => listener(found.map((account) => storedRow(account._raw))))
      return () => seen.unsubscribe()
    },
    contents: async () => {
      const records = (await accounts.query().unsafeFetchRaw()) as Readonly<Record<string, ColumnValue>>[]
      return contentsOf(records.map(storedRow), records.filter(({ _status: status }) => status !== 'synced').length)
    },
    close: async () => {
      await database.localStorage.get('version')
    },
  }
}

function typeOf(type: string): 'string' | 'number' | 'boolean' {
  if (type === 'Boolean') return 'boolean'
  return ['Integer', 'Picklist', 'State', 'Status', 'Money', 'Decimal'].includes(type) ? 'number' : 'string'
}

function recordOf(row: Row): Record<string, ColumnValue | undefined> {
  const { accountid: id, [OWNER_TABLE]: table, ...values } = row
  return { ...values, id, [OWNER_COLUMN]: table }
}

function storedRow(record: object): Row {
  const { id, [OWNER_COLUMN]: table, ...values } = record as Readonly<Record<string, ColumnValue>>
  const row: Record<string, ColumnValue> = { accountid: id ?? null, [OWNER_TABLE]: table ?? null }
  for (const { name, type } of STORED) {
    const value = values[name] ?? null
    if (name !== OWNER_COLUMN) row[name] = type === 'boolean' ? Boolean(value) : value
  }
  return row
}
