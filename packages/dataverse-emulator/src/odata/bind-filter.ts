import { bindCondition } from '../conditions/operators.ts'
import type { Condition, ConditionContext, QueryColumn } from '../conditions/condition.ts'
import { badQuery, noSuchProperty, notImplemented } from '../errors.ts'
import { relatedRows, tableOfCollection } from '../rows/related-rows.ts'
import type { Row } from '../rows/row.ts'
import { bindNamedProperty, bindProperty } from './bind-path.ts'
import type { PathScope } from './bind-path.ts'
import type { ColumnKind } from './column-kind.ts'
import { edmType } from './edm-type.ts'
import { comparison } from './compare-values.ts'
import type { ComparisonOperator, Expression, Lambda, Literal, Property } from './expression.ts'
import { likePattern } from './like.ts'
import { incompatibleTypes, literalValue } from './literal-value.ts'

/** What a filter is bound against. */
export interface FilterScope extends PathScope {
  readonly context: ConditionContext
  /** The lambda variable that stands for a row of `table`; undefined outside of `any` and `all`. */
  readonly variable?: string
}

const HOLDS: Readonly<Record<ComparisonOperator, (order: number) => boolean>> = {
  eq: (order) => order === 0,
  ne: (order) => order !== 0,
  gt: (order) => order > 0,
  ge: (order) => order >= 0,
  lt: (order) => order < 0,
  le: (order) => order <= 0,
}

// The literal was cut to its whole second; the true one is later, and equal to nothing.
const HOLDS_BETWEEN_SECONDS: typeof HOLDS = {
  eq: () => false,
  ne: () => true,
  gt: HOLDS.gt,
  ge: HOLDS.gt,
  lt: HOLDS.le,
  le: HOLDS.le,
}

const SWAPPED: Readonly<Record<ComparisonOperator, ComparisonOperator>> = {
  eq: 'eq',
  ne: 'ne',
  gt: 'lt',
  ge: 'le',
  lt: 'gt',
  le: 'ge',
}

function property(scope: FilterScope, one: Property): QueryColumn {
  if (one.variable !== scope.variable)
    throw notImplemented(`a row other than '${scope.variable ?? ''}' inside any or all`)
  return bindProperty(scope, one)
}

function compareWithLiteral(column: QueryColumn, operator: ComparisonOperator, literal: Literal): Condition {
  const { value } = column
  const wanted = literalValue(column.definition, column.kind, literal, operator)
  if (wanted === null) {
    if (operator === 'eq') return (row) => value(row) === null
    if (operator === 'ne') return (row) => value(row) !== null
    return () => null
  }
  const compare = comparison(column.kind)
  const holds = betweenSeconds(column.kind, literal) ? HOLDS_BETWEEN_SECONDS[operator] : HOLDS[operator]
  const ifNull = operator === 'ne' ? true : operator === 'eq' ? false : null
  return (row) => {
    const found = value(row)
    return found === null ? ifNull : holds(compare(found, wanted))
  }
}

/** Whether a literal lies between two of the whole seconds that times are stored in. */
function betweenSeconds(kind: ColumnKind, { type, text }: Literal): boolean {
  return kind === 'dateTime' && type === 'dateTime' && /\.0*[1-9]/.test(text)
}

function compareColumns(left: QueryColumn, operator: ComparisonOperator, right: QueryColumn): Condition {
  const numeric = (kind: ColumnKind): boolean => kind === 'number' || kind === 'exact'
  const kind = numeric(left.kind) && numeric(right.kind) ? 'exact' : left.kind
  if (kind !== 'exact' && left.kind !== right.kind) {
    throw incompatibleTypes(edmType(left.definition), edmType(right.definition), operator)
  }
  const compare = comparison(kind)
  const holds = HOLDS[operator]
  return (row) => {
    const a = left.value(row)
    const b = right.value(row)
    if (a !== null && b !== null) return holds(compare(a, b))
    return operator === 'eq' ? a === b : operator === 'ne' ? a !== b : null
  }
}

function compare(scope: FilterScope, expression: Expression & { kind: 'compare' }): Condition {
  const { left, operator, right } = expression
  if (left.kind === 'property') {
    const column = property(scope, left)
    return right.kind === 'property'
      ? compareColumns(column, operator, property(scope, right))
      : compareWithLiteral(column, operator, right)
  }
  if (right.kind === 'literal') throw notImplemented('comparing two literals')
  return compareWithLiteral(property(scope, right), SWAPPED[operator], left)
}

function textCondition(scope: FilterScope, expression: Expression & { kind: 'text' }): Condition {
  const column = property(scope, expression.property)
  if (column.kind !== 'text') {
    throw badQuery(
      `No function signature for the function with name '${expression.name}' matches the specified arguments. The function signatures considered are: ${expression.name}(Edm.String Nullable=true, Edm.String Nullable=true).`,
    )
  }
  const { text } = expression.pattern
  const before = expression.name === 'startswith' ? '' : '%'
  const after = expression.name === 'endswith' ? '' : '%'
  const pattern = likePattern(`${before}${text}${after}`)
  return (row) => {
    const found = column.value(row)
    return found === null ? null : pattern.test(String(found))
  }
}

function functionCondition(scope: FilterScope, expression: Expression & { kind: 'function' }): Condition {
  const { operator, property: one, values } = expression
  if (one.variable !== scope.variable)
    throw notImplemented(`a row other than '${scope.variable ?? ''}' inside any or all`)
  return bindCondition(operator, bindNamedProperty(scope, one), values, scope.context)
}

/** Whether any or all of the related rows that the reader may see fulfil the predicate; all of none do. */
function lambdaCondition(scope: FilterScope, { quantifier, collection, parameter, predicate }: Lambda): Condition {
  const { schema, table, readable, context } = scope
  if (collection.variable !== scope.variable) {
    throw notImplemented(`a row other than '${scope.variable ?? ''}' inside any or all`)
  }
  if (collection.path.length > 0) {
    throw badQuery('Conditions on collection-valued navigation properties behind a lookup property are not supported.')
  }
  const navigation = schema.collections(table.logicalName).get(collection.name)
  if (navigation === undefined) {
    if (!schema.lookupBindings(table.logicalName).has(collection.name))
      throw noSuchProperty(collection.name, table.logicalName)
    throw badQuery(`${quantifier === 'any' ? 'Any' : 'All'} may only be used following a collection.`)
  }
  const other = tableOfCollection(schema, navigation)
  const { sees, mask } = readable(other)
  const inner =
    predicate === undefined || parameter === undefined
      ? (): boolean => true
      : bindFilter({ schema, readable, context, table: other, variable: parameter }, predicate)
  const holds = (row: Row): boolean => inner(mask === undefined ? row : mask(row)) === true
  if (quantifier === 'any') {
    return (row) => relatedRows(context.store, table, row, navigation).some((one) => sees(one) && holds(one))
  }
  return (row) => relatedRows(context.store, table, row, navigation).every((one) => !sees(one) || holds(one))
}

function truth(scope: FilterScope, expression: Expression & { kind: 'truth' }): Condition {
  const { operand } = expression
  if (operand.kind === 'literal') {
    if (operand.type !== 'boolean') throw badQuery('The $filter expression must evaluate to a single boolean value.')
    return () => operand.text === 'true'
  }
  const column = property(scope, operand)
  if (column.kind !== 'boolean') throw badQuery('The $filter expression must evaluate to a single boolean value.')
  return (row) => column.value(row) === true
}

/** Whether a `not` before the expression would turn around a query function, as the service does not. */
function negatesFunction(expression: Expression): boolean {
  if (expression.kind === 'and' || expression.kind === 'or') {
    return negatesFunction(expression.left) || negatesFunction(expression.right)
  }
  return expression.kind === 'not' ? negatesFunction(expression.operand) : expression.kind === 'function'
}

/**
 * Binds a parsed filter to a table: names and types are checked here, as the service does before it reads any row.
 *
 * To `eq` and `ne` a null is a value. Orderings and text functions of a null are unknown, also under `not`, as in the SQL
 * that the service runs.
 */
export function bindFilter(scope: FilterScope, expression: Expression): Condition {
  switch (expression.kind) {
    case 'and': {
      const left = bindFilter(scope, expression.left)
      const right = bindFilter(scope, expression.right)
      return (row) => {
        const first = left(row)
        if (first === false) return false
        const second = right(row)
        return second === false ? false : first === null || second === null ? null : true
      }
    }
    case 'or': {
      const left = bindFilter(scope, expression.left)
      const right = bindFilter(scope, expression.right)
      return (row) => {
        const first = left(row)
        if (first === true) return true
        const second = right(row)
        return second === true ? true : first === null || second === null ? null : false
      }
    }
    case 'not': {
      if (negatesFunction(expression.operand)) {
        throw badQuery('Not operator along with the Custom Named Condition operators is not allowed')
      }
      const operand = bindFilter(scope, expression.operand)
      return (row) => {
        const value = operand(row)
        return value === null ? null : !value
      }
    }
    case 'compare':
      return compare(scope, expression)
    case 'text':
      return textCondition(scope, expression)
    case 'function':
      return functionCondition(scope, expression)
    case 'truth':
      return truth(scope, expression)
    case 'lambda':
      return lambdaCondition(scope, expression)
  }
}
