import { notImplemented } from '../errors.ts'
import { columnKind } from '../odata/column-kind.ts'
import type { QueryValue } from '../odata/compare-values.ts'
import type { Row } from '../rows/row.ts'
import type { ColumnDefinition, TableDefinition } from '../schema.ts'
import type { QueryColumn } from './condition.ts'

/** How a query reads a column of a row. */
export function columnReader(column: ColumnDefinition): (row: Row) => QueryValue {
  const name = column.logicalName
  if (name === 'versionnumber') return (row) => row.version
  return (row) => row.values[name] ?? null
}

/** A column ready for conditions; 501 for the types that cannot be queried. */
export function queryColumn(table: TableDefinition, definition: ColumnDefinition): QueryColumn {
  const kind = columnKind(definition)
  if (kind === undefined) throw notImplemented(`filtering by a ${definition.type} column`)
  return { table, definition, kind, value: columnReader(definition) }
}
