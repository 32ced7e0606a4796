import type { ConfiguredTable } from '../configuration.ts'
import { matches } from '../filter/evaluate.ts'
import type { StoreReader } from '../ports/store.ts'
import { LONGEST_DELAY_MS } from '../retry.ts'
import type { Row } from '../row.ts'
import type { OfflineTransaction } from './offline-transaction.ts'

/** Why a pending transaction is still pending. Derived, never stored. */
export type PendingReason =
  | { readonly kind: 'ready' | 'verifying' | 'waiting-for-sign-in' }
  | { readonly kind: 'in-flight'; readonly until: number }
  | { readonly kind: 'blocked'; readonly by: number }
  | { readonly kind: 'held'; readonly table: string; readonly row: string }
  | { readonly kind: 'backing-off'; readonly until: number }
  | { readonly kind: 'other-user'; readonly userId: string }

export interface ReadinessContext {
  readonly tables: ReadonlyMap<string, ConfiguredTable>
  readonly organizationId: string
  readonly userId: string
  readonly now: number
  /** Whose leases do not count: the caller's own. */
  readonly owner: string
}

/** Whether a pending transaction may be sent now, and if not, why. */
export async function pendingReason(
  tx: StoreReader,
  transaction: OfflineTransaction,
  context: ReadinessContext,
): Promise<PendingReason> {
  if (transaction.organizationId !== context.organizationId || transaction.userId !== context.userId) {
    return { kind: 'other-user', userId: transaction.userId }
  }
  const { lease } = transaction
  if (lease && lease.owner !== context.owner && isAhead(lease.until, context.now, LEASE_MS))
    return { kind: 'in-flight', until: lease.until }
  const earlier = await tx.transactions(transaction.dependsOn)
  const blocking = earlier.find((other) => other?.status === 'pending' || other?.status === 'error')
  if (blocking) return { kind: 'blocked', by: blocking.seq }
  if (transaction.nextAttemptAt !== null && isAhead(transaction.nextAttemptAt, context.now, LONGEST_DELAY_MS)) {
    return { kind: 'backing-off', until: transaction.nextAttemptAt }
  }
  const held = await heldRow(tx, transaction, context)
  if (held) return { kind: 'held', ...held }
  return { kind: transaction.outcome === 'unknown' ? 'verifying' : 'ready' }
}

/** How long a claim on a transaction holds. Longer than any request may take. */
export const LEASE_MS = 180_000

/** Whether the time is still to come. One that is further off than it can have been set was set before the clock was put back. */
function isAhead(time: number, now: number, longestMs: number): boolean {
  return time > now && time - now <= longestMs
}

/** The first row that the upload filter of its table holds back. A deleted row is judged by what it was. */
async function heldRow(
  tx: StoreReader,
  transaction: OfflineTransaction,
  context: ReadinessContext,
): Promise<{ readonly table: string; readonly row: string } | null> {
  for (const change of transaction.changes) {
    const filter = context.tables.get(change.table)?.uploadFilter
    if (!filter) continue
    const [stored] = await tx.rows(change.table, [change.id])
    const values: Row | undefined = change.kind === 'delete' ? change.before : stored?.values
    if (values && !matches(filter, values, context)) return { table: change.table, row: change.id }
  }
  return null
}

/**
 * The next transactions that may be sent, in the order of the outbox; reads the queue part by part.
 *
 * What got no answer before is sent in smaller company, and at last alone: one transaction that the master cannot
 * swallow must not take others down with it again and again.
 */
export async function nextReady(
  tx: StoreReader,
  context: ReadinessContext,
  limits: { readonly transactions: number; readonly changes: number },
): Promise<readonly OfflineTransaction[]> {
  const ready: OfflineTransaction[] = []
  let changes = 0
  let after = 0
  for (;;) {
    const part = await tx.findTransactions({ statuses: ['pending'], after, limit: 200 })
    for (const transaction of part) {
      after = transaction.seq
      const reason = await pendingReason(tx, transaction, context)
      if (reason.kind !== 'ready' && reason.kind !== 'verifying') continue
      if (ready.length > 0 && changes + transaction.changes.length > limits.changes) return ready
      const company = Math.min(...[...ready, transaction].map((each) => companyOf(each, limits.transactions)))
      if (ready.length + 1 > company && ready.length > 0) return ready
      ready.push(transaction)
      changes += transaction.changes.length
      if (ready.length === company) return ready
    }
    if (part.length < 200) return ready
  }
}

function companyOf(transaction: OfflineTransaction, most: number): number {
  if (transaction.outcome === 'unknown' || transaction.attempts === 0) return most
  return transaction.attempts === 1 ? Math.min(8, most) : 1
}
