import { columnOf, type ColumnMetadata, type Json, OutpostError, type TableMetadata } from '@outpost/core'

/** What the adapter notes of a table in `TableMetadata.wire`: the names that only the Web API uses. */
export interface WireTable {
  readonly entitySetName: string
  /** Navigation properties by lookup column, then by target table. Their case is significant. */
  readonly lookups: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** Navigation properties of the many-to-many relationships this table takes part in, by relationship name. */
  readonly links: Readonly<Record<string, WireLink>>
}

/** Either side's collection; null where the relationship cannot be navigated from that side. */
export interface WireLink {
  readonly fromFirst: string | null
  readonly fromSecond: string | null
}

/** The adapter's notes on a table. Throws `invalid` when the definition was not made by this adapter. */
export function wireTable(table: TableMetadata): WireTable {
  const wire = table.wire
  if (!isWireTable(wire)) {
    throw new OutpostError('invalid', `the definition of table "${table.name}" was not made by this adapter`, {
      place: { table: table.name, rule: 'foreign-metadata' },
      remedy: 'Refresh the metadata.',
    })
  }
  return wire
}

function isWireTable(wire: Json): wire is Json & WireTable {
  return typeof wire === 'object' && wire !== null && 'entitySetName' in wire && 'lookups' in wire && 'links' in wire
}

/** The name under which a column is selected, filtered and ordered by. */
export function wireColumn(column: ColumnMetadata): string {
  return column.type === 'lookup' ? `_${column.name}_value` : column.name
}

/** The path of one row. */
export function rowPath(table: TableMetadata, id: string): string {
  return `${wireTable(table).entitySetName}(${id})`
}

/** The column as it can be selected. Throws `invalid` when there is none of that name, or it only shadows another. */
export function readableColumn(table: TableMetadata, name: string, position?: number): ColumnMetadata {
  const column = columnOf(table, name)
  if (column?.readable) return column
  const place = { table: table.name, column: name, ...(position === undefined ? {} : { position }) }
  if (!column) {
    throw new OutpostError('invalid', `table "${table.name}" has no column "${name}"`, {
      place: { ...place, rule: 'unknown-column' },
      remedy: 'Check the spelling: logical names are lower-case. If it is new, refresh the metadata.',
    })
  }
  throw new OutpostError('invalid', `column "${name}" of table "${table.name}" cannot be read`, {
    place: { ...place, rule: 'unreadable-column' },
    remedy: 'Leave it out.',
  })
}

/** The column the master stamps with the row's version, where the table has one that can be read. */
export const VERSION_COLUMN = 'versionnumber'
/** The column the master stamps with the time of the row's last change. */
export const MODIFIED_COLUMN = 'modifiedon'

export function canRead(table: TableMetadata, column: string): boolean {
  return columnOf(table, column)?.readable ?? false
}
