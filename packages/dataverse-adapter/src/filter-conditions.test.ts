import type { Filter } from '@outpost/core'
import { parseTableFilter } from '@outpost/core'
import { expect, test } from 'vitest'
import { fetchText } from './fetch-element.ts'
import { filterConditions } from './filter-conditions.ts'
import { account as bare, column } from './sample-tables.test-support.ts'

const account = {
  ...bare,
  columns: [...bare.columns, column('open', 'boolean'), column('founded', 'date'), column('fax', 'text')],
}

const printed = (filter: Filter): string =>
  fetchText(filterConditions(account, filter))
    .replaceAll('<condition attribute=', '<c a=')
    .replaceAll(' operator=', ' o=')

const NOT_NULL = '<c a="name" o="not-null"/>'
const NULL = '<c a="name" o="null"/>'
const NEVER = '<c a="accountid" o="null"/>'

test.each([
  ["name eq 'x'", '<c a="name" o="eq" value="x"/>'],
  ["name ne 'x'", `<filter type="or"><c a="name" o="ne" value="x"/>${NULL}</filter>`],
  ["not (name ne 'x')", '<c a="name" o="eq" value="x"/>'],
  ['name eq null', NULL],
  ['not (name eq null)', NOT_NULL],
  ['revenue gt null', NEVER],
  ['not (revenue gt null)', NEVER],
  ['not (revenue gt 5)', '<c a="revenue" o="le" value="5"/>'],
  ['open eq true', '<c a="open" o="eq" value="1"/>'],
  ['open ge true', '<c a="open" o="eq" value="1"/>'],
  ['not (open ge true)', '<c a="open" o="eq" value="0"/>'],
  ['open le true', '<c a="open" o="not-null"/>'],
  ['open gt true', NEVER],
  ['open lt open', '<filter type="and"><c a="open" o="eq" value="0"/><c a="open" o="eq" value="1"/></filter>'],
  ["contains(name,'a%')", '<c a="name" o="like" value="%a%%"/>'],
  ["not startswith(name,'a')", `<filter type="and"><c a="name" o="not-like" value="a%"/>${NOT_NULL}</filter>`],
  ['modifiedon ge 2026-01-01', '<c a="modifiedon" o="ge" value="2026-01-01T00:00:00Z"/>'],
  ['modifiedon lt 2026-01-01T02:00:00+02:00', '<c a="modifiedon" o="lt" value="2026-01-01T00:00:00Z"/>'],
  ['modifiedon lt 2026-01-01T00:00:00.5Z', '<c a="modifiedon" o="le" value="2026-01-01T00:00:00Z"/>'],
  ['modifiedon eq 2026-01-01T00:00:00.5Z', NEVER],
  ['founded eq 2026-01-01', '<c a="founded" o="eq" value="2026-01-01"/>'],
  [
    "not (name eq 'x' and open eq false)",
    `<filter type="or"><filter type="or"><c a="name" o="ne" value="x"/>${NULL}</filter><filter type="or"><c a="open" o="ne" value="0"/><c a="open" o="null"/></filter></filter>`,
  ],
  [
    'name eq fax',
    `<filter type="or"><c a="name" o="eq" valueof="fax"/><filter type="and">${NULL}<c a="fax" o="null"/></filter></filter>`,
  ],
  [
    "Microsoft.Dynamics.CRM.In(PropertyName='name',PropertyValues=['<a>'])",
    '<c a="name" o="in"><value>&lt;a&gt;</value></c>'.replace('</c>', '</condition>'),
  ],
  [
    "not Microsoft.Dynamics.CRM.In(PropertyName='name',PropertyValues=['a','b'])",
    `<filter type="or"><c a="name" o="not-in"><value>a</value><value>b</value></condition>${NULL}</filter>`,
  ],
  [
    "not Microsoft.Dynamics.CRM.EqualUserId(PropertyName='ownerid')",
    '<filter type="or"><c a="ownerid" o="ne-userid"/><c a="ownerid" o="null"/></filter>',
  ],
])('%s', (text, expected) => {
  expect(printed(parseTableFilter(text, account))).toBe(expected)
})

test('a column that cannot be read is refused with its place', () => {
  const value = { type: 'text', value: 'x' } as const
  expect(() =>
    filterConditions(account, { kind: 'compare', column: 'nome', operator: 'eq', value, position: 3 }),
  ).toThrow(
    expect.objectContaining({
      code: 'invalid',
      place: { table: 'account', column: 'nome', position: 3, rule: 'unknown-column' },
    }),
  )
})
