import type { ColumnValue, Row } from '../row.ts'
import type { ComparisonOperator, Filter, QueryFunction, TextFunction } from './filter.ts'

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
      return compare(row[filter.column] ?? null, filter.operator, filter.value.value)
    case 'compare-columns':
      return compareColumns(row[filter.column] ?? null, filter.operator, row[filter.other] ?? null)
    case 'text':
      return textMatches(filter.function, row[filter.column] ?? null, filter.value)
    case 'function':
      return functionMatches(filter.function, row[filter.column] ?? null, filter.values, context)
  }
}

function all(parts: readonly Truth[]): Truth {
  if (parts.includes(false)) return false
  return parts.includes(null) ? null : true
}

function negate(value: Truth): Truth {
  return value === null ? null : !value
}

function compare(left: ColumnValue, operator: ComparisonOperator, right: ColumnValue): Truth {
  if (left === null || right === null) {
    if (operator === 'eq') return left === right
    if (operator === 'ne') return left !== right
    return null
  }
  return holds(operator, order(left, right))
}

/** Two columns of one row are compared by SQL alone, where null equals nothing. */
function compareColumns(left: ColumnValue, operator: ComparisonOperator, right: ColumnValue): Truth {
  return left === null || right === null ? null : holds(operator, order(left, right))
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

const INSTANT = /^\d{4}-\d{2}-\d{2}T/
const DECIMAL = /^-?\d+(\.\d+)?$/

/** Negative, zero or positive: how two values that are not null compare by Dataverse's rules. */
export function order(left: ColumnValue, right: ColumnValue): number {
  if (typeof left === 'number' && typeof right === 'number') return left - right
  if (typeof left === 'string' && typeof right === 'string') {
    if (INSTANT.test(left) || INSTANT.test(right)) {
      const difference = Date.parse(left) - Date.parse(right)
      if (!Number.isNaN(difference)) return difference
    }
    return orderText(left.toLowerCase(), right.toLowerCase())
  }
  if (DECIMAL.test(String(left)) && DECIMAL.test(String(right))) return orderDecimals(String(left), String(right))
  return Number(left) - Number(right)
}

function orderText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0
}

/** Compares decimal texts exactly, also where a double would round them. */
function orderDecimals(left: string, right: string): number {
  const [leftWhole = '', leftRest = ''] = left.split('.')
  const [rightWhole = '', rightRest = ''] = right.split('.')
  const digits = Math.max(leftRest.length, rightRest.length)
  const difference =
    BigInt(leftWhole + leftRest.padEnd(digits, '0')) - BigInt(rightWhole + rightRest.padEnd(digits, '0'))
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
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
  name: QueryFunction,
  value: ColumnValue,
  values: readonly string[],
  context: FilterContext,
): Truth {
  if (value === null) return name === 'NotEqualUserId' ? true : null
  switch (name) {
    case 'In':
    case 'NotIn':
      return values.some((wanted) => sameAs(value, wanted)) === (name === 'In')
    case 'Between':
    case 'NotBetween': {
      const [low = '', high = ''] = values
      return (order(value, typed(value, low)) >= 0 && order(value, typed(value, high)) <= 0) === (name === 'Between')
    }
    case 'EqualUserId':
      return sameAs(value, context.userId)
    case 'NotEqualUserId':
      return !sameAs(value, context.userId)
  }
}

function sameAs(value: ColumnValue, wanted: string): boolean {
  return order(value, typed(value, wanted)) === 0
}

/** Function arguments are always text; they take the type of the value they are compared with. */
function typed(value: ColumnValue, text: string): ColumnValue {
  if (typeof value === 'number') return Number(text)
  if (typeof value === 'boolean') return text === 'true' || text === '1'
  return text
}
