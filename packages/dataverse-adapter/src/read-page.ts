import { type Json, MasterError } from '@outpost/core'
import { jsonAnswer, notDataverse } from './answer.ts'
import { type BatchRequest, encodeBatch, isMultipart, readBatch } from './batch.ts'
import { FETCH_PAGING, isFetchPath, nextFetchPath } from './fetch-paging.ts'
import type { JsonObject } from './json.ts'
import { orgUrl } from './org-url.ts'
import { API_PATH, type Transport, type WireResponse } from './transport.ts'

/** What a read needs to be sent. */
export interface ReadContext {
  readonly transport: Transport
  readonly root: string
  readonly timeoutMs: number
  readonly newId: () => string
}

/** One page of a collection. `next` is the path of the page after it, relative to the Web API's root. */
export interface WirePage {
  readonly rows: readonly Json[]
  readonly next: string | null
  readonly body: JsonObject
  readonly headers: WireResponse['headers']
  /** True for an answer to FetchXML, which leaves columns without a value out. */
  readonly nullsLeftOut: boolean
}

export interface PageRequest {
  readonly path: string
  readonly pageSize: number
  readonly annotations?: readonly string[]
  /** True to go past the caches of the master, which may be half a minute old. */
  readonly fresh?: boolean
}

/** Reads one page of a collection. Rejects with the `MasterError` that the answer means. */
export async function readPage(context: ReadContext, request: PageRequest, signal: AbortSignal): Promise<WirePage> {
  return pageOf(context, request, await get(context, pageGet(request), signal))
}

/** Reads one page of each of several collections as one request. Rejects with the `MasterError` that an answer means. */
export async function readPages(
  context: ReadContext,
  requests: readonly PageRequest[],
  signal: AbortSignal,
): Promise<readonly WirePage[]> {
  const [only] = requests
  if (only && requests.length === 1) return [await readPage(context, only, signal)]
  for (const { path } of requests) checkLength(path)
  const { outer, responses } = await getAll(context, requests.map(pageGet), signal)
  return requests.map((request, at) => {
    const response = responses[at]
    if (!response) throw notDataverse(outer, 'a batch without an answer to each of its requests')
    return pageOf(context, request, response)
  })
}

/** The request for a page, as it can be sent alone or in a batch. */
export function pageGet(request: PageRequest): BatchRequest {
  const isFetch = isFetchPath(request.path)
  const annotations = [...(request.annotations ?? []), ...(isFetch ? FETCH_PAGING : [])]
  const preferences = [
    // FetchXML has its page size inside.
    ...(isFetch ? [] : [`odata.maxpagesize=${request.pageSize}`]),
    ...(annotations.length > 0 ? [`odata.include-annotations="${annotations.join(',')}"`] : []),
  ]
  const headers = { Prefer: preferences.join(','), ...(request.fresh ? { Consistency: 'Strong' } : {}) }
  return { method: 'GET', path: request.path, headers }
}

/** What the answer to `pageGet` says. Throws the `MasterError` that it means. */
export function pageOf(context: Pick<ReadContext, 'root'>, request: PageRequest, response: WireResponse): WirePage {
  const body = jsonAnswer(response)
  const rows = body['value']
  if (!Array.isArray(rows)) throw notDataverse(response, 'a collection without rows')
  const link = body['@odata.nextLink']
  const nullsLeftOut = isFetchPath(request.path)
  const linked = typeof link === 'string' ? pathOfLink(context.root, link, response) : null
  return {
    rows: rows as readonly Json[],
    next: nullsLeftOut ? nextFetchPath(request.path, body) : linked,
    body,
    headers: response.headers,
    nullsLeftOut,
  }
}

/** Query options as the part of a path from its question mark on, empty ones left out. */
export function query(options: Readonly<Record<string, string | undefined>>): string {
  const parts = Object.entries(options).filter(([, value]) => value !== undefined && value !== '')
  return parts.length === 0 ? '' : `?${parts.map(([name, value]) => `${name}=${encodeValue(value ?? '')}`).join('&')}`
}

const LEGAL: Readonly<Record<string, string>> = { '%2C': ',', '%3A': ':', '%2F': '/', '%24': '$', '%40': '@' }

/** Commas, parentheses and the like are legal in a query and keep URLs short and readable; the rest is encoded. */
function encodeValue(value: string): string {
  return encodeURIComponent(value).replace(/%(?:2C|3A|2F|24|40)/g, (code) => LEGAL[code] ?? code)
}

/** A plain GET takes about 32 KB of URL, one inside a batch 64 KB; proxies on the way often take less. */
const LONGEST_URL = 8_000
const LONGEST_IN_BATCH = 65_000

async function get(context: ReadContext, request: BatchRequest, signal: AbortSignal): Promise<WireResponse> {
  const { transport, timeoutMs } = context
  const { path } = request
  if (path.length <= LONGEST_URL) return transport.send({ ...request, timeoutMs }, signal)
  checkLength(path)
  const { outer, responses } = await getAll(context, [request], signal)
  const [response] = responses
  if (!response) throw notDataverse(outer, 'a batch without an answer to its request')
  return response
}

/** Answers to several reads that were sent as one request, in their order, as far as they came. */
export interface AllAnswers {
  /** The answer to the batch as a whole. */
  readonly outer: WireResponse
  readonly responses: readonly WireResponse[]
}

/**
 * Sends several reads as one request. `identity` finds among the answers the one that tells who they were asked for.
 * Rejects when the batch as a whole is refused.
 */
export async function getAll(
  context: ReadContext,
  requests: readonly BatchRequest[],
  signal: AbortSignal,
  { identity }: { readonly identity?: (responses: readonly WireResponse[]) => WireResponse | undefined } = {},
): Promise<AllAnswers> {
  const { transport, timeoutMs } = context
  const parts = requests.map((request) => ({ kind: 'single' as const, request }))
  const batch = encodeBatch(parts, context.newId)
  const read = new Map<WireResponse, readonly WireResponse[]>()
  const responsesIn = (outer: WireResponse): readonly WireResponse[] => {
    const known = read.get(outer)
    if (known) return known
    const responses = readBatch(outer).flatMap(([answer]) => (answer ? [dated(answer.response, outer)] : []))
    read.set(outer, responses)
    return responses
  }
  const outer = await transport.send(
    {
      method: 'POST',
      path: '$batch',
      ...batch,
      timeoutMs,
      ...(identity && { identity: (answer) => (isMultipart(answer) ? identity(responsesIn(answer)) : undefined) }),
    },
    signal,
  )
  // An answer that is no batch says why, or is not the master's at all.
  if (!isMultipart(outer)) jsonAnswer(outer)
  return { outer, responses: responsesIn(outer) }
}

/** The answer to a part of a batch, with what stands in the head of the whole only. */
function dated({ headers, ...response }: WireResponse, outer: WireResponse): WireResponse {
  return {
    ...response,
    headers: { get: (name) => headers.get(name) ?? (OF_ALL.test(name) ? outer.headers.get(name) : null) },
  }
}

const OF_ALL = /^date$/i

/** Throws `invalid` for a query that is longer than the master takes in any way. */
export function checkLength(path: string): void {
  if (path.length > LONGEST_IN_BATCH) {
    throw new MasterError('invalid', `the query is ${path.length} characters long, more than the master takes`, {
      place: { rule: 'query-length' },
      remedy: 'Select fewer columns, or shorten the filter.',
      mayHaveArrived: false,
    })
  }
}

/** A link of the same organisation as a path; the token must not follow a link to anywhere else. */
export function pathOfLink(root: string, link: string, response: WireResponse): string {
  const at = link.indexOf(API_PATH)
  const origin = URL.canParse(link) ? new URL(link).origin : ''
  if (at === -1 || origin === '' || canonicalOrigin(origin) !== root || !link.startsWith(origin + API_PATH)) {
    throw notDataverse(response, 'the link to the next page leads to another host')
  }
  return link.slice(at + API_PATH.length)
}

function canonicalOrigin(origin: string): string | null {
  try {
    return orgUrl(origin)
  } catch {
    // Not an address that an organisation could have.
    return null
  }
}
