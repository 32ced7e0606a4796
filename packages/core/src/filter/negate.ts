import { OutpostError } from '../errors.ts'
import { shiftDay } from './dates.ts'
import type { Filter, QueryFunction } from './filter.ts'

const OPPOSITE: Readonly<Partial<Record<QueryFunction, QueryFunction>>> = {
  In: 'NotIn',
  NotIn: 'In',
  Between: 'NotBetween',
  NotBetween: 'Between',
  ContainValues: 'DoesNotContainValues',
  DoesNotContainValues: 'ContainValues',
  EqualUserId: 'NotEqualUserId',
  NotEqualUserId: 'EqualUserId',
  EqualBusinessId: 'NotEqualBusinessId',
  NotEqualBusinessId: 'EqualBusinessId',
}

type FunctionFilter = Extract<Filter, { kind: 'function' }>

/**
 * The same filter without a query function behind a `not`, which Dataverse refuses ("Not operator along with the Custom
 * Named Condition operators is not allowed"): such a `not` moves inwards until it can turn the function around. Throws
 * `invalid` (rule `negated-function`) for a function that has no opposite, such as `Today`.
 */
export function withoutNegatedFunctions(filter: Filter): Filter {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return { ...filter, parts: filter.parts.map(withoutNegatedFunctions) }
    case 'not':
      return hasFunction(filter.part) ? negated(filter.part) : filter
    default:
      return filter
  }
}

/** True where the filter is false, false where it is true, unknown where it is. */
function negated(filter: Filter): Filter {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return { ...filter, kind: filter.kind === 'and' ? 'or' : 'and', parts: filter.parts.map(negated) }
    case 'not':
      return withoutNegatedFunctions(filter.part)
    case 'function':
      return negatedFunction(filter)
    default:
      return { kind: 'not', part: filter, position: filter.position }
  }
}

function negatedFunction(filter: FunctionFilter): Filter {
  const opposite = OPPOSITE[filter.function]
  if (opposite) return { ...filter, function: opposite }
  const [day = ''] = filter.values
  const before = (): FunctionFilter => ({ ...filter, function: 'OnOrBefore', values: [shiftDay(day, -1)] })
  const after = (): FunctionFilter => ({ ...filter, function: 'OnOrAfter', values: [shiftDay(day, 1)] })
  if (/^\d{4}-\d{2}-\d{2}$/.test(day)) {
    if (filter.function === 'On') return { kind: 'or', parts: [before(), after()], position: filter.position }
    if (filter.function === 'OnOrAfter') return before()
    if (filter.function === 'OnOrBefore') return after()
  }
  throw new OutpostError(
    'invalid',
    `filter: the master refuses 'not' before ${filter.function} at position ${filter.position}`,
    {
      place: { column: filter.column, rule: 'negated-function', position: filter.position },
      remedy: 'Say what is wanted without `not`, or use syncFetchXml.',
    },
  )
}

function hasFunction(filter: Filter): boolean {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return filter.parts.some(hasFunction)
    case 'not':
      return hasFunction(filter.part)
    default:
      return filter.kind === 'function'
  }
}
