import { afterEach, expect, test } from 'vitest'
import { ADMIN, bench, id, TECHNICIAN } from '../ask.test-support.ts'
import type { Bench } from '../ask.test-support.ts'
import { serve } from '../server.ts'
import type { ServedEmulator } from '../server.ts'
import { refusal } from './answers.test-support.ts'

const open: ServedEmulator[] = []

afterEach(async () => {
  for (const served of open.splice(0)) await served.close()
})

type Fetch = (path: string, init?: RequestInit) => Promise<Response>

/** A connection of its own for each request, and a token of its own for each caller. */
async function callers({ emulator }: Bench, ...names: readonly string[]): Promise<Fetch[]> {
  const served = await serve(emulator)
  open.push(served)
  return names.map((name) => {
    const token = emulator.tokenFor(name, { audience: served.url })
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json', Connection: 'close' }
    return (path, init = {}) => fetch(`${served.api}${path}`, { ...init, headers })
  })
}

test('§16.27: 429 says in Retry-After how many seconds to wait, for each of its three reasons', async () => {
  const requests = bench({ limits: { requests: 1 } })
  const execution = bench({ limits: { executionSeconds: 1, msPerRequest: 1000 } })
  for (const [{ ask }, code] of [
    [requests, '0x80072322'],
    [execution, '0x80072321'],
  ] as const) {
    await ask('GET', 'WhoAmI')
    const refused = await ask('GET', 'WhoAmI')
    expect([...refusal(refused), refused.headers.get('Retry-After')]).toEqual([429, code, '300'])
  }
  const { ask } = bench({ limits: { concurrency: 1 }, knobs: { latency: 1 } })
  const answers = await Promise.all([ask('GET', 'WhoAmI'), ask('GET', 'WhoAmI')])
  const refused = answers.find(({ status }) => status === 429)
  expect(refused?.json.error.code).toBe('0x80072326')
  expect(Number(refused?.headers.get('Retry-After'))).toBeGreaterThan(0)
})

test('§16.27: the limit is the user’s: other connections and tokens do not help, and other users are not hindered', async () => {
  const org = bench({ limits: { requests: 2 } })
  const [one = fetch, two = fetch, other = fetch] = await callers(org, ADMIN, ADMIN, TECHNICIAN)
  const answers = [await one('WhoAmI'), await two('WhoAmI'), await one('WhoAmI'), await two('WhoAmI')]
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 429, 429])
  expect((await other('WhoAmI')).status).toBe(200)
})

test('§16.27: while a user waits nothing of theirs is served: no read, no write, no batch, no metadata', async () => {
  const { ask, emulator } = bench({ limits: { requests: 1 } })
  await ask('GET', 'WhoAmI')
  const headers = { 'Content-Type': 'multipart/mixed; boundary=b' }
  for (const [method, path, question] of [
    ['GET', 'accounts', {}],
    ['PATCH', `accounts(${id(1)})`, { body: { name: 'a' } }],
    ['POST', '$batch', { headers, body: '--b--' }],
    ['GET', 'EntityDefinitions?$select=LogicalName', {}],
    ['GET', '$metadata', {}],
  ] as const) {
    expect([path, (await ask(method, path, question)).status]).toEqual([path, 429])
  }
  expect(emulator.master.row('account', id(1))).toBeUndefined()
})

test('§16.27: a limit does not clear at once: only the time in Retry-After does it, and asking before makes it longer', async () => {
  const { ask, clock } = bench({ limits: { requests: 1, windowSeconds: 20 } })
  await ask('GET', 'WhoAmI')
  clock.advance(10_000)
  const first = await ask('GET', 'WhoAmI')
  expect([first.status, first.headers.get('Retry-After')]).toEqual([429, '10'])
  clock.advance(9000)
  const early = await ask('GET', 'WhoAmI')
  expect([early.status, early.headers.get('Retry-After')]).toEqual([429, '2'])
  clock.advance(1000)
  expect((await ask('GET', 'WhoAmI')).status).toBe(429)
  clock.advance(20_000)
  expect((await ask('GET', 'WhoAmI')).status).toBe(200)
})

test('§16.28: a write is done although its answer is lost, and is not done where the request is lost; the client sees the same', async () => {
  const org = bench()
  const [send = fetch] = await callers(org, ADMIN)
  const patch = (number: number): Promise<Response> =>
    send(`accounts(${id(number)})`, { method: 'PATCH', body: '{"name":"a"}' })
  const causes: unknown[] = []
  for (const [number, kind] of [
    [1, 'dropAfterCommit'],
    [2, 'dropBeforeCommit'],
  ] as const) {
    org.emulator.faults.add({ fault: { kind } })
    causes.push(await patch(number).catch((error: unknown) => (error instanceof TypeError ? error.message : error)))
  }
  expect(causes).toEqual(['fetch failed', 'fetch failed'])
  expect((await send(`accounts(${id(1)})`)).status).toBe(200)
  expect((await send(`accounts(${id(2)})`)).status).toBe(404)
})

test('§16.28: a create, a delete, a link and a batch are done too when their answers are lost', async () => {
  const { ask, emulator } = bench()
  emulator.faults.add({ times: 4, match: { method: ['POST', 'DELETE'] }, fault: { kind: 'dropAfterCommit' } })
  const contact = emulator.master.create('contact', { lastname: 'c' })
  const headers = { 'Content-Type': 'multipart/mixed; boundary=b' }
  const part = `--b\r\nContent-Type: application/http\r\n\r\nPATCH accounts(${id(2)}) HTTP/1.1\r\nContent-Type: application/json\r\n\r\n{"name":"b"}\r\n`
  for (const [method, path, question] of [
    ['POST', 'accounts', { body: { accountid: id(1), name: 'a' } }],
    ['POST', `accounts(${id(1)})/contact_customer_accounts/$ref`, { body: { '@odata.id': `contacts(${contact})` } }],
    ['POST', '$batch', { headers, body: `${part}--b--\r\n` }],
    ['DELETE', `accounts(${id(2)})`, {}],
  ] as const) {
    await expect(ask(method, path, question)).rejects.toThrow(TypeError)
    if (path === '$batch') expect(emulator.master.row('account', id(2))).toBeDefined()
  }
  expect(emulator.master.row('account', id(1))).toBeDefined()
  expect(emulator.master.row('contact', contact)?.values['parentcustomerid']).toBe(id(1))
  expect(emulator.master.row('account', id(2))).toBeUndefined()
})
