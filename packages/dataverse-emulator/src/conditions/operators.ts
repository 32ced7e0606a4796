import { badQuery } from '../errors.ts'
import type { Condition, ConditionContext, ConditionOperator, QueryColumn, ValueCount } from './condition.ts'
import { dateOperators } from './date-operators.ts'
import { fiscalOperators } from './fiscal-operators.ts'
import { hierarchyOperators } from './hierarchy-operators.ts'
import { userOperators } from './user-operators.ts'
import { valueOperators } from './value-operators.ts'

/** Every condition operator there is. */
export const conditionOperators: readonly ConditionOperator[] = [
  ...valueOperators,
  ...dateOperators,
  ...fiscalOperators,
  ...userOperators,
  ...hierarchyOperators,
]

const functions = new Map(conditionOperators.filter((one) => one.isFunction).map((one) => [one.name, one]))
const fetchNames = new Map(conditionOperators.flatMap((one) => one.fetchNames.map((name) => [name, one] as const)))

/** The operator behind a query function `Microsoft.Dynamics.CRM.<name>`. */
export function operatorOfFunction(name: string): ConditionOperator | undefined {
  return functions.get(name)
}

/** The operator that FetchXML calls by this name. */
export function operatorOfFetch(name: string): ConditionOperator | undefined {
  return fetchNames.get(name)
}

const FITS: Readonly<Record<ValueCount, (count: number) => boolean>> = {
  none: (count) => count === 0,
  one: (count) => count === 1,
  pair: (count) => count === 2,
  list: (count) => count > 0,
}

/** The condition of an operator on a column; refuses (400) columns and numbers of values that the operator does not take. */
export function bindCondition(
  operator: ConditionOperator,
  column: QueryColumn,
  values: readonly string[],
  context: ConditionContext,
): Condition {
  if (!operator.takes(column.definition)) {
    throw badQuery(
      `The condition operator '${operator.name}' is not valid for the attribute type '${column.definition.type}'.`,
    )
  }
  if (!FITS[operator.values](values.length)) {
    throw badQuery(`The number of values of the condition operator '${operator.name}' is not valid.`)
  }
  return operator.bind(column, values, context)
}
