export { openNodeSqliteStore } from './open-node-sqlite-store.ts'
export type { SqliteStoreOptions } from './sqlite-file.ts'
