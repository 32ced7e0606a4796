import type { Change } from '../change.ts'
import { dependenciesOf, touchesOf } from '../write/dependencies.ts'
import type { Env } from '../env.ts'
import { MasterError } from '../errors.ts'
import type { OutpostError } from '../errors.ts'
import { afterActions, isOurs, takeBases } from './evidence.ts'
import { decideGoneRows, mayHaveGivenAway, updatesInstead } from '../conflicts/gone-rows.ts'
import { refreshChanged, refreshRows } from '../rows/local-rows.ts'
import type { MasterRows } from '../rows/local-rows.ts'
import type { ConflictDecision, OfflineTransaction, TransactionError } from '../outbox/offline-transaction.ts'
import { letGo } from '../outbox/let-go.ts'
import { transition } from '../outbox/transitions.ts'
import type { PushOutcome } from '../ports/master-org.ts'
import type { StoreWriter } from '../ports/store.ts'
import { delayMs } from '../delivery/retry.ts'
import { liftAllOut } from '../rows/stack.ts'
import { deliver, keep, pushedMasters, said, versionsOf } from './deliver.ts'
import type { SettleContext } from './deliver.ts'
import { ANOTHER_ROW, errorOf, keyClash, SAME_ID, unreadError, unseenError } from './transaction-errors.ts'
import { hasUnreadAction } from './unread-actions.ts'

/** A transaction as it was left, and how many conflicting columns were decided on the way. */
export interface Settled {
  readonly transaction: OfflineTransaction
  readonly conflicts: number
}

/** How often a transaction is merged into a newer row and sent again at once before it waits like after a failure. */
export const STALE_LIMIT = 5

/** Records the master's answers, and shows on the rows what the master made of them. One answer for each transaction. */
export async function settle(
  tx: StoreWriter,
  sent: readonly OfflineTransaction[],
  outcomes: readonly PushOutcome[],
  masters: MasterRows,
  context: SettleContext,
): Promise<readonly Settled[]> {
  const settled: Settled[] = []
  for (const [index, asked] of sent.entries()) {
    // Looked at one by one: settling one can rewrite what stands on it.
    const [transaction] = await tx.transactions([asked.seq])
    if (transaction?.status !== 'pending') continue
    const outcome = outcomes[index] ?? UNANSWERED
    if (outcome.kind !== 'processed' && !isSameRequest(asked, transaction)) continue
    const { masterRequestId } = outcome
    const answered = masterRequestId === undefined ? context : { ...context, masterRequestId }
    const next = await settleOne(tx, transaction, outcome, masters, answered)
    settled.push({ transaction: next, conflicts: next.history.at(-1)?.conflicts?.length ?? 0 })
  }
  return settled
}

/**
 * Whether no other request was made for the transaction. A claim ends with its time (a device that sleeps): what another
 * client org on the store has sent since is for that one to settle.
 */
export function isSameRequest(asked: OfflineTransaction, now: OfflineTransaction): boolean {
  return lastRequestOf(asked) === lastRequestOf(now)
}

function lastRequestOf({ history }: OfflineTransaction): string | undefined {
  return history.findLast(({ event }) => event === 'sent')?.requestId
}

const UNANSWERED: PushOutcome = {
  kind: 'retry',
  mayHaveArrived: true,
  error: {
    code: 'protocol',
    message: 'the master gave no answer for this transaction',
    remedy: 'It is verified and sent again by itself.',
  },
}

async function settleOne(
  tx: StoreWriter,
  transaction: OfflineTransaction,
  outcome: PushOutcome,
  masters: MasterRows,
  context: SettleContext,
): Promise<OfflineTransaction> {
  const now = context.env.now()
  switch (outcome.kind) {
    case 'processed': {
      if (hasUnreadAction(transaction, masters, context.tables)) {
        const toRead = { lease: null, outcome: 'unknown', lastError: null, nextAttemptAt: null } as const
        return keep(tx, transition(transaction, 'answered', now, toRead, said(context)))
      }
      const pushed = pushedMasters(outcome.rows, context.tables)
      return deliver(tx, transaction, afterActions(transaction.changes, pushed, masters), context)
    }
    case 'exists':
      return settleExisting(tx, transaction, masters, context)
    case 'stale':
      return settleStale(tx, transaction, masters, context, outcome.named === true)
    case 'rejected': {
      const lastError: TransactionError = { ...outcome.rejection, at: now, attempt: transaction.attempts }
      if (lastError.rejection !== 'gone') return refuse(tx, transaction, lastError, context)
      return (
        (await settleGone(tx, transaction, masters, context, lastError)) ?? refuse(tx, transaction, lastError, context)
      )
    }
    case 'retry': {
      const lastError: TransactionError = { ...outcome.error, at: now, attempt: transaction.attempts }
      const nextAttemptAt = now + delayMs(transaction.attempts, context.env.random())
      const known = outcome.mayHaveArrived ? 'unknown' : 'not-sent'
      const waiting = { lease: null, outcome: known, lastError, nextAttemptAt } as const
      return keep(tx, transition(transaction, 'deferred', now, waiting, said(context)))
    }
  }
}

/**
 * The master says that a row to be created is there already, and was asked for it. An id that was made here proves that it
 * is our own create, whose answer was lost; an id the application chose does so only where it was sent before and the row
 * shows what was sent. Where there is no such row, it is another one that stands in the way: by an alternate key, or by a
 * duplicate detection rule, which the master does not always tell apart.
 */
async function settleExisting(
  tx: StoreWriter,
  transaction: OfflineTransaction,
  masters: MasterRows,
  context: SettleContext,
): Promise<OfflineTransaction> {
  const now = context.env.now()
  const creates = transaction.changes.filter((change) => change.kind === 'create')
  const known = creates.map((change) => masters.get(change.table)?.get(change.id))
  if (known.includes(undefined)) {
    const nextAttemptAt = now + delayMs(transaction.attempts, context.env.random())
    const note = said(context, { note: 'said to be on the master; to be verified' })
    return keep(tx, transition(transaction, 'deferred', now, { lease: null, outcome: 'unknown', nextAttemptAt }, note))
  }
  if (known.every((master) => master?.row === null)) {
    return refuse(tx, transaction, keyClash(transaction, ANOTHER_ROW, now), context)
  }
  const sentBefore = transaction.attempts > 1
  const ours = creates.some((change) => isOurs(change, masters, context.tables, sentBefore))
  if (!ours) {
    const updates = updatesInstead(transaction.changes, masters, context.tables)
    if (updates) return settleCreatedElsewhere(tx, transaction, updates, masters, context)
    return refuse(tx, transaction, keyClash(transaction, SAME_ID, now), context)
  }
  const note = 'the master had it already; its first answer was lost'
  return deliver(tx, transaction, masters, context, note)
}

/**
 * The master's row is newer than the one the change was made on: takes the newer row as the base, to be merged next. Where
 * the row is none newer, it may have been a slip on the way, or a look at a copy that is behind; a condition that fails again
 * and again without a word about versions is another row with the same key.
 */
async function settleStale(
  tx: StoreWriter,
  transaction: OfflineTransaction,
  masters: MasterRows,
  context: SettleContext,
  named: boolean,
): Promise<OfflineTransaction> {
  const now = context.env.now()
  await takeBases(tx, transaction.changes, masters, context.tables)
  if (isUnseen(transaction.changes, masters, context.refused))
    return refuse(tx, transaction, unseenError(transaction, now), context)
  const often = transaction.attempts % STALE_LIMIT === 0
  if (often && !named && isCurrent(transaction.changes, masters))
    return refuse(tx, transaction, keyClash(transaction, ANOTHER_ROW, now), context)
  // Without the newer row it would be sent as it was: that is no merge. Nor is it known who has changed the row: the request
  // can have come twice, so it is looked for as if it had got no answer. What is no slip of one time waits.
  const isUnread = transaction.changes.some(
    (change) =>
      !('relationship' in change) &&
      context.tables.has(change.table) &&
      context.refused?.has(change.table) !== true &&
      !masters.get(change.table)?.has(change.id),
  )
  const waits = often || (isUnread && transaction.attempts > 1)
  const nextAttemptAt = waits ? now + delayMs(transaction.attempts, context.env.random()) : null
  const versions = versionsOf(transaction.changes, masters)
  const note = said(context, { note: 'the row has changed on the master', versions })
  const known = isUnread
    ? ({ outcome: 'unknown', lastError: unreadError(transaction, now) } as const)
    : ({ outcome: 'not-sent' } as const)
  return keep(tx, transition(transaction, 'deferred', now, { lease: null, nextAttemptAt, ...known }, note))
}

/**
 * The master no longer has a row that is to be updated: does what `onDeletedRow` of its table says. Null when no such row
 * is known to be gone.
 */
async function settleGone(
  tx: StoreWriter,
  transaction: OfflineTransaction,
  masters: MasterRows,
  context: SettleContext,
  lastError: TransactionError,
): Promise<OfflineTransaction | null> {
  const { tables, refused = new Set() } = context
  const now = context.env.now()
  const decided = await decideGoneRows(tx, transaction, masters, tables)
  if (!decided) {
    const unread = transaction.changes.some(
      ({ kind, table, id }) =>
        kind === 'update' &&
        (tables.get(table)?.conflicts.onDeletedRow ?? 'error') !== 'error' &&
        !refused.has(table) &&
        !masters.get(table)?.has(id),
    )
    if (!unread) return null
    const nextAttemptAt = now + delayMs(transaction.attempts, context.env.random())
    const note = said(context, { note: 'a row seems to be gone; it could not be read' })
    return keep(tx, transition(transaction, 'deferred', now, { lease: null, outcome: 'not-sent', nextAttemptAt }, note))
  }
  const { changes, recreated, dropped, conflicts } = decided
  if (decided.undecided) return refuse(tx, transaction, lastError, context, conflicts)
  const nothingLeft = changes.length === 0
  const next = await keep(
    tx,
    nothingLeft
      ? transition(
          transaction,
          'overruled',
          now,
          { lease: null, outcome: 'known', lastError: null },
          said(context, { conflicts }),
        )
      : transition(
          transaction,
          'merged',
          now,
          { lease: null, outcome: 'not-sent', changes },
          said(context, { conflicts }),
        ),
  )
  await liftAllOut(tx, { seq: transaction.seq, changes: dropped })
  for (const { table: name, id } of recreated) {
    const table = tables.get(name)
    if (table) await refreshRows(tx, table, [id], new Map([[id, { id, row: null }]]))
  }
  await refreshChanged(tx, transaction.changes, tables)
  if (!nothingLeft) await letGo(tx, transaction, next, tables)
  if (recreated.length === 0) return next
  const dependsOn = await dependenciesOf(tx, changes, tables, transaction.seq, transaction.after)
  return keep(tx, { ...next, touches: touchesOf(changes, tables, transaction.after), dependsOn })
}

/** Somebody else has created the row again: what was to be created is an update once more, to be merged into that row. */
async function settleCreatedElsewhere(
  tx: StoreWriter,
  transaction: OfflineTransaction,
  changes: readonly Change[],
  masters: MasterRows,
  context: SettleContext,
): Promise<OfflineTransaction> {
  const now = context.env.now()
  const nextAttemptAt =
    transaction.attempts % STALE_LIMIT === 0 ? now + delayMs(transaction.attempts, context.env.random()) : null
  const note = said(context, { note: 'the row was created again on the master' })
  const restored = { lease: null, outcome: 'not-sent' as const, changes, nextAttemptAt }
  const next = await keep(tx, transition(transaction, 'merged', now, restored, note))
  await takeBases(tx, changes, masters, context.tables)
  return next
}

/** Whether what stood in the way is a row that is not shown: all others are at the version their change was made on. */
function isUnseen(changes: readonly Change[], masters: MasterRows, refused: ReadonlySet<string> = new Set()): boolean {
  const conditional = changes.filter((change) => change.kind === 'update' || change.kind === 'delete')
  const shown = conditional.filter(({ table, id }) => !refused.has(table) && masters.get(table)?.get(id)?.row !== null)
  return shown.length < conditional.length && (shown.length === 0 || isCurrent(shown, masters))
}

/** Whether every row is at the version its change was made on, so that it was no newer version that stood in the way. */
function isCurrent(changes: readonly Change[], masters: MasterRows): boolean {
  const conditional = changes.filter((change) => change.kind === 'update' || change.kind === 'delete')
  return (
    conditional.length > 0 &&
    conditional.every((change) => {
      const row = masters.get(change.table)?.get(change.id)?.row
      return row && change.version !== null && row.version === change.version
    })
  )
}

/** How often a transaction got no answer, at last alone, before it is taken for the cause. */
export const SUSPECT_ATTEMPTS = 3

/** Failures that say nothing about what was sent: who gives up or closes, and a master that has too much to do. */
const BESIDE_THE_POINT: ReadonlySet<string> = new Set(['aborted', 'closed', 'throttled'])

/**
 * Gives claimed transactions back when the master could not be asked. They stay pending; what is unknown stays so. One
 * that fails again although it was sent alone may be the cause itself: it waits, and the others go on without it.
 */
export async function settleUnanswered(
  tx: StoreWriter,
  sent: readonly OfflineTransaction[],
  failure: OutpostError,
  env: Env,
): Promise<void> {
  const now = env.now()
  const arrived = !(failure instanceof MasterError) || failure.mayHaveArrived
  const counts = arrived && !BESIDE_THE_POINT.has(failure.code)
  const isSuspect = (attempts: number): boolean => counts && sent.length === 1 && attempts >= SUSPECT_ATTEMPTS
  const found = await tx.transactions(sent.map(({ seq }) => seq))
  for (const [index, asked] of sent.entries()) {
    const transaction = found[index]
    if (transaction?.status !== 'pending' || !isSameRequest(asked, transaction)) continue
    const lastError = errorOf(failure, transaction, now)
    const attempts = counts ? transaction.attempts : transaction.attempts - 1
    const waiting = {
      lease: null,
      outcome: arrived ? 'unknown' : 'not-sent',
      attempts,
      lastError,
      nextAttemptAt: isSuspect(attempts) ? now + delayMs(attempts, env.random()) : null,
    } as const
    const { requestId: masterRequestId } = lastError
    const entry = masterRequestId === undefined ? {} : { masterRequestId }
    await keep(tx, transition(transaction, 'deferred', now, waiting, entry))
  }
}

export function refuse(
  tx: StoreWriter,
  transaction: OfflineTransaction,
  lastError: TransactionError,
  context: SettleContext,
  conflicts?: readonly ConflictDecision[],
): Promise<OfflineTransaction> {
  const unseen = lastError.rejection === 'permission' || lastError.rejection === 'gone'
  const given = unseen && transaction.changes.some((change) => mayHaveGivenAway(transaction, change))
  const refused = { lease: null, outcome: given ? 'unknown' : 'known', lastError } as const
  const note = said(context, { note: lastError.message, ...(conflicts ? { conflicts } : {}) })
  return keep(tx, transition(transaction, 'refused', lastError.at, refused, note))
}
