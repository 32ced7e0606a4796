import { OutpostError, runBody } from '@outpost/core/store'
import type { ChangeListeners } from '@outpost/core/store'
import type { CommitOptions, Store, StoreChange, StoreReader, StoreWriter } from '@outpost/core'
import type { OwnerLine } from './owner-line.ts'
import type { RemoteTransaction } from './remote-transaction.ts'
import { RemoteReader, RemoteWriter } from './remote-transaction.ts'

/** The store of one tab. Its bodies run here, their operations where the database is. */
export class OpfsStore implements Store {
  readonly exclusive: boolean = false
  readonly #line: OwnerLine
  readonly #listeners: ChangeListeners
  readonly #running = new Set<Promise<unknown>>()
  #closing: Promise<void> | undefined

  /** The line tells the listeners of every commit. */
  constructor(line: OwnerLine, listeners: ChangeListeners) {
    this.#line = line
    this.#listeners = listeners
  }

  async read<T>(name: string, body: (tx: StoreReader) => Promise<T>): Promise<T> {
    this.#mustBeOpen()
    const transaction = this.#line.begin('read', name, false)
    return this.#whileOpen(
      this.#run(transaction, () => runBody<StoreReader, T>(name, new RemoteReader(transaction), body)),
    )
  }

  async write<T>(name: string, body: (tx: StoreWriter) => Promise<T>, options: CommitOptions = {}): Promise<T> {
    this.#mustBeOpen()
    const transaction = this.#line.begin('write', name, options.durability !== 'relaxed')
    return this.#whileOpen(
      this.#run(transaction, () => runBody<StoreWriter, T>(name, new RemoteWriter(transaction), body)),
    )
  }

  subscribe(listener: (change: StoreChange) => void): () => void {
    return this.#listeners.add(listener)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running)
    await this.#line.close()
  }

  async #run<T>(transaction: RemoteTransaction, body: () => Promise<T>): Promise<T> {
    try {
      await transaction.granted
      const result = await body()
      await transaction.commit()
      return result
    } catch (error) {
      transaction.rollBack()
      throw error
    } finally {
      this.#line.forget(transaction)
    }
  }

  async #whileOpen<T>(running: Promise<T>): Promise<T> {
    this.#running.add(running)
    try {
      return await running
    } finally {
      this.#running.delete(running)
    }
  }

  #mustBeOpen(): void {
    if (this.#closing) throw new OutpostError('closed', 'the store is closed')
  }
}
