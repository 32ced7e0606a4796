import type { Change } from '../change.ts'
import type { Filter } from '../filter/filter.ts'
import type { Json, TableMetadata } from '../metadata.ts'
import type { RejectionClass, TransactionError } from '../outbox/offline-transaction.ts'
import type { Row } from '../row.ts'

/** Which organisation answers, and as whom. A client org is bound to all of it. */
export interface MasterIdentity {
  readonly organizationId: string
  /** The tenant the organisation belongs to, where it is known. */
  readonly tenantId?: string
  readonly userId: string
  /** The canonical root URL of the organisation. */
  readonly url: string
}

/** A row as the master has it. `values` holds exactly the requested columns, null where the master says null. */
export interface MasterRow {
  readonly id: string
  readonly version: string
  readonly values: Row
}

/** The metadata of the master at one moment. `stamp` is opaque. */
export interface MasterMetadata {
  readonly stamp: string
  readonly tables: readonly TableMetadata[]
}

export interface PullRequest {
  readonly table: TableMetadata
  /** The columns to read; `<column>$table` is given with polymorphic lookups unasked. */
  readonly columns: readonly string[]
  readonly filter: Filter | null
  /** Where the page before ended, or what an earlier pull ended with; null for everything. */
  readonly checkpoint: Json
  readonly pageSize: number
}

export interface PullPage {
  readonly rows: readonly MasterRow[]
  /** To be stored together with the rows. Opaque to the core. */
  readonly checkpoint: Json
  /** False when nothing newer was left at the time of this page. */
  readonly more: boolean
  /** How many rows there were to read when the pull began; only on a first page, and an estimate. */
  readonly estimate?: { readonly rows: number; readonly atLeast: boolean }
}

/** A transaction on its way to the master: its changes, each with the definition of its table. */
export interface OutgoingTransaction {
  readonly id: string
  /** The id to send the request under, so that it can be found in the master's logs; the same for all of one push. */
  readonly requestId?: string
  readonly changes: readonly Change[]
  /** Definitions of every table that the changes name or point to. */
  readonly tables: ReadonlyMap<string, TableMetadata>
  /** The columns to give back for each changed table, so that what the master made of a row is known at once. */
  readonly columns: ReadonlyMap<string, readonly string[]>
}

/** Why one transaction was refused. */
export type Rejection = Omit<TransactionError, 'at' | 'attempt' | 'rejection'> & { readonly rejection: RejectionClass }

/**
 * The master's answer to one transaction.
 *
 * - `processed`: all changes have their effect. `rows` has what the master made of each changed row that still exists.
 * - `stale`: a changed row is not at the version the change was made on; nothing was done. Read, merge, send again. Only
 *   where it is `named` did the master say that it was the version; else a condition failed, and it may be another one.
 * - `exists`: a row to be created is there already; nothing was done. With our own ids that means it was our create.
 * - `rejected`: a verdict; nothing was done.
 * - `retry`: no verdict (a passing failure of this one transaction, or no answer for it); the effect is unknown when
 *   `mayHaveArrived`.
 *
 * `masterRequestId` is the id that the master gave the request, where it gave one.
 */
export type PushOutcome = { readonly masterRequestId?: string } & (
  | { readonly kind: 'processed'; readonly rows: readonly PushedRow[] }
  | { readonly kind: 'stale'; readonly named?: true }
  | { readonly kind: 'exists' }
  | { readonly kind: 'rejected'; readonly rejection: Rejection }
  | {
      readonly kind: 'retry'
      readonly error: Omit<TransactionError, 'at' | 'attempt'>
      readonly mayHaveArrived: boolean
    }
)

export interface PushedRow extends MasterRow {
  readonly table: string
}

/**
 * The master organisation: what a client org is a copy of.
 *
 * Every method rejects with `MasterError` when there is no answer to act on (`offline`, `timeout`, `unavailable`,
 * `throttled`, `unauthenticated`, `protocol`), and with `aborted` when the signal aborts. Every method ends within the
 * adapter's deadline, whatever the network does.
 */
export interface MasterOrg {
  /**
   * Who answers now. Once it has been asked, requests on behalf of anybody else are not sent: every other method rejects
   * with `wrong-master` when the sign-in has changed since, before anything leaves the device.
   */
  identify(signal: AbortSignal): Promise<MasterIdentity>
  /** The tenant of the organisation; null where the master does not say. Asked once for each client org. */
  tenant?(signal: AbortSignal): Promise<string | null>
  /** The names of all privileges that the user has, by whatever role; null where they cannot be read. */
  privileges?(userId: string, signal: AbortSignal): Promise<readonly string[] | null>
  /** All tables with their columns and relationships. Only ever reads. */
  metadata(signal: AbortSignal): Promise<MasterMetadata>
  /** A stamp that differs from the catalogue's when the metadata has changed since; cheap. */
  metadataStamp(signal: AbortSignal): Promise<string>
  /** The next page of rows that are new or changed since the checkpoint. Rejects with `expired` when it is too old. */
  pull(request: PullRequest, signal: AbortSignal): Promise<PullPage>
  /** The ids of all rows that match, page by page. A loop that ends early has not seen them all. */
  ids(
    request: { readonly table: TableMetadata; readonly filter: Filter | null },
    signal: AbortSignal,
  ): AsyncIterable<readonly string[]>
  /** The rows with these ids, as far as they exist and may be read. */
  read(
    request: { readonly table: TableMetadata; readonly columns: readonly string[]; readonly ids: readonly string[] },
    signal: AbortSignal,
  ): Promise<readonly MasterRow[]>
  /**
   * Sends the transactions, each as a unit (all of its changes or none), and answers for each of them in order. They do
   * not depend on one another; the refusal of one does not stop the others.
   */
  push(transactions: readonly OutgoingTransaction[], signal: AbortSignal): Promise<readonly PushOutcome[]>
}
