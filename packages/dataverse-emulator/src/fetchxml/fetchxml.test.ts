import { expect, test } from 'vitest'
import { bench, made, TECHNICIAN } from '../ask.test-support.ts'
import type { Answer } from '../ask.test-support.ts'

const EVERYTHING = { Prefer: 'odata.include-annotations="*"' }

function fetchAs(as?: string): (set: string, xml: string, headers?: Record<string, string>) => Promise<Answer> {
  return (set, xml, headers = {}) =>
    ask('GET', `${set}fetchXml=${encodeURIComponent(xml)}`.replace(/^(\w+)fetch/, '$1?fetch'), {
      headers,
      ...(as === undefined ? {} : { as }),
    })
}

const names = ({ json }: Answer, column = 'name'): string[] =>
  json.value.map((row: Record<string, string>) => row[column])

/** Three accounts and three contacts that no seed has. */
async function people(): Promise<Record<'a' | 'b' | 'c' | 'ann' | 'bea', string>> {
  const ann = await made(ask, 'contacts', { firstname: 'Ann', lastname: 'Fetched', jobtitle: 'x', annualincome: 5 })
  const bea = await made(ask, 'contacts', { firstname: 'Bea', lastname: 'Fetched' })
  const a = await made(ask, 'accounts', { name: 'Fetched A', 'primarycontactid@odata.bind': `/contacts(${ann})` })
  const b = await made(ask, 'accounts', { name: 'Fetched B', 'primarycontactid@odata.bind': `/contacts(${ann})` })
  const c = await made(ask, 'accounts', { name: 'Fetched C', telephone1: '123' })
  return { a, b, c, ann, bea }
}

const { ask } = bench()
const ours = people()

const OURS = '<filter><condition attribute="name" operator="like" value="Fetched _" /></filter>'

test('§16.10: answers to FetchXML leave nulls out; the primary key and the etag come along', async () => {
  const { c } = await ours
  const { json } = await fetchAs()(
    'accounts',
    `<fetch mapping='logical'><entity name='account'><attribute name='name'/><attribute name='telephone1'/><order attribute='name'/>${OURS}</entity></fetch>`,
  )
  expect(json['@odata.context']).toMatch(/\$metadata#accounts\(name,telephone1,accountid\)$/)
  expect(json.value).toHaveLength(3)
  expect(Object.keys(json.value[0])).toEqual(['@odata.etag', 'name', 'accountid'])
  expect(json.value[2]).toMatchObject({ telephone1: '123', accountid: c })
})

test('Money brings its currency, a lookup is a property and its context a navigation', async () => {
  const { ann } = await ours
  const { json } = await fetchAs()(
    'contacts',
    `<fetch><entity name="contact"><attribute name="annualincome"/><attribute name="createdby"/><filter><condition attribute="contactid" operator="eq" value="{${ann.toUpperCase()}}"/></filter></entity></fetch>`,
  )
  expect(json.value).toHaveLength(1)
  expect(json.value[0]).toMatchObject({
    contactid: ann,
    _transactioncurrencyid_value: expect.any(String),
    _createdby_value: expect.any(String),
  })
  expect(json['@odata.context']).toContain('_createdby_value,createdby')
})

test('Aliased columns come under their alias, with the name of the column as annotation', async () => {
  await ours
  const { json } = await fetchAs()(
    'accounts',
    `<fetch><entity name="account"><attribute name="name" alias="companyname"/><attribute name="createdby" alias="whocreated"/><attribute name="statecode" alias="state"/>${OURS}<order attribute="name"/></entity></fetch>`,
    EVERYTHING,
  )
  expect(json.value[0]).toMatchObject({
    'companyname@OData.Community.Display.V1.AttributeName': 'name',
    companyname: 'Fetched A',
    'whocreated@OData.Community.Display.V1.AttributeName': 'createdby',
    'whocreated@OData.Community.Display.V1.FormattedValue': 'Sunniva Admin',
    'whocreated@Microsoft.Dynamics.CRM.lookuplogicalname': 'systemuser',
    'state@OData.Community.Display.V1.FormattedValue': 'Active',
    state: 0,
  })
})

test('Columns of a link come as alias.column; without an alias the link is called by its table and number', async () => {
  await ours
  const query = (alias: string): string =>
    `<fetch><entity name="account"><attribute name="name"/>${OURS}<order attribute="name"/><link-entity name="contact" from="contactid" to="primarycontactid" ${alias}><attribute name="fullname"/><attribute name="createdby"/></link-entity></entity></fetch>`
  const aliased = await fetchAs()('accounts', query('alias="contact"'), EVERYTHING)
  expect(aliased.json.value).toHaveLength(2)
  expect(aliased.json.value[0]).toMatchObject({
    'contact.fullname': 'Ann Fetched',
    'contact.fullname@OData.Community.Display.V1.AttributeName': 'fullname',
    'contact.createdby@Microsoft.Dynamics.CRM.lookuplogicalname': 'systemuser',
  })
  const bare = await fetchAs()('accounts', query(''))
  expect(bare.json.value[0]['contact1.fullname']).toBe('Ann Fetched')
})

test('An outer link keeps rows without a match; a condition by entityname is asked after the join', async () => {
  await ours
  const link =
    '<link-entity name="contact" from="contactid" to="primarycontactid" link-type="outer" alias="c"><attribute name="fullname"/></link-entity>'
  const all = await fetchAs()(
    'accounts',
    `<fetch><entity name="account"><attribute name="name"/><order attribute="name"/>${OURS}${link}</entity></fetch>`,
  )
  expect(names(all)).toEqual(['Fetched A', 'Fetched B', 'Fetched C'])
  const none = await fetchAs()(
    'accounts',
    `<fetch><entity name="account"><attribute name="name"/><filter><condition attribute="name" operator="like" value="Fetched _"/><condition entityname="c" attribute="contactid" operator="null"/></filter>${link}</entity></fetch>`,
  )
  expect(names(none)).toEqual(['Fetched C'])
})

test('exists and in return a row once, inner as often as it has matches, matchfirst once and under schema names', async () => {
  await ours
  const count = async (type: string, inside = ''): Promise<Answer> =>
    fetchAs()(
      'contacts',
      `<fetch><entity name="contact"><attribute name="fullname"/><filter><condition attribute="lastname" operator="eq" value="Fetched"/></filter><link-entity name="account" from="primarycontactid" to="contactid" link-type="${type}">${inside}</link-entity></entity></fetch>`,
    )
  expect(names(await count('inner'), 'fullname')).toEqual(['Ann Fetched', 'Ann Fetched'])
  expect(names(await count('exists'), 'fullname')).toEqual(['Ann Fetched'])
  expect(names(await count('in'), 'fullname')).toEqual(['Ann Fetched'])
  const first = await count('matchfirstrowusingcrossapply', '<attribute name="name"/><order attribute="name"/>')
  expect(first.json.value).toHaveLength(1)
  expect(first.json.value[0]).toMatchObject({ fullname: 'Ann Fetched', Name: expect.stringMatching(/^Fetched [AB]$/) })
  expect((await count('any')).status).toBe(400)
  expect((await count('exists', '<attribute name="name"/>')).status).toBe(400)
})

test('any, not any, all and not all mean what the service makes of them', async () => {
  await ours
  const having = async (type: string, name: string): Promise<string[]> =>
    names(
      await fetchAs()(
        'contacts',
        `<fetch><entity name="contact"><attribute name="firstname"/><order attribute="firstname"/><filter><condition attribute="lastname" operator="eq" value="Fetched"/><link-entity name="account" from="primarycontactid" to="contactid" link-type="${type}"><filter><condition attribute="name" operator="eq" value="${name}"/></filter></link-entity></filter></entity></fetch>`,
      ),
      'firstname',
    )
  expect(await having('any', 'Fetched A')).toEqual(['Ann'])
  expect(await having('not any', 'Fetched A')).toEqual(['Bea'])
  expect(await having('not all', 'Fetched A')).toEqual(['Ann'])
  expect(await having('all', 'Fetched A')).toEqual([])
  expect(await having('all', 'nothing')).toEqual(['Ann'])
})

test('Links through an N:N table, with and without naming it', async () => {
  const spelled = await fetchAs()(
    'systemusers',
    '<fetch><entity name="systemuser"><attribute name="fullname"/><order attribute="fullname"/><link-entity name="teammembership" from="systemuserid" to="systemuserid" intersect="true"><link-entity name="team" from="teamid" to="teamid" alias="team"><attribute name="name"/></link-entity></link-entity></entity></fetch>',
  )
  expect(spelled.json.value.length).toBeGreaterThan(2)
  expect(spelled.json.value[0]['team.name']).toMatch(/Technicians$/)
  const chosen = await fetchAs()(
    'systemusers',
    '<fetch><entity name="systemuser"><attribute name="fullname"/><order attribute="fullname"/><link-entity name="team" alias="team"><attribute name="name"/></link-entity></entity></fetch>',
  )
  expect(chosen.json.value).toEqual(spelled.json.value)
  const unrelated = await fetchAs()(
    'accounts',
    '<fetch><entity name="account"><link-entity name="team"/></entity></fetch>',
  )
  expect(unrelated.json.error).toMatchObject({
    code: '0x80041102',
    message: expect.stringContaining('No system many-to-many relationship exists between account and team'),
  })
})

test('Columns compare with columns of the row and of a link, nulls with nothing', async () => {
  await ours
  await made(ask, 'contacts', { firstname: 'Same', lastname: 'same' })
  const same = await fetchAs()(
    'contacts',
    '<fetch><entity name="contact"><attribute name="fullname"/><filter><condition attribute="firstname" operator="eq" valueof="lastname"/></filter></entity></fetch>',
  )
  expect(names(same, 'fullname')).toEqual(['Same same'])
  const cross = await fetchAs()(
    'accounts',
    `<fetch><entity name="account"><attribute name="name"/><filter><condition attribute="name" operator="eq" valueof="c.fullname"/></filter><link-entity name="contact" from="contactid" to="primarycontactid" link-type="outer" alias="c"/></entity></fetch>`,
  )
  expect(cross.status).toBe(200)
  expect(cross.json.value).toEqual([])
  const mixed = await fetchAs()(
    'accounts',
    '<fetch><entity name="account"><filter><condition attribute="name" operator="eq" valueof="statecode"/></filter></entity></fetch>',
  )
  expect(mixed.status).toBe(400)
})

test('Choices are ordered by label, by value where raw order is asked for; links after the entity unless named in it', async () => {
  const order = async (raw: string): Promise<number[]> => {
    const { json } = await fetchAs()(
      'tasks',
      `<fetch ${raw} distinct="true"><entity name="task"><attribute name="prioritycode"/><order attribute="prioritycode"/></entity></fetch>`,
    )
    return json.value.map((row: { prioritycode: number }) => row.prioritycode)
  }
  // Low 0, Normal 1, High 2.
  expect(await order('')).toEqual([2, 0, 1])
  expect(await order('useraworderby="true"')).toEqual([0, 1, 2])
  await ours
  const linked = await fetchAs()(
    'accounts',
    `<fetch><entity name="account"><attribute name="name"/>${OURS}<link-entity name="contact" from="contactid" to="primarycontactid" link-type="outer" alias="c"/><order entityname="c" attribute="fullname" descending="true"/><order attribute="name" descending="true"/></entity></fetch>`,
  )
  expect(names(linked)).toEqual(['Fetched B', 'Fetched A', 'Fetched C'])
})

test('distinct rows have neither key nor etag', async () => {
  const { json } = await fetchAs()(
    'contacts',
    '<fetch distinct="true"><entity name="contact"><attribute name="statecode"/><order attribute="statecode"/></entity></fetch>',
  )
  expect(json.value).toEqual([{ statecode: 0 }, ...(json.value.length > 1 ? [{ statecode: 1 }] : [])])
})

test('distinct rows differ when only their versions do', async () => {
  const xml = (attribute: string): string =>
    `<fetch distinct="true"><entity name="contact"><attribute name="${attribute}"/><order attribute="${attribute}"/></entity></fetch>`
  const ids = await fetchAs()('contacts', xml('contactid'))
  const versions = await fetchAs()('contacts', xml('versionnumber'))
  expect(versions.json.value.length).toBe(ids.json.value.length)
  expect(versions.json.value.length).toBeGreaterThan(1)
})

test('Rows and rows of links that the user may not read are not there', async () => {
  const xml =
    '<fetch><entity name="account"><attribute name="name"/><link-entity name="contact" from="parentcustomerid" to="accountid" link-type="outer" alias="c"><attribute name="fullname"/></link-entity></entity></fetch>'
  const all = await fetchAs()('accounts', xml)
  const some = await fetchAs(TECHNICIAN)('accounts', xml)
  expect(some.status).toBe(200)
  expect(some.json.value.length).toBeLessThan(all.json.value.length)
  const visible = await ask('GET', 'contacts?$select=fullname', { as: TECHNICIAN })
  const known = new Set(names(visible, 'fullname'))
  for (const name of names(some, 'c.fullname')) if (name !== undefined) expect(known.has(name)).toBe(true)
})

test('What a condition operator is called, and the user it is asked for', async () => {
  const mine = await fetchAs(TECHNICIAN)(
    'tasks',
    '<fetch><entity name="task"><attribute name="ownerid"/><filter><condition attribute="ownerid" operator="eq-userid"/></filter></entity></fetch>',
  )
  expect(mine.json.value.length).toBeGreaterThan(0)
  expect(new Set(names(mine, '_ownerid_value')).size).toBe(1)
  const byName = await fetchAs()(
    'accounts',
    '<fetch><entity name="account"><attribute name="name"/><filter><condition attribute="owneridname" operator="begins-with" value="amara"/></filter></entity></fetch>',
  )
  const owners = await fetchAs()(
    'accounts',
    '<fetch><entity name="account"><attribute name="name"/><link-entity name="systemuser" from="systemuserid" to="owninguser"><filter><condition attribute="firstname" operator="eq" value="Amara"/></filter></link-entity></entity></fetch>',
  )
  expect(new Set(names(byName))).toEqual(new Set(names(owners)))
})

test.each([
  '<fetch aggregate="true"><entity name="account"><attribute name="accountid" aggregate="count" alias="n"/></entity></fetch>',
  '<fetch datasource="retained"><entity name="account"/></fetch>',
  '<fetch><entity name="account"><attribute name="name" rowaggregate="CountChildren" alias="n"/></entity></fetch>',
])('What the emulator does not have of FetchXML is a 501: %s', async (xml) => {
  expect((await fetchAs()('accounts', xml)).status).toBe(501)
})

test('§16.36: options of OData beside FetchXML are not ignored', async () => {
  const xml = encodeURIComponent('<fetch><entity name="account"/></fetch>')
  for (const option of ['$select=name', '$filter=statecode eq 0', '$top=1', '$orderby=name']) {
    expect((await ask('GET', `accounts?fetchXml=${xml}&${option}`)).status).toBe(501)
  }
  expect((await ask('GET', `accounts?fetchXml=${xml}&savedQuery=00000000-0000-0000-00aa-000010001002`)).status).toBe(
    400,
  )
})

test('A query inside $batch', async () => {
  const xml =
    "%3Cfetch%20mapping='logical'%3E%3Centity%20name='account'%3E%3Cattribute%20name='accountid'/%3E%3Cattribute%20name='name'/%3E%3Cattribute%20name='accountid'/%3E%3C/entity%3E%3C/fetch%3E"
  const body = `--batch_AAA123\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\nGET /api/data/v9.2/accounts?fetchXml=${xml} HTTP/1.1\r\nAccept: application/json\r\n\r\n\r\n--batch_AAA123--\r\n`
  const { text } = await ask('POST', '$batch', {
    headers: { 'Content-Type': 'multipart/mixed;boundary=batch_AAA123' },
    body,
  })
  expect(text).toContain('HTTP/1.1 200 OK')
  expect(text).toContain('$metadata#accounts(accountid,name)')
})

test('A link inside an outer one does not remove rows of the entity', async () => {
  await ours
  const xml = `<fetch><entity name="account"><attribute name="name"/><order attribute="name"/>${OURS}<link-entity name="contact" from="contactid" to="primarycontactid" link-type="outer" alias="c"><link-entity name="systemuser" from="systemuserid" to="createdby" alias="u"><attribute name="fullname"/></link-entity></link-entity></entity></fetch>`
  const { json } = await fetchAs()('accounts', xml)
  expect(json.value.map((row: Record<string, string>) => [row['name'], row['u.fullname']])).toEqual([
    ['Fetched A', 'Sunniva Admin'],
    ['Fetched B', 'Sunniva Admin'],
    ['Fetched C', undefined],
  ])
})

test('Columns withheld from the user are neither shown nor asked nor joined by', async () => {
  const there = bench()
  const technician = there.emulator.users.find(({ name }) => name === TECHNICIAN)?.id ?? ''
  const owner = { table: 'systemuser', id: technician }
  const contact = there.emulator.master.create('contact', { lastname: 'Secret', ownerid: owner })
  there.emulator.master.create('account', {
    name: 'Secret',
    telephone1: '555',
    primarycontactid: contact,
    ownerid: owner,
  })
  const read = async (set: string, xml: string): Promise<unknown[]> =>
    (await there.ask('GET', `${set}?fetchXml=${encodeURIComponent(xml)}`, { as: TECHNICIAN })).json.value
  const asked =
    '<fetch><entity name="account"><attribute name="telephone1"/><filter><condition attribute="telephone1" operator="eq" value="555"/></filter></entity></fetch>'
  const joined =
    '<fetch><entity name="contact"><attribute name="lastname"/><filter><condition attribute="lastname" operator="eq" value="Secret"/></filter><link-entity name="account" from="primarycontactid" to="contactid"/></entity></fetch>'
  expect([(await read('accounts', asked)).length, (await read('contacts', joined)).length]).toEqual([1, 1])
  there.emulator.security.secureColumn('account', 'telephone1')
  there.emulator.security.secureColumn('account', 'primarycontactid')
  expect([(await read('accounts', asked)).length, (await read('contacts', joined)).length]).toEqual([0, 0])
})
