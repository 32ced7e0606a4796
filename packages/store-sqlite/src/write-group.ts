import type { StoreChange, StoreWriter } from '@outpost/core'
import { OutpostError, runBody } from '@outpost/core/store'
import type { Catalogue } from './catalogue.ts'
import type { Connection } from './connection.ts'
import { KeptValues } from './kept-values.ts'
import { SqliteWriter } from './sqlite-writer.ts'

/** One call of `write` that waits for its turn. */
export interface QueuedWrite {
  readonly name: string
  readonly strict: boolean
  readonly body: (tx: StoreWriter) => Promise<unknown>
  /** Called after the commit, in the order of the commits. */
  readonly resolve: (result: unknown, change: StoreChange) => void
  readonly reject: (error: unknown) => void
}

/** Runs the job when it may have the connection to itself, and settles when the job has ended. */
export type Turn = (job: () => Promise<void>) => Promise<void>

interface DoneWrite {
  readonly write: QueuedWrite
  readonly result: unknown
  readonly writer: SqliteWriter
}

/** The longest a caller waits for others to share its commit. */
const MAX_GROUP = 500

/**
 * The writes of a store, run one after another. Strict writes that are waiting together share one transaction and so one
 * sync of the disk, each in a savepoint of its own: what rejects is undone alone. Every caller waits for the commit.
 */
export class WriteGroups {
  readonly #connection: Connection
  readonly #nextSeq: () => number
  readonly #turn: Turn
  readonly #values = new KeptValues()
  readonly #waiting: QueuedWrite[] = []
  #catalogue: Catalogue
  #running: Promise<void> | undefined
  #synchronous: 'FULL' | 'NORMAL' | undefined

  constructor(connection: Connection, catalogue: Catalogue, nextSeq: () => number, turn: Turn = atOnce) {
    this.#connection = connection
    this.#catalogue = catalogue
    this.#nextSeq = nextSeq
    this.#turn = turn
  }

  add(write: QueuedWrite): void {
    this.#waiting.push(write)
    this.#running ??= this.#run()
  }

  /** Resolves when every write added so far has settled. */
  async idle(): Promise<void> {
    while (this.#running) await this.#running
  }

  async #run(): Promise<void> {
    // The first group waits a turn, so that writes that are made together meet in it.
    await Promise.resolve()
    for (let first = this.#waiting.shift(); first; first = this.#waiting.shift()) {
      const write = first
      await this.#turn(() => this.#runGroup(write))
    }
    this.#running = undefined
  }

  async #runGroup(first: QueuedWrite): Promise<void> {
    const done: DoneWrite[] = []
    const before = this.#catalogue
    try {
      this.#begin(first.strict)
    } catch (error) {
      first.reject(error)
      return
    }
    for (let next: QueuedWrite | undefined = first; next; next = this.#joining(first, done.length)) {
      const failure = await this.#runOne(next, done)
      if (!failure) continue
      next.reject(failure.error)
      if (done.length > 0 && this.#connection.inTransaction) continue
      this.#rollBack(before, done, failure.error)
      return
    }
    try {
      this.#connection.run('COMMIT')
    } catch (error) {
      this.#rollBack(before, done, error)
      return
    }
    for (const { write, result, writer } of done) write.resolve(result, writer.changes.toChange(write.name))
  }

  /** Runs the body; what it did is undone when it fails. The first of a group needs no savepoint for that. */
  async #runOne(write: QueuedWrite, done: DoneWrite[]): Promise<{ readonly error: unknown } | undefined> {
    const alone = done.length === 0
    const writer = new SqliteWriter(this.#connection, this.#catalogue, this.#nextSeq, this.#values)
    try {
      if (!alone) this.#connection.run('SAVEPOINT one')
      const result = await runBody<StoreWriter, unknown>(write.name, writer, write.body)
      if (!alone) this.#connection.run('RELEASE one')
      this.#catalogue = writer.tables
      done.push({ write, result, writer })
      return undefined
    } catch (error) {
      this.#values.clear()
      if (!alone && this.#connection.inTransaction) {
        this.#connection.run('ROLLBACK TO one')
        this.#connection.run('RELEASE one')
      }
      return { error }
    }
  }

  #joining(first: QueuedWrite, size: number): QueuedWrite | undefined {
    // Relaxed commits wait for no disk, so there is nothing to share; and a page must not delay the write behind it.
    if (!first.strict || !this.#waiting[0]?.strict || size >= MAX_GROUP) return undefined
    return this.#waiting.shift()
  }

  #begin(strict: boolean): void {
    const synchronous = strict ? 'FULL' : 'NORMAL'
    if (this.#synchronous !== synchronous) this.#connection.pragma(`synchronous = ${synchronous}`)
    this.#synchronous = synchronous
    this.#connection.run('BEGIN IMMEDIATE')
  }

  /** Undoes the whole group: its first body failed, or SQLite could not go on, as when the disk is full. */
  #rollBack(before: Catalogue, done: readonly DoneWrite[], error: unknown): void {
    if (this.#connection.inTransaction) this.#connection.run('ROLLBACK')
    this.#values.clear()
    this.#catalogue = before
    const reason = OutpostError.from(error, 'store')
    for (const { write } of done) write.reject(reason)
  }
}

function atOnce(job: () => Promise<void>): Promise<void> {
  return job()
}
