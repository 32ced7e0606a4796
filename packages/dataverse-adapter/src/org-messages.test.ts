import { execFile } from 'node:child_process'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, expect, test } from 'vitest'
import { dynamicsWebApiMessages } from './dynamics-web-api.ts'
import { fetchMessages, type OrgMessages } from './org-messages.ts'
import { type AccessTokenProvider, staticToken } from './token.ts'
import { fetchTransport } from './transport.ts'

interface Setting {
  readonly url: string
  readonly token: AccessTokenProvider
  readonly timeoutMs: number
}

const implementations: readonly (readonly [string, (setting: Setting) => OrgMessages])[] = [
  [
    'over fetch',
    ({ url, token, timeoutMs }) =>
      fetchMessages(
        fetchTransport({ root: url, token, fetch: (at, init) => fetch(at, init), env: { sleep } }),
        timeoutMs,
      ),
  ],
  ['by dynamics-web-api', (setting) => dynamicsWebApiMessages({ ...setting, env: { sleep } })],
]

/** The only waits are for answers that never come: they end at once. */
function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (ms === 0) setImmediate(resolve)
    signal.addEventListener('abort', () => reject(new Error('woken')), { once: true })
  })
}

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections()
})

async function organisation(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(answer)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const JSON_TYPE = { 'Content-Type': 'application/json; odata.metadata=minimal' }
const signal = new AbortController().signal
const setting = { token: staticToken('t'), timeoutMs: 60_000 }

test.each(implementations)(
  '%s: a function is asked for with its parameters, and answers an object',
  async (_name, make) => {
    const asked: string[] = []
    const url = await organisation((request, response) => {
      asked.push(
        `${request.method} ${decodeURIComponent(request.url ?? '')} ${request.headers.authorization} ${String(request.headers['consistency'])}`,
      )
      response.writeHead(200, JSON_TYPE).end('{"Stamp":"2026-01-01T00:00:00Z","Tables":[{"LogicalName":"account"}]}')
    })
    const parameters = {
      Query: { Properties: { AllProperties: false, PropertyNames: ['LogicalName'] } },
      Stamp: "O'Brien & Söhne #1",
      Filter: { enumType: 'Microsoft.Dynamics.CRM.DeletedMetadataFilters', member: 'Attribute' },
    }
    const answer = await make({ url, ...setting }).callFunction('RetrieveMetadataChanges', parameters, signal)
    expect(answer).toMatchObject({ Stamp: '2026-01-01T00:00:00Z', Tables: [{ LogicalName: 'account' }] })
    expect(asked).toEqual([
      `GET /api/data/v9.2/RetrieveMetadataChanges(Query=@p1,Stamp=@p2,Filter=@p3)?@p1={"Properties":{"AllProperties":false,"PropertyNames":["LogicalName"]}}&@p2='O''Brien & Söhne #1'&@p3=Microsoft.Dynamics.CRM.DeletedMetadataFilters'Attribute' Bearer t Strong`,
    ])
  },
)

test.each(implementations)('%s: an action is posted, and may answer nothing', async (_name, make) => {
  const bodies: string[] = []
  const url = await organisation((request, response) => {
    request.setEncoding('utf8').on('data', (chunk: string) => bodies.push(`${request.method} ${request.url} ${chunk}`))
    request.on('end', () => response.writeHead(204).end())
  })
  const answer = await make({ url, ...setting }).callAction('CloseIncident', { Status: 5 }, signal)
  expect(answer).toEqual({})
  expect(bodies).toEqual(['POST /api/data/v9.2/CloseIncident {"Status":5}'])
})

test.each(implementations)('%s: refusals have the codes of the adapter', async (_name, make) => {
  const error = (code: string): string => JSON.stringify({ error: { code, message: 'Words.' } })
  const answers: readonly (readonly [number, Record<string, string>, string, object])[] = [
    [403, JSON_TYPE, error('0x80040220'), { code: 'forbidden', masterCode: '0x80040220', status: 403 }],
    [403, JSON_TYPE, error(''), { code: 'forbidden', status: 403 }],
    [404, JSON_TYPE, error('-2147220969'), { code: 'not-found', masterCode: '0x80040217' }],
    [400, JSON_TYPE, error('0x80044352'), { code: 'expired' }],
    [429, { ...JSON_TYPE, 'Retry-After': '7' }, error('0x80072322'), { code: 'throttled', retryAfterMs: 7_000 }],
    [429, JSON_TYPE, error('0x80072322'), { code: 'throttled', retryAfterMs: undefined }],
    [503, { 'Content-Type': 'text/html' }, '<html>', { code: 'unavailable', status: 503 }],
    [502, {}, '', { code: 'unavailable' }],
    [404, { 'Content-Type': 'text/html' }, '<html>', { code: 'protocol' }],
    [200, { 'Content-Type': 'text/html' }, '<html>', { code: 'protocol' }],
  ]
  for (const [status, headers, body, expected] of answers) {
    const url = await organisation((_request, response) => response.writeHead(status, headers).end(body))
    await expect(make({ url, ...setting }).callFunction('WhoAmI', {}, signal)).rejects.toMatchObject(expected)
  }
})

test.each(implementations)('%s: a refused token is renewed once', async (_name, make) => {
  const asked: boolean[] = []
  const token: AccessTokenProvider = ({ forceRefresh }) => {
    asked.push(forceRefresh)
    return Promise.resolve(forceRefresh ? 'new' : 'old')
  }
  const accepting = await organisation((request, response) => {
    response.writeHead(request.headers.authorization === 'Bearer new' ? 200 : 401, JSON_TYPE).end('{"UserId":"u"}')
  })
  expect(await make({ url: accepting, token, timeoutMs: 60_000 }).callFunction('WhoAmI', {}, signal)).toMatchObject({
    UserId: 'u',
  })
  const refusing = await organisation((_request, response) => response.writeHead(401).end())
  await expect(
    make({ url: refusing, token, timeoutMs: 60_000 }).callFunction('WhoAmI', {}, signal),
  ).rejects.toMatchObject({
    code: 'unauthenticated',
  })
  expect(asked).toEqual([false, true, false, true])
})

test.each(implementations)('%s: no answer ends at the deadline, or when the caller stops', async (_name, make) => {
  const url = await organisation((_request, response) => {
    response.writeHead(200, { ...JSON_TYPE, 'Content-Length': '100' }).write('{"UserId":')
  })
  await expect(make({ url, ...setting, timeoutMs: 0 }).callFunction('WhoAmI', {}, signal)).rejects.toMatchObject({
    code: 'timeout',
  })
  const stop = new AbortController()
  const asking = make({ url, ...setting }).callFunction('WhoAmI', {}, stop.signal)
  stop.abort()
  await expect(asking).rejects.toMatchObject({ code: 'aborted' })
})

test.each(implementations)('%s: a refused connection is certain to have had no effect', async (_name, make) => {
  const url = await organisation(() => undefined)
  await new Promise((resolve) => servers.pop()?.close(resolve))
  await expect(make({ url, ...setting }).callFunction('WhoAmI', {}, signal)).rejects.toMatchObject({
    code: 'offline',
    mayHaveArrived: false,
  })
})

test.each(implementations)('%s: what the token provider says is passed on', async (_name, make) => {
  const token: AccessTokenProvider = () => Promise.reject(new Error('no account'))
  const messages = make({ url: 'http://127.0.0.1:9', token, timeoutMs: 60_000 })
  await expect(messages.callFunction('WhoAmI', {}, signal)).rejects.toMatchObject({ code: 'unauthenticated' })
})

test('by dynamics-web-api: a parameter that it would garble is refused', async () => {
  const messages = dynamicsWebApiMessages({ url: 'http://127.0.0.1:9', ...setting })
  await expect(messages.callFunction('F', { P: { name: 'a&b' } }, signal)).rejects.toMatchObject({ code: 'invalid' })
})

test('over fetch: truncated JSON is a typed error', async () => {
  const url = await organisation((_request, response) => response.writeHead(200, JSON_TYPE).end('{"UserId":"x'))
  const messages = fetchMessages(
    fetchTransport({ root: url, token: setting.token, fetch: (at, init) => fetch(at, init), env: { sleep } }),
    60_000,
  )
  await expect(messages.callFunction('WhoAmI', {}, signal)).rejects.toMatchObject({ code: 'protocol' })
})

test('dynamics-web-api ends a Node process on truncated JSON, which is why it is not the default', async () => {
  const url = await organisation((_request, response) => response.writeHead(200, JSON_TYPE).end('{"UserId":"x'))
  const program = `
    const { DynamicsWebApi } = await import('dynamics-web-api')
    await new DynamicsWebApi({ serverUrl: '${url}', dataApi: { version: '9.2' } }).callFunction('WhoAmI').catch(() => undefined)`
  const cwd = fileURLToPath(new URL('..', import.meta.url))
  const run = promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], { cwd })
  await expect(run).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('SyntaxError') })
})
