import { expect, test } from 'vitest'
import { asker, bench, id, made, read } from './ask.test-support.ts'
import { createEmulator } from './emulator.ts'
import type { Fault } from './faults/fault.ts'
import { ConnectionDropped } from './http/exchange.ts'
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

test('dropAfterCommit rejects the same way, but the write is there: only reading it again tells', async () => {
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

test('a status fault has JSON below 500, HTML from 500 on, or no body', async () => {
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

test('rejectToken is a 401 with the challenge', async () => {
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

test('error codes may be empty or decimal text', async () => {
  const { ask, emulator } = bench()
  const code = async (): Promise<string> => (await ask('DELETE', `accounts(${id(1)})`)).json.error.code
  emulator.knobs.decimalErrorCodes = true
  expect(await code()).toBe('-2147220969')
  emulator.knobs.emptyErrorCodes = true
  expect(await code()).toBe('')
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
