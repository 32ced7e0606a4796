import { expect, test } from 'vitest'
import { bench, id, made } from '../ask.test-support.ts'
import type { Answer, Bench } from '../ask.test-support.ts'

const HEADERS = {
  Accept: 'application/json',
  'OData-MaxVersion': '4.0',
  'OData-Version': '4.0',
  'If-None-Match': 'null',
  'Content-Type': 'application/json',
}

test.for<[method: string, path: string, more: Readonly<Record<string, string>>, status: number]>([
  ['GET', 'accounts?$select=name&$expand=contact_customer_accounts($select=fullname)', {}, 200],
  ['POST', 'accounts', {}, 204],
  ['PATCH', `accounts(${id(1)})`, { 'If-Match': '*' }, 204],
  ['DELETE', `accounts(${id(1)})`, {}, 204],
])('§2.1: %s %s with the headers of every example', async ([method, path, more, status]) => {
  const { ask } = bench({ rows: 200 })
  await made(ask, 'accounts', { accountid: id(1), name: 'x' })
  const body = method === 'POST' || method === 'PATCH' ? { body: { name: 'y' } } : {}
  const answer = await ask(method, path, { headers: { ...HEADERS, ...more }, ...body })
  expect([answer.status, answer.headers.get('OData-Version')]).toEqual([status, '4.0'])
  expect(answer.headers.get('Content-Type')).toBe(status === 200 ? 'application/json; odata.metadata=minimal' : null)
})

test.for<
  [prefer: string, method: string, status: number, applied: string | null, hasBody: boolean, hasEntityId: boolean]
>([
  ['return=representation', 'POST', 201, 'return=representation', true, false],
  ['return=representation', 'PATCH', 200, 'return=representation', true, false],
  ['return=representation', 'PATCH of none', 201, 'return=representation', true, false],
  ['return=minimal', 'POST', 204, null, false, true],
  ['', 'POST', 204, null, false, true],
  ['', 'PATCH', 204, null, false, true],
])('§2.1: Prefer: %s with %s', async ([Prefer, request, status, applied, hasBody, hasEntityId]) => {
  const { ask } = bench({ rows: 200 })
  await made(ask, 'accounts', { accountid: id(1), name: 'x' })
  const [method = ''] = request.split(' ')
  const path = method === 'POST' ? 'accounts' : `accounts(${request === 'PATCH' ? id(1) : id(2)})`
  const answer = await ask(method, `${path}${hasBody ? '?$select=name' : ''}`, {
    headers: Prefer === '' ? {} : { Prefer },
    body: { name: 'y' },
  })
  expect([answer.status, answer.json?.name]).toEqual([status, hasBody ? 'y' : undefined])
  expect(answer.headers.get('OData-EntityId') !== null).toBe(hasEntityId)
  if (applied !== null) expect(answer.headers.get('Preference-Applied')).toBe(applied)
})

test.for<[header: string, value: string, status: number]>([
  ['MSCRM.SuppressDuplicateDetection', 'false', 204],
  ['MSCRM.BypassCustomPluginExecution', 'true', 204],
  ['MSCRM.BypassBusinessLogicExecution', 'CustomSync,CustomAsync', 204],
  ['MSCRM.SuppressCallbackRegistrationExpanderJob', 'true', 204],
  ['Consistency', 'Strong', 204],
  ['x-ms-client-request-id', id(5), 204],
  ['MSCRM.SolutionUniqueName', 'Example', 501],
  ['MSCRM.MergeLabels', 'true', 501],
  ['MSCRM.CascadeParent', 'true', 501],
])('§2.1: %s: %s on a create answers %s', async ([header, value, status]) => {
  const { ask } = bench({ rows: 200 })
  expect((await ask('POST', 'accounts', { headers: { [header]: value }, body: { name: 'x' } })).status).toBe(status)
})

type Asking = (org: Bench) => Promise<Answer>

test.for<[status: number, why: string, asking: Asking]>([
  [200, 'a read', ({ ask }) => ask('GET', 'accounts')],
  [
    201,
    'a create with its representation',
    ({ ask }) => ask('POST', 'accounts', { headers: { Prefer: 'return=representation' }, body: { name: 'x' } }),
  ],
  [204, 'a delete', ({ ask }) => ask('DELETE', `accounts(${id(1)})`)],
  [
    304,
    'nothing new',
    async ({ ask }) => {
      const etag = (await ask('GET', `accounts(${id(1)})`)).headers.get('ETag') ?? ''
      return ask('GET', `accounts(${id(1)})`, { headers: { 'If-None-Match': etag } })
    },
  ],
  [400, 'an invalid argument', ({ ask }) => ask('POST', 'accounts', { body: { nosuch: 1 } })],
  [
    401,
    'an expired ticket',
    (org) => {
      org.emulator.faults.add({ fault: { kind: 'tokenExpired' } })
      return org.ask('GET', 'accounts')
    },
  ],
  [403, 'a privilege that is not there', ({ ask }) => ask('DELETE', `accounts(${id(1)})`, { as: 'Amara Okafor' })],
  [404, 'no row', ({ ask }) => ask('GET', `accounts(${id(2)})`)],
  [405, 'DELETE of a collection', ({ ask }) => ask('DELETE', 'accounts')],
  [405, 'PATCH of a collection', ({ ask }) => ask('PATCH', 'accounts', { body: { name: 'x' } })],
  [412, 'another version', ({ ask }) => ask('DELETE', `accounts(${id(1)})`, { headers: { 'If-Match': 'W/"1"' } })],
  [
    412,
    'a row that is there',
    ({ ask }) => ask('PATCH', `accounts(${id(1)})`, { headers: { 'If-None-Match': '*' }, body: {} }),
  ],
  [
    413,
    'a body that is too large',
    (org) => {
      org.emulator.limits.bodyBytes = 1000
      return org.ask('POST', 'accounts', { body: { description: 'x'.repeat(1000) } })
    },
  ],
  [
    429,
    'too many requests',
    (org) => {
      org.emulator.limits.requests = 0
      return org.ask('GET', 'accounts')
    },
  ],
  [501, 'what is not implemented', ({ ask }) => ask('GET', 'accounts?$apply=groupby((name))')],
  [
    503,
    'a service that is not there',
    (org) => {
      org.emulator.faults.add({ fault: { kind: 'status', status: 503 } })
      return org.ask('GET', 'accounts')
    },
  ],
])('§2.1: %s: %s', async ([status, , asking]) => {
  const org = bench({ rows: 200 })
  await made(org.ask, 'accounts', { accountid: id(1), name: 'x' })
  expect((await asking(org)).status).toBe(status)
})

const ROW = `accounts(${id(1)})?$select=accountcategorycode,_primarycontactid_value`
const CRM = 'Microsoft.Dynamics.CRM.'
const CDS = 'Microsoft.PowerApps.CDS.'

test.for<[annotation: string, path: string, place: string, status: number]>([
  ['OData.Community.Display.V1.FormattedValue', ROW, 'accountcategorycode', 200],
  [`${CRM}lookuplogicalname`, ROW, '_primarycontactid_value', 200],
  [`${CRM}associatednavigationproperty`, ROW, '_primarycontactid_value', 200],
  [`${CRM}totalrecordcount`, 'accounts?$select=name&$count=true', '', 200],
  [`${CRM}totalrecordcountlimitexceeded`, 'accounts?$select=name&$count=true', '', 200],
  [`${CRM}globalmetadataversion`, 'accounts?$select=name', '', 200],
  [`${CRM}morerecords`, 'accounts?fetchXml=<fetch count="1"><entity name="account"/></fetch>', '', 200],
  [`${CRM}fetchxmlpagingcookie`, 'accounts?fetchXml=<fetch count="1"><entity name="account"/></fetch>', '', 200],
  [`${CDS}ErrorDetails.OperationStatus`, `accounts(${id(404)})`, 'error', 404],
  [`${CDS}ErrorDetails.SubErrorCode`, `accounts(${id(404)})`, 'error', 404],
  [`${CDS}HelpLink`, `accounts(${id(404)})`, 'error', 404],
  [`${CDS}TraceText`, `accounts(${id(404)})`, 'error', 404],
  [`${CDS}InnerError.Message`, `accounts(${id(404)})`, 'error', 404],
])('§2.2: %s', async ([annotation, path, place, status]) => {
  const { ask } = bench({ rows: 200 })
  await made(ask, 'contacts', { contactid: id(2), lastname: 'x' })
  await made(ask, 'accounts', {
    accountid: id(1),
    accountcategorycode: 1,
    'primarycontactid@odata.bind': `/contacts(${id(2)})`,
  })
  const prefer = `odata.include-annotations="${annotation}"`
  const asked = await ask('GET', path, { headers: { Prefer: prefer } })
  const name = place === 'error' ? `@${annotation}` : `${place}@${annotation}`
  const names = Object.keys(place === 'error' ? asked.json.error : asked.json)
  expect([asked.status, names]).toEqual([status, expect.arrayContaining([name])])
  if (status === 200) expect(asked.headers.get('Preference-Applied')).toBe(prefer)
  if (names.includes(place)) expect(names.indexOf(name)).toBeLessThan(names.indexOf(place))
  expect((await ask('GET', path)).text).not.toContain(annotation)
})

test.for<[method: string, path: string, headers: Readonly<Record<string, string>>]>([
  ['GET', `accounts(${id(1)})`, {}],
  ['POST', 'accounts', { Prefer: 'return=representation' }],
  ['PATCH', `accounts(${id(1)})`, { Prefer: 'return=representation' }],
])('§2.1: ETag comes with %s of one row', async ([method, path, headers]) => {
  const { ask } = bench({ rows: 200 })
  await made(ask, 'accounts', { accountid: id(1), name: 'x' })
  const answer = await ask(method, path, { headers, ...(method === 'GET' ? {} : { body: { name: 'y' } }) })
  expect(answer.headers.get('ETag')).toBe(answer.json['@odata.etag'])
  expect(answer.headers.get('ETag')).toBe(`W/"${answer.json.versionnumber}"`)
})

test('§2.1: several preferences in one header are all applied and all echoed', async () => {
  const { ask } = bench({ rows: 200 })
  const Prefer = 'odata.maxpagesize=2,odata.include-annotations="OData.Community.Display.V1.FormattedValue"'
  const answer = await ask('GET', 'accounts?$select=statecode', { headers: { Prefer } })
  const applied = answer.headers.get('Preference-Applied') ?? ''
  expect([answer.json.value.length, answer.text.includes('"statecode@OData.Community')]).toEqual([2, true])
  expect(applied).toContain('odata.maxpagesize=2')
  expect(applied).toContain('odata.include-annotations="OData.Community.Display.V1.FormattedValue"')
})

test('§2.1: a page is 5,000 rows at most, whatever is preferred', async () => {
  const { ask, emulator } = bench({ rows: 200 })
  while (emulator.master.count('contact') < 5001) emulator.master.create('contact', { lastname: 'x' })
  const { json } = await ask('GET', 'contacts?$select=fullname', { headers: { Prefer: 'odata.maxpagesize=9000' } })
  expect([json.value.length, typeof json['@odata.nextLink']]).toEqual([5000, 'string'])
})

test('§2.1: respond-async with a callback, which is not there, is refused', async () => {
  const { ask } = bench({ rows: 200 })
  const headers = { Prefer: 'respond-async,odata.callback;url="https://app.example/done"' }
  expect((await ask('POST', 'WinOpportunity', { headers, body: {} })).status).toBe(501)
})
