import { expect, test } from 'vitest'
import { bench, id, made } from '../ask.test-support.ts'
import type { Ask } from '../ask.test-support.ts'
import { feed, fetched, filtered, namesIn, refusal, TRACK } from './answers.test-support.ts'

const ANNOTATED = { Prefer: 'odata.include-annotations="*"' }

async function accounts(ask: Ask, names: readonly string[]): Promise<void> {
  for (const [at, name] of names.entries()) {
    await made(ask, 'accounts', { accountid: id(at + 1), name, accountnumber: `Key-${at + 1}`, address1_city: 'Here' })
  }
}

async function found(ask: Ask, filter: string): Promise<string[]> {
  return namesIn(await ask('GET', filtered('accounts', `address1_city eq 'Here' and (${filter})`))).sort()
}

async function fetchedNames(ask: Ask, condition: string): Promise<string[]> {
  const city = '<condition attribute="address1_city" operator="eq" value="here"/>'
  const entity = `<entity name="account"><attribute name="name"/><filter>${city}${condition}</filter></entity>`
  return namesIn(await ask('GET', fetched('accounts', entity))).sort()
}

const like = (value: string): string => `<condition attribute="name" operator="like" value="${value}"/>`

test('§16.9: text compares without regard to case in every operator, in keys, orders and FetchXML', async () => {
  const { ask } = bench()
  await accounts(ask, ['Alpha', 'beta', 'GAMMA'])
  for (const filter of [
    "name eq 'ALPHA'",
    "contains(name,'LPH')",
    "startswith(name,'al')",
    "endswith(name,'PHA')",
    "Microsoft.Dynamics.CRM.In(PropertyName='name',PropertyValues=['aLPHA'])",
    "name lt 'B'",
  ]) {
    expect([filter, await found(ask, filter)]).toEqual([filter, ['Alpha']])
  }
  expect(await found(ask, "name ne 'ALPHA'")).toEqual(['GAMMA', 'beta'])
  expect(await fetchedNames(ask, like('ALPHA'))).toEqual(['Alpha'])
  expect((await ask('GET', "accounts(accountnumber='KEY-2')?$select=name")).json.name).toBe('beta')
  const ordered = await ask('GET', filtered('accounts', "address1_city eq 'HERE'", '&$orderby=name'))
  expect(namesIn(ordered)).toEqual(['Alpha', 'beta', 'GAMMA'])
})

test('§16.9: the wildcards % _ [] and [^] are live inside of values, in text functions and in like', async () => {
  const { ask } = bench()
  await accounts(ask, ['a%b', 'axxb', 'abc', 'a_c'])
  expect(await found(ask, "contains(name,'a%b')")).toEqual(['a%b', 'abc', 'axxb'])
  expect(await found(ask, "startswith(name,'a_c')")).toEqual(['a_c', 'abc'])
  expect(await found(ask, "endswith(name,'[x-z]b')")).toEqual(['axxb'])
  expect(await found(ask, "startswith(name,'a[^x]')")).toEqual(['a%b', 'a_c', 'abc'])
  expect(await fetchedNames(ask, like('a%b'))).toEqual(['a%b', 'axxb'])
  expect(await fetchedNames(ask, like('a_c'))).toEqual(['a_c', 'abc'])
  expect(await fetchedNames(ask, like('a[x-z]%'))).toEqual(['axxb'])
  expect(await fetchedNames(ask, like('a[^x]%'))).toEqual(['a%b', 'a_c', 'abc'])
})

test('§16.10: OData writes nulls out: in a list, a single row, an expanded row, a representation and a delta', async () => {
  const { ask } = bench()
  const { deltaLink } = await feed(ask, 'contacts?$select=lastname,jobtitle', { headers: TRACK })
  const headers = { Prefer: 'return=representation' }
  const body = { contactid: id(1), lastname: 'a' }
  const created = await ask('POST', 'contacts?$select=jobtitle', { headers, body })
  await made(ask, 'accounts', { accountid: id(2), name: 'a', 'primarycontactid@odata.bind': `/contacts(${id(1)})` })
  const list = await ask('GET', `contacts?$select=jobtitle&$filter=contactid eq ${id(1)}`)
  const single = await ask('GET', `contacts(${id(1)})`)
  const around = await ask('GET', `accounts(${id(2)})?$expand=primarycontactid($select=jobtitle),parentaccountid`)
  const delta = await ask('GET', deltaLink)
  const rows = [created.json, list.json.value[0], single.json, around.json.primarycontactid, delta.json.value[0]]
  expect(rows.map((row) => row.jobtitle)).toEqual([null, null, null, null, null])
  expect([single.json._parentcustomerid_value, around.json.parentaccountid]).toEqual([null, null])
})

test('§16.10: FetchXML, saved views and personal views leave nulls out', async () => {
  const { ask } = bench()
  await accounts(ask, ['a'])
  const inner = `<entity name="account"><attribute name="name"/><attribute name="telephone1"/><filter><condition attribute="accountid" operator="eq" value="${id(1)}"/></filter></entity>`
  const view = { name: 'v', returnedtypecode: 'account', querytype: 0, fetchxml: `<fetch>${inner}</fetch>` }
  const saved = await made(ask, 'savedqueries', view)
  const personal = await made(ask, 'userqueries', view)
  for (const path of [fetched('accounts', inner), `accounts?savedQuery=${saved}`, `accounts?userQuery=${personal}`]) {
    const { json } = await ask('GET', path)
    expect([path, Object.keys(json.value[0])]).toEqual([path, ['@odata.etag', 'name', 'accountid']])
  }
})

test('§16.11: the primary key and the currency of money come unasked, wherever rows are selected', async () => {
  const { ask } = bench()
  await made(ask, 'contacts', { contactid: id(1), lastname: 'a', creditlimit: 5 })
  await made(ask, 'accounts', { accountid: id(2), name: 'a', 'primarycontactid@odata.bind': `/contacts(${id(1)})` })
  const headers = { Prefer: 'return=representation' }
  const { deltaLink } = await feed(ask, 'contacts?$select=creditlimit', { headers: TRACK })
  const update = { headers, body: { creditlimit: 6 } }
  const rows = [
    (await ask('PATCH', `contacts(${id(1)})?$select=creditlimit`, update)).json,
    (await ask('GET', `contacts(${id(1)})?$select=creditlimit`)).json,
    (await ask('GET', `contacts?$select=creditlimit&$filter=contactid eq ${id(1)}`)).json.value[0],
    (await ask('GET', `accounts(${id(2)})?$select=name&$expand=primarycontactid($select=creditlimit)`)).json
      .primarycontactid,
    (await ask('GET', deltaLink)).json.value[0],
    (
      await ask(
        'GET',
        fetched(
          'contacts',
          `<entity name="contact"><attribute name="creditlimit"/><filter><condition attribute="contactid" operator="eq" value="${id(1)}"/></filter></entity>`,
        ),
      )
    ).json.value[0],
  ]
  const names = rows.map((row) => Object.keys(row).filter((name) => !name.startsWith('@')))
  for (const each of names) {
    expect(each.toSorted()).toEqual(['_transactioncurrencyid_value', 'contactid', 'creditlimit'])
  }
})

test('§16.12: annotations come only when asked for, in lists, rows, expansions, deltas, FetchXML and errors', async () => {
  const { ask } = bench()
  await made(ask, 'contacts', { contactid: id(1), lastname: 'a' })
  await made(ask, 'accounts', { accountid: id(2), name: 'a', 'primarycontactid@odata.bind': `/contacts(${id(1)})` })
  const { deltaLink } = await feed(ask, 'accounts?$select=statecode,_ownerid_value', { headers: TRACK })
  await ask('PATCH', `accounts(${id(2)})`, { body: { name: 'b' } })
  for (const path of [
    'accounts',
    `accounts(${id(2)})`,
    `accounts(${id(2)})?$expand=primarycontactid`,
    deltaLink,
    fetched('accounts', '<entity name="account"><all-attributes/></entity>'),
    `accounts(${id(9)})`,
  ]) {
    const plain = /@(?:OData\.Community|Microsoft\.)[\w.]*/
    expect([path, plain.exec((await ask('GET', path)).text)?.[0]]).toEqual([path, undefined])
    expect([path, plain.test((await ask('GET', path, { headers: ANNOTATED })).text)]).toEqual([path, true])
  }
})

test('§16.12: a lookup is the id of a row under a name of its own, never an object', async () => {
  const { ask } = bench()
  await made(ask, 'contacts', { contactid: id(1), lastname: 'a' })
  await made(ask, 'accounts', { accountid: id(2), name: 'a', 'primarycontactid@odata.bind': `/contacts(${id(1)})` })
  const { json } = await ask('GET', `accounts(${id(2)})`)
  expect(json._primarycontactid_value).toBe(id(1))
  expect(Object.values(json).filter((value) => typeof value === 'object' && value !== null)).toEqual([])
  for (const name of ['primarycontactid', 'ownerid', 'parentaccountid']) expect(json).not.toHaveProperty(name)
})

test('§16.13: a lookup is written through its navigation property, spelled exactly, one for each target; all else is 400', async () => {
  const { ask } = bench()
  await made(ask, 'accounts', { accountid: id(1), name: 'a' })
  await made(ask, 'contacts', { contactid: id(2), lastname: 'b' })
  const [toAccount, toContact] = [`/accounts(${id(1)})`, `/contacts(${id(2)})`]
  for (const [set, row, body] of [
    ['accounts', id(1), { _primarycontactid_value: id(2) }],
    ['accounts', id(1), { primarycontactid: id(2) }],
    ['accounts', id(1), { 'PrimaryContactId@odata.bind': toContact }],
    ['accounts', id(1), { '_primarycontactid_value@odata.bind': toContact }],
    ['contacts', id(2), { 'parentcustomerid@odata.bind': toAccount }],
    ['contacts', id(2), { 'ParentCustomerId_account@odata.bind': toAccount }],
    ['contacts', id(2), { 'parentcustomerid_contact@odata.bind': toAccount }],
    ['incidents', id(3), { title: 'x', 'customerid@odata.bind': toAccount }],
    ['new_readings', id(4), { 'new_equipmentid@odata.bind': `/new_equipments(${id(1)})` }],
  ] as const) {
    const update = await ask('PATCH', `${set}(${row})`, { body })
    const create = await ask('POST', set, { body })
    expect([body, refusal(update), refusal(create)]).toEqual([body, [400, '0x80048d19'], [400, '0x80048d19']])
  }
  expect((await ask('GET', `accounts(${id(1)})`)).json._primarycontactid_value).toBeNull()
  await made(ask, 'incidents', { title: 'x', 'customerid_account@odata.bind': toAccount })
  const right = { 'primarycontactid@odata.bind': toContact }
  expect((await ask('PATCH', `accounts(${id(1)})`, { body: right })).status).toBe(204)
  expect((await ask('GET', `accounts(${id(1)})`)).json._primarycontactid_value).toBe(id(2))
})
