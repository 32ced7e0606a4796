import type { Incoming } from './exchange.ts'

/** The body of a request as text and as it came; the text is empty where it was sent as `application/octet-stream`. */
export function readBody({ headers, bytes }: Incoming): { readonly body: string; readonly bytes: Uint8Array } {
  const isText = bytes.length > 0 && !/^application\/octet-stream\b/i.test(headers.get('Content-Type') ?? '')
  return { body: isText ? new TextDecoder().decode(bytes) : '', bytes }
}
