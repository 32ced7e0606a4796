import { OutpostError } from '@outpost/core'
import type {
  BaseRow,
  ChangeLog,
  Json,
  OfflineTransaction,
  StoredRow,
  StoreTable,
  StoreWriter,
  UnsequencedTransaction,
} from '@outpost/core'
import { Dexie } from 'dexie'
import { redefine } from './catalogue.ts'
import type { KeptCatalogue, KeptTable } from './catalogue.ts'
import type { ObjectStores, RowKey, Setting } from './schema.ts'
import { allOf, DexieReader } from './dexie-reader.ts'
import type { CatalogueCache } from './dexie-reader.ts'
import { recordOf, rowOf } from './row-records.ts'

/** How many rows of a table get new index keys at a time, so that a large table does not have to fit in memory. */
const REINDEX_ROWS = 2_000

/** The last seq that this store has given out, whether or not it was committed. */
export interface SeqMark {
  last: number
}

/** Writes through the Dexie transaction it is used in. */
export class DexieWriter extends DexieReader implements StoreWriter {
  readonly #seqs: SeqMark
  readonly #changes: ChangeLog
  /** Whether the mark is the database's: nobody else adds to the outbox as long as this transaction lasts. */
  #isMarkKnown = false

  constructor(stores: ObjectStores, cache: CatalogueCache, seqs: SeqMark, changes: ChangeLog) {
    super(stores, cache)
    this.#seqs = seqs
    this.#changes = changes
  }

  async defineTables(tables: readonly StoreTable[]): Promise<void> {
    const { catalogue, dropped, reindexed, changed } = redefine(await this.catalogue(), tables)
    if (changed.length === 0) return
    for (const { number } of dropped) {
      await this.stores.rows
        .where('[t+id]')
        .between(...allOf(number))
        .delete()
      await this.stores.bases
        .where('[t+id]')
        .between(...allOf(number))
        .delete()
    }
    for (const { before, after } of reindexed) await this.#reindex(before, after)
    await this.#keep(catalogue)
    for (const table of changed) this.#changes.addWholeTable(table)
  }

  async putRows(table: string, rows: readonly StoredRow[]): Promise<void> {
    const kept = await this.table(table)
    await this.stores.rows.bulkPut(rows.map((row) => recordOf(kept, row)))
    this.#changes.addRows(
      table,
      rows.map((row) => row.id),
    )
  }

  async addRows(table: string, rows: readonly StoredRow[]): Promise<readonly string[]> {
    const kept = await this.table(table)
    const held = await idsHeld(rows, this.stores.rows.bulkAdd(rows.map((row) => recordOf(kept, row))))
    const ids = rows.map((row) => row.id)
    this.#changes.addRows(table, held.size === 0 ? ids : ids.filter((id) => !held.has(id)))
    return [...held]
  }

  async setVersions(table: string, versions: ReadonlyMap<string, string>): Promise<void> {
    const { number } = await this.table(table)
    const records = await this.stores.rows.bulkGet(Array.from(versions.keys(), (id): RowKey => [number, id]))
    await this.stores.rows.bulkPut(
      records.flatMap((record) => (record ? [{ ...record, v: versions.get(record.id) ?? record.v }] : [])),
    )
  }

  async deleteRows(table: string, ids: readonly string[]): Promise<void> {
    const { number } = await this.table(table)
    await this.stores.rows.bulkDelete(ids.map((id): RowKey => [number, id]))
    this.#changes.addRows(table, ids)
  }

  async putBases(table: string, bases: readonly BaseRow[]): Promise<void> {
    const { number } = await this.table(table)
    await this.stores.bases.bulkPut(bases.map((base) => ({ ...base, t: number })))
  }

  async deleteBases(table: string, ids: readonly string[]): Promise<void> {
    const { number } = await this.table(table)
    await this.stores.bases.bulkDelete(ids.map((id): RowKey => [number, id]))
  }

  async appendTransactions(transactions: readonly UnsequencedTransaction[]): Promise<readonly number[]> {
    if (transactions.length === 0) return []
    const kept = this.#isMarkKnown ? undefined : await this.stores.catalogue.get('seq')
    this.#isMarkKnown = true
    const last = Math.max(this.#seqs.last, kept?.key === 'seq' ? kept.last : 0)
    const sequenced = transactions.map((transaction, n) => ({ ...transaction, seq: last + 1 + n }))
    this.#seqs.last = last + sequenced.length
    await Promise.all([
      this.stores.catalogue.put({ key: 'seq', last: this.#seqs.last }),
      this.stores.outbox.bulkAdd(sequenced),
    ])
    const seqs = sequenced.map(({ seq }) => seq)
    this.#changes.addTransactions(seqs)
    return seqs
  }

  async putTransactions(transactions: readonly OfflineTransaction[]): Promise<void> {
    const seqs = transactions.map(({ seq }) => seq)
    const known = await this.transactions(seqs)
    const missing = seqs.find((_, at) => known[at] === undefined)
    if (missing !== undefined) {
      throw new OutpostError('invalid', `there is no transaction #${missing} to replace`, {
        place: { rule: 'unknown-transaction' },
      })
    }
    await this.stores.outbox.bulkPut(transactions)
    this.#changes.addTransactions(seqs)
  }

  async deleteTransactions(seqs: readonly number[]): Promise<void> {
    await this.stores.outbox.bulkDelete([...seqs])
    this.#changes.addTransactions(seqs)
  }

  async setValue(key: string, value: Json | undefined): Promise<void> {
    if (value === undefined) await this.stores.settings.delete(key)
    else await this.stores.settings.put({ key, value })
  }

  async setValues(values: ReadonlyMap<string, Json | undefined>): Promise<void> {
    const put: Setting[] = []
    const removed: string[] = []
    for (const [key, value] of values) {
      if (value === undefined) removed.push(key)
      else put.push({ key, value })
    }
    if (put.length > 0) await this.stores.settings.bulkPut(put)
    if (removed.length > 0) await this.stores.settings.bulkDelete(removed)
  }

  async clear(): Promise<void> {
    const { tables, next } = await this.catalogue()
    const { rows, bases, outbox, settings } = this.stores
    this.#changes.addTransactions(await outbox.toCollection().primaryKeys())
    for (const store of [rows, bases, outbox, settings]) await store.clear()
    await this.#keep({ tables: [], next })
    for (const { definition } of tables) this.#changes.addWholeTable(definition.name)
  }

  async #reindex(before: KeptTable, after: KeptTable): Promise<void> {
    const columns = new Set(after.definition.columns.map(({ name, type }) => `${type} ${name}`))
    const kept = before.definition.columns.filter(({ name, type }) => columns.has(`${type} ${name}`))
    const narrowed = { ...before, definition: { ...before.definition, columns: kept } }
    const [first, end] = allOf(before.number)
    for (let from = first; ;) {
      const page = await this.stores.rows.where('[t+id]').between(from, end, false, false).limit(REINDEX_ROWS).toArray()
      const last = page.at(-1)
      if (!last) return
      await this.stores.rows.bulkPut(page.map((record) => recordOf(after, rowOf(narrowed, record))))
      from = [last.t, last.id]
    }
  }

  async #keep(catalogue: KeptCatalogue): Promise<void> {
    const kept = await this.stores.catalogue.get('stamp')
    const stamp = (kept?.key === 'stamp' ? kept.stamp : 0) + 1
    await this.stores.catalogue.bulkPut([
      { key: 'stamp', stamp },
      { key: 'tables', catalogue },
    ])
    this.replaceCatalogue(catalogue)
  }
}

/** The ids of the rows that were not added because there is a row already. */
async function idsHeld(rows: readonly StoredRow[], adding: PromiseLike<unknown>): Promise<ReadonlySet<string>> {
  try {
    await adding
    return new Set()
  } catch (error) {
    if (!(error instanceof Dexie.BulkError)) throw error
    const failures = Object.entries(error.failuresByPos)
    if (failures.some(([, { name }]) => name !== 'ConstraintError')) throw error
    return new Set(failures.map(([at]) => rows[Number(at)]?.id ?? ''))
  }
}
