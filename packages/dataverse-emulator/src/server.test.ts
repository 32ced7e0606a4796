import { connect } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { bench, id, read } from './ask.test-support.ts'
import type { Bench } from './ask.test-support.ts'
import { fieldService } from './seed/field-service.ts'
import { serve } from './server.ts'
import type { ServedEmulator } from './server.ts'

const open: ServedEmulator[] = []

afterEach(async () => {
  for (const served of open.splice(0)) await served.close()
})

async function served(
  org: Bench = bench(),
  port = 0,
): Promise<ServedEmulator & { readonly bearer: Record<string, string> }> {
  const one = await serve(org.emulator, { port })
  open.push(one)
  return {
    ...one,
    bearer: { Authorization: `Bearer ${org.emulator.tokenFor('Sunniva Admin', { audience: one.url })}` },
  }
}

async function struck({ emulator }: Bench): Promise<void> {
  while (emulator.faults.strikes === 0) await new Promise((resolve) => setImmediate(resolve))
}

async function causeOf(failing: Promise<unknown>): Promise<unknown> {
  const error: unknown = await failing.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  const cause = error instanceof Error ? error.cause : undefined
  return cause instanceof Error && 'code' in cause ? cause.code : error
}

test('serves the Web API, with links and contexts under the address it was asked at', async () => {
  const { api, url, bearer } = await served()
  const answer = await read(
    await fetch(`${api}accounts?$select=name`, { headers: { ...bearer, Prefer: 'odata.maxpagesize=2' } }),
  )
  expect(answer.status).toBe(200)
  expect(answer.json['@odata.context']).toBe(`${url}/api/data/v9.2/$metadata#accounts(name)`)
  expect(answer.json['@odata.nextLink'].startsWith(`${url}/api/data/v9.2/accounts?`)).toBe(true)
  const localhost = api.replace('127.0.0.1', 'localhost')
  const other = await read(await fetch(`${localhost}WhoAmI`, { headers: bearer }))
  expect(other.json['@odata.context'].startsWith(localhost)).toBe(true)
  const created = await fetch(`${api}accounts`, {
    method: 'POST',
    headers: { ...bearer, 'Content-Type': 'application/json' },
    body: JSON.stringify({ name: 'Ünïcode ✓', accountid: id(1) }),
  })
  expect([created.status, created.headers.get('OData-EntityId')]).toEqual([204, `${api}accounts(${id(1)})`])
  expect((await read(await fetch(`${api}accounts(${id(1)})`, { headers: bearer }))).json.name).toBe('Ünïcode ✓')
})

test('a URL of 32,000 characters is answered', async () => {
  const { api, bearer } = await served()
  const values = Array.from({ length: 710 }, (_, number) => `'${id(number + 1)}'`).join(',')
  const filter = `Microsoft.Dynamics.CRM.In(PropertyName='accountid',PropertyValues=[${values}])`
  const answer = await read(
    await fetch(`${api}accounts?$select=name&$filter=${encodeURIComponent(filter)}`, { headers: bearer }),
  )
  expect([answer.status, answer.json.value]).toEqual([200, []])
})

test('a longer URL is refused by the web server with a page, by a status that a knob decides', async () => {
  const org = bench()
  const { api, bearer } = await served(org)
  const url = `${api}accounts?$select=name&$filter=name eq '${'x'.repeat(32_768)}'`
  const refused = await fetch(url, { headers: bearer })
  expect([refused.status, refused.headers.get('Content-Type')]).toEqual([414, 'text/html; charset=utf-8'])
  org.emulator.knobs.longUrlStatus = 404
  expect((await fetch(url, { headers: bearer })).status).toBe(404)
})

test('a body beyond the limit is 413, before anybody looks at it', async () => {
  const org = bench({ limits: { bodyBytes: 10_000 } })
  const { api, bearer } = await served(org)
  const post = (length: number): Promise<Response> =>
    fetch(`${api}accounts`, {
      method: 'POST',
      headers: { ...bearer, 'Content-Type': 'application/json' },
      body: JSON.stringify({ name: 'a', description: 'x'.repeat(length) }),
    })
  expect((await post(20_000_000)).status).toBe(413)
  expect((await post(1000)).status).toBe(204)
})

test('where it is switched on, answers are compressed for callers that accept it, unless they are small', async () => {
  const org = bench()
  const { api: plain, bearer } = await served(org)
  const zipping = await serve(org.emulator, { gzip: true })
  open.push(zipping)
  const { api } = zipping
  const ask = async (from: string, path: string, accepted: string): Promise<readonly [string | null, string]> => {
    const answer = await fetch(`${from}${path}`, { headers: { ...bearer, 'Accept-Encoding': accepted } })
    return [answer.headers.get('Content-Encoding'), await answer.text()]
  }
  const [encoding, text] = await ask(api, 'accounts', 'gzip, deflate')
  expect(encoding).toBe('gzip')
  expect(await ask(api, 'accounts', 'identity')).toEqual([null, text])
  expect(await ask(api, 'accounts', 'gzip;q=0')).toEqual([null, text])
  expect((await ask(api, 'WhoAmI', 'gzip'))[0]).toBeNull()
  expect((await ask(plain, 'accounts', 'gzip'))[0]).toBeNull()
})

test('a token for the in-process root is good as well, one for another resource is not', async () => {
  const org = bench()
  const { api } = await served(org)
  const get = (token: string): Promise<Response> =>
    fetch(`${api}WhoAmI`, { headers: { Authorization: `Bearer ${token}` } })
  expect((await get(org.emulator.tokenFor('Sunniva Admin'))).status).toBe(200)
  expect((await get(org.emulator.tokenFor('Sunniva Admin', { audience: 'https://other.test' }))).status).toBe(401)
  expect((await fetch(`${api}WhoAmI`)).status).toBe(401)
})

test('a dropped connection is a broken socket, before and after the write', async () => {
  const org = bench()
  const { api, bearer } = await served(org)
  for (const [kind, exists] of [
    ['dropBeforeCommit', false],
    ['dropAfterCommit', true],
  ] as const) {
    org.emulator.faults.add({ fault: { kind } })
    const number = exists ? 1 : 2
    const write = fetch(`${api}accounts(${id(number)})`, {
      method: 'PATCH',
      headers: { ...bearer, 'Content-Type': 'application/json' },
      body: '{"name":"a"}',
    })
    expect(await causeOf(write)).toMatch(/ECONNRESET|UND_ERR_SOCKET/)
    expect(org.emulator.master.row('account', id(number)) !== undefined).toBe(exists)
  }
})

test('a cut body ends the connection after the bytes that were sent', async () => {
  const org = bench()
  const { api, bearer } = await served(org)
  org.emulator.faults.add({ fault: { kind: 'cutBodyAt', bytes: 25 } })
  const response = await fetch(`${api}accounts`, { headers: bearer })
  expect(response.status).toBe(200)
  const reader = response.body?.getReader()
  expect((await reader?.read())?.value).toHaveLength(25)
  await expect(reader?.read()).rejects.toThrow('terminated')
})

test('a hanging request ends when the caller gives up, and the server goes on', async () => {
  const org = bench()
  const { api, bearer } = await served(org)
  org.emulator.faults.add({ fault: { kind: 'hang' } })
  const controller = new AbortController()
  const hanging = fetch(`${api}WhoAmI`, { headers: bearer, signal: controller.signal })
  await struck(org)
  controller.abort(new Error('gave up'))
  await expect(hanging).rejects.toThrow('gave up')
  expect((await fetch(`${api}WhoAmI`, { headers: bearer })).status).toBe(200)
})

test('close destroys open connections and refuses new ones; serving again on the same port works', async () => {
  const org = bench()
  const first = await served(org)
  const socket = connect(first.port, '127.0.0.1')
  await new Promise<void>((resolve) => socket.once('connect', () => resolve()))
  const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  socket.on('error', () => undefined)
  await first.close()
  await ended
  expect(await causeOf(fetch(`${first.api}WhoAmI`, { headers: first.bearer }))).toBe('ECONNREFUSED')
  const second = await served(org, first.port)
  expect(second.url).toBe(first.url)
  expect((await fetch(`${second.api}WhoAmI`, { headers: first.bearer })).status).toBe(200)
})

test('close ends a request that hangs', async () => {
  const org = bench()
  const { api, bearer, close } = await served(org)
  org.emulator.faults.add({ fault: { kind: 'hang' } })
  const hanging = fetch(`${api}WhoAmI`, { headers: bearer }).catch((error: unknown) => error)
  await struck(org)
  await close()
  expect(await hanging).toBeInstanceOf(TypeError)
})

test('a port that is taken is an error', async () => {
  const org = bench()
  const { port } = await served(org)
  await expect(serve(org.emulator, { port })).rejects.toThrow('EADDRINUSE')
})

function sendRaw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(port, '127.0.0.1', () => socket.end(text))
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()))
    socket.on('close', () => resolve(answer))
    socket.on('error', reject)
  })
}

test('what cannot become a request is refused in the form of the Web API, and the server goes on', async () => {
  const { port, api, bearer } = await served()
  for (const [head, status] of [
    ['TRACE /api/data/v9.2/WhoAmI HTTP/1.1\r\nHost: x', 405],
    ['GET /api/data/v9.2/WhoAmI HTTP/1.1\r\nHost: a b', 400],
    ['GET /api/data/v9.2/WhoAmI HTTP/1.1\r\nHost: [', 400],
    ['GET http://[ HTTP/1.1\r\nHost: x', 400],
  ] as const) {
    const answer = await sendRaw(port, `${head}\r\nConnection: close\r\n\r\n`)
    expect(answer).toContain(`HTTP/1.1 ${status} `)
    expect(answer).toContain('{"error":{"code":"0x80060888","message":')
  }
  expect((await fetch(`${api}WhoAmI`, { headers: bearer })).status).toBe(200)
  const absolute = `GET ${api}WhoAmI HTTP/1.1\r\nHost: x\r\nAuthorization: ${bearer['Authorization']}`
  expect(await sendRaw(port, `${absolute}\r\nConnection: close\r\n\r\n`)).toContain('HTTP/1.1 200 ')
})

test('served with control, it is steered over HTTP', async () => {
  const org = bench()
  const one = await serve(org.emulator, { control: true })
  open.push(one)
  const clock = await fetch(`${one.url}/emulator/clock`, { method: 'POST', body: '{"set":"2031-01-01T00:00:00Z"}' })
  expect(await clock.json()).toEqual({ now: '2031-01-01T00:00:00.000Z' })
  expect((await fetch(one.api)).headers.get('Date')).toBe('Wed, 01 Jan 2031 00:00:00 GMT')
  expect((await fetch(`${one.url}/emulator`, { method: 'HEAD' })).status).toBe(405)
})

test.each([false, true])('HEAD has the length of what GET would send, and no body (gzip: %s)', async (gzip) => {
  const { emulator } = bench({ seed: fieldService({ rows: 300 }) })
  const one = await serve(emulator, { gzip })
  open.push(one)
  const headers = { Authorization: `Bearer ${emulator.tokenFor('Sunniva Admin', { audience: one.url })}` }
  const announced = ['Content-Length', 'Content-Type', 'Content-Encoding']
  for (const path of ['accounts?$select=name', 'WhoAmI', 'nothing']) {
    const get = await fetch(`${one.api}${path}`, { headers })
    const head = await fetch(`${one.api}${path}`, { method: 'HEAD', headers })
    expect([path, head.status, await head.text()]).toEqual([path, get.status, ''])
    expect(announced.map((name) => head.headers.get(name))).toEqual(announced.map((name) => get.headers.get(name)))
    expect(Number(head.headers.get('Content-Length'))).toBeGreaterThan(0)
  }
})
