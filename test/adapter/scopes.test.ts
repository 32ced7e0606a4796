import type { Filter, MasterOrg, RowScope, TableMetadata } from '@outpost/core'
import { parseTableFilter, QUERY_FUNCTIONS } from '@outpost/core'
import { expect, test } from 'vitest'
import { organisation, pullAll, readable, signal } from './organisation.ts'
import type { Organisation } from './organisation.ts'

type Values = ReturnType<Organisation['emulator']['master']['rows']>[number]['values']

async function idsOf(master: MasterOrg, table: TableMetadata, scope: RowScope): Promise<readonly string[]> {
  const ids: string[] = []
  for await (const page of master.versions({ table, scope }, signal)) ids.push(...page.map(({ id }) => id))
  expect(new Set(ids).size).toBe(ids.length)
  return ids.toSorted()
}

function all(org: Organisation, table: string, wanted: (values: Values) => boolean): readonly string[] {
  return org.emulator.master
    .rows(table)
    .filter(({ values }) => wanted(values))
    .map(({ id }) => id)
    .toSorted()
}

const EVERYTHING = '<fetch><entity name="account"/></fetch>'

/** Filters of the subset that together have every kind of node, with nulls, wildcards and dates. */
const FILTERS = [
  "name eq 'a' or name ne 'a'",
  "telephone1 ne '1'",
  "not (telephone1 eq '1')",
  'telephone1 eq null',
  'not (telephone1 eq null)',
  'revenue gt 100000',
  'not (revenue gt 100000)',
  'revenue gt null or not (revenue lt null)',
  'revenue ge 100 and (numberofemployees lt 50 or numberofemployees eq null)',
  'not (revenue ge 100 and numberofemployees lt 50)',
  "contains(name,'a')",
  "not contains(telephone1,'1')",
  "startswith(name,'_a') or endswith(name,'[as]')",
  'createdon ge 2020-01-01',
  'createdon lt 2024-06-01T00:00:00.5Z',
  'createdon ne 2024-06-01T00:00:00.5Z',
  'createdon eq 2024-06-01T00:00:00.5Z',
  'not (createdon gt 2024-01-01T02:00:00+02:00)',
  'modifiedon gt createdon',
  'telephone1 eq fax',
  'not (telephone1 eq fax)',
  'telephone1 ne fax',
  "Microsoft.Dynamics.CRM.In(PropertyName='industrycode',PropertyValues=['1','2','3'])",
  "not Microsoft.Dynamics.CRM.In(PropertyName='industrycode',PropertyValues=['1'])",
  "Microsoft.Dynamics.CRM.Between(PropertyName='revenue',PropertyValues=['1000','500000'])",
  "not Microsoft.Dynamics.CRM.Between(PropertyName='revenue',PropertyValues=['1000','500000'])",
  "Microsoft.Dynamics.CRM.EqualUserId(PropertyName='ownerid')",
  "not Microsoft.Dynamics.CRM.EqualUserId(PropertyName='primarycontactid')",
  'donotemail eq true or donotemail ne false',
]

function withoutUnknown(table: TableMetadata, texts: readonly string[]): readonly (readonly [string, Filter])[] {
  return texts.flatMap((text) => {
    try {
      return [[text, parseTableFilter(text, table)] as const]
    } catch {
      return []
    }
  })
}

const ARGUMENTS = { none: [], one: ['2026-01-01'], count: ['3'], two: ['2', '9'], many: ['1', '2'] } as const
const COLUMNS = {
  any: 'industrycode',
  ordered: 'revenue',
  ids: 'ownerid',
  dates: 'modifiedon',
  times: 'createdon',
} as const

function everyFunction(account: TableMetadata): readonly (readonly [string, Filter])[] {
  return Object.entries(QUERY_FUNCTIONS).flatMap(([name, { values, columns }]) => {
    if (columns === 'choices') return []
    const list = ARGUMENTS[values].map((value) => `'${value}'`).join(',')
    const written = { none: '', one: `,PropertyValue=${list}`, count: ',PropertyValue=3' }
    const given = values in written ? written[values as keyof typeof written] : `,PropertyValues=[${list}]`
    const text = `Microsoft.Dynamics.CRM.${name}(PropertyName='${COLUMNS[columns]}'${given})`
    return [[text, parseTableFilter(text, account)] as const]
  })
}

test('a filter selects the same rows as FetchXML as it does as OData', async () => {
  const org = await organisation()
  const account = org.table('account')
  const [first, second, third] = org.emulator.master.rows('account')
  for (const row of [first, second, third]) {
    org.emulator.master.update('account', row?.id ?? '', { telephone1: null, revenue: null, primarycontactid: null })
  }
  const filters = [...withoutUnknown(account, FILTERS), ...everyFunction(account)]
  expect(filters.length).toBeGreaterThan(60)
  for (const [text, filter] of filters) {
    const asked = await idsOf(org.master, account, { filter })
    const fetched = await idsOf(org.master, account, { filter, fetchXml: EVERYTHING })
    expect({ text, ids: fetched }).toEqual({ text, ids: asked })
  }
  const fetches = org.emulator.requests().filter(({ path }) => path.includes('fetchXml'))
  expect(fetches.length).toBeGreaterThanOrEqual(filters.length)
  org.emulator.assertNoUnexpected()
})

test('rows come out of FetchXML exactly as out of OData, nulls and lookups included', async () => {
  const org = await organisation()
  const [contact] = org.emulator.master.rows('contact')
  await org.emulator.as(org.emulator.users[0]?.name ?? '')('phonecalls', {
    method: 'POST',
    body: JSON.stringify({
      subject: 'With a party',
      phonecall_activity_parties: [
        { 'partyid_contact@odata.bind': `/contacts(${contact?.id})`, participationtypemask: 2 },
      ],
    }),
  })
  for (const name of [
    'account',
    'contact',
    'task',
    'phonecall',
    'incident',
    'annotation',
    'activityparty',
    'new_skill_bookableresource',
  ]) {
    const table = org.table(name)
    const columns = readable(table).filter((column) => column !== 'documentbody' && column !== 'versionnumber')
    const fetchXml = `<fetch><entity name="${name}"/></fetch>`
    const plain = await pullAll(org, table, { columns, pageSize: 40 })
    const fetched = await pullAll(org, table, { columns, pageSize: 40, scope: { filter: null, fetchXml } })
    expect({ name, some: plain.rows.length > 0 }).toEqual({ name, some: true })
    expect({ name, rows: fetched.rows }).toEqual({ name, rows: plain.rows })
    expect(fetched.pages).toBe(plain.pages)
  }
  org.emulator.assertNoUnexpected()
})

test('a join that finds several rows gives a row once, on every page and in every listing', async () => {
  const org = await organisation()
  const account = org.table('account')
  const fetchXml = `<fetch top-level="1" distinct="false"><entity name="account">
    <attribute name="name"/><order attribute="name" descending="true"/>
    <link-entity name="contact" from="parentcustomerid" to="accountid" alias="c"><attribute name="fullname"/></link-entity>
  </entity></fetch>`.replace(' top-level="1"', '')
  const parents = new Set(org.emulator.master.rows('contact').map(({ values }) => values['parentcustomerid']))
  const expected = all(org, 'account', ({ accountid }) => parents.has(accountid))
  expect(expected.length).toBeGreaterThan(2)
  const scope = { filter: null, fetchXml }
  expect(await idsOf(org.masterFor({ pageSize: 3 }), account, scope)).toEqual(expected)
  const { rows, pages } = await pullAll(org, account, { scope, pageSize: 3 })
  expect(rows.map(({ id }) => id).toSorted()).toEqual(expected)
  expect(pages).toBe(Math.ceil(expected.length / 3))
  const read = await org.master.read({ table: account, columns: ['name'], ids: expected, scope }, signal)
  expect(read.map(({ id }) => id).toSorted()).toEqual(expected)
  org.emulator.assertNoUnexpected()
})

test('an incremental pass over FetchXML gives what is new in it', async () => {
  const clock = { now: Date.UTC(2026, 5, 1) }
  const org = await organisation({ clock: () => clock.now })
  const account = org.table('account')
  const fetchXml = `<fetch><entity name="account"><filter><condition attribute="name" operator="like" value="Wanted%"/></filter></entity></fetch>`
  const scope = { filter: null, fetchXml }
  const wanted = org.emulator.master.create('account', { name: 'Wanted one' })
  const first = await pullAll(org, account, { scope })
  expect(first.rows.map(({ id }) => id)).toEqual([wanted])
  clock.now += 3_600_000
  const another = org.emulator.master.create('account', { name: 'Wanted two' })
  org.emulator.master.create('account', { name: 'Unwanted' })
  const second = await pullAll(org, account, { scope, checkpoint: first.checkpoint })
  expect(second.rows.map(({ id }) => id)).toEqual([wanted, another])
  clock.now += 3_600_000
  const third = await pullAll(org, account, { scope, checkpoint: second.checkpoint })
  clock.now += 3_600_000
  const fourth = await pullAll(org, account, { scope, checkpoint: third.checkpoint })
  expect(fourth.rows.map(({ id }) => id)).toEqual([another])
  org.emulator.assertNoUnexpected()
})

test('related scopes are what points to wanted rows and what they point to, besides what is wanted anyway', async () => {
  const org = await organisation()
  const account = org.table('account')
  const contact = org.table('contact')
  const [one, two] = org.emulator.master.rows('account')
  const filter = parseTableFilter(`accountid eq ${one?.id}`, account)
  const children = { direction: 'children', table: account, lookup: 'parentcustomerid', filter } as const
  const own = parseTableFilter("contains(fullname,'an')", contact)
  const isChild = (values: Values): boolean => values['parentcustomerid'] === one?.id
  const isOwn = (values: Values): boolean => /an/i.test(String(values['fullname']))
  expect(await idsOf(org.master, contact, { filter: null, related: [children] })).toEqual(all(org, 'contact', isChild))
  expect(await idsOf(org.master, contact, { filter: own, related: [children] })).toEqual(
    all(org, 'contact', (values) => isChild(values) || isOwn(values)),
  )

  const parents = {
    direction: 'parents',
    table: contact,
    lookup: 'parentcustomerid',
    filter: own,
  } as const
  const pointedTo = new Set(
    org.emulator.master.rows('contact').flatMap(({ values }) => (isOwn(values) ? [values['parentcustomerid']] : [])),
  )
  const scope = { filter: parseTableFilter(`accountid eq ${two?.id}`, account), related: [parents] }
  const expected = all(org, 'account', ({ accountid }) => pointedTo.has(accountid) || accountid === two?.id)
  expect(pointedTo.size).toBeGreaterThan(0)
  expect(await idsOf(org.master, account, scope)).toEqual(expected)
  const { rows } = await pullAll(org, account, { scope, pageSize: 3 })
  expect(rows.map(({ id }) => id).toSorted()).toEqual(expected)
  const ids = org.emulator.master.rows('account').map(({ id }) => id)
  const read = await org.master.read({ table: account, columns: [], ids, scope }, signal)
  expect(read.map(({ id }) => id).toSorted()).toEqual(expected)
  org.emulator.assertNoUnexpected()
})

test('FetchXML with joins has related rows added to it', async () => {
  const org = await organisation()
  const account = org.table('account')
  const contact = org.table('contact')
  const [one] = org.emulator.master.rows('account')
  const fetchXml = `<fetch><entity name="contact"><link-entity name="incident" from="customerid" to="contactid"/></entity></fetch>`
  const customers = new Set(org.emulator.master.rows('incident').map(({ values }) => values['customerid']))
  const filter = parseTableFilter(`accountid eq ${one?.id}`, account)
  const related = [{ direction: 'children', table: account, lookup: 'parentcustomerid', filter } as const]
  const alone = all(org, 'contact', ({ contactid }) => customers.has(contactid))
  expect(await idsOf(org.master, contact, { filter: null, fetchXml })).toEqual(alone)
  expect(await idsOf(org.master, contact, { filter: null, fetchXml, related })).toEqual(
    all(org, 'contact', ({ contactid, parentcustomerid }) => customers.has(contactid) || parentcustomerid === one?.id),
  )
  org.emulator.assertNoUnexpected()
})

test('links are read under a scope', async () => {
  const org = await organisation()
  const table = org.table('new_skill_bookableresource')
  const skill = org.table('new_skill')
  const [link] = org.emulator.master.rows(table.name)
  const wanted = String(link?.values['new_skillid'])
  const filter = parseTableFilter(`new_skillid eq ${wanted}`, skill)
  const related = [{ direction: 'children', table: skill, lookup: 'new_skillid', filter } as const]
  const ids = await idsOf(org.master, table, { filter: null, related })
  expect(ids).toHaveLength(all(org, table.name, ({ new_skillid: id }) => id === wanted).length)
  const everything = await idsOf(org.master, table, { filter: null })
  expect(everything.length).toBeGreaterThan(ids.length)
  const read = await org.master.read({ table, columns: [], ids: everything, scope: { filter: null, related } }, signal)
  expect(read.map(({ id }) => id).toSorted()).toEqual(ids)
})

test('a FetchXML that is too long for a URL goes in a batch', async () => {
  const org = await organisation()
  const account = org.table('account')
  const rows = org.emulator.master.rows('account')
  const values = Array.from({ length: 300 }, (_, index) => `<value>${rows[index % rows.length]?.id}</value>`)
  const fetchXml = `<fetch><entity name="account"><filter><condition attribute="accountid" operator="in">${values.join('')}</condition></filter></entity></fetch>`
  expect(await idsOf(org.master, account, { filter: null, fetchXml })).toEqual(rows.map(({ id }) => id).toSorted())
  expect(org.emulator.requests().map(({ method }) => method)).toContain('POST')
})

test('reading by id leaves out what the scope leaves out', async () => {
  const org = await organisation()
  const account = org.table('account')
  const rows = org.emulator.master.rows('account')
  const filter = parseTableFilter("startswith(name,'B')", account)
  const ids = rows.map(({ id }) => id)
  const read = await org.master.read({ table: account, columns: ['name'], ids, scope: { filter } }, signal)
  expect(read.map(({ id }) => id).toSorted()).toEqual(all(org, 'account', ({ name }) => /^b/i.test(String(name))))
  expect(read.length).toBeLessThan(ids.length)
})

test.each([
  ['<fetch><entity name="account"></fetch>', 'fetchxml-syntax'],
  ['not xml', 'fetchxml-syntax'],
  [
    '<fetch><entity name="account"><filter><condition attribute="name" operator="eq" value="&evil;"/></filter></entity></fetch>',
    'fetchxml-syntax',
  ],
  ['<!DOCTYPE x><fetch><entity name="account"/></fetch>', 'fetchxml-syntax'],
  ['<query/>', 'fetchxml-root'],
  ['<fetch/>', 'fetchxml-root'],
  ['<fetch><entity name="contact"/></fetch>', 'fetchxml-entity'],
  ['<fetch aggregate="true"><entity name="account"/></fetch>', 'fetchxml-attribute'],
  ['<fetch top="5"><entity name="account"/></fetch>', 'fetchxml-attribute'],
  ['<fetch count="5"><entity name="account"/></fetch>', 'fetchxml-attribute'],
  ['<fetch page="2"><entity name="account"/></fetch>', 'fetchxml-attribute'],
  ['<fetch><entity name="account"><condition attribute="name" operator="null"/></entity></fetch>', 'fetchxml-element'],
])('refuses %s before anything is sent', async (fetchXml, rule) => {
  const org = await organisation()
  const scope = { filter: null, fetchXml }
  const refused = await idsOf(org.master, org.table('account'), scope).catch((error: unknown) => error)
  expect(refused).toMatchObject({ code: 'invalid', place: { table: 'account', rule } })
  expect((refused as { remedy?: string }).remedy).toBeTruthy()
  expect(org.emulator.requests()).toEqual([])
})

/** The table as an organisation has it whose rows have no such columns. */
function without(table: TableMetadata, ...names: readonly string[]): TableMetadata {
  return { ...table, columns: table.columns.filter(({ name }) => !names.includes(name)) }
}

test.each([
  ['without versions', ['versionnumber']],
  ['without versions and times', ['versionnumber', 'modifiedon']],
] as const)('a table %s is read along the pages of FetchXML, each row once', async (_what, missing) => {
  const org = await organisation()
  const account = without(org.table('account'), ...missing)
  const fetchXml = `<fetch><entity name="account"><link-entity name="contact" from="parentcustomerid" to="accountid"/></entity></fetch>`
  const parents = new Set(org.emulator.master.rows('contact').map(({ values }) => values['parentcustomerid']))
  const expected = all(org, 'account', ({ accountid }) => parents.has(accountid))
  const { rows, checkpoint, pages } = await pullAll(org, account, {
    columns: ['name'],
    scope: { filter: null, fetchXml },
    pageSize: 2,
  })
  expect([...new Set(rows.map(({ id }) => id))].toSorted()).toEqual(expected)
  expect(pages).toBeGreaterThan(2)
  const again = await pullAll(org, account, { columns: ['name'], scope: { filter: null, fetchXml }, checkpoint })
  expect(new Set(again.rows.map(({ id }) => id)).size).toBeLessThanOrEqual(expected.length)
  org.emulator.assertNoUnexpected()
})

test('the bodies of notes are read when they are asked for, and never come along', async () => {
  const org = await organisation()
  const annotation = org.table('annotation')
  const body = 'QUJD'.repeat(1_000)
  const values = {
    subject: 'With a file',
    isdocument: true,
    filename: 'a.txt',
    mimetype: 'text/plain',
    documentbody: body,
  }
  const id = org.emulator.master.create('annotation', values)
  const before = org.master.traffic().bytesReceived
  const { rows } = await pullAll(org, annotation, { columns: ['subject', 'filename'] })
  expect(rows.find((row) => row.id === id)?.values).toEqual({ subject: 'With a file', filename: 'a.txt' })
  expect(org.master.traffic().bytesReceived - before).toBeLessThan(1_000 * rows.length)
  const [read] = await org.master.read({ table: annotation, columns: ['documentbody'], ids: [id] }, signal)
  expect(read?.values).toEqual({ documentbody: body })
})
