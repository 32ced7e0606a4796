import { MasterError } from '@outpost/core'
import { expect, test } from 'vitest'
import { A, account, accountContact, B, C, column, incident } from './sample-tables.test-support.ts'
import { canonicalDecimal, masterRow, needsLookupTables, selectList } from './values.ts'

const etag = { '@odata.etag': 'W/"7"' }

test('a row has exactly the columns asked for, under their logical names', () => {
  const wire = {
    ...etag,
    accountid: A.toUpperCase(),
    name: 'Adatum',
    revenue: 80000,
    versionnumber: 7,
    _primarycontactid_value: B.toUpperCase(),
    '_primarycontactid_value@OData.Community.Display.V1.FormattedValue': 'Nancy',
    _transactioncurrencyid_value: C,
  }
  expect(masterRow(account, ['name', 'revenue', 'primarycontactid'], wire)).toEqual({
    id: A,
    version: 'W/"7"',
    values: { name: 'Adatum', revenue: 80000, primarycontactid: B },
  })
})

test('null stays null, and what was not answered stays absent', () => {
  const { values } = masterRow(account, ['name', 'primarycontactid', 'revenue'], {
    ...etag,
    accountid: A,
    name: null,
    _primarycontactid_value: null,
  })
  expect(values).toEqual({ name: null, primarycontactid: null })
})

test('a polymorphic lookup says which table it points to', () => {
  const wire = {
    ...etag,
    incidentid: A,
    _customerid_value: B,
    '_customerid_value@Microsoft.Dynamics.CRM.lookuplogicalname': 'contact',
  }
  expect(masterRow(incident, ['customerid'], wire).values).toEqual({ customerid: B, customerid$table: 'contact' })
  const empty = masterRow(incident, ['customerid'], { ...etag, incidentid: A, _customerid_value: null })
  expect(empty.values).toEqual({ customerid: null, customerid$table: null })
})

test('a link is known by the two rows it connects', () => {
  const row = masterRow(accountContact, ['accountid'], {
    ...etag,
    new_account_contactid: C,
    accountid: A,
    contactid: B,
  })
  expect(row).toEqual({ id: `${A}:${B}`, version: 'W/"7"', values: { accountid: A } })
})

test.each([
  ['no object', 'x'],
  ['no key', { ...etag, name: 'x' }],
  ['a key that is no GUID', { ...etag, accountid: 'x' }],
  ['an object for a value', { ...etag, accountid: A, name: {} }],
  ['a polymorphic lookup without its table', { ...etag, accountid: A, _ownerid_value: B }],
])('an answer with %s is not a Dataverse row', (_name, wire) => {
  expect(() => masterRow(account, ['name', 'ownerid'], wire)).toThrow(MasterError)
})

test('a row without an etag never keeps its version when it changes', () => {
  const version = (wire: object): string => masterRow(account, ['name'], { accountid: A, ...wire }).version
  expect(version({ versionnumber: 8 })).toBe('W/"8"')
  expect(version({ name: 'one' })).not.toBe(version({ name: 'two' }))
})

test.each([
  ['bigint', 42, '42'],
  ['bigint', '9007199254740993', '9007199254740993'],
  ['money', 80000.5, 80000.5],
  ['money', -0, 0],
  ['money', '922337203685477.5807', '922337203685477.5807'],
  ['decimal', '12345678901234567.1000', '12345678901234567.1'],
  ['double', '47.639583333333334', 47.639583333333334],
  ['integer', 5, 5],
  ['integer', '+45 1', '+45 1'],
  ['decimal', '', ''],
  ['boolean', false, false],
  ['datetime', '2023-04-18T20:00:00Z', '2023-04-18T20:00:00Z'],
  ['date', '1990-01-02', '1990-01-02'],
  ['choices', '1,2,3', '1,2,3'],
  ['guid', B.toUpperCase(), B],
  ['text', B.toUpperCase(), B.toUpperCase()],
  ['text', null, null],
] as const)('a %s column holds %j as %j', (type, value, kept) => {
  const table = { ...account, columns: [...account.columns, column('x', type)] }
  expect(masterRow(table, ['x'], { ...etag, accountid: A, x: value }).values['x']).toBe(kept)
})

test.each([
  ['0.10', 0.1],
  ['-5.0000', -5],
  ['1000000000000000000', '1000000000000000000'],
  ['123456789012345', 123456789012345],
  ['123456789012345.000', 123456789012345],
  ['1234567890123456', '1234567890123456'],
  ['0.1234567890123456', '0.1234567890123456'],
])('the decimal %s is kept as %j', (numeral, kept) => {
  expect(canonicalDecimal(numeral)).toBe(kept)
})

test('selects the key, and lookups by the name that can be selected', () => {
  expect(selectList(account, ['name', 'primarycontactid'], ['versionnumber'])).toBe(
    'accountid,name,_primarycontactid_value,versionnumber',
  )
  expect(selectList(accountContact, [])).toBe('new_account_contactid,accountid,contactid')
})

test.each(['nosuchcolumn', 'primarycontactidname', '_primarycontactid_value'])('refuses to select %s', (name) => {
  expect(() => selectList(account, [name])).toThrow(expect.objectContaining({ code: 'invalid' }))
})

test('asks for the tables of lookups only where there is a choice', () => {
  expect(needsLookupTables(account, ['name', 'primarycontactid'])).toBe(false)
  expect(needsLookupTables(account, ['ownerid'])).toBe(true)
})
