import type { ConditionOperator } from '../conditions/condition.ts'

/** Comparison operators of `$filter`. */
export type ComparisonOperator = 'eq' | 'ne' | 'gt' | 'ge' | 'lt' | 'le'

/** The text functions that Dataverse turns into LIKE. */
export type TextFunction = 'contains' | 'startswith' | 'endswith'

/** A literal as written, with the kind its spelling gives it. */
export interface Literal {
  readonly kind: 'literal'
  readonly type: 'null' | 'boolean' | 'string' | 'number' | 'guid' | 'date' | 'dateTime'
  readonly text: string
}

/** A column by the name it has on the wire: `name`, `_ownerid_value`, and the way to the row that has it. */
export interface Property {
  readonly kind: 'property'
  readonly name: string
  /** Single-valued navigation properties that lead there, from the row in question. */
  readonly path: readonly string[]
  /** The lambda variable in front; undefined for the row that is filtered. */
  readonly variable: string | undefined
}

/** `path/any(variable:predicate)`, `path/all(variable:predicate)`, `path/any()`. */
export interface Lambda {
  readonly kind: 'lambda'
  readonly quantifier: 'any' | 'all'
  /** The collection, as a property. */
  readonly collection: Property
  readonly parameter: string | undefined
  readonly predicate: Expression | undefined
}

/** One side of a comparison. */
export type Operand = Literal | Property

/** A parsed `$filter`, names not yet checked against a table. */
export type Expression =
  | { readonly kind: 'and' | 'or'; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'not'; readonly operand: Expression }
  | { readonly kind: 'compare'; readonly operator: ComparisonOperator; readonly left: Operand; readonly right: Operand }
  | { readonly kind: 'text'; readonly name: TextFunction; readonly property: Property; readonly pattern: Literal }
  | {
      readonly kind: 'function'
      readonly operator: ConditionOperator
      readonly property: Property
      readonly values: readonly string[]
    }
  | { readonly kind: 'truth'; readonly operand: Operand }
  | Lambda
