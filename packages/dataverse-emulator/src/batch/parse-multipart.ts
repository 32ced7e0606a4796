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

/** What may stand behind a boundary in its line, and the end of the line. */
const REST_OF_LINE = /(--)?[ \t]*(?:\r?\n|$)/y

interface Delimiter {
  /** Where the part before it ends: the line end in front belongs to the boundary. */
  readonly from: number
  readonly to: number
  readonly isLast: boolean
}

function nextDelimiter(body: string, boundary: string, after: number): Delimiter | undefined {
  const text = `--${boundary}`
  for (let at = body.indexOf(text, after); at >= 0; at = body.indexOf(text, at + 1)) {
    const lineEnd = body[at - 1] !== '\n' ? 0 : body[at - 2] === '\r' && at - 2 >= after ? 2 : 1
    if (at > 0 && (lineEnd === 0 || at - lineEnd < after)) continue
    REST_OF_LINE.lastIndex = at + text.length
    const rest = REST_OF_LINE.exec(body)
    if (rest === null) continue
    return { from: at - lineEnd, to: REST_OF_LINE.lastIndex, isLast: rest[1] !== undefined }
  }
  return undefined
}

/** Splits a multipart body into its parts. What stands before the first boundary is no part. */
export function parseMultipart(body: string, boundary: string): Part[] {
  const parts: Part[] = []
  let start: number | undefined
  for (;;) {
    const delimiter = nextDelimiter(body, boundary, start ?? 0)
    if (delimiter === undefined) throw badPayload(`The batch has no closing boundary '--${boundary}--'.`)
    if (start !== undefined) {
      const [head, content] = splitHead(body.slice(start, delimiter.from))
      parts.push({ headers: readHeaders(head), content })
    }
    if (delimiter.isLast) return parts
    start = delimiter.to
  }
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
