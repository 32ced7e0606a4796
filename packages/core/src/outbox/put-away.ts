import type { ConfiguredTable } from '../configuration.ts'
import { waitingKey } from '../dependencies.ts'
import { refreshChanged } from '../local-rows.ts'
import type { StoreWriter } from '../ports/store.ts'
import { rowKey } from '../row.ts'
import { liftOut } from '../stack.ts'
import type { OfflineTransaction } from './offline-transaction.ts'
import { transition } from './transitions.ts'

/**
 * Archives transactions: their changes leave the stack of their rows, what waited for them waits for what they waited
 * for, and the rows no longer show them.
 */
export async function putAway(
  tx: StoreWriter,
  transactions: readonly OfflineTransaction[],
  tables: ReadonlyMap<string, ConfiguredTable>,
  now: number,
): Promise<void> {
  for (const { seq } of transactions.toSorted((one, other) => other.seq - one.seq)) {
    const [transaction] = await tx.transactions([seq])
    if (!transaction) continue
    await tx.putTransactions([transition(transaction, 'archived', now, { lease: null })])
    if (transaction.status === 'processed') continue
    for (const change of transaction.changes) await liftOut(tx, seq, change)
    await passOnDependencies(tx, transaction)
  }
  const changes = transactions.flatMap((transaction) => transaction.changes)
  await refreshChanged(tx, changes, tables)
}

/** What waited for a transaction that will not be sent waits for what that one waited for. */
export async function passOnDependencies(tx: StoreWriter, archived: OfflineTransaction): Promise<void> {
  const touching = [...archived.changes.map((change) => rowKey(change.table, change.id)), waitingKey(archived.seq)]
  const later = await tx.findTransactions({ statuses: ['pending', 'error'], touching, after: archived.seq })
  const waiting = later.filter((transaction) => transaction.dependsOn.includes(archived.seq))
  const inherited = waiting.map((transaction) => ({
    ...transaction,
    dependsOn: [...new Set([...transaction.dependsOn, ...archived.dependsOn])],
    ...(transaction.after?.includes(archived.seq) ? inheritedAfter(transaction, transaction.after, archived) : {}),
  }))
  if (inherited.length > 0) await tx.putTransactions(inherited)
}

/** Who was told to wait for the transaction was told to wait for what comes before it, too. */
function inheritedAfter(
  { touches }: OfflineTransaction,
  after: readonly number[],
  { dependsOn }: OfflineTransaction,
): Pick<OfflineTransaction, 'after' | 'touches'> {
  return {
    after: [...new Set([...after, ...dependsOn])],
    touches: [...new Set([...touches, ...dependsOn.map(waitingKey)])],
  }
}
