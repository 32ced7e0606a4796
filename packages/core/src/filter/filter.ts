import type { ColumnValue } from '../row.ts'

export type ComparisonOperator = 'eq' | 'ne' | 'gt' | 'ge' | 'lt' | 'le'
export type TextFunction = 'contains' | 'startswith' | 'endswith'

/** The Dataverse query functions of the documented subset, by the last part of their names. */
export type QueryFunction = 'In' | 'NotIn' | 'Between' | 'NotBetween' | 'EqualUserId' | 'NotEqualUserId'

/** By what the values of a column are compared. Known once a filter has been checked against its table. */
export type ValueOrder = 'text' | 'number' | 'instant' | 'boolean'

/**
 * A sync filter, upload filter or local query condition. Columns are logical names; lookups too.
 * `position` is the offset of the node in the text it was parsed from.
 */
export type Filter =
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Filter[]; readonly position: number }
  | { readonly kind: 'not'; readonly part: Filter; readonly position: number }
  | {
      readonly kind: 'compare'
      readonly column: string
      readonly operator: ComparisonOperator
      readonly value: FilterValue
      /** The offset of the value. */
      readonly rightPosition?: number
      readonly position: number
    }
  | {
      readonly kind: 'compare-columns'
      readonly column: string
      readonly operator: ComparisonOperator
      readonly other: string
      /** The offset of `other`. */
      readonly rightPosition?: number
      readonly as?: ValueOrder
      readonly position: number
    }
  | {
      readonly kind: 'text'
      readonly function: TextFunction
      readonly column: string
      readonly value: string
      readonly position: number
    }
  | {
      readonly kind: 'function'
      readonly function: QueryFunction
      readonly column: string
      readonly values: readonly string[]
      readonly as?: ValueOrder
      readonly position: number
    }

/** A literal. Its kind is kept, because a date or a GUID is printed without quotes and compared by its own rules. */
export interface FilterValue {
  readonly type: 'null' | 'boolean' | 'number' | 'text' | 'guid' | 'date'
  /** Numbers that a double cannot hold exactly stay text. */
  readonly value: ColumnValue
}
