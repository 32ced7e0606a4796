/** Comparison operators of `$filter`. */
export type ComparisonOperator = 'eq' | 'ne' | 'gt' | 'ge' | 'lt' | 'le'

/** The text functions that Dataverse turns into LIKE. */
export type TextFunction = 'contains' | 'startswith' | 'endswith'

/** The query functions of namespace Microsoft.Dynamics.CRM that the emulator evaluates. */
export type QueryFunction =
  | 'In'
  | 'NotIn'
  | 'Between'
  | 'NotBetween'
  | 'EqualUserId'
  | 'NotEqualUserId'
  | 'ContainValues'
  | 'DoesNotContainValues'

/** A literal as written, with the kind its spelling gives it. */
export interface Literal {
  readonly kind: 'literal'
  readonly type: 'null' | 'boolean' | 'string' | 'number' | 'guid' | 'date' | 'dateTime'
  readonly text: string
}

/** A column by the name it has on the wire: `name`, `_ownerid_value`. */
export interface Property {
  readonly kind: 'property'
  readonly name: string
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
      readonly name: QueryFunction
      readonly property: Property
      readonly values: readonly string[]
    }
  | { readonly kind: 'truth'; readonly operand: Operand }
