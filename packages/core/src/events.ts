import type { MetadataDrift } from './copy/metadata-drift.ts'
import type { OutpostErrorCode } from './errors.ts'
import type { QuarantinedRow } from './pull/quarantine.ts'
import type { TransactionStatus } from './outbox/offline-transaction.ts'

/** What a client org tells those who listen, as it happens. Counts are of rows unless they say otherwise. */
export type OutpostEvent =
  | {
      readonly type: 'metadata.pulled'
      readonly tables: number
      readonly changed: boolean
      readonly drift: Omit<MetadataDrift, 'configuration'>
    }
  | {
      readonly type: 'pull.page'
      readonly table: string
      /** Rows read in this pull so far. */
      readonly rows: number
      /** What the master said at the beginning; an estimate, and a lower bound where `atLeast`. */
      readonly estimate?: { readonly rows: number; readonly atLeast: boolean }
      /** Set where the page brought only these columns, of rows that are here. */
      readonly columns?: readonly string[]
    }
  /** How far the run is with all of its tables. The fraction never goes down; it is 1 when everything is done. */
  | {
      readonly type: 'pull.progress'
      readonly table: string
      /** The rows of this table that have come. */
      readonly rows: number
      /** About how many of them there are: an estimate, where the master gives one. */
      readonly of?: number
      readonly estimated?: true
      readonly fraction: number
      readonly phase: SyncPhase
    }
  /** A part of a run begins. */
  | { readonly type: 'sync.phase'; readonly phase: SyncPhase }
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

/**
 * The parts of a run.
 *
 * - `glance`: one look at everything. `identity`, `metadata`, `standing`: the same, each for itself. `push`: the outbox.
 * - `rows`: new and changed rows, table by table. `deletions`: what was deleted, re-owned or left the filter.
 * - `layers`: columns that were added to the configuration, and large ones.
 */
export type SyncPhase = 'glance' | 'identity' | 'metadata' | 'standing' | 'push' | 'rows' | 'deletions' | 'layers'

/** What a part of a run took, by the device clock. Requests and bytes are 0 where the master does not count them. */
export interface Cost {
  readonly ms: number
  readonly requests: number
  readonly bytes: number
}

/** What a pass over some columns of rows that are here did. */
export interface LayerReport {
  readonly received: number
  readonly written: number
}

/** What one sync did to one table. */
export interface TableReport extends Cost {
  /** Rows the master sent, and how many of them were new here or different. */
  readonly received: number
  readonly written: number
  /** Rows removed because the master no longer shows them under the sync filter. */
  readonly pruned: number
  /** Rows the master no longer shows that stay because they have unsent changes. */
  readonly kept: number
  /** Rows that only a comparison or another look found: missing ones, and those of another version. */
  readonly added: number
  readonly refreshed: number
  /** What brought columns that the rows did not have yet, where there were any. */
  readonly layers?: LayerReport
  /** What each part of the run took for this table. */
  readonly phases: Readonly<Partial<Record<SyncPhase, Cost>>>
  /** Why this table was not finished; the others were not stopped by it. */
  readonly error?: { readonly code: OutpostErrorCode; readonly message: string; readonly remedy?: string }
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
export interface SyncReport extends Cost {
  readonly phases: Readonly<Partial<Record<SyncPhase, Cost>>>
  /** What has changed in the master's metadata, where it has. */
  readonly metadata?: Omit<MetadataDrift, 'configuration'>
  readonly pushed: PushReport
  readonly tables: Readonly<Record<string, TableReport>>
}
