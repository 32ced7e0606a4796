import type { StoreReader, TransactionQuery } from '../ports/store.ts'
import type { OfflineTransaction } from './offline-transaction.ts'

/** How many transactions are held at a time; more where many rows are asked about at once. */
const PART = { least: 20, most: 200 }

/**
 * The transactions of a query one after another, read part by part. Thousands can point to one row: who looks for those
 * that change it must not hold all of them, and seldom has to go to the end.
 */
export async function* inParts(
  tx: StoreReader,
  { after, ...query }: Omit<TransactionQuery, 'limit'>,
): AsyncGenerator<OfflineTransaction, void, undefined> {
  const limit = Math.min(PART.most, Math.max(PART.least, query.touching?.length ?? 0))
  for (let behind = after; ;) {
    const part = await tx.findTransactions({ ...query, limit, ...(behind === undefined ? {} : { after: behind }) })
    yield* part
    if (part.length < limit) return
    behind = part.at(-1)?.seq
  }
}
