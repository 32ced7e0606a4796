import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import type { Beginning, Round } from '../data/history.ts'
import { Accounts } from './accounts.ts'
import { batchAnswer, requestsIn } from './batch.ts'
import { API, json, WebApi } from './web-api.ts'
import type { Answer, Request } from './web-api.ts'

/** How long the server lets clients wait. */
export interface Delays {
  /** Before each answer. */
  readonly latencyMs: number
  /** For each request in it: a batch takes so many times as long. */
  readonly operationMs: number
}

export interface PageServer {
  readonly url: string
  /** Makes everything what it was at first, but for the delays, which become these. */
  readonly reset: (delays: Delays) => void
  readonly close: () => Promise<void>
}

/** A file of a page. */
export interface StaticFile {
  readonly type: string
  readonly bytes: Buffer
}

/** A round that is to happen, and what will be asked for behind it besides pages. */
export type ChangeOrder = Round & { readonly prepare?: 'ids' | 'stream' }

export const NO_DELAYS: Delays = { latencyMs: 0, operationMs: 0 }

/**
 * Serves accounts in the shape of the Web API, on loopback. All that is pulled is serialised before the first request, so
 * that a client waits for bytes and not for this server. Under `/bench/` the runs of the bench tell it what happens next.
 */
export async function servePages(
  beginning: Beginning,
  files: ReadonlyMap<string, StaticFile> = new Map(),
): Promise<PageServer> {
  const accounts = new Accounts(beginning)
  // A client that was busy with something else must not find its connection closed.
  const server = createServer({ keepAliveTimeout: 0 })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const api = new WebApi(accounts, url)
  let delays = NO_DELAYS

  const answerTo = async (request: Request): Promise<Answer> => {
    if (request.path.startsWith(CONTROL)) return control(api, accounts, request)
    if (request.path.startsWith('/sync/stream')) return streamAnswer(accounts)
    const file = files.get(request.path)
    if (file) return { status: 200, headers: { 'Content-Type': file.type }, parts: [file.bytes] }
    const path = request.path.slice(API.length)
    const inside = path === '$batch' ? requestsIn(request.body, API) : [{ ...request, path }]
    const answers = inside.map((one) => api.answer(one))
    const delay = delays.latencyMs + inside.length * delays.operationMs
    if (delay > 0) await setTimeout(delay)
    return path === '$batch' ? batchAnswer(answers, request.body) : (answers[0] ?? NOTHING)
  }
  server.on('request', (incoming, response) => {
    void read(incoming)
      .then(answerTo)
      .then((answer) => send(response, answer))
      .catch((error: unknown) => response.writeHead(500).end(String(error)))
  })
  return {
    url,
    reset: (wanted) => {
      delays = wanted
      api.reset()
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

const CONTROL = '/bench/'
const NOTHING: Answer = { status: 204, parts: [] }

async function control(api: WebApi, accounts: Accounts, { path, body }: Request): Promise<Answer> {
  if (path === `${CONTROL}written`) return json(await api.written())
  const { prepare, ...round } = JSON.parse(body) as ChangeOrder
  accounts.change(round)
  if (prepare === 'ids') accounts.prepareIds()
  if (prepare === 'stream') accounts.prepareStream()
  return NOTHING
}

function streamAnswer(accounts: Accounts): Answer {
  return { status: 200, headers: { 'Content-Type': 'application/x-ndjson' }, parts: [accounts.prepareStream()] }
}

async function read(incoming: IncomingMessage): Promise<Request> {
  let body = ''
  for await (const chunk of incoming.setEncoding('utf8')) body += chunk
  const headers = Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]))
  return { method: incoming.method ?? 'GET', path: incoming.url ?? '', headers, body }
}

function send(response: ServerResponse, { status, headers, parts }: Answer): void {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  response.writeHead(status, {
    'Content-Type': 'application/json; odata.metadata=minimal',
    ...headers,
    ...(status === 204 ? {} : { 'Content-Length': length }),
  })
  for (const part of parts) response.write(part)
  response.end()
}
