import { OutpostError } from '../errors.ts'
import { compareKeys, indexKey } from '../rows/index-order.ts'
import type { IndexKey } from '../rows/index-order.ts'
import type { Json } from '../metadata.ts'
import type { OfflineTransaction } from '../outbox/offline-transaction.ts'
import type { BaseRow, StoredRow, StoreTable } from '../ports/store.ts'
import type { ColumnValue } from '../row.ts'
import { SortedList } from './sorted-list.ts'

export interface IndexEntry {
  readonly key: IndexKey
  readonly id: string
}

export interface MemoryIndex {
  readonly columns: readonly string[]
  readonly entries: SortedList<IndexEntry>
}

export interface MemoryTable {
  readonly definition: StoreTable
  readonly rows: SortedList<StoredRow>
  readonly indexes: ReadonlyMap<string, MemoryIndex>
  readonly bases: SortedList<BaseRow>
}

/** A transaction found by its status or by a row key it touches. */
export interface TransactionKey {
  readonly key: string
  readonly seq: number
}

/** Everything a database holds at one moment. Never changed: a transaction makes another one. */
export interface MemoryState {
  readonly tables: ReadonlyMap<string, MemoryTable>
  readonly transactions: SortedList<OfflineTransaction>
  readonly statuses: SortedList<TransactionKey>
  readonly touches: SortedList<TransactionKey>
  readonly values: SortedList<{ readonly key: string; readonly value: Json }>
}

export const EMPTY_STATE: MemoryState = {
  tables: new Map(),
  transactions: new SortedList((a, b) => a.seq - b.seq),
  statuses: new SortedList(byKeyAndSeq),
  touches: new SortedList(byKeyAndSeq),
  values: new SortedList((a, b) => compareText(a.key, b.key)),
}

export function tableOf(state: MemoryState, name: string): MemoryTable {
  const table = state.tables.get(name)
  if (table) return table
  throw new OutpostError('invalid', `the store has no table ${name}`, { place: { table: name, rule: 'unknown-table' } })
}

/** A table as a new definition makes it from what was there. */
export function redefine(definition: StoreTable, old: MemoryTable | undefined): MemoryTable {
  const rows = new SortedList<StoredRow>(byId)
  const bases = old?.bases ?? new SortedList<BaseRow>(byId)
  const empty = new SortedList<IndexEntry>((a, b) => compareKeys(a.key, b.key))
  const indexes = new Map(definition.indexes.map(({ name, columns }) => [name, { columns, entries: empty }]))
  let table: MemoryTable = { definition, rows, indexes, bases }
  const kept = definition.columns.filter((column) =>
    old?.definition.columns.some((before) => before.name === column.name && before.type === column.type),
  )
  for (const row of old?.rows.from() ?? []) {
    const values: Record<string, ColumnValue> = {}
    for (const { name } of definition.columns) values[name] = null
    for (const { name } of kept) values[name] = row.values[name] ?? null
    table = withRow(table, Object.freeze({ ...row, values: Object.freeze(values) }))
  }
  return table
}

export function withRow(table: MemoryTable, row: StoredRow): MemoryTable {
  const { rows, indexes } = withoutRow(table, row.id)
  const entered = mapIndexes(indexes, (index) => index.entries.with(entryOf(index, row)))
  return { ...table, rows: rows.with(row), indexes: entered }
}

export function withoutRow(table: MemoryTable, id: string): MemoryTable {
  const old = table.rows.get({ id, version: null, values: {} })
  if (!old) return table
  const left = mapIndexes(table.indexes, (index) => index.entries.without(entryOf(index, old)))
  return { ...table, rows: table.rows.without(old), indexes: left }
}

export function withTransaction(state: MemoryState, transaction: OfflineTransaction): MemoryState {
  const old = state.transactions.get(transaction)
  const others = old ? withoutTransaction(state, old) : state
  const { seq } = transaction
  let { touches } = others
  for (const key of transaction.touches) touches = touches.with({ key, seq })
  const statuses = others.statuses.with({ key: transaction.status, seq })
  return { ...others, transactions: others.transactions.with(transaction), statuses, touches }
}

export function withoutTransaction(state: MemoryState, transaction: OfflineTransaction): MemoryState {
  const { seq } = transaction
  let { touches } = state
  for (const key of transaction.touches) touches = touches.without({ key, seq })
  const statuses = state.statuses.without({ key: transaction.status, seq })
  return { ...state, transactions: state.transactions.without(transaction), statuses, touches }
}

function mapIndexes(
  indexes: ReadonlyMap<string, MemoryIndex>,
  change: (index: MemoryIndex) => SortedList<IndexEntry>,
): ReadonlyMap<string, MemoryIndex> {
  return new Map(Array.from(indexes, ([name, index]) => [name, { ...index, entries: change(index) }]))
}

function entryOf(index: MemoryIndex, row: StoredRow): IndexEntry {
  return { key: indexKey(row, index.columns), id: row.id }
}

function byKeyAndSeq(a: TransactionKey, b: TransactionKey): number {
  return compareText(a.key, b.key) || a.seq - b.seq
}

function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return compareText(a.id, b.id)
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
