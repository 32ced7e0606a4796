import { expect, test } from 'vitest'
import { asker, bench, id, made, read } from './ask.test-support.ts'
import type { Answer } from './ask.test-support.ts'
import { createEmulator } from './emulator.ts'
import type { Fault, FaultRule } from './faults/fault.ts'
import { ConnectionDropped } from './http/exchange.ts'
import { standardColumns, text } from './schema.ts'
import { fieldService } from './seed/field-service.ts'

const GET = { match: { method: 'GET' } } as const

test('dropBeforeCommit rejects like fetch does and nothing was written', async () => {
  const { ask, emulator } = bench()
  emulator.faults.add({ fault: { kind: 'dropBeforeCommit' } })
  const lost = ask('PATCH', `accounts(${id(1)})`, { body: { name: 'a' } })
  await expect(lost).rejects.toThrow(new TypeError('fetch failed'))
  expect(emulator.master.row('account', id(1))).toBeUndefined()
  expect(emulator.requests().map(({ status }) => status)).toEqual([undefined])
})

test('§16.28: dropAfterCommit rejects the same way, but the write is there: only reading it again tells', async () => {
  const { ask, emulator } = bench()
  emulator.faults.add({ fault: { kind: 'dropAfterCommit' } })
  const write = (): ReturnType<typeof ask> =>
    ask('PATCH', `accounts(${id(1)})`, { headers: { 'If-None-Match': '*' }, body: { name: 'a' } })
  await expect(write()).rejects.toThrow(TypeError)
  expect(emulator.master.row('account', id(1))?.values['name']).toBe('a')
  expect((await write()).json.error.code).toBe('0x80040237')
})

test('handle itself rejects a dropped connection with ConnectionDropped', async () => {
  const { emulator } = bench()
  emulator.faults.add({ fault: { kind: 'dropBeforeCommit' } })
  await expect(emulator.handle(new Request(`${emulator.root}api/data/v9.2/WhoAmI`))).rejects.toThrow(ConnectionDropped)
})

test('cutBodyAt sends status, headers and so many bytes, then the body fails', async () => {
  const { emulator } = bench()
  emulator.faults.add({ fault: { kind: 'cutBodyAt', bytes: 40 } })
  const response = await emulator.as('Sunniva Admin')('accounts')
  expect(response.status).toBe(200)
  const reader = response.body?.getReader()
  const first = await reader?.read()
  expect(first?.value).toHaveLength(40)
  expect(Number(response.headers.get('Content-Length'))).toBeGreaterThan(40)
  await expect(reader?.read()).rejects.toThrow('terminated')
})

test('truncateJson is a complete answer whose JSON is not', async () => {
  const { emulator } = bench()
  emulator.faults.add({ fault: { kind: 'truncateJson' } })
  const response = await emulator.as('Sunniva Admin')('accounts')
  const text = await response.text()
  expect(Number(response.headers.get('Content-Length'))).toBe(new TextEncoder().encode(text).length)
  expect(() => JSON.parse(text)).toThrow(SyntaxError)
})

test('a captive portal answers 200 with a page, and the server never sees the request', async () => {
  const { ask, emulator } = bench()
  emulator.faults.add({ fault: { kind: 'captivePortal' } })
  const answer = await ask('PATCH', `accounts(${id(1)})`, { body: { name: 'a' } })
  expect([answer.status, answer.headers.get('Content-Type')]).toEqual([200, 'text/html; charset=utf-8'])
  expect(emulator.master.row('account', id(1))).toBeUndefined()
})

test('429 comes with Retry-After, without it, or with the knob that hides it', async () => {
  const { ask, emulator } = bench()
  emulator.faults.add({ times: 2, fault: { kind: 'status', status: 429, retryAfter: 7 } })
  const throttled = await ask('GET', 'WhoAmI')
  expect([throttled.status, throttled.headers.get('Retry-After'), throttled.json.error.code]).toEqual([
    429,
    '7',
    '0x80072322',
  ])
  emulator.knobs.hideRetryAfter = true
  expect((await ask('GET', 'WhoAmI')).headers.get('Retry-After')).toBeNull()
  expect((await ask('GET', 'WhoAmI')).status).toBe(200)
})

test('§16.19: a status fault has JSON below 500, HTML from 500 on, or no body', async () => {
  const { ask, emulator } = bench()
  for (const [fault, type, hasText] of [
    [{ kind: 'status', status: 403 }, 'application/json; odata.metadata=minimal', true],
    [{ kind: 'status', status: 503 }, 'text/html; charset=utf-8', true],
    [{ kind: 'status', status: 502, body: 'empty' }, null, false],
    [{ kind: 'status', status: 404, body: 'html' }, 'text/html; charset=utf-8', true],
  ] as const satisfies readonly (readonly [Fault, string | null, boolean])[]) {
    emulator.faults.add({ fault })
    const answer = await ask('GET', 'WhoAmI')
    expect([answer.status, answer.headers.get('Content-Type'), answer.text !== '']).toEqual([
      fault.status,
      type,
      hasText,
    ])
  }
})

test('a status fault takes a code and a message', async () => {
  const { ask, emulator } = bench()
  emulator.faults.add({ fault: { kind: 'status', status: 400, code: '0x80040265', message: 'Not on Fridays.' } })
  expect((await ask('GET', 'WhoAmI')).json.error).toEqual({ code: '0x80040265', message: 'Not on Fridays.' })
})

test('delay waits by the injected sleep and then answers; an abort during it ends the request undone', async () => {
  const waits: number[] = []
  let proceed = (): void => undefined
  const emulator = createEmulator({
    seed: fieldService({ rows: 200 }),
    sleep: async (ms, signal) => {
      waits.push(ms)
      await new Promise<void>((resolve) => {
        proceed = resolve
        signal.addEventListener('abort', () => resolve())
      })
      signal.throwIfAborted()
    },
  })
  emulator.faults.add({ times: 2, fault: { kind: 'delay', ms: 1500 } })
  const fetch = emulator.as('Sunniva Admin')
  const slow = fetch('WhoAmI')
  await Promise.resolve()
  while (waits.length === 0) await Promise.resolve()
  proceed()
  expect((await slow).status).toBe(200)
  const controller = new AbortController()
  const given = fetch(`accounts(${id(1)})`, { method: 'PATCH', body: '{"name":"a"}', signal: controller.signal })
  controller.abort(new Error('enough'))
  await expect(given).rejects.toThrow('enough')
  expect(emulator.master.row('account', id(1))).toBeUndefined()
  expect(waits[0]).toBe(1500)
})

test('hang never answers, until the caller gives up', async () => {
  const { emulator } = bench()
  emulator.faults.add({ fault: { kind: 'hang' } })
  const controller = new AbortController()
  const hanging = emulator.as('Sunniva Admin')('WhoAmI', { signal: controller.signal })
  controller.abort(new Error('gave up'))
  await expect(hanging).rejects.toThrow('gave up')
})

test('§16.38: rejectToken is a 401 with the challenge', async () => {
  const { ask, emulator } = bench()
  emulator.faults.add({ fault: { kind: 'rejectToken' } })
  const answer = await ask('PATCH', `accounts(${id(1)})`, { body: { name: 'a' } })
  expect([answer.status, answer.headers.get('WWW-Authenticate')?.startsWith('Bearer authorization_uri=')]).toEqual([
    401,
    true,
  ])
  expect(emulator.master.row('account', id(1))).toBeUndefined()
})

test('a fault strikes by method, path and user, from the nth hit, so many times', async () => {
  const { ask, emulator } = bench()
  emulator.faults.add({
    match: { method: 'GET', path: /^\/api\/data\/v9\.2\/accounts\?.*\$select=name/, user: 'Amara Okafor' },
    nth: 2,
    times: 2,
    fault: { kind: 'status', status: 503 },
  })
  const statuses: number[] = []
  for (const as of ['Amara Okafor', 'Sunniva Admin', 'Amara Okafor', 'Amara Okafor', 'Amara Okafor']) {
    statuses.push((await ask('GET', 'accounts?%24select=name', { as })).status)
  }
  expect(statuses).toEqual([200, 200, 503, 503, 200])
  expect((await ask('GET', 'contacts?$select=fullname', { as: 'Amara Okafor' })).status).toBe(200)
})

test('a sticky or global pattern matches each time alike', async () => {
  const { ask, emulator } = bench()
  emulator.faults.add({ match: { path: /WhoAmI/g }, times: 2, fault: { kind: 'status', status: 503 } })
  expect([(await ask('GET', 'WhoAmI')).status, (await ask('GET', 'WhoAmI')).status]).toEqual([503, 503])
})

test('faults are disarmed one by one or all together', async () => {
  const { ask, emulator } = bench()
  const disarm = emulator.faults.add({
    ...GET,
    times: Number.POSITIVE_INFINITY,
    fault: { kind: 'status', status: 500 },
  })
  expect((await ask('GET', 'WhoAmI')).status).toBe(500)
  disarm()
  expect((await ask('GET', 'WhoAmI')).status).toBe(200)
  emulator.faults.add({ ...GET, fault: { kind: 'status', status: 500 } })
  emulator.faults.clear()
  expect((await ask('GET', 'WhoAmI')).status).toBe(200)
})

test('the same seed and clock give the same ids, versions and bytes', async () => {
  const texts: string[] = []
  for (let run = 0; run < 2; run++) {
    const { emulator } = bench()
    const ask = asker(emulator)
    await made(ask, 'accounts', { name: 'a' })
    texts.push((await read(await emulator.as('Sunniva Admin')('accounts'))).text)
  }
  expect(texts[0]).toBe(texts[1])
})

test('a fault is matched by headers, body, table and method, each of them', async () => {
  const { ask, emulator } = bench()
  const refused = { kind: 'status', status: 400 } as const
  const times = Number.POSITIVE_INFINITY
  const post = (body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Answer> =>
    ask('POST', 'accounts', { body, headers })
  const heal = emulator.faults.add({ match: { body: /"name":"bad"/ }, times, fault: refused })
  expect([(await post({ name: 'good' })).status, (await post({ name: 'bad' })).status]).toEqual([204, 400])
  heal()
  emulator.faults.add({ match: { headers: { 'If-Match': true, Prefer: /represent/ } }, times, fault: refused })
  expect((await post({ name: 'a' }, { Prefer: 'return=representation' })).status).toBe(201)
  expect((await post({ name: 'a' }, { Prefer: 'return=representation', 'If-Match': '*' })).status).toBe(400)
  emulator.faults.clear()
  emulator.faults.add({ match: { table: 'contact', method: ['GET', 'POST'] }, times, fault: refused })
  expect((await ask('GET', 'contacts?$top=1')).status).toBe(400)
  expect((await ask('GET', 'accounts?$expand=primarycontactid&$top=1')).status).not.toBe(400)
  expect((await ask('DELETE', `contacts(${id(1)})`)).status).toBe(404)
})

function batchOf(...names: readonly string[]): { readonly headers: Record<string, string>; readonly body: string } {
  const part = (name: string): string =>
    `--b\r\nContent-Type: application/http\r\n\r\nPOST accounts HTTP/1.1\r\nContent-Type: application/json\r\n\r\n{"name":"${name}"}\r\n`
  return {
    headers: { 'Content-Type': 'multipart/mixed; boundary=b', Prefer: 'odata.continue-on-error' },
    body: `${names.map(part).join('')}--b--\r\n`,
  }
}

function statusesOf(text: string): number[] {
  return [...text.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map((match) => Number(match[1]))
}

test('part: true strikes requests inside of batches and no other', async () => {
  const { ask, emulator } = bench()
  emulator.faults.add({
    match: { part: true, body: /"two"/ },
    fault: { kind: 'status', status: 400, code: '0x80040265', message: 'Not on Fridays.' },
  })
  expect((await ask('POST', 'accounts', { body: { name: 'two' } })).status).toBe(204)
  const answer = await ask('POST', '$batch', batchOf('one', 'two', 'three'))
  expect([answer.status, statusesOf(answer.text)]).toEqual([200, [204, 400, 204]])
  expect(answer.text).toContain('"code":"0x80040265","message":"Not on Fridays."')
  emulator.faults.add({ match: { part: true }, fault: { kind: 'status', status: 503 } })
  const gone = await ask('POST', '$batch', batchOf('four'))
  expect([gone.status, gone.text]).toEqual([200, expect.stringContaining('HTTP/1.1 503 Service Unavailable\r\n')])
  expect(() => emulator.faults.add({ match: { part: true }, fault: { kind: 'hang' } })).toThrow('part of a batch')
})

test('batch: true strikes batches as a whole, false all else', async () => {
  const { ask, emulator } = bench()
  emulator.faults.add({ match: { batch: true }, fault: { kind: 'status', status: 503, body: 'empty' } })
  expect((await ask('GET', 'WhoAmI')).status).toBe(200)
  expect((await ask('POST', '$batch', batchOf('a'))).status).toBe(503)
})

test('faults that strike the same request act together: it waits, is done, and its answer is lost', async () => {
  const waits: number[] = []
  const { ask, emulator } = bench({ sleep: (ms) => Promise.resolve(void waits.push(ms)) })
  emulator.faults.add({ fault: { kind: 'delay', ms: 300 } })
  emulator.faults.add({ fault: { kind: 'delay', ms: 200 } })
  emulator.faults.add({ fault: { kind: 'dropAfterCommit' } })
  await expect(ask('PATCH', `accounts(${id(1)})`, { body: { name: 'a' } })).rejects.toThrow('fetch failed')
  expect([waits, emulator.master.row('account', id(1)) !== undefined, emulator.faults.strikes]).toEqual([
    [500],
    true,
    1,
  ])
})

test('a probability is drawn by the seed: the same number gives the same run, another one another', async () => {
  const run = async (seedNumber: number): Promise<string> => {
    const { ask, emulator } = bench({ seedNumber })
    emulator.faults.add({ match: { method: 'GET' }, probability: 0.3, fault: { kind: 'status', status: 503 } })
    let text = ''
    for (let request = 0; request < 60; request++) text += (await ask('GET', 'WhoAmI')).status === 503 ? 'x' : '.'
    return text
  }
  const [first, again, other] = [await run(7), await run(7), await run(8)]
  expect(first).toBe(again)
  expect(first).not.toBe(other)
  expect(first.split('x').length - 1).toBeGreaterThan(5)
  expect(first.split('x').length - 1).toBeLessThan(35)
})

test('a probability draws the same again once all faults were disarmed', async () => {
  const { ask, emulator } = bench()
  const run = async (): Promise<readonly number[]> => {
    emulator.faults.clear()
    emulator.faults.add({ probability: 0.4, fault: { kind: 'status', status: 503 } })
    const statuses: number[] = []
    for (let count = 0; count < 20; count++) statuses.push((await ask('GET', 'WhoAmI')).status)
    return statuses
  }
  const first = await run()
  expect(new Set(first)).toEqual(new Set([200, 503]))
  expect(await run()).toEqual(first)
})

test('a probability counts with nth and times', async () => {
  const { ask, emulator } = bench()
  emulator.faults.add({ probability: 1, nth: 2, times: 1, fault: { kind: 'status', status: 503 } })
  const statuses: number[] = []
  for (let request = 0; request < 3; request++) statuses.push((await ask('GET', 'WhoAmI')).status)
  expect(statuses).toEqual([200, 503, 200])
})

test('a captive portal may redirect: fetch ends at its page, and nothing was done', async () => {
  const { emulator } = bench()
  emulator.faults.add({ times: 2, fault: { kind: 'redirect', location: 'http://portal.test/' } })
  const api = emulator.as('Sunniva Admin')
  const followed = await api('WhoAmI')
  expect([followed.status, followed.headers.get('Content-Type')]).toEqual([200, 'text/html; charset=utf-8'])
  const seen = await api('WhoAmI', { redirect: 'manual' })
  expect([seen.status, seen.headers.get('Location')]).toEqual([302, 'http://portal.test/'])
})

test('§16.38: an expired token stays expired; a new one is good', async () => {
  const { emulator } = bench()
  emulator.faults.add({ fault: { kind: 'tokenExpired' } })
  const old = emulator.as('Sunniva Admin')
  expect([(await old('WhoAmI')).status, (await old('WhoAmI')).status]).toEqual([401, 401])
  expect((await emulator.as('Sunniva Admin')('WhoAmI')).status).toBe(200)
})

test('§16.38: a token for another resource is 401, one of somebody outside of the organisation 403', async () => {
  const { ask, emulator } = bench()
  emulator.faults.add({ fault: { kind: 'rejectScope' } })
  const elsewhere = await ask('GET', 'WhoAmI')
  expect([elsewhere.status, elsewhere.headers.has('WWW-Authenticate')]).toEqual([401, true])
  emulator.faults.add({ fault: { kind: 'rejectScope', status: 403 } })
  const stranger = await ask('GET', 'WhoAmI')
  expect([stranger.status, stranger.json.error]).toEqual([
    403,
    { code: '0x80072560', message: 'The user is not a member of the organization.' },
  ])
})

test('random latency is drawn by the seed', async () => {
  const run = async (): Promise<readonly number[]> => {
    const waits: number[] = []
    const { ask } = bench({ knobs: { latency: [10, 500] }, sleep: (ms) => Promise.resolve(void waits.push(ms)) })
    for (let request = 0; request < 20; request++) await ask('GET', 'WhoAmI')
    return Array.from({ length: 20 }, (_, at) => (waits[at * 2] ?? 0) + (waits[at * 2 + 1] ?? 0))
  }
  const totals = await run()
  expect(await run()).toEqual(totals)
  expect(new Set(totals).size).toBeGreaterThan(10)
  expect(totals.every((ms) => ms >= 10 && ms <= 500)).toBe(true)
})

test('delayedCommit stamps a write now and shows and answers it later, above it what was written meanwhile', async () => {
  const { ask, emulator, clock } = bench({ sleep: () => new Promise(() => undefined) })
  await made(ask, 'accounts', { accountid: id(1), name: 'old' })
  emulator.delayedCommit(5000)
  const slow = ask('PATCH', `accounts(${id(1)})`, { body: { name: 'new' } })
  for (let turn = 0; turn < 50; turn++) await Promise.resolve()
  await new Promise((resolve) => setImmediate(resolve))
  clock.advance(1000)
  await made(ask, 'accounts', { accountid: id(2), name: 'meanwhile' })
  const name = async (): Promise<string> => (await ask('GET', `accounts(${id(1)})?$select=name`)).json.name
  expect(await name()).toBe('old')
  clock.advance(4000)
  expect(await name()).toBe('new')
  expect((await slow).status).toBe(204)
  const [late, meanwhile] = [id(1), id(2)].map((one) => emulator.master.row('account', one))
  expect((late?.version ?? 0n) < (meanwhile?.version ?? 0n)).toBe(true)
  expect(String(late?.values['modifiedon']) < String(meanwhile?.values['modifiedon'])).toBe(true)
})

test('a writer of a row that waits for its commit waits too, and neither write is lost', async () => {
  const { ask, emulator } = bench()
  await made(ask, 'accounts', { accountid: id(1), name: 'old' })
  emulator.delayedCommit(60_000, (master) => master.update('account', id(1), { name: 'slow' }))
  expect((await ask('PATCH', `accounts(${id(1)})`, { body: { telephone1: '1' } })).status).toBe(204)
  expect(emulator.master.row('account', id(1))?.values).toMatchObject({ name: 'slow', telephone1: '1' })
})

test('so does a touch by the own hand of the master', async () => {
  const { ask, emulator } = bench()
  await made(ask, 'accounts', { accountid: id(1), name: 'old' })
  emulator.delayedCommit(60_000, (master) => master.update('account', id(1), { name: 'slow' }))
  emulator.master.touch('account', id(1))
  expect(emulator.master.row('account', id(1))?.values['name']).toBe('slow')
})

test('who links what a transaction that waits for its commit has linked waits too, and is told of the link', async () => {
  const emulator = createEmulator({ seed: fieldService() })
  const { master } = emulator
  const [skill] = master.rows('new_skill')
  const linked = master.rows('new_skill_bookableresource').map(({ values }) => values['bookableresourceid'])
  const resource = master.rows('bookableresource').find((row) => !linked.includes(row.id))
  const link = (): Promise<Response> =>
    emulator.as('Sunniva Admin')(`new_skills(${skill?.id})/new_Skill_BookableResource/$ref`, {
      method: 'POST',
      body: JSON.stringify({ '@odata.id': `${emulator.root}api/data/v9.2/bookableresources(${resource?.id})` }),
      headers: { 'Content-Type': 'application/json' },
    })
  emulator.delayedCommit(60_000, (hand) =>
    hand.associate('new_skill', skill?.id ?? '', 'new_Skill_BookableResource', {
      table: 'bookableresource',
      id: resource?.id ?? '',
    }),
  )
  expect((await link()).status).toBe(412)
})

test('who points to what a transaction that waits for its commit has deleted waits too, and finds nothing there', async () => {
  const emulator = createEmulator({ seed: fieldService() })
  const { master } = emulator
  const [skill] = master.rows('new_skill')
  const [resource] = master.rows('bookableresource')
  const account = master.create('account', { name: 'to go' })
  const ask = emulator.as('Sunniva Admin')
  const sent = (method: string, path: string, body: unknown): Promise<Response> =>
    ask(path, { method, body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } })
  emulator.delayedCommit(60_000, (hand) => hand.remove('new_skill', skill?.id ?? ''))
  emulator.delayedCommit(60_000, (hand) => hand.remove('account', account))
  const link = await sent('POST', `new_skills(${skill?.id})/new_Skill_BookableResource/$ref`, {
    '@odata.id': `${emulator.root}api/data/v9.2/bookableresources(${resource?.id})`,
  })
  const child = await sent('POST', 'accounts', {
    name: 'child',
    'parentaccountid@odata.bind': `/accounts(${account})`,
  })
  expect([link.status, child.status]).toEqual([404, 404])
  expect(master.rows('new_skill_bookableresource').filter((each) => each.values['new_skillid'] === skill?.id)).toEqual(
    [],
  )
})

test('who deletes what a transaction that waits for its commit has made a row point to takes that along', async () => {
  const emulator = createEmulator({ seed: fieldService() })
  const { master } = emulator
  const [skill] = master.rows('new_skill')
  const linked = master.rows('new_skill_bookableresource').map(({ values }) => values['bookableresourceid'])
  const resource = master.rows('bookableresource').find((row) => !linked.includes(row.id))
  emulator.delayedCommit(60_000, (hand) =>
    hand.associate('new_skill', skill?.id ?? '', 'new_Skill_BookableResource', {
      table: 'bookableresource',
      id: resource?.id ?? '',
    }),
  )
  const gone = await emulator.as('Sunniva Admin')(`new_skills(${skill?.id})`, { method: 'DELETE' })
  expect(gone.status).toBe(204)
  emulator.settle()
  expect(master.rows('new_skill_bookableresource').filter((each) => each.values['new_skillid'] === skill?.id)).toEqual(
    [],
  )
})

test('scripts of another origin may not read the page of a captive portal', async () => {
  const { ask, emulator } = bench()
  emulator.faults.add({ fault: { kind: 'captivePortal' } })
  const headers = { Origin: 'https://app.test' }
  expect((await ask('GET', 'WhoAmI', { headers })).headers.has('Access-Control-Allow-Origin')).toBe(false)
  expect((await ask('GET', 'WhoAmI', { headers })).headers.get('Access-Control-Allow-Origin')).toBe('https://app.test')
})

test.each<[string, FaultRule, RegExp]>([
  [
    'a method that is none',
    { match: { method: 'get' }, fault: { kind: 'hang' } },
    /^match\.method .*'get'; there are GET,/,
  ],
  ['no method at all', { match: { method: [] }, fault: { kind: 'hang' } }, /^match\.method /],
  [
    'a user there is not',
    { match: { user: 'Nobody' }, fault: { kind: 'hang' } },
    /^match\.user names nobody there is now: 'Nobody'; there are Sunniva Admin, /,
  ],
  [
    'an entity set in the place of a table',
    { match: { table: 'accounts' }, fault: { kind: 'hang' } },
    /^match\.table names no table there is now: 'accounts'; there are .* and \d+ more \(logical names\)$/,
  ],
  [
    'a header that is none',
    { match: { headers: { 'a b': true } }, fault: { kind: 'hang' } },
    /^match\.headers has 'a b'/,
  ],
  [
    'a whole batch inside of one',
    { match: { batch: true, part: true }, fault: { kind: 'delay', ms: 1 } },
    /^match\.batch /,
  ],
  ['a table of a whole batch', { match: { batch: true, table: 'account' }, fault: { kind: 'hang' } }, /^match\.table /],
  ['a status that is none', { fault: { kind: 'status', status: 42 } }, /^fault\.status .* not 42$/],
  [
    'a time to wait in words',
    { fault: { kind: 'status', status: 429, retryAfter: 'soon' } },
    /^fault\.retryAfter .*'soon'$/,
  ],
  ['a day that is none', { fault: { kind: 'status', status: 429, retryAfter: '2026-01-01' } }, /^fault\.retryAfter /],
  ['a time before now', { fault: { kind: 'status', status: 429, retryAfter: -1 } }, /^fault\.retryAfter .*'-1'$/],
  ['parts of seconds', { fault: { kind: 'status', status: 429, retryAfter: 0.5 } }, /^fault\.retryAfter /],
  ['a delay of more than a day', { fault: { kind: 'delay', ms: 86_400_001 } }, /^fault\.ms .*\(a day\), not 86400001$/],
  ['a delay without an end', { fault: { kind: 'delay', ms: Infinity } }, /^fault\.ms .* not Infinity$/],
  ['a commit that comes too late', { fault: { kind: 'delayedCommit', ms: 1e12 } }, /^fault\.ms /],
  ['no time at all', { times: 0, fault: { kind: 'hang' } }, /^times counts from 1/],
])('a fault that could never strike, or is none, is refused by its field: %s', (_, rule, message) => {
  const { emulator } = bench()
  const add = (): unknown => emulator.faults.add(rule)
  expect(add).toThrow(RangeError)
  expect(add).toThrow(message)
  expect(emulator.faults.armed).toEqual([])
})

test('Retry-After may be seconds as a number or a text, or an HTTP date in each of its forms', async () => {
  const { ask, emulator } = bench()
  const given = [
    0,
    '120',
    'Sun, 06 Nov 1994 08:49:37 GMT',
    'Sunday, 06-Nov-94 08:49:37 GMT',
    'Sun Nov  6 08:49:37 1994',
  ] as const
  for (const retryAfter of given) {
    emulator.faults.add({ fault: { kind: 'status', status: 429, retryAfter } })
    expect((await ask('GET', 'WhoAmI')).headers.get('Retry-After')).toBe(String(retryAfter))
  }
})

test('a table and a user may be named from the moment they are there', async () => {
  const { ask, emulator } = bench()
  const rule = { match: { table: 'new_thing' }, fault: { kind: 'status', status: 503 } } as const
  expect(() => emulator.faults.add(rule)).toThrow('names no table there is now')
  emulator.schema.addTable({
    schemaName: 'new_Thing',
    objectTypeCode: 10_900,
    displayName: 'Thing',
    primaryName: 'new_name',
    columns: [text('new_Name'), ...standardColumns('new_thing', { ownership: 'None' })],
  })
  emulator.faults.add(rule)
  expect((await ask('GET', 'new_things')).status).toBe(503)
})

test('a commit cannot be held back for more than a day', () => {
  const { emulator } = bench()
  expect(() => emulator.delayedCommit(86_400_001)).toThrow(
    new RangeError('ms must be milliseconds from 0 to 86400000 (a day), not 86400001'),
  )
  expect(() => emulator.delayedCommit(-1, () => undefined)).toThrow(RangeError)
})
