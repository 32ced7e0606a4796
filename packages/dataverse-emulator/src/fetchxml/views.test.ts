import { expect, test } from 'vitest'
import { ADMIN, bench, TECHNICIAN } from '../ask.test-support.ts'
import type { Ask } from '../ask.test-support.ts'

const ACTIVE_ACCOUNTS = '00000000-0000-0000-00aa-000010001002'
const OPEN_OPPORTUNITIES = '00000000-0000-0000-00aa-000010003001'
const FETCH = '<fetch><entity name="account"><attribute name="name"/><order attribute="name"/></entity></fetch>'

async function personal(ask: Ask, as: string, body: Record<string, unknown> = {}): Promise<string> {
  const answer = await ask('POST', 'userqueries', {
    as,
    body: { name: 'Mine', returnedtypecode: 'account', querytype: 0, fetchxml: FETCH, ...body },
  })
  expect(answer.text).toBe('')
  return /\(([^)]+)\)$/.exec(answer.headers.get('OData-EntityId') ?? '')?.[1] ?? ''
}

test('A saved view is found by its name and executed by its id', async () => {
  const { ask } = bench()
  const found = await ask('GET', "savedqueries?$select=name,savedqueryid&$filter=name eq 'Active Accounts'")
  expect(found.json.value).toEqual([
    expect.objectContaining({ name: 'Active Accounts', savedqueryid: ACTIVE_ACCOUNTS }),
  ])
  const { status, json } = await ask('GET', `accounts?savedQuery=${ACTIVE_ACCOUNTS}`)
  expect(status).toBe(200)
  const direct = await ask('GET', 'accounts?$select=name&$filter=statecode eq 0&$orderby=name')
  const names = (rows: { name: string }[]): string[] => rows.map(({ name }) => name)
  expect(names(json.value)).toEqual(names(direct.json.value))
  for (const row of json.value) expect(Object.values(row)).not.toContain(null)
})

test('A view narrows a related collection, also with a slash before the question mark', async () => {
  const { ask } = bench()
  const [one] = (await ask('GET', 'opportunities?$select=_customerid_value,statecode&$filter=statecode eq 0')).json
    .value
  const account: string = one._customerid_value
  const within = await ask(
    'GET',
    `accounts(${account})/opportunity_customer_accounts/?savedQuery=${OPEN_OPPORTUNITIES}`,
  )
  expect(within.status).toBe(200)
  expect(within.json.value.length).toBeGreaterThan(0)
  for (const row of within.json.value) expect(row._customerid_value).toBe(account)
})

test('Views are paged by next links', async () => {
  const { ask } = bench()
  const whole = await ask('GET', `accounts?savedQuery=${ACTIVE_ACCOUNTS}`)
  const seen: unknown[] = []
  let path: string | undefined = `accounts?savedQuery=${ACTIVE_ACCOUNTS}`
  while (path !== undefined) {
    const { json } = await ask('GET', path, { headers: { Prefer: 'odata.maxpagesize=4' } })
    expect(json.value.length).toBeLessThanOrEqual(4)
    seen.push(...json.value)
    path = json['@odata.nextLink']
  }
  expect(seen).toEqual(whole.json.value)
})

test('A view of another table, one that is not there and what is no id are refused', async () => {
  const { ask } = bench()
  expect((await ask('GET', `contacts?savedQuery=${ACTIVE_ACCOUNTS}`)).json.error).toMatchObject({ code: '0x80041128' })
  expect((await ask('GET', 'accounts?savedQuery=00000000-0000-0000-00aa-00001000ffff')).status).toBe(404)
  expect((await ask('GET', 'accounts?savedQuery=Active')).status).toBe(400)
  expect((await ask('GET', `accounts?savedQuery=${ACTIVE_ACCOUNTS}&$filter=statecode eq 0`)).status).toBe(501)
})

test('A personal view can be made, changed and executed by its owner, and by nobody else unless it is shared', async () => {
  const { ask, emulator } = bench()
  const view = await personal(ask, TECHNICIAN)
  expect((await ask('GET', `accounts?userQuery=${view}`, { as: TECHNICIAN })).status).toBe(200)
  expect((await ask('GET', `accounts?userQuery=${view}`, { as: ADMIN })).status).toBe(403)
  const listed = await ask('GET', 'userqueries?$select=name', { as: ADMIN })
  expect(listed.json.value.map((row: { userqueryid: string }) => row.userqueryid)).not.toContain(view)
  const target = { userqueryid: view, '@odata.type': 'Microsoft.Dynamics.CRM.userquery' }
  const admin = emulator.users.find(({ name }) => name === ADMIN)?.id
  const principal = { systemuserid: admin, '@odata.type': 'Microsoft.Dynamics.CRM.systemuser' }
  const granted = await ask('POST', 'GrantAccess', {
    as: TECHNICIAN,
    body: { Target: target, PrincipalAccess: { Principal: principal, AccessMask: 'ReadAccess' } },
  })
  expect(granted.text).toBe('')
  expect((await ask('GET', `accounts?userQuery=${view}`, { as: ADMIN })).status).toBe(200)
  const changed = await ask('PATCH', `userqueries(${view})`, {
    as: TECHNICIAN,
    body: { fetchxml: FETCH.replace('<fetch>', '<fetch top="2">') },
  })
  expect(changed.status).toBe(204)
  expect((await ask('GET', `accounts?userQuery=${view}`, { as: TECHNICIAN })).json.value).toHaveLength(2)
})

test('The query of a view is checked when it is written', async () => {
  const { ask } = bench()
  const view = await personal(ask, ADMIN)
  const write = async (fetchxml: string): Promise<string> =>
    (await ask('PATCH', `userqueries(${view})`, { body: { fetchxml } })).json?.error.code
  expect(await write('<fetch>')).toBe('0x80040201')
  expect(await write('<fetch><entity name="contact"/></fetch>')).toBe('0x80041128')
  expect(await write('<fetch><entity name="account"><attribute name="nothing"/></entity></fetch>')).toBe('0x80041103')
  const created = await ask('POST', 'userqueries', {
    body: {
      name: 'x',
      returnedtypecode: 'account',
      querytype: 0,
      fetchxml: '<fetch><entity name="account"><order/></entity></fetch>',
    },
  })
  expect(created.status).toBe(400)
})

test('A technician reads the views of the organisation and does not write them', async () => {
  const { ask } = bench()
  expect((await ask('GET', `accounts?savedQuery=${ACTIVE_ACCOUNTS}`, { as: TECHNICIAN })).status).toBe(200)
  const body = { name: 'x', returnedtypecode: 'account', querytype: 0, fetchxml: FETCH }
  expect((await ask('POST', 'savedqueries', { as: TECHNICIAN, body })).status).toBe(403)
  expect((await ask('POST', 'savedqueries', { body })).status).toBe(204)
})
