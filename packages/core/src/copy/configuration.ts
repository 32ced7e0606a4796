import type { ConflictOptions, ConflictSettings } from '../conflicts/conflict-policy.ts'
import type { Filter } from '../filter/filter.ts'
import type { ColumnMetadata, ColumnType, TableMetadata } from '../metadata.ts'
import type { RowScope } from '../ports/master-org.ts'
import type { StoreTable } from '../ports/store.ts'
import type { PastKinds } from './past-kinds.ts'
import type { StoppedTable } from './stopped-table.ts'

/** What a client org keeps of one table. Plain JSON, as it is written in a configuration file. */
export interface TableConfiguration extends ConflictOptions {
  /**
   * The columns to keep. The primary key is always among them. All readable columns when absent, but for large ones: the
   * bodies of notes and attachments come only where they are named, after everything else.
   */
  readonly columns?: readonly string[]
  /** Which rows come from the master, as OData filter text. All that the user may read when absent. */
  readonly syncFilter?: string
  /** The same as FetchXML, where a filter cannot say it: only its joins and conditions count. Instead of `syncFilter`. */
  readonly syncFetchXml?: string
  /** Rows that come because of rows of other tables: in addition to those of `syncFilter`, or alone without one. */
  readonly related?: readonly RelatedConfiguration[]
  /** Which local rows may leave for the master. Others are held back until they match. All when absent. */
  readonly uploadFilter?: string
  /**
   * Whether rows that were deleted, re-owned or left the filter on the master are removed here, by comparing ids at each
   * pull. The default is false: such rows stay.
   */
  readonly syncDeletion?: boolean
  /** What the mobile-tracking table of the configuration tells of this table. Each kind is off by default. */
  readonly tracking?: TrackingConfiguration
  /** Whether the master's change tracking is used where the user may use it. The default is false. */
  readonly changeTracking?: boolean
  /** Tables of a greater priority are pulled first. The default is 0. */
  readonly priority?: number
  /**
   * How many transactions that write this table one request carries, from 1 to 500; fewer after the master was throttling.
   * The default is what keeps the master busy for half a second, by what the latest requests took, and 100 at the most.
   */
  readonly batchSize?: number
  /** Columns that only this client org has, by name. They are never sent. */
  readonly localColumns?: Readonly<Record<string, LocalColumn>>
  /** Column lists to index for queries and sorting, one to three columns each. */
  readonly indexes?: readonly (readonly string[])[]
}

/**
 * Related rows that a table keeps.
 *
 * - `parents`: rows that the column `lookup` of kept rows of `table` points to.
 * - `children`: rows whose own column `lookup` points to kept rows of `table`.
 */
export interface RelatedConfiguration {
  readonly direction: 'parents' | 'children'
  readonly table: string
  readonly lookup: string
}

/** The kinds of entries of the mobile-tracking table: deleted rows, changed owners, removed many-to-many links. */
export interface TrackingConfiguration {
  readonly deletes?: boolean
  readonly owners?: boolean
  /** Only of intersect tables. */
  readonly links?: boolean
}

/**
 * A column that the master does not have. `type` says how its values are checked and ordered; the rest is as in the
 * master's definitions, and optional.
 */
export interface LocalColumn extends Partial<
  Pick<
    ColumnMetadata,
    'label' | 'required' | 'maxLength' | 'min' | 'max' | 'precision' | 'options' | 'targets' | 'clock'
  >
> {
  readonly type: Exclude<ColumnType, 'file' | 'image' | 'other'>
}

/**
 * A table that the master does not have: its rows are written and read here and nowhere else. Its key is the column
 * `<name>id`, a GUID, which is there without being named, unless `primaryId` names another.
 */
export interface LocalTable {
  readonly columns: Readonly<Record<string, LocalColumn>>
  readonly indexes?: readonly (readonly string[])[]
  readonly label?: string
  readonly primaryId?: string
  /** The column that names a row for a person. */
  readonly primaryName?: string
  /** Makes it the table of the links between two other local tables. */
  readonly link?: {
    readonly relationship: string
    readonly first: { readonly table: string; readonly column: string }
    readonly second: { readonly table: string; readonly column: string }
  }
}

/** Some of the tables, to be synced by themselves. */
export interface ScopeConfiguration {
  readonly tables: readonly string[]
  /** Whether the outbox is sent before. The default is `both`. */
  readonly direction?: 'both' | 'down'
}

/** Which tables a client org keeps, by logical name. */
export interface Configuration {
  readonly tables: Readonly<Record<string, TableConfiguration>>
  readonly localTables?: Readonly<Record<string, LocalTable>>
  /** The logical name of the master's mobile-tracking table. It must be among the tables. */
  readonly mobileTracking?: string
  /** Named scopes: `sync({ scope })`, and jobs. */
  readonly scopes?: Readonly<Record<string, ScopeConfiguration>>
}

/** A table's configuration after its check: names resolved, filters parsed. */
export interface ConfiguredTable {
  /** The definition: the master's, or the one that a local table has been given. */
  readonly metadata: TableMetadata
  /** True for a table that only this client org has. It is never pulled and never sent. */
  readonly isLocal: boolean
  /** The names of the columns that only this client org has; none in a local table, where all are. */
  readonly localColumns: readonly string[]
  /** The definition with those columns, as a query sees the table. */
  readonly shown: TableMetadata
  /** Selected columns in the catalogue's order, the primary key first. */
  readonly columns: readonly string[]
  /** Which of the master's rows are kept. */
  readonly scope: RowScope
  /** What is wanted, where the user may not be shown all that leads to it; else the same as `scope`. */
  readonly wanted?: RowScope
  readonly uploadFilter: Filter | null
  readonly syncDeletion: boolean
  readonly tracking: Required<TrackingConfiguration>
  readonly changeTracking: boolean
  readonly priority: number
  /** Absent where it is not configured. */
  readonly batchSize?: number
  readonly conflicts: ConflictSettings
  readonly store: StoreTable
  /** Set where the table cannot be pulled with the metadata of now: it is kept as it is. */
  readonly stopped?: StoppedTable
  /** What the columns of all tables were before. */
  readonly past?: PastKinds
}
