import { invalidArgument, WebApiError } from '../errors.ts'
import type { QueryValue } from './compare-values.ts'
import { decodeUrl } from './decode.ts'
import { readValue } from './literal-value.ts'
import type { OrderTerm } from './order-by.ts'

/** The place where the next page begins: its number and the order values of the last row before it. */
export interface Place {
  readonly page: number
  readonly after: readonly QueryValue[]
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

function unescapeXml(text: string): string {
  return text.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
}

// Guids stand in braces and in upper case inside a cookie, unlike everywhere else on the wire.
function written({ kind }: OrderTerm, value: QueryValue): string {
  return kind === 'guid' ? `{${String(value).toUpperCase()}}` : escapeXml(String(value))
}

function end(term: OrderTerm, name: 'first' | 'last', value: QueryValue): string {
  return value === null ? `${name}null="1"` : `${name}="${written(term, value)}"`
}

/** Text of the `$skiptoken` that continues after `last`; `first` is the first row's place on the page just sent. */
export function writeCookie(
  order: readonly OrderTerm[],
  page: number,
  first: readonly QueryValue[],
  last: readonly QueryValue[],
  tracking: boolean,
): string {
  const places = order.map((term, index) => {
    const name = term.column.logicalName
    return `<${name} ${end(term, 'last', last[index] ?? null)} ${end(term, 'first', first[index] ?? null)} />`
  })
  const inner = `<cookie page="${page - 1}">${places.join('')}</cookie>`
  const encoded = encodeURIComponent(inner).replace(/%../g, (escape) => escape.toLowerCase())
  return `<cookie pagenumber="${page}" pagingcookie="${encoded}" istracking="${tracking ? 'True' : 'False'}" />`
}

const malformed = (): Error => invalidArgument('Malformed XML in the Paging Cookie')

function otherOrder(): Error {
  return new WebApiError(400, '0x80041129', 'Order by columns do not match those in paging cookie.')
}

function placeIn(inner: string, { column, kind }: OrderTerm): QueryValue {
  const found = new RegExp(`<${column.logicalName} (?:lastnull="1"|last="([^"]*)") `).exec(inner)
  if (found === null) throw otherOrder()
  const value = found[1]
  if (value === undefined) return null
  const plain = kind === 'guid' ? value.replace(/[{}]/g, '') : unescapeXml(value)
  const parsed = readValue(kind, plain)
  if (parsed === undefined) throw malformed()
  return parsed
}

/** Reads a `$skiptoken` back; it must fit the order of the query it comes with. */
export function readCookie(order: readonly OrderTerm[], text: string): Place & { readonly tracking: boolean } {
  const outer = /^<cookie pagenumber="(\d+)" pagingcookie="([^"]*)" istracking="(True|False)" \/>$/.exec(text)
  if (outer === null) throw malformed()
  const inner = decodeUrl(outer[2] ?? '')
  const [, page, places = ''] = /^<cookie page="(\d+)"[^>]*>(.*)<\/cookie>$/s.exec(inner) ?? []
  if (page === undefined) throw malformed()
  if (Number(outer[1]) !== Number(page) + 1) {
    throw new WebApiError(400, '0x8004112a', 'Invalid page number in paging cookie.')
  }
  if ([...places.matchAll(/<(\w+) /g)].some(([, name]) => !order.some(({ column }) => column.logicalName === name))) {
    throw otherOrder()
  }
  const after = order.map((term) => placeIn(places, term))
  return { page: Number(outer[1]), after, tracking: outer[3] === 'True' }
}
