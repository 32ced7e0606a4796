import type { Json } from '../metadata.ts'
import type { OfflineTransaction, TransactionStatus, UnsequencedTransaction } from '../outbox/offline-transaction.ts'
import type {
  BaseRow,
  ScanRequest,
  StoredRow,
  StoreTable,
  StoreWriter,
  TransactionQuery,
  VersionsPart,
} from '../ports/store.ts'

/** Runs the body over a unit of work, and writes what it gathered when the body has ended. */
export async function inOneUnit<T>(tx: StoreWriter, body: (unit: UnitOfWork) => Promise<T>): Promise<T> {
  const unit = new UnitOfWork(tx)
  try {
    const result = await body(unit)
    await unit.writeOut()
    return result
  } finally {
    unit.end()
  }
}

/** Things of one kind: as the store has them, as far as they were asked for, and as it is to have them. Undefined is none. */
interface Known<Key, Thing> {
  readonly read: Map<Key, Thing | undefined>
  readonly written: Map<Key, Thing | undefined>
}

type KnownByTable<Thing> = Map<string, Known<string, Thing>>

const LOOKED_FOR: readonly TransactionStatus[] = ['pending', 'error', 'archived']

/** Of a row that more transactions touch than so many, they are read part by part, when they are asked for. */
const MOST_PER_ROW = 4

/**
 * A transaction of the store for steps that go through rows or offline transactions one by one. Each thing is read once,
 * however many steps ask for it, and what is asked for in bulk first costs one read for all of it: writes of a store run one
 * after another, so what was read stays true until it is written here. What is written is gathered and goes to the store
 * together. Before the store is asked for what only it can tell, it is given what was gathered so far.
 */
export class UnitOfWork implements StoreWriter {
  readonly #tx: StoreWriter
  readonly #rows: KnownByTable<StoredRow> = new Map()
  readonly #bases: KnownByTable<BaseRow> = new Map()
  readonly #transactions: Known<number, OfflineTransaction> = nothingKnown()
  readonly #values: Known<string, Json> = nothingKnown()
  /** By row key the seqs of all transactions in a status of `LOOKED_FOR` that touch the row, and of some that once did. */
  readonly #touching = new Map<string, Set<number>>()
  readonly #found = new Map<string, readonly OfflineTransaction[]>()
  /** The way back to the mark, a step for each thing that was gathered since; undefined where none was set. */
  #wayBack: (() => void)[] | undefined
  #isGivenSince = false
  #isOver = false

  constructor(tx: StoreWriter) {
    this.#tx = tx
  }

  async rows(table: string, ids: readonly string[]): Promise<readonly (StoredRow | undefined)[]> {
    const { read, written } = of(this.#rows, table)
    // The store completes a row that it is given.
    if (ids.some((id) => written.has(id))) await this.writeOut()
    const unread = ids.filter((id) => !read.has(id))
    if (unread.length > 0) {
      const found = await this.#tx.rows(table, unread)
      for (const [at, id] of unread.entries()) read.set(id, found[at])
    }
    return ids.map((id) => read.get(id))
  }

  async bases(table: string, ids?: readonly string[]): Promise<readonly BaseRow[]> {
    const { read, written } = of(this.#bases, table)
    if (!ids) {
      await this.writeOut()
      return this.#tx.bases(table)
    }
    const unread = ids.filter((id) => !read.has(id) && !written.has(id))
    if (unread.length > 0) {
      const found = await this.#tx.bases(table, unread)
      for (const id of unread) read.set(id, undefined)
      for (const base of found) read.set(base.id, base)
    }
    return ids.map((id) => latest({ read, written }, id)).filter((base) => base !== undefined)
  }

  /** Reads together what will be asked for one by one: rows with their bases, by table, and values. */
  async readAhead(rows: ReadonlyMap<string, readonly string[]>, keys: Iterable<string>): Promise<void> {
    const reading: Promise<unknown>[] = []
    for (const [table, ids] of rows) {
      const { written } = of(this.#rows, table)
      // To read one that was written would write everything out meanwhile.
      const unwritten = ids.filter((id) => !written.has(id))
      reading.push(this.rows(table, unwritten), this.bases(table, ids))
    }
    for (const key of keys) reading.push(this.value(key))
    await Promise.all(reading)
  }

  async transactions(seqs: readonly number[]): Promise<readonly (OfflineTransaction | undefined)[]> {
    const { read, written } = this.#transactions
    const unread = seqs.filter((seq) => !read.has(seq) && !written.has(seq))
    const found = unread.length === 0 ? [] : await this.#tx.transactions(unread)
    for (const [at, seq] of unread.entries()) read.set(seq, found[at])
    return seqs.map((seq) => latest(this.#transactions, seq))
  }

  /** Reads with one look which transactions touch the rows: all but those that are processed. */
  async readTouching(keys: readonly string[]): Promise<void> {
    await this.writeOut()
    let asked = keys
    while (asked.length > 0) {
      const limit = asked.length * MOST_PER_ROW + 1
      const found = await this.#tx.findTransactions({ statuses: LOOKED_FOR, touching: asked, limit })
      if (found.length < limit) {
        for (const key of asked) this.#touching.set(key, new Set())
        for (const transaction of found) this.#remember(transaction)
        return
      }
      // One of them at least is touched by more than its share.
      const counts = new Map<string, number>()
      for (const { touches } of found) for (const key of touches) counts.set(key, (counts.get(key) ?? 0) + 1)
      asked = asked.filter((key) => (counts.get(key) ?? 0) <= MOST_PER_ROW)
    }
  }

  async findTransactions(query: TransactionQuery): Promise<readonly OfflineTransaction[]> {
    const { statuses, touching, after } = query
    const isLookedFor = statuses?.every((status) => LOOKED_FOR.includes(status)) ?? false
    if (isLookedFor && touching?.every((key) => this.#touching.has(key))) return this.#findKnown(query, touching)
    await this.writeOut()
    // Only the first part of a query is kept: behind it there can be thousands.
    if (after !== undefined) return this.#tx.findTransactions(query)
    const key = JSON.stringify(query)
    const found = this.#found.get(key) ?? (await this.#tx.findTransactions(query))
    this.#found.set(key, found)
    return found
  }

  async versions(table: string, ids: readonly string[]): Promise<ReadonlyMap<string, string | null>> {
    await this.writeOut()
    return this.#tx.versions(table, ids)
  }

  async allVersions(
    table: string,
    request: { readonly after?: string; readonly limit: number },
  ): Promise<VersionsPart> {
    await this.writeOut()
    return this.#tx.allVersions(table, request)
  }

  async scan(table: string, request: ScanRequest): Promise<readonly StoredRow[]> {
    await this.writeOut()
    return this.#tx.scan(table, request)
  }

  async ids(table: string, request: { readonly after?: string; readonly limit: number }): Promise<readonly string[]> {
    await this.writeOut()
    return this.#tx.ids(table, request)
  }

  async count(table: string): Promise<number> {
    await this.writeOut()
    return this.#tx.count(table)
  }

  async countTransactions(): Promise<Readonly<Record<TransactionStatus, number>>> {
    await this.writeOut()
    return this.#tx.countTransactions()
  }

  async value(key: string): Promise<Json | undefined> {
    const { read, written } = this.#values
    if (!read.has(key) && !written.has(key)) read.set(key, await this.#tx.value(key))
    return latest(this.#values, key)
  }

  async values(prefix: string): Promise<readonly { readonly key: string; readonly value: Json }[]> {
    await this.writeOut()
    return this.#tx.values(prefix)
  }

  /** Which columns stay the same is found out when the rows are written out. */
  async putRows(table: string, rows: readonly StoredRow[]): Promise<void> {
    const known = of(this.#rows, table)
    for (const row of rows) this.#gather(known, row.id, row)
    await this.#gathered()
  }

  async addRows(table: string, rows: readonly StoredRow[]): Promise<readonly string[]> {
    await this.writeOut()
    for (const { id } of rows) of(this.#rows, table).read.delete(id)
    return this.#given().addRows(table, rows)
  }

  async setVersions(table: string, versions: ReadonlyMap<string, string>): Promise<void> {
    await this.writeOut()
    for (const id of versions.keys()) of(this.#rows, table).read.delete(id)
    return this.#given().setVersions(table, versions)
  }

  async deleteRows(table: string, ids: readonly string[]): Promise<void> {
    const known = of(this.#rows, table)
    for (const id of ids) this.#gather(known, id, undefined)
    await this.#gathered()
  }

  async putBases(table: string, bases: readonly BaseRow[]): Promise<void> {
    const known = of(this.#bases, table)
    for (const base of bases) this.#gather(known, base.id, base)
    await this.#gathered()
  }

  async deleteBases(table: string, ids: readonly string[]): Promise<void> {
    const known = of(this.#bases, table)
    for (const id of ids) this.#gather(known, id, undefined)
    await this.#gathered()
  }

  async appendTransactions(transactions: readonly UnsequencedTransaction[]): Promise<readonly number[]> {
    this.#touching.clear()
    this.#found.clear()
    return this.#given().appendTransactions(transactions)
  }

  async putTransactions(transactions: readonly OfflineTransaction[]): Promise<void> {
    this.#found.clear()
    for (const transaction of transactions) {
      this.#gather(this.#transactions, transaction.seq, transaction)
      this.#noteTouches(transaction)
    }
    await this.#gathered()
  }

  async deleteTransactions(seqs: readonly number[]): Promise<void> {
    await this.writeOut()
    this.#found.clear()
    for (const seq of seqs) this.#transactions.read.set(seq, undefined)
    return this.#given().deleteTransactions(seqs)
  }

  async setValue(key: string, value: Json | undefined): Promise<void> {
    return this.setValues(new Map([[key, value]]))
  }

  async setValues(values: ReadonlyMap<string, Json | undefined>): Promise<void> {
    for (const [key, value] of values) this.#gather(this.#values, key, value)
    await this.#gathered()
  }

  async defineTables(tables: readonly StoreTable[]): Promise<void> {
    await this.writeOut()
    this.#rows.clear()
    this.#bases.clear()
    return this.#given().defineTables(tables)
  }

  async clear(): Promise<void> {
    for (const memory of [this.#rows, this.#bases, this.#touching, this.#found]) memory.clear()
    for (const { read, written } of [this.#transactions, this.#values]) {
      read.clear()
      written.clear()
    }
    return this.#given().clear()
  }

  /** Gives the store what was gathered. */
  async writeOut(): Promise<void> {
    if (this.#wayBack?.length) this.#isGivenSince = true
    for (const [table, known] of this.#rows) await this.#writeRows(table, known)
    for (const [table, known] of this.#bases) {
      const { put, removed } = taken(known)
      if (put.length > 0) await this.#tx.putBases(table, put)
      if (removed.length > 0) await this.#tx.deleteBases(table, removed)
    }
    const { put } = taken(this.#transactions)
    if (put.length > 0) await this.#tx.putTransactions(put)
    const values = new Map(this.#values.written)
    taken(this.#values)
    if (values.size > 0) await this.#tx.setValues(values)
  }

  /** From here on what is written can be taken back. */
  mark(): void {
    this.#wayBack = []
    this.#isGivenSince = false
  }

  /** Takes back what was written since the mark. False where the store has been given some of it: then nothing is. */
  takeBack(): boolean {
    if (this.#isGivenSince) return false
    for (const step of this.#wayBack?.toReversed() ?? []) step()
    this.#wayBack = []
    return true
  }

  /** What comes from now on is gathered no more: the store itself says that it is too late. */
  end(): void {
    this.#isOver = true
  }

  #given(): StoreWriter {
    this.#isGivenSince = true
    return this.#tx
  }

  #gather<Key, Thing>({ written }: Known<Key, Thing>, key: Key, thing: Thing | undefined): void {
    if (this.#wayBack) {
      const wasWritten = written.has(key)
      const before = written.get(key)
      this.#wayBack.push(() => (wasWritten ? written.set(key, before) : written.delete(key)))
    }
    written.set(key, thing)
  }

  async #gathered(): Promise<void> {
    if (this.#isOver) await this.writeOut()
  }

  async #writeRows(table: string, known: Known<string, StoredRow>): Promise<void> {
    if (known.written.size === 0) return
    const before = new Map(known.read)
    const { put, removed } = taken(known)
    for (const { id } of put) known.read.delete(id)
    if (put.length > 0) await this.#tx.putRows(table, put, { same: sameIn(put, before) })
    if (removed.length > 0) await this.#tx.deleteRows(table, removed)
  }

  #findKnown(query: TransactionQuery, keys: readonly string[]): readonly OfflineTransaction[] {
    const { statuses = [], direction = 'ascending', limit } = query
    const sign = direction === 'ascending' ? 1 : -1
    const after = query.after ?? sign * Number.NEGATIVE_INFINITY
    const seqs = new Set(keys.flatMap((key) => [...(this.#touching.get(key) ?? [])]))
    return [...seqs]
      .filter((seq) => sign * (seq - after) > 0)
      .toSorted((one, other) => sign * (one - other))
      .flatMap((seq) => {
        const transaction = latest(this.#transactions, seq)
        const isFound = transaction && statuses.includes(transaction.status)
        return isFound && keys.some((key) => transaction.touches.includes(key)) ? [transaction] : []
      })
      .slice(0, limit === undefined ? undefined : Math.max(0, limit))
  }

  #remember(transaction: OfflineTransaction): void {
    this.#transactions.read.set(transaction.seq, transaction)
    this.#noteTouches(transaction)
  }

  #noteTouches({ seq, touches }: OfflineTransaction): void {
    for (const key of touches) this.#touching.get(key)?.add(seq)
  }
}

/** The columns whose values are in each of the rows what they were before, as far as that is known of all of them. */
function sameIn(rows: readonly StoredRow[], before: ReadonlyMap<string, StoredRow | undefined>): readonly string[] {
  if (!rows.every(({ id }) => before.has(id))) return []
  const held = rows.flatMap((row) => {
    const values = before.get(row.id)?.values
    return values ? [{ values: row.values, held: values }] : []
  })
  const [first] = held
  if (!first) return []
  return Object.keys(first.held).filter((name) => held.every((row) => row.held[name] === (row.values[name] ?? null)))
}

/** What is to be written, which from now on is what the store has. */
function taken<Key, Thing>({ read, written }: Known<Key, Thing>): { readonly put: Thing[]; readonly removed: Key[] } {
  const put: Thing[] = []
  const removed: Key[] = []
  for (const [key, thing] of written) {
    if (thing === undefined) removed.push(key)
    else put.push(thing)
    read.set(key, thing)
  }
  written.clear()
  return { put, removed }
}

function latest<Key, Thing>({ read, written }: Known<Key, Thing>, key: Key): Thing | undefined {
  return written.has(key) ? written.get(key) : read.get(key)
}

function of<Thing>(tables: KnownByTable<Thing>, table: string): Known<string, Thing> {
  const known = tables.get(table) ?? nothingKnown<string, Thing>()
  tables.set(table, known)
  return known
}

function nothingKnown<Key, Thing>(): Known<Key, Thing> {
  return { read: new Map(), written: new Map() }
}
