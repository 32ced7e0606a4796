import type { QueryColumn, Truth } from '../conditions/condition.ts'
import { bindCondition, operatorOfFetch } from '../conditions/operators.ts'
import { comparison } from '../odata/compare-values.ts'
import type { FetchCondition } from './fetch.ts'
import { badCondition, invalidOperator, noSuchAlias } from './refusals.ts'
import { conditionColumn, NO_ROW } from './scope.ts'
import type { Scope, Slot, Tuple } from './scope.ts'

/** Something asked about a combination of rows. */
export type Test = (tuple: Tuple) => Truth

const HOLDS: Readonly<Record<string, (order: number) => boolean>> = {
  eq: (order) => order === 0,
  ne: (order) => order !== 0,
  neq: (order) => order !== 0,
  gt: (order) => order > 0,
  ge: (order) => order >= 0,
  lt: (order) => order < 0,
  le: (order) => order <= 0,
}

function named(scope: Scope, name: string): Slot {
  const slot = scope.names.get(name)
  if (slot === undefined) throw noSuchAlias()
  return slot
}

/** The slot a condition is about: its own, or the one that `entityname` names. */
export function slotOfCondition(scope: Scope, own: Slot, { entityName }: FetchCondition): Slot {
  return entityName === undefined ? own : named(scope, entityName)
}

function otherColumn(scope: Scope, slot: Slot, valueOf: string): [Slot, QueryColumn] {
  const dot = valueOf.indexOf('.')
  const other = dot < 0 ? slot : named(scope, valueOf.slice(0, dot))
  return [other, conditionColumn(scope, other, valueOf.slice(dot + 1))]
}

function compareColumns(scope: Scope, slot: Slot, condition: FetchCondition, valueOf: string): Test {
  const holds = HOLDS[condition.operator]
  if (holds === undefined) throw badCondition(`The operator '${condition.operator}' does not compare columns.`)
  if (condition.values.length > 0)
    throw badCondition('A condition compares with a value or with a column, not with both.')
  const left = conditionColumn(scope, slot, condition.attribute)
  const [other, right] = otherColumn(scope, slot, valueOf)
  const isNumber = ({ kind }: QueryColumn): boolean => kind === 'number' || kind === 'exact'
  const kind = isNumber(left) && isNumber(right) ? 'exact' : left.kind
  if (kind !== 'exact' && kind !== right.kind) {
    throw badCondition(`The columns '${condition.attribute}' and '${valueOf}' are not of the same type.`)
  }
  const order = comparison(kind)
  return (tuple) => {
    const a = left.value(tuple[slot.index] ?? NO_ROW)
    const b = right.value(tuple[other.index] ?? NO_ROW)
    // A null compares with nothing, not even with another one, as in the database.
    return a === null || b === null ? null : holds(order(a, b))
  }
}

/** A condition ready to be asked. Names, types and numbers of values are checked here. */
export function bindFetchCondition(scope: Scope, own: Slot, condition: FetchCondition): Test {
  const operator = operatorOfFetch(condition.operator)
  if (operator === undefined) throw invalidOperator()
  const slot = slotOfCondition(scope, own, condition)
  if (condition.valueOf !== undefined) return compareColumns(scope, slot, condition, condition.valueOf)
  const column = conditionColumn(scope, slot, condition.attribute)
  const holds = bindCondition(operator, column, condition.values, scope.context)
  return (tuple) => holds(tuple[slot.index] ?? NO_ROW)
}
