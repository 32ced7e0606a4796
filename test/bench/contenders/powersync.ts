import type { ColumnValue, Row } from '@outpost/core'
import { column, Schema, Table } from '@powersync/common'
import type { QueryResult } from '@powersync/common'
import { PowerSyncDatabase } from '@powersync/node'
import { COLUMNS, OWNER_TABLE } from '../data/account-rows.ts'
import { contentsOf } from '../data/contents.ts'
import { happen } from '../server/control.ts'
import { NEWEST_OPEN } from './contender.ts'
import type { Contender, Place, Write } from './contender.ts'

/*
 * PowerSync's SDK for Node, with the settings it comes with. Its own service turns the rows of a backend into a stream; in
 * the place of that service the page server has the stream ready. It takes part where one download is enough.
 */

const TYPES: Readonly<Record<string, 'integer' | 'real'>> = {
  Boolean: 'integer',
  Integer: 'integer',
  Picklist: 'integer',
  State: 'integer',
  Status: 'integer',
  Money: 'real',
  Decimal: 'real',
}
const STORED = [...COLUMNS.slice(1), { name: OWNER_TABLE, type: 'String' }]

const account = new Table(Object.fromEntries(STORED.map(({ name, type }) => [name, column[TYPES[type] ?? 'text']])), {
  indexes: { by_name: ['name'], by_time: ['modifiedon'], by_owner: ['ownerid', 'statecode'] },
})

const SELECT_NEWEST_OPEN =
  `SELECT * FROM account WHERE statecode = ${NEWEST_OPEN.where.statecode} ` +
  `ORDER BY ${NEWEST_OPEN.orderBy} DESC LIMIT ${NEWEST_OPEN.limit}`
const UPDATE = 'UPDATE account SET telephone1 = ? WHERE id = ?'

/** Rows that are read at a time to see what is there. */
const PART = 5000

type StoredAccount = Readonly<Record<string, string | number | null>>

export async function openPowerSync({ url, folder, again }: Place): Promise<Contender> {
  if (!again) await happen(url, { changed: 0, deleted: 0, prepare: 'stream' })
  const database = new PowerSyncDatabase({
    schema: new Schema({ account }),
    database: { dbFilename: 'powersync.db', dbLocation: folder },
  })
  await database.init()
  const write = async ({ id, telephone1 }: Write): Promise<void> => {
    await database.execute(UPDATE, [telephone1, id])
  }
  return {
    pull: async () => {
      const fetchCredentials = async (): Promise<{ endpoint: string; token: string }> => ({
        endpoint: url,
        token: 'bench',
      })
      await database.connect({ fetchCredentials, uploadData: async () => {} })
      await database.waitForFirstSync()
      await database.disconnect()
    },
    write,
    burst: async (writes) => {
      await Promise.all(writes.map(write))
    },
    together: async (writes) => {
      await database.writeTransaction(async (tx) => {
        for (const { id, telephone1 } of writes) await tx.execute(UPDATE, [telephone1, id])
      })
    },
    query: async () => (await database.getAll<StoredAccount>(SELECT_NEWEST_OPEN)).map(storedRow),
    watch: (listener) => {
      const stop = new AbortController()
      const onResult = (result: QueryResult): void =>
        listener(result.array.map((record) => storedRow(record as StoredAccount)))
      database.watch(SELECT_NEWEST_OPEN, [], { onResult }, { signal: stop.signal, throttleMs: 0 })
      return () => stop.abort()
    },
    contents: async () => {
      const { queued } = await database.get<{ queued: number }>('SELECT count(*) AS queued FROM ps_crud')
      return contentsOf(storedParts(database), queued)
    },
    close: () => database.close(),
  }
}

async function* storedParts(database: PowerSyncDatabase): AsyncGenerator<readonly Row[]> {
  for (let after = ''; ;) {
    const sql = `SELECT * FROM account WHERE id > ? ORDER BY id LIMIT ${PART}`
    const records = await database.getAll<StoredAccount>(sql, [after])
    yield records.map(storedRow)
    if (records.length < PART) return
    after = String(records.at(-1)?.['id'])
  }
}

function storedRow(record: StoredAccount): Row {
  const row: Record<string, ColumnValue> = { accountid: record['id'] ?? null }
  for (const { name, type } of STORED) {
    const value = record[name] ?? null
    row[name] = type === 'Boolean' && value !== null ? value === 1 : value
  }
  return row
}
