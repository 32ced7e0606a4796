import { ChangeListeners, OutpostError, runBody, SerialQueue } from '@outpost/core/store'
import type { Store, StoreChange, StoreReader, StoreWriter, CommitOptions } from '@outpost/core'
import { readCatalogue } from './catalogue.ts'
import type { Catalogue } from './catalogue.ts'
import type { Connection } from './connection.ts'
import { lastSeq } from './outbox-sql.ts'
import { SqliteReader } from './sqlite-reader.ts'
import { WriteGroups } from './write-group.ts'

/** The connections of an open database. All of them belong to the store, which closes them. */
export interface OpenDatabase {
  readonly writer: Connection
  /** Reads a snapshot of its own, so that no read waits for a writer or sees a part of what it writes. */
  readonly reader: Connection
  /** Holds the lock that keeps every other store out. */
  readonly lock: Connection
}

export class SqliteStore implements Store {
  readonly exclusive: boolean = true
  readonly #database: OpenDatabase
  readonly #listeners = new ChangeListeners()
  readonly #writes: WriteGroups
  readonly #reads = new SerialQueue()
  #readCatalogue: Catalogue
  #closing: Promise<void> | undefined

  constructor(database: OpenDatabase) {
    this.#database = database
    const { writer } = database
    const catalogue = readCatalogue(writer, undefined)
    // Counted here and not in the file, where a rollback would give the same seqs out again.
    let seq = lastSeq(writer)
    this.#readCatalogue = catalogue
    this.#writes = new WriteGroups(writer, catalogue, () => ++seq)
  }

  async read<T>(name: string, body: (tx: StoreReader) => Promise<T>): Promise<T> {
    this.#mustBeOpen()
    return this.#reads.run(async () => {
      const { reader } = this.#database
      reader.run('BEGIN')
      try {
        this.#readCatalogue = readCatalogue(reader, this.#readCatalogue)
        return await runBody<StoreReader, T>(name, new SqliteReader(reader, this.#readCatalogue), body)
      } finally {
        reader.run('COMMIT')
      }
    })
  }

  async write<T>(name: string, body: (tx: StoreWriter) => Promise<T>, options: CommitOptions = {}): Promise<T> {
    this.#mustBeOpen()
    const strict = options.durability !== 'relaxed'
    const result = await new Promise<unknown>((resolve, reject) => {
      const told = (value: unknown, change: StoreChange): void => {
        this.#listeners.tell(change)
        resolve(value)
      }
      this.#writes.add({ name, strict, body, resolve: told, reject })
    })
    return result as T
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
    await this.#reads.idle()
    const { writer, reader, lock } = this.#database
    // The writer is the last to leave the file: it takes the write-ahead log with it. Only then may another come.
    reader.close()
    writer.close()
    lock.close()
  }

  #mustBeOpen(): void {
    if (this.#closing) throw new OutpostError('closed', 'the store is closed')
  }
}
