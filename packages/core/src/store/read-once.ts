import type { Json } from '../metadata.ts'
import type { OfflineTransaction, TransactionStatus, UnsequencedTransaction } from '../outbox/offline-transaction.ts'
import type {
  BaseRow,
  PutOptions,
  ScanRequest,
  StoredRow,
  StoreTable,
  StoreWriter,
  TransactionQuery,
  VersionsPart,
} from '../ports/store.ts'

type Remembered<T> = Map<string, T | undefined>

/**
 * A transaction of the store in which each row, base and offline transaction is read once, however many steps ask for it.
 * Writes run one after another, so what was read stays true until it is written here, and is read again then. What is
 * asked for in bulk first costs one read for all of it.
 */
export class ReadOnce implements StoreWriter {
  readonly #tx: StoreWriter
  readonly #rows = new Map<string, Remembered<StoredRow>>()
  readonly #bases = new Map<string, Remembered<BaseRow>>()
  readonly #transactions = new Map<number, OfflineTransaction | undefined>()
  readonly #found = new Map<string, readonly OfflineTransaction[]>()

  constructor(tx: StoreWriter) {
    this.#tx = tx
  }

  async rows(table: string, ids: readonly string[]): Promise<readonly (StoredRow | undefined)[]> {
    const known = of(this.#rows, table)
    const unread = ids.filter((id) => !known.has(id))
    const found = unread.length === 0 ? [] : await this.#tx.rows(table, unread)
    for (const [at, id] of unread.entries()) known.set(id, found[at])
    return ids.map((id) => known.get(id))
  }

  async bases(table: string, ids?: readonly string[]): Promise<readonly BaseRow[]> {
    if (!ids) return this.#tx.bases(table)
    const known = of(this.#bases, table)
    const unread = ids.filter((id) => !known.has(id))
    const found = unread.length === 0 ? [] : await this.#tx.bases(table, unread)
    for (const id of unread) known.set(id, undefined)
    for (const base of found) known.set(base.id, base)
    return ids.map((id) => known.get(id)).filter((base) => base !== undefined)
  }

  async transactions(seqs: readonly number[]): Promise<readonly (OfflineTransaction | undefined)[]> {
    const unread = seqs.filter((seq) => !this.#transactions.has(seq))
    const found = unread.length === 0 ? [] : await this.#tx.transactions(unread)
    for (const [at, seq] of unread.entries()) this.#transactions.set(seq, found[at])
    return seqs.map((seq) => this.#transactions.get(seq))
  }

  /** Only the first part of a query is kept: behind it there can be thousands. */
  async findTransactions(query: TransactionQuery): Promise<readonly OfflineTransaction[]> {
    if (query.after !== undefined) return this.#tx.findTransactions(query)
    const key = JSON.stringify(query)
    const found = this.#found.get(key) ?? (await this.#tx.findTransactions(query))
    this.#found.set(key, found)
    return found
  }

  versions(table: string, ids: readonly string[]): Promise<ReadonlyMap<string, string | null>> {
    return this.#tx.versions(table, ids)
  }

  allVersions(table: string, request: { readonly after?: string; readonly limit: number }): Promise<VersionsPart> {
    return this.#tx.allVersions(table, request)
  }

  scan(table: string, request: ScanRequest): Promise<readonly StoredRow[]> {
    return this.#tx.scan(table, request)
  }

  ids(table: string, request: { readonly after?: string; readonly limit: number }): Promise<readonly string[]> {
    return this.#tx.ids(table, request)
  }

  count(table: string): Promise<number> {
    return this.#tx.count(table)
  }

  countTransactions(): Promise<Readonly<Record<TransactionStatus, number>>> {
    return this.#tx.countTransactions()
  }

  value(key: string): Promise<Json | undefined> {
    return this.#tx.value(key)
  }

  values(prefix: string): Promise<readonly { readonly key: string; readonly value: Json }[]> {
    return this.#tx.values(prefix)
  }

  putRows(table: string, rows: readonly StoredRow[], options?: PutOptions): Promise<void> {
    for (const { id } of rows) this.#rows.get(table)?.delete(id)
    return this.#tx.putRows(table, rows, options)
  }

  addRows(table: string, rows: readonly StoredRow[]): Promise<readonly string[]> {
    for (const { id } of rows) this.#rows.get(table)?.delete(id)
    return this.#tx.addRows(table, rows)
  }

  setVersions(table: string, versions: ReadonlyMap<string, string>): Promise<void> {
    for (const id of versions.keys()) this.#rows.get(table)?.delete(id)
    return this.#tx.setVersions(table, versions)
  }

  deleteRows(table: string, ids: readonly string[]): Promise<void> {
    for (const id of ids) this.#rows.get(table)?.delete(id)
    return this.#tx.deleteRows(table, ids)
  }

  putBases(table: string, bases: readonly BaseRow[]): Promise<void> {
    for (const { id } of bases) this.#bases.get(table)?.delete(id)
    return this.#tx.putBases(table, bases)
  }

  deleteBases(table: string, ids: readonly string[]): Promise<void> {
    for (const id of ids) this.#bases.get(table)?.delete(id)
    return this.#tx.deleteBases(table, ids)
  }

  async appendTransactions(transactions: readonly UnsequencedTransaction[]): Promise<readonly number[]> {
    this.#found.clear()
    const seqs = await this.#tx.appendTransactions(transactions)
    for (const seq of seqs) this.#transactions.delete(seq)
    return seqs
  }

  putTransactions(transactions: readonly OfflineTransaction[]): Promise<void> {
    this.#found.clear()
    for (const { seq } of transactions) this.#transactions.delete(seq)
    return this.#tx.putTransactions(transactions)
  }

  deleteTransactions(seqs: readonly number[]): Promise<void> {
    this.#found.clear()
    for (const seq of seqs) this.#transactions.delete(seq)
    return this.#tx.deleteTransactions(seqs)
  }

  setValue(key: string, value: Json | undefined): Promise<void> {
    return this.#tx.setValue(key, value)
  }

  defineTables(tables: readonly StoreTable[]): Promise<void> {
    this.#rows.clear()
    this.#bases.clear()
    return this.#tx.defineTables(tables)
  }

  clear(): Promise<void> {
    for (const memory of [this.#rows, this.#bases, this.#transactions, this.#found]) memory.clear()
    return this.#tx.clear()
  }
}

function of<T>(memory: Map<string, Remembered<T>>, table: string): Remembered<T> {
  const known = memory.get(table) ?? new Map<string, T | undefined>()
  memory.set(table, known)
  return known
}
