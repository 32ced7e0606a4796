import { OutpostError } from './errors.ts'
import { MemoryReader } from './memory/memory-reader.ts'
import { EMPTY_STATE } from './memory/memory-state.ts'
import type { MemoryState } from './memory/memory-state.ts'
import { MemoryWriter } from './memory/memory-writer.ts'
import type { Store, StoreChange, StoreReader, StoreWriter } from './ports/store.ts'
import { ChangeListeners } from './store/change-log.ts'
import { runBody } from './store/run-body.ts'
import { SerialQueue } from './store/serial-queue.ts'

/**
 * What a memory store leaves behind when it closes, as a disk would. A store that is opened on it finds what the one before
 * committed; only one can have it open.
 */
export class MemoryDatabase {
  #state: MemoryState = EMPTY_STATE
  #lastSeq = 0
  #holder: object | undefined

  /** The process that had it open is dead: nothing more of it is committed, and another store can open the database. */
  crash(): void {
    this.#holder = undefined
  }

  /** For the store alone. */
  claim(holder: object): void {
    if (this.#holder) {
      throw new OutpostError('store-busy', 'another store has this database open', {
        remedy: 'Close the other store first.',
      })
    }
    this.#holder = holder
  }

  /** For the store alone. */
  release(holder: object): void {
    if (this.isHeldBy(holder)) this.#holder = undefined
  }

  /** For the store alone. */
  isHeldBy(holder: object): boolean {
    return this.#holder === holder
  }

  /** For the store alone. */
  get state(): MemoryState {
    return this.#state
  }

  /** For the store alone. */
  commit(state: MemoryState): void {
    this.#state = state
  }

  /** For the store alone. */
  nextSeq(): number {
    return ++this.#lastSeq
  }
}

export interface MemoryStoreOptions {
  /** The database to open; a new one when absent. */
  readonly database?: MemoryDatabase
}

/**
 * A store in memory, with the guarantees of the others but for durability. Reads never wait: they see the last commit.
 * Rows and transactions it gives back are frozen.
 */
export function memoryStore(options: MemoryStoreOptions = {}): Store {
  return new MemoryStore(options.database ?? new MemoryDatabase())
}

class MemoryStore implements Store {
  readonly exclusive: boolean = true
  readonly #database: MemoryDatabase
  readonly #listeners = new ChangeListeners()
  readonly #writes = new SerialQueue()
  readonly #reads = new Set<Promise<unknown>>()
  #closed = false

  constructor(database: MemoryDatabase) {
    database.claim(this)
    this.#database = database
  }

  async read<T>(name: string, body: (tx: StoreReader) => Promise<T>): Promise<T> {
    this.#mustBeOpen()
    const reading = runBody<StoreReader, T>(name, new MemoryReader(this.#database.state), body)
    this.#reads.add(reading)
    try {
      return await reading
    } finally {
      this.#reads.delete(reading)
    }
  }

  async write<T>(name: string, body: (tx: StoreWriter) => Promise<T>): Promise<T> {
    this.#mustBeOpen()
    return this.#writes.run(async () => {
      const database = this.#database
      const writer = new MemoryWriter(database.state, () => database.nextSeq())
      const result = await runBody<StoreWriter, T>(name, writer, body)
      this.#mustHoldDatabase()
      database.commit(writer.result)
      this.#listeners.tell(writer.changes.toChange(name))
      return result
    })
  }

  subscribe(listener: (change: StoreChange) => void): () => void {
    return this.#listeners.add(listener)
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#writes.idle()
    await Promise.allSettled(this.#reads)
    this.#database.release(this)
  }

  #mustBeOpen(): void {
    if (this.#closed) throw new OutpostError('closed', 'the store is closed')
    this.#mustHoldDatabase()
  }

  #mustHoldDatabase(): void {
    if (!this.#database.isHeldBy(this)) throw new OutpostError('closed', 'the process that held this store is gone')
  }
}
