import { compareKeys, indexKey, planScan } from '../rows/index-order.ts'
import type { IndexKey, Scan } from '../rows/index-order.ts'
import type { Json } from '../metadata.ts'
import type { OfflineTransaction, TransactionStatus } from '../outbox/offline-transaction.ts'
import type { BaseRow, ScanRequest, StoredRow, StoreReader, TransactionQuery, VersionsPart } from '../ports/store.ts'
import { tableOf } from './memory-state.ts'
import type { MemoryState, MemoryTable, TransactionKey } from './memory-state.ts'
import type { SortedList } from './sorted-list.ts'

/** Reads one state of a memory store. */
export class MemoryReader implements StoreReader {
  protected state: MemoryState

  constructor(state: MemoryState) {
    this.state = state
  }

  async rows(table: string, ids: readonly string[]): Promise<readonly (StoredRow | undefined)[]> {
    const { rows } = tableOf(this.state, table)
    return ids.map((id) => rows.get(rowProbe(id)))
  }

  async versions(table: string, ids: readonly string[]): Promise<ReadonlyMap<string, string | null>> {
    const { rows } = tableOf(this.state, table)
    const versions = new Map<string, string | null>()
    for (const id of ids) {
      const row = rows.get(rowProbe(id))
      if (row) versions.set(id, row.version)
    }
    return versions
  }

  async allVersions(
    table: string,
    request: { readonly after?: string; readonly limit: number },
  ): Promise<VersionsPart> {
    const ids = await this.ids(table, request)
    const held = await this.versions(table, ids)
    const versions = ids.map((id) => held.get(id) ?? null)
    return { ids, versions, next: ids.length < request.limit ? undefined : ids.at(-1) }
  }

  async scan(table: string, request: ScanRequest): Promise<readonly StoredRow[]> {
    const kept = tableOf(this.state, table)
    const scan = planScan(kept.definition, request)
    if (!scan) return []
    const rows: StoredRow[] = []
    for (const row of rowsInRange(kept, request.index, scan)) {
      rows.push(row)
      if (rows.length >= scan.limit) break
    }
    return rows
  }

  async ids(table: string, request: { readonly after?: string; readonly limit: number }): Promise<readonly string[]> {
    const { after, limit } = request
    const ids: string[] = []
    if (limit <= 0) return ids
    for (const row of tableOf(this.state, table).rows.from((item) => after === undefined || item.id > after)) {
      ids.push(row.id)
      if (ids.length >= limit) break
    }
    return ids
  }

  async count(table: string): Promise<number> {
    return tableOf(this.state, table).rows.size
  }

  async bases(table: string, ids?: readonly string[]): Promise<readonly BaseRow[]> {
    const { bases } = tableOf(this.state, table)
    if (!ids) return [...bases.from()]
    return ids.map((id) => bases.get(baseProbe(id))).filter((base) => base !== undefined)
  }

  async transactions(seqs: readonly number[]): Promise<readonly (OfflineTransaction | undefined)[]> {
    return seqs.map((seq) => this.state.transactions.get(transactionProbe(seq)))
  }

  async findTransactions(query: TransactionQuery): Promise<readonly OfflineTransaction[]> {
    const { statuses, after } = query
    const direction = query.direction === 'descending' ? -1 : 1
    const found: OfflineTransaction[] = []
    for (const transaction of this.#inOrder(query, direction)) {
      if (found.length >= (query.limit ?? Infinity)) break
      if (after !== undefined && direction * (transaction.seq - after) <= 0) continue
      if (!statuses || statuses.includes(transaction.status)) found.push(transaction)
    }
    return found
  }

  async countTransactions(): Promise<Readonly<Record<TransactionStatus, number>>> {
    const counts = { pending: 0, processed: 0, error: 0, archived: 0 }
    for (const { status } of this.state.transactions.from()) counts[status]++
    return counts
  }

  async value(key: string): Promise<Json | undefined> {
    return this.state.values.get({ key, value: null })?.value
  }

  async values(prefix: string): Promise<readonly { readonly key: string; readonly value: Json }[]> {
    const found: { readonly key: string; readonly value: Json }[] = []
    for (const entry of this.state.values.from((item) => item.key >= prefix)) {
      if (!entry.key.startsWith(prefix)) break
      found.push(entry)
    }
    return found
  }

  /** The transactions of one key are in order already, so that reading a part of a long queue costs no more than the part. */
  *#inOrder(query: TransactionQuery, direction: 1 | -1): Iterable<OfflineTransaction> {
    const keys = query.touching ?? query.statuses
    const [key] = keys ?? []
    if (keys?.length !== 1 || key === undefined) {
      yield* this.#candidates(query).sort((a, b) => direction * (a.seq - b.seq))
      return
    }
    const list = query.touching ? this.state.touches : this.state.statuses
    for (const seq of seqsBehind(list, key, query.after, direction)) {
      const transaction = this.state.transactions.get(transactionProbe(seq))
      if (transaction) yield transaction
    }
  }

  #candidates(query: TransactionQuery): OfflineTransaction[] {
    const { transactions, statuses, touches } = this.state
    const seqs = query.touching
      ? query.touching.flatMap((key) => seqsWith(touches, key))
      : query.statuses?.flatMap((status) => seqsWith(statuses, status))
    if (!seqs) return [...transactions.from()]
    return Array.from(new Set(seqs), (seq) => transactions.get(transactionProbe(seq))).filter(
      (found) => found !== undefined,
    )
  }
}

function* seqsBehind(
  list: SortedList<TransactionKey>,
  key: string,
  after: number | undefined,
  direction: 1 | -1,
): Iterable<number> {
  const entries =
    direction === 1
      ? list.from((item) => item.key > key || (item.key === key && item.seq > (after ?? Number.NEGATIVE_INFINITY)))
      : list.backFrom((item) => item.key > key || (item.key === key && item.seq >= (after ?? Number.POSITIVE_INFINITY)))
  for (const entry of entries) {
    if (entry.key !== key) return
    yield entry.seq
  }
}

function seqsWith(list: SortedList<TransactionKey>, key: string): number[] {
  const seqs: number[] = []
  for (const entry of list.from((item) => item.key >= key)) {
    if (entry.key !== key) break
    seqs.push(entry.seq)
  }
  return seqs
}

function transactionProbe(seq: number): OfflineTransaction {
  return { seq } as OfflineTransaction
}

function* rowsInRange(table: MemoryTable, indexName: string | undefined, scan: Scan): Generator<StoredRow> {
  const { lower, lowerOpen, upper, upperOpen } = scan.keys
  const behindLower = (key: IndexKey): boolean =>
    lowerOpen ? compareKeys(key, lower) > 0 : compareKeys(key, lower) >= 0
  const behindUpper = (key: IndexKey): boolean =>
    upperOpen ? compareKeys(key, upper) >= 0 : compareKeys(key, upper) > 0
  const past = scan.descending ? (key: IndexKey) => !behindLower(key) : behindUpper
  const index = indexName === undefined ? undefined : table.indexes.get(indexName)
  if (!index) {
    const keyOf = (row: StoredRow): IndexKey => indexKey(row, [])
    const { rows } = table
    const ordered = scan.descending
      ? rows.backFrom((row) => behindUpper(keyOf(row)))
      : rows.from((row) => behindLower(keyOf(row)))
    for (const row of ordered) {
      if (past(keyOf(row))) return
      yield row
    }
    return
  }
  const { entries } = index
  const ordered = scan.descending
    ? entries.backFrom((entry) => behindUpper(entry.key))
    : entries.from((entry) => behindLower(entry.key))
  for (const entry of ordered) {
    if (past(entry.key)) return
    const row = table.rows.get(rowProbe(entry.id))
    if (row) yield row
  }
}

function rowProbe(id: string): StoredRow {
  return { id, version: null, values: {} }
}

function baseProbe(id: string): BaseRow {
  return { id, version: null, values: null, local: 'updated' }
}
