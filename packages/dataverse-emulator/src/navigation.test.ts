import { expect, test } from 'vitest'
import { bench, id, made, TECHNICIAN } from './ask.test-support.ts'
import type { Ask, Bench } from './ask.test-support.ts'

const ROOT = 'https://org.emulator.test/api/data/v9.2/'

async function withContoso(): Promise<Bench> {
  const here = bench()
  const { ask } = here
  await made(ask, 'accounts', { accountid: id(1), name: 'Contoso' })
  await made(ask, 'accounts', { accountid: id(2), name: 'Fabrikam' })
  for (const number of [11, 12, 13]) {
    await made(ask, 'contacts', {
      contactid: id(number),
      firstname: 'Person',
      lastname: String(number),
      'parentcustomerid_account@odata.bind': `/accounts(${id(1)})`,
    })
  }
  await ask('PATCH', `accounts(${id(1)})`, { body: { 'primarycontactid@odata.bind': `/contacts(${id(12)})` } })
  return here
}

async function status(ask: Ask, path: string, as?: string): Promise<number> {
  return (await ask('GET', path, as === undefined ? {} : { as })).status
}

test('a path goes over lookups to rows, properties and raw values', async () => {
  const { ask } = await withContoso()
  const contact = await ask('GET', `accounts(${id(1)})/primarycontactid?$select=fullname`)
  expect(contact.json).toEqual({
    '@odata.context': `${ROOT}$metadata#contacts(fullname)/$entity`,
    '@odata.etag': expect.any(String),
    fullname: 'Person 12',
    contactid: id(12),
  })
  const name = await ask('GET', `accounts(${id(1)})/primarycontactid/parentcustomerid_account/name`)
  expect(name.json).toEqual({ '@odata.context': `${ROOT}$metadata#accounts(${id(1)})/name`, value: 'Contoso' })
  expect((await ask('GET', `accounts(${id(1)})/primarycontactid/fullname/$value`)).text).toBe('Person 12')
  expect(await status(ask, `accounts(${id(2)})/primarycontactid`)).toBe(204)
  expect(await status(ask, `accounts(${id(2)})/primarycontactid/fullname`)).toBe(404)
  expect(await status(ask, `accounts(${id(1)})/primarycontactid/nosuch`)).toBe(404)
  expect(await status(ask, `accounts(${id(1)})/nosuch/fullname`)).toBe(501)
})

test('a collection behind a row takes all options of a query, and pages', async () => {
  const { ask } = await withContoso()
  const path = `accounts(${id(1)})/contact_customer_accounts`
  const headers = { Prefer: 'odata.maxpagesize=2' }
  const query =
    "$select=fullname&$filter=lastname ne '11'&$orderby=lastname desc&$count=true&$expand=parentcustomerid_account($select=name)"
  const { json } = await ask('GET', `${path}?${query}`)
  expect(json['@odata.count']).toBe(2)
  expect(json.value.map((row: { fullname: string }) => row.fullname)).toEqual(['Person 13', 'Person 12'])
  expect(json.value[0].parentcustomerid_account).toEqual({ name: 'Contoso', accountid: id(1) })
  const first = await ask('GET', `${path}?$select=fullname`, { headers })
  const link: string = first.json['@odata.nextLink']
  expect(link).toMatch(`${ROOT}${path}?$select=fullname&$skiptoken=`)
  const second = await ask('GET', link.slice(ROOT.length), { headers })
  expect([...first.json.value, ...second.json.value].map((row: { contactid: string }) => row.contactid)).toEqual([
    id(11),
    id(12),
    id(13),
  ])
  expect((await ask('GET', `${path}/$count`)).text).toBe('3')
  expect((await ask('GET', `${path}/$count?$filter=lastname eq '11'`)).text).toBe('1')
  expect(
    (await ask('GET', `accounts(${id(1)})/primarycontactid/account_primary_contact?$select=name`)).json.value,
  ).toHaveLength(1)
})

test('one row of a collection is addressed by its key, if it is in there', async () => {
  const { ask } = await withContoso()
  const path = `accounts(${id(1)})/contact_customer_accounts(${id(11)})`
  expect((await ask('GET', `${path}?$select=lastname`)).json.lastname).toBe('11')
  expect((await ask('GET', `${path}/lastname`)).json.value).toBe('11')
  expect(await status(ask, `accounts(${id(2)})/contact_customer_accounts(${id(11)})`)).toBe(404)
  expect(await status(ask, `accounts(${id(1)})/contact_customer_accounts(${id(99)})`)).toBe(404)
})

test('§16.34: every row on the way must be one the caller may read', async () => {
  const { ask, emulator } = await withContoso()
  const technician = emulator.users.find(({ name }) => name === TECHNICIAN)
  technician?.setDepth('account', 'read', 'organization')
  technician?.setDepth('contact', 'read', 'organization')
  const path = `accounts(${id(1)})/primarycontactid/parentcustomerid_account/name`
  expect(await status(ask, path, TECHNICIAN)).toBe(200)
  technician?.setDepth('contact', 'read', 'user')
  expect(await status(ask, path, TECHNICIAN)).toBe(403)
  expect(await status(ask, `accounts(${id(1)})/primarycontactid`, TECHNICIAN)).toBe(403)
  expect((await ask('GET', `accounts(${id(1)})/contact_customer_accounts`, { as: TECHNICIAN })).json.value).toEqual([])
})
