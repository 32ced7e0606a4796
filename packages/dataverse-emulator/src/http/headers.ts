import { badQuery, notImplemented, WebApiError } from '../errors.ts'

const REFUSED: readonly (readonly [name: string | RegExp, reason: string])[] = [
  ['x-http-method', 'method tunnelling'],
  ['x-http-method-override', 'method tunnelling'],
  ['x-method-override', 'method tunnelling'],
  ['if-unmodified-since', 'a condition on the time of a change'],
  ['if-range', 'a condition on a part of a file'],
  ['isolation', 'snapshot isolation'],
  ['odata-isolation', 'snapshot isolation'],
  ['autodisassociate', 'this header'],
  [/^mscrm[.]/, 'this header'],
]

// Read where plug-ins run, or, without flows, with nothing to switch off.
const READ_ELSEWHERE: ReadonlySet<string> = new Set([
  'mscrm.bypasscustompluginexecution',
  'mscrm.bypassbusinesslogicexecution',
  'mscrm.bypassbusinesslogicexecutionstepids',
  'mscrm.suppresscallbackregistrationexpanderjob',
])

function checkVersion(headers: Headers): void {
  const version = headers.get('odata-version') ?? '4.0'
  if (version !== '4.0') throw badQuery(`The OData-Version header value '${version}' is not supported; use 4.0.`)
  const max = headers.get('odata-maxversion') ?? '4.0'
  if (!/^4\.\d+$/.test(max)) throw badQuery(`The OData-MaxVersion header value '${max}' is not supported; use 4.0.`)
}

const FILE_HEADERS = ['x-ms-file-name', 'x-ms-transfer-mode', 'Content-Range', 'Range']

/** Whether a path may lead to the content of a file column, so that its headers and media types are looked at there. */
export function mayHoldFile(path: string): boolean {
  return /\)\/[^/()]+(?:\/\$value)?$/.test(path)
}

/** Refuses headers of uploads and downloads, and file content, where there is no file column. */
export function refuseFileHeaders(headers: Headers): void {
  const given = FILE_HEADERS.find((name) => headers.has(name))
  if (given !== undefined) throw notImplemented(`the header ${given} here`)
  const type = headers.get('Content-Type') ?? ''
  if (/^application\/octet-stream\b/i.test(type)) throw unsupportedContent(type)
}

function unsupportedContent(type: string): WebApiError {
  return new WebApiError(415, '0x80060888', `The content type '${type}' is not supported; use application/json.`)
}

const JSON_ACCEPTED = /application\/json|application\/\*|\*\/\*/i

/** Refuses media types that are not JSON, and forms of JSON the emulator does not write. `/$count` is plain text. */
export function checkMediaTypes(headers: Headers, path: string, hasBody: boolean): void {
  const accept = headers.get('accept') ?? '*/*'
  const type = headers.get('content-type') ?? ''
  for (const value of [accept, type]) {
    if (/ieee754compatible=true|odata\.metadata=(?:full|none)|odata=/i.test(value))
      throw notImplemented(`the media type '${value}'`)
  }
  const isText = path.endsWith('/$value') || (path.endsWith('/$count') && /text\/(?:plain|\*)/i.test(accept))
  if (!JSON_ACCEPTED.test(accept) && !isText && !path.startsWith('$metadata')) {
    throw new WebApiError(
      415,
      '0x80060888',
      `A supported MIME type could not be found that matches the acceptable MIME types for the request. The supported type(s) 'application/json;odata.metadata=minimal' do not match any of the acceptable MIME types '${accept}'.`,
    )
  }
  if (!hasBody) return
  if (!/^application\/json\b/i.test(type)) throw unsupportedContent(type)
  const charset = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(type)?.[1] ?? 'utf-8'
  if (!/^(?:utf-?8|us-ascii)$/i.test(charset)) throw notImplemented(`bodies in the character set '${charset}'`)
  const encoding = headers.get('content-encoding') ?? 'identity'
  if (!/^identity$/i.test(encoding)) throw notImplemented(`bodies that are compressed (Content-Encoding: ${encoding})`)
}

/** Refuses headers that ask for something the emulator would otherwise silently not do. */
export function checkHeaders(headers: Headers): void {
  checkVersion(headers)
  for (const [name, value] of headers) {
    if (READ_ELSEWHERE.has(name)) continue
    if (name === 'mscrm.suppressduplicatedetection') {
      if (/^(?:true|false)$/i.test(value)) continue
      throw badQuery(`The MSCRM.SuppressDuplicateDetection header value '${value}' is not valid.`)
    }
    if (name === 'consistency' && value !== 'Strong')
      throw badQuery(`The Consistency header value '${value}' is not valid.`)
    const refused = REFUSED.find(([pattern]) => (typeof pattern === 'string' ? pattern === name : pattern.test(name)))
    if (refused !== undefined) throw notImplemented(`${refused[1]} (header ${name})`)
  }
}

/** A condition header: none, any version, or one. The token `null`, which most samples send, means none. */
export type Condition =
  | { readonly kind: 'none' }
  | { readonly kind: 'any' }
  | { readonly kind: 'etag'; readonly etag: string }

/** Reads `If-Match` or `If-None-Match`. */
export function readCondition(value: string | null): Condition {
  if (value === null || value === '' || value === 'null') return { kind: 'none' }
  if (value === '*') return { kind: 'any' }
  if (/^(?:W\/)?"[^"]*"$/.test(value)) return { kind: 'etag', etag: value.startsWith('W/') ? value : `W/${value}` }
  throw badQuery(`The condition header value '${value}' is not a valid ETag.`)
}

/** Refuses condition headers where they would not be looked at. */
export function allowConditions(headers: Headers, ...allowed: readonly ('If-Match' | 'If-None-Match')[]): void {
  for (const name of ['If-Match', 'If-None-Match'] as const) {
    if (allowed.includes(name) || readCondition(headers.get(name)).kind === 'none') continue
    throw notImplemented(`${name} on this request`)
  }
}
