import { idsByTable } from '../rows/local-rows.ts'
import type { StoreWriter } from '../ports/store.ts'
import { rowKey } from '../row.ts'
import { inOneUnit } from '../store/unit-of-work.ts'
import type { OfflineTransaction } from './offline-transaction.ts'

/**
 * Runs steps that go through these transactions one by one. They, what else touches the rows that they change and what is
 * held of those are read with one look for all, not with one for each, and what is made of them is written together.
 */
export function together<T>(
  writer: StoreWriter,
  transactions: readonly OfflineTransaction[],
  tables: ReadonlyMap<string, unknown>,
  body: (tx: StoreWriter) => Promise<T>,
): Promise<T> {
  return inOneUnit(writer, async (tx) => {
    const changed = transactions.flatMap(({ changes }) => changes)
    await tx.readTouching([...new Set(changed.map(({ table, id }) => rowKey(table, id)))])
    const found = await tx.transactions(transactions.map(({ seq }) => seq))
    for (const [table, ids] of idsByTable(found.flatMap((transaction) => transaction?.changes ?? []))) {
      if (!tables.has(table)) continue
      await tx.bases(table, ids)
      await tx.rows(table, ids)
    }
    return body(tx)
  })
}
