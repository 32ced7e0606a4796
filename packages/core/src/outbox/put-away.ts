import type { ConfiguredTable } from '../copy/configuration.ts'
import { OutpostError } from '../errors.ts'
import { dependenciesOf, waitingKey } from '../write/dependencies.ts'
import { refreshChanged } from '../rows/local-rows.ts'
import type { StoreWriter } from '../ports/store.ts'
import { rowKey } from '../row.ts'
import { liftAllOut } from '../rows/stack.ts'
import type { OfflineTransaction } from './offline-transaction.ts'
import { transition } from './transitions.ts'

type Tables = ReadonlyMap<string, ConfiguredTable>

/**
 * Archives transactions: their changes leave the stack of their rows, what waited for them waits for what of its
 * own stood before them. Unless their effect is kept, the rows no longer show them; one that was archived with its effect kept loses it so.
 */
export async function putAway(
  tx: StoreWriter,
  transactions: readonly OfflineTransaction[],
  tables: Tables,
  { now, local }: { readonly now: number; readonly local: 'revert' | 'keep' },
): Promise<void> {
  for (const { seq } of latestFirst(transactions)) {
    const [transaction] = await tx.transactions([seq])
    if (!transaction) continue
    refuseArchived(transaction, local)
    const { kept, ...rest } = transaction
    const keep = local === 'keep' && transaction.status !== 'processed'
    const note = keep ? { note: KEPT } : kept ? { note: 'its effect on the local rows was taken back' } : {}
    await tx.putTransactions([
      transition(rest, 'archived', now, { lease: null, ...(keep ? { kept: true as const } : {}) }, note),
    ])
    await leaveStack(tx, transaction, tables)
  }
  await refreshChanged(tx, changesOf(transactions), tables)
}

const KEPT = 'its effect on the local rows is kept'

/** Deletes transactions as if they had never been written, and takes their effect on the rows back. */
export async function remove(
  tx: StoreWriter,
  transactions: readonly OfflineTransaction[],
  tables: Tables,
): Promise<void> {
  for (const { seq } of latestFirst(transactions)) {
    const [transaction] = await tx.transactions([seq])
    if (!transaction) continue
    await tx.deleteTransactions([seq])
    await leaveStack(tx, transaction, tables)
  }
  await refreshChanged(tx, changesOf(transactions), tables)
}

function refuseArchived({ seq, status, kept }: OfflineTransaction, local: 'revert' | 'keep'): void {
  if (status !== 'archived' || (kept && local === 'revert')) return
  throw new OutpostError('refused', `transaction #${seq} is archived already`, {
    place: { rule: 'archived' },
    remedy: kept
      ? 'Archive it with its effect taken back, or set it to pending.'
      : 'Set it to pending to have it sent.',
  })
}

async function leaveStack(tx: StoreWriter, transaction: OfflineTransaction, tables: Tables): Promise<void> {
  if (transaction.status !== 'pending' && transaction.status !== 'error') return
  await liftAllOut(tx, transaction)
  await passOnDependencies(tx, transaction, tables)
}

/**
 * Lets what waited for a transaction that has left the queue wait for what of its own still has to go before, which may have
 * stood behind that one. To be called when that one is stored, and before its rows are shown anew.
 */
export async function passOnDependencies(tx: StoreWriter, gone: OfflineTransaction, tables: Tables): Promise<void> {
  const touching = [...gone.changes.map((change) => rowKey(change.table, change.id)), waitingKey(gone.seq)]
  const later = await tx.findTransactions({ statuses: ['pending', 'error'], touching, after: gone.seq })
  for (const waiting of later.filter(({ dependsOn }) => dependsOn.includes(gone.seq))) {
    const { seq, after = [], changes, dependsOn } = waiting
    const told = after.includes(gone.seq) ? inheritedAfter(waiting, after, gone) : null
    const needed = await dependenciesOf(tx, changes, tables, seq, told?.after ?? after)
    const own = dependsOn.filter((each) => each !== gone.seq)
    await tx.putTransactions([{ ...waiting, ...told, dependsOn: [...new Set([...own, ...needed])] }])
  }
}

/** Who was told to wait for a transaction was told to wait for what comes before it, too. */
function inheritedAfter(
  { touches }: OfflineTransaction,
  after: readonly number[],
  { dependsOn }: OfflineTransaction,
): Required<Pick<OfflineTransaction, 'after' | 'touches'>> {
  return {
    after: [...new Set([...after, ...dependsOn])],
    touches: [...new Set([...touches, ...dependsOn.map(waitingKey)])],
  }
}

function latestFirst(transactions: readonly OfflineTransaction[]): readonly OfflineTransaction[] {
  return transactions.toSorted((one, other) => other.seq - one.seq)
}

function changesOf(transactions: readonly OfflineTransaction[]): OfflineTransaction['changes'] {
  return transactions.flatMap((transaction) => transaction.changes)
}
