import { badPayload } from '../errors.ts'

/** One part of a multipart body. */
export interface Part {
  readonly headers: Headers
  readonly content: string
}

/** An HTTP request inside a part. */
export interface PartRequest {
  readonly method: string
  readonly url: string
  readonly headers: Headers
  readonly body: string
}

/** The boundary of a multipart content type, with or without quotes; undefined where it is none. */
export function boundaryOf(contentType: string | null): string | undefined {
  const match = /^multipart\/mixed\s*;.*?\bboundary=(?:"([^"]+)"|([^\s;"]+))/i.exec(contentType ?? '')
  return match?.[1] ?? match?.[2]
}

const HEADER = /^([\w!#$%&'*+.^`|~-]+)[ \t]*:([\t\x20-\x7e\x80-\xff]*)$/

function readHeaders(lines: string): Headers {
  const headers = new Headers()
  for (const line of lines.split(/\r?\n/)) {
    if (line.trim() === '') continue
    const header = HEADER.exec(line)
    if (header === null) throw badPayload(`Invalid header '${line}' in the batch.`)
    headers.append(header[1] ?? '', (header[2] ?? '').trim())
  }
  return headers
}

function splitHead(text: string): [head: string, rest: string] {
  const blank = /(?:^|\r?\n)\r?\n/.exec(text)
  return blank === null ? [text, ''] : [text.slice(0, blank.index), text.slice(blank.index + blank[0].length)]
}

/** Splits a multipart body into its parts. What stands before the first boundary is no part. */
export function parseMultipart(body: string, boundary: string): Part[] {
  const escaped = boundary.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&')
  const delimiter = new RegExp(`(?:^|\\r?\\n)--${escaped}(--)?[ \\t]*(?=\\r?\\n|$)(?:\\r?\\n)?`, 'g')
  const parts: Part[] = []
  let start: number | undefined
  for (const match of body.matchAll(delimiter)) {
    if (start !== undefined) {
      const [head, content] = splitHead(body.slice(start, match.index))
      parts.push({ headers: readHeaders(head), content })
    }
    if (match[1] !== undefined) return parts
    start = match.index + match[0].length
  }
  throw badPayload(`The batch has no closing boundary '--${boundary}--'.`)
}

/** Reads the request inside an `application/http` part. */
export function parsePartRequest({ headers, content }: Part): PartRequest {
  const type = headers.get('Content-Type') ?? ''
  if (!/^application\/http\b/i.test(type))
    throw badPayload(`The content type '${type}' is not valid for a part of a batch.`)
  const encoding = headers.get('Content-Transfer-Encoding') ?? 'binary'
  if (encoding.toLowerCase() !== 'binary')
    throw badPayload(`The content transfer encoding '${encoding}' is not valid for a part of a batch.`)
  const [head, body] = splitHead(content.replace(/^(?:\r?\n)+/, ''))
  const [line = '', ...rest] = head.split(/\r?\n/)
  const match = /^([A-Z]+) +(\S.*?) +HTTP\/1\.1\s*$/.exec(line)
  if (match === null) throw badPayload(`Invalid request line '${line}' in the batch.`)
  return {
    method: match[1] ?? '',
    url: match[2] ?? '',
    headers: readHeaders(rest.join('\r\n')),
    body: body.replace(/\r?\n$/, ''),
  }
}
