import type { Configuration, Draft, ErrorPlace, Query, TableConfiguration } from '@outpost/core'
import { expect, test } from 'vitest'
import { anyRow, CONFIGURATION, converges, failureOf, faultWorld } from './fault-world.ts'
import type { Device } from './fault-world.ts'

/* Bad input: refused where it is given, with the place and the rule, and nothing of it kept or sent. */

const CONFIGURATIONS: readonly (readonly [string, Configuration, ErrorPlace])[] = [
  ['an unknown table', { tables: { acount: {} } }, { table: 'acount', rule: 'unknown-table' }],
  ['a table by its set name', { tables: { accounts: {} } }, { table: 'accounts', rule: 'unknown-table' }],
  ['a table in capitals', { tables: { Account: {} } }, { table: 'Account', rule: 'unknown-table' }],
  [
    'an unknown column',
    account({ columns: ['name', 'nmae'] }),
    { table: 'account', column: 'nmae', rule: 'unknown-column' },
  ],
  [
    'a column by its name on the wire',
    account({ columns: ['_primarycontactid_value'] }),
    { table: 'account', column: '_primarycontactid_value', rule: 'unknown-column' },
  ],
  [
    'an unknown option',
    account({ syncfilter: 'x' } as TableConfiguration),
    { table: 'account', rule: 'unknown-option' },
  ],
  ['an unknown policy', account({ conflictPolicy: 'mine' as 'merge' }), { table: 'account', rule: 'conflict-policy' }],
  [
    'a filter that ends too early',
    account({ syncFilter: "name eq 'x' and" }),
    { table: 'account', rule: 'filter-syntax', position: 15 },
  ],
  [
    'a filter with an open parenthesis',
    account({ syncFilter: "(name eq 'x'" }),
    { rule: 'filter-syntax', position: 12 },
  ],
  ['a filter with an open text', account({ syncFilter: "name eq 'x" }), { rule: 'filter-syntax', position: 8 }],
  [
    'a filter with an unknown operator',
    account({ syncFilter: "name like 'x'" }),
    { rule: 'filter-syntax', position: 5 },
  ],
  [
    'a filter with an unknown function',
    account({ syncFilter: 'length(name) gt 3' }),
    { rule: 'unknown-function', position: 0 },
  ],
  [
    'a filter with an unknown query function',
    account({
      syncFilter: "name ne null and Microsoft.Dynamics.CRM.LastXDecades(PropertyName='createdon',PropertyValue=3)",
    }),
    { rule: 'unknown-function', position: 17 },
  ],
  ['an empty filter', account({ syncFilter: '' }), { rule: 'filter-syntax', position: 0 }],
  [
    'a filter of an unknown column',
    account({ syncFilter: "name eq 'x' or nmae eq 'x'" }),
    { table: 'account', column: 'nmae', rule: 'unknown-column', position: 15 },
  ],
  [
    'a filter with a value of another type',
    account({ syncFilter: "numberofemployees gt '5'" }),
    { table: 'account', column: 'numberofemployees', rule: 'value-type', position: 21 },
  ],
  [
    'an upload filter of a column that is not kept',
    account({ columns: ['name'], uploadFilter: 'telephone1 ne null' }),
    { table: 'account', column: 'telephone1', rule: 'not-selected' },
  ],
  [
    'an index of an unknown column',
    account({ indexes: [['nmae']] }),
    { table: 'account', column: 'nmae', rule: 'not-selected' },
  ],
  ['an index without columns', account({ indexes: [[]] }), { table: 'account', rule: 'index' }],
  [
    'an index of exact decimals',
    account({ columns: ['revenue'], indexes: [['revenue']] }),
    { table: 'account', column: 'revenue', rule: 'index' },
  ],
  [
    'links without one of the linked tables',
    { tables: { new_skill: {}, new_skill_bookableresource: {} } },
    { table: 'new_skill_bookableresource', rule: 'intersect-sides' },
  ],
]

test('a configuration that breaks a rule is refused as a whole, and names its place', async () => {
  const there = await faultWorld()
  const device = await there.synced()
  const rows = await device.rows('account')
  const asked = there.proxy.requests().length
  for (const [name, configuration, place] of CONFIGURATIONS) {
    const mixed: Configuration = { tables: { incident: {}, ...configuration.tables } }
    const failure = await failureOf(device.org.configure(mixed))
    expect({ name, code: failure.code, place: failure.place }).toMatchObject({ name, code: 'invalid', place })
    expect({ name, configuration: device.org.configuration }).toEqual({ name, configuration: CONFIGURATION })
  }
  expect(await device.rows('account')).toEqual(rows)
  expect(there.proxy.requests()).toHaveLength(asked)
  await converges(there, device)
})

const QUERIES: readonly (readonly [string, Query, ErrorPlace])[] = [
  ['filter syntax', { where: "name eq 'x' nad true" }, { rule: 'filter-syntax', position: 12 }],
  [
    'an unknown column in the filter',
    { where: 'nmae eq null' },
    { table: 'account', column: 'nmae', rule: 'unknown-column', position: 0 },
  ],
  [
    'a column that is not kept',
    { where: 'websiteurl eq null' },
    { table: 'account', column: 'websiteurl', rule: 'not-selected' },
  ],
  ['a value of another type', { where: 'name eq 5' }, { table: 'account', column: 'name', rule: 'value-type' }],
  [
    'an unknown column in the order',
    { orderBy: ['nmae'] },
    { table: 'account', column: 'nmae', rule: 'unknown-column' },
  ],
  ['order syntax', { orderBy: ['name upwards'] }, { table: 'account', rule: 'order-syntax' }],
  ['a negative limit', { limit: -1 }, { table: 'account', rule: 'limit' }],
  ['a limit that is no whole number', { limit: 1.5 }, { table: 'account', rule: 'limit' }],
]

test('a query that breaks a rule is refused, and names its place', async () => {
  const there = await faultWorld()
  const { org } = await there.synced()
  for (const [name, query, place] of QUERIES) {
    const failure = await failureOf(org.table('account').query(query))
    expect({ name, code: failure.code, place: failure.place }).toMatchObject({ name, code: 'invalid', place })
    expect(() => org.table('account').watch(query, () => {})).toThrow(failure.message)
  }
  expect(() => org.table('acount')).toThrow(/unknown|not among/)
})

const WIDE: Configuration = {
  tables: {
    account: {},
    contact: {},
    incident: {},
    new_skill: {},
    bookableresource: {},
    new_skill_bookableresource: {},
    new_equipment: {},
    new_reading: {},
    msdyn_workorder: {},
    opportunity: { columns: ['name'] },
    transactioncurrency: {},
    task: {},
  },
}

const GUID = '0f0f0f0f-0000-4000-8000-00000000000a'

/** Each is given with the table and the row that it is about; `row` is a row that is there. */
const WRITES: readonly (readonly [string, string, (draft: Draft, row: string) => unknown, ErrorPlace])[] = [
  ['an unknown table', 'account', (draft) => draft.create('acount', {}), { table: 'acount', rule: 'unknown-table' }],
  [
    'a table that is not kept',
    'account',
    (draft) => draft.create('phonecall', {}),
    { table: 'phonecall', rule: 'unknown-table' },
  ],
  [
    'an unknown column',
    'account',
    (draft, row) => draft.update('account', row, { nmae: 'x' }),
    { table: 'account', column: 'nmae', rule: 'unknown-column' },
  ],
  [
    'a column in capitals',
    'account',
    (draft, row) => draft.update('account', row, { Name: 'x' }),
    { table: 'account', column: 'Name', rule: 'unknown-column' },
  ],
  [
    'a column that is not kept',
    'opportunity',
    (draft, row) => draft.update('opportunity', row, { discount: 5 }),
    { table: 'opportunity', column: 'discount', rule: 'not-selected' },
  ],
  [
    'a text that is too long',
    'account',
    (draft, row) => draft.update('account', row, { accountnumber: 'x'.repeat(21) }),
    { table: 'account', column: 'accountnumber', rule: 'max-length' },
  ],
  [
    'a memo that is too long',
    'account',
    (draft) => draft.create('account', { name: 'x', description: 'x'.repeat(2001) }),
    { column: 'description', rule: 'max-length' },
  ],
  [
    'a number for a text',
    'account',
    (draft, row) => draft.update('account', row, { name: 5 }),
    { column: 'name', rule: 'value-type' },
  ],
  [
    'a whole number below its minimum',
    'account',
    (draft, row) => draft.update('account', row, { numberofemployees: -1 }),
    { column: 'numberofemployees', rule: 'range' },
  ],
  [
    'a whole number above its maximum',
    'account',
    (draft, row) => draft.update('account', row, { numberofemployees: 1_000_000_001 }),
    { column: 'numberofemployees', rule: 'range' },
  ],
  [
    'a fraction for a whole number',
    'account',
    (draft, row) => draft.update('account', row, { numberofemployees: 1.5 }),
    { column: 'numberofemployees', rule: 'value-type' },
  ],
  [
    'money below its minimum',
    'account',
    (draft, row) => draft.update('account', row, { revenue: -0.01 }),
    { column: 'revenue', rule: 'range' },
  ],
  [
    'money that is no number',
    'account',
    (draft, row) => draft.update('account', row, { revenue: '1e5' }),
    { column: 'revenue', rule: 'value-type' },
  ],
  [
    'a decimal above its maximum',
    'new_reading',
    (draft, row) => draft.update('new_reading', row, { new_value: '1000000.0001' }),
    { column: 'new_value', rule: 'range' },
  ],
  [
    'a double out of range',
    'msdyn_workorder',
    (draft, row) => draft.update('msdyn_workorder', row, { msdyn_latitude: 91 }),
    { column: 'msdyn_latitude', rule: 'range' },
  ],
  [
    'a number that is none',
    'msdyn_workorder',
    (draft, row) => draft.update('msdyn_workorder', row, { msdyn_latitude: Number.NaN }),
    { column: 'msdyn_latitude', rule: 'value-type' },
  ],
  [
    'a text for a flag',
    'account',
    (draft, row) => draft.update('account', row, { creditonhold: 'yes' }),
    { column: 'creditonhold', rule: 'value-type' },
  ],
  [
    'an unknown choice',
    'account',
    (draft, row) => draft.update('account', row, { accountcategorycode: 3 }),
    { column: 'accountcategorycode', rule: 'option' },
  ],
  [
    'the label of a choice',
    'account',
    (draft, row) => draft.update('account', row, { accountcategorycode: 'Standard' }),
    { column: 'accountcategorycode', rule: 'value-type' },
  ],
  [
    'an unknown choice among several',
    'msdyn_workorder',
    (draft, row) => draft.update('msdyn_workorder', row, { new_safetymeasures: '1,99' }),
    { column: 'new_safetymeasures', rule: 'option' },
  ],
  [
    'a date that does not exist',
    'contact',
    (draft, row) => draft.update('contact', row, { birthdate: '2026-02-30' }),
    { column: 'birthdate', rule: 'value-type' },
  ],
  [
    'a date before all dates',
    'contact',
    (draft, row) => draft.update('contact', row, { birthdate: '1752-12-31' }),
    { column: 'birthdate', rule: 'range' },
  ],
  [
    'a time for a date',
    'contact',
    (draft, row) => draft.update('contact', row, { birthdate: '2026-05-01T00:00:00Z' }),
    { column: 'birthdate', rule: 'value-type' },
  ],
  [
    'a time that is none',
    'new_reading',
    (draft, row) => draft.update('new_reading', row, { new_readon: 'yesterday' }),
    { column: 'new_readon', rule: 'value-type' },
  ],
  [
    'a time before all times',
    'new_reading',
    (draft, row) => draft.update('new_reading', row, { new_readon: '1700-01-01T00:00:00Z' }),
    { column: 'new_readon', rule: 'range' },
  ],
  [
    'a lookup that is no id',
    'account',
    (draft, row) => draft.update('account', row, { primarycontactid: 'Ann' }),
    { column: 'primarycontactid', rule: 'value-type' },
  ],
  [
    'a lookup to one of several tables that is not named',
    'contact',
    (draft, row) => draft.update('contact', row, { parentcustomerid: GUID }),
    { column: 'parentcustomerid', rule: 'lookup-target' },
  ],
  [
    'a lookup to a table it cannot point to',
    'contact',
    (draft, row) => draft.update('contact', row, { parentcustomerid: GUID, parentcustomerid$table: 'incident' }),
    { column: 'parentcustomerid', rule: 'lookup-target' },
  ],
  [
    'a target without its lookup',
    'contact',
    (draft, row) => draft.update('contact', row, { parentcustomerid$table: 'account' }),
    { column: 'parentcustomerid$table', rule: 'lookup-target' },
  ],
  [
    'nothing for what is required',
    'transactioncurrency',
    (draft, row) => draft.update('transactioncurrency', row, { exchangerate: null }),
    { column: 'exchangerate', rule: 'required' },
  ],
  [
    'a value for the primary key',
    'account',
    (draft, row) => draft.update('account', row, { accountid: GUID }),
    { column: 'accountid', rule: 'read-only' },
  ],
  [
    'a value for a computed column',
    'contact',
    (draft, row) => draft.update('contact', row, { fullname: 'x' }),
    { column: 'fullname', rule: 'read-only' },
  ],
  [
    'a value for a column of the system',
    'account',
    (draft, row) => draft.update('account', row, { modifiedon: '2026-05-01T08:00:00Z' }),
    { column: 'modifiedon', rule: 'read-only' },
  ],
  [
    'a state on create',
    'account',
    (draft) => draft.create('account', { name: 'x', statecode: 1 }),
    { column: 'statecode', rule: 'read-only' },
  ],
  [
    'a file',
    'new_equipment',
    (draft, row) => draft.update('new_equipment', row, { new_manual: GUID }),
    { table: 'new_equipment', column: 'new_manual' },
  ],
  [
    'an update of a row that is not held',
    'account',
    (draft) => draft.update('account', GUID, { name: 'x' }),
    { table: 'account', row: GUID, rule: 'unknown-row' },
  ],
  [
    'a delete of a row that is not held',
    'account',
    (draft) => draft.delete('account', GUID),
    { table: 'account', row: GUID, rule: 'unknown-row' },
  ],
  [
    'a create of a row that is held',
    'account',
    (draft, row) => draft.create('account', { name: 'x' }, row),
    { table: 'account', rule: 'row-exists' },
  ],
  [
    'an id that is no GUID',
    'account',
    (draft) => draft.create('account', { name: 'x' }, '42'),
    { table: 'account', row: '42', rule: 'row-id' },
  ],
  [
    'a link made as a row',
    'account',
    (draft) => draft.create('new_skill_bookableresource', {}),
    { table: 'new_skill_bookableresource', rule: 'intersect' },
  ],
  [
    'an unknown relationship',
    'account',
    (draft, row) => draft.associate('new_skills', { table: 'account', id: row }, { table: 'contact', id: GUID }),
    { rule: 'unknown-relationship' },
  ],
  [
    'a link of tables that the relationship does not link',
    'account',
    (draft, row) =>
      draft.associate('new_Skill_BookableResource', { table: 'account', id: row }, { table: 'contact', id: GUID }),
    { table: 'new_skill_bookableresource', rule: 'relationship-sides' },
  ],
  [
    'a status of another state',
    'task',
    (draft, row) => draft.update('task', row, { statecode: 0, statuscode: 5 }),
    { table: 'task', column: 'statuscode', rule: 'status-of-state' },
  ],
]

test('a write that breaks a rule of the metadata is refused as a whole, with its place, and nothing of it is kept or sent', async () => {
  const there = await faultWorld()
  const device = await there.synced({ configuration: WIDE })
  const before = await held(device)
  const asked = there.proxy.requests().length
  for (const [name, table, body, place] of WRITES) {
    const metadata = await device.org.masterTable(table)
    const row = String((await anyRow(device, table))[metadata?.primaryId ?? ''])
    const write = device.org.write((draft) => {
      draft.create('account', { name: 'Good, beside the bad' })
      body(draft, row)
    })
    const failure = await failureOf(write)
    expect({ name, code: failure.code, place: failure.place }).toMatchObject({ name, code: 'invalid', place })
  }
  expect(await device.org.outbox.list({ statuses: 'all' })).toEqual([])
  expect(await held(device)).toEqual(before)
  expect(there.proxy.requests()).toHaveLength(asked)
})

test('a write whose body throws keeps nothing', async () => {
  const there = await faultWorld()
  const device = await there.synced()
  const before = await device.rows('account')
  const own = new RangeError('the application changed its mind')
  const write = device.org.write((draft) => {
    draft.create('account', { name: 'Never' })
    throw own
  })
  await expect(write).rejects.toBe(own)
  expect(await device.rows('account')).toEqual(before)
  expect(await device.org.outbox.counts()).toMatchObject({ pending: 0 })
})

function account(table: TableConfiguration): Configuration {
  return { tables: { account: table } }
}

async function held(device: Device): Promise<unknown> {
  return Promise.all(Object.keys(WIDE.tables).map((table) => device.rows(table)))
}
