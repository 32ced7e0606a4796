import type { Incoming, Outgoing } from './exchange.ts'
import { ConnectionDropped } from './exchange.ts'
import { respond } from './respond.ts'

/** What the fetch of one process is made of. */
export interface InProcess {
  readonly handle: (request: Request) => Promise<Response>
  readonly fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>
}

async function incomingOf(request: Request): Promise<Incoming> {
  const hasBody = request.method !== 'GET' && request.method !== 'HEAD' && request.body !== null
  const bytes = hasBody ? new Uint8Array(await request.arrayBuffer()) : new Uint8Array()
  const { method, headers, signal, url } = request
  return { method, url: new URL(url), headers, bytes, signal }
}

const encoder = new TextEncoder()

const READ: ReadonlySet<string> = new Set(['GET', 'HEAD'])
const WRITTEN: ReadonlySet<string> = new Set(['POST', 'PATCH', 'PUT', 'DELETE', 'OPTIONS'])
const PLAIN: ReadonlySet<string> = new Set(['method', 'headers', 'body', 'signal', 'redirect'])

/**
 * What a Request of these would be, without making one, which takes longer than most answers; undefined for what only a
 * Request knows to read or to refuse.
 */
function plainlyIncoming(input: string | URL, init: RequestInit): Incoming | undefined {
  const { method = 'GET', body, signal } = init
  for (const name in init) if (!PLAIN.has(name)) return undefined
  const hasBody = body !== undefined && body !== null
  if (hasBody ? typeof body !== 'string' || !WRITTEN.has(method) : !READ.has(method) && !WRITTEN.has(method)) {
    return undefined
  }
  const url = new URL(input)
  if (url.username !== '' || url.password !== '') return undefined
  const headers = new Headers(init.headers)
  if (hasBody && !headers.has('Content-Type')) headers.set('Content-Type', 'text/plain;charset=UTF-8')
  const bytes = typeof body === 'string' ? encoder.encode(body) : new Uint8Array()
  return { method, url, headers, bytes, signal: signal ?? new AbortController().signal }
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

/** `handle` and `fetch` of an emulator, without a network between. */
export function inProcess(exchange: (incoming: Incoming) => Promise<Outgoing>): InProcess {
  const handle = async (request: Request): Promise<Response> => respond(await exchange(await incomingOf(request)))
  const fetch: InProcess['fetch'] = async (input, init = {}) => {
    const plain = input instanceof Request ? undefined : plainlyIncoming(input, init)
    const incoming = plain ?? (await incomingOf(new Request(input, init)))
    const redirect = init.redirect ?? (input instanceof Request ? input.redirect : 'follow')
    try {
      const response = respond(await exchange(incoming))
      if (!REDIRECTS.has(response.status) || redirect === 'manual') return response
      if (redirect === 'error') throw new TypeError('fetch failed', { cause: new Error('unexpected redirect') })
      // Only a captive portal redirects, and what stands at the other end is its page.
      return new Response(response.body, { status: 200, headers: { 'Content-Type': 'text/html; charset=utf-8' } })
    } catch (error) {
      if (error instanceof ConnectionDropped) throw new TypeError('fetch failed', { cause: error })
      throw error
    }
  }
  return { handle, fetch }
}
