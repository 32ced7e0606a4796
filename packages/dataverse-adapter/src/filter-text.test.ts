import type { Filter } from '@outpost/core'
import { expect, test } from 'vitest'
import { allOf, filterText, inText } from './filter-text.ts'
import { account } from './sample-tables.test-support.ts'

const name = (value: string): Filter => ({
  kind: 'compare',
  column: 'name',
  operator: 'eq',
  value: { type: 'text', value },
  position: 0,
})
const revenue: Filter = {
  kind: 'compare',
  column: 'revenue',
  operator: 'gt',
  value: { type: 'number', value: '12345678901234567.5' },
  position: 0,
}
const and = (...parts: Filter[]): Filter => ({ kind: 'and', parts, position: 0 })
const or = (...parts: Filter[]): Filter => ({ kind: 'or', parts, position: 0 })

test.each<[string, Filter, string]>([
  ['a text, with quotes doubled', name("O'Brien's"), "name eq 'O''Brien''s'"],
  ['a number that no double holds', revenue, 'revenue gt 12345678901234567.5'],
  [
    'a lookup by the name that can be filtered',
    {
      kind: 'compare',
      column: 'ownerid',
      operator: 'ne',
      value: { type: 'guid', value: 'aaaaaaaa-0000-4000-8000-000000000001' },
      position: 0,
    },
    '_ownerid_value ne aaaaaaaa-0000-4000-8000-000000000001',
  ],
  [
    'null',
    { kind: 'compare', column: 'primarycontactid', operator: 'eq', value: { type: 'null', value: null }, position: 0 },
    '_primarycontactid_value eq null',
  ],
  [
    'a date',
    {
      kind: 'compare',
      column: 'modifiedon',
      operator: 'ge',
      value: { type: 'date', value: '2026-01-01T00:00:00Z' },
      position: 0,
    },
    'modifiedon ge 2026-01-01T00:00:00Z',
  ],
  [
    'two columns',
    { kind: 'compare-columns', column: 'ownerid', operator: 'eq', other: 'primarycontactid', position: 0 },
    '_ownerid_value eq _primarycontactid_value',
  ],
  [
    'a text function',
    { kind: 'text', function: 'contains', column: 'name', value: "a'b", position: 0 },
    "contains(name,'a''b')",
  ],
  [
    'a query function, by the logical name',
    { kind: 'function', function: 'EqualUserId', column: 'ownerid', values: [], position: 0 },
    "Microsoft.Dynamics.CRM.EqualUserId(PropertyName='ownerid')",
  ],
  [
    'a query function with values',
    { kind: 'function', function: 'In', column: 'name', values: ['a', 'say "b"'], position: 0 },
    String.raw`Microsoft.Dynamics.CRM.In(PropertyName='name',PropertyValues=["a","say \"b\""])`,
  ],
  [
    'and inside or',
    or(and(name('a'), revenue), name('b')),
    "(name eq 'a' and revenue gt 12345678901234567.5) or name eq 'b'",
  ],
  [
    'or inside and',
    and(or(name('a'), name('b')), revenue),
    "(name eq 'a' or name eq 'b') and revenue gt 12345678901234567.5",
  ],
  ['a lone part', and(or(name('a'))), "name eq 'a'"],
  ['not', { kind: 'not', part: or(name('a'), name('b')), position: 0 }, "not (name eq 'a' or name eq 'b')"],
  [
    'not before and',
    and({ kind: 'not', part: name('a'), position: 0 }, name('b')),
    "not (name eq 'a') and name eq 'b'",
  ],
  [
    'not before query functions, which the service does not turn around',
    {
      kind: 'not',
      part: and({ kind: 'function', function: 'In', column: 'name', values: ['a'], position: 0 }, name('b')),
      position: 0,
    },
    `Microsoft.Dynamics.CRM.NotIn(PropertyName='name',PropertyValues=["a"]) or not (name eq 'b')`,
  ],
])('prints %s', (_name, filter, text) => {
  expect(filterText(account, filter)).toBe(text)
})

test.each([
  ['nosuchcolumn', 'unknown-column'],
  ['primarycontactidname', 'unreadable-column'],
])('refuses %s with its place', (column, rule) => {
  const filter: Filter = { kind: 'text', function: 'contains', column, value: 'x', position: 17 }
  expect(() => filterText(account, and(name('a'), filter))).toThrow(
    expect.objectContaining({ code: 'invalid', place: { table: 'account', column, rule, position: 17 } }),
  )
})

test('refuses a junction of nothing', () => {
  expect(() => filterText(account, and())).toThrow(expect.objectContaining({ code: 'invalid' }))
})

test('joins conditions without changing their meaning', () => {
  expect(allOf([])).toBe('')
  expect(allOf(['a eq 1 or b eq 2'])).toBe('a eq 1 or b eq 2')
  expect(allOf(['a eq 1 or b eq 2', 'c eq 3'])).toBe('(a eq 1 or b eq 2) and (c eq 3)')
})

test('prints a list of ids', () => {
  expect(inText('accountid', ['x', 'y'])).toBe(
    `Microsoft.Dynamics.CRM.In(PropertyName='accountid',PropertyValues=["x","y"])`,
  )
})
