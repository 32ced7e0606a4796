import type { ColumnDefinition } from './definitions.ts'

/** A change of a schema that rows must follow. */
export type SchemaChange =
  | { readonly kind: 'columnsRemoved'; readonly table: string; readonly columns: readonly string[] }
  | {
      readonly kind: 'columnRetyped'
      readonly table: string
      readonly before: ColumnDefinition
      readonly after: ColumnDefinition
    }
  | { readonly kind: 'tableRemoved'; readonly table: string }
  | { readonly kind: 'optionRemoved'; readonly table: string; readonly column: string; readonly value: number }
