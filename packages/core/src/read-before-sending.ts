import { concernsOneTable } from './errors.ts'
import { takeBases } from './evidence.ts'
import type { OfflineTransaction } from './outbox/offline-transaction.ts'
import type { PushContext } from './push-context.ts'
import { readEvidence, readRows } from './read-masters.ts'
import type { Settled } from './settle.ts'
import { settleUnverified, settleVerified } from './verify.ts'

/**
 * Where a table's rows cannot be written on condition of their version, the master's present rows are read before, so that
 * a conflict is still seen and the policy still decides. What changes between the reading and the writing is not seen.
 */
export async function lookAtUnversioned(
  context: PushContext,
  ready: readonly OfflineTransaction[],
  signal: AbortSignal,
): Promise<void> {
  const blind = ready.flatMap((transaction) =>
    transaction.changes.filter(
      (change) =>
        (change.kind === 'update' || change.kind === 'delete') &&
        context.tables.get(change.table)?.metadata.versioned === false,
    ),
  )
  if (blind.length === 0) return
  const masters = await readRows(context, blind, signal)
  await context.store.write('look at unversioned rows', (tx) => takeBases(tx, blind, masters, context.tables))
}

/**
 * Finds out what became of transactions whose answer was lost, by reading their rows. Where the master refuses to show
 * rows, it is asked for one transaction at a time, so that only those wait which it concerns.
 */
export async function verify(
  context: PushContext,
  unknown: readonly OfflineTransaction[],
  signal: AbortSignal,
): Promise<readonly Settled[]> {
  const settling = { tables: context.tables, env: context.env }
  try {
    const changes = unknown.flatMap((transaction) => transaction.changes)
    const masters = await readRows(context, changes, signal)
    const happened = await readEvidence(context, changes, signal)
    return await context.store.write('verify transactions', (tx) =>
      settleVerified(tx, unknown, masters, settling, happened),
    )
  } catch (error) {
    if (!concernsOneTable(error)) throw error
    if (unknown.length === 1) {
      return context.store.write('put off verification', (tx) => settleUnverified(tx, unknown, error, settling))
    }
    const settled: Settled[] = []
    for (const transaction of unknown) settled.push(...(await verify(context, [transaction], signal)))
    return settled
  }
}
