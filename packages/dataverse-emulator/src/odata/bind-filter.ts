import { badQuery, noSuchProperty, notImplemented } from '../errors.ts'
import type { Row } from '../rows/row.ts'
import type { ColumnDefinition, Schema, TableDefinition } from '../schema.ts'
import { columnKind, edmType } from './column-kind.ts'
import type { ColumnKind } from './column-kind.ts'
import { comparison } from './compare-values.ts'
import type { QueryValue } from './compare-values.ts'
import type { ComparisonOperator, Expression, Literal, Property, QueryFunction } from './expression.ts'
import { likePattern } from './like.ts'
import { incompatibleTypes, literalValue, queryValue } from './literal-value.ts'

/** Three-valued truth: null is "unknown" and returns no row. */
export type Truth = boolean | null

/** A filter ready to be asked about rows of one table. */
export type Condition = (row: Row) => Truth

/** What a filter is bound against. */
export interface FilterScope {
  readonly schema: Schema
  readonly table: TableDefinition
  readonly userId: string
}

interface Column {
  readonly definition: ColumnDefinition
  readonly kind: ColumnKind
  readonly value: (row: Row) => QueryValue
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

/** How a query reads a column of a row. */
export function columnReader(column: ColumnDefinition): (row: Row) => QueryValue {
  const name = column.logicalName
  if (name === 'versionnumber') return (row) => row.version
  return (row) => row.values[name] ?? null
}

function bindColumn(scope: FilterScope, definition: ColumnDefinition | undefined, name: string): Column {
  if (definition === undefined) throw noSuchProperty(name, scope.table.logicalName)
  const kind = columnKind(definition)
  if (kind === undefined) throw notImplemented(`filtering by a ${definition.type} column`)
  return { definition, kind, value: columnReader(definition) }
}

function property(scope: FilterScope, { name }: Property): Column {
  return bindColumn(scope, scope.schema.columnByWireName(scope.table.logicalName, name), name)
}

/** Query functions take a column's logical name; the wire name of a lookup is accepted as well. */
function namedColumn(scope: FilterScope, { name }: Property): Column {
  const { schema, table } = scope
  const column = schema.column(table.logicalName, name)
  if (column !== undefined && column.attributeOf === null) return bindColumn(scope, column, name)
  return property(scope, { kind: 'property', name })
}

function compareWithLiteral(column: Column, operator: ComparisonOperator, literal: Literal): Condition {
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

function compareColumns(left: Column, operator: ComparisonOperator, right: Column): Condition {
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

function setKey(kind: ColumnKind, value: QueryValue): string {
  return kind === 'text' ? String(value).toLowerCase().trimEnd() : String(value)
}

function isIn(column: Column, texts: readonly string[], ifNull: boolean): Condition {
  const { kind, value } = column
  if (kind === 'exact') {
    const values = texts.map((text) => queryValue(kind, text))
    const order = comparison(kind)
    return (row) => {
      const found = value(row)
      return found === null ? ifNull : values.some((one) => order(found, one) === 0) !== ifNull
    }
  }
  const keys = new Set(texts.map((text) => setKey(kind, queryValue(kind, text))))
  return (row) => {
    const found = value(row)
    return found === null ? ifNull : keys.has(setKey(kind, found)) !== ifNull
  }
}

function isBetween(column: Column, texts: readonly string[], negated: boolean): Condition {
  const [low, high] = texts.map((text) => queryValue(column.kind, text))
  const order = comparison(column.kind)
  return (row) => {
    const found = column.value(row)
    if (found === null || low === undefined || high === undefined) return null
    return (order(found, low) >= 0 && order(found, high) <= 0) !== negated
  }
}

function containsValues(column: Column, texts: readonly string[], negated: boolean): Condition {
  if (column.definition.type !== 'MultiSelectPicklist') {
    throw badQuery(
      `The condition operator 'ContainValues' is not valid for the attribute type '${column.definition.type}'.`,
    )
  }
  const wanted = new Set(texts)
  return (row) => {
    const found = column.value(row)
    const has =
      found !== null &&
      String(found)
        .split(',')
        .some((value) => wanted.has(value))
    return has !== negated
  }
}

function functionCondition(
  scope: FilterScope,
  name: QueryFunction,
  column: Column,
  values: readonly string[],
): Condition {
  switch (name) {
    case 'In':
      return isIn(column, values, false)
    case 'NotIn':
      return isIn(column, values, true)
    case 'Between':
      return isBetween(column, values, false)
    case 'NotBetween':
      return isBetween(column, values, true)
    case 'ContainValues':
      return containsValues(column, values, false)
    case 'DoesNotContainValues':
      return containsValues(column, values, true)
    case 'EqualUserId':
    case 'NotEqualUserId':
      if (column.kind !== 'guid') {
        throw badQuery(
          `The condition operator '${name}' is not valid for the attribute type '${column.definition.type}'.`,
        )
      }
      return isIn(column, [scope.userId], name === 'NotEqualUserId')
  }
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
      return functionCondition(scope, expression.name, namedColumn(scope, expression.property), expression.values)
    case 'truth':
      return truth(scope, expression)
  }
}
