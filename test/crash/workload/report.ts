import type { Change, OfflineTransaction, Row, TransactionOutcome, TransactionStatus } from '@outpost/core'

/** What the killed program is told when it is started. */
export interface LifeOptions {
  /** Where its client org lies: a file, or the name of a database. */
  readonly place: string
  /** The master's address, and how to get in. */
  readonly url: string
  readonly token: string
  /** Decides what it does; with the number of the life, which counts up from 0. */
  readonly seed: number
  readonly life: number
  /** Whether it first brings everything to an end, before it makes new work. */
  readonly drains: boolean
  /** Whether it makes new work at all. Else it ends by itself. */
  readonly works: boolean
}

/** One column of one row. */
export interface Cell {
  readonly table: string
  readonly id: string
  readonly column: string
  readonly value: string
}

export interface RowName {
  readonly table: string
  readonly id: string
}

/** What a write is about to do. */
export interface Intent {
  readonly creates: readonly RowName[]
  readonly deletes: readonly RowName[]
  readonly cells: readonly Cell[]
}

/** What the program says outside of itself, each before it goes on. */
export type Report =
  | { readonly kind: 'opened' | 'drained'; readonly dump: Dump }
  /** A write is about to be committed; the next report says what became of it. */
  | { readonly kind: 'writes'; readonly intent: Intent }
  | { readonly kind: 'acknowledged'; readonly seq: number | null }
  /** Somebody is about to do something with these transactions. `gone` are those that it deletes, as they were. */
  | {
      readonly kind: 'operates'
      readonly operation: string
      readonly seqs: readonly number[]
      readonly gone: readonly DumpedTransaction[]
    }
  | { readonly kind: 'operated' }
  | { readonly kind: 'refused'; readonly words: string }
  /** It has met what it never should. */
  | { readonly kind: 'failed'; readonly words: string }

/** Says something outside of the program. It has been heard when this resolves. */
export type Say = (report: Report) => Promise<void> | void

/** What a transaction is, as far as it is looked at from outside. */
export interface DumpedTransaction {
  readonly seq: number
  readonly status: TransactionStatus
  readonly outcome: TransactionOutcome
  readonly kept: boolean
  readonly delivered: boolean
  readonly events: readonly string[]
  /** The ids of the requests that it was sent in. */
  readonly requests: readonly string[]
  readonly error: string | null
  readonly changes: readonly Change[]
}

export function dumpedTransaction(transaction: OfflineTransaction): DumpedTransaction {
  const { seq, status, outcome, kept, history, lastError, changes } = transaction
  return {
    seq,
    status,
    outcome,
    kept: kept === true,
    delivered: history.some(({ event }) => event === 'delivered'),
    events: history.map(({ event }) => event),
    requests: history.flatMap(({ event, requestId }) => (event === 'sent' && requestId ? [requestId] : [])),
    error: lastError && `${lastError.code}: ${lastError.message}`,
    changes,
  }
}

/** Everything that the device holds. */
export interface Dump {
  readonly transactions: readonly DumpedTransaction[]
  readonly rows: Readonly<Record<string, readonly (readonly [id: string, values: Row])[]>>
}
