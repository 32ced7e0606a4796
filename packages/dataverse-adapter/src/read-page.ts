import { type Json, MasterError } from '@outpost/core'
import { jsonAnswer, notDataverse } from './answer.ts'
import { encodeBatch, isMultipart, readBatch } from './batch.ts'
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
  const annotations = request.annotations?.length ? `,odata.include-annotations="${request.annotations.join(',')}"` : ''
  const headers = {
    Prefer: `odata.maxpagesize=${request.pageSize}${annotations}`,
    ...(request.fresh ? { Consistency: 'Strong' } : {}),
  }
  const response = await get(context, request.path, headers, signal)
  const body = jsonAnswer(response)
  const rows = body['value']
  if (!Array.isArray(rows)) throw notDataverse(response, 'a collection without rows')
  const link = body['@odata.nextLink']
  return {
    rows: rows as readonly Json[],
    next: typeof link === 'string' ? pathOfLink(context.root, link, response) : null,
    body,
    headers: response.headers,
  }
}

/** Query options as the part of a path from its question mark on, empty ones left out. */
export function query(options: Readonly<Record<string, string | undefined>>): string {
  const parts = Object.entries(options).filter(([, value]) => value !== undefined && value !== '')
  return parts.length === 0 ? '' : `?${parts.map(([name, value]) => `${name}=${encodeValue(value ?? '')}`).join('&')}`
}

/** Commas, parentheses and the like are legal in a query and keep URLs short and readable; the rest is encoded. */
function encodeValue(value: string): string {
  return encodeURIComponent(value).replace(/%(?:2C|3A|2F|24|40)/g, (code) => decodeURIComponent(code))
}

/** A plain GET takes about 32 KB of URL, one inside a batch 64 KB; proxies on the way often take less. */
const LONGEST_URL = 8_000
const LONGEST_IN_BATCH = 65_000

async function get(
  context: ReadContext,
  path: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<WireResponse> {
  const { transport, timeoutMs } = context
  if (path.length <= LONGEST_URL) return transport.send({ method: 'GET', path, headers, timeoutMs }, signal)
  if (path.length > LONGEST_IN_BATCH) {
    throw new MasterError('invalid', `the query is ${path.length} characters long, more than the master takes`, {
      place: { rule: 'query-length' },
      remedy: 'Select fewer columns, or shorten the filter.',
      mayHaveArrived: false,
    })
  }
  const batch = encodeBatch([{ kind: 'single', request: { method: 'GET', path, headers } }], context.newId)
  const outer = await transport.send({ method: 'POST', path: '$batch', ...batch, timeoutMs }, signal)
  // An answer that is no batch says why, or is not the master's at all.
  if (!isMultipart(outer)) jsonAnswer(outer)
  const part = readBatch(outer)[0]?.[0]
  if (!part) throw notDataverse(outer, 'a batch without an answer to its request')
  return part.response
}

/** A link of the same organisation as a path; the token must not follow a link to anywhere else. */
function pathOfLink(root: string, link: string, response: WireResponse): string {
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
