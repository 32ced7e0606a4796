import { planScan } from '@outpost/core'
import type {
  BaseRow,
  IndexKey,
  Json,
  OfflineTransaction,
  Scan,
  ScanRequest,
  StoredRow,
  StoreReader,
  TransactionQuery,
  TransactionStatus,
  VersionsPart,
} from '@outpost/core'
import type { Collection } from 'dexie'
import { EMPTY_CATALOGUE, tableOf } from './catalogue.ts'
import type { KeptCatalogue, KeptTable } from './catalogue.ts'
import type { BaseRecord, ObjectStores, RowKey, RowRecord } from './schema.ts'
import { findTransactions } from './find-transactions.ts'
import { rowOf } from './row-records.ts'

/** From so many ids on it is worth a look whether there are fewer bases than that: each id read is a request of its own. */
const MANY = 50

/** The catalogue that a store has read last, to be used again while the stamp in the database is the same. */
export interface CatalogueCache {
  stamp: number
  catalogue: KeptCatalogue
}

/** Reads through the Dexie transaction it is used in. */
export class DexieReader implements StoreReader {
  protected readonly stores: ObjectStores
  readonly #cache: CatalogueCache
  #catalogue: Promise<KeptCatalogue> | undefined

  constructor(stores: ObjectStores, cache: CatalogueCache) {
    this.stores = stores
    this.#cache = cache
  }

  async rows(table: string, ids: readonly string[]): Promise<readonly (StoredRow | undefined)[]> {
    const kept = await this.table(table)
    const records = await this.stores.rows.bulkGet(ids.map((id): RowKey => [kept.number, id]))
    return records.map((record) => record && rowOf(kept, record))
  }

  async versions(table: string, ids: readonly string[]): Promise<ReadonlyMap<string, string | null>> {
    const kept = await this.table(table)
    const records = await this.stores.rows.bulkGet(ids.map((id): RowKey => [kept.number, id]))
    const versions = new Map<string, string | null>()
    for (const record of records) if (record) versions.set(record.id, record.v)
    return versions
  }

  async allVersions(
    table: string,
    request: { readonly after?: string; readonly limit: number },
  ): Promise<VersionsPart> {
    const { number } = await this.table(table)
    const records = await this.#behind(number, request.after).limit(request.limit).toArray()
    const ids = records.map(({ id }) => id)
    const versions = records.map(({ v }) => v)
    return { ids, versions, next: records.length < request.limit ? undefined : ids.at(-1) }
  }

  async scan(table: string, request: ScanRequest): Promise<readonly StoredRow[]> {
    const kept = await this.table(table)
    const scan = planScan(kept.definition, request)
    if (!scan) return []
    const index = kept.indexes.find(({ name }) => name === request.index)
    const records = await this.#inRange(index ? 'k' : '[t+id]', index?.number ?? kept.number, scan).toArray()
    return records.map((record) => rowOf(kept, record))
  }

  async ids(table: string, request: { readonly after?: string; readonly limit: number }): Promise<readonly string[]> {
    const { number } = await this.table(table)
    const { after, limit } = request
    if (limit <= 0) return []
    const keys = await this.#behind(number, after).limit(limit).primaryKeys()
    return keys.map(([, id]) => id)
  }

  async count(table: string): Promise<number> {
    const { number } = await this.table(table)
    return this.stores.rows
      .where('[t+id]')
      .between(...allOf(number))
      .count()
  }

  async bases(table: string, ids?: readonly string[]): Promise<readonly BaseRow[]> {
    const { number } = await this.table(table)
    const all = this.stores.bases.where('[t+id]').between(...allOf(number))
    if (ids && (ids.length < MANY || (await all.count()) > ids.length)) {
      const records = await this.stores.bases.bulkGet(ids.map((id): RowKey => [number, id]))
      return records.filter((record) => record !== undefined).map(baseOf)
    }
    const wanted = ids && new Set(ids)
    const records = await all.toArray()
    return records.filter(({ id }) => !wanted || wanted.has(id)).map(baseOf)
  }

  async transactions(seqs: readonly number[]): Promise<readonly (OfflineTransaction | undefined)[]> {
    return this.stores.outbox.bulkGet([...seqs])
  }

  async findTransactions(query: TransactionQuery): Promise<readonly OfflineTransaction[]> {
    return findTransactions(this.stores.outbox, query)
  }

  async countTransactions(): Promise<Readonly<Record<TransactionStatus, number>>> {
    const inStatus = (status: TransactionStatus): PromiseLike<number> =>
      this.stores.outbox.where('[status+seq]').between([status, -Infinity], [status, []]).count()
    const [pending, processed, error, archived] = await Promise.all([
      inStatus('pending'),
      inStatus('processed'),
      inStatus('error'),
      inStatus('archived'),
    ])
    return { pending, processed, error, archived }
  }

  async value(key: string): Promise<Json | undefined> {
    return (await this.stores.settings.get(key))?.value
  }

  async values(prefix: string): Promise<readonly { readonly key: string; readonly value: Json }[]> {
    const { settings } = this.stores
    return prefix === '' ? settings.toArray() : settings.where('key').startsWith(prefix).toArray()
  }

  protected async table(name: string): Promise<KeptTable> {
    return tableOf(await this.catalogue(), name)
  }

  /** The tables, as this transaction sees them. */
  protected catalogue(): Promise<KeptCatalogue> {
    this.#catalogue ??= this.#readCatalogue()
    return this.#catalogue
  }

  /** Makes this the catalogue of the rest of the transaction. */
  protected replaceCatalogue(catalogue: KeptCatalogue): void {
    this.#catalogue = Promise.resolve(catalogue)
  }

  /** Read in every transaction, because another tab may have changed the tables: the stamp always, the rest if it moved. */
  async #readCatalogue(): Promise<KeptCatalogue> {
    const stamp = await this.stores.catalogue.get('stamp')
    if (stamp?.key !== 'stamp') return EMPTY_CATALOGUE
    if (stamp.stamp !== this.#cache.stamp) {
      const kept = await this.stores.catalogue.get('tables')
      this.#cache.catalogue = kept?.key === 'tables' ? kept.catalogue : EMPTY_CATALOGUE
      this.#cache.stamp = stamp.stamp
    }
    return this.#cache.catalogue
  }

  /** Rows by id, those behind this one. */
  #behind(number: number, after: string | undefined): Collection<RowRecord, RowKey> {
    const [lower, upper] = allOf(number)
    return this.stores.rows
      .where('[t+id]')
      .between(after === undefined ? lower : [number, after], upper, after === undefined, false)
  }

  #inRange(index: 'k' | '[t+id]', number: number, { keys, descending, limit }: Scan): Collection<RowRecord, RowKey> {
    const key = (part: IndexKey): readonly unknown[] => [number, ...part]
    const range = this.stores.rows
      .where(index)
      .between(key(keys.lower), key(keys.upper), !keys.lowerOpen, !keys.upperOpen)
    const ordered = descending ? range.reverse() : range
    return Number.isFinite(limit) ? ordered.limit(limit) : ordered
  }
}

/** The bounds of all keys that begin with the number: an empty array stands behind every text. */
export function allOf(number: number): readonly [lower: readonly unknown[], upper: readonly unknown[]] {
  return [[number], [number, []]]
}

function baseOf({ id, version, values, local }: BaseRecord): BaseRow {
  return { id, version, values, local }
}
