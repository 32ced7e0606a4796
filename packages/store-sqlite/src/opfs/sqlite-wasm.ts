import type { Sqlite3Static } from '@sqlite.org/sqlite-wasm'

/** Functions of SQLite by their C names, without the conversions that the package puts around them: those cost more than the calls. */
export interface RawSqlite {
  sqlite3_bind_blob(statement: number, at: number, pointer: number, bytes: number, destructor: 0): number
  sqlite3_bind_double(statement: number, at: number, value: number): number
  sqlite3_bind_int(statement: number, at: number, value: number): number
  sqlite3_bind_null(statement: number, at: number): number
  sqlite3_bind_text(statement: number, at: number, pointer: number, bytes: number, destructor: 0): number
  sqlite3_column_blob(statement: number, at: number): number
  sqlite3_column_bytes(statement: number, at: number): number
  sqlite3_column_count(statement: number): number
  sqlite3_column_double(statement: number, at: number): number
  sqlite3_column_text(statement: number, at: number): number
  sqlite3_column_type(statement: number, at: number): number
  sqlite3_get_autocommit(database: number): number
  sqlite3_reset(statement: number): number
  sqlite3_step(statement: number): number
}

export function rawSqlite(sqlite: Sqlite3Static): RawSqlite {
  return sqlite.wasm.exports as RawSqlite
}
