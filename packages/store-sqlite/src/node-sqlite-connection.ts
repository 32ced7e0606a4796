import { OutpostError } from '@outpost/core/store'
import { Statements } from './connection.ts'
import type { Connection, SqlValue } from './connection.ts'
import { resultName, sqliteFailure } from './errors.ts'

/** What Node's own SQLite has, as far as it is used here; the types of the oldest Node we support do not know it. */
interface NodeSqlite {
  readonly DatabaseSync: new (path: string) => DatabaseSync
}

interface DatabaseSync {
  /** Since Node 22.16. */
  readonly isTransaction?: boolean
  exec(sql: string): void
  prepare(sql: string): StatementSync
  close(): void
}

interface StatementSync {
  all(...parameters: readonly SqlValue[]): unknown[]
  get(...parameters: readonly SqlValue[]): unknown
  run(...parameters: readonly SqlValue[]): unknown
  /** Since Node 22.16. */
  setReturnArrays?(enabled: boolean): void
}

/** The module `node:sqlite`; rejects with `store` where the running Node has none. */
export function nodeSqlite(): NodeSqlite {
  // Not an import, which would keep the whole package from loading; and Node has that function only since 20.16.
  const found = process.getBuiltinModule?.('node:sqlite') as NodeSqlite | undefined
  if (found) return found
  throw new OutpostError('store', `this Node (${process.version}) has no node:sqlite`, {
    remedy:
      'Run Node 22.13 or newer, or Node 22.5 with --experimental-sqlite; or use openSqliteStore of @outpost/store-sqlite, over better-sqlite3.',
  })
}

/** A connection through `node:sqlite`. Waits for no lock. */
export class NodeSqliteConnection implements Connection {
  readonly #database: DatabaseSync
  readonly #statements: Statements<StatementSync>

  constructor(path: string) {
    const { DatabaseSync } = nodeSqlite()
    this.#database = attempt(() => new DatabaseSync(path))
    this.#statements = new Statements((sql) => {
      const statement = this.#database.prepare(sql)
      statement.setReturnArrays?.(true)
      return statement
    })
  }

  get inTransaction(): boolean {
    return this.#database.isTransaction ?? this.#refusesToBegin()
  }

  exec(sql: string): void {
    attempt(() => this.#database.exec(sql))
  }

  pragma(text: string): unknown {
    const row = attempt(() => this.#database.prepare(`PRAGMA ${text}`).get())
    return row === undefined ? undefined : valuesOf(row)[0]
  }

  run(sql: string, ...parameters: readonly SqlValue[]): void {
    attempt(() => this.#statements.of(sql).run(...parameters))
  }

  runMany(sql: string, each: Iterable<SqlValue[]>): void {
    attempt(() => {
      const statement = this.#statements.of(sql)
      for (const parameters of each) statement.run(...parameters)
    })
  }

  rows(sql: string, ...parameters: readonly SqlValue[]): SqlValue[][] {
    return attempt(() => this.#statements.of(sql).all(...parameters)).map(valuesOf)
  }

  close(): void {
    attempt(() => this.#database.close())
  }

  /** What an older Node does not tell: SQLite begins no transaction inside another. */
  #refusesToBegin(): boolean {
    try {
      this.#database.exec('BEGIN')
    } catch {
      return true
    }
    this.#database.exec('ROLLBACK')
    return false
  }
}

/** An older Node gives rows as objects; no two columns of our queries have one name, and none is a number. */
function valuesOf(row: unknown): SqlValue[] {
  return Array.isArray(row) ? (row as SqlValue[]) : (Object.values(row as object) as SqlValue[])
}

function attempt<T>(operation: () => T): T {
  try {
    return operation()
  } catch (error) {
    throw isSqliteError(error) ? sqliteFailure(error, resultName(error.errcode)) : error
  }
}

function isSqliteError(error: unknown): error is Error & { readonly errcode: number } {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
}
