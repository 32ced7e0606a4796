/** A value that SQLite keeps. */
export type SqlValue = string | number | Uint8Array | null

/**
 * One connection to a SQLite database, with its prepared statements: what a driver has to offer. Failures of SQLite are
 * thrown as errors of the store.
 */
export interface Connection {
  /** False when SQLite has rolled the transaction back by itself, as it does when the disk is full. */
  readonly inTransaction: boolean
  /** Runs statements that give no rows and have no parameters, without keeping them. */
  exec(sql: string): void
  /** Runs a pragma and gives back its first value. */
  pragma(text: string): unknown
  /** Runs a kept statement that gives no rows. */
  run(sql: string, ...parameters: readonly SqlValue[]): void
  /** Runs a kept statement once for each list of parameters, before the next is asked for: it may be the same one, filled anew. */
  runMany(sql: string, each: Iterable<SqlValue[]>): void
  /** The rows that a kept statement gives, as arrays. */
  rows(sql: string, ...parameters: readonly SqlValue[]): SqlValue[][]
  close(): void
}

const MAX_STATEMENTS = 400

/** The prepared statements of a connection, by their text. The oldest leave when there are too many. */
export class Statements<Statement> {
  readonly #prepare: (sql: string) => Statement
  readonly #release: (statement: Statement) => void
  readonly #kept = new Map<string, Statement>()

  constructor(prepare: (sql: string) => Statement, release: (statement: Statement) => void = ignore) {
    this.#prepare = prepare
    this.#release = release
  }

  of(sql: string): Statement {
    let statement = this.#kept.get(sql)
    if (statement) return statement
    statement = this.#prepare(sql)
    const [oldest] = this.#kept
    if (oldest && this.#kept.size >= MAX_STATEMENTS) {
      this.#kept.delete(oldest[0])
      this.#release(oldest[1])
    }
    this.#kept.set(sql, statement)
    return statement
  }

  /** Releases all of them. */
  clear(): void {
    for (const statement of this.#kept.values()) this.#release(statement)
    this.#kept.clear()
  }
}

/** The name as an identifier of SQL, whatever characters it holds. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

function ignore(): void {}
