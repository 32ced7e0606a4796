import { notDataverse } from './answer.ts'
import { API_PATH, type WireRequest, type WireResponse } from './transport.ts'

/** One request inside a batch. */
export type BatchRequest = Omit<WireRequest, 'timeoutMs'>

/** A request of its own, or a change set: several that take effect together or not at all. */
export type BatchPart =
  | { readonly kind: 'single'; readonly request: BatchRequest }
  | { readonly kind: 'change-set'; readonly requests: readonly BatchRequest[] }

/**
 * The answer to one part. A change set that took effect has one response per request; one that did not has a single
 * response: the refusal.
 */
export type BatchAnswer = readonly IndexedResponse[]

export interface IndexedResponse {
  readonly response: WireResponse
  /** The place of the request in its change set, where the master told it. */
  readonly index: number | undefined
}

/** The body of a `$batch` request and the headers it needs. All parts are tried, whatever becomes of the others. */
export function encodeBatch(
  parts: readonly BatchPart[],
  newId: () => string,
): { readonly headers: Readonly<Record<string, string>>; readonly body: string } {
  const boundary = `batch_${newId()}`
  const body = parts
    .map((part) => {
      if (part.kind === 'single') return `--${boundary}${EOL}${encodeRequest(part.request)}`
      const inner = `changeset_${newId()}`
      const requests = part.requests.map((request, index) => `--${inner}${EOL}${encodeRequest(request, index + 1)}`)
      return `--${boundary}${EOL}Content-Type: multipart/mixed; boundary="${inner}"${EOL}${EOL}${requests.join('')}--${inner}--${EOL}`
    })
    .join('')
  return {
    headers: { 'Content-Type': `multipart/mixed; boundary="${boundary}"`, Prefer: 'odata.continue-on-error' },
    body: `${body}--${boundary}--${EOL}`,
  }
}

/**
 * The answers in the body of a batch response, in the order of the requests. A part that was cut off is not an answer and
 * is left out. Throws `protocol` when the body is not multipart at all.
 */
export function readBatch(response: WireResponse): readonly BatchAnswer[] {
  const boundary = boundaryOf(response.headers.get('Content-Type') ?? '')
  if (boundary === undefined) throw notDataverse(response, 'the answer to a batch is not multipart')
  return splitParts(response.text, boundary).map((part) => {
    const { headers, body } = splitHead(part)
    const inner = boundaryOf(headers.get('content-type') ?? '')
    if (inner === undefined) return [readResponse(headers, body, response)]
    return splitParts(body, inner).map((one) => readInner(one, response))
  })
}

/** True for an answer whose body is made of parts, whatever its status. */
export function isMultipart(response: WireResponse): boolean {
  return boundaryOf(response.headers.get('Content-Type') ?? '') !== undefined
}

const EOL = '\r\n'

function encodeRequest(request: BatchRequest, contentId?: number): string {
  const body = request.body ?? ''
  const head = [
    'Content-Type: application/http',
    'Content-Transfer-Encoding: binary',
    ...(contentId === undefined ? [] : [`Content-ID: ${contentId}`]),
    '',
    `${request.method} ${API_PATH}${request.path} HTTP/1.1`,
    'Accept: application/json',
    ...Object.entries(request.headers ?? {}).map(([name, value]) => `${name}: ${value}`),
  ]
  // Some inner requests without a length are refused as "stream not readable".
  if (body !== '') {
    head.push(
      'Content-Type: application/json; charset=utf-8',
      `Content-Length: ${new TextEncoder().encode(body).length}`,
    )
  }
  return `${head.join(EOL)}${EOL}${EOL}${body}${EOL}`
}

function readInner(part: string, outer: WireResponse): IndexedResponse {
  const { headers, body } = splitHead(part)
  return readResponse(headers, body, outer)
}

function readResponse(mime: HeaderLines, http: string, outer: WireResponse): IndexedResponse {
  const status = /^\s*HTTP\/1\.[01] (\d{3})/.exec(http)
  if (!status) throw notDataverse(outer, 'a part of a batch without a status')
  const { headers, body } = splitHead(http.slice(lineEnd(http, status[0].length)))
  const contentId = Number(mime.get('content-id') ?? headers.get('content-id'))
  return {
    response: { status: Number(status[1]), headers, text: body },
    index: Number.isInteger(contentId) && contentId > 0 ? contentId - 1 : undefined,
  }
}

function boundaryOf(contentType: string): string | undefined {
  const match = /^\s*multipart\/mixed\s*;(?:.*;)?\s*boundary=(?:"([^"]+)"|([^\s;]+))/i.exec(contentType)
  return match?.[1] ?? match?.[2]
}

/** The text between delimiters, each of which stands at the beginning of a line. The rest after the last one is dropped. */
function splitParts(text: string, boundary: string): readonly string[] {
  const delimiter = `--${boundary}`
  const parts: string[] = []
  let start = -1
  for (
    let at = delimiterFrom(text, delimiter, 0);
    at !== -1;
    at = delimiterFrom(text, delimiter, at + delimiter.length)
  ) {
    if (start !== -1) parts.push(text.slice(start, at).replace(/\r?\n$/, ''))
    if (text.startsWith('--', at + delimiter.length)) break
    start = lineEnd(text, at)
  }
  return parts
}

function delimiterFrom(text: string, delimiter: string, from: number): number {
  for (let at = text.indexOf(delimiter, from); at !== -1; at = text.indexOf(delimiter, at + 1)) {
    const end = at + delimiter.length
    if ((at === 0 || text[at - 1] === '\n') && /^(?:--)?[ \t]*(?:\r?\n|$)/.test(text.slice(end, end + 80))) return at
  }
  return -1
}

function lineEnd(text: string, from: number): number {
  const at = text.indexOf('\n', from)
  return at === -1 ? text.length : at + 1
}

type HeaderLines = Pick<Headers, 'get'>

/** Header lines up to the first empty line, and what follows it. */
function splitHead(text: string): { readonly headers: HeaderLines; readonly body: string } {
  const fields = new Map<string, string>()
  let at = 0
  while (at < text.length) {
    const end = lineEnd(text, at)
    const line = text.slice(at, end).trim()
    at = end
    if (line === '') break
    const colon = line.indexOf(':')
    if (colon > 0) fields.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim())
  }
  return { headers: { get: (name) => fields.get(name.toLowerCase()) ?? null }, body: text.slice(at).trim() }
}
