import { idsByTable } from '../rows/local-rows.ts'
import type { StoreWriter } from '../ports/store.ts'
import { ReadOnce } from '../store/read-once.ts'
import type { OfflineTransaction } from './offline-transaction.ts'

/**
 * A transaction of the store for steps that go through these transactions one by one: they and what is held of the rows
 * that they change are read with one look for all, not with one for each.
 */
export async function readTogether(
  writer: StoreWriter,
  transactions: readonly OfflineTransaction[],
  tables: ReadonlyMap<string, unknown>,
): Promise<StoreWriter> {
  const tx = new ReadOnce(writer)
  const found = await tx.transactions(transactions.map(({ seq }) => seq))
  for (const [table, ids] of idsByTable(found.flatMap((transaction) => transaction?.changes ?? []))) {
    if (!tables.has(table)) continue
    await tx.bases(table, ids)
    await tx.rows(table, ids)
  }
  return tx
}
