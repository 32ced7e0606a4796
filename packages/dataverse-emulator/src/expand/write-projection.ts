import { timeZoneOf } from '../conditions/time-zone.ts'
import type { ApiRequest } from '../http/request.ts'
import { wantsAnnotation } from '../http/prefer.ts'
import { compareInOrder } from '../odata/order-by.ts'
import { writeCookie } from '../odata/paging-cookie.ts'
import type { Org } from '../org.ts'
import { readableBy } from '../rows/readable-rows.ts'
import type { Readable } from '../rows/readable-rows.ts'
import { relatedRows } from '../rows/related-rows.ts'
import { lookupTarget } from '../rows/row-values.ts'
import type { Row } from '../rows/row.ts'
import { rowWriter } from '../rows/write-row.ts'
import type { RowWriter } from '../rows/write-row.ts'
import type { TableDefinition } from '../schema.ts'
import type { CollectionExpansion, Expansion, Projection, SingleExpansion } from './projection.ts'

/** The most rows of an expanded collection. */
const MAX_ROWS = 5000
const END_OF_ETAG = '\\"",'

interface Writing {
  readonly org: Org
  readonly request: ApiRequest
  readonly readable: Readable
}

/** Members that are added to a row's text, each with a comma in front. */
type Addition = (row: Row) => string

function encoded(option: string): string {
  return encodeURIComponent(option).replace(/%(?:2C|24|28|29|3D|27|2F|3A|40)/g, decodeURIComponent)
}

function linkTo(
  { request }: Writing,
  table: TableDefinition,
  row: Row,
  { name, options }: CollectionExpansion,
  cookie?: string,
): string {
  const asked = [...options].map(([option, text]) => `${option}=${encoded(text)}`)
  if (cookie !== undefined) asked.push(`$skiptoken=${encoded(cookie)}`)
  const query = asked.length === 0 ? '' : `?${asked.join('&')}`
  return `${request.root}${table.entitySetName}(${row.id})/${name}${query}`
}

function addSingle(writing: Writing, expansion: SingleExpansion): Addition {
  const { request, readable } = writing
  const { name, column, targets, ref } = expansion
  const member = `,${JSON.stringify(name)}:`
  const writers = new Map(
    [...targets.values()].map((projection) => {
      const { table } = projection
      const { get } = readable(table)
      const write: RowWriter = ref
        ? ({ id }) => JSON.stringify({ '@odata.id': `${request.root}${table.entitySetName}(${id})` })
        : writerOf(writing, projection, projection.style === 'row')
      return [table.logicalName, { get, write }]
    }),
  )
  return (row) => {
    const target = lookupTarget(column, row.values)
    const writer = target === undefined ? undefined : writers.get(target.table)
    const found = target === undefined ? undefined : writer?.get(target.id)
    return member + (writer === undefined || found === undefined ? 'null' : writer.write(found))
  }
}

function addCollection(writing: Writing, table: TableDefinition, expansion: CollectionExpansion): Addition {
  const { org, request, readable } = writing
  const { name, navigation, projection, condition, order, top } = expansion
  const { sees, mask } = readable(projection.table)
  const { style } = projection
  const write = writerOf(writing, projection, style !== 'nestedSet')
  const pageSize = style === 'nestedSet' ? request.preferences.maxPageSize : undefined
  const limit = Math.min(top ?? pageSize ?? MAX_ROWS, MAX_ROWS)
  const member = JSON.stringify(name)
  const link = JSON.stringify(`${name}@odata.nextLink`)
  const place = (row: Row): ReturnType<(typeof order)[number]['value']>[] => order.map(({ value }) => value(row))
  return (row) => {
    const found = relatedRows(org.store, table, row, navigation)
      .filter(sees)
      .map((one) => (mask === undefined ? one : mask(one)))
      .filter((one) => condition === undefined || condition(one) === true)
      .map((one) => ({ row: one, place: place(one) }))
      .sort((a, b) => compareInOrder(order, a.place, b.place))
    const page = found.slice(0, limit)
    const [first] = page
    const last = page.at(-1)
    const text = `,${member}:[${page.map((one) => write(one.row)).join(',')}]`
    if (style === 'row') return text
    if (style === 'set') return `${text},${link}:${JSON.stringify(linkTo(writing, table, row, expansion))}`
    // Inside a nested query the link leads on, and is there whenever the page is full.
    if (first === undefined || last === undefined || page.length < limit) return text
    const cookie = writeCookie(order, 2, first.place, last.place, false)
    return `${text},${link}:${JSON.stringify(linkTo(writing, table, row, expansion, cookie))}`
  }
}

function additionOf(writing: Writing, table: TableDefinition, expansion: Expansion): Addition {
  return expansion.kind === 'single' ? addSingle(writing, expansion) : addCollection(writing, table, expansion)
}

function writerOf(writing: Writing, projection: Projection, etag: boolean): RowWriter {
  const { org, request } = writing
  const { table, columns, expansions, ownerKey } = projection
  const wants = (name: string): boolean => wantsAnnotation(request.preferences, name)
  const write = rowWriter(org.store, table, columns, wants, timeZoneOf(org.store, request.user.id))
  if (etag && expansions.length === 0 && ownerKey !== true) return write
  const additions = expansions.map((expansion) => additionOf(writing, table, expansion))
  return (row) => {
    const text = write(row)
    const end = text.indexOf(END_OF_ETAG)
    let inner = etag ? text.slice(1, -1) : end < 0 ? '' : text.slice(end + END_OF_ETAG.length, -1)
    if (ownerKey === true) inner += `${inner === '' ? '' : ','}"ownerid":"${row.id}"`
    for (const add of additions) inner += add(row)
    return `{${inner}}`
  }
}

/** Makes a writer for a projection: rows as the user may see them, with the rows around them. */
export function projectionWriter(org: Org, request: ApiRequest, projection: Projection): RowWriter {
  const readable = readableBy(org.store, request.user)
  const write = writerOf({ org, request, readable }, projection, true)
  const { mask } = readable(projection.table)
  return mask === undefined ? write : (row) => write(mask(row))
}
