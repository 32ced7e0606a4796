import type { Json } from '../metadata.ts'
import type { OfflineTransaction, TransactionStatus, UnsequencedTransaction } from '../outbox/offline-transaction.ts'
import type { ColumnValue, Row } from '../row.ts'

/**
 * How a column is kept. The store gives back exactly the value it was given: text as text, booleans as booleans.
 * A `decimal` column holds numbers and exact decimal text side by side and cannot be indexed.
 */
export type StoreColumnType = 'text' | 'number' | 'boolean' | 'decimal'

export interface StoreColumn {
  readonly name: string
  readonly type: StoreColumnType
}

/** An index over one to three columns. Rows with equal values are ordered by id. */
export interface StoreIndex {
  readonly name: string
  readonly columns: readonly string[]
}

/** One table of rows, as the store must keep it. */
export interface StoreTable {
  readonly name: string
  readonly columns: readonly StoreColumn[]
  readonly indexes: readonly StoreIndex[]
}

/** A row as it is kept: `values` has every column of its table's definition, null where nothing was given. */
export interface StoredRow {
  readonly id: string
  /** The master's version that the row holds; null for a row the master does not have, or whose version is not known. */
  readonly version: string | null
  readonly values: Row
}

/** The last known master row of a row with unsent changes. */
export interface BaseRow {
  readonly id: string
  /** Null where the master does not have the row yet. */
  readonly version: string | null
  readonly values: Row | null
  /** What the unsent changes did to the row. */
  readonly local: 'created' | 'updated' | 'deleted'
}

/**
 * A range of a table. Without `index` the order is by id.
 *
 * Index order: null, false, true, numbers ascending, text. Text is compared without regard to the case of ASCII letters.
 * `equals` fixes the leading columns of the index; `from` and `to` bound the column after them, in index order: a range
 * without `from` begins with the nulls.
 */
export interface ScanRequest {
  readonly index?: string
  readonly equals?: readonly ColumnValue[]
  readonly from?: { readonly value: ColumnValue; readonly inclusive: boolean }
  readonly to?: { readonly value: ColumnValue; readonly inclusive: boolean }
  /** The default is `ascending`; `descending` reverses the whole order, ids included. */
  readonly direction?: 'ascending' | 'descending'
  /** Continues behind this row, in the direction of the scan: the last row of the part before. */
  readonly after?: StoredRow
  readonly limit?: number
}

export interface TransactionQuery {
  /** All statuses when absent. */
  readonly statuses?: readonly TransactionStatus[]
  /** Only transactions that touch at least one of these row keys. */
  readonly touching?: readonly string[]
  /** Only transactions whose seq is greater (ascending) or smaller (descending) than this. */
  readonly after?: number
  readonly direction?: 'ascending' | 'descending'
  readonly limit?: number
}

/** A part of the versions of all rows of a table: of many rows, so not by id, which whoever keeps them does. */
export interface VersionsPart {
  readonly ids: readonly string[]
  /** Those of the rows with these ids, in that order. */
  readonly versions: readonly (string | null)[]
  /** Where the next part begins; undefined where this is the last one. */
  readonly next: string | undefined
}

/** Reads inside one transaction of the store: all of them see the same committed state, plus the writer's own writes. */
export interface StoreReader {
  /** The rows with these ids, in that order, undefined where there is none. */
  rows(table: string, ids: readonly string[]): Promise<readonly (StoredRow | undefined)[]>
  /** The versions of the rows with these ids; an id that is missing here has no row. */
  versions(table: string, ids: readonly string[]): Promise<ReadonlyMap<string, string | null>>
  /**
   * The versions of some rows of the table, those behind the part before whose `next` is given as `after`, in the order that
   * costs the store least. A row that is there all the while is in one of the parts, also where each of them is read in a
   * transaction of its own.
   */
  allVersions(table: string, request: { readonly after?: string; readonly limit: number }): Promise<VersionsPart>
  scan(table: string, request: ScanRequest): Promise<readonly StoredRow[]>
  /** Ids in ascending order behind `after`. */
  ids(table: string, request: { readonly after?: string; readonly limit: number }): Promise<readonly string[]>
  count(table: string): Promise<number>
  /** The base rows of the given rows, or of every row of the table that has one. */
  bases(table: string, ids?: readonly string[]): Promise<readonly BaseRow[]>
  transactions(seqs: readonly number[]): Promise<readonly (OfflineTransaction | undefined)[]>
  findTransactions(query: TransactionQuery): Promise<readonly OfflineTransaction[]>
  countTransactions(): Promise<Readonly<Record<TransactionStatus, number>>>
  /** The settings, checkpoints and metadata kept under a key; undefined where there is none. */
  value(key: string): Promise<Json | undefined>
  /** All values whose key begins with `prefix`, in key order. */
  values(prefix: string): Promise<readonly { readonly key: string; readonly value: Json }[]>
}

export interface PutOptions {
  /**
   * Columns whose values are, in each of the rows that is there, those that are kept: their indexes need not be written. Whoever
   * says so has read the rows in this transaction.
   */
  readonly same?: readonly string[]
}

export interface StoreWriter extends StoreReader {
  /**
   * Makes the set of tables what is given here: tables and indexes that are new are made, those that are missing here are
   * dropped with their rows, and rows of tables that stay are kept (a new column is null in them, a dropped one is gone).
   * A column whose type changed is a new column.
   */
  defineTables(tables: readonly StoreTable[]): Promise<void>
  /** Columns a row does not give are kept as null. One that the table does not have, or a value of another type, is `invalid`. */
  putRows(table: string, rows: readonly StoredRow[], options?: PutOptions): Promise<void>
  /**
   * Puts the rows whose ids are not there, and gives back the other ids, whose rows stay as they are: one step where most
   * rows are new. No id may come twice.
   */
  addRows(table: string, rows: readonly StoredRow[]): Promise<readonly string[]>
  /** Gives rows another version and leaves their values as they are. No change that anybody is told of; ids without a row are ignored. */
  setVersions(table: string, versions: ReadonlyMap<string, string>): Promise<void>
  deleteRows(table: string, ids: readonly string[]): Promise<void>
  putBases(table: string, bases: readonly BaseRow[]): Promise<void>
  deleteBases(table: string, ids: readonly string[]): Promise<void>
  /** Adds transactions at the end of the outbox and gives back their seqs. A seq is never used twice. */
  appendTransactions(transactions: readonly UnsequencedTransaction[]): Promise<readonly number[]>
  /** Replaces transactions that are there already; `invalid` when one is not. */
  putTransactions(transactions: readonly OfflineTransaction[]): Promise<void>
  /** Removes transactions as if they had never been there, but for their seqs, which stay used. Unknown seqs are ignored. */
  deleteTransactions(seqs: readonly number[]): Promise<void>
  /** Keeps the value; undefined removes it. */
  setValue(key: string, value: Json | undefined): Promise<void>
  /** The same with many, by key. */
  setValues(values: ReadonlyMap<string, Json | undefined>): Promise<void>
  /** Removes everything: tables, rows, bases, transactions, values. Seqs go on from where they were. */
  clear(): Promise<void>
}

/** What one committed transaction of the store changed. */
export interface StoreChange {
  /** The name of the write, or `elsewhere` for a commit by another tab or process. */
  readonly name: string
  /** The ids of changed rows by table; no ids where the whole table came, went, was defined anew or was cleared. */
  readonly rows: ReadonlyMap<string, readonly string[]>
  readonly transactions: readonly number[]
}

export interface CommitOptions {
  /**
   * `strict` (the default): when the promise resolves the commit survives a loss of power. `relaxed`: it survives the
   * death of the process; only for what can be pulled again.
   */
  readonly durability?: 'strict' | 'relaxed'
}

/**
 * The database of one client org.
 *
 * A body runs in one atomic transaction: what it wrote is committed when its promise resolves, and nothing of it when it
 * rejects (the rejection is passed on unchanged). An operation that fails fails its whole transaction, even where the body
 * catches the failure. Writes run one after another. Inside a body await only `tx`: an IndexedDB transaction closes on any
 * other await. A `tx` that is used after its body ended rejects with `closed`, and so does every method after `close()`.
 * Tables, columns and indexes that do not exist are `invalid`.
 *
 * `name` names the transaction for tests, errors and change events.
 */
export interface Store {
  /** True when no other tab or process can have this database open. */
  readonly exclusive: boolean
  read<T>(name: string, body: (tx: StoreReader) => Promise<T>): Promise<T>
  write<T>(name: string, body: (tx: StoreWriter) => Promise<T>, options?: CommitOptions): Promise<T>
  /** Calls the listener after each commit, in commit order, before the write's promise resolves. Returns the way out. */
  subscribe(listener: (change: StoreChange) => void): () => void
  /** Waits for running transactions, then closes. Closing twice is allowed. */
  close(): Promise<void>
}
