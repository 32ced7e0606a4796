import type { Change } from './change.ts'
import type { ConfiguredTable } from './configuration.ts'
import { mergeDelete, mergeUpdate } from './merge.ts'
import type { Merge } from './merge.ts'
import type { ConflictDecision, OfflineTransaction, RejectionClass } from './outbox/offline-transaction.ts'
import type { ReadinessContext } from './outbox/readiness.ts'
import { transition } from './outbox/transitions.ts'
import type { BaseRow, StoreReader, StoreWriter } from './ports/store.ts'
import type { Row } from './row.ts'
import { refreshChanged } from './local-rows.ts'
import { conflictError, settledAs } from './settle.ts'
import { liftOut, onValues } from './stack.ts'
import type { Settled } from './settle.ts'

export interface Claim {
  /** How many columns that both sides had changed were decided, in what is sent as well as in what is settled. */
  readonly conflicts: number
  /** Claimed, in the order of the outbox, with their changes brought up to the master's present rows. */
  readonly sending: readonly OfflineTransaction[]
  /** Settled without being sent. */
  readonly settled: readonly Settled[]
}

/**
 * Claims transactions for sending, in the given store transaction.
 *
 * Where a pull has brought a newer row in the meantime, each change is merged into it first: what remains is what is
 * sent. A transaction of which nothing remains is settled here, one that a person has to decide becomes Error. Under
 * `server-wins` a conflict in one row overrules the whole transaction: it is all or nothing.
 */
export async function prepare(
  tx: StoreWriter,
  ready: readonly OfflineTransaction[],
  context: ReadinessContext & { readonly leaseUntil: number },
): Promise<Claim> {
  const sending: OfflineTransaction[] = []
  const settled: Settled[] = []
  let decided = 0
  for (const { seq } of ready) {
    const [transaction] = await tx.transactions([seq])
    if (transaction?.status !== 'pending') continue
    if (transaction.lease && transaction.lease.owner !== context.owner && transaction.lease.until > context.now)
      continue
    const merged = await mergeChanges(tx, transaction.changes, context.tables)
    const conflicts = merged.flatMap((result) => result.conflicts)
    const changes = merged.flatMap((result) => (result.change ? [result.change] : []))
    const note = conflicts.length > 0 ? { conflicts } : {}
    const next = decide(transaction, merged, changes, context.now, note)
    if (next.status === 'pending') {
      const lease = { owner: context.owner, until: context.leaseUntil }
      sending.push(
        transition(next, 'sent', context.now, {
          lease,
          outcome: 'unknown',
          attempts: transaction.attempts + 1,
          nextAttemptAt: null,
        }),
      )
    } else settled.push({ transaction: next, conflicts: 0 })
    decided += conflicts.length
    if (next.changes !== transaction.changes || next.status !== 'pending') {
      await tx.putTransactions([next])
      await liftDropped(tx, transaction, next, conflicts)
      await refreshChanged(tx, transaction.changes, context.tables)
    }
  }
  if (sending.length > 0) await tx.putTransactions(sending)
  return { sending, settled, conflicts: decided }
}

interface MergedChange {
  /** What is left to send of the change; null when nothing is. */
  readonly change: Change | null
  readonly conflicts: readonly ConflictDecision[]
  readonly verdict: 'send' | 'applied' | 'overruled' | 'undecided'
}

/** What a policy took out of a transaction no longer is what later changes of the row stand on. */
async function liftDropped(
  tx: StoreWriter,
  before: OfflineTransaction,
  after: OfflineTransaction,
  conflicts: readonly ConflictDecision[],
): Promise<void> {
  for (const change of before.changes) {
    if (change.kind !== 'update') continue
    const lost = conflicts.filter((conflict) => conflict.id === change.id && conflict.resolved === 'remote')
    const columns = after.status === 'archived' ? undefined : lost.map((conflict) => conflict.column)
    await liftOut(tx, before.seq, change, columns)
  }
}

function decide(
  transaction: OfflineTransaction,
  merged: readonly MergedChange[],
  changes: readonly Change[],
  now: number,
  note: { readonly conflicts?: readonly ConflictDecision[] },
): OfflineTransaction {
  if (merged.some((result) => result.verdict === 'undecided')) {
    const rejection: RejectionClass = 'conflict'
    return transition(transaction, 'refused', now, { lastError: conflictError(transaction, rejection, now) }, note)
  }
  const overruled = merged.some((result) => result.verdict === 'overruled')
  const whole = merged.some((result) => result.conflicts.some((conflict) => conflict.policy === 'server-wins'))
  if (changes.length === 0 || (overruled && whole)) {
    return overruled
      ? transition(transaction, 'overruled', now, { outcome: 'known' }, note)
      : settledAs(transaction, 'delivered', now, 'the master has these values already')
  }
  const unchanged = merged.every((result, index) => result.change === transaction.changes[index])
  return unchanged ? transaction : transition(transaction, 'merged', now, { changes }, note)
}

async function mergeChanges(
  tx: StoreReader,
  changes: readonly Change[],
  tables: ReadonlyMap<string, ConfiguredTable>,
): Promise<readonly MergedChange[]> {
  const results: MergedChange[] = []
  for (const change of changes) {
    const table = tables.get(change.table)
    const [base] =
      table && (change.kind === 'update' || change.kind === 'delete') ? await tx.bases(change.table, [change.id]) : []
    results.push(table && base ? mergeChange(change, base, table) : unmerged(change))
  }
  return results
}

function mergeChange(change: Change, base: BaseRow, table: ConfiguredTable): MergedChange {
  if (
    (change.kind !== 'update' && change.kind !== 'delete') ||
    base.values === null ||
    base.version === change.version
  ) {
    return unmerged(change)
  }
  const merge =
    change.kind === 'update' ? mergeUpdate(change, base.values, table) : mergeDelete(change, base.values, table)
  if (merge.kind !== 'send') {
    const conflicts = 'conflicts' in merge ? merge.conflicts : []
    return { change: null, conflicts, verdict: merge.kind }
  }
  return { change: onto(change, merge, base.values, base.version), conflicts: merge.conflicts, verdict: 'send' }
}

/** The change as if it had been made on the master's present row. */
function onto(change: Change, merge: Extract<Merge, { kind: 'send' }>, row: Row, version: string | null): Change {
  if (change.kind === 'delete') return { ...change, before: row, version }
  if (change.kind !== 'update') return change
  const before = Object.fromEntries(Object.keys(merge.values).map((name) => [name, row[name] ?? null]))
  return onValues({ ...change, values: merge.values, version }, before)
}

function unmerged(change: Change): MergedChange {
  return { change, conflicts: [], verdict: 'send' }
}
