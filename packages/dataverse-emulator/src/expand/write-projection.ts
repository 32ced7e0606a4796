import { timeZoneOf } from '../conditions/time-zone.ts'
import { utf8 } from '../json/utf8-text.ts'
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
import { memberWriter, writeEtag } from '../rows/write-row.ts'
import type { RowWriter } from '../rows/write-row.ts'
import type { TableDefinition } from '../schema.ts'
import type { CollectionExpansion, Expansion, Projection, SingleExpansion } from './projection.ts'

/** The most rows of an expanded collection. */
const MAX_ROWS = 5000

interface Writing {
  readonly org: Org
  readonly request: ApiRequest
  readonly readable: Readable
}

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

function addSingle(writing: Writing, expansion: SingleExpansion): RowWriter {
  const { request, readable } = writing
  const { name, column, targets, ref } = expansion
  const member = utf8(`,${JSON.stringify(name)}:`)
  const writers = new Map(
    [...targets.values()].map((projection) => {
      const { table } = projection
      const { get } = readable(table)
      const write: RowWriter = ref
        ? ({ id }, out) => out.text(JSON.stringify({ '@odata.id': `${request.root}${table.entitySetName}(${id})` }))
        : writerOf(writing, projection, projection.style === 'row')
      return [table.logicalName, { get, write }]
    }),
  )
  return (row, out) => {
    const target = lookupTarget(column, row.values)
    const writer = target === undefined ? undefined : writers.get(target.table)
    const found = target === undefined ? undefined : writer?.get(target.id)
    out.piece(member)
    if (writer === undefined || found === undefined) out.text('null')
    else writer.write(found, out)
  }
}

function addCollection(writing: Writing, table: TableDefinition, expansion: CollectionExpansion): RowWriter {
  const { org, request, readable } = writing
  const { name, navigation, projection, condition, order, top } = expansion
  const { sees, mask } = readable(projection.table)
  const { style } = projection
  const write = writerOf(writing, projection, style !== 'nestedSet')
  const pageSize = style === 'nestedSet' ? request.preferences.maxPageSize : undefined
  const limit = Math.min(top ?? pageSize ?? MAX_ROWS, MAX_ROWS)
  const member = utf8(`,${JSON.stringify(name)}:[`)
  const link = utf8(`,${JSON.stringify(`${name}@odata.nextLink`)}:`)
  const place = (row: Row): ReturnType<(typeof order)[number]['value']>[] => order.map(({ value }) => value(row))
  return (row, out) => {
    const found = relatedRows(org.store, table, row, navigation)
      .filter(sees)
      .map((one) => (mask === undefined ? one : mask(one)))
      .filter((one) => condition === undefined || condition(one) === true)
      .map((one) => ({ row: one, place: place(one) }))
      .sort((a, b) => compareInOrder(order, a.place, b.place))
    const page = found.slice(0, limit)
    const [first] = page
    const last = page.at(-1)
    out.piece(member)
    const at = out.length
    for (const one of page) {
      out.separate(at)
      write(one.row, out)
    }
    out.text(']')
    if (style === 'row') return
    let cookie: string | undefined
    if (style === 'nestedSet') {
      // Inside a nested query the link leads on, and is there whenever the page is full.
      if (first === undefined || last === undefined || page.length < limit) return
      cookie = writeCookie(order, 2, first.place, last.place, false)
    }
    out.piece(link)
    out.string(linkTo(writing, table, row, expansion, cookie))
  }
}

function additionOf(writing: Writing, table: TableDefinition, expansion: Expansion): RowWriter {
  return expansion.kind === 'single' ? addSingle(writing, expansion) : addCollection(writing, table, expansion)
}

function writerOf(writing: Writing, projection: Projection, etag: boolean): RowWriter {
  const { org, request } = writing
  const { table, columns, expansions, ownerKey } = projection
  const wants = (name: string): boolean => wantsAnnotation(request.preferences, name)
  const write = memberWriter(org.store, table, columns, wants, timeZoneOf(org.store, request.user.id))
  const additions = expansions.map((expansion) => additionOf(writing, table, expansion))
  return (row, out) => {
    const at = out.length
    if (etag) writeEtag(row, out)
    write(row, out)
    if (ownerKey === true) out.text(`,"ownerid":"${row.id}"`)
    for (const add of additions) add(row, out)
    out.object(at)
  }
}

/** Makes a writer for a projection: rows as the user may see them, with the rows around them. */
export function projectionWriter(org: Org, request: ApiRequest, projection: Projection): RowWriter {
  const readable = readableBy(org.store, request.user)
  const write = writerOf({ org, request, readable }, projection, true)
  const { mask } = readable(projection.table)
  return mask === undefined ? write : (row, out) => write(mask(row), out)
}
