import { decodeUrl } from '../odata/decode.ts'
import { queryValue } from '../odata/literal-value.ts'
import type { QueryValue } from '../odata/compare-values.ts'
import { escapeXml, MalformedXml, readXml } from '../xml/read-xml.ts'
import type { XmlElement } from '../xml/read-xml.ts'
import type { OrderTerm, Place } from './order.ts'
import { cookieOfAnotherOrder, invalidCookiePage, malformedCookie } from './refusals.ts'

/** What a cookie says: which page it was made with, and where that page ended. */
export interface CookiePlace {
  readonly page: number
  readonly last: Place
}

// Guids stand in braces and in upper case inside a cookie, unlike everywhere else on the wire.
function written({ kind }: OrderTerm, value: QueryValue): string {
  return kind === 'guid' ? `{${String(value).toUpperCase()}}` : escapeXml(String(value))
}

function end(term: OrderTerm, name: 'first' | 'last', value: QueryValue): string {
  return value === null ? `${name}null="1"` : `${name}="${written(term, value)}"`
}

/** The cookie of a page, as `paging-cookie` takes it. */
export function writePagingCookie(order: readonly OrderTerm[], page: number, first: Place, last: Place): string {
  const places = order.map(
    (term, index) =>
      `<${term.name} ${end(term, 'last', last[index] ?? null)} ${end(term, 'first', first[index] ?? null)} />`,
  )
  return `<cookie page="${page}">${places.join('')}</cookie>`
}

function encoded(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()*~]/g, (one) => `%${one.charCodeAt(0).toString(16)}`)
    .replace(/%../g, (escape) => escape.toLowerCase())
}

/** The annotation that carries a cookie, encoded twice; a query that has no cookie gets one without it. */
export function cookieAnnotation(nextPage: number, cookie: string | undefined): string {
  const inner = cookie === undefined ? '' : ` pagingcookie="${encoded(encoded(cookie))}"`
  return `<cookie pagenumber="${nextPage}"${inner} istracking="False" />`
}

function parse(text: string): XmlElement {
  try {
    return readXml(text)
  } catch (error) {
    if (error instanceof MalformedXml) throw malformedCookie()
    throw error
  }
}

/** Reads a `paging-cookie`; it must fit the order of the query it comes with. */
export function readPagingCookie(order: readonly OrderTerm[], text: string): CookiePlace {
  const root = parse(text)
  if (root.name !== 'cookie') throw malformedCookie()
  const page = root.attributes.get('page') ?? ''
  if (!/^[1-9]\d{0,8}$/.test(page)) throw invalidCookiePage()
  if (root.children.length !== order.length) throw cookieOfAnotherOrder()
  const last = order.map((term, index) => {
    const element = root.children[index]
    if (element?.name !== term.name) throw cookieOfAnotherOrder()
    if (element.attributes.get('lastnull') === '1') return null
    const value = element.attributes.get('last')
    if (value === undefined) throw malformedCookie()
    return queryValue(term.kind, term.kind === 'guid' ? value.replace(/[{}]/g, '') : value)
  })
  return { page: Number(page), last }
}

/** The `$skiptoken` of the next page of a view. */
export function writeSkipToken(nextPage: number, cookie: string | undefined): string {
  const inner = cookie === undefined ? '' : ` pagingcookie="${encoded(cookie)}"`
  return `<cookie pagenumber="${nextPage}"${inner} istracking="False" />`
}

/** Reads such a `$skiptoken` back. */
export function readSkipToken(
  text: string | undefined,
): { readonly page: number; readonly cookie: string | undefined } | undefined {
  if (text === undefined) return undefined
  const { name, attributes } = parse(text)
  const page = attributes.get('pagenumber') ?? ''
  if (name !== 'cookie' || attributes.get('istracking') !== 'False') throw malformedCookie()
  if (!/^[1-9]\d{0,8}$/.test(page)) throw invalidCookiePage()
  const cookie = attributes.get('pagingcookie')
  return { page: Number(page), cookie: cookie === undefined ? undefined : decodeUrl(cookie) }
}
