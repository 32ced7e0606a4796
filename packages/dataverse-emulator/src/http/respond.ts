import type { Fault } from '../faults.ts'
import type { Reply } from './reply.ts'

/** The connection was lost. `handle` rejects with it; `fetch` and the HTTP server turn it into what a caller sees. */
export class ConnectionDropped extends Error {
  constructor() {
    super('The connection was dropped.')
    this.name = 'ConnectionDropped'
  }
}

const NO_BODY: ReadonlySet<number> = new Set([204, 205, 304])

function cutStream(bytes: Uint8Array, at: number): ReadableStream<Uint8Array> {
  let sent = false
  return new ReadableStream<Uint8Array>({
    pull: (controller) => {
      if (!sent && at > 0) {
        sent = true
        controller.enqueue(bytes.slice(0, at))
      } else controller.error(new TypeError('terminated', { cause: new ConnectionDropped() }))
    },
  })
}

/** Turns an answer into a Response, with what a fault does to its body. */
export function respond(reply: Reply, extra: Readonly<Record<string, string>>, fault: Fault | undefined): Response {
  const headers = new Headers({ ...reply.headers, ...extra })
  if (reply.body === undefined || NO_BODY.has(reply.status))
    return new Response(null, { status: reply.status, headers })
  const whole = typeof reply.body === 'string' ? new TextEncoder().encode(reply.body) : new Uint8Array(reply.body)
  if (fault?.kind === 'cutBodyAt') {
    // The length of the whole body is announced: that is how the cut shows.
    headers.set('Content-Length', String(whole.length))
    return new Response(cutStream(whole, Math.min(fault.bytes, whole.length - 1)), { status: reply.status, headers })
  }
  const bytes = fault?.kind === 'truncateJson' ? whole.slice(0, whole.length >> 1) : whole
  headers.set('Content-Length', String(bytes.length))
  return new Response(bytes, { status: reply.status, headers })
}
