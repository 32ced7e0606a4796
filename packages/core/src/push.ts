import type { Catalogue } from './catalogue.ts'
import type { ConfiguredTable } from './configuration.ts'
import type { Env } from './env.ts'
import { concernsOneTable, MasterError, OutpostError, throwIfAborted } from './errors.ts'
import type { OutpostEvent, PushReport } from './events.ts'
import { tablesOf } from './dependencies.ts'
import { takeBases } from './evidence.ts'
import type { OfflineTransaction } from './outbox/offline-transaction.ts'
import { LEASE_MS, nextReady } from './outbox/readiness.ts'
import type { ReadinessContext } from './outbox/readiness.ts'
import type { MasterOrg, OutgoingTransaction, PushOutcome } from './ports/master-org.ts'
import type { Store } from './ports/store.ts'
import { prepare } from './prepare.ts'
import { readMasters, readRows } from './read-masters.ts'
import { settle, settleUnanswered } from './settle.ts'
import type { Settled } from './settle.ts'
import { settleUnverified, settleVerified } from './verify.ts'

/** What one request to the master carries at the most. A change set holds a transaction together, whatever its size. */
const LIMITS = { transactions: 50, changes: 500 }

export interface PushContext {
  readonly store: Store
  readonly master: MasterOrg
  readonly catalogue: Catalogue
  readonly tables: ReadonlyMap<string, ConfiguredTable>
  readonly env: Env
  readonly organizationId: string
  readonly userId: string
  /** Names this client org object among all that may have the store open. */
  readonly owner: string
  emit(event: OutpostEvent): void
}

/**
 * Sends what the outbox holds, round by round, until nothing more can be sent now.
 *
 * A round: find what is ready → where an earlier answer was lost, read the rows before anything is sent again → claim the
 * transactions in the store → send → settle each by the master's answer. A store transaction is never held across a
 * request. A refused transaction becomes Error and delays only those that depend on it. When the master cannot be asked
 * at all, the claimed transactions stay pending and the error is thrown.
 */
export async function push(context: PushContext, signal: AbortSignal): Promise<PushReport> {
  const counts = { processed: 0, refused: 0, overruled: 0, conflicts: 0 }
  const count = (settled: readonly Settled[]): void => {
    for (const { transaction, conflicts } of settled) {
      if (transaction.status === 'processed') counts.processed += 1
      if (transaction.status === 'error') counts.refused += 1
      if (transaction.status === 'archived') counts.overruled += 1
      counts.conflicts += conflicts
    }
  }
  for (;;) {
    throwIfAborted(signal)
    const ready = await context.store.read('find ready transactions', (tx) => nextReady(tx, readiness(context), LIMITS))
    if (ready.length === 0) break
    const unknown = ready.filter((transaction) => transaction.outcome === 'unknown')
    const known = ready.filter((transaction) => transaction.outcome !== 'unknown')
    if (unknown.length > 0) await report(context, count, await verify(context, unknown, signal))
    if (known.length === 0) continue
    await lookAtUnversioned(context, known, signal)
    const round = await sendRound(context, known, signal)
    counts.conflicts += round.conflicts
    await report(context, count, round.settled)
  }
  const left = (await context.store.read('count transactions', (tx) => tx.countTransactions())).pending
  return { ...counts, left }
}

function readiness(context: Omit<PushContext, 'master' | 'catalogue' | 'emit' | 'store'>): ReadinessContext {
  const { tables, organizationId, userId, owner } = context
  return { tables, organizationId, userId, owner, now: context.env.now() }
}

async function report(
  context: PushContext,
  count: (settled: readonly Settled[]) => void,
  settled: readonly Settled[],
): Promise<void> {
  count(settled)
  const { pending } = await context.store.read('count transactions', (tx) => tx.countTransactions())
  for (const { transaction } of settled) {
    if (transaction.status !== 'pending') {
      context.emit({ type: 'push.settled', seq: transaction.seq, status: transaction.status, left: pending })
    }
  }
}

async function sendRound(
  context: PushContext,
  ready: readonly OfflineTransaction[],
  signal: AbortSignal,
): Promise<{ readonly settled: readonly Settled[]; readonly conflicts: number }> {
  const requestId = context.env.newId()
  const claim = await context.store.write('claim transactions', (tx) =>
    prepare(tx, ready, { ...readiness(context), leaseUntil: context.env.now() + LEASE_MS, requestId }),
  )
  if (claim.sending.length === 0) return claim
  context.emit({ type: 'push.sent', transactions: claim.sending.map((transaction) => transaction.seq) })
  let outcomes: readonly PushOutcome[]
  try {
    const outgoing = await Promise.all(
      claim.sending.map((transaction) => outgoingTransaction(context, transaction, requestId)),
    )
    outcomes = await context.master.push(outgoing, signal)
  } catch (error) {
    const failure = error instanceof MasterError ? error : OutpostError.from(error, 'protocol')
    await context.store.write('release transactions', (tx) => settleUnanswered(tx, claim.sending, failure, context.env))
    throw failure
  }
  const masters = await readMasters(context, claim.sending, outcomes, signal)
  const settled = await context.store.write('settle transactions', (tx) =>
    settle(tx, claim.sending, outcomes, masters, { tables: context.tables, env: context.env }),
  )
  return { settled: [...claim.settled, ...settled], conflicts: claim.conflicts }
}

/**
 * Where a table's rows cannot be written on condition of their version, the master's present rows are read before, so that
 * a conflict is still seen and the policy still decides. What changes between the reading and the writing is not seen.
 */
async function lookAtUnversioned(
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
async function verify(
  context: PushContext,
  unknown: readonly OfflineTransaction[],
  signal: AbortSignal,
): Promise<readonly Settled[]> {
  const settling = { tables: context.tables, env: context.env }
  try {
    const changes = unknown.flatMap((transaction) => transaction.changes)
    const masters = await readRows(context, changes, signal)
    return await context.store.write('verify transactions', (tx) => settleVerified(tx, unknown, masters, settling))
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

async function outgoingTransaction(
  context: PushContext,
  transaction: OfflineTransaction,
  requestId: string,
): Promise<OutgoingTransaction> {
  const named = transaction.changes.flatMap((change) => tablesOf(change, context.tables))
  const columns = new Map<string, readonly string[]>()
  for (const { table } of transaction.changes) columns.set(table, context.tables.get(table)?.columns ?? [])
  const tables = await context.catalogue.tables(named)
  return { id: transaction.id, requestId, changes: transaction.changes, tables, columns }
}
