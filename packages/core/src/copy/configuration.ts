import { checkConflictOptions } from '../conflicts/conflict-policy.ts'
import type { ConflictFunctions, ConflictOptions, ConflictSettings } from '../conflicts/conflict-policy.ts'
import { OutpostError } from '../errors.ts'
import { parseTableFilter, columnsOfFilter } from '../filter/bind.ts'
import type { Filter } from '../filter/filter.ts'
import { columnOf, isPolymorphic } from '../metadata.ts'
import type { ColumnMetadata, TableMetadata } from '../metadata.ts'
import type { RowScope } from '../ports/master-org.ts'
import type { StoreColumnType, StoreTable } from '../ports/store.ts'
import { TARGET_SUFFIX } from '../row.ts'

/** What a client org keeps of one table. Plain JSON, as it is written in a configuration file. */
export interface TableConfiguration extends ConflictOptions {
  /** The columns to keep. The primary key is always among them. All readable columns when absent. */
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

/** A column that the master does not have. */
export interface LocalColumn {
  readonly type: 'text' | 'integer' | 'double' | 'boolean' | 'datetime' | 'date' | 'guid'
}

/** A table that the master does not have: its rows are written and read here and nowhere else. */
export interface LocalTable {
  readonly columns: Readonly<Record<string, LocalColumn>>
  readonly indexes?: readonly (readonly string[])[]
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
  readonly metadata: TableMetadata
  /** Selected columns in the catalogue's order, the primary key first. */
  readonly columns: readonly string[]
  /** Which of the master's rows are kept. */
  readonly scope: RowScope
  readonly uploadFilter: Filter | null
  readonly syncDeletion: boolean
  readonly tracking: Required<TrackingConfiguration>
  readonly changeTracking: boolean
  readonly priority: number
  readonly conflicts: ConflictSettings
  readonly store: StoreTable
  /** Changes when the rows or columns that the master would be asked for change. */
  readonly fingerprint: string
}

const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every((each) => typeof each === 'string')

/** What each option may hold. A configuration can come from a file, where no compiler has looked at it. */
const OPTION_TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  columns: isTexts,
  syncFilter: (value) => typeof value === 'string',
  uploadFilter: (value) => typeof value === 'string',
  syncDeletion: (value) => typeof value === 'boolean',
  syncFetchXml: (value) => typeof value === 'string',
  related: Array.isArray,
  tracking: isObject,
  changeTracking: (value) => typeof value === 'boolean',
  priority: (value) => Number.isInteger(value),
  localColumns: isObject,
  conflictPolicy: (value) => typeof value === 'string' || isFunctionName(value),
  conflictRules: (value) => isObject(value) && Object.values(value).every((each) => typeof each === 'string'),
  onDeletedRow: (value) => typeof value === 'string',
  onUpdatedRow: (value) => typeof value === 'string',
  indexes: (value) => Array.isArray(value) && value.every(isTexts),
} satisfies Record<keyof TableConfiguration, (value: unknown) => boolean>

function isFunctionName(value: unknown): boolean {
  return isObject(value) && typeof value['function'] === 'string' && Object.keys(value).length === 1
}

/**
 * Checks a whole configuration against the catalogue. Throws `invalid` for the first rule that is broken, naming it.
 * `functions` are the conflict functions of this program; one that is named but not among them is not an error here.
 */
export function checkConfiguration(
  configuration: Configuration,
  catalogue: ReadonlyMap<string, TableMetadata>,
  functions: ConflictFunctions = {},
): ReadonlyMap<string, ConfiguredTable> {
  const checked = new Map<string, ConfiguredTable>()
  checkShape(configuration)
  for (const [name, table] of Object.entries(configuration.tables)) {
    const metadata = catalogue.get(name)
    if (!metadata) {
      throw new OutpostError('invalid', `configuration: the master has no table '${name}'`, {
        place: { table: name, rule: 'unknown-table' },
        remedy: 'Use the logical name of a table, or update the metadata if the table is new.',
      })
    }
    checked.set(name, checkTable(metadata, table, functions))
  }
  for (const { metadata } of checked.values()) checkIntersect(metadata, checked)
  return checked
}

function checkShape(configuration: unknown): void {
  const shaped = isObject(configuration) && isObject(configuration['tables'])
  const unknown = shaped ? Object.keys(configuration).find((key) => key !== 'tables') : undefined
  if (shaped && unknown === undefined) return
  const message = unknown === undefined ? "an object with 'tables' is needed" : `there is no setting '${unknown}'`
  throw new OutpostError('invalid', `configuration: ${message}`, { place: { rule: 'configuration-shape' } })
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function checkTable(metadata: TableMetadata, given: TableConfiguration, functions: ConflictFunctions): ConfiguredTable {
  const options: unknown = given
  if (!isObject(options)) throw refuse(metadata, 'option-type', 'an object with its options is needed')
  for (const [option, value] of Object.entries(options)) {
    const suits = OPTION_TYPES[option]
    if (!suits) throw refuse(metadata, 'unknown-option', `there is no option '${option}'`)
    if (value !== undefined && !suits(value))
      throw refuse(metadata, 'option-type', `option '${option}' cannot be ${JSON.stringify(value)}`)
  }
  const columns = selectedColumns(metadata, given.columns)
  const syncFilter = given.syncFilter === undefined ? null : parseTableFilter(given.syncFilter, metadata, 'sync filter')
  const companion = syncFilter && columnsOfFilter(syncFilter).find((column) => column.endsWith(TARGET_SUFFIX))
  if (companion) throw refuse(metadata, 'unknown-column', `the master cannot filter by '${companion}'`, companion)
  const uploadFilter =
    given.uploadFilter === undefined ? null : parseTableFilter(given.uploadFilter, metadata, 'upload filter')
  for (const column of uploadFilter ? columnsOfFilter(uploadFilter) : []) {
    if (!columns.includes(column.replace(TARGET_SUFFIX, ''))) {
      throw refuse(
        metadata,
        'not-selected',
        `the upload filter needs column '${column}', which is not selected`,
        column,
      )
    }
  }
  return {
    metadata,
    columns,
    scope: { filter: syncFilter },
    uploadFilter,
    syncDeletion: given.syncDeletion ?? false,
    tracking: { deletes: false, owners: false, links: false, ...given.tracking },
    changeTracking: given.changeTracking ?? false,
    priority: given.priority ?? 0,
    conflicts: checkConflictOptions(metadata, columns, given, functions),
    store: storeTable(metadata, columns, given.indexes ?? []),
    fingerprint: fingerprint(metadata, columns, given.syncFilter),
  }
}

function selectedColumns(metadata: TableMetadata, names: readonly string[] | undefined): readonly string[] {
  const relationship = metadata.intersect
    ? metadata.manyToMany.find((candidate) => candidate.intersectTable === metadata.name)
    : undefined
  const always = [metadata.primaryId, ...(relationship ? [relationship.first.column, relationship.second.column] : [])]
  for (const name of names ?? []) {
    const column = columnOf(metadata, name)
    if (!column) throw refuse(metadata, 'unknown-column', `the master has no column '${name}' in it`, name)
    if (!column.readable)
      throw refuse(metadata, 'unreadable-column', `column '${name}' cannot be read from the master`, name)
  }
  const wanted = new Set(
    names ??
      metadata.columns.filter((column) => column.readable && column.type !== 'other').map((column) => column.name),
  )
  const rest = metadata.columns
    .map((column) => column.name)
    .filter((name) => wanted.has(name) && !always.includes(name))
  return [...always, ...rest]
}

function storeTable(
  metadata: TableMetadata,
  columns: readonly string[],
  indexes: readonly (readonly string[])[],
): StoreTable {
  const kept = columns.flatMap((name) => {
    const column = columnOf(metadata, name)
    const own = { name, type: column ? storeType(column) : ('text' as const) }
    return column && isPolymorphic(column) ? [own, { name: name + TARGET_SUFFIX, type: 'text' as const }] : [own]
  })
  for (const index of indexes) {
    if (index.length < 1 || index.length > 3) throw refuse(metadata, 'index', 'an index has one to three columns')
    for (const name of index) {
      const column = kept.find((candidate) => candidate.name === name)
      if (!column)
        throw refuse(metadata, 'not-selected', `an index needs column '${name}', which is not selected`, name)
      if (column.type === 'decimal') {
        throw refuse(metadata, 'index', `column '${name}' holds exact decimals, which cannot be indexed`, name)
      }
    }
  }
  return {
    name: metadata.name,
    columns: kept,
    indexes: indexes.map((index) => ({ name: index.join('+'), columns: index })),
  }
}

function storeType(column: ColumnMetadata): StoreColumnType {
  switch (column.type) {
    case 'integer':
    case 'double':
    case 'choice':
    case 'state':
    case 'status':
      return 'number'
    case 'boolean':
      return 'boolean'
    case 'decimal':
    case 'money':
    case 'bigint':
      return 'decimal'
    default:
      return 'text'
  }
}

/** Links can only be kept where both linked tables are kept. */
function checkIntersect(metadata: TableMetadata, configured: ReadonlyMap<string, ConfiguredTable>): void {
  if (!metadata.intersect) return
  for (const relationship of metadata.manyToMany.filter((candidate) => candidate.intersectTable === metadata.name)) {
    for (const side of [relationship.first.table, relationship.second.table]) {
      if (!configured.has(side)) {
        throw refuse(
          metadata,
          'intersect-sides',
          `it links '${relationship.first.table}' and '${relationship.second.table}'; '${side}' is not configured`,
        )
      }
    }
  }
}

function refuse(metadata: TableMetadata, rule: string, message: string, column?: string): OutpostError {
  return new OutpostError('invalid', `configuration of table '${metadata.name}': ${message}`, {
    place: { table: metadata.name, rule, ...(column === undefined ? {} : { column }) },
  })
}

function fingerprint(metadata: TableMetadata, columns: readonly string[], syncFilter: string | undefined): string {
  const typed = columns.map((name) => `${name}:${columnOf(metadata, name)?.type ?? ''}`)
  return JSON.stringify([syncFilter ?? null, typed.toSorted()])
}
