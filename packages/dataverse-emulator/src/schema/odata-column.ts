import type { ColumnDefinition } from './definitions.ts'

/** Whether rows on the wire have the column: its IsValidODataAttribute. Shadows and virtual columns are not among them. */
export function isODataColumn(column: ColumnDefinition): boolean {
  return column.odata ?? (column.attributeOf === null && column.type !== 'Virtual')
}

/** Whether rows are kept with a value for the column. */
export function isStoredColumn(column: ColumnDefinition): boolean {
  if (column.type === 'Virtual') return false
  return column.attributeOf === null || column.odata === true
}
