import { expect, test } from 'vitest'
import { bench, id, made } from '../ask.test-support.ts'
import type { Ask, Bench } from '../ask.test-support.ts'

interface Sent {
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

const ETAG = 'the etag'
const GONE = `account With Id = ${id(1)} Does Not Exist`
const STALE = "The version of the existing record doesn't match the RowVersion property provided."
const EXISTS = 'A record with matching key values already exists.'

test.for<[method: string, headers: Readonly<Record<string, string>>, row: string, status: number, message?: string]>([
  ['PATCH', {}, 'exists', 204],
  ['PATCH', {}, 'missing', 204],
  ['PATCH', { 'If-Match': '*' }, 'exists', 204],
  ['PATCH', { 'If-Match': '*' }, 'missing', 404, GONE],
  ['PATCH', { 'If-None-Match': '*' }, 'exists', 412, EXISTS],
  ['PATCH', { 'If-None-Match': '*' }, 'missing', 204],
  ['PATCH', { 'If-Match': ETAG }, 'exists', 204],
  ['PATCH', { 'If-Match': ETAG }, 'changed', 412, STALE],
  ['PATCH', { 'If-Match': ETAG }, 'missing', 404, GONE],
  ['DELETE', { 'If-Match': ETAG }, 'exists', 204],
  ['DELETE', { 'If-Match': ETAG }, 'changed', 412, STALE],
  ['DELETE', { 'If-Match': ETAG }, 'missing', 404, GONE],
  ['GET', { 'If-None-Match': ETAG }, 'exists', 304],
  ['GET', { 'If-None-Match': ETAG }, 'changed', 200],
  ['GET', { 'If-None-Match': ETAG }, 'missing', 404, GONE],
])('§5.3: %s with %j where the row %s', async ([method, conditions, row, status, message]) => {
  const { ask, emulator } = bench({ rows: 200 })
  const path = `accounts(${id(1)})`
  await made(ask, 'accounts', { accountid: id(1), name: 'a' })
  const etag = (await ask('GET', path)).json['@odata.etag']
  if (row === 'changed') await ask('PATCH', path, { body: { name: 'b' } })
  if (row === 'missing') await ask('DELETE', path)
  const headers = Object.fromEntries(
    Object.entries(conditions).map(([name, value]) => [name, value.replace(ETAG, etag)]),
  )
  const answer = await ask(method, path, { headers, ...(method === 'PATCH' ? { body: { name: 'c' } } : {}) })
  expect([answer.status, answer.json?.error?.message]).toEqual([status, message])
  if (status === 204 || status === 304) expect(answer.text).toBe('')
  if (method !== 'PATCH') return
  const name = emulator.master.row('account', id(1))?.values['name']
  expect(name).toBe(status === 204 ? 'c' : row === 'missing' ? undefined : row === 'changed' ? 'b' : 'a')
})

test.for<[query: string, headers: Readonly<Record<string, string>>]>([
  ['?$expand=primarycontactid($select=fullname)', {}],
  ['', { Prefer: 'odata.include-annotations="*"' }],
])('§5.3: GET%s with %j is never 304', async ([query, headers]) => {
  const { ask } = bench({ rows: 200 })
  await made(ask, 'accounts', { accountid: id(1), name: 'a' })
  const etag = (await ask('GET', `accounts(${id(1)})`)).json['@odata.etag']
  const answer = await ask('GET', `accounts(${id(1)})${query}`, { headers: { ...headers, 'If-None-Match': etag } })
  expect(answer.status).toBe(200)
})

const NN = `new_skills(${id(3)})/new_Skill_BookableResource`
const MEMBERS = `accounts(${id(1)})/contact_customer_accounts`

test.for<[what: string, method: string, path: string, sent: Sent, status: number, code?: string, message?: string]>([
  [
    'PATCH with If-None-Match: * and an id of ours',
    'PATCH',
    `accounts(${id(9)})`,
    { headers: { 'If-None-Match': '*' }, body: { name: 'x' } },
    412,
    '0x80040237',
    'matching key values',
  ],
  [
    'POST with an id of ours',
    'POST',
    'accounts',
    { body: { accountid: id(9) } },
    412,
    '0x80040237',
    'Cannot insert duplicate key',
  ],
  ['POST without an id', 'POST', 'accounts', { body: { name: 'twice' } }, 204],
  [
    'PATCH with If-Match: the etag',
    'PATCH',
    `accounts(${id(1)})`,
    { headers: { 'If-Match': ETAG }, body: { name: 'x' } },
    412,
    '0x80060882',
    STALE,
  ],
  ['PATCH with If-Match: *', 'PATCH', `accounts(${id(1)})`, { headers: { 'If-Match': '*' }, body: { name: 'x' } }, 204],
  ['DELETE', 'DELETE', `accounts(${id(1)})`, {}, 404, '0x80040217', GONE],
  ['POST $ref 1:N', 'POST', `${MEMBERS}/$ref`, { body: { '@odata.id': `contacts(${id(2)})` } }, 204],
  [
    'POST $ref N:N',
    'POST',
    `${NN}/$ref`,
    { body: { '@odata.id': `bookableresources(${id(4)})` } },
    412,
    '0x80040237',
    'Cannot insert duplicate key',
  ],
  ['DELETE $ref 1:N', 'DELETE', `${MEMBERS}(${id(5)})/$ref`, {}, 404],
  ['DELETE $ref N:N', 'DELETE', `${NN}(${id(6)})/$ref`, {}, 404],
  ['CloseIncident', 'POST', 'CloseIncident', { body: closing('incident') }, 400, '0x800404cf'],
  ['WinOpportunity', 'POST', 'WinOpportunity', { body: closing('opportunity') }, 400],
])(
  '§5.4: %s, sent again after its answer was lost',
  async ([, method, path, sent, status, code = '', message = '']) => {
    const { ask, emulator } = bench({ rows: 200 })
    await setUp(ask)
    const etag = (await ask('GET', `accounts(${id(1)})`)).json['@odata.etag']
    const headers = Object.fromEntries(
      Object.entries(sent.headers ?? {}).map(([name, value]) => [name, value.replace(ETAG, etag)]),
    )
    const accounts = emulator.master.count('account')
    emulator.faults.add({ fault: { kind: 'dropAfterCommit' } })
    await expect(ask(method, path, { ...sent, headers })).rejects.toThrow('fetch failed')
    const again = await ask(method, path, { ...sent, headers })
    expect(again.status).toBe(status)
    if (code !== '') expect(again.json.error.code).toBe(code)
    expect(again.json?.error.message ?? '').toContain(message)
    if (path === 'accounts') expect(emulator.master.count('account') - accounts).toBe(status === 204 ? 2 : 1)
  },
)

function closing(table: 'incident' | 'opportunity'): object {
  return table === 'incident'
    ? { IncidentResolution: { subject: 'Solved', 'incidentid@odata.bind': `/incidents(${id(7)})` }, Status: 5 }
    : { Status: 3, OpportunityClose: { subject: 'Won', 'opportunityid@odata.bind': `/opportunities(${id(8)})` } }
}

async function setUp(ask: Ask): Promise<void> {
  await made(ask, 'accounts', { accountid: id(1), name: 'a' })
  await made(ask, 'contacts', { contactid: id(2), lastname: 'a' })
  const member = { 'parentcustomerid_account@odata.bind': `/accounts(${id(1)})` }
  await made(ask, 'contacts', { contactid: id(5), lastname: 'b', ...member })
  await made(ask, 'new_skills', { new_skillid: id(3), new_name: 'Welding' })
  for (const key of [4, 6]) {
    await made(ask, 'bookableresources', { bookableresourceid: id(key), name: 'Van', resourcetype: 1 })
  }
  await ask('POST', `${NN}/$ref`, { body: { '@odata.id': `bookableresources(${id(6)})` } })
  await made(ask, 'incidents', {
    incidentid: id(7),
    title: 'x',
    'customerid_account@odata.bind': `/accounts(${id(1)})`,
  })
  await made(ask, 'opportunities', { opportunityid: id(8), name: 'x' })
  await made(ask, 'leads', { leadid: id(10), lastname: 'x' })
}

test('§5.4: a change set sent again says what its first failing part says', async () => {
  const { ask, emulator } = bench({ rows: 200 })
  const part = (key: number): string =>
    `--c\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\nContent-ID: ${key}\r\n\r\nPATCH /api/data/v9.2/accounts(${id(key)}) HTTP/1.1\r\nContent-Type: application/json\r\nIf-None-Match: *\r\n\r\n{"name":"x"}\r\n`
  const headers = { 'Content-Type': 'multipart/mixed; boundary="b"' }
  const body = `--b\r\nContent-Type: multipart/mixed; boundary="c"\r\n\r\n${part(1)}${part(2)}--c--\r\n\r\n--b--\r\n`
  emulator.faults.add({ fault: { kind: 'dropAfterCommit' } })
  await expect(ask('POST', '$batch', { headers, body })).rejects.toThrow('fetch failed')
  const again = await ask('POST', '$batch', { headers, body })
  expect(again.status).toBe(412)
  expect(again.text.match(/^HTTP\/1\.1 .*$/gm)).toEqual(['HTTP/1.1 412 Precondition Failed'])
  expect(again.text).toContain('0x80040237')
})

test('§5.4: an alternate key that another row has', async () => {
  const { ask } = bench({ rows: 200 })
  await made(ask, 'accounts', { name: 'a', accountnumber: 'ABC123' })
  const { status, json } = await ask('POST', 'accounts', { body: { name: 'b', accountnumber: 'ABC123' } })
  expect([status, json.error.code]).toEqual([412, '0x80060892'])
  expect(json.error.message).toMatch(/^Entity Key .+ violated\. A record with the same value for .+ already exists\./)
})

test.for<[path: string, status: number, message: string]>([
  ["accounts(accountnumber='ABC123')", 200, ''],
  ["accounts(accountnumber='none')", 404, 'A record with the specified key values does not exist in account entity'],
  [
    "accounts(name='a')",
    400,
    "The key in the request URI is not valid for resource 'Microsoft.Dynamics.CRM.account'. Ensure that the names and number of key properties match",
  ],
])('§5.2: %s', async ([path, status, message]) => {
  const { ask } = bench({ rows: 200 })
  await made(ask, 'accounts', { name: 'a', accountnumber: 'ABC123' })
  const answer = await ask('GET', path)
  expect([answer.status, answer.json.error?.message ?? '']).toEqual([status, expect.stringContaining(message)])
})

test.for<[what: string, method: string, path: string, body: unknown, status: number]>([
  ['PUT of one column', 'PUT', 'telephone1', { value: '555-0105' }, 204],
  ['DELETE of one column', 'DELETE', 'telephone1', undefined, 204],
  ['clearing a lookup by bind', 'PATCH', '', { 'parentaccountid@odata.bind': null }, 204],
  ['clearing a lookup by its navigation property', 'PATCH', '', { parentaccountid: null }, 204],
  ['clearing a lookup by its reference', 'DELETE', 'parentaccountid/$ref', undefined, 204],
  ['DELETE of the row', 'DELETE', '', undefined, 204],
])('§5.2: %s', async ([, method, path, body, status]) => {
  const { ask } = bench({ rows: 200 })
  await made(ask, 'accounts', { accountid: id(1), name: 'a' })
  const row = `accounts(${id(2)})`
  const parent = { 'parentaccountid@odata.bind': `/accounts(${id(1)})` }
  await made(ask, 'accounts', { accountid: id(2), name: 'b', telephone1: '1', ...parent })
  const answer = await ask(method, path === '' ? row : `${row}/${path}`, body === undefined ? {} : { body })
  expect([answer.status, answer.text]).toEqual([status, ''])
  const { json } = await ask('GET', `${row}?$select=telephone1,_parentaccountid_value`)
  if (path === '' && method === 'DELETE') expect(json.error.code).toBe('0x80040217')
  else if (path === 'telephone1') expect(json.telephone1).toBe(method === 'PUT' ? '555-0105' : null)
  else expect(json._parentaccountid_value).toBeNull()
})

test.for<[what: string, asking: (org: Bench) => ReturnType<Ask>, status: number, code?: string, message?: string]>([
  ['WinOpportunity', ({ ask }) => ask('POST', 'WinOpportunity', { body: closing('opportunity') }), 204],
  ['CloseIncident', ({ ask }) => ask('POST', 'CloseIncident', { body: closing('incident') }), 204],
  ['an incident resolved by PATCH', ({ ask }) => ask('PATCH', `incidents(${id(7)})`, { body: { statecode: 1 } }), 400],
  [
    'a bound action without its namespace',
    ({ ask }) => ask('POST', `leads(${id(10)})/QualifyLead`, { body: {} }),
    400,
    '',
    'Request message has unresolved parameters',
  ],
  [
    'a status of another state',
    ({ ask }) => ask('PATCH', `incidents(${id(7)})`, { body: { statuscode: 5 } }),
    400,
    '0x80048408',
  ],
])('§5.6: %s', async ([, asking, status, code = '', message = '']) => {
  const org = bench({ rows: 200 })
  await setUp(org.ask)
  const answer = await asking(org)
  expect(answer.status).toBe(status)
  if (status === 204) return
  expect(answer.json.error).toMatchObject({
    code: expect.stringContaining(code),
    message: expect.stringContaining(message),
  })
})
