import { afterEach, expect, test } from 'vitest'
import { ADMIN, bench, id, made } from '../ask.test-support.ts'
import { serve } from '../server.ts'
import type { ServedEmulator } from '../server.ts'
import { fetched, filtered } from './answers.test-support.ts'

const open: ServedEmulator[] = []

afterEach(async () => {
  for (const served of open.splice(0)) await served.close()
})

const isLoud = (status: number): boolean => status === 400 || status === 501

test('§16.36: query options that are unknown, misspelt or out of place are never ignored, on any resource or method', async () => {
  const { ask, emulator } = bench()
  await made(ask, 'accounts', { accountid: id(1), name: 'a' })
  const before = emulator.master.row('account', id(1))
  const path = `accounts(${id(1)})`
  for (const option of [
    '$skip=1',
    '$search=a',
    '$apply=x',
    '$compute=x',
    '$Filter=name',
    '$nosuch=1',
    'filter=a',
    'x=1',
  ]) {
    for (const [method, target] of [
      ['GET', 'accounts'],
      ['GET', path],
      ['GET', `${path}/name`],
      ['GET', `${path}/contact_customer_accounts`],
      ['GET', 'accounts/$count'],
      ['GET', 'WhoAmI'],
      ['GET', 'EntityDefinitions'],
      ['PATCH', path],
      ['POST', 'accounts'],
      ['DELETE', path],
    ] as const) {
      const body = method === 'GET' || method === 'DELETE' ? {} : { body: { name: 'fuzz' } }
      const { status } = await ask(method, `${target}?${option}`, body)
      expect([option, method, target, isLoud(status)]).toEqual([option, method, target, true])
    }
  }
  expect(emulator.master.row('account', id(1))).toBe(before)
  expect(emulator.master.rows('account').some(({ values }) => values['name'] === 'fuzz')).toBe(false)
})

test('§16.36: functions, operators and FetchXML that are unknown never give all rows', async () => {
  const { ask } = bench()
  for (const filter of [
    "Microsoft.Dynamics.CRM.NoSuch(PropertyName='name')",
    "Microsoft.Dynamics.CRM.In(PropertyName='name')",
    "Microsoft.Dynamics.CRM.In(PropertyName='nosuch',PropertyValues=['a'])",
    "tolower(name) eq 'a'",
    'length(name) gt 3',
    'year(createdon) eq 2025',
    "name like 'a'",
    "nosuch eq 'a'",
    '1 eq 1',
  ]) {
    const { status } = await ask('GET', filtered('accounts', filter))
    expect([filter, isLoud(status)]).toEqual([filter, true])
  }
  const condition = (rest: string): string =>
    `<entity name="account"><filter><condition attribute="name" ${rest}/></filter></entity>`
  for (const [inner, root] of [
    [condition('operator="no-such" value="a"'), ''],
    [condition('operator="eq" value="a" nosuch="1"'), ''],
    ['<entity name="account"><nosuch/></entity>', ''],
    ['<entity name="account"/>', 'nosuch="1"'],
  ] as const) {
    const { status } = await ask('GET', fetched('accounts', inner, root))
    expect([inner, root, isLoud(status)]).toEqual([inner, root, true])
  }
  for (const path of ['NoSuchFunction()', "Microsoft.Dynamics.CRM.NoSuch(X='1')", 'WhoAmI(X=1)']) {
    expect([path, [400, 404, 501].includes((await ask('GET', path)).status)]).toEqual([path, true])
  }
})

test('§16.36: headers that would change the meaning are never ignored: unknown MSCRM ones, preferences, conditions, versions', async () => {
  const { ask, emulator } = bench()
  await made(ask, 'accounts', { accountid: id(1), name: 'a' })
  const count = emulator.master.count('account')
  for (const headers of [
    { 'MSCRM.NoSuch': 'true' },
    { 'MSCRM.SuppressDuplicateDetection': 'perhaps' },
    { Prefer: 'odata.nosuch' },
    { Prefer: 'return=all' },
    { Prefer: 'respond-async' },
    { 'If-Match': 'W/"1"' },
    { 'If-None-Match': '*' },
    { 'OData-Version': '3.0' },
    { Consistency: 'Weak' },
    { 'X-HTTP-Method-Override': 'PATCH' },
  ]) {
    const { status } = await ask('POST', 'accounts', { headers, body: { name: 'b' } })
    expect([headers, isLoud(status)]).toEqual([headers, true])
  }
  expect(emulator.master.count('account')).toBe(count)
  expect((await ask('GET', `accounts(${id(1)})`, { headers: { 'If-Match': 'W/"1"' } })).status).toBe(501)
})

test('§16.37: scripts of another origin read a short list of headers, without Retry-After and limits, from any answer', async () => {
  const { emulator } = bench({ limits: { requests: 4 } })
  const served = await serve(emulator)
  open.push(served)
  const Origin = 'https://app.test'
  const Authorization = `Bearer ${emulator.tokenFor(ADMIN, { audience: served.url })}`
  const get = (path: string, headers: Record<string, string> = { Origin, Authorization }): Promise<Response> =>
    fetch(`${served.api}${path}`, { headers })
  const listOf = ({ headers }: Response): string[] =>
    (headers.get('Access-Control-Expose-Headers') ?? '').toLowerCase().split(',').toSorted()
  const usual = [
    'content-encoding',
    'content-length',
    'etag',
    'location',
    'odata-entityid',
    'odata-version',
    'preference-applied',
    'transfer-encoding',
  ]
  const answers = [await get('accounts'), await get('nosuch'), await get('WhoAmI', { Origin })]
  expect(answers.map(({ status }) => status)).toEqual([200, 404, 401])
  for (const answer of answers) {
    expect([listOf(answer), answer.headers.get('Access-Control-Allow-Origin')]).toEqual([usual, Origin])
    expect(answer.headers.has('Access-Control-Allow-Credentials')).toBe(false)
  }
  expect((await get('WhoAmI', { Authorization })).headers.has('Access-Control-Allow-Origin')).toBe(false)
  await get('WhoAmI')
  const throttled = await get('WhoAmI')
  expect([throttled.status, throttled.headers.has('Retry-After'), listOf(throttled)]).toEqual([429, true, usual])
})

test('§16.37: a preflight allows the headers of the Web API and no others', async () => {
  const served = await serve(bench().emulator)
  open.push(served)
  const headers = {
    Origin: 'https://app.test',
    'Access-Control-Request-Method': 'PATCH',
    'Access-Control-Request-Headers': 'authorization,prefer,if-match,x-my-own,traceparent',
  }
  const answer = await fetch(`${served.api}accounts`, { method: 'OPTIONS', headers })
  expect(answer.headers.get('Access-Control-Allow-Headers')).toBe('authorization,prefer,if-match')
  expect(answer.headers.get('Access-Control-Allow-Origin')).toBe('https://app.test')
})

test('§16.38: only a living token that was given out for this organisation is taken; all else is 401 with the challenge', async () => {
  const { emulator, clock } = bench()
  const served = await serve(emulator)
  open.push(served)
  const token = emulator.tokenFor(ADMIN, { audience: served.url })
  const revoked = emulator.tokenFor(ADMIN, { audience: served.url })
  emulator.revokeToken(revoked)
  const get = async (authorization: string | undefined): Promise<readonly [number, boolean]> => {
    const headers = authorization === undefined ? {} : { Authorization: authorization }
    const answer = await fetch(`${served.api}WhoAmI`, { headers })
    const challenge = answer.headers.get('WWW-Authenticate') ?? ''
    return [answer.status, /^Bearer authorization_uri=https:\S+, resource_id=https?:\S+$/.test(challenge)]
  }
  for (const authorization of [
    undefined,
    'Bearer anything',
    `Bearer ${token}x`,
    `Basic ${token}`,
    token,
    `Bearer ${revoked}`,
    `Bearer ${emulator.tokenFor(ADMIN, { audience: 'https://other.crm4.dynamics.com/' })}`,
    `Bearer ${emulator.tokenFor(ADMIN, { audience: 'https://graph.microsoft.com' })}`,
  ]) {
    expect([authorization, ...(await get(authorization))]).toEqual([authorization, 401, true])
  }
  expect(await get(`Bearer ${token}`)).toEqual([200, false])
  clock.advance(3_600_000)
  expect(await get(`Bearer ${token}`)).toEqual([401, true])
})

test('§16.38: a token ends in the middle of a run: the write before it is done, the one after it is not', async () => {
  const { emulator, clock } = bench()
  const served = await serve(emulator)
  open.push(served)
  const token = emulator.tokenFor(ADMIN, { audience: served.url, lifetimeMs: 1000 })
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }
  const write = async (number: number): Promise<number> =>
    (await fetch(`${served.api}accounts(${id(number)})`, { method: 'PATCH', headers, body: '{"name":"a"}' })).status
  expect(await write(1)).toBe(204)
  clock.advance(1000)
  expect(await write(2)).toBe(401)
  expect([1, 2].map((number) => emulator.master.row('account', id(number)) !== undefined)).toEqual([true, false])
})
