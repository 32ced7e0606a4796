import { MasterError } from '../errors.ts'
import type { OutpostError } from '../errors.ts'
import type { OfflineTransaction, RejectionClass, TransactionError } from '../outbox/offline-transaction.ts'

/** A failure to ask, as it is kept with a transaction. */
export function errorOf(failure: OutpostError, transaction: OfflineTransaction, now: number): TransactionError {
  return {
    code: failure.code,
    message: failure.message,
    remedy: failure.remedy ?? 'Nothing needs to be done; it is sent again by itself.',
    at: now,
    attempt: transaction.attempts,
    ...(failure instanceof MasterError && failure.status !== undefined ? { status: failure.status } : {}),
    ...(failure instanceof MasterError && failure.masterCode !== undefined ? { masterCode: failure.masterCode } : {}),
    ...(failure instanceof MasterError && failure.requestId !== undefined ? { requestId: failure.requestId } : {}),
  }
}

interface KeyClash {
  readonly message: string
  readonly remedy: string
}

export const SAME_ID: KeyClash = {
  message: 'The master has a row with this id already.',
  remedy: 'Archive this transaction and change the existing row instead, or create the row with another id.',
}

export const ANOTHER_ROW: KeyClash = {
  message: 'The master has another row with the same key values, or one that it takes for a duplicate.',
  remedy: 'Use that row, or change the key values of one of them, then resubmit.',
}

/** The error of a transaction in whose way another row is. */
export function keyClash(transaction: OfflineTransaction, clash: KeyClash, now: number): TransactionError {
  return { code: 'conflict', rejection: 'key-clash', ...clash, fix: 'user', at: now, attempt: transaction.attempts }
}

/** The error of a transaction that a person has to decide: about the given columns, where they are known. */
export function conflictError(
  transaction: OfflineTransaction,
  rejection: RejectionClass,
  now: number,
  columns: readonly string[] = [],
): TransactionError {
  const gone = rejection === 'gone'
  return {
    code: gone ? 'not-found' : 'conflict',
    rejection,
    message: gone ? 'The row no longer exists on the master.' : 'The row was changed here and on the master.',
    remedy: gone
      ? 'Archive the transaction to drop the change, or create the row anew.'
      : "Compare both sides in the transaction's conflicts. Set it to pending to send it all the same, amend it, or archive it to take the master's row.",
    cause: gone
      ? 'Somebody deleted it, or it was taken from what the user may see, after it was changed here.'
      : `Since the change was made here, the master's row got other values${columns.length > 0 ? ` in ${columns.join(', ')}` : ''}.`,
    fix: 'user',
    at: now,
    attempt: transaction.attempts,
  }
}

/** What is kept of a refusal for a newer row that could not be read. */
export function unreadError(transaction: OfflineTransaction, now: number): TransactionError {
  return {
    code: 'conflict',
    message: 'The row was changed on the master, and could not be read there.',
    remedy: 'Nothing needs to be done; the row is looked at again by itself.',
    at: now,
    attempt: transaction.attempts,
  }
}

/** Whether the last request for the transaction was refused for a newer row that could not be read. */
export function wasRefusedUnread({ history }: OfflineTransaction): boolean {
  const sent = history.findLastIndex(({ event }) => event === 'sent')
  // A refusal that the master itself calls a conflict has its status.
  return history.slice(sent + 1).some(({ error }) => error?.code === 'conflict' && error.status === undefined)
}

/** The error of a transaction about which the application's conflict function gave no answer to act on. */
export function policyError(
  transaction: OfflineTransaction,
  failure: { readonly message: string; readonly column?: string },
  now: number,
): TransactionError {
  return {
    code: 'conflict',
    rejection: 'policy',
    message: failure.message,
    cause: 'Both sides changed the row, and the function that decides about it gave no answer that can be written.',
    remedy: 'Nothing was sent. Correct the function and set the transaction to pending, or amend or archive it.',
    fix: 'developer',
    ...(failure.column === undefined ? {} : { column: failure.column }),
    at: now,
    attempt: transaction.attempts,
  }
}

/**
 * The error of a transaction whose row is at another version on the master, which does not show it any more. The row is
 * there, or the master would have said that it is gone.
 */
export function unseenError(transaction: OfflineTransaction, now: number): TransactionError {
  return {
    code: 'forbidden',
    rejection: 'permission',
    message: 'The row was changed on the master, and can no longer be read there.',
    cause: 'It was given to somebody whose rows this user may not see, or is shared with the user no longer.',
    remedy: 'Ask for access to the row and set the transaction to pending, or archive it to drop the change.',
    fix: 'administrator',
    at: now,
    attempt: transaction.attempts,
  }
}
