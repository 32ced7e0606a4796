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

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

/** `handle` and `fetch` of an emulator, without a network between. */
export function inProcess(exchange: (incoming: Incoming) => Promise<Outgoing>): InProcess {
  const handle = async (request: Request): Promise<Response> => respond(await exchange(await incomingOf(request)))
  const fetch: InProcess['fetch'] = async (input, init) => {
    const request = new Request(input, init)
    try {
      const response = await handle(request)
      if (!REDIRECTS.has(response.status) || request.redirect === 'manual') return response
      if (request.redirect === 'error') throw new TypeError('fetch failed', { cause: new Error('unexpected redirect') })
      // Only a captive portal redirects, and what stands at the other end is its page.
      return new Response(response.body, { status: 200, headers: { 'Content-Type': 'text/html; charset=utf-8' } })
    } catch (error) {
      if (error instanceof ConnectionDropped) throw new TypeError('fetch failed', { cause: error })
      throw error
    }
  }
  return { handle, fetch }
}
