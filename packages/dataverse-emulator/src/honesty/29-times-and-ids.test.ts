import { expect, test } from 'vitest'
import { bench, id, made } from '../ask.test-support.ts'
import type { Ask } from '../ask.test-support.ts'
import { dateTime } from '../schema.ts'
import { fetched, filtered, namesIn, refusal } from './answers.test-support.ts'

const UPPER = id(0xabcdef).toUpperCase()
const LOWER = id(0xabcdef)

async function modified(ask: Ask, path: string): Promise<string> {
  return (await ask('GET', `${path}?$select=modifiedon`)).json.modifiedon
}

test('§16.29: modifiedon has whole seconds of the server’s clock, whatever the clock of the client and the real time', async () => {
  const { ask, clock, emulator } = bench()
  const path = `accounts(${await made(ask, 'accounts', { name: 'a', modifiedon: '2030-01-01T00:00:00Z' })})`
  expect(await modified(ask, path)).toBe('2025-06-02T06:00:00Z')
  clock.advance(1_999)
  await ask('PATCH', path, { headers: { Date: 'Tue, 01 Jan 2030 00:00:00 GMT' }, body: { name: 'b' } })
  expect(await modified(ask, path)).toBe('2025-06-02T06:00:02Z')
  emulator.clock.set('2031-02-03T04:05:06.789Z')
  await ask('PATCH', path, { body: { name: 'c' } })
  expect(await modified(ask, path)).toBe('2031-02-03T04:05:06Z')
})

test('§16.29: rows of one second share their modifiedon, and a clock that is put back takes it back', async () => {
  const { ask, clock } = bench()
  const first = `accounts(${await made(ask, 'accounts', { name: 'a' })})`
  const second = `accounts(${await made(ask, 'accounts', { name: 'b' })})`
  clock.advance(300)
  await ask('PATCH', second, { body: { name: 'c' } })
  expect(await modified(ask, second)).toBe(await modified(ask, first))
  clock.advance(-3_600_000)
  await ask('PATCH', second, { body: { name: 'd' } })
  expect(await modified(ask, second)).toBe('2025-06-02T05:00:00Z')
})

test('§16.29: commits skew: what was stamped early appears after what was stamped later', async () => {
  const { ask, clock, emulator } = bench()
  for (const number of [1, 2]) await made(ask, 'accounts', { accountid: id(number), name: 'old' })
  emulator.delayedCommit(60_000, (master) => master.update('account', id(1), { name: 'slow' }))
  clock.advance(2000)
  await ask('PATCH', `accounts(${id(2)})`, { body: { name: 'fast' } })
  const select = '&$select=name,modifiedon,versionnumber&$orderby=accountid'
  const both = filtered('accounts', `accountid eq ${id(1)} or accountid eq ${id(2)}`, select)
  const early = await ask('GET', both)
  expect(namesIn(early).toSorted()).toEqual(['fast', 'old'])
  clock.advance(60_000)
  const [slow, fast] = (await ask('GET', both)).json.value
  expect([slow.name, fast.name]).toEqual(['slow', 'fast'])
  expect(slow.modifiedon < fast.modifiedon).toBe(true)
  expect(slow.versionnumber).toBeLessThan(fast.versionnumber)
})

test('§16.29: code of the server back-dates modifiedon, an import createdon; a request does not back-date its change', async () => {
  const { ask, emulator } = bench()
  const path = `accounts(${id(1)})`
  await made(ask, 'accounts', { accountid: id(1), name: 'a', overriddencreatedon: '2020-01-01T00:00:00Z' })
  expect((await ask('GET', path)).json).toMatchObject({
    createdon: '2020-01-01T00:00:00Z',
    modifiedon: '2025-06-02T06:00:00Z',
  })
  const before = emulator.master.row('account', id(1))?.version ?? 0n
  emulator.master.update('account', id(1), { name: 'b', modifiedon: '2019-05-05T05:05:05Z' })
  expect(await modified(ask, path)).toBe('2019-05-05T05:05:05Z')
  expect(emulator.master.row('account', id(1))?.version).toBeGreaterThan(before)
  const since = filtered('accounts', `modifiedon ge 2025-01-01T00:00:00Z and accountid eq ${id(1)}`)
  expect((await ask('GET', since)).json.value).toEqual([])
  emulator.plugins.register({
    name: 'Back-dates',
    message: 'Update',
    table: 'account',
    stage: 'preOperation',
    run: ({ target }) => {
      if (target['telephone1'] === 'old') target['modifiedon'] = '2018-01-01T00:00:00Z'
    },
  })
  await ask('PATCH', path, { body: { telephone1: 'old' } })
  expect(await modified(ask, path)).toBe('2018-01-01T00:00:00Z')
  await ask('PATCH', path, { body: { telephone1: 'new', modifiedon: '2017-01-01T00:00:00Z' } })
  expect(await modified(ask, path)).toBe('2025-06-02T06:00:00Z')
})

test('§16.30: a user’s local time is kept in UTC, one independent of zones keeps its reading, a date stays a date', async () => {
  const { ask, emulator } = bench()
  emulator.schema.addColumn('account', dateTime('new_Local'))
  emulator.schema.addColumn('account', dateTime('new_Fixed', { behavior: 'TimeZoneIndependent' }))
  emulator.schema.addColumn('account', dateTime('new_Day', { behavior: 'DateOnly' }))
  const path = `accounts(${id(1)})`
  const body = { accountid: id(1), name: 'a', new_fixed: '2025-01-02T15:00:00Z', new_day: '2025-01-02' }
  await made(ask, 'accounts', { ...body, new_local: '2025-01-02T15:00:00+07:00' })
  expect((await ask('GET', path)).json).toMatchObject({
    new_local: '2025-01-02T08:00:00Z',
    new_fixed: '2025-01-02T15:00:00Z',
    new_day: '2025-01-02',
  })
  for (const new_day of ['2025-01-02T00:00:00Z', '2025-01-02T00:00:00', '2025-02-30']) {
    expect([new_day, ...refusal(await ask('PATCH', path, { body: { new_day } }))]).toEqual([new_day, 400, '0x80048d19'])
  }
  const refused = await ask('PATCH', path, { body: { new_local: '2025-01-02T15:00:00+07:00Z' } })
  expect(refusal(refused)).toEqual([400, '0x80048d19'])
})

test('§16.30: the built-in tables have columns of all three behaviours, and metadata tells which is which', async () => {
  const { ask } = bench()
  const behavior = async (table: string, column: string): Promise<unknown> => {
    const path = `EntityDefinitions(LogicalName='${table}')/Attributes/Microsoft.Dynamics.CRM.DateTimeAttributeMetadata?$select=LogicalName,DateTimeBehavior&$filter=LogicalName eq '${column}'`
    return (await ask('GET', path)).json.value[0]?.DateTimeBehavior.Value
  }
  expect(await behavior('task', 'scheduledstart')).toBe('UserLocal')
  expect(await behavior('contact', 'birthdate')).toBe('DateOnly')
  expect(await behavior('msdyn_shiftplan', 'msdyn_shiftstart')).toBe('TimeZoneIndependent')
})

test('§16.31: a client makes its own ids, by POST and by PATCH, in any case; the same id in another case is the same row', async () => {
  const { ask } = bench()
  const posted = await ask('POST', 'accounts', { body: { accountid: UPPER, name: 'a' } })
  expect([posted.status, posted.headers.get('OData-EntityId')?.endsWith(`accounts(${LOWER})`)]).toEqual([204, true])
  expect(refusal(await ask('POST', 'accounts', { body: { accountid: LOWER, name: 'b' } }))).toEqual([412, '0x80040237'])
  const headers = { 'If-None-Match': '*' }
  expect((await ask('PATCH', `accounts(${UPPER})`, { headers, body: { name: 'c' } })).status).toBe(412)
  expect((await ask('PATCH', `contacts(${UPPER})`, { headers, body: { lastname: 'd' } })).status).toBe(204)
  expect((await ask('GET', `contacts(${LOWER})`)).json.contactid).toBe(LOWER)
})

test('§16.31: ids compare without regard to case: in URLs, binds, references, filters, functions, FetchXML and deletes', async () => {
  const { ask } = bench()
  await made(ask, 'contacts', { contactid: LOWER, lastname: 'c' })
  await made(ask, 'accounts', { accountid: id(1), name: 'a', 'primarycontactid@odata.bind': `/contacts(${UPPER})` })
  expect((await ask('GET', `accounts(${id(1)})`)).json._primarycontactid_value).toBe(LOWER)
  const link = { body: { '@odata.id': `contacts(${UPPER})` } }
  expect((await ask('POST', `accounts(${id(1)})/contact_customer_accounts/$ref`, link)).status).toBe(204)
  const condition = `<condition attribute="primarycontactid" operator="eq" value="${UPPER}"/>`
  for (const path of [
    filtered('accounts', `_primarycontactid_value eq ${UPPER}`),
    filtered('accounts', `primarycontactid/contactid eq ${UPPER}`),
    filtered('accounts', `accountid eq ${id(1).toUpperCase()}`),
    filtered('accounts', `Microsoft.Dynamics.CRM.In(PropertyName='primarycontactid',PropertyValues=['${UPPER}'])`),
    fetched('accounts', `<entity name="account"><attribute name="name"/><filter>${condition}</filter></entity>`),
  ]) {
    expect([path, namesIn(await ask('GET', path))]).toEqual([path, ['a']])
  }
  expect((await ask('GET', `contacts(${UPPER})`)).json.contactid).toBe(LOWER)
  expect((await ask('PATCH', `contacts(${UPPER})`, { body: { contactid: UPPER, lastname: 'd' } })).status).toBe(204)
  expect((await ask('DELETE', `contacts(${UPPER})`)).status).toBe(204)
})

test('§16.31: cookies print ids in upper case, rows in lower', async () => {
  const { ask } = bench()
  const headers = { Prefer: 'odata.maxpagesize=2' }
  const { json } = await ask('GET', 'contacts?$select=lastname', { headers })
  const link = decodeURIComponent(decodeURIComponent(json['@odata.nextLink']))
  const [last, first] = [...link.matchAll(/(?:last|first)="\{([^}]+)\}"/g)].map((match) => match[1])
  const ids = json.value.map((row: { contactid: string }) => row.contactid)
  expect([first, last]).toEqual(ids.map((one: string) => one.toUpperCase()))
  expect(ids).toEqual(ids.map((one: string) => one.toLowerCase()))
  const pages = 'Microsoft.Dynamics.CRM.fetchxmlpagingcookie'
  const fetch = fetched('contacts', '<entity name="contact"><attribute name="lastname"/></entity>', 'count="2"')
  const view = await ask('GET', fetch, { headers: { Prefer: `odata.include-annotations="${pages}"` } })
  const cookie = decodeURIComponent(decodeURIComponent(view.json[`@${pages}`]))
  expect(cookie).toMatch(/last="\{[0-9A-F-]{36}\}" first="\{[0-9A-F-]{36}\}"/)
})
