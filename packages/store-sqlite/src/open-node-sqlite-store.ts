import type { Store } from '@outpost/core'
import { nodeSqlite, NodeSqliteConnection } from './node-sqlite-connection.ts'
import { openSqliteFile } from './sqlite-file.ts'
import type { SqliteStoreOptions } from './sqlite-file.ts'

/**
 * Opens the database file over `node:sqlite`, which comes with Node, and makes it when it is not there. The file is the same
 * as that of `openSqliteStore`: what one has written the other opens, and only one of them can have it open.
 *
 * Rejects as `openSqliteStore` does, and with `store` where the running Node has no `node:sqlite`.
 */
export async function openNodeSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  nodeSqlite()
  return openSqliteFile(options, (path) => new NodeSqliteConnection(path))
}
