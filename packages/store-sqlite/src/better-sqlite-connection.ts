import Database from 'better-sqlite3'
import { Statements } from './connection.ts'
import type { Connection, SqlValue } from './connection.ts'
import { sqliteFailure } from './errors.ts'

/** A connection through better-sqlite3. Waits for no lock. */
export class BetterSqliteConnection implements Connection {
  readonly #database: Database.Database
  readonly #statements: Statements<Database.Statement<[readonly SqlValue[]]>>

  constructor(path: string) {
    this.#database = attempt(() => new Database(path, { timeout: 0 }))
    this.#statements = new Statements((sql) => {
      const statement = this.#database.prepare<[readonly SqlValue[]]>(sql)
      return statement.reader ? statement.raw(true) : statement
    })
  }

  get inTransaction(): boolean {
    return this.#database.inTransaction
  }

  exec(sql: string): void {
    attempt(() => this.#database.exec(sql))
  }

  pragma(text: string): unknown {
    return attempt(() => this.#database.pragma(text, { simple: true }))
  }

  run(sql: string, ...parameters: readonly SqlValue[]): void {
    attempt(() => this.#statements.of(sql).run(parameters))
  }

  runMany(sql: string, each: Iterable<SqlValue[]>): void {
    attempt(() => {
      const statement = this.#statements.of(sql)
      for (const parameters of each) statement.run(parameters)
    })
  }

  rows(sql: string, ...parameters: readonly SqlValue[]): SqlValue[][] {
    return attempt(() => this.#statements.of(sql).all(parameters) as SqlValue[][])
  }

  close(): void {
    attempt(() => this.#database.close())
  }
}

function attempt<T>(operation: () => T): T {
  try {
    return operation()
  } catch (error) {
    throw error instanceof Database.SqliteError ? sqliteFailure(error, error.code) : error
  }
}
