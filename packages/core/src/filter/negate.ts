import type { Filter, QueryFunction } from './filter.ts'

const OPPOSITE: Readonly<Record<QueryFunction, QueryFunction>> = {
  In: 'NotIn',
  NotIn: 'In',
  Between: 'NotBetween',
  NotBetween: 'Between',
  EqualUserId: 'NotEqualUserId',
  NotEqualUserId: 'EqualUserId',
}

/**
 * The same filter without a query function behind a `not`, which Dataverse refuses ("Not operator along with the Custom
 * Named Condition operators is not allowed"): such a `not` moves inwards until it can turn the function around.
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
      return { ...filter, function: OPPOSITE[filter.function] }
    default:
      return { kind: 'not', part: filter, position: filter.position }
  }
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
