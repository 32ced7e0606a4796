import type { Operation } from 'fast-json-patch'
import type { Change } from '../change.ts'
import type { OutpostErrorCode } from '../errors.ts'
import type { ColumnValue, Row } from '../row.ts'

/**
 * The four statuses of an offline transaction.
 *
 *   pending ──► processed      the master has it
 *      │  ▲
 *      ▼  │ setPending, amend
 *    error ──► archived        never to be delivered (unless set to pending again)
 *
 * "In flight" is not a status: it is a lease on a pending transaction, so that a crash leaves it pending.
 */
export type TransactionStatus = 'pending' | 'processed' | 'error' | 'archived'

/** What is known of the transaction's effect on the master. `unknown` is resolved by reading before anything is re-sent. */
export type TransactionOutcome = 'not-sent' | 'unknown' | 'known'

/**
 * Why the master, or a conflict, refused a transaction. A closed set, each with its own remedy. `policy`: the application's
 * conflict function failed.
 */
export type RejectionClass =
  | 'permission'
  | 'invalid'
  | 'business'
  | 'conflict'
  | 'policy'
  | 'gone'
  | 'key-clash'
  | 'duplicate'
  | 'state'
  | 'size'
  | 'unknown'

/** Who can mend what a failure came from. `nobody`: it passes by itself. */
export type FixedBy = 'user' | 'administrator' | 'developer' | 'nobody'

/** The last failure of a transaction, as kept in the store. */
export interface TransactionError {
  readonly code: OutpostErrorCode
  /** Only on a verdict; absent on failures that are retried. */
  readonly rejection?: RejectionClass
  /** The master's own words where it had any. */
  readonly message: string
  /** What was wrong, as a sentence, where more is known than the message. */
  readonly cause?: string
  readonly remedy: string
  readonly fix?: FixedBy
  readonly status?: number
  readonly masterCode?: string
  readonly requestId?: string
  /** The index in `changes` of the change the master named, where it named one. */
  readonly change?: number
  readonly column?: string
  /** Milliseconds since 1970, by the device clock. */
  readonly at: number
  readonly attempt: number
}

/**
 * What was decided about one column of a conflict.
 *
 * - `updated-both`: both sides changed it. `deleted-on-master`: it was changed here, in a row that the master deleted;
 *   `remote` is null then. `deleted-here`: the master changed it, in a row that was deleted here; `local` is null then.
 * - `resolved` says whose value stands; `merged` is one of its own, and `undecided` waits for a person.
 * - `policy` names what decided: the table's policy, the column's rule, `function <name>`, or the policy for deleted rows.
 */
export interface ConflictDecision {
  readonly kind: 'updated-both' | 'deleted-on-master' | 'deleted-here'
  readonly table: string
  readonly id: string
  readonly column: string
  readonly base: ColumnValue
  readonly local: ColumnValue
  readonly remote: ColumnValue
  readonly resolved: 'local' | 'remote' | 'merged' | 'undecided'
  /** The value that stands; null where there is none, and where nothing is decided. */
  readonly value: ColumnValue
  readonly policy: string
  /** What it was decided by where the policy does not say it all, or why it could not be decided. */
  readonly reason?: string
}

/** The sides of a conflict in one row as RFC 6902 patches, over the columns that were changed here. */
export interface ConflictPatches {
  readonly table: string
  readonly id: string
  /** From the base to ours, and from the base to the master's row. */
  readonly local: readonly Operation[]
  readonly remote: readonly Operation[]
  /** From the master's row to the merged one. */
  readonly sent: readonly Operation[]
}

/** What one step of a transaction's life wrote into a row. */
export interface WrittenRow {
  readonly kind: Change['kind']
  readonly table: string
  readonly id: string
  readonly values: Row
  /** The values before, of what was written at first. */
  readonly before?: Row
  /** Columns that the step took out again. */
  readonly dropped?: readonly string[]
}

/** One step in a transaction's life. `at` is the device clock, for people; the order is the order of the list. */
export interface HistoryEntry {
  readonly at: number
  readonly event: TransactionEvent
  readonly note?: string
  /**
   * What a fold, an amendment or a migration changed. Of the commit, what was written at first, where a later step has changed it: it
   * is in `changes` else.
   */
  readonly wrote?: readonly WrittenRow[]
  /** What went wrong, in the words of that moment. */
  readonly error?: Omit<TransactionError, 'at' | 'attempt'>
  /** The id that the request carried (`x-ms-client-request-id`); known before it is sent. */
  readonly requestId?: string
  /** The id that the master gave the request in its answer. */
  readonly masterRequestId?: string
  /** The version of each changed row that the master answered with, a look has met or a pull brought back, by row key. */
  readonly versions?: Readonly<Record<string, string>>
  readonly conflicts?: readonly ConflictDecision[]
  readonly patches?: readonly ConflictPatches[]
}

/**
 * Everything that can happen to a transaction. `folded`: a later change of its row was taken into it; `cancelled`: a later
 * one undid it before it was sent. `answered`: the master has it, and what an action of it did is still to be read.
 * `overruled`: a conflict policy decided for the master, nothing is left to send.
 * `migrated`: columns have become others, and its values are in their form. `echoed`: a pull brought back what it wrote. The
 * table of what leads where is in `transitions.ts`.
 */
export type TransactionEvent =
  | 'committed'
  | 'folded'
  | 'cancelled'
  | 'sent'
  | 'deferred'
  | 'answered'
  | 'verified'
  | 'merged'
  | 'delivered'
  | 'echoed'
  | 'refused'
  | 'overruled'
  | 'set-pending'
  | 'amended'
  | 'migrated'
  | 'archived'

/** One entry of the outbox, delivered to the master as a unit. Plain JSON: what is stored is what is held. */
export interface OfflineTransaction {
  /** Assigned by the store, ascending, never reused. The order of delivery. */
  readonly seq: number
  readonly id: string
  readonly organizationId: string
  /** The tenant of the organisation, where it was known. */
  readonly tenantId?: string
  readonly userId: string
  /** The metadata stamp of the catalogue that the changes were checked against. */
  readonly catalogueStamp: string
  /** The stamp under which a column was amended later, by `columnKey`. */
  readonly amendedUnder?: Readonly<Record<string, string>>
  readonly changes: readonly Change[]
  /** The row keys (`<table>/<id>`) of the changed rows and of the rows their lookups point to; `#<seq>` of each `after`. */
  readonly touches: readonly string[]
  /** The seqs of transactions that must be processed (or archived) before this one can be sent. */
  readonly dependsOn: readonly number[]
  /** The seqs the application named itself, and what it has to wait for since one of them was put away. */
  readonly after?: readonly number[]
  /** False when the application wants it sent as it was written: later changes of its rows are not folded into it. */
  readonly coalesce?: false
  /** True for an archived transaction whose effect is still shown on the local rows. */
  readonly kept?: true
  readonly status: TransactionStatus
  readonly outcome: TransactionOutcome
  readonly attempts: number
  /** Not to be sent before this time of the device clock; null when it may go at once. */
  readonly nextAttemptAt: number | null
  /** Who is sending it now, and until when that claim holds. */
  readonly lease: { readonly owner: string; readonly until: number } | null
  readonly lastError: TransactionError | null
  readonly history: readonly HistoryEntry[]
  readonly createdAt: number
}

/** Identifies one column of one changed row. */
export function columnKey({ table, id }: { readonly table: string; readonly id: string }, column: string): string {
  return `${table}/${id}/${column}`
}

/** A transaction before the store has given it its place in the order. */
export type UnsequencedTransaction = Omit<OfflineTransaction, 'seq'>
