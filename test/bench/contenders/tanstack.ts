import type { Row } from '@outpost/core'
import { BTreeIndex, createCollection, createLiveQueryCollection, eq } from '#tanstack-db'
import type { Sync } from '#tanstack-db'
import { contentsOf } from '../data/contents.ts'
import { NEWEST_OPEN } from './contender.ts'
import type { Contender, Place, Write } from './contender.ts'
import { pullPages, rowOf } from './wire.ts'

/*
 * TanStack DB with live queries that are kept up to date by what changes. All of it is in memory, and nothing is queued: what
 * users write is accepted at once, as by a server that answers without delay. Both are in its favour.
 */

interface Account {
  [column: string]: Row[string]
  accountid: string
  statecode: number
  modifiedon: string
  telephone1: string | null
}

export async function openTanstack({ url, pageSize, deletions }: Place): Promise<Contender> {
  let feed: Sync<Account> | undefined
  const put = (type: 'insert' | 'update', rows: readonly Account[]): void => {
    feed?.begin()
    for (const value of rows) feed?.write({ type, value })
    feed?.commit()
  }
  const accounts = createCollection<Account>({
    getKey: (row) => row.accountid,
    startSync: true,
    autoIndex: 'eager',
    defaultIndexType: BTreeIndex,
    sync: {
      sync: (given) => {
        feed = given
        given.markReady()
      },
    },
    onUpdate: async ({ transaction }) =>
      put(
        'update',
        transaction.mutations.map(({ modified }) => modified),
      ),
  })
  accounts.createIndex((row) => row[NEWEST_OPEN.orderBy], { indexType: BTreeIndex })

  const together = async (writes: readonly Write[]): Promise<void> => {
    const ids = writes.map(({ id }) => id)
    const transaction = accounts.update(ids, (rows) => {
      for (const [at, row] of rows.entries()) row.telephone1 = writes[at]?.telephone1 ?? null
    })
    await transaction.isPersisted.promise
  }
  return {
    pull: async () => {
      for await (const { rows } of pullPages(url, pageSize, deletions)) put('insert', rows.map(accountOf))
    },
    write: (write) => together([write]),
    together,
    watch: (listener) => {
      const newestOpen = createLiveQueryCollection<Account>({
        startSync: true,
        query: (query) =>
          query
            .from({ row: accounts })
            .where(({ row }) => eq(row.statecode, NEWEST_OPEN.where.statecode))
            .orderBy(({ row }) => row[NEWEST_OPEN.orderBy], 'desc')
            .limit(NEWEST_OPEN.limit),
      })
      const seen = newestOpen.subscribeChanges(() => listener(newestOpen.toArray), { includeInitialState: true })
      return () => {
        seen.unsubscribe()
        void newestOpen.cleanup()
      }
    },
    contents: () => contentsOf(accounts.values(), 0),
    close: async () => accounts.cleanup(),
  }
}

function accountOf(wire: Parameters<typeof rowOf>[0]): Account {
  return rowOf(wire) as Account
}
