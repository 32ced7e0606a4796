import { expect, test } from 'vitest'
import { RowStore } from '../rows/row-store.ts'
import type { Row } from '../rows/row.ts'
import { dateTime, Schema, text } from '../schema.ts'
import type { ColumnDraft } from '../schema.ts'
import { fromWall, plus, startOf, toWall } from './calendar.ts'
import type { ConditionContext } from './condition.ts'
import { bindCondition, conditionOperators, operatorOfFetch, operatorOfFunction } from './operators.ts'
import { queryColumn } from './query-column.ts'

// Monday, half past one in the afternoon.
const NOW = '2020-08-17T13:30:00.400Z'

const columns: readonly ColumnDraft[] = [
  text('new_Name'),
  dateTime('new_Local'),
  dateTime('new_Day', { behavior: 'DateOnly' }),
  dateTime('new_Wall', { behavior: 'TimeZoneIndependent' }),
]
const schema = new Schema({
  tables: [
    {
      schemaName: 'new_Thing',
      objectTypeCode: 10_001,
      displayName: 'Thing',
      primaryName: 'new_name',
      ownership: 'OrganizationOwned',
      columns,
    },
  ],
})

function context(timeZone = 'UTC', now = NOW): ConditionContext {
  const user = {
    id: '00000000-0000-4000-8000-000000000001',
    businessUnitId: '00000000-0000-4000-8000-000000000002',
    teamIds: [],
  }
  const store = new RowStore(schema, { now: () => 0, newId: () => '', firstVersion: 1n })
  return {
    store,
    user,
    nowMs: Date.parse(now),
    timeZone,
    languageCode: 1033,
    fiscal: { month: 0, day: 1, periodsPerYear: 4 },
  }
}

function holds(
  name: string,
  column: string,
  value: string | null,
  values: readonly string[] = [],
  where: ConditionContext = context(),
): boolean | null {
  const table = schema.table('new_thing')
  const definition = schema.column('new_thing', column)
  const operator = operatorOfFetch(name)
  if (table === undefined || definition === undefined || operator === undefined) throw new RangeError(name)
  const row: Row = { id: '', version: 1n, values: { [column]: value } }
  return bindCondition(operator, queryColumn(table, definition), values, where)(row)
}

/** First and last second of what an operator holds for, each one second inside and outside. */
function expectSpan(name: string, values: readonly string[], first: string, last: string): void {
  const at = (moment: string, seconds: number): string =>
    `${new Date(Date.parse(moment) + seconds * 1000).toISOString().slice(0, 19)}Z`
  const found = [at(first, -1), at(first, 0), at(last, 0), at(last, 1)].map((one) =>
    holds(name, 'new_local', one, values),
  )
  expect([name, ...found]).toEqual([name, false, true, true, false])
}

test('the last periods begin at midnight and end now, the next ones begin now and end at midnight', () => {
  expectSpan('last-x-days', ['4'], '2020-08-13T00:00:00Z', '2020-08-17T13:30:00Z')
  expectSpan('last-x-weeks', ['2'], '2020-08-03T00:00:00Z', '2020-08-17T13:30:00Z')
  expectSpan('last-x-months', ['3'], '2020-05-17T00:00:00Z', '2020-08-17T13:30:00Z')
  expectSpan('last-x-years', ['2'], '2018-08-17T00:00:00Z', '2020-08-17T13:30:00Z')
  expectSpan('last-seven-days', [], '2020-08-10T00:00:00Z', '2020-08-17T13:30:00Z')
  expectSpan('next-x-days', ['4'], '2020-08-17T13:30:01Z', '2020-08-21T23:59:59Z')
  expectSpan('next-x-weeks', ['2'], '2020-08-17T13:30:01Z', '2020-08-31T23:59:59Z')
  expectSpan('next-x-months', ['3'], '2020-08-17T13:30:01Z', '2020-11-17T23:59:59Z')
  expectSpan('next-x-years', ['2'], '2020-08-17T13:30:01Z', '2022-08-17T23:59:59Z')
  expectSpan('last-x-hours', ['1'], '2020-08-17T12:00:00Z', '2020-08-17T13:30:00Z')
  expectSpan('next-x-hours', ['1'], '2020-08-17T13:30:01Z', '2020-08-17T14:30:00Z')
})

test('days, weeks, months and years are those of the calendar, weeks begin on Sunday', () => {
  expectSpan('yesterday', [], '2020-08-16T00:00:00Z', '2020-08-16T23:59:59Z')
  expectSpan('today', [], '2020-08-17T00:00:00Z', '2020-08-17T23:59:59Z')
  expectSpan('tomorrow', [], '2020-08-18T00:00:00Z', '2020-08-18T23:59:59Z')
  expectSpan('last-week', [], '2020-08-09T00:00:00Z', '2020-08-15T23:59:59Z')
  expectSpan('this-week', [], '2020-08-16T00:00:00Z', '2020-08-22T23:59:59Z')
  expectSpan('next-week', [], '2020-08-23T00:00:00Z', '2020-08-29T23:59:59Z')
  expectSpan('last-month', [], '2020-07-01T00:00:00Z', '2020-07-31T23:59:59Z')
  expectSpan('this-month', [], '2020-08-01T00:00:00Z', '2020-08-31T23:59:59Z')
  expectSpan('next-year', [], '2021-01-01T00:00:00Z', '2021-12-31T23:59:59Z')
  expectSpan('on', ['2020-02-29'], '2020-02-29T00:00:00Z', '2020-02-29T23:59:59Z')
  expectSpan('on', ['2020-02-29T15:00:00Z'], '2020-02-29T00:00:00Z', '2020-02-29T23:59:59Z')
})

test('fiscal years and quarters follow the settings', () => {
  expectSpan('this-fiscal-year', [], '2020-01-01T00:00:00Z', '2020-12-31T23:59:59Z')
  expectSpan('this-fiscal-period', [], '2020-07-01T00:00:00Z', '2020-09-30T23:59:59Z')
  expectSpan('last-fiscal-period', [], '2020-04-01T00:00:00Z', '2020-06-30T23:59:59Z')
  expectSpan('last-x-fiscal-periods', ['3'], '2019-10-01T00:00:00Z', '2020-06-30T23:59:59Z')
  expectSpan('next-x-fiscal-years', ['2'], '2021-01-01T00:00:00Z', '2022-12-31T23:59:59Z')
  expectSpan('in-fiscal-year', ['2013'], '2013-01-01T00:00:00Z', '2013-12-31T23:59:59Z')
  expectSpan('in-fiscal-period-and-year', ['4', '2019'], '2019-10-01T00:00:00Z', '2019-12-31T23:59:59Z')
  expect(holds('in-fiscal-period', 'new_local', '1999-02-01T00:00:00Z', ['1'])).toBe(true)
  expect(holds('in-fiscal-period', 'new_local', '1999-04-01T00:00:00Z', ['1'])).toBe(false)
  expect(() => holds('in-fiscal-period', 'new_local', null, ['5'])).toThrow('permitted range of fiscal periods')
  const julyToJune = { ...context(), fiscal: { month: 6, day: 1, periodsPerYear: 12 as const } }
  expect(holds('this-fiscal-year', 'new_local', '2021-06-30T23:59:59Z', [], julyToJune)).toBe(true)
  expect(holds('this-fiscal-year', 'new_local', '2020-06-30T23:59:59Z', [], julyToJune)).toBe(false)
})

test('older than some minutes or hours is exact, older than some days counts from midnight', () => {
  expect(holds('olderthan-x-minutes', 'new_local', '2020-08-17T13:20:00Z', ['10'])).toBe(true)
  expect(holds('olderthan-x-minutes', 'new_local', '2020-08-17T13:20:01Z', ['10'])).toBe(false)
  expect(holds('olderthan-x-days', 'new_local', '2020-08-15T23:59:59Z', ['1'])).toBe(true)
  expect(holds('olderthan-x-days', 'new_local', '2020-08-16T00:00:00Z', ['1'])).toBe(false)
  expect(holds('olderthan-x-months', 'new_local', null, ['1'])).toBeNull()
})

test('days begin when they begin for the user, except in columns that know no time zone', () => {
  const oslo = context('Europe/Oslo', '2020-08-17T22:30:00Z')
  expect(holds('today', 'new_local', '2020-08-17T22:00:00Z', [], oslo)).toBe(true)
  expect(holds('today', 'new_local', '2020-08-17T21:59:59Z', [], oslo)).toBe(false)
  expect(holds('today', 'new_day', '2020-08-18', [], oslo)).toBe(true)
  expect(holds('today', 'new_wall', '2020-08-18T00:00:00Z', [], oslo)).toBe(true)
  expect(holds('today', 'new_wall', '2020-08-17T23:59:59Z', [], oslo)).toBe(false)
  expect(holds('eq', 'new_local', '2020-08-17T22:00:00Z', ['2020-08-18'], oslo)).toBe(true)
})

test('what is on or after a day has no end, in no part of the world', () => {
  for (const zone of ['America/Los_Angeles', 'UTC', 'Australia/Sydney']) {
    expect(holds('on-or-after', 'new_local', '2020-08-19T00:00:00Z', ['2020-08-17'], context(zone))).toBe(true)
    expect(holds('on-or-before', 'new_local', '2020-08-15T00:00:00Z', ['2020-08-17'], context(zone))).toBe(true)
    expect(holds('on-or-after', 'new_day', '2020-08-17', ['2020-08-17'], context(zone))).toBe(true)
  }
})

test('a column of days has no hours to ask about', () => {
  for (const name of ['last-x-hours', 'next-x-hours', 'olderthan-x-hours', 'olderthan-x-minutes']) {
    expect(() => holds(name, 'new_day', '2020-08-17', ['1'])).toThrow('is not valid for the attribute type')
  }
  expect(holds('last-x-days', 'new_day', '2020-08-17', ['1'])).toBe(true)
  expect(holds('next-x-days', 'new_day', '2020-08-18', ['1'])).toBe(true)
  expect(holds('next-x-days', 'new_day', '2020-08-19', ['1'])).toBe(false)
})

test('an operator is refused for columns of the wrong type and for the wrong number of values', () => {
  expect(() => holds('today', 'new_name', 'x')).toThrow("The condition operator 'Today' is not valid")
  expect(() => holds('contain-values', 'new_name', 'x', ['1'])).toThrow("'ContainValues' is not valid")
  expect(() => holds('eq-userid', 'new_name', 'x')).toThrow("'EqualUserId' is not valid")
  expect(() => holds('last-x-days', 'new_local', null, [])).toThrow('number of values')
  expect(() => holds('last-x-days', 'new_local', null, ['-1'])).toThrow('whole number above zero')
  expect(() => holds('between', 'new_local', null, ['2020-01-01'])).toThrow('number of values')
  expect(() => holds('on', 'new_local', null, ['tomorrow'])).toThrow('date-time format')
})

test('text operators know wildcards and the negated ones hold for null', () => {
  expect(holds('like', 'new_name', 'Alpha', ['%LPH_'])).toBe(true)
  expect(holds('begins-with', 'new_name', 'Alpha', ['al'])).toBe(true)
  expect(holds('not-end-with', 'new_name', 'Alpha', ['ha'])).toBe(false)
  expect(holds('not-like', 'new_name', null, ['a'])).toBe(true)
  expect(holds('ne', 'new_name', null, ['a'])).toBe(true)
  expect(holds('eq', 'new_name', null, ['a'])).toBe(false)
})

test('every operator has one name in each language', () => {
  const names = conditionOperators.map(({ name }) => name)
  const fetched = conditionOperators.flatMap(({ fetchNames }) => fetchNames)
  expect(new Set(names).size).toBe(names.length)
  expect(new Set(fetched).size).toBe(fetched.length)
  expect(conditionOperators.filter(({ isFunction }) => isFunction)).toHaveLength(68)
  expect(operatorOfFunction('Equal')).toBeUndefined()
})

test('moving by months keeps within the month, and clocks that jump are followed', () => {
  expect(new Date(plus(Date.UTC(2024, 0, 31), 1, 'month')).toISOString()).toBe('2024-02-29T00:00:00.000Z')
  expect(new Date(plus(Date.UTC(2024, 1, 29), -1, 'year')).toISOString()).toBe('2023-02-28T00:00:00.000Z')
  const beforeSummer = Date.parse('2024-03-31T00:30:00Z')
  expect(toWall(beforeSummer, 'Europe/Oslo')).toBe(Date.UTC(2024, 2, 31, 1, 30))
  expect(fromWall(Date.UTC(2024, 2, 31, 12), 'Europe/Oslo')).toBe(Date.UTC(2024, 2, 31, 10))
  expect(startOf('week', Date.UTC(2024, 2, 31))).toBe(Date.UTC(2024, 2, 31))
})
