import type { Database, PreparedStatement, Sqlite3Static } from '@sqlite.org/sqlite-wasm'
import { Statements } from '../connection.ts'
import type { Connection, SqlValue } from '../connection.ts'
import { resultName, sqliteFailure } from '../errors.ts'
import { rawSqlite } from './sqlite-wasm.ts'
import type { RawSqlite } from './sqlite-wasm.ts'

const ROW = 100
const DONE = 101

/** The memory that parameters are first given. */
const PARAMETER_BYTES = 64 * 1024

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** A connection through sqlite-wasm. */
export class WasmConnection implements Connection {
  readonly #sqlite: Sqlite3Static
  readonly #raw: RawSqlite
  readonly #database: Database
  readonly #pointer: number
  readonly #statements: Statements<PreparedStatement>
  /** Where the texts and blobs of one execution stand, for as long as it takes. */
  #parameters: number
  #parameterBytes = PARAMETER_BYTES

  constructor(sqlite: Sqlite3Static, filename: string, vfs: string) {
    this.#sqlite = sqlite
    this.#raw = rawSqlite(sqlite)
    this.#database = this.#attempt(() => new sqlite.oo1.DB({ filename, flags: 'c', vfs }))
    this.#pointer = Number(this.#database.pointer)
    this.#parameters = Number(sqlite.wasm.alloc(PARAMETER_BYTES))
    this.#statements = new Statements(
      (sql) => this.#database.prepare(sql),
      (statement) => statement.finalize(),
    )
  }

  get inTransaction(): boolean {
    return this.#raw.sqlite3_get_autocommit(this.#pointer) === 0
  }

  exec(sql: string): void {
    this.#attempt(() => this.#database.exec(sql))
  }

  pragma(text: string): unknown {
    return this.#attempt(() => this.#database.selectValue(`PRAGMA ${text}`))
  }

  run(sql: string, ...parameters: readonly SqlValue[]): void {
    this.#run(this.#prepared(sql), parameters)
  }

  runMany(sql: string, each: Iterable<SqlValue[]>): void {
    const statement = this.#prepared(sql)
    for (const parameters of each) this.#run(statement, parameters)
  }

  rows(sql: string, ...parameters: readonly SqlValue[]): SqlValue[][] {
    const raw = this.#raw
    const statement = this.#prepared(sql)
    const found: SqlValue[][] = []
    this.#bind(statement, parameters)
    const width = raw.sqlite3_column_count(statement)
    let result = raw.sqlite3_step(statement)
    for (; result === ROW; result = raw.sqlite3_step(statement)) {
      const heap = this.#sqlite.wasm.heap8u()
      const row = new Array<SqlValue>(width)
      for (let at = 0; at < width; at++) row[at] = columnValue(raw, heap, statement, at)
      found.push(row)
    }
    this.#end(statement, result)
    return found
  }

  close(): void {
    this.#statements.clear()
    this.#sqlite.wasm.dealloc(this.#parameters)
    this.#attempt(() => this.#database.close())
  }

  #prepared(sql: string): number {
    return Number(this.#attempt(() => this.#statements.of(sql)).pointer)
  }

  #run(statement: number, parameters: readonly SqlValue[]): void {
    this.#bind(statement, parameters)
    this.#end(statement, this.#raw.sqlite3_step(statement))
  }

  #end(statement: number, result: number): void {
    if (result === DONE || result === ROW) {
      this.#raw.sqlite3_reset(statement)
      return
    }
    const message = this.#sqlite.capi.sqlite3_errmsg(this.#pointer)
    this.#raw.sqlite3_reset(statement)
    throw sqliteFailure(new Error(message), resultName(result))
  }

  /** Binds every parameter. What is bound is not copied: it stands in our memory until the statement has been reset. */
  #bind(statement: number, parameters: readonly SqlValue[]): void {
    const raw = this.#raw
    this.#makeRoom(parameters)
    const heap = this.#sqlite.wasm.heap8u()
    let free = this.#parameters
    for (let n = 0; n < parameters.length; n++) {
      const value = parameters[n] ?? null
      const at = n + 1
      if (typeof value === 'string') {
        const bytes = writeText(heap, free, value)
        raw.sqlite3_bind_text(statement, at, free, bytes, 0)
        free += bytes
      } else if (value === null) raw.sqlite3_bind_null(statement, at)
      else if (typeof value === 'number') {
        if ((value | 0) === value) raw.sqlite3_bind_int(statement, at, value)
        else raw.sqlite3_bind_double(statement, at, value)
      } else {
        heap.set(value, free)
        raw.sqlite3_bind_blob(statement, at, free, value.length, 0)
        free += value.length
      }
    }
  }

  #makeRoom(parameters: readonly SqlValue[]): void {
    let bytes = 1
    for (const value of parameters) {
      if (typeof value === 'string') bytes += value.length * 3
      else if (value instanceof Uint8Array) bytes += value.length
    }
    if (bytes <= this.#parameterBytes) return
    this.#sqlite.wasm.dealloc(this.#parameters)
    this.#parameterBytes = bytes * 2
    this.#parameters = Number(this.#sqlite.wasm.alloc(this.#parameterBytes))
  }

  #attempt<T>(operation: () => T): T {
    try {
      return operation()
    } catch (error) {
      throw error instanceof this.#sqlite.SQLite3Error ? sqliteFailure(error, resultName(error.resultCode)) : error
    }
  }
}

/** Writes the text as UTF-8 and gives back its length. Most texts are short and ASCII, for which an encoder is slower. */
function writeText(heap: Uint8Array, place: number, text: string): number {
  const { length } = text
  for (let at = 0; at < length; at++) {
    const code = text.charCodeAt(at)
    if (code > 127) return encoder.encodeInto(text, heap.subarray(place, place + length * 3)).written
    heap[place + at] = code
  }
  return length
}

function columnValue(raw: RawSqlite, heap: Uint8Array, statement: number, at: number): SqlValue {
  switch (raw.sqlite3_column_type(statement, at)) {
    case 1:
    case 2:
      return raw.sqlite3_column_double(statement, at)
    case 3: {
      const place = raw.sqlite3_column_text(statement, at)
      return decoder.decode(heap.subarray(place, place + raw.sqlite3_column_bytes(statement, at)))
    }
    case 4: {
      const place = raw.sqlite3_column_blob(statement, at)
      return heap.slice(place, place + raw.sqlite3_column_bytes(statement, at))
    }
    default:
      return null
  }
}
