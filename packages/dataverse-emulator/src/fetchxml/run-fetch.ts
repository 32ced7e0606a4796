import type { Row } from '../rows/row.ts'
import type { BoundFetch } from './bind-fetch.ts'
import { joinAll } from './join.ts'
import { comparePlaces, placeOf } from './order.ts'
import type { Place } from './order.ts'
import { NO_ROW } from './scope.ts'
import type { Tuple } from './scope.ts'

/** Which part of the rows is asked for. */
export interface FetchRange {
  /** The place behind which the page begins. */
  readonly after?: Place
  /** Rows left out before the page. */
  readonly skip: number
  readonly limit: number
  /** Further narrows the rows of the entity. */
  readonly within?: ((row: Row) => boolean) | undefined
  readonly distinct: boolean
}

/** Combinations of rows in order, and whether there are more behind them. */
export interface FetchPage {
  readonly tuples: readonly Tuple[]
  readonly more: boolean
}

type Take = (tuple: Tuple) => boolean

/** Hands over every combination that matches; the tuple is used again afterwards. Stops when told that it is enough. */
function scan(bound: BoundFetch, rows: Iterable<Row>, within: FetchRange['within'], take: Take): void {
  const { root, rootTests, joins, tests, scope } = bound
  const tuple: Tuple = scope.slots.map(() => NO_ROW)
  const { visible } = root
  const complete = (): boolean => tests.every((test) => test(tuple) === true) && take(tuple)
  for (const row of rows) {
    if (within !== undefined && !within(row)) continue
    const seen = visible(row)
    if (seen === undefined) continue
    tuple[0] = seen
    if (rootTests.every((test) => test(tuple) === true) && joinAll(joins, tuple, complete)) return
  }
}

/** The rows of the entity in the order asked for, where an index keeps it. */
function inKeyOrder(
  { order, root, scope, candidates }: BoundFetch,
  after: Place | undefined,
): Iterable<Row> | undefined {
  const [first] = order
  if (first === undefined || candidates !== undefined) return undefined
  if (first.slot !== root || !first.column.isPrimaryId) return undefined
  const place = after?.[0]
  const rows = scope.org.store.rows(root.table.logicalName)
  return rows.byId(first.descending ? 'desc' : 'asc', typeof place === 'string' ? place : undefined)
}

function unordered({ candidates, root, scope }: BoundFetch): Iterable<Row> {
  return candidates?.() ?? scope.org.store.rows(root.table.logicalName).all()
}

/** What makes a row of distinct rows the same as another. */
function distinctKey({ members, order }: BoundFetch): (tuple: Tuple) => string {
  return (tuple) =>
    JSON.stringify([
      ...members.map(({ slot, column: { logicalName } }) => {
        const row = tuple[slot.index] ?? NO_ROW
        // A row's version stands beside its values.
        if (logicalName === 'versionnumber') return row === NO_ROW ? null : row.version.toString()
        return row.values[logicalName] ?? null
      }),
      ...order.map(({ value }) => String(value(tuple))),
    ])
}

/** One page, evaluated now: nothing is remembered of earlier pages but what the range says. */
export function readFetchPage(bound: BoundFetch, range: FetchRange): FetchPage {
  const { after, skip, limit, within, distinct } = range
  const wanted = skip + limit + 1
  const rows = distinct ? undefined : inKeyOrder(bound, after)
  const { order } = bound
  if (rows !== undefined) {
    const tuples: Tuple[] = []
    let seen = 0
    scan(bound, rows, within, (tuple) => {
      seen++
      if (seen > skip) tuples.push([...tuple])
      return seen === wanted
    })
    return { tuples: tuples.slice(0, limit), more: tuples.length > limit }
  }
  return sorted(bound, range, order.length === 0 ? Infinity : wanted)
}

interface Placed {
  readonly tuple: Tuple
  readonly place: Place
}

/** A page in an order that no index keeps: only what is nearest to its beginning is held while the table is read. */
function sorted(bound: BoundFetch, range: FetchRange, wanted: number): FetchPage {
  const { after, skip, limit, within, distinct } = range
  const { order } = bound
  let placed: Placed[] = []
  const keys = new Set<string>()
  const keyOf = distinctKey(bound)
  const keepNearest = (): void => {
    placed.sort((a, b) => comparePlaces(order, a.place, b.place))
    if (placed.length > wanted) placed.length = wanted
  }
  let worst: Place | undefined
  scan(bound, unordered(bound), within, (tuple) => {
    const place = placeOf(order, tuple)
    if (after !== undefined && comparePlaces(order, place, after) <= 0) return false
    if (worst !== undefined && comparePlaces(order, place, worst) >= 0) return false
    if (distinct) {
      const key = keyOf(tuple)
      if (keys.has(key)) return false
      keys.add(key)
    }
    placed.push({ tuple: [...tuple], place })
    if (placed.length > wanted * 2 + 100) {
      keepNearest()
      worst = placed.at(-1)?.place
    }
    return false
  })
  keepNearest()
  return {
    tuples: placed.slice(skip, skip + limit).map(({ tuple }) => tuple),
    more: placed.length > skip + limit,
  }
}

/** How many rows the query has, counting no further than `limit`. */
export function countFetch(
  bound: BoundFetch,
  { within, distinct }: Pick<FetchRange, 'within' | 'distinct'>,
  limit: number,
): number {
  let count = 0
  const keys = new Set<string>()
  const keyOf = distinctKey(bound)
  scan(bound, unordered(bound), within, (tuple) => {
    if (distinct) count = keys.add(keyOf(tuple)).size
    else count++
    return count >= limit
  })
  return count
}
