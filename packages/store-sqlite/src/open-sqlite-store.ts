import type { Store } from '@outpost/core'
import { BetterSqliteConnection } from './better-sqlite-connection.ts'
import { openSqliteFile } from './sqlite-file.ts'
import type { SqliteStoreOptions } from './sqlite-file.ts'

/**
 * Opens the database file over better-sqlite3 and makes it when it is not there. Only one store can have a file open; the
 * lock dies with the process that holds it.
 *
 * Rejects with `store-busy` (another store has it open), `store-foreign` (not an Outpost database; the file is left as it
 * is), `store-newer` (written by a newer release), `store-readonly`, `store-full`, `invalid` (no such folder) or `store`.
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  return openSqliteFile(options, (path) => new BetterSqliteConnection(path))
}
