import { OutpostError } from '../errors.ts'
import type { HistoryEntry, OfflineTransaction, TransactionEvent, TransactionStatus } from './offline-transaction.ts'

/** Which event leads from which status to which. What is not here is not allowed. */
const TRANSITIONS: Readonly<Record<TransactionStatus, Partial<Record<TransactionEvent, TransactionStatus>>>> = {
  pending: {
    folded: 'pending',
    cancelled: 'archived',
    sent: 'pending',
    deferred: 'pending',
    verified: 'pending',
    merged: 'pending',
    delivered: 'processed',
    refused: 'error',
    overruled: 'archived',
    'set-pending': 'pending',
    amended: 'pending',
    archived: 'archived',
  },
  processed: { echoed: 'processed', archived: 'archived' },
  error: { 'set-pending': 'pending', amended: 'pending', archived: 'archived' },
  archived: { 'set-pending': 'pending' },
}

/** The transaction after the event, with the event in its history. Throws `refused` when its status does not allow it. */
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
  return { ...transaction, ...changes, status, history: shortened([...transaction.history, { at, event, ...note }]) }
}

const HISTORY_LIMIT = 60

/** A history that is long because the master could not be reached loses its oldest vain attempts, and nothing else. */
function shortened(history: readonly HistoryEntry[]): readonly HistoryEntry[] {
  const vain = history.findIndex((entry) => entry.event === 'sent' || entry.event === 'deferred')
  return history.length <= HISTORY_LIMIT || vain === -1 ? history : history.toSpliced(vain, 1)
}
