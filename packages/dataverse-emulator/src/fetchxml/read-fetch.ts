import { badQuery, invalidArgument } from '../errors.ts'
import { jsonTextReply } from '../http/reply.ts'
import type { Reply } from '../http/reply.ts'
import type { ApiRequest } from '../http/request.ts'
import { Utf8Text } from '../json/utf8-text.ts'
import { writeJson } from '../json/write.ts'
import { allowOptions } from '../odata/query-options.ts'
import { metadataVersion, nextLink } from '../operations/read-collection.ts'
import { annotationsOf, applied, appliedAnnotations } from '../operations/read-scope.ts'
import type { Org } from '../org.ts'
import type { Row } from '../rows/row.ts'
import type { TableDefinition } from '../schema.ts'
import { bindFetch } from './bind-fetch.ts'
import type { BoundFetch } from './bind-fetch.ts'
import { cookieAnnotation, readPagingCookie, readSkipToken, writePagingCookie, writeSkipToken } from './cookie.ts'
import type { CookiePlace } from './cookie.ts'
import type { Fetch } from './fetch.ts'
import { contextOf, tupleWriter } from './members.ts'
import { placeOf } from './order.ts'
import { MAX_PAGE, parseFetch } from './parse-fetch.ts'
import { cookieOfAnotherOrder, entitiesDontMatch, noSuchEntity, overSimplePaging } from './refusals.ts'
import { countFetch, readFetchPage } from './run-fetch.ts'
import type { FetchPage, FetchRange } from './run-fetch.ts'
import { viewFetch } from './views.ts'

/** How far paging without a cookie goes. */
const SIMPLE_PAGING_ROWS = 50_000

const SOURCES = ['fetchXml', 'savedQuery', 'userQuery'] as const

/** Whether a request for a collection brings its query as FetchXML or as a view. */
export function isPredefined({ query }: ApiRequest): boolean {
  return SOURCES.some((name) => query.options.has(name))
}

function counted(text: string | undefined): boolean {
  if (text === undefined || text === 'false') return false
  if (text === 'true') return true
  throw badQuery(`Invalid value '${text}' for $count query option found. Valid values are 'true' and 'false'.`)
}

/** Where the page asked for begins. */
interface Start {
  readonly page: number
  readonly after?: CookiePlace['last']
  readonly skip: number
}

function simpleStart(page: number, size: number): Start {
  if (page > 1 && page * size > SIMPLE_PAGING_ROWS) throw overSimplePaging()
  return { page, skip: (page - 1) * size }
}

/** A page behind the one that the cookie was made with is counted from the cookie, any other from the beginning. */
function startOf(page: number, size: number, cookie: CookiePlace | undefined): Start {
  if (cookie === undefined || page <= cookie.page) return simpleStart(page, size)
  return { page, after: cookie.last, skip: (page - cookie.page - 1) * size }
}

/** Whether the place of a row can be told by a cookie: not where links decide on the order, or rows are distinct. */
function hasCookie({ order, root }: BoundFetch, { distinct }: Fetch): boolean {
  return !distinct && order.every(({ slot }) => slot === root)
}

function givenCookie(bound: BoundFetch, fetch: Fetch, text: string | undefined): CookiePlace | undefined {
  if (text === undefined) return undefined
  if (!hasCookie(bound, fetch)) throw cookieOfAnotherOrder()
  return readPagingCookie(bound.order, text)
}

function cookieOf(bound: BoundFetch, fetch: Fetch, page: number, { tuples }: FetchPage): string | undefined {
  const first = tuples[0]
  const last = tuples.at(-1)
  if (first === undefined || last === undefined || !hasCookie(bound, fetch)) return undefined
  return writePagingCookie(bound.order, page, placeOf(bound.order, first), placeOf(bound.order, last))
}

/** The counts a request asked for, `-1` standing for one that was not taken. */
function counts(request: ApiRequest, total: number, wanted: boolean): string {
  const wants = annotationsOf(request)
  const capped = Math.min(total, MAX_PAGE)
  let text = wanted ? `"@odata.count":${capped},` : ''
  if (wants('Microsoft.Dynamics.CRM.totalrecordcount')) text += `"@Microsoft.Dynamics.CRM.totalrecordcount":${capped},`
  if (wants('Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded')) {
    text += `"@Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded":${total > MAX_PAGE},`
  }
  return text
}

function paging(request: ApiRequest, nextPage: number, cookie: string | undefined): string {
  const wants = annotationsOf(request)
  const name = 'Microsoft.Dynamics.CRM.fetchxmlpagingcookie'
  let text = wants(name) ? `"@${name}":${writeJson(cookieAnnotation(nextPage, cookie))},` : ''
  if (wants('Microsoft.Dynamics.CRM.morerecords')) text += '"@Microsoft.Dynamics.CRM.morerecords":true,'
  return text
}

function checkEntity(org: Org, table: TableDefinition, { entity }: Fetch): void {
  if (org.schema.table(entity.name) === undefined) throw noSuchEntity(entity.name)
  if (entity.name !== table.logicalName) throw entitiesDontMatch()
}

function refuseTopWithPaging({ top }: Fetch, wantsCount: boolean, maxPageSize: number | undefined): void {
  if (top === undefined || (!wantsCount && maxPageSize === undefined)) return
  throw invalidArgument(`The Top.Count = ${top} can't be specified with pagingInfo`)
}

/**
 * GET of a collection by FetchXML or by a view. FetchXML brings its own page number and cookie; a view is paged by
 * next links. Each page is evaluated when it is asked for.
 */
export function readPredefined(org: Org, request: ApiRequest, table: TableDefinition, within?: readonly Row[]): Reply {
  const { options } = request.query
  const [source, ...others] = SOURCES.filter((name) => options.has(name))
  if (source === undefined || others.length > 0)
    throw badQuery('Only one of fetchXml, savedQuery and userQuery can be specified.')
  const isView = source !== 'fetchXml'
  allowOptions(request.query, [source, '$count', ...(isView ? ['$skiptoken'] : [])])
  const text = options.get(source) ?? ''
  const fetch = parseFetch(isView ? viewFetch(org, request.user, table, source, text) : text)
  checkEntity(org, table, fetch)
  const bound = bindFetch(org, request.user, fetch)
  const { maxPageSize } = request.preferences
  const wantsCount = counted(options.get('$count')) || fetch.returnTotalRecordCount
  refuseTopWithPaging(fetch, wantsCount, maxPageSize)
  const size = Math.min(fetch.top ?? MAX_PAGE, fetch.count ?? MAX_PAGE, maxPageSize ?? MAX_PAGE, org.knobs.maxPageSize)
  const token = isView ? readSkipToken(options.get('$skiptoken')) : undefined
  const cookie = givenCookie(bound, fetch, isView ? token?.cookie : fetch.pagingCookie)
  const start = startOf(token?.page ?? fetch.page ?? 1, size, cookie)
  const members = within === undefined ? undefined : new Set(within.map(({ id }) => id))
  const range: FetchRange = {
    ...(start.after === undefined ? {} : { after: start.after }),
    skip: start.skip,
    limit: size,
    within: members === undefined ? undefined : ({ id }) => members.has(id),
    distinct: fetch.distinct,
  }
  const page = readFetchPage(bound, range)
  // One more than the cap is enough to know that it was exceeded.
  const total = wantsCount ? countFetch(bound, range, MAX_PAGE + 1) : -1
  const more = page.more && fetch.top === undefined
  const place = more ? cookieOf(bound, fetch, start.page, page) : undefined
  const write = tupleWriter(bound.scope, bound.root, bound.members, annotationsOf(request))
  const columns = fetch.entity.attributes === 'all' ? '' : `(${contextOf(bound.root, bound.members)})`
  let body = `{"@odata.context":${writeJson(`${request.root}$metadata#${table.entitySetName}${columns}`)},`
  body += counts(request, total, wantsCount)
  body += metadataVersion(org, request)
  if (more) body += paging(request, start.page + 1, place)
  const out = new Utf8Text()
  out.text(`${body}"value":[`)
  const at = out.length
  for (const tuple of page.tuples) {
    out.separate(at)
    write(tuple, out)
  }
  out.text(']')
  if (more && isView) {
    out.text(`,"@odata.nextLink":${writeJson(nextLink(request, writeSkipToken(start.page + 1, place)))}`)
  }
  out.text('}')
  return jsonTextReply(
    out,
    applied(appliedAnnotations(request), maxPageSize !== undefined && `odata.maxpagesize=${maxPageSize}`),
  )
}
