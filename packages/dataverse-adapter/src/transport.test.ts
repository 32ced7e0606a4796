import { MasterError, OutpostError } from '@outpost/core'
import { expect, test } from 'vitest'
import { Recommendation } from './recommendation.ts'
import { staticToken } from './token.ts'
import { type Fetch, fetchTransport, type Transport, type WireRequest } from './transport.ts'

const REQUEST: WireRequest = { method: 'GET', path: 'accounts', timeoutMs: 1_000 }

/** A clock that only moves when the test says so. */
function stoppedClock(): { sleep: (ms: number, signal: AbortSignal) => Promise<void>; ring: () => void } {
  let ring = (): void => undefined
  return {
    sleep: (_ms, signal) =>
      new Promise((resolve, reject) => {
        ring = resolve
        signal.addEventListener('abort', () => reject(new Error('woken')), { once: true })
      }),
    ring: () => ring(),
  }
}

function transportOver(fetch: Fetch, clock = stoppedClock()): Transport {
  return fetchTransport({ root: 'https://contoso.crm.dynamics.com', token: staticToken('secret'), fetch, env: clock })
}

async function failure(promise: Promise<unknown>): Promise<MasterError> {
  const error: unknown = await promise.then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(OutpostError)
  return error as MasterError
}

const signal = new AbortController().signal
const never = new Promise<never>(() => undefined)

test('sends the token and the headers of the protocol below the root of the Web API', async () => {
  const seen: { url: string; init: RequestInit }[] = []
  const transport = transportOver((url, init) => {
    seen.push({ url, init })
    return Promise.resolve(new Response('{"a":1}', { headers: { 'x-some': 'header' } }))
  })
  const response = await transport.send({ ...REQUEST, headers: { Prefer: 'x' } }, signal)
  expect(seen[0]?.url).toBe('https://contoso.crm.dynamics.com/api/data/v9.2/accounts')
  expect(seen[0]?.init.headers).toEqual({
    Accept: 'application/json',
    'OData-MaxVersion': '4.0',
    'OData-Version': '4.0',
    'If-None-Match': 'null',
    Prefer: 'x',
    Authorization: 'Bearer secret',
  })
  expect(response).toMatchObject({ status: 200, text: '{"a":1}' })
  expect(response.headers.get('X-Some')).toBe('header')
})

test('leaves conditions of writes alone', async () => {
  const seen: RequestInit[] = []
  const transport = transportOver((_url, init) => {
    seen.push(init)
    return Promise.resolve(new Response(null, { status: 204 }))
  })
  await transport.send({ ...REQUEST, method: 'PATCH', headers: { 'If-Match': 'W/"1"' }, body: '{}' }, signal)
  expect(seen[0]?.headers).not.toHaveProperty('If-None-Match')
  expect(seen[0]?.body).toBe('{}')
})

test('ends at the deadline when the answer never comes and the fetch ignores the abort', async () => {
  const clock = stoppedClock()
  const sent = transportOver(() => never, clock).send(REQUEST, signal)
  clock.ring()
  const error = await failure(sent)
  expect(error.code).toBe('timeout')
  expect(error.mayHaveArrived).toBe(true)
})

test('ends at the deadline when the body never ends', async () => {
  const clock = stoppedClock()
  let begun = (): void => undefined
  const reading = new Promise<void>((resolve) => (begun = resolve))
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.enqueue(new TextEncoder().encode('{"value":['))
      begun()
      return never
    },
  })
  const sent = transportOver(() => Promise.resolve(new Response(body)), clock).send(REQUEST, signal)
  await reading
  clock.ring()
  expect((await failure(sent)).code).toBe('timeout')
})

test('ends at the deadline when the token provider hangs', async () => {
  const clock = stoppedClock()
  const transport = fetchTransport({
    root: 'https://contoso.crm.dynamics.com',
    token: () => never,
    fetch: () => never,
    env: clock,
  })
  const sent = transport.send(REQUEST, signal)
  clock.ring()
  expect((await failure(sent)).code).toBe('timeout')
})

test('stops as soon as the caller aborts, even when the fetch ignores it', async () => {
  const stop = new AbortController()
  const sent = transportOver(() => never).send(REQUEST, stop.signal)
  stop.abort(new Error('enough'))
  expect((await failure(sent)).code).toBe('aborted')
})

test('sends nothing when the caller has aborted before', async () => {
  let sent = 0
  const fetch: Fetch = () => {
    sent += 1
    return never
  }
  expect((await failure(transportOver(fetch).send(REQUEST, AbortSignal.abort()))).code).toBe('aborted')
  expect(sent).toBe(0)
})

test('tells the fetch to stop when the time is over', async () => {
  const clock = stoppedClock()
  let given: AbortSignal | null | undefined
  const fetch: Fetch = (_url, init) => {
    given = init.signal
    return never
  }
  const sent = transportOver(fetch, clock).send(REQUEST, signal)
  await Promise.resolve()
  clock.ring()
  await failure(sent)
  expect(given?.aborted).toBe(true)
})

const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', syscall: 'connect' })
const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' })
const unreachable = Object.assign(new Error('connect EHOSTUNREACH'), { code: 'EHOSTUNREACH', syscall: 'connect' })
const lost = Object.assign(new Error('read EHOSTUNREACH'), { code: 'EHOSTUNREACH', syscall: 'read' })

test.each([
  ['a refused connection', new TypeError('fetch failed', { cause: refused }), false],
  [
    'refused connections to all addresses',
    new TypeError('fetch failed', { cause: new AggregateError([refused, unreachable]) }),
    false,
  ],
  [
    'an unknown host',
    new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code: 'ENOTFOUND' }) }),
    false,
  ],
  [
    'a name server that does not answer',
    new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code: 'EAI_AGAIN' }) }),
    false,
  ],
  [
    'an untrusted certificate',
    new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code: 'CERT_HAS_EXPIRED' }) }),
    false,
  ],
  ['a connection that broke', new TypeError('fetch failed', { cause: reset }), true],
  ['a route lost meanwhile', new TypeError('fetch failed', { cause: lost }), true],
  [
    'one address refused, another cut off',
    new TypeError('fetch failed', { cause: new AggregateError([refused, reset]) }),
    true,
  ],
  ['a browser that does not say', new TypeError('Failed to fetch'), true],
])('is offline after %s, and certain only where the failure proves it', async (_name, cause, mayHaveArrived) => {
  const error = await failure(transportOver(() => Promise.reject(cause)).send(REQUEST, signal))
  expect(error.code).toBe('offline')
  expect(error.mayHaveArrived).toBe(mayHaveArrived)
  expect(error.cause).toBe(cause)
})

test('is offline, with an unknown effect, when the body is cut', async () => {
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('{"value":['))
      controller.error(new TypeError('terminated'))
    },
  })
  const error = await failure(transportOver(() => Promise.resolve(new Response(body))).send(REQUEST, signal))
  expect(error.code).toBe('offline')
  expect(error.mayHaveArrived).toBe(true)
})

test('takes a redirect for what it is: not an answer of the master', async () => {
  const fetch: Fetch = () =>
    Promise.resolve(new Response(null, { status: 302, headers: { Location: 'http://portal' } }))
  expect((await failure(transportOver(fetch).send(REQUEST, signal))).code).toBe('protocol')
})

test('gets a fresh token once after a 401, then asks to sign in', async () => {
  const asked: boolean[] = []
  const answers = [401, 200]
  const transport = fetchTransport({
    root: 'https://contoso.crm.dynamics.com',
    token: ({ forceRefresh, resource }) => {
      expect(resource).toBe('https://contoso.crm.dynamics.com')
      asked.push(forceRefresh)
      return Promise.resolve('t')
    },
    fetch: () => Promise.resolve(new Response('{}', { status: answers.shift() ?? 401 })),
    env: stoppedClock(),
  })
  expect((await transport.send(REQUEST, signal)).status).toBe(200)
  expect(asked).toEqual([false, true])
  const error = await failure(transport.send(REQUEST, signal))
  expect(error.code).toBe('unauthenticated')
  expect(error.status).toBe(401)
})

test.each([
  ['fails', () => Promise.reject(new Error('no account')), 'unauthenticated'],
  ['has no connection', () => Promise.reject(new TypeError('Failed to fetch')), 'offline'],
  ['says so itself', () => Promise.reject(new OutpostError('offline', 'no network')), 'offline'],
  ['gives nothing', () => Promise.resolve(''), 'unauthenticated'],
  ['gives a broken token', () => Promise.resolve('two\nlines'), 'unauthenticated'],
])('sends nothing when the token provider %s', async (_name, token, code) => {
  let sent = 0
  const transport = fetchTransport({
    root: 'https://contoso.crm.dynamics.com',
    token,
    fetch: () => {
      sent += 1
      return never
    },
    env: stoppedClock(),
  })
  expect((await failure(transport.send(REQUEST, signal))).code).toBe(code)
  expect(sent).toBe(0)
})

test('a missing answer is a MasterError', async () => {
  expect(await failure(transportOver(() => Promise.reject(new TypeError('x'))).send(REQUEST, signal))).toBeInstanceOf(
    MasterError,
  )
})

test('remembers how many requests at a time the master recommended last', async () => {
  const recommendation = new Recommendation()
  const hints = ['12', null, '0', 'many', '4']
  const answer = (): Response => {
    const hint = hints.shift() ?? null
    return new Response('{}', hint === null ? {} : { headers: { 'x-ms-dop-hint': hint } })
  }
  const transport = fetchTransport({
    root: 'https://contoso.crm.dynamics.com',
    token: staticToken('secret'),
    fetch: () => Promise.resolve(answer()),
    env: stoppedClock(),
    recommendation,
  })
  const seen = [recommendation.requests]
  while (hints.length > 0) {
    await transport.send(REQUEST, signal)
    seen.push(recommendation.requests)
  }
  expect(seen).toEqual([null, 12, 12, 12, 12, 4])
})
