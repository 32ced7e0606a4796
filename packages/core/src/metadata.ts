/** The kinds of column a client org tells apart. They decide how a value is checked, stored, ordered and compared. */
export type ColumnType =
  | 'text'
  | 'memo'
  | 'integer'
  | 'bigint'
  | 'decimal'
  | 'double'
  | 'money'
  | 'boolean'
  | 'choice'
  | 'choices'
  | 'state'
  | 'status'
  | 'datetime'
  | 'date'
  | 'lookup'
  | 'guid'
  | 'file'
  | 'image'
  | 'other'

/** One option of a choice column. `state` is set on the options of a status column: the state the option belongs to. */
export type ColumnOption = {
  readonly value: number
  readonly label: string
  readonly state?: number
}

/** A table that a lookup column can point to. */
export type LookupTarget = {
  readonly table: string
}

/** The definition of one column, as the master has it. Keyed by its logical name; `MetadataId`s are not kept. */
export type ColumnMetadata = {
  readonly name: string
  readonly label: string
  readonly type: ColumnType
  /** True where the master refuses null on create and update (Dataverse: SystemRequired). */
  readonly required: boolean
  /** Set where the master also refuses a create that leaves the column out, because nothing fills it. */
  readonly requiredOnCreate?: true
  readonly creatable: boolean
  readonly updatable: boolean
  /** False for shadow columns (such as the name of a lookup's target), which cannot be selected. */
  readonly readable: boolean
  readonly maxLength?: number
  readonly min?: number
  readonly max?: number
  /** Digits after the decimal point; the master rounds what has more. */
  readonly precision?: number
  readonly options?: readonly ColumnOption[]
  /** Only on lookups. More than one makes the lookup polymorphic. */
  readonly targets?: readonly LookupTarget[]
  /** Only on `datetime`: whether values are instants (`utc`) or wall-clock times that must never be shifted (`local`). */
  readonly clock?: 'utc' | 'local'
  /** Another one when the column was removed and made anew under its name. Opaque. */
  readonly mark?: string
  /** Set where values can be so large (bodies of files) that they do not belong in pages of rows. */
  readonly large?: true
}

/** A many-to-many relationship. Its links are the rows of the intersect table. */
export type ManyToManyMetadata = {
  readonly name: string
  readonly intersectTable: string
  readonly first: { readonly table: string; readonly column: string }
  readonly second: { readonly table: string; readonly column: string }
}

/** A lookup seen from the table it points to. `onDelete` is what the master does to the referencing rows. */
export type OneToManyMetadata = {
  readonly name: string
  readonly referencingTable: string
  readonly referencingColumn: string
  readonly onDelete: 'cascade' | 'remove-link' | 'restrict' | 'none'
}

/** A JSON value. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json | undefined }

/** What a user may be allowed to do with the rows of a table. `appendTo`: to point to them from other rows. */
export type PrivilegeKind = 'create' | 'read' | 'write' | 'delete' | 'assign' | 'append' | 'appendTo'

/** The definition of one table, as the master has it. */
export type TableMetadata = {
  readonly name: string
  readonly label: string
  readonly primaryId: string
  readonly primaryName: string | null
  readonly ownership: 'user' | 'organization' | 'none'
  /** True for the table of the links of a many-to-many relationship. */
  readonly intersect: boolean
  /** False where the master refuses conditional updates on this table. */
  readonly versioned: boolean
  readonly changeTracking: boolean
  /** The names of the privileges that the master asks for; a kind that is missing is not asked for, or not known. */
  readonly privileges?: { readonly [kind in PrivilegeKind]?: string }
  readonly columns: readonly ColumnMetadata[]
  readonly keys: readonly { readonly name: string; readonly columns: readonly string[] }[]
  readonly oneToMany: readonly OneToManyMetadata[]
  readonly manyToMany: readonly ManyToManyMetadata[]
  /** The master adapter's own notes on this table. Opaque to the core, handed back to the adapter with every request. */
  readonly wire: Json
  /**
   * By what the adapter tells that a change of the master's concerns this table. Opaque to the core, which keeps it apart:
   * a definition that is asked of the copy is without it.
   */
  readonly parts?: Json
}

/** The column of that name, or undefined. */
export function columnOf(table: TableMetadata, name: string): ColumnMetadata | undefined {
  return columnsByName(table).get(name)
}

const indexes = new WeakMap<TableMetadata, ReadonlyMap<string, ColumnMetadata>>()

function columnsByName(table: TableMetadata): ReadonlyMap<string, ColumnMetadata> {
  let byName = indexes.get(table)
  if (!byName) indexes.set(table, (byName = new Map(table.columns.map((column) => [column.name, column]))))
  return byName
}

/** True when the lookup can point to more than one table, so that its row carries `<column>$table` too. */
export function isPolymorphic(column: ColumnMetadata): boolean {
  return (column.targets?.length ?? 0) > 1
}

/**
 * What the values of a column are: its type, and what else decides how a value is read. Values of a column whose kind has
 * changed must be read anew.
 */
export function columnKind(column: ColumnMetadata): string {
  if (column.type === 'datetime') return column.clock === 'local' ? 'datetime local' : 'datetime'
  if (column.type !== 'lookup') return column.type
  return isPolymorphic(column) ? 'lookup *' : `lookup ${column.targets?.[0]?.table ?? ''}`
}

/** The relationship's definition for an intersect table, found on either side; undefined for other tables. */
export function relationshipOf(table: TableMetadata): ManyToManyMetadata | undefined {
  return table.intersect
    ? table.manyToMany.find((relationship) => relationship.intersectTable === table.name)
    : undefined
}

/** True for state, status and owner: a change of them is a message of its own on the master, with plug-ins of its own. */
export function isMessage(column: ColumnMetadata): boolean {
  return column.type === 'state' || column.type === 'status' || column.name === 'ownerid'
}
