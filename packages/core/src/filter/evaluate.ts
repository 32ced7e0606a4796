import { compareDecimals, decimalText } from '../rows/decimal.ts'
import { canonicalGuid } from '../row.ts'
import type { ColumnValue, Row } from '../row.ts'
import { isDateFunction, spanOf } from './date-spans.ts'
import { readTime } from './dates.ts'
import { cannotTell, lackingFacts } from './filter-context.ts'
import type { FilterContext } from './filter-context.ts'
import type { ComparisonOperator, DateFunction, Filter, TextFunction, UserFunction, ValueOrder } from './filter.ts'
import { likePattern } from './like.ts'
import { instantOf, wallTimeAt } from './user-calendar.ts'

export type { FilterContext } from './filter-context.ts'

/**
 * Whether a row is one that the filter wants. `cannot-tell` where that depends on something about the user or the time
 * that is not known here; such a row is never taken for one or the other.
 */
export type Verdict = 'match' | 'no-match' | 'cannot-tell'

/**
 * Judges rows by Dataverse's rules: text is compared without regard to case or trailing blanks, a comparison with a null
 * operand is unknown except that `eq` and `ne` treat null as a value, and an unknown row does not match. The filter has
 * been checked against the rows' table.
 */
export function judgeOf(filter: Filter, context: FilterContext): (row: Row) => Verdict {
  const test = compile(filter, context)
  return (row) => {
    const truth = test(row)
    return truth === 'cannot-tell' ? truth : truth === true ? 'match' : 'no-match'
  }
}

/** Whether the row satisfies the filter. Throws `refused` (rule `unknown-fact`) where that cannot be told. */
export function matches(filter: Filter, row: Row, context: FilterContext): boolean {
  const verdict = judgeOf(filter, context)(row)
  if (verdict === 'cannot-tell') throw cannotTell(lackingFacts(filter, context))
  return verdict === 'match'
}

/** Three-valued, as in SQL, which is what the master evaluates: null is unknown. What it would be, may not be known here. */
type Truth = boolean | null | 'cannot-tell'
type Test = (row: Row) => Truth

function compile(filter: Filter, context: FilterContext): Test {
  switch (filter.kind) {
    case 'and': {
      const tests = filter.parts.map((part) => compile(part, context))
      return (row) => all(tests, row)
    }
    case 'or': {
      const tests = filter.parts.map((part) => not(compile(part, context)))
      return not((row) => all(tests, row))
    }
    case 'not':
      return not(compile(filter.part, context))
    case 'compare': {
      const { column, operator, value } = filter
      const as = filter.as ?? LITERAL_ORDER[value.type]
      const right = literalAs(value.value, as)
      return (row) => compare(row[column] ?? null, operator, right, as)
    }
    case 'compare-columns': {
      const { column, operator, other, as = 'text' } = filter
      return (row) => compare(row[column] ?? null, operator, row[other] ?? null, as)
    }
    case 'text':
      return textTest(filter.function, filter.column, filter.value)
    case 'function':
      return functionTest(filter, context)
  }
}

function all(tests: readonly Test[], row: Row): Truth {
  let truth: Truth = true
  for (const test of tests) {
    const one = test(row)
    if (one === false) return false
    if (one === 'cannot-tell' || truth === true) truth = one
  }
  return truth
}

function not(test: Test): Test {
  return (row) => {
    const truth = test(row)
    return typeof truth === 'boolean' ? !truth : truth
  }
}

function compare(left: ColumnValue, operator: ComparisonOperator, right: ColumnValue, as: ValueOrder): Truth {
  if (left !== null && right !== null) return holds(operator, order(left, right, as))
  if (operator === 'eq') return left === right
  return operator === 'ne' ? left !== right : null
}

const LITERAL_ORDER: Readonly<Record<Extract<Filter, { kind: 'compare' }>['value']['type'], ValueOrder>> = {
  null: 'text',
  boolean: 'boolean',
  number: 'number',
  text: 'text',
  guid: 'guid',
  date: 'instant',
}

/** The literal as the values of the column are: a column of days is compared with the day, choices in their order. */
function literalAs(value: ColumnValue, as: ValueOrder): ColumnValue {
  if (typeof value !== 'string') return value
  if (as === 'date') return dayOf(value, 0)
  return as === 'choices' ? sortedChoices(value) : value
}

function sortedChoices(text: string): string {
  const values = text.split(',').map(Number)
  return values.toSorted((one, other) => one - other).join(',')
}

/** The day on which a written time is at the given distance from UTC. */
function dayOf(text: string, offsetMs: number): string {
  const time = readTime(text)
  if (!time) return text
  const wall = time.offsetMs === null ? time.wall : time.wall - time.offsetMs + offsetMs
  return new Date(wall).toISOString().slice(0, 10)
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
    case 'wall':
      return instant(left) - instant(right)
    case 'guid':
      return orderText(guidOrder(String(left)), guidOrder(String(right)))
    case 'text':
    case 'choices':
    case 'date':
      return orderText(folded(left), folded(right))
  }
}

function orderText(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}

function folded(value: ColumnValue): string {
  return String(value).toLowerCase().replace(/ +$/, '')
}

/** The digits in the order in which the master compares ids: the last group first, the first three groups backwards. */
function guidOrder(guid: string): string {
  const [one = '', two = '', three = '', four = '', five = ''] = guid.toLowerCase().split('-')
  const backwards = (group: string): string => (group.match(/../g) ?? []).toReversed().join('')
  return five + four + backwards(three) + backwards(two) + backwards(one)
}

function instant(value: ColumnValue): number {
  return Date.parse(String(value))
}

function asNumber(value: ColumnValue): string | number {
  return typeof value === 'number' ? value : decimalText(String(value)) || '0'
}

function textTest(name: TextFunction, column: string, wanted: string): Test {
  const before = name === 'startswith' ? '' : '%'
  const after = name === 'endswith' ? '' : '%'
  const pattern = likePattern(before + wanted + after)
  return (row) => {
    const value = row[column] ?? null
    return value === null ? null : pattern.test(String(value))
  }
}

type FunctionFilter = Extract<Filter, { kind: 'function' }>

function functionTest(filter: FunctionFilter, context: FilterContext): Test {
  const { column, function: name } = filter
  if (isDateFunction(name)) return withValue(column, null, dateTest(name, filter, context))
  switch (name) {
    case 'In':
      return withValue(column, false, memberTest(filter, context))
    case 'NotIn':
      return not(withValue(column, false, memberTest(filter, context)))
    case 'Between':
      return withValue(column, null, betweenTest(filter, context))
    case 'NotBetween':
      return not(withValue(column, null, betweenTest(filter, context)))
    case 'ContainValues':
      return withValue(column, false, choicesTest(filter))
    case 'DoesNotContainValues':
      return not(withValue(column, false, choicesTest(filter)))
    case 'NotEqualUserId':
    case 'NotEqualBusinessId':
      return not(withValue(column, false, whoTest(name, context)))
    default:
      return withValue(column, false, whoTest(name, context))
  }
}

type ValueTest = (value: Exclude<ColumnValue, null>) => Truth

function withValue(column: string, ofNull: Truth, test: ValueTest): Test {
  return (row) => {
    const value = row[column] ?? null
    return value === null ? ofNull : test(value)
  }
}

function memberTest(filter: FunctionFilter, context: FilterContext): ValueTest {
  const { as = 'text' } = filter
  const values = filter.values.map((text) => argument(text, as, context))
  return (value) => anyOf(values.map((one) => (one === null ? 'cannot-tell' : order(value, one, as) === 0)))
}

function anyOf(truths: readonly (boolean | 'cannot-tell')[]): Truth {
  return truths.includes(true) ? true : truths.includes('cannot-tell') ? 'cannot-tell' : false
}

function betweenTest(filter: FunctionFilter, context: FilterContext): ValueTest {
  const { as = 'text', values } = filter
  const low = argument(values[0] ?? '', as, context)
  const high = argument(values[1] ?? '', as, context)
  const atLeast: ValueTest = (value) => (low === null ? 'cannot-tell' : order(value, low, as) >= 0)
  const atMost: ValueTest = (value) => (high === null ? 'cannot-tell' : order(value, high, as) <= 0)
  return (value) => {
    const [one, other] = [atLeast(value), atMost(value)]
    return one === false || other === false ? false : one === true ? other : one
  }
}

/**
 * The argument of a function, which is always text, as a value of its column; null where it depends on the user's time
 * zone, which is not known. The master cuts times to whole seconds.
 */
function argument(text: string, as: ValueOrder, context: FilterContext): ColumnValue {
  switch (as) {
    case 'boolean':
      return text === 'true' || text === '1'
    case 'guid':
      return canonicalGuid(text) ?? text
    case 'date':
      return dayOf(text, 0)
    case 'wall':
    case 'instant': {
      const time = readTime(text)
      if (!time) return text
      const wall = Math.floor(time.wall / 1000) * 1000
      if (time.offsetMs !== null || as === 'wall') return new Date(wall - (time.offsetMs ?? 0)).toISOString()
      return context.timeZone === undefined ? null : new Date(instantOf(wall, context.timeZone)).toISOString()
    }
    default:
      return text
  }
}

function choicesTest({ values }: FunctionFilter): ValueTest {
  const wanted = new Set(values.map((text) => text.trim()))
  return (value) =>
    String(value)
      .split(',')
      .some((one) => wanted.has(one))
}

function whoTest(name: UserFunction, { userId, businessUnitId, teamIds }: FilterContext): ValueTest {
  const user = userId === '' ? undefined : userId
  const who: Readonly<Record<UserFunction, readonly (string | undefined)[]>> = {
    EqualUserId: [user],
    NotEqualUserId: [user],
    EqualBusinessId: [businessUnitId],
    NotEqualBusinessId: [businessUnitId],
    EqualUserTeams: teamIds ?? [undefined],
    EqualUserOrUserTeams: [user, ...(teamIds ?? [undefined])],
  }
  const ids = who[name]
  return (value) => anyOf(ids.map((id) => (id === undefined ? 'cannot-tell' : order(value, id, 'guid') === 0)))
}

/** Whether a time lies in the stretch that a date function asks for. */
function dateTest(name: DateFunction, filter: FunctionFilter, context: FilterContext): ValueTest {
  if (lackingFacts(filter, context).length > 0) return () => 'cannot-tell'
  const { now = 0, timeZone = 'UTC' } = context
  const [value = ''] = filter.values
  const span = spanOf(name, { now: wallTimeAt(now, timeZone), day: midnightOf(value, timeZone), count: Number(value) })
  const isInstant = filter.as === 'instant'
  const from = isInstant ? instantOf(span.from, timeZone) : span.from
  const until = isInstant ? instantOf(span.until, timeZone) : span.until
  return (found) => {
    const at = instant(found)
    return at >= from && at < until
  }
}

/** The user's midnight that begins the day of a written time. */
function midnightOf(text: string, timeZone: string): number {
  const time = readTime(text)
  if (!time) return NaN
  const wall = time.offsetMs === null ? time.wall : wallTimeAt(time.wall - time.offsetMs, timeZone)
  return Math.floor(wall / 86_400_000) * 86_400_000
}
