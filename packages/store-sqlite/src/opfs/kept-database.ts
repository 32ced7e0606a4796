import { runBody } from '@outpost/core/store'
import type { StoreChange, StoreReader } from '@outpost/core'
import { readCatalogue } from '../catalogue.ts'
import type { Catalogue } from '../catalogue.ts'
import type { Connection } from '../connection.ts'
import { lastSeq } from '../outbox-sql.ts'
import { SqliteReader } from '../sqlite-reader.ts'
import { WriteGroups } from '../write-group.ts'
import type { QueuedWrite } from '../write-group.ts'
import { Turns } from './turns.ts'

/**
 * The open database in the worker that owns it: one connection, which readers share and writers have to themselves.
 *
 * Each commit leaves a mark of its tab and transaction in the same transaction. So whoever owns the database next can tell a
 * tab what became of a commit that was not answered.
 */
export class KeptDatabase {
  readonly #connection: Connection
  readonly #turns = new Turns()
  readonly #writes: WriteGroups
  #catalogue: Catalogue

  constructor(connection: Connection) {
    this.#connection = connection
    connection.exec(
      'CREATE TABLE IF NOT EXISTS commits (tab TEXT NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (tab, id)) WITHOUT ROWID',
    )
    this.#catalogue = readCatalogue(connection, undefined)
    let seq = lastSeq(connection)
    this.#writes = new WriteGroups(
      connection,
      this.#catalogue,
      () => ++seq,
      (job) => this.#turns.alone(job),
    )
  }

  read(name: string, body: (tx: StoreReader) => Promise<void>): Promise<void> {
    return this.#turns.shared(async () => {
      this.#catalogue = readCatalogue(this.#connection, this.#catalogue)
      await runBody<StoreReader, void>(name, new SqliteReader(this.#connection, this.#catalogue), body)
    })
  }

  write(write: QueuedWrite): void {
    this.#writes.add(write)
  }

  /** Marks the transaction that is running as that of the tab, and forgets the marks that the tab needs no more. */
  mark(tab: string, id: number, settledBefore: number): void {
    this.#connection.run('DELETE FROM commits WHERE tab = ? AND id < ?', tab, settledBefore)
    this.#connection.run('INSERT INTO commits (tab, id) VALUES (?, ?)', tab, id)
  }

  isCommitted(tab: string, id: number): Promise<boolean> {
    const sql = 'SELECT 1 FROM commits WHERE tab = ? AND id = ?'
    return this.#turns.shared(async () => this.#connection.rows(sql, tab, id).length > 0)
  }

  /** Forgets the marks of all tabs but these. */
  keepMarksOf(tabs: readonly string[]): void {
    this.#connection.run('DELETE FROM commits WHERE tab NOT IN (SELECT value FROM json_each(?))', JSON.stringify(tabs))
  }

  /** A change that says that anything may have changed. */
  anyChange(): Promise<StoreChange> {
    return this.#turns.shared(async () => {
      this.#catalogue = readCatalogue(this.#connection, this.#catalogue)
      const tables = Array.from(this.#catalogue.tables.keys(), (table) => [table, []] as const)
      const seqs = this.#connection.rows('SELECT seq FROM outbox')
      return { name: 'elsewhere', rows: new Map(tables), transactions: seqs.map(([seq]) => Number(seq)) }
    })
  }

  /** Waits for what is running and waiting, then closes the connection. */
  async close(): Promise<void> {
    await this.#writes.idle()
    await this.#turns.alone(async () => this.#connection.close())
  }
}
