import type { Change, DeleteChange } from '../change.ts'
import type { ConfiguredTable } from '../copy/configuration.ts'
import { judgeOf } from '../filter/evaluate.ts'
import { lackingFacts } from '../filter/filter-context.ts'
import type { FilterContext, FilterFact } from '../filter/filter-context.ts'
import type { StoreReader } from '../ports/store.ts'
import { LONGEST_DELAY_MS } from '../delivery/retry.ts'
import { rowKey } from '../row.ts'
import type { Row } from '../row.ts'
import { inParts } from './in-parts.ts'
import type { OfflineTransaction, TransactionStatus } from './offline-transaction.ts'

/** Why a pending transaction is still pending. Derived, never stored. */
export type PendingReason =
  | { readonly kind: 'ready' | 'verifying' | 'waiting-for-sign-in' }
  | { readonly kind: 'in-flight'; readonly until: number }
  | { readonly kind: 'blocked'; readonly by: number }
  /** `lacking`: what the upload filter asks for and is not known here; it holds the row until it is. */
  | { readonly kind: 'held'; readonly table: string; readonly row: string; readonly lacking?: readonly FilterFact[] }
  | { readonly kind: 'backing-off'; readonly until: number }
  | { readonly kind: 'other-user'; readonly userId: string }

export interface ReadinessContext extends FilterContext {
  readonly tables: ReadonlyMap<string, ConfiguredTable>
  readonly organizationId: string
  /** The tenant of the organisation, where it is known. */
  readonly tenantId?: string
  readonly userId: string
  readonly now: number
  /** Whose leases do not count: the caller's own. */
  readonly owner: string
}

/**
 * Whether a pending transaction may be sent now, and if not, why. `statuses` remembers those of the transactions it waits
 * for, where several are asked about in the same transaction of the store: thousands can wait for one.
 */
export async function pendingReason(
  tx: StoreReader,
  transaction: OfflineTransaction,
  context: ReadinessContext,
  statuses: Map<number, TransactionStatus | undefined> = new Map(),
): Promise<PendingReason> {
  if (!isOf(transaction, context)) {
    return { kind: 'other-user', userId: transaction.userId }
  }
  const { lease } = transaction
  if (lease && lease.owner !== context.owner && isAhead(lease.until, context.now, LEASE_MS))
    return { kind: 'in-flight', until: lease.until }
  const by = isLost(transaction) ? undefined : await firstInTheWay(tx, transaction, statuses)
  if (by !== undefined) return { kind: 'blocked', by }
  if (transaction.nextAttemptAt !== null && isAhead(transaction.nextAttemptAt, context.now, LONGEST_DELAY_MS)) {
    return { kind: 'backing-off', until: transaction.nextAttemptAt }
  }
  const held = await heldRow(tx, transaction, context)
  if (held) return { kind: 'held', ...held }
  return { kind: transaction.outcome === 'unknown' ? 'verifying' : 'ready' }
}

/** Whether it is the work of this user, in this organisation. A tenant that is not known is no other one. */
function isOf(transaction: OfflineTransaction, { organizationId, tenantId, userId }: ReadinessContext): boolean {
  const elsewhere = transaction.tenantId !== undefined && tenantId !== undefined && transaction.tenantId !== tenantId
  return transaction.organizationId === organizationId && transaction.userId === userId && !elsewhere
}

/**
 * Whether it was sent, and nobody knows yet what became of it. That is looked for whatever else is to come before it: nothing
 * was in its way when it was sent, so all of that was put away then.
 */
function isLost({ outcome, history }: OfflineTransaction): boolean {
  return outcome === 'unknown' && history.some(({ event }) => event === 'sent')
}

async function firstInTheWay(
  tx: StoreReader,
  transaction: OfflineTransaction,
  statuses: Map<number, TransactionStatus | undefined>,
): Promise<number | undefined> {
  const unsettled = await firstUnsettled(tx, transaction.dependsOn, statuses)
  if (unsettled !== undefined) return unsettled
  const { seq, changes, history } = transaction
  if (!history.some(({ event }) => event === 'archived')) return undefined
  // It came back before later changes of its rows. One of them that was sent meanwhile and is lost could not be found any
  // more once it is written over, and would be sent a second time.
  const touching = changes.map(({ table, id }) => rowKey(table, id))
  const writesRow = ({ table, id }: Change): boolean => touching.includes(rowKey(table, id))
  for await (const later of inParts(tx, { statuses: ['pending'], touching, after: seq }))
    if (isLost(later) && later.changes.some(writesRow)) return later.seq
  return undefined
}

async function firstUnsettled(
  tx: StoreReader,
  seqs: readonly number[],
  statuses: Map<number, TransactionStatus | undefined>,
): Promise<number | undefined> {
  const unread = seqs.filter((seq) => !statuses.has(seq))
  const found = unread.length === 0 ? [] : await tx.transactions(unread)
  for (const [index, seq] of unread.entries()) statuses.set(seq, found[index]?.status)
  return seqs.find((seq) => statuses.get(seq) === 'pending' || statuses.get(seq) === 'error')
}

/** How long a claim on a transaction holds. Longer than any request may take. */
export const LEASE_MS = 180_000

/** Whether the time is still to come. One that is further off than it can have been set was set before the clock was put back. */
export function isAhead(time: number, now: number, longestMs: number): boolean {
  return time > now && time - now <= longestMs
}

/** What the row of a change is now; where it was deleted since, what it was then. Undefined for a link that was removed. */
async function presentValues(tx: StoreReader, { table, id }: Change): Promise<Row | undefined> {
  const [stored] = await tx.rows(table, [id])
  if (stored) return stored.values
  const touching = [rowKey(table, id)]
  const later = await tx.findTransactions({
    statuses: ['pending', 'error'],
    touching,
    direction: 'descending',
    limit: 50,
  })
  const changes = later.flatMap((transaction) => transaction.changes)
  const isDeletion = (change: Change): change is DeleteChange =>
    change.kind === 'delete' && change.table === table && change.id === id
  return changes.find(isDeletion)?.before
}

/** The first row that the upload filter of its table holds back. A deleted row is judged by what it was. */
async function heldRow(
  tx: StoreReader,
  transaction: OfflineTransaction,
  context: ReadinessContext,
): Promise<Omit<Extract<PendingReason, { kind: 'held' }>, 'kind'> | null> {
  for (const change of transaction.changes) {
    const filter = context.tables.get(change.table)?.uploadFilter
    if (!filter) continue
    const values = change.kind === 'delete' ? change.before : await presentValues(tx, change)
    const verdict = values ? judgeOf(filter, context)(values) : 'match'
    if (verdict === 'no-match') return { table: change.table, row: change.id }
    if (verdict === 'cannot-tell')
      return { table: change.table, row: change.id, lacking: lackingFacts(filter, context) }
  }
  return null
}
