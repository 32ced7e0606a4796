import type { OfflineTransaction, TransactionQuery } from '@outpost/core'
import type { Table } from 'dexie'

/** The transactions that the query asks for, in its order. */
export async function findTransactions(
  outbox: Table<OfflineTransaction, number>,
  query: TransactionQuery,
): Promise<OfflineTransaction[]> {
  const { statuses, touching } = query
  const limit = query.limit ?? Infinity
  const descending = query.direction === 'descending'
  if (limit <= 0) return []
  if (touching) {
    const keys = await outbox.where('touches').anyOf(touching).primaryKeys()
    return inStatus(outbox, ordered(keys, query), statuses, limit)
  }
  if (statuses) {
    const lists = await Promise.all(
      statuses.map((status) => {
        const [low, high] = seqRange(query)
        const range = outbox.where('[status+seq]').between([status, low], [status, high], false, false)
        const list = descending ? range.reverse() : range
        return (Number.isFinite(limit) ? list.limit(limit) : list).primaryKeys()
      }),
    )
    const found = await outbox.bulkGet(ordered(lists.flat(), query).slice(0, limit))
    return found.filter((transaction) => transaction !== undefined)
  }
  const range = outbox.where('seq').between(...seqRange(query), false, false)
  const list = descending ? range.reverse() : range
  return (Number.isFinite(limit) ? list.limit(limit) : list).toArray()
}

/** How many are read at a time while it is looked for those in a status: thousands can touch one row. */
const PART = 100

async function inStatus(
  outbox: Table<OfflineTransaction, number>,
  seqs: readonly number[],
  statuses: TransactionQuery['statuses'],
  limit: number,
): Promise<OfflineTransaction[]> {
  const found: OfflineTransaction[] = []
  for (let at = 0; at < seqs.length && found.length < limit; at += PART) {
    for (const transaction of await outbox.bulkGet(seqs.slice(at, at + PART))) {
      if (transaction && (!statuses || statuses.includes(transaction.status))) found.push(transaction)
    }
  }
  return found.slice(0, limit)
}

function seqRange({ after, direction }: TransactionQuery): readonly [low: number, high: number] {
  if (after === undefined) return [-Infinity, Infinity]
  return direction === 'descending' ? [-Infinity, after] : [after, Infinity]
}

function ordered(seqs: readonly number[], query: TransactionQuery): number[] {
  const [low, high] = seqRange(query)
  const within = Array.from(new Set(seqs)).filter((seq) => seq > low && seq < high)
  return within.sort((a, b) => (query.direction === 'descending' ? b - a : a - b))
}
