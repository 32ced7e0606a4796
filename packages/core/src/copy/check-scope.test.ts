import { expect, test } from 'vitest'
import { column, tableMetadata } from '../testing/sample-metadata.ts'
import { checkConfiguration, problemsOf } from './check-configuration.ts'
import type { TableConfiguration } from './configuration.ts'

const account = tableMetadata('account', [
  column('name', 'text'),
  column('createdon', 'datetime', { clock: 'utc' }),
  column('primarycontactid', 'lookup', { targets: [{ table: 'contact' }] }),
])
const contact = tableMetadata('contact', [
  column('fullname', 'text'),
  column('parentcustomerid', 'lookup', { targets: [{ table: 'account' }, { table: 'contact' }] }),
  column('ownerid', 'lookup', { targets: [{ table: 'systemuser' }] }),
])
const catalogue = new Map([account, contact].map((table) => [table.name, table]))
const FETCH = '<fetch><entity name="account"><filter/></entity></fetch>'

const rulesOf = (tables: Readonly<Record<string, TableConfiguration>>): readonly (string | undefined)[] =>
  problemsOf({ tables }, catalogue).map(({ place }) => place.rule)

test('FetchXML, filters and related rows become the scope of the table', () => {
  const tables = checkConfiguration(
    {
      tables: {
        account: {
          syncFilter: "name eq 'x'",
          related: [{ direction: 'parents', table: 'contact', lookup: 'parentcustomerid' }],
        },
        contact: { related: [{ direction: 'children', table: 'account', lookup: 'parentcustomerid' }] },
      },
    },
    catalogue,
  )
  expect(tables.get('account')?.scope).toMatchObject({
    filter: { kind: 'compare' },
    related: [{ direction: 'parents', table: { name: 'contact' }, lookup: 'parentcustomerid', filter: null }],
  })
  expect(tables.get('contact')?.scope).toMatchObject({
    filter: null,
    related: [{ direction: 'children', filter: { kind: 'compare', column: 'name' } }],
  })
  expect(checkConfiguration({ tables: { account: { syncFetchXml: FETCH } } }, catalogue).get('account')?.scope).toEqual(
    {
      filter: null,
      fetchXml: FETCH,
    },
  )
})

test.each([
  ['a filter beside FetchXML', { account: { syncFilter: 'name ne null', syncFetchXml: FETCH } }, 'filter-twice'],
  ['no FetchXML at all', { account: { syncFetchXml: "name eq 'x'" } }, 'fetchxml-root'],
  ['FetchXML that ends early', { account: { syncFetchXml: '<fetch><entity name="account">' } }, 'fetchxml-root'],
  ['FetchXML of another table', { contact: { syncFetchXml: FETCH } }, 'fetchxml-entity'],
  [
    'a commented entity',
    { account: { syncFetchXml: '<fetch><!-- <entity name="account"/> --><entity name="contact"/></fetch>' } },
    'fetchxml-entity',
  ],
  [
    'a related table that is not kept',
    { contact: { related: [{ direction: 'children', table: 'account', lookup: 'parentcustomerid' }] } },
    'related-table',
  ],
  [
    'a related column that is no lookup',
    { account: {}, contact: { related: [{ direction: 'children', table: 'account', lookup: 'fullname' }] } },
    'related-lookup',
  ],
  [
    'a related lookup that points elsewhere',
    { account: {}, contact: { related: [{ direction: 'children', table: 'account', lookup: 'ownerid' }] } },
    'related-lookup',
  ],
  [
    'a related lookup of the wrong side',
    { account: {}, contact: { related: [{ direction: 'parents', table: 'account', lookup: 'parentcustomerid' }] } },
    'related-lookup',
  ],
  [
    'a related table that is chosen by FetchXML',
    {
      account: { syncFetchXml: FETCH },
      contact: { related: [{ direction: 'children', table: 'account', lookup: 'parentcustomerid' }] },
    },
    'related-fetchxml',
  ],
  [
    'a circle of related rows without any to begin with',
    {
      account: { related: [{ direction: 'parents', table: 'contact', lookup: 'parentcustomerid' }] },
      contact: { related: [{ direction: 'children', table: 'account', lookup: 'parentcustomerid' }] },
    },
    'related-circle',
  ],
  [
    'a `not` that the master refuses',
    { account: { syncFilter: "not Microsoft.Dynamics.CRM.Today(PropertyName='createdon')" } },
    'negated-function',
  ],
  [
    'a function that only the master knows',
    { account: { syncFilter: "Microsoft.Dynamics.CRM.ThisFiscalYear(PropertyName='createdon')" } },
    'unsupported-function',
  ],
] satisfies readonly (readonly [string, Readonly<Record<string, TableConfiguration>>, string])[])(
  '%s is refused by name',
  (_what, tables, rule) => {
    expect(new Set(rulesOf(tables))).toEqual(new Set([rule]))
    expect(problemsOf({ tables }, catalogue).at(-1)?.place.table).toBe(Object.keys(tables).at(-1))
  },
)

test('a function of the clock may stand in an upload filter behind a `not`, where only this side evaluates it', () => {
  const text = "not Microsoft.Dynamics.CRM.Today(PropertyName='createdon')"
  expect(rulesOf({ account: { uploadFilter: text } })).toEqual([])
})
