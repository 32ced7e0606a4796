import type { Row } from '@outpost/core'
import { Dexie } from 'dexie'
import type { EntityTable, Table } from 'dexie'
import { FIRST_VERSION } from '../data/account-rows.ts'
import { contentsOf } from '../data/contents.ts'
import { NEWEST_OPEN } from '../contenders/contender.ts'
import type { Contender, Place, Write } from '../contenders/contender.ts'
import { pullPages, rowOf } from '../contenders/wire.ts'

/*
 * The limit in a browser: fetch, JSON.parse and Dexie's `bulkPut`, for this one table and nothing else. Pages are relaxed,
 * because they can be pulled again; what users write is strict.
 */

type Database = Dexie & {
  readonly account: Table<Row, string>
  readonly outbox: EntityTable<Write & { readonly seq: number }, 'seq'>
  readonly state: Table<number, string>
}

export async function openRawDexie({ url, folder, pageSize, deletions }: Place): Promise<Contender> {
  const strict = await open(folder, 'strict')
  const relaxed = await open(folder, 'relaxed')

  let listener: ((rows: readonly Row[]) => void) | undefined
  const query = (): Promise<readonly Row[]> =>
    strict.account
      .orderBy(NEWEST_OPEN.orderBy)
      .reverse()
      .filter((row) => row['statecode'] === NEWEST_OPEN.where.statecode)
      .limit(NEWEST_OPEN.limit)
      .toArray()
  const tell = async (): Promise<void> => {
    if (listener) listener(await query())
  }
  const together = async (writes: readonly Write[]): Promise<void> => {
    await strict.transaction('rw', strict.account, strict.outbox, async () => {
      const rows = await strict.account.bulkGet(writes.map(({ id }) => id))
      await strict.account.bulkPut(rows.map((row, at) => ({ ...row, telephone1: writes[at]?.telephone1 ?? null })))
      await strict.outbox.bulkAdd([...writes])
    })
    await tell()
  }
  return {
    pull: async () => {
      const since = (await relaxed.state.get('version')) ?? FIRST_VERSION - 1
      const held = (): Promise<readonly string[]> => relaxed.account.toCollection().primaryKeys()
      for await (const { rows, deleted, version } of pullPages(url, pageSize, deletions, since, held)) {
        await relaxed.transaction('rw', relaxed.account, relaxed.state, async () => {
          await relaxed.account.bulkPut(rows.map(rowOf))
          await relaxed.account.bulkDelete([...deleted])
          await relaxed.state.put(version, 'version')
        })
      }
    },
    write: (write) => together([write]),
    burst: together,
    together,
    query,
    watch: (wanted) => {
      listener = wanted
      void tell()
      return () => (listener = undefined)
    },
    contents: async () => contentsOf(storedParts(strict), await strict.outbox.count()),
    close: async () => {
      strict.close()
      relaxed.close()
    },
  }
}

async function open(name: string, durability: 'strict' | 'relaxed'): Promise<Database> {
  const database = new Dexie(name, { chromeTransactionDurability: durability }) as Database
  database
    .version(1)
    .stores({ account: 'accountid, name, modifiedon, [ownerid+statecode]', outbox: '++seq', state: '' })
  return (await database.open()) as Database
}

async function* storedParts(database: Database): AsyncGenerator<readonly Row[]> {
  for (let after = ''; ;) {
    const part = await database.account.where(':id').above(after).limit(5000).toArray()
    if (part.length === 0) return
    yield part
    after = String(part.at(-1)?.['accountid'])
  }
}
