import { expect, test } from 'vitest'
import { bench, id, made, read, TECHNICIAN } from './ask.test-support.ts'
import type { Answer, Bench } from './ask.test-support.ts'

type Steer = (method: string, path: string, body?: unknown) => Promise<Answer>

function steered(): Bench & { readonly steer: Steer } {
  const org = bench({ control: true })
  const steer: Steer = async (method, path, body) =>
    read(
      await org.emulator.fetch(`${org.emulator.root}emulator${path}`, {
        method,
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      }),
    )
  return { ...org, steer }
}

test('the control endpoint is off unless it is asked for, and needs no token then', async () => {
  const { emulator } = bench()
  expect((await emulator.as('Sunniva Admin')('/emulator')).status).toBe(404)
  expect((await emulator.as('Sunniva Admin')('/emulator/faults', { method: 'DELETE' })).status).toBe(404)
  emulator.allowControl(true)
  const { routes } = (await read(await emulator.fetch(`${emulator.root}emulator`))).json
  expect(routes.map((route: { path: string }) => route.path)).toContain('/emulator/faults')
  expect(emulator.requests().every(({ path }) => path.startsWith('/emulator'))).toBe(true)
  expect(emulator.requests()).toHaveLength(2)
})

test('unknown paths and methods say what there is', async () => {
  const { steer } = steered()
  const missing = await steer('GET', '/nothing')
  expect([missing.status, missing.json.error.message]).toEqual([
    404,
    'there is no /emulator/nothing; GET /emulator lists what there is',
  ])
  const wrong = await steer('PATCH', '/knobs')
  expect([wrong.status, wrong.json.error.message]).toEqual([405, '/emulator/knobs takes GET and POST'])
})

test('faults are armed, listed and disarmed', async () => {
  const { ask, steer } = steered()
  const rule = {
    match: { method: ['GET', 'PATCH'], path: 'accounts', headers: { prefer: '/maxpagesize/' }, table: 'account' },
    times: 'always',
    fault: { kind: 'status', status: 503, retryAfter: 3, body: 'empty' },
  }
  expect((await steer('POST', '/faults', rule)).json).toEqual({ armed: 1 })
  const headers = { Prefer: 'odata.maxpagesize=2' }
  const struck = await ask('GET', 'accounts', { headers })
  expect([struck.status, struck.headers.get('Retry-After')]).toEqual([503, '3'])
  expect((await ask('GET', 'accounts')).status).toBe(200)
  expect((await steer('GET', '/faults')).json).toEqual([
    {
      rule: { ...rule, match: { ...rule.match, path: '/accounts/', headers: { prefer: '/maxpagesize/' } } },
      struck: 1,
    },
  ])
  expect((await steer('DELETE', '/faults')).status).toBe(204)
  expect((await ask('GET', 'accounts', { headers })).status).toBe(200)
})

test('a wrong field is a 400 that names it', async () => {
  const { steer } = steered()
  for (const [path, body, message] of [
    ['/faults', { fault: { kind: 'explode' } }, /^'fault\.kind' must be one of dropBeforeCommit, .*, not 'explode'$/],
    ['/faults', { fault: { kind: 'delay' } }, /^'fault\.ms' is missing$/],
    ['/faults', { fault: { kind: 'hang', ms: 3 } }, /^'fault\.ms' is unknown here/],
    ['/faults', { match: { path: '(' }, fault: { kind: 'hang' } }, /^'match\.path' is no regular expression/],
    ['/faults', { nth: 'x', fault: { kind: 'hang' } }, /^'nth' must be a number$/],
    ['/faults', { match: { part: true }, fault: { kind: 'hang' } }, /cannot strike a part of a batch/],
    ['/faults', { nth: 1.5, fault: { kind: 'hang' } }, /^nth counts from 1, it cannot be 1\.5$/],
    ['/faults', { fault: { kind: 'delay', ms: -1 } }, /^fault\.ms must be .*, not -1$/],
    ['/faults', { fault: { kind: 'cutBodyAt', bytes: 0.5 } }, /^fault\.bytes must be .*, not 0\.5$/],
    ['/faults', '{"fault":', /^the body is no JSON/],
    ['/knobs', { maxPages: 3 }, /^'maxPages' is no knob; there are emptyErrorCodes, /],
    ['/knobs', { emptyErrorCodes: 'yes' }, /^'emptyErrorCodes' must be true or false$/],
    ['/knobs', { absentLinkStatus: 500 }, /^'absentLinkStatus' must be one of 404, 204$/],
    ['/knobs', { maxPageSize: 0 }, /^'maxPageSize' must be a whole number from 1 to 5000$/],
    ['/knobs', { maxPageSize: 5001 }, /^'maxPageSize' must be a whole number from 1 to 5000$/],
    ['/knobs', { latency: [5, 2] }, /^'latency' must be milliseconds/],
    ['/limits', { requests: -1 }, /^'requests' must be a number that is not negative$/],
    ['/clock', { set: 'soon' }, /is no moment/],
    ['/clock', { advanceMs: 1e15 }, /^a clock cannot be moved by 1000000000000000 ms$/],
    ['/master', { do: 'create', table: 'nope', values: {} }, /^no table nope$/],
    ['/master', { do: 'create', table: 'account', values: { nope: 1 } }, /^account has no column nope$/],
    [
      '/schema',
      { do: 'removeColumn', table: 'account', column: 'accountid' },
      /^account\.accountid cannot be removed$/,
    ],
    [
      '/schema',
      { do: 'addColumn', table: 'account', column: { type: 'x', schemaName: 'new_X' } },
      /^'column\.type' must/,
    ],
    ['/security', { do: 'privilegeDepth', user: 'Nobody', table: 'account', depth: 'none' }, /^no user Nobody/],
    ['/tokens', { user: 'Nobody' }, /^no user Nobody/],
    ['/restore', undefined, /^there is no backup/],
  ] as const) {
    const answer = await steer('POST', path, body)
    expect([path, body, answer.status]).toEqual([path, body, 400])
    expect(answer.json.error.message).toMatch(message)
  }
})

test('what is refused for a field too many has not happened', async () => {
  const { ask, steer, emulator } = steered()
  const before = [emulator.clock.now(), emulator.schema.stamp, emulator.users.length]
  for (const [path, body] of [
    ['/clock', { advanceMs: 1000, set: '2026-01-01T00:00:00Z' }],
    ['/clock', { set: '2026-01-01T00:00:00Z', zone: 'UTC' }],
    ['/schema', { do: 'removeColumn', table: 'account', column: 'name', force: true }],
    ['/security', { do: 'addUser', name: 'Nora Ny', mail: 'nora@example.com' }],
    ['/delayed-commit', { ms: 5000, table: 'account' }],
    ['/backup', { name: 'first' }],
    ['/settle', []],
  ] as const) {
    expect([path, (await steer('POST', path, body)).status]).toEqual([path, 400])
  }
  expect([emulator.clock.now(), emulator.schema.stamp, emulator.users.length]).toEqual(before)
  expect((await ask('POST', 'accounts', { body: { name: 'at once' } })).status).toBe(204)
  expect((await steer('POST', '/restore')).json.error.message).toMatch(/^there is no backup/)
})

test('knobs and limits are read and turned', async () => {
  const { ask, steer, emulator } = steered()
  expect((await steer('POST', '/knobs', { decimalErrorCodes: true, exposeHeaders: ['ETag'] })).status).toBe(200)
  expect((await ask('GET', `accounts(${id(1)})`)).json.error.code).toBe('-2147220969')
  expect((await steer('GET', '/knobs')).json).toEqual(emulator.knobs)
  await steer('POST', '/limits', { requests: 2 })
  expect((await steer('GET', '/limits')).json.requests).toBe(2)
  await ask('GET', 'WhoAmI')
  expect((await ask('GET', 'WhoAmI')).status).toBe(429)
})

test('the log is read, filtered and emptied', async () => {
  const { ask, steer } = steered()
  await ask('GET', 'WhoAmI')
  await ask('POST', 'accounts', { body: { name: 'a' }, as: TECHNICIAN })
  const paths = async (query: string): Promise<readonly string[]> =>
    (await steer('GET', `/requests${query}`)).json.map((one: { path: string }) => one.path)
  expect(await paths('')).toEqual(['/api/data/v9.2/WhoAmI', '/api/data/v9.2/accounts'])
  expect(await paths('?method=POST')).toEqual(['/api/data/v9.2/accounts'])
  expect(await paths('?path=WhoAmI')).toEqual(['/api/data/v9.2/WhoAmI'])
  expect(await paths('?status=404')).toEqual([])
  expect(await paths(`?user=${encodeURIComponent(TECHNICIAN)}&inBatch=false`)).toHaveLength(1)
  expect((await steer('GET', '/requests?kind=1')).status).toBe(400)
  await steer('DELETE', '/requests')
  expect(await paths('')).toEqual([])
})

test('the clock is moved and set', async () => {
  const { ask, steer } = steered()
  const before = Date.parse((await steer('GET', '/clock')).json.now)
  expect(Date.parse((await steer('POST', '/clock', { advanceMs: -5000 })).json.now)).toBe(before - 5000)
  await steer('POST', '/clock', { set: '2031-05-06T07:08:09Z' })
  expect((await ask('GET', 'WhoAmI')).status).toBe(200)
  await steer('POST', '/clock', { advanceMs: 7_200_000 })
  expect((await steer('GET', '/clock')).json.now).toBe('2031-05-06T09:08:09.000Z')
})

test('rows are changed as the server’s own hand, also late', async () => {
  const { ask, steer } = steered()
  const created = await steer('POST', '/master', {
    do: 'create',
    table: 'account',
    values: { name: 'a' },
    as: TECHNICIAN,
  })
  const account: string = created.json.id
  const contact: string = (
    await steer('POST', '/master', { do: 'create', table: 'contact', values: { lastname: 'c' } })
  ).json.id
  const results = await steer('POST', '/master', [
    { do: 'update', table: 'account', id: account, values: { name: 'b', primarycontactid: contact } },
    {
      do: 'associate',
      table: 'account',
      id: account,
      navigation: 'contact_customer_accounts',
      target: { table: 'contact', id: contact },
    },
    { do: 'touch', table: 'contact', id: contact },
  ])
  expect(results.json).toHaveLength(3)
  expect((await ask('GET', `accounts(${account})?$select=name`)).json.name).toBe('b')
  await steer('POST', '/master', {
    do: 'update',
    table: 'account',
    id: account,
    values: { name: 'late' },
    commitAfterMs: 9000,
  })
  expect((await ask('GET', `accounts(${account})?$select=name`)).json.name).toBe('b')
  await steer('POST', '/settle')
  expect((await ask('GET', `accounts(${account})?$select=name`)).json.name).toBe('late')
  expect((await steer('GET', `/master?table=account&id=${account}`)).json.values.name).toBe('late')
  await steer('POST', '/master', { do: 'remove', table: 'contact', id: contact })
  expect((await ask('GET', `contacts(${contact})`)).status).toBe(404)
})

test('the schema is changed', async () => {
  const { ask, steer, emulator } = steered()
  const change = async (body: unknown): Promise<number> => (await steer('POST', '/schema', body)).status
  expect(
    await change({
      do: 'addColumn',
      table: 'account',
      column: { type: 'choice', schemaName: 'new_Mood', options: { 1: 'Glad' } },
    }),
  ).toBe(200)
  expect((await ask('GET', 'accounts?$select=new_mood&$top=1')).status).toBe(200)
  expect(await change({ do: 'renameOption', table: 'account', column: 'new_mood', value: 1, label: 'Happy' })).toBe(200)
  expect(await change({ do: 'removeColumn', table: 'account', column: 'new_mood' })).toBe(200)
  expect((await ask('GET', 'accounts?$select=new_mood&$top=1')).status).toBe(400)
  const table = { schemaName: 'new_Tool', columns: [{ type: 'lookup', schemaName: 'new_Owner', target: 'contact' }] }
  expect(await change({ do: 'addTable', table })).toBe(200)
  const set = emulator.schema.table('new_tool')?.entitySetName ?? ''
  expect((await ask('POST', set, { body: { new_name: 'hammer' } })).status).toBe(204)
  expect(await change({ do: 'removeTable', table: 'new_tool' })).toBe(200)
  expect((await ask('GET', set)).status).toBe(404)
})

test('backups, other organisations and expired tokens', async () => {
  const { ask, steer } = steered()
  const before = (await ask('GET', 'WhoAmI')).json.OrganizationId
  await made(ask, 'accounts', { accountid: id(1), name: 'kept' })
  expect((await steer('POST', '/backup')).status).toBe(204)
  await made(ask, 'accounts', { accountid: id(2), name: 'lost' })
  expect((await steer('POST', '/restore')).status).toBe(204)
  expect([(await ask('GET', `accounts(${id(1)})`)).status, (await ask('GET', `accounts(${id(2)})`)).status]).toEqual([
    200, 404,
  ])
  const link = (await ask('GET', 'accounts?$select=name', { headers: { Prefer: 'odata.track-changes' } })).json
  await steer('POST', '/expire-delta')
  expect((await ask('GET', link['@odata.deltaLink'])).json.error.code).toBe('0x80044352')
  await steer('POST', '/replace-organization', { rows: 'none' })
  expect((await ask('GET', 'WhoAmI')).json.OrganizationId).not.toBe(before)
  expect((await ask('GET', 'accounts')).json.value).toEqual([])
})

test('privileges and tokens', async () => {
  const { ask, steer, emulator } = steered()
  const account = await made(ask, 'accounts', { name: 'a' })
  expect((await ask('GET', 'accounts?$top=1', { as: TECHNICIAN })).status).toBe(200)
  await steer('POST', '/security', { do: 'privilegeDepth', user: TECHNICIAN, table: 'account', depth: 'none' })
  expect((await ask('GET', `accounts(${account})`, { as: TECHNICIAN })).status).toBe(403)
  const { token } = (await steer('POST', '/tokens', { user: TECHNICIAN, lifetimeSeconds: 60 })).json
  const who = (): Promise<Response> =>
    emulator.fetch(`${emulator.root}api/data/v9.2/WhoAmI`, { headers: { Authorization: `Bearer ${token}` } })
  expect((await who()).status).toBe(200)
  await steer('DELETE', '/tokens', { token })
  expect((await who()).status).toBe(401)
  expect((await steer('GET', '/users')).json).toContainEqual({
    name: TECHNICIAN,
    id: emulator.users.find(({ name }) => name === TECHNICIAN)?.id,
  })
})

test('what is misspelt or of the wrong kind in a query, a token or a value is refused by name', async () => {
  const { steer } = steered()
  const message = async (method: string, path: string, body?: unknown): Promise<[number, string]> => {
    const { status, json } = await steer(method, path, body)
    return [status, json?.error?.message]
  }
  expect(await message('GET', '/requests?status=abc')).toEqual([400, "'status' must be a number"])
  expect(await message('GET', '/master')).toEqual([400, "'table' is missing"])
  expect(await message('GET', '/master?table=account&key=1')).toEqual([
    400,
    "'key' is unknown here; there are table, id",
  ])
  expect(await message('DELETE', '/tokens', { token: 'x', tokens: 1 })).toEqual([
    400,
    "'tokens' is unknown here; there are token",
  ])
  for (const [values, expected] of [
    [{ name: 5 }, 'account.name takes a text, not 5'],
    [{ numberofemployees: '5' }, 'account.numberofemployees takes a whole number, not "5"'],
    [{ createdon: 'soon' }, 'account.createdon takes an ISO date and time, not "soon"'],
    [{ revenue: true }, 'account.revenue takes a number, or one as text, not true'],
  ] as const) {
    expect(await message('POST', '/master', { do: 'create', table: 'account', values })).toEqual([400, expected])
  }
})

test('faults that could never strike are refused by their field, and none of a list is armed', async () => {
  const { emulator, steer } = steered()
  const hang = { kind: 'hang' }
  for (const [rule, message] of [
    [{ match: { method: 'FETCH' }, fault: hang }, "match.method is no method of requests: 'FETCH'"],
    [{ match: { user: 'Nobody' }, fault: hang }, "match.user names nobody there is now: 'Nobody'"],
    [{ match: { table: 'acount' }, fault: hang }, "match.table names no table there is now: 'acount'"],
    [{ fault: { kind: 'status', status: 429, retryAfter: 'soon' } }, 'fault.retryAfter must be whole seconds'],
    [{ fault: { kind: 'delay', ms: 1e10 } }, 'fault.ms must be milliseconds'],
    [{ fault: { kind: 'delayedCommit', ms: -1 } }, 'fault.ms must be milliseconds'],
  ] as const) {
    const answer = await steer('POST', '/faults', [{ fault: hang }, rule])
    expect([answer.status, answer.json.error.message]).toEqual([400, expect.stringContaining(message)])
  }
  expect(emulator.faults.armed).toEqual([])
  const late = await steer('POST', '/delayed-commit', { ms: 1e10 })
  expect([late.status, late.json.error.message]).toEqual([400, expect.stringContaining('ms must be milliseconds')])
  const change = { do: 'create', table: 'account', values: { name: 'a' }, commitAfterMs: -1 }
  const held = await steer('POST', '/master', change)
  expect([held.status, held.json.error.message]).toEqual([400, expect.stringMatching(/^commitAfterMs must be /)])
})

test.each([-1, 36_000_001])('a token cannot be good for %d seconds', async (lifetimeSeconds) => {
  const { emulator, steer } = steered()
  const answer = await steer('POST', '/tokens', { user: TECHNICIAN, lifetimeSeconds })
  const message = `lifetimeSeconds must be from 0 to 36000000 (10,000 hours), not ${lifetimeSeconds}`
  expect([answer.status, answer.json.error.message]).toEqual([400, message])
  const lifetimeMs = lifetimeSeconds * 1000
  expect(() => emulator.tokenFor(TECHNICIAN, { lifetimeMs })).toThrow(/^lifetimeMs must be from 0 to /)
  expect(() => bench({ tokenLifetimeMs: lifetimeMs })).toThrow(/^tokenLifetimeMs must be from 0 to /)
})
