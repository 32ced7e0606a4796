import type { Change } from '../change.ts'
import type { ConfiguredTable } from '../configuration.ts'
import { dependenciesOf } from '../dependencies.ts'
import { OutpostError } from '../errors.ts'
import { refreshChanged } from '../local-rows.ts'
import type { StoreReader, StoreWriter } from '../ports/store.ts'
import { onValues, putBack } from '../stack.ts'
import type { OfflineTransaction } from './offline-transaction.ts'
import { transition } from './transitions.ts'

/**
 * Makes transactions pending again, their attempts begun anew, at their old place in the order. An archived one comes
 * back under the later changes of its rows. One that was refused for a conflict is made on the master's present row:
 * who sends it again after having seen the conflict wants it to stand.
 */
export async function revive(
  tx: StoreWriter,
  transactions: readonly OfflineTransaction[],
  tables: ReadonlyMap<string, ConfiguredTable>,
  now: number,
): Promise<void> {
  for (const { seq } of transactions) {
    const [transaction] = await tx.transactions([seq])
    if (!transaction) continue
    if (transaction.history.some((entry) => entry.event === 'delivered')) {
      throw new OutpostError('refused', `transaction #${seq} was delivered already; it cannot be sent again`, {
        remedy: 'Make the change anew with a write.',
      })
    }
    const fresh = { ...BEGUN_ANEW, outcome: unresolved(transaction) }
    const changes =
      transaction.lastError?.rejection === 'conflict'
        ? await onPresentRows(tx, transaction.changes)
        : transaction.changes
    const dependsOn = await dependenciesOf(tx, changes, tables, seq, transaction.after)
    await tx.putTransactions([transition(transaction, 'set-pending', now, { ...fresh, changes, dependsOn })])
    if (transaction.status === 'archived') for (const change of changes) await putBack(tx, seq, change)
  }
  const changes = transactions.flatMap((transaction) => transaction.changes)
  await refreshChanged(tx, changes, tables)
}

export const BEGUN_ANEW = { attempts: 0, nextAttemptAt: null, lastError: null } as const

/** A verdict means that nothing happened on the master; an answer that never came still has to be looked for. */
function unresolved(transaction: OfflineTransaction): 'unknown' | 'not-sent' {
  return transaction.outcome === 'unknown' ? 'unknown' : 'not-sent'
}

async function onPresentRows(tx: StoreReader, changes: readonly Change[]): Promise<readonly Change[]> {
  const present: Change[] = []
  for (const change of changes) {
    const [base] = change.kind === 'update' || change.kind === 'delete' ? await tx.bases(change.table, [change.id]) : []
    const row = base?.values
    if (!row) present.push(change)
    else if (change.kind === 'delete') present.push({ ...change, before: row, version: base.version })
    else if (change.kind === 'update') {
      const before = Object.fromEntries(Object.keys(change.values).map((name) => [name, row[name] ?? null]))
      present.push(onValues({ ...change, version: base.version }, before))
    }
  }
  return present
}
