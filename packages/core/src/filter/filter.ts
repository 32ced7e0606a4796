import type { ColumnValue } from '../row.ts'

export type ComparisonOperator = 'eq' | 'ne' | 'gt' | 'ge' | 'lt' | 'le'
export type TextFunction = 'contains' | 'startswith' | 'endswith'

/**
 * The Dataverse query functions of the documented subset, by the last part of their names in the Web API
 * (`Microsoft.Dynamics.CRM.<name>`). `query-functions.ts` says what each takes.
 */
export type QueryFunction = ValueFunction | ChoicesFunction | UserFunction | DateFunction

export type ValueFunction = 'In' | 'NotIn' | 'Between' | 'NotBetween'
export type ChoicesFunction = 'ContainValues' | 'DoesNotContainValues'

/** Functions that ask who asks. */
export type UserFunction =
  | 'EqualUserId'
  | 'NotEqualUserId'
  | 'EqualBusinessId'
  | 'NotEqualBusinessId'
  | 'EqualUserTeams'
  | 'EqualUserOrUserTeams'

/** Functions that ask for days, which begin when they begin for the user, most of them counted from now. */
export type DateFunction =
  | 'On'
  | 'OnOrAfter'
  | 'OnOrBefore'
  | 'Yesterday'
  | 'Today'
  | 'Tomorrow'
  | 'Last7Days'
  | 'Next7Days'
  | `${'Last' | 'This' | 'Next'}${'Week' | 'Month' | 'Year'}`
  | `${'Last' | 'Next'}X${'Hours' | 'Days' | 'Weeks' | 'Months' | 'Years'}`
  | `OlderThanX${'Minutes' | 'Hours' | 'Days' | 'Weeks' | 'Months' | 'Years'}`

/**
 * By what the values of a column are compared. Known once a filter has been checked against its table. `wall` are times
 * that belong to no time zone, `date` days without a time.
 */
export type ValueOrder = 'text' | 'number' | 'instant' | 'wall' | 'date' | 'boolean' | 'guid' | 'choices'

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
      readonly as?: ValueOrder
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
      /** Always text, also where the function counts. */
      readonly values: readonly string[]
      /** The offsets of the values. */
      readonly valuePositions?: readonly number[]
      readonly as?: ValueOrder
      readonly position: number
    }

/** A literal. Its kind is kept, because a date or a GUID is printed without quotes and compared by its own rules. */
export interface FilterValue {
  readonly type: 'null' | 'boolean' | 'number' | 'text' | 'guid' | 'date'
  /** Numbers that a double cannot hold exactly stay text. */
  readonly value: ColumnValue
}
