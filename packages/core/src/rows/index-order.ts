import { OutpostError } from '../errors.ts'
import type { ScanRequest, StoreColumnType, StoredRow, StoreIndex, StoreTable } from '../ports/store.ts'
import type { ColumnValue } from '../row.ts'

/*
 * The one definition of index order: null, false, true, numbers ascending, text by code point without regard to the
 * case of ASCII letters; rows with equal values by id. Every store and every comparison in memory follows it.
 */

/** The text with ASCII letters in lower case; every other character, `Ä` included, stays as it is. */
export function foldCase(text: string): string {
  return /[A-Z]/.test(text) ? text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()) : text
}

/** Less than 0, 0 or more than 0 as `a` stands before, with or behind `b` in index order. */
export function compareValues(a: ColumnValue, b: ColumnValue): number {
  const byRank = rank(a) - rank(b)
  return byRank === 0 ? compareParts(keyPart(a), keyPart(b)) : byRank
}

/** Stands behind every other part of a key. */
const BEHIND_ALL: readonly [] = []

/** One element of an index key. */
export type IndexKeyPart = number | string | readonly []

/**
 * The place of a row in an index: its column values and its id, so encoded that IndexedDB's own order of arrays, and
 * `compareKeys`, is index order within one index. A column of an index holds values of one type, or null.
 */
export type IndexKey = readonly IndexKeyPart[]

/** The key of the row in an index over these columns. Without columns it is the order by id. */
export function indexKey(row: StoredRow, columns: readonly string[]): IndexKey {
  const key: IndexKeyPart[] = []
  for (const column of columns) key.push(keyPart(row.values[column] ?? null))
  key.push(row.id)
  return key
}

/** Less than 0, 0 or more than 0 as `a` stands before, with or behind `b`. A key stands before those it begins. */
export function compareKeys(a: IndexKey, b: IndexKey): number {
  const shared = Math.min(a.length, b.length)
  for (let at = 0; at < shared; at++) {
    const byPart = compareParts(a[at] ?? BEHIND_ALL, b[at] ?? BEHIND_ALL)
    if (byPart !== 0) return byPart
  }
  return a.length - b.length
}

export interface ScanBound {
  readonly value: ColumnValue
  readonly inclusive: boolean
}

/** The interval of index keys that a scan reads. */
export interface KeyRange {
  readonly lower: IndexKey
  readonly lowerOpen: boolean
  readonly upper: IndexKey
  readonly upperOpen: boolean
}

/** A scan request checked against its table. There are bounds for a store that compares columns, and for one with keys. */
export interface Scan {
  /** The columns of the index; none for the order by id. */
  readonly columns: readonly string[]
  readonly equals: readonly ColumnValue[]
  readonly from: ScanBound | undefined
  readonly to: ScanBound | undefined
  /** The row the scan continues behind. It lies between the other bounds; one that does not has been left out. */
  readonly after: StoredRow | undefined
  /** The same bounds as keys. */
  readonly keys: KeyRange
  readonly descending: boolean
  /** Infinite when there is no limit. */
  readonly limit: number
}

/**
 * The scan that the request asks of the table; undefined when no row can be in its range. Bounds of another type than
 * the column's are replaced by what they mean in index order. Throws `invalid` for an index or a range that the table
 * does not have.
 */
export function planScan(table: StoreTable, request: ScanRequest): Scan | undefined {
  const index = request.index === undefined ? undefined : indexNamed(table, request.index)
  const columns = index?.columns ?? []
  const equals = request.equals ?? []
  const ranged = request.from !== undefined || request.to !== undefined
  if (equals.length + (ranged ? 1 : 0) > columns.length) {
    throw new OutpostError('invalid', `the range has more columns than the order it is read in`, {
      place: { table: table.name, rule: 'scan-range' },
    })
  }
  const types = columns.map((name) => typeOf(table, name))
  const limit = request.limit ?? Infinity
  if (limit <= 0 || equals.some((value, at) => value !== null && rank(value) !== typeRank(types[at]))) return undefined
  const edge = typeRank(types[equals.length])
  const from = lowerBound(request.from, edge)
  const to = upperBound(request.to, edge)
  if (from === 'nothing') return undefined
  const descending = request.direction === 'descending'
  const whole = keysBetween(equals, from, to)
  const narrowed = request.after ? keysBehind(whole, indexKey(request.after, columns), descending) : whole
  if (compareKeys(narrowed.lower, narrowed.upper) >= 0) return undefined
  const after = narrowed === whole ? undefined : request.after
  return { columns, equals, from, to, after, keys: narrowed, descending, limit }
}

function keysBetween(equals: readonly ColumnValue[], from: ScanBound | undefined, to: ScanBound | undefined): KeyRange {
  const prefix = equals.map(keyPart)
  let lower: IndexKey = prefix
  let upper: IndexKey = [...prefix, BEHIND_ALL]
  if (from) lower = [...prefix, keyPart(from.value), ...(from.inclusive ? [] : [BEHIND_ALL])]
  if (to) upper = [...prefix, keyPart(to.value), ...(to.inclusive ? [BEHIND_ALL] : [])]
  return { lower, lowerOpen: false, upper, upperOpen: true }
}

function keysBehind(range: KeyRange, seen: IndexKey, descending: boolean): KeyRange {
  if (descending) return compareKeys(seen, range.upper) < 0 ? { ...range, upper: seen } : range
  return compareKeys(seen, range.lower) >= 0 ? { ...range, lower: seen, lowerOpen: true } : range
}

/** Throws `invalid` unless every table can be kept: names once each, and indexes over columns that can be ordered. */
export function checkTables(tables: readonly StoreTable[]): void {
  mustDiffer(tables, 'table', {})
  for (const table of tables) {
    mustDiffer(table.columns, 'column', { table: table.name })
    mustDiffer(table.indexes, 'index', { table: table.name })
    for (const index of table.indexes) checkIndex(table, index)
  }
}

function checkIndex(table: StoreTable, index: StoreIndex): void {
  if (index.columns.length < 1 || index.columns.length > 3) {
    throw new OutpostError('invalid', `index ${index.name} of ${table.name} must be over one to three columns`, {
      place: { table: table.name, rule: 'index-width' },
    })
  }
  for (const column of index.columns) {
    const type = table.columns.find((candidate) => candidate.name === column)?.type
    if (type === undefined || type === 'decimal') {
      const reason = type === undefined ? 'does not exist' : 'holds decimals, which have no index order'
      throw new OutpostError('invalid', `index ${index.name} of ${table.name}: column ${column} ${reason}`, {
        place: { table: table.name, column, rule: 'index-column' },
      })
    }
  }
}

function mustDiffer(named: readonly { readonly name: string }[], what: string, place: { table?: string }): void {
  const seen = new Set<string>()
  for (const { name } of named) {
    // SQL tells names apart without regard to case; so must every store, or a client org could not move between them.
    const folded = foldCase(name)
    if (name === '' || seen.has(folded)) {
      throw new OutpostError('invalid', `the ${what} name '${name}' is empty or used twice`, {
        place: { ...place, rule: `${what}-name` },
      })
    }
    seen.add(folded)
  }
}

function indexNamed(table: StoreTable, name: string): StoreIndex {
  const index = table.indexes.find((candidate) => candidate.name === name)
  if (index) return index
  throw new OutpostError('invalid', `table ${table.name} has no index ${name}`, {
    place: { table: table.name, rule: 'unknown-index' },
  })
}

function typeOf(table: StoreTable, column: string): StoreColumnType | undefined {
  return table.columns.find((candidate) => candidate.name === column)?.type
}

function lowerBound(bound: ScanBound | undefined, edge: number): ScanBound | 'nothing' | undefined {
  if (!bound || bound.value === null || rank(bound.value) === edge) return bound
  return rank(bound.value) > edge ? 'nothing' : { value: null, inclusive: false }
}

function upperBound(bound: ScanBound | undefined, edge: number): ScanBound | undefined {
  if (!bound || bound.value === null || rank(bound.value) === edge) return bound
  return rank(bound.value) > edge ? undefined : { value: null, inclusive: true }
}

function rank(value: ColumnValue): number {
  if (value === null) return 0
  if (typeof value === 'boolean') return 1
  return typeof value === 'number' ? 2 : 3
}

function typeRank(type: StoreColumnType | undefined): number {
  return type === 'boolean' ? 1 : type === 'number' ? 2 : 3
}

function keyPart(value: ColumnValue): IndexKeyPart {
  if (value === null) return -Infinity
  if (typeof value === 'string') return byCodePoint(foldCase(value))
  return typeof value === 'boolean' ? Number(value) : value
}

/**
 * Text whose order by UTF-16 code unit, which is JavaScript's and IndexedDB's, is the code point order of the given text,
 * which is that of UTF-8 and SQLite: surrogates move behind U+E000–U+FFFF.
 */
function byCodePoint(text: string): string {
  if (!/[\ud800-\uffff]/.test(text)) return text
  return text.replace(/[\ud800-\uffff]/g, (unit) => {
    const code = unit.charCodeAt(0)
    return String.fromCharCode(code < 0xe000 ? code + 0x2000 : code - 0x800)
  })
}

function compareParts(a: IndexKeyPart, b: IndexKeyPart): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b || 0
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : a > b ? 1 : 0
  return partRank(a) - partRank(b)
}

function partRank(part: IndexKeyPart): number {
  return typeof part === 'number' ? 0 : typeof part === 'string' ? 1 : 2
}
