import { compareDecimals, decimalText } from '../rows/decimal.ts'
import type { ColumnValue, Row } from '../row.ts'
import type { ComparisonOperator, Filter, FilterValue, QueryFunction, TextFunction, ValueOrder } from './filter.ts'

/** What a filter's functions may ask about the one who evaluates it. */
export interface FilterContext {
  readonly userId: string
}

/**
 * Whether the row satisfies the filter, by Dataverse's rules: text is compared without regard to case, a comparison with
 * a null operand is unknown except that `eq` and `ne` treat null as a value, and an unknown row does not match.
 */
export function matches(filter: Filter, row: Row, context: FilterContext): boolean {
  return truth(filter, row, context) === true
}

/** Three-valued: null is unknown, as in SQL, which is what the master evaluates. */
type Truth = boolean | null

function truth(filter: Filter, row: Row, context: FilterContext): Truth {
  switch (filter.kind) {
    case 'and':
      return all(filter.parts.map((part) => truth(part, row, context)))
    case 'or':
      return negate(all(filter.parts.map((part) => negate(truth(part, row, context)))))
    case 'not':
      return negate(truth(filter.part, row, context))
    case 'compare':
      return compare(row[filter.column] ?? null, filter.operator, filter.value.value, LITERAL_ORDER[filter.value.type])
    case 'compare-columns':
      return compare(row[filter.column] ?? null, filter.operator, row[filter.other] ?? null, filter.as ?? 'text')
    case 'text':
      return textMatches(filter.function, row[filter.column] ?? null, filter.value)
    case 'function':
      return functionMatches(filter, row[filter.column] ?? null, context)
  }
}

function all(parts: readonly Truth[]): Truth {
  if (parts.includes(false)) return false
  return parts.includes(null) ? null : true
}

function negate(value: Truth): Truth {
  return value === null ? null : !value
}

function compare(left: ColumnValue, operator: ComparisonOperator, right: ColumnValue, as: ValueOrder): Truth {
  if (left !== null && right !== null) return holds(operator, order(left, right, as))
  if (operator === 'eq') return left === right
  return operator === 'ne' ? left !== right : null
}

const LITERAL_ORDER: Readonly<Record<FilterValue['type'], ValueOrder>> = {
  null: 'text',
  boolean: 'boolean',
  number: 'number',
  text: 'text',
  guid: 'text',
  date: 'instant',
}

function holds(operator: ComparisonOperator, order: number): boolean {
  switch (operator) {
    case 'eq':
      return order === 0
    case 'ne':
      return order !== 0
    case 'gt':
      return order > 0
    case 'ge':
      return order >= 0
    case 'lt':
      return order < 0
    case 'le':
      return order <= 0
  }
}

/** Negative, zero or positive: how two values that are not null compare by Dataverse's rules. */
export function order(left: ColumnValue, right: ColumnValue, as: ValueOrder): number {
  switch (as) {
    case 'number':
      if (typeof left === 'number' && typeof right === 'number') return left - right
      return compareDecimals(asNumber(left), asNumber(right))
    case 'boolean':
      return Number(left) - Number(right)
    case 'instant':
      return Date.parse(String(left)) - Date.parse(String(right))
    case 'text':
      return orderText(String(left), String(right))
  }
}

function orderText(left: string, right: string): number {
  const [one, other] = [left.toLowerCase(), right.toLowerCase()]
  return one < other ? -1 : one > other ? 1 : 0
}

/** Function arguments are text; what is no number there compares like zero, as the master would refuse it anyway. */
function asNumber(value: ColumnValue): string | number {
  return typeof value === 'number' ? value : decimalText(String(value)) || '0'
}

function textMatches(name: TextFunction, value: ColumnValue, wanted: string): Truth {
  if (value === null) return null
  const before = name === 'startswith' ? '' : '%'
  const after = name === 'endswith' ? '' : '%'
  return likePattern(before + wanted + after).test(String(value))
}

const patterns = new Map<string, RegExp>()

/** SQL's LIKE: `%` any text, `_` one character, `[abc]` `[a-z]` `[^a]` one of a set. Dataverse leaves them live in values. */
function likePattern(like: string): RegExp {
  let pattern = patterns.get(like)
  if (!pattern) {
    const source = like.replace(
      /%|_|\[(\^?)([^\]]+)\]|[\\^$.*+?()[\]{}|/]/g,
      (part, not: string | undefined, set: string | undefined) => {
        if (part === '%') return '[^]*'
        if (part === '_') return '[^]'
        if (set === undefined) return `\\${part}`
        return isSet(set) ? `[${not ?? ''}${set.replace(/[\\\]^]/g, '\\$&')}]` : '(?!)'
      },
    )
    if (patterns.size > 500) patterns.clear()
    patterns.set(like, (pattern = new RegExp(`^${source}$`, 'iu')))
  }
  return pattern
}

/** False when a range in the set runs backwards, as in `z-a`: SQL matches nothing then. */
function isSet(set: string): boolean {
  return [...set.matchAll(/(.)-(.)/gu)].every(([, low = '', high = '']) => low <= high)
}

function functionMatches(
  filter: Extract<Filter, { kind: 'function' }>,
  value: ColumnValue,
  context: FilterContext,
): Truth {
  const { values, as = 'text' } = filter
  if (value === null) return WITHOUT_VALUE[filter.function]
  switch (filter.function) {
    case 'In':
    case 'NotIn':
      return values.some((wanted) => order(value, argument(wanted, as), as) === 0) === (filter.function === 'In')
    case 'Between':
    case 'NotBetween': {
      const [low = '', high = ''] = values
      const within = order(value, argument(low, as), as) >= 0 && order(value, argument(high, as), as) <= 0
      return within === (filter.function === 'Between')
    }
    case 'EqualUserId':
      return order(value, context.userId, 'text') === 0
    case 'NotEqualUserId':
      return order(value, context.userId, 'text') !== 0
  }
}

/** What a function says of a row without a value: a set that does not hold it, a range that cannot tell. */
const WITHOUT_VALUE: Readonly<Record<QueryFunction, Truth>> = {
  In: false,
  NotIn: true,
  Between: null,
  NotBetween: null,
  EqualUserId: false,
  NotEqualUserId: true,
}

/** Function arguments are always text; a truth value is written as a word or a digit. */
function argument(text: string, as: ValueOrder): ColumnValue {
  return as === 'boolean' ? text === 'true' || text === '1' : text
}
