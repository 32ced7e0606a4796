import { OutpostError } from '../errors.ts'
import type { HistoryEntry, OfflineTransaction, TransactionEvent, TransactionStatus } from './offline-transaction.ts'
import { isRebased, withFirstWrite, writtenBetween } from './written-rows.ts'

/** Which event leads from which status to which. What is not here is not allowed. */
const TRANSITIONS: Readonly<Record<TransactionStatus, Partial<Record<TransactionEvent, TransactionStatus>>>> = {
  pending: {
    folded: 'pending',
    cancelled: 'archived',
    sent: 'pending',
    deferred: 'pending',
    answered: 'pending',
    verified: 'pending',
    merged: 'pending',
    delivered: 'processed',
    refused: 'error',
    overruled: 'archived',
    'set-pending': 'pending',
    amended: 'pending',
    migrated: 'pending',
    archived: 'archived',
  },
  processed: { echoed: 'processed', archived: 'archived' },
  error: { 'set-pending': 'pending', amended: 'pending', archived: 'archived' },
  archived: { 'set-pending': 'pending', archived: 'archived' },
}

/**
 * The transaction after the event, with the event in its history: what was written where the event changes that, and what
 * went wrong where it brings an error. Throws `refused` when its status does not allow it.
 */
export function transition(
  transaction: OfflineTransaction,
  event: TransactionEvent,
  at: number,
  changes: Partial<OfflineTransaction> = {},
  note: Omit<HistoryEntry, 'at' | 'event'> = {},
): OfflineTransaction {
  const status = TRANSITIONS[transaction.status][event]
  if (status === undefined) {
    throw new OutpostError('refused', `transaction #${transaction.seq} is ${transaction.status}; it cannot be ${event}`)
  }
  const { changes: after, lastError } = changes
  const wrote = after ? writtenBetween(transaction.changes, after) : []
  const rewritten = wrote.length > 0 || (after && isRebased(transaction.changes, after))
  const before = rewritten ? withFirstWrite(transaction) : transaction.history
  const entry: HistoryEntry = {
    at,
    event,
    ...(wrote.length > 0 && REWRITES.includes(event) ? { wrote } : {}),
    ...(lastError && (event === 'refused' || event === 'deferred') ? { error: withoutTime(lastError) } : {}),
    ...note,
  }
  return { ...transaction, ...changes, status, history: shortened([...before, entry]) }
}

function withoutTime({
  at: _,
  attempt: __,
  ...error
}: NonNullable<OfflineTransaction['lastError']>): HistoryEntry['error'] & object {
  return error
}

const HISTORY_LIMIT = 60

/** Events that write other values, which are kept with them. */
const REWRITES: readonly TransactionEvent[] = ['folded', 'amended', 'migrated']

const VAIN: readonly TransactionEvent[] = ['sent', 'deferred', 'folded']

/** A history that is long for want of a master, or of edits that are one by now, loses the oldest of those, and nothing else. */
function shortened(history: readonly HistoryEntry[]): readonly HistoryEntry[] {
  const vain = history.findIndex((entry) => VAIN.includes(entry.event))
  return history.length <= HISTORY_LIMIT || vain === -1 ? history : history.toSpliced(vain, 1)
}
