import type { Change } from '../change.ts'
import type { MasterError } from '../errors.ts'
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

/** The metadata of the master at one moment. */
export interface MasterMetadata {
  /** What `metadataStamp` answered before the tables were read. Opaque. */
  readonly stamp: string
  /** What to ask for changes since this moment with; absent where changes cannot be asked for. Opaque. */
  readonly since?: string
  readonly tables: readonly TableMetadata[]
}

/** Which rows of a table are wanted: those that the filter selects, and those that are related to wanted rows. */
export interface RowScope {
  /** Null where every row is wanted; unless there is `fetchXml`, or `related` with a filter that is absent. */
  readonly filter: Filter | null
  /**
   * FetchXML in the place of a filter; where there are both, both must hold. Its joins and conditions count; what it selects
   * and how it sorts do not.
   */
  readonly fetchXml?: string
  /** Rows that are wanted because of rows of other tables: in addition to the filter, or alone where there is none. */
  readonly related?: readonly RelatedRows[]
}

/**
 * Rows that are wanted because of wanted rows of another table.
 *
 * - `parents`: the rows that `lookup`, a column of the other table, points to.
 * - `children`: the rows whose own column `lookup` points to the other table's.
 */
export interface RelatedRows {
  readonly direction: 'parents' | 'children'
  readonly table: TableMetadata
  readonly lookup: string
  /** Which rows of the other table are wanted; null for all, unless there is `related`. */
  readonly filter: Filter | null
  /** Rows of the other table that are wanted there as related: in addition to its filter, or alone where that is absent. */
  readonly related?: readonly RelatedRows[]
}

export interface PullRequest {
  readonly table: TableMetadata
  /** The columns to read; `<column>$table` is given with polymorphic lookups unasked. */
  readonly columns: readonly string[]
  readonly scope: RowScope
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
  readonly estimate?: RowEstimate
}

/** A number of rows that the master gave without counting them all; a lower bound where `atLeast`. */
export interface RowEstimate {
  readonly rows: number
  readonly atLeast: boolean
}

/** The id and the version of one row of the master. The version is null where the table has none. */
export interface RowVersion {
  readonly id: string
  readonly version: string | null
}

/** Where to go on with what change tracking tells of a table. */
export interface ChangesRequest {
  readonly table: TableMetadata
  /** What an earlier page gave; null to begin with. */
  readonly token: Json
  readonly pageSize: number
}

/** What change tracking tells of a whole table: no filter applies to it. */
export interface ChangesPage {
  /** Rows that were created or changed. */
  readonly changed: readonly RowVersion[]
  /** Rows that were deleted, whether or not they were ever seen here. */
  readonly deleted: readonly string[]
  /** To be stored together with what was learnt, and given back for what comes next. Opaque to the core. */
  readonly token: Json
  /** False where the token is that of a finished reading. */
  readonly more: boolean
}

/** What decides which rows the user may see and change. */
export interface Standing {
  /** Differs from before when business unit, teams, roles or the given privileges have changed. Opaque. */
  readonly stamp: string
  /** Those of the privileges asked for that the user has, by whatever role; null where they cannot be read. */
  readonly privileges: readonly string[] | null
  readonly facts?: UserFacts
}

/** What filters may ask about a user. What the master does not tell is absent. */
export type UserFacts = {
  readonly businessUnitId?: string
  readonly teamIds?: readonly string[]
  /** The IANA name of the time zone in which the user's days begin. */
  readonly timeZone?: string
}

/** What one look at the master asks for. */
export interface GlanceRequest {
  /** Whose standing; null for nobody's. */
  readonly userId: string | null
  /** The names of the privileges that matter. */
  readonly privileges: readonly string[]
  readonly pulls: readonly PullRequest[]
  readonly changes?: readonly ChangesRequest[]
}

/** What one look at the master showed. */
export interface Glance {
  readonly identity: MasterIdentity
  readonly metadataStamp: string
  readonly standing: Standing | null
  /** For each of the pulls its page, or why there is none. */
  readonly pages: readonly (PullPage | MasterError)[]
  /** The same for each of the changes, which are read behind all pages. */
  readonly changes: readonly (ChangesPage | MasterError)[]
}

/** What has changed in the metadata since an earlier copy. */
export interface MetadataChanges {
  readonly stamp: string
  readonly since: string
  /** Tables that are new or have changed, whole. */
  readonly tables: readonly TableMetadata[]
  /** The names of tables that are gone. */
  readonly removed: readonly string[]
}

/** Where changes of the metadata are to begin. */
export interface MetadataChangesRequest {
  /** The `since` of the copy. */
  readonly since: string
  /** The `parts` of each table of the copy, by its name. */
  readonly known: () => Promise<ReadonlyMap<string, Json>>
}

/** Requests and body bytes since the adapter was made. */
export interface Traffic {
  readonly requests: number
  readonly bytesSent: number
  readonly bytesReceived: number
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
  /** What decides which rows the user may see and change; with the names of the privileges that matter. */
  standing?(userId: string, privileges: readonly string[], signal: AbortSignal): Promise<Standing>
  /** The names of all privileges that the user has, by whatever role; null where they cannot be read. */
  privileges?(userId: string, signal: AbortSignal): Promise<readonly string[] | null>
  /** All tables with their columns and relationships. Only ever reads. */
  metadata(signal: AbortSignal): Promise<MasterMetadata>
  /** A stamp that differs from the catalogue's when the metadata has changed since; cheap. */
  metadataStamp(signal: AbortSignal): Promise<string>
  /** The next page of rows that are new or changed since the checkpoint. Rejects with `expired` when it is too old. */
  pull(request: PullRequest, signal: AbortSignal): Promise<PullPage>
  /** Ids and versions of all wanted rows, page by page. A loop that ends early has not seen them all. */
  versions(
    request: { readonly table: TableMetadata; readonly scope: RowScope },
    signal: AbortSignal,
  ): AsyncIterable<readonly RowVersion[]>
  /** The rows with these ids, as far as they exist, may be read, and are wanted where a scope is given. */
  read(
    request: {
      readonly table: TableMetadata
      readonly columns: readonly string[]
      readonly ids: readonly string[]
      readonly scope?: RowScope
    },
    signal: AbortSignal,
  ): Promise<readonly MasterRow[]>
  /**
   * Whether a row was deleted, or never was; false where it is there, be it hidden from the user. Null where the master does
   * not tell these apart.
   */
  isGone?(request: { readonly table: TableMetadata; readonly id: string }, signal: AbortSignal): Promise<boolean | null>
  /**
   * What change tracking has to tell of a table since the token; null for a token to begin with, which lists the whole
   * table. Rejects with `forbidden` or `rejected` where it is not to be had for this table or user, and with `expired`
   * when the token is too old.
   */
  changes?(request: ChangesRequest, signal: AbortSignal): Promise<ChangesPage>
  /** About how many rows are wanted, cheaply; null where the master does not say. */
  estimate?(
    request: { readonly table: TableMetadata; readonly scope: RowScope },
    signal: AbortSignal,
  ): Promise<RowEstimate | null>
  /** Everything that a cycle without changes has to ask, in one request. Its pages are small; a pull goes on behind them. */
  glance?(request: GlanceRequest, signal: AbortSignal): Promise<Glance>
  /**
   * What has changed in the metadata since an earlier copy: with it, that is as if it were copied anew. Rejects with
   * `expired` when the master cannot tell any more. Only ever reads.
   */
  metadataChanges?(request: MetadataChangesRequest, signal: AbortSignal): Promise<MetadataChanges>
  traffic?(): Traffic
  /** How many requests at a time the master recommended last; null where it has not said, or says nothing. */
  recommendedRequests?(): number | null
  /**
   * Sends the transactions, each as a unit (all of its changes or none), and answers for each of them in order. They do
   * not depend on one another; the refusal of one does not stop the others.
   */
  push(transactions: readonly OutgoingTransaction[], signal: AbortSignal): Promise<readonly PushOutcome[]>
}
