import { badQuery } from '../errors.ts'
import { projectionOf } from '../expand/projection.ts'
import type { Projection } from '../expand/projection.ts'
import { projectionWriter } from '../expand/write-projection.ts'
import { jsonTextReply } from '../http/reply.ts'
import type { Reply } from '../http/reply.ts'
import type { ApiRequest } from '../http/request.ts'
import { Utf8Text } from '../json/utf8-text.ts'
import { writeJson } from '../json/write.ts'
import { parseOrderBy } from '../odata/order-by.ts'
import type { OrderTerm } from '../odata/order-by.ts'
import { readCookie, writeCookie } from '../odata/paging-cookie.ts'
import { allowOptions } from '../odata/query-options.ts'
import { topOf } from '../odata/top.ts'
import { schemaAsAsked } from '../metadata-cache.ts'
import type { Org } from '../org.ts'
import { pageText } from '../rows/page-memory.ts'
import { countRows, readPage } from '../rows/read-page.ts'
import type { RowQuery } from '../rows/read-page.ts'
import { readableBy } from '../rows/readable-rows.ts'
import type { Row } from '../rows/row.ts'
import type { TableDefinition } from '../schema.ts'
import { annotationsOf, applied, appliedAnnotations, rowQuery } from './read-scope.ts'

/** The most rows a page holds and a count counts. */
export const MAX_ROWS = 5000

const OPTIONS = ['$select', '$expand', '$filter', '$orderby', '$top', '$count', '$skiptoken', '@']

function countOf(text: string | undefined): boolean {
  if (text === undefined || text === 'false') return false
  if (text === 'true') return true
  throw badQuery(`Invalid value '${text}' for $count query option found. Valid values are 'true' and 'false'.`)
}

/** The link to the next page: the options of this one and a cookie. */
export function nextLink(request: ApiRequest, cookie: string): string {
  const options = request.query.raw.filter(([name]) => name !== '$skiptoken').map(([name, raw]) => `${name}=${raw}`)
  const token = encodeURIComponent(cookie).replaceAll('%3D', '=').replaceAll('%2F', '/')
  return `${request.root}${request.path}?${[...options, `$skiptoken=${token}`].join('&')}`
}

/** The order the request asks for; values the user may not see order nothing. */
function maskedOrder(org: Org, request: ApiRequest, table: TableDefinition): readonly OrderTerm[] {
  const order = parseOrderBy(org.store, table, request.query.options.get('$orderby'), request.query.aliases)
  const { mask } = readableBy(org.store, request.user)(table)
  return mask === undefined ? order : order.map((term) => ({ ...term, value: (row) => term.value(mask(row)) }))
}

/** The values that place a row in an order. */
function placeOf(order: readonly OrderTerm[], row: Row): ReturnType<OrderTerm['value']>[] {
  return order.map(({ value }) => value(row))
}

function counts(request: ApiRequest, query: RowQuery, wanted: boolean): string {
  const wants = annotationsOf(request)
  // One more than the cap is enough to know that it was exceeded.
  const total = wanted ? countRows(query, MAX_ROWS + 1) : -1
  const capped = Math.min(total, MAX_ROWS)
  let text = ''
  if (wants('Microsoft.Dynamics.CRM.totalrecordcount')) text += `"@Microsoft.Dynamics.CRM.totalrecordcount":${capped},`
  if (wants('Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded')) {
    text += `"@Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded":${total > MAX_ROWS},`
  }
  return wanted ? `"@odata.count":${capped},${text}` : text
}

/** The `globalmetadataversion` annotation of a collection, where asked for; single rows have none. */
export function metadataVersion(org: Org, request: ApiRequest): string {
  const name = 'Microsoft.Dynamics.CRM.globalmetadataversion'
  return annotationsOf(request)(name) ? `"@${name}":"${schemaAsAsked(org, request.headers).stamp}",` : ''
}

const NO_ROWS = new Uint8Array()

/** The rows of a page as text, a comma between them. */
function rowsText(org: Org, request: ApiRequest, projection: Projection, rows: readonly Row[]): Uint8Array {
  const { table, columns, expansions, ownerKey } = projection
  if (rows.length === 0 && expansions.length === 0) return NO_ROWS
  const isPlain = request.preferences.annotations.length === 0
  const write = (): Uint8Array => {
    const writer = projectionWriter(org, request, projection)
    // Enough for most pages: growing means copying.
    const out = new Utf8Text(rows.length * columns.length * (isPlain ? 64 : 160))
    for (const row of rows) {
      out.separate(0)
      writer(row, out)
    }
    return out.toBytes()
  }
  const dependsOnRowsAlone = isPlain && expansions.length === 0 && ownerKey !== true
  const isMasked = readableBy(org.store, request.user)(table).mask !== undefined
  return dependsOnRowsAlone && !isMasked ? pageText(org.store, table, columns, rows, write) : write()
}

/**
 * GET of a collection: filtered, ordered, one page at a time. Each page is read when it is asked for; the cookie in
 * the next link holds nothing but the place where the page before ended.
 */
export function readCollection(org: Org, request: ApiRequest, table: TableDefinition, within?: readonly Row[]): Reply {
  allowOptions(request.query, OPTIONS)
  const { options } = request.query
  const { maxPageSize } = request.preferences
  const projection = projectionOf(org, request, table, { one: false })
  const order = maskedOrder(org, request, table)
  const query = rowQuery(org, request, table, within)
  const asked = topOf(options.get('$top'))
  const top = maxPageSize === undefined ? asked : undefined
  const token = options.get('$skiptoken')
  const place = token === undefined ? undefined : readCookie(order, token)
  const limit = Math.min(top ?? Math.min(maxPageSize ?? MAX_ROWS, org.knobs.maxPageSize), MAX_ROWS)
  const page = readPage({ ...query, order, limit, ...(place === undefined ? {} : { after: place.after }) })
  const [first] = page.rows
  const last = page.rows.at(-1)
  const { context } = projection
  const set = context === undefined ? table.entitySetName : `${table.entitySetName}(${context})`
  let text = `{"@odata.context":${writeJson(`${request.root}$metadata#${set}`)},`
  text += counts(request, query, countOf(options.get('$count')))
  text += metadataVersion(org, request)
  const rows = rowsText(org, request, projection, page.rows)
  const out = new Utf8Text(rows.length + text.length + 1024)
  out.text(`${text}"value":[`)
  out.piece(rows)
  out.text(']')
  if (page.more && top === undefined && first !== undefined && last !== undefined) {
    const cookie = writeCookie(order, (place?.page ?? 1) + 1, placeOf(order, first), placeOf(order, last), false)
    out.text(`,"@odata.nextLink":${writeJson(nextLink(request, cookie))}`)
  }
  out.text('}')
  return jsonTextReply(
    out,
    applied(appliedAnnotations(request), maxPageSize !== undefined && `odata.maxpagesize=${maxPageSize}`),
  )
}

/** GET of `/set/$count`: a bare number, no higher than the cap. */
export function countCollection(org: Org, request: ApiRequest, table: TableDefinition, within?: readonly Row[]): Reply {
  allowOptions(request.query, ['$filter', '@'])
  const count = countRows(rowQuery(org, request, table, within), MAX_ROWS)
  return countReply(count)
}

/** A count as text, with the byte order mark that the service puts in front. */
export function countReply(count: number): Reply {
  return { status: 200, headers: { 'Content-Type': 'text/plain', 'OData-Version': '4.0' }, body: `\u{feff}${count}` }
}
