import type { Condition } from '../conditions/condition.ts'
import type { QueryValue } from '../odata/compare-values.ts'
import type { FilterBounds } from '../odata/filter-bounds.ts'
import { compareInOrder } from '../odata/order-by.ts'
import type { OrderTerm } from '../odata/order-by.ts'
import type { Row } from './row.ts'
import type { TableRows } from './table-rows.ts'

/** Which rows of a table are asked for. */
export interface RowQuery {
  readonly rows: TableRows
  readonly condition: Condition
  readonly bounds: FilterBounds
  /** Whether the caller may see the row. */
  readonly visible: (row: Row) => boolean
}

/** A page of a query: up to `limit` rows in order, after the place `after` (values of the order terms). */
export interface PageQuery extends RowQuery {
  readonly order: readonly OrderTerm[]
  readonly after?: readonly QueryValue[]
  readonly limit: number
}

/** Rows of one page, and whether there are more behind it. */
export interface Page {
  readonly rows: readonly Row[]
  readonly more: boolean
}

function matches({ condition, visible }: RowQuery, row: Row): boolean {
  return condition(row) === true && visible(row)
}

function byVersion(a: Row, b: Row): number {
  return a.version < b.version ? -1 : a.version > b.version ? 1 : 0
}

function* candidates({ rows, bounds }: RowQuery): Generator<Row> {
  if (bounds.ids !== undefined) {
    for (const id of new Set(bounds.ids)) {
      const row = rows.get(id)
      if (row !== undefined) yield row
    }
    return
  }
  if (bounds.either && bounds.modifiedSince !== undefined && bounds.versionAfter !== undefined) {
    for (const row of rows.modifiedSince(bounds.modifiedSince)) if (row.version <= bounds.versionAfter) yield row
    yield* rows.byVersion('asc', bounds.versionAfter)
    return
  }
  yield* bounds.versionAfter === undefined ? rows.all() : rows.byVersion('asc', bounds.versionAfter)
}

/** Candidates in ascending version from a place on, without sorting the table. */
function* inVersionOrder(query: RowQuery, after: bigint | undefined): Generator<Row> {
  const { rows, bounds } = query
  if (bounds.ids !== undefined) {
    yield* [...candidates(query)].filter((row) => after === undefined || row.version > after).sort(byVersion)
    return
  }
  const floor = bounds.versionAfter
  if (
    bounds.either &&
    bounds.modifiedSince !== undefined &&
    floor !== undefined &&
    (after === undefined || after < floor)
  ) {
    const early: Row[] = []
    for (const row of rows.modifiedSince(bounds.modifiedSince)) {
      if (row.version <= floor && (after === undefined || row.version > after)) early.push(row)
    }
    yield* early.sort(byVersion)
  }
  const start = floor === undefined || (after !== undefined && after > floor) ? after : floor
  yield* rows.byVersion('asc', start)
}

function ordered(query: PageQuery): Iterable<Row> | undefined {
  const { rows, order, bounds } = query
  const [first] = order
  if (first === undefined) return undefined
  const place = query.after?.[0]
  if (first.column.isPrimaryId && bounds.ids === undefined) {
    return rows.byId(first.direction, typeof place === 'string' ? place : undefined)
  }
  if (first.column.logicalName === 'versionnumber') {
    const after = typeof place === 'bigint' ? place : undefined
    if (first.direction === 'asc') return inVersionOrder(query, after)
    return bounds.ids === undefined ? rows.byVersion('desc', after) : undefined
  }
  return undefined
}

/** Reads one page, evaluated now: nothing is remembered of earlier pages but the place they ended at. */
export function readPage(query: PageQuery): Page {
  const found: Row[] = []
  const inOrder = ordered(query)
  if (inOrder !== undefined) {
    for (const row of inOrder) {
      if (!matches(query, row)) continue
      if (found.length === query.limit) return { rows: found, more: true }
      found.push(row)
    }
    return { rows: found, more: false }
  }
  return nearest(query)
}

interface Placed {
  readonly row: Row
  readonly place: readonly QueryValue[]
}

/** A page in an order no index keeps: only the rows nearest to the place are held and sorted while the table is read. */
function nearest(query: PageQuery): Page {
  const { order, after, limit } = query
  const wanted = limit + 1
  let placed: Placed[] = []
  const keepNearest = (): void => {
    placed.sort((a, b) => compareInOrder(order, a.place, b.place))
    placed = placed.slice(0, wanted)
  }
  for (const row of candidates(query)) {
    if (!matches(query, row)) continue
    const place = order.map(({ value }) => value(row))
    if (after !== undefined && compareInOrder(order, place, after) <= 0) continue
    placed.push({ row, place })
    if (placed.length > wanted * 2 + 100) keepNearest()
  }
  keepNearest()
  return { rows: placed.slice(0, limit).map(({ row }) => row), more: placed.length > limit }
}

/** How many rows match, counting no further than `limit`. */
export function countRows(query: RowQuery, limit: number): number {
  let count = 0
  for (const row of candidates(query)) {
    if (!matches(query, row)) continue
    count++
    if (count === limit) break
  }
  return count
}
