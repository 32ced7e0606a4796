import type { ColumnDefinition } from '../schema.ts'
import { isLookupColumn } from '../schema.ts'
import type { Condition, ConditionContext, ConditionOperator, QueryColumn } from './condition.ts'

function isId(column: ColumnDefinition): boolean {
  return isLookupColumn(column) || column.type === 'Uniqueidentifier'
}

function isOneOf({ value }: QueryColumn, ids: ReadonlySet<string>, negated: boolean): Condition {
  return (row) => {
    const found = value(row)
    return found === null ? negated : ids.has(String(found)) !== negated
  }
}

/** The users who report to somebody, over any number of steps. */
function reportsOf({ store }: ConditionContext, manager: string): ReadonlySet<string> {
  const found = new Set<string>()
  const rows = store.rows('systemuser')
  const ask = [manager]
  for (let id = ask.pop(); id !== undefined; id = ask.pop()) {
    for (const report of rows.holding('parentsystemuserid', id)) {
      if (report.id === manager || found.has(report.id)) continue
      found.add(report.id)
      ask.push(report.id)
    }
  }
  return found
}

function teamsOf({ store }: ConditionContext, users: Iterable<string>): readonly string[] {
  const links = store.rows('teammembership')
  return [...users].flatMap((id) =>
    links.holding('systemuserid', id).flatMap(({ values }) => {
      const team = values['teamid']
      return typeof team === 'string' ? [team] : []
    }),
  )
}

function operator(
  name: string,
  fetchNames: readonly string[],
  ids: (context: ConditionContext) => Iterable<string>,
  negated = false,
): ConditionOperator {
  return {
    name,
    fetchNames,
    isFunction: true,
    values: 'none',
    counts: false,
    takes: isId,
    bind: (column, _values, context) => isOneOf(column, new Set(ids(context)), negated),
  }
}

/** Operators that compare with who asks. */
export const userOperators: readonly ConditionOperator[] = [
  operator('EqualUserId', ['eq-userid'], ({ user }) => [user.id]),
  operator('NotEqualUserId', ['ne-userid'], ({ user }) => [user.id], true),
  operator('EqualBusinessId', ['eq-businessid'], ({ user }) => [user.businessUnitId]),
  operator('NotEqualBusinessId', ['ne-businessid'], ({ user }) => [user.businessUnitId], true),
  operator('EqualUserTeams', ['eq-userteams'], ({ user }) => user.teamIds),
  operator('EqualUserOrUserTeams', ['eq-useroruserteams'], ({ user }) => [user.id, ...user.teamIds]),
  operator('EqualUserOrUserHierarchy', ['eq-useroruserhierarchy'], (context) => [
    context.user.id,
    ...reportsOf(context, context.user.id),
  ]),
  operator('EqualUserOrUserHierarchyAndTeams', ['eq-useroruserhierarchyandteams'], (context) => {
    const reports = reportsOf(context, context.user.id)
    return [context.user.id, ...context.user.teamIds, ...reports, ...teamsOf(context, reports)]
  }),
  {
    name: 'EqualUserLanguage',
    fetchNames: ['eq-userlanguage'],
    isFunction: true,
    values: 'none',
    counts: false,
    takes: ({ type }) => type === 'Integer',
    bind:
      ({ value }, _values, { languageCode }) =>
      (row) =>
        value(row) === languageCode,
  },
]
