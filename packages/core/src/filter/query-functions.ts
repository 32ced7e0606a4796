import type { QueryFunction } from './filter.ts'

/** How many values a query function takes: `one` is a value of the column, `count` a whole number above zero. */
export type FunctionValues = 'none' | 'one' | 'count' | 'two' | 'many'

/** What a query function takes and asks for. */
export interface QueryFunctionKind {
  readonly values: FunctionValues
  /** What its columns have to be. `ordered` excludes choices, lookups and truth values. */
  readonly columns: 'any' | 'ordered' | 'ids' | 'choices' | 'dates' | 'times'
  /** How soon the passing of time alone can change its answer. */
  readonly clock: 'none' | 'hour' | 'day'
}

const DAY: QueryFunctionKind = { values: 'none', columns: 'dates', clock: 'day' }
const ON: QueryFunctionKind = { values: 'one', columns: 'dates', clock: 'none' }
/** Ends or begins with this very moment: its answer can change at any time. */
const NOW: QueryFunctionKind = { values: 'count', columns: 'dates', clock: 'hour' }
const OLDER: QueryFunctionKind = { values: 'count', columns: 'dates', clock: 'day' }
const WHO: QueryFunctionKind = { values: 'none', columns: 'ids', clock: 'none' }

/** What each query function takes and asks for. */
export const QUERY_FUNCTIONS: Readonly<Record<QueryFunction, QueryFunctionKind>> = {
  In: { values: 'many', columns: 'any', clock: 'none' },
  NotIn: { values: 'many', columns: 'any', clock: 'none' },
  Between: { values: 'two', columns: 'ordered', clock: 'none' },
  NotBetween: { values: 'two', columns: 'ordered', clock: 'none' },
  ContainValues: { values: 'many', columns: 'choices', clock: 'none' },
  DoesNotContainValues: { values: 'many', columns: 'choices', clock: 'none' },
  EqualUserId: WHO,
  NotEqualUserId: WHO,
  EqualBusinessId: WHO,
  NotEqualBusinessId: WHO,
  EqualUserTeams: WHO,
  EqualUserOrUserTeams: WHO,
  On: ON,
  OnOrAfter: ON,
  OnOrBefore: ON,
  Yesterday: DAY,
  Today: DAY,
  Tomorrow: DAY,
  Last7Days: { ...DAY, clock: 'hour' },
  Next7Days: { ...DAY, clock: 'hour' },
  LastWeek: DAY,
  ThisWeek: DAY,
  NextWeek: DAY,
  LastMonth: DAY,
  ThisMonth: DAY,
  NextMonth: DAY,
  LastYear: DAY,
  ThisYear: DAY,
  NextYear: DAY,
  LastXHours: { ...NOW, columns: 'times' },
  NextXHours: { ...NOW, columns: 'times' },
  LastXDays: NOW,
  NextXDays: NOW,
  LastXWeeks: NOW,
  NextXWeeks: NOW,
  LastXMonths: NOW,
  NextXMonths: NOW,
  LastXYears: NOW,
  NextXYears: NOW,
  OlderThanXMinutes: { ...NOW, columns: 'times' },
  OlderThanXHours: { ...NOW, columns: 'times' },
  OlderThanXDays: OLDER,
  OlderThanXWeeks: OLDER,
  OlderThanXMonths: OLDER,
  OlderThanXYears: OLDER,
}

export function isQueryFunction(name: string): name is QueryFunction {
  return Object.hasOwn(QUERY_FUNCTIONS, name)
}
