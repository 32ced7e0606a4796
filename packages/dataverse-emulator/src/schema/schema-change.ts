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
  /** A lookup that led to several tables leads to one less. */
  | { readonly kind: 'targetRemoved'; readonly table: string; readonly column: string; readonly target: string }
  | { readonly kind: 'optionRemoved'; readonly table: string; readonly column: string; readonly value: number }
