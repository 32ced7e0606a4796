import { ConnectionDropped } from './exchange.ts'
import type { Outgoing } from './exchange.ts'
import { ReadResponse } from './read-response.ts'

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

/** Turns an answer into a Response. */
export function respond({ status, headers: given, body, headersOnly, cutAt }: Outgoing): Response {
  const headers = new Headers(given)
  if (body === undefined || NO_BODY.has(status)) return new Response(null, { status, headers })
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : new Uint8Array(body)
  // The length of the whole body is announced even where it is cut: that is how the cut shows.
  headers.set('Content-Length', String(bytes.length))
  if (headersOnly === true) return new Response(null, { status, headers })
  if (cutAt === undefined) return new ReadResponse(bytes, { status, headers })
  return new Response(cutStream(bytes, Math.min(cutAt, bytes.length - 1)), { status, headers })
}
