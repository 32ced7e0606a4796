import type { ColumnMetadata, ColumnType, TableMetadata } from '../metadata.ts'

/** A column definition with the ordinary defaults: optional, writable, readable. */
export function column(name: string, type: ColumnType, rest: Partial<ColumnMetadata> = {}): ColumnMetadata {
  return { name, label: name, type, required: false, creatable: true, updatable: true, readable: true, ...rest }
}

/** A table definition for tests: `<name>id` is its key and `name` its primary name. */
export function tableMetadata(
  name: string,
  columns: readonly ColumnMetadata[],
  rest: Partial<TableMetadata> = {},
): TableMetadata {
  const primaryId = `${name}id`
  return {
    name,
    label: name,
    primaryId,
    primaryName: 'name',
    ownership: 'user',
    intersect: false,
    versioned: true,
    changeTracking: true,
    columns: [column(primaryId, 'guid', { updatable: false }), ...columns],
    keys: [],
    oneToMany: [],
    manyToMany: [],
    wire: null,
    ...rest,
  }
}
