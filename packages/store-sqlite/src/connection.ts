import Database from 'better-sqlite3'
import { storeError } from './errors.ts'

/** A value that SQLite keeps. */
export type SqlValue = string | number | Uint8Array | null

const MAX_STATEMENTS = 400

/** One connection to a SQLite file, with its prepared statements. Failures are thrown as errors of the store. */
export class Connection {
  readonly #database: Database.Database
  readonly #statements = new Map<string, Database.Statement<SqlValue[]>>()

  constructor(path: string, options: Database.Options) {
    this.#database = attempt(() => new Database(path, options))
  }

  /** True unless SQLite has rolled the transaction back by itself, as it does when the disk is full. */
  get inTransaction(): boolean {
    return this.#database.inTransaction
  }

  /** Runs statements that give no rows and have no parameters, without keeping them. */
  exec(sql: string): void {
    attempt(() => this.#database.exec(sql))
  }

  /** Runs a pragma and gives back its first value. */
  pragma(text: string): unknown {
    return attempt(() => this.#database.pragma(text, { simple: true }))
  }

  /** Runs a kept statement that gives no rows. */
  run(sql: string, ...parameters: readonly SqlValue[]): void {
    attempt(() => this.#statement(sql).run(...parameters))
  }

  /** Runs a kept statement once for each list of parameters. */
  runMany(sql: string, each: Iterable<SqlValue[]>): void {
    attempt(() => {
      const statement = this.#statement(sql)
      for (const parameters of each) statement.run(...parameters)
    })
  }

  /** The rows that a kept statement gives, as arrays. */
  rows(sql: string, ...parameters: readonly SqlValue[]): SqlValue[][] {
    return attempt(() => this.#statement(sql).all(...parameters) as SqlValue[][])
  }

  close(): void {
    attempt(() => this.#database.close())
  }

  #statement(sql: string): Database.Statement<SqlValue[]> {
    let statement = this.#statements.get(sql)
    if (statement) return statement
    statement = this.#database.prepare<SqlValue[]>(sql)
    if (statement.reader) statement.raw(true)
    if (this.#statements.size >= MAX_STATEMENTS) {
      const [oldest = ''] = this.#statements.keys()
      this.#statements.delete(oldest)
    }
    this.#statements.set(sql, statement)
    return statement
  }
}

function attempt<T>(operation: () => T): T {
  try {
    return operation()
  } catch (error) {
    throw storeError(error)
  }
}

/** The name as an identifier of SQL, whatever characters it holds. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
