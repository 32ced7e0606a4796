import type { OutpostErrorCode } from './errors.ts'
import type { QuarantinedRow } from './pull/quarantine.ts'
import type { TransactionStatus } from './outbox/offline-transaction.ts'

/** What a client org tells those who listen, as it happens. Counts are of rows unless they say otherwise. */
export type OutpostEvent =
  | { readonly type: 'metadata.pulled'; readonly tables: number; readonly changed: boolean }
  | {
      readonly type: 'pull.page'
      readonly table: string
      /** Rows read in this pull so far. */
      readonly rows: number
      /** What the master said at the beginning; an estimate, and a lower bound where `atLeast`. */
      readonly estimate?: { readonly rows: number; readonly atLeast: boolean }
    }
  | { readonly type: 'pull.table'; readonly table: string; readonly report: TableReport }
  | { readonly type: 'push.sent'; readonly transactions: readonly number[] }
  | { readonly type: 'push.settled'; readonly seq: number; readonly status: TransactionStatus; readonly left: number }
  /** A row with unsent changes is no longer shown by the master. It stays, and its transactions are sent. */
  | ({ readonly type: 'row.quarantined' } & QuarantinedRow)
  | { readonly type: 'connection'; readonly state: ConnectionState }
  /** Nothing was settled since that time (device clock), though something could be sent. Delivery was woken. */
  | { readonly type: 'stalled'; readonly since: number; readonly pending: number }
  /** A transaction has been pending for more than the days it may; told once for each. */
  | { readonly type: 'outbox.waiting'; readonly seq: number; readonly ageMs: number }

/**
 * What is known of the connection to the master.
 *
 * `paused` waits until `until` (device clock) before it tries again by itself; `signed-out` waits for a new token.
 */
export type ConnectionState =
  | { readonly kind: 'unknown' | 'connected' }
  | { readonly kind: 'paused'; readonly code: OutpostErrorCode; readonly message: string; readonly until: number }
  | { readonly kind: 'signed-out'; readonly message: string }

/** What one sync did to one table. */
export interface TableReport {
  /** Rows the master sent, and how many of them were new here or different. */
  readonly received: number
  readonly written: number
  /** Rows removed because the master no longer shows them under the sync filter. */
  readonly pruned: number
  /** Rows the master no longer shows that stay because they have unsent changes. */
  readonly kept: number
  /** Why this table was not finished; the others were not stopped by it. */
  readonly error?: { readonly code: OutpostErrorCode; readonly message: string }
}

/** What a push did to the outbox, in transactions. */
export interface PushReport {
  readonly processed: number
  readonly refused: number
  /** Put away because a conflict policy decided for the master. */
  readonly overruled: number
  /** Conflicting columns that a policy decided. */
  readonly conflicts: number
  /** Still pending afterwards, for whatever reason. */
  readonly left: number
}

/** What one run of a sync did. */
export interface SyncReport {
  /** Why a change of the master's metadata could not be taken over; the run went on with the old copy. */
  readonly metadataError?: { readonly code: OutpostErrorCode; readonly message: string }
  readonly pushed: PushReport
  readonly tables: Readonly<Record<string, TableReport>>
}
