import type { ConfiguredTable } from '../copy/configuration.ts'
import { OutpostError } from '../errors.ts'
import { columnsOfFilter, parseTableFilter } from '../filter/bind.ts'
import { judgeOf, order as compareExactly } from '../filter/evaluate.ts'
import type { FilterContext } from '../filter/evaluate.ts'
import { cannotTell, lackingFacts } from '../filter/filter-context.ts'
import type { Filter } from '../filter/filter.ts'
import { compareValues, foldCase } from './index-order.ts'
import { columnOf } from '../metadata.ts'
import type { ScanRequest, StoredRow, StoreIndex, StoreReader } from '../ports/store.ts'
import { TARGET_SUFFIX } from '../row.ts'
import type { ColumnValue } from '../row.ts'

/** What rows of one table are wanted. */
export interface Query {
  /** OData filter text over logical column names; all rows when absent. */
  readonly where?: string
  /** Columns to sort by, each followed by ` desc` where descending. Nulls come first. Rows that are equal go by id. */
  readonly orderBy?: readonly string[]
  /** At most this many rows. */
  readonly limit?: number
}

/** A query after its check. */
export interface CheckedQuery {
  readonly filter: Filter | null
  readonly order: readonly { readonly column: string; readonly descending: boolean }[]
  readonly limit: number
}

/** What a query gave. */
export interface QueryResult {
  readonly rows: readonly StoredRow[]
  /** How many rows were read to find these. */
  readonly read: number
}

/** The most rows that are read at once, and the fewest where a filter may throw most of them away. */
const PART = 1000
const LEAST_PART = 32

/** Checks a query against the table's kept columns. Throws `invalid` naming the column and, in a filter, the position. */
export function checkQuery(query: Query, table: ConfiguredTable): CheckedQuery {
  checkShape(query, table)
  const filter = query.where === undefined ? null : parseTableFilter(query.where, table.shown)
  const order = (query.orderBy ?? []).map((text) => {
    const match = /^\s*(\S+?)(?:\s+(asc|desc))?\s*$/.exec(text)
    if (!match?.[1]) throw refuse(table, 'order-syntax', `'${text}' is not a column, optionally with asc or desc`)
    return { column: match[1], descending: match[2] === 'desc' }
  })
  for (const column of [...(filter ? columnsOfFilter(filter) : []), ...order.map((part) => part.column)]) {
    if (!table.store.columns.some((kept) => kept.name === column)) {
      const exists = columnOf(table.shown, column.replace(TARGET_SUFFIX, '')) !== undefined
      const rule = exists ? 'not-selected' : 'unknown-column'
      throw refuse(table, rule, `column '${column}' is not among the kept columns`, column)
    }
  }
  const { limit = Infinity } = query
  if (limit !== Infinity && !(Number.isInteger(limit) && limit >= 0))
    throw refuse(table, 'limit', `the limit ${limit} is not a whole number`)
  return { filter, order, limit }
}

const PARTS: ReadonlySet<string> = new Set<keyof Query>(['where', 'orderBy', 'limit'])

function checkShape(query: Query, table: ConfiguredTable): void {
  if (typeof query !== 'object' || query === null) throw refuse(table, 'query-shape', 'an object is needed')
  const unknown = Object.keys(query).find((part) => !PARTS.has(part))
  if (unknown !== undefined) throw refuse(table, 'query-shape', `a query has no '${unknown}'`)
  if (query.where !== undefined && typeof query.where !== 'string')
    throw refuse(table, 'query-shape', "'where' is a text")
  if (query.orderBy !== undefined && !Array.isArray(query.orderBy))
    throw refuse(table, 'query-shape', "'orderBy' is a list of columns")
}

/** The rows that match, in order. Reads by an index where one narrows the filter or has the wanted order. */
export async function runQuery(
  tx: StoreReader,
  table: ConfiguredTable,
  query: CheckedQuery,
  context: FilterContext,
): Promise<QueryResult> {
  const plan = planQuery(table, query)
  const { filter, limit } = query
  // Rows that cannot be judged must not look like rows that do not match.
  const lacking = filter ? lackingFacts(filter, context) : []
  if (lacking.length > 0) throw cannotTell(lacking, table.metadata.name)
  if (limit === 0) return { rows: [], read: 0 }
  const judge = filter ? judgeOf(filter, context) : null
  const found: StoredRow[] = []
  let read = 0
  // In the wanted order the first rows may be all that is needed.
  let part = plan.ordered ? Math.min(Math.max(limit, filter ? LEAST_PART : 0), PART) : PART
  let after: StoredRow | undefined
  for (;;) {
    const rows = await tx.scan(table.metadata.name, { ...plan.request, limit: part, ...(after ? { after } : {}) })
    read += rows.length
    for (const row of rows) {
      if (judge && judge(row.values) !== 'match') continue
      found.push(row)
      if (plan.ordered && found.length === limit) return { rows: found, read }
    }
    if (rows.length < part) break
    after = rows.at(-1)
    part = nextPart(part, { read, found: found.length, missing: limit - found.length })
  }
  if (plan.ordered) return { rows: found, read }
  return { rows: found.toSorted(byOrder(table, query.order)).slice(0, limit), read }
}

/** As many rows as should have what is missing, by the share of those read that matched, and a few more; no sudden leaps. */
function nextPart(
  part: number,
  { read, found, missing }: { readonly read: number; readonly found: number; readonly missing: number },
): number {
  const needed = found === 0 ? Infinity : Math.ceil((1.25 * missing * read) / found)
  return Math.min(Math.max(needed, LEAST_PART), 2 * part, PART)
}

/**
 * Whether a row that is not among the query's rows would be, for rows that have not changed since the query gave them. The
 * filter depends on nothing but the row.
 */
export function joinsRows(
  table: ConfiguredTable,
  query: CheckedQuery,
  rows: readonly StoredRow[],
): (row: StoredRow) => boolean {
  const { filter, limit } = query
  const judge = filter ? judgeOf(filter, { userId: '' }) : null
  const compareRows = byOrder(table, query.order)
  const last = rows.at(-1)
  return (row) => {
    if (judge && judge(row.values) === 'no-match') return false
    return rows.length < limit || (last !== undefined && compareRows(row, last) < 0)
  }
}

interface Plan {
  readonly request: ScanRequest
  /** True when the scan itself gives the wanted order. */
  readonly ordered: boolean
}

/** The columns that a filter's top level fixes to one value, and those it bounds. All bounds are taken as inclusive. */
interface Narrowing {
  readonly equals: ReadonlyMap<string, ColumnValue>
  readonly from: ReadonlyMap<string, ColumnValue>
  readonly to: ReadonlyMap<string, ColumnValue>
}

/** Picks the index that reads the fewest rows: most fixed columns first, then a bounded column, then the wanted order. */
export function planQuery(table: ConfiguredTable, query: CheckedQuery): Plan {
  const narrowing = narrow(table, query.filter)
  const scored = table.store.indexes.map((index) => planIndex(index, query, narrowing))
  const best = scored.reduce<(typeof scored)[number] | null>(
    (one, other) => (one && one.score >= other.score ? one : other),
    null,
  )
  return best && best.score > 0 ? best : { request: {}, ordered: query.order.length === 0 }
}

function planIndex(index: StoreIndex, query: CheckedQuery, narrowing: Narrowing): Plan & { readonly score: number } {
  const fixed = index.columns.findIndex((column) => !narrowing.equals.has(column))
  const prefix = index.columns.slice(0, fixed === -1 ? index.columns.length : fixed)
  const rest = index.columns.slice(prefix.length)
  const [next] = rest
  const from = next === undefined ? undefined : narrowing.from.get(next)
  const to = next === undefined ? undefined : narrowing.to.get(next)
  const wanted = query.order.filter((part) => !prefix.includes(part.column))
  const descending = query.order.at(-1)?.descending ?? false
  const ordered =
    query.order.length > 0 &&
    wanted.length === rest.length &&
    wanted.every((part, at) => part.column === rest[at] && part.descending === descending)
  const request: ScanRequest = {
    index: index.name,
    equals: prefix.map((column) => narrowing.equals.get(column) ?? null),
    ...(from === undefined
      ? to === undefined
        ? {}
        : { from: { value: null, inclusive: false } }
      : { from: { value: from, inclusive: true } }),
    ...(to === undefined ? {} : { to: { value: to, inclusive: true } }),
    ...(ordered && descending ? { direction: 'descending' as const } : {}),
  }
  const score = prefix.length * 4 + (from !== undefined || to !== undefined ? 2 : 0) + (ordered ? 1 : 0)
  return { request, ordered, score }
}

function narrow(table: ConfiguredTable, filter: Filter | null): Narrowing {
  const narrowing = {
    equals: new Map<string, ColumnValue>(),
    from: new Map<string, ColumnValue>(),
    to: new Map<string, ColumnValue>(),
  }
  const parts = filter?.kind === 'and' ? filter.parts : filter ? [filter] : []
  for (const part of parts) {
    if (part.kind !== 'compare') continue
    const value = indexable(table, part.column, part.value.value)
    if (value === undefined) continue
    // A single line of text has no blanks at its end: the master takes them off.
    const canEndInBlanks = typeof value === 'string' && columnOf(table.shown, part.column)?.type === 'memo'
    if (part.operator === 'eq' && !canEndInBlanks) {
      narrowing.equals.set(part.column, value)
      continue
    }
    // An index knows only the order of text, which is not that of ids.
    if (value === null || part.value.type === 'guid') continue
    if (part.operator === 'ge' || part.operator === 'gt' || part.operator === 'eq')
      narrowing.from.set(part.column, value)
    if (part.operator === 'le' || part.operator === 'lt' || part.operator === 'eq')
      narrowing.to.set(part.column, part.value.type === 'text' ? `${String(value)}${AFTER_BLANKS}` : value)
  }
  return narrowing
}

/** Trailing blanks make no difference to the filter, but do in an index: what follows a blank ends them all. */
const AFTER_BLANKS = '!'

/**
 * The literal as the index holds it; undefined where an index could miss rows that the filter matches: text beyond ASCII
 * (the index folds only ASCII letters), and exact decimals (which have no index).
 */
function indexable(table: ConfiguredTable, column: string, value: ColumnValue): ColumnValue | undefined {
  const type = table.store.columns.find((kept) => kept.name === column)?.type
  if (type === undefined || type === 'decimal') return undefined
  if (value === null || typeof value !== 'string') return value
  if (type !== 'text') return undefined
  const columnType = columnOf(table.shown, column)?.type
  if (columnType === 'date') return value.length === 10 ? value : undefined
  if (columnType === 'datetime') {
    const instant = new Date(value)
    return Number.isNaN(instant.getTime()) ? undefined : `${instant.toISOString().slice(0, 19)}Z`
  }
  if (columnType === 'choices') return undefined
  return /^[\0-\x7f]*$/.test(value) ? value.replace(/ +$/, '') : undefined
}

function byOrder(table: ConfiguredTable, order: CheckedQuery['order']): (one: StoredRow, other: StoredRow) => number {
  const decimals = new Set(
    table.store.columns.filter((column) => column.type === 'decimal').map((column) => column.name),
  )
  const last = order.at(-1)?.descending ?? false
  return (one, other) => {
    for (const { column, descending } of order) {
      const difference = compare(one.values[column] ?? null, other.values[column] ?? null, decimals.has(column))
      if (difference !== 0) return descending ? -difference : difference
    }
    const byId = foldCase(one.id) < foldCase(other.id) ? -1 : 1
    return last ? -byId : byId
  }
}

/** Index order, except that exact decimals, which no index holds, go by their value. */
function compare(one: ColumnValue, other: ColumnValue, exact: boolean): number {
  const decimals = one !== null && other !== null && exact
  return decimals ? compareExactly(one, other, 'number') : compareValues(one, other)
}

function refuse(table: ConfiguredTable, rule: string, message: string, column?: string): OutpostError {
  return new OutpostError('invalid', `query of table '${table.metadata.name}': ${message}`, {
    place: { table: table.metadata.name, rule, ...(column === undefined ? {} : { column }) },
  })
}
