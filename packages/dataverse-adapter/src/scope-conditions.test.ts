import type { Filter, RowScope } from '@outpost/core'
import { expect, test } from 'vitest'
import { fetchText } from './fetch-element.ts'
import { account, column, contact as bare } from './sample-tables.test-support.ts'
import { canRepeat, scopeConditions } from './scope-conditions.ts'

const parent = column('parentcustomerid', 'lookup', { targets: [{ table: 'account' }, { table: 'contact' }] })
const contact = { ...bare, columns: [...bare.columns, parent] }

const named = (column: string, value: string): Filter => ({
  kind: 'compare',
  column,
  operator: 'eq',
  value: { type: 'text', value },
  position: 0,
})

function text(scope: RowScope): string {
  const { filters, links } = scopeConditions(account, scope)
  return [...filters, ...links].map(fetchText).join('')
}

const CONDITION = '<condition attribute="name" operator="eq" value="x"/>'
const parents = { direction: 'parents', table: contact, lookup: 'parentcustomerid', filter: null } as const
const PARENTS = '<link-entity name="contact" from="parentcustomerid" to="accountid" link-type="any"/>'

test('related rows stand beside the own filter, or alone where there is none', () => {
  expect(text({ filter: null, related: [parents] })).toBe(`<filter type="or">${PARENTS}</filter>`)
  expect(text({ filter: named('name', 'x'), related: [parents] })).toBe(
    `<filter type="or"><filter type="and">${CONDITION}</filter>${PARENTS}</filter>`,
  )
})

test('children are found by the own lookup, under the filter of the other table', () => {
  const related = [
    { direction: 'children', table: contact, lookup: 'primarycontactid', filter: named('fullname', 'y') } as const,
  ]
  expect(text({ filter: null, related })).toBe(
    '<filter type="or"><link-entity name="contact" from="contactid" to="primarycontactid" link-type="any"><filter type="and"><condition attribute="fullname" operator="eq" value="y"/></filter></link-entity></filter>',
  )
})

test('related rows of related rows are joined behind them, beside the filter there or alone', () => {
  const behind = { direction: 'children', table: account, lookup: 'parentcustomerid', filter: null } as const
  const ACCOUNTS = '<link-entity name="account" from="accountid" to="parentcustomerid" link-type="any"/>'
  const open = '<link-entity name="contact" from="parentcustomerid" to="accountid" link-type="any"><filter type="or">'
  expect(text({ filter: null, related: [{ ...parents, related: [behind] }] })).toBe(
    `<filter type="or">${open}${ACCOUNTS}</filter></link-entity></filter>`,
  )
  expect(text({ filter: null, related: [{ ...parents, filter: named('fullname', 'y'), related: [behind] }] })).toBe(
    `<filter type="or">${open}<filter type="and"><condition attribute="fullname" operator="eq" value="y"/></filter>${ACCOUNTS}</filter></link-entity></filter>`,
  )
})

test('FetchXML without a condition wants everything, whatever is related', () => {
  expect(text({ filter: null, fetchXml: '<fetch><entity name="account"/></fetch>', related: [parents] })).toBe('')
})

test('a filter and FetchXML must both hold', () => {
  const fetchXml = `<fetch><entity name="account"><filter>${CONDITION}</filter></entity></fetch>`
  expect(text({ filter: named('name', 'x'), fetchXml })).toBe(
    `<filter>${CONDITION}</filter><filter type="and">${CONDITION}</filter>`,
  )
})

test('joins become conditions where related rows are wanted besides; what compares joins with each other cannot', () => {
  const join = (type: string, inner = ''): string =>
    `<link-entity name="contact" from="parentcustomerid" to="accountid" link-type="${type}" alias="c">${inner}</link-entity>`
  const fetch = (inner: string): string => `<fetch><entity name="account">${inner}</entity></fetch>`
  const inner = `<filter><condition attribute="fullname" operator="null"/></filter>`
  expect(text({ filter: null, fetchXml: fetch(join('inner', inner) + join('outer')), related: [parents] })).toBe(
    `<filter type="or"><link-entity name="contact" from="parentcustomerid" to="accountid" link-type="any">${inner}</link-entity>${PARENTS}</filter>`,
  )
  const without = fetch(
    `<filter><condition entityname="c" attribute="contactid" operator="null"/></filter>${join('outer')}`,
  )
  expect(text({ filter: null, fetchXml: without })).toContain('link-type="outer"')
  expect(() => text({ filter: null, fetchXml: without, related: [parents] })).toThrow(
    expect.objectContaining({ code: 'invalid', place: { table: 'account', rule: 'fetchxml-related' } }),
  )
})

test('only joins by something else than the other key can give a row twice', () => {
  const link = (from: string, type = 'inner'): Parameters<typeof canRepeat>[0] => [
    { name: 'link-entity', attributes: { name: 'contact', from, to: 'accountid', 'link-type': type }, children: [] },
  ]
  expect(canRepeat(link('parentcustomerid'))).toBe(true)
  expect(canRepeat(link('parentcustomerid', 'exists'))).toBe(false)
  expect(canRepeat(link('contactid'))).toBe(false)
  expect(canRepeat([{ name: 'link-entity', attributes: { name: 'contact' }, children: [] }])).toBe(true)
})
