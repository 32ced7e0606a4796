import { ChangeListeners, ChangeLog, OutpostError, runBody, SerialQueue } from '@outpost/core'
import type { Store, StoreChange, StoreReader, StoreWriter, CommitOptions } from '@outpost/core'
import { Dexie } from 'dexie'
import type { Transaction } from 'dexie'
import { EMPTY_CATALOGUE } from './catalogue.ts'
import { storesOf } from './schema.ts'
import type { ObjectStores } from './schema.ts'
import { DexieReader } from './dexie-reader.ts'
import type { CatalogueCache } from './dexie-reader.ts'
import { DexieWriter } from './dexie-writer.ts'
import { isFull, isStoreError, storeError } from './errors.ts'

export interface DexieConnections {
  readonly strict: Dexie
  readonly relaxed: Dexie
  /** Tells the other tabs of commits, and hears of theirs; undefined where there is no BroadcastChannel. */
  readonly channel: BroadcastChannel | undefined
}

export class DexieStore implements Store {
  readonly exclusive: boolean = false
  readonly #connections: DexieConnections
  readonly #listeners = new ChangeListeners()
  readonly #writes = new SerialQueue()
  readonly #reads = new Set<Promise<unknown>>()
  readonly #cache: CatalogueCache = { stamp: 0, catalogue: EMPTY_CATALOGUE }
  readonly #seqs = { last: 0 }
  #closing: Promise<void> | undefined

  constructor(connections: DexieConnections) {
    this.#connections = connections
    const { channel } = connections
    if (channel) channel.onmessage = ({ data }: MessageEvent<StoreChange>) => this.#listeners.tell(data)
  }

  async read<T>(name: string, body: (tx: StoreReader) => Promise<T>): Promise<T> {
    this.#mustBeOpen()
    const reading = transact('r!', this.#connections.strict, (stores) =>
      runBody<StoreReader, T>(name, new DexieReader(stores, this.#cache), body, storeError),
    )
    this.#reads.add(reading)
    try {
      return await reading
    } finally {
      this.#reads.delete(reading)
    }
  }

  async write<T>(name: string, body: (tx: StoreWriter) => Promise<T>, options: CommitOptions = {}): Promise<T> {
    this.#mustBeOpen()
    const dexie = this.#connections[options.durability ?? 'strict']
    return this.#writes.run(async () => {
      const changes = new ChangeLog()
      const result = await transact('rw!', dexie, (stores) =>
        runBody<StoreWriter, T>(name, new DexieWriter(stores, this.#cache, this.#seqs, changes), body, storeError),
      )
      const change = changes.toChange(name)
      this.#connections.channel?.postMessage({ ...change, name: 'elsewhere' })
      this.#listeners.tell(change)
      return result
    })
  }

  subscribe(listener: (change: StoreChange) => void): () => void {
    return this.#listeners.add(listener)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    await this.#writes.idle()
    await Promise.allSettled(this.#reads)
    this.#connections.channel?.close()
    this.#connections.strict.close()
    this.#connections.relaxed.close()
  }

  #mustBeOpen(): void {
    if (this.#closing) throw new OutpostError('closed', 'the store is closed')
  }
}

/** Runs the body in a transaction over every object store: IndexedDB wants to know them before it begins. */
async function transact<T>(mode: 'r!' | 'rw!', dexie: Dexie, body: (stores: ObjectStores) => Promise<T>): Promise<T> {
  let rejection: { readonly error: unknown } | undefined
  async function run(transaction: Transaction): Promise<T> {
    try {
      return await body(storesOf(transaction))
    } catch (error) {
      rejection = { error }
      throw error
    }
  }
  try {
    // The body works on the tables of its transaction, outside of Dexie's zones: a zone would take every call of the store
    // that is made while a body runs, as by a program that reacts to what it has read, for a part of that transaction.
    return await dexie.transaction(mode, dexie.tables, (transaction) => Dexie.ignoreTransaction(() => run(transaction)))
  } catch (error) {
    if (!rejection) throw storeError(error)
    // That there was no space left is said by the transaction alone: its operations say that they were aborted.
    throw isStoreError(rejection.error) && isFull(error) ? storeError(error) : rejection.error
  }
}
