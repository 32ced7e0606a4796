import { OutpostError } from '@outpost/core/store'
import type { Connection } from './connection.ts'
import { foreign, judgeVersion } from './judge-header.ts'
import { APPLICATION_ID, createSchema, PAGE_SIZE } from './schema.ts'

interface ConnectionLimits {
  /** How much the write-ahead log may grow before it is copied into the file. */
  readonly checkpointPages: number
  readonly maxBytes: number | undefined
}

/** Sets what a connection does not read from the file. */
export function configureConnection(connection: Connection, { checkpointPages, maxBytes }: ConnectionLimits): void {
  connection.pragma('temp_store = MEMORY')
  connection.pragma(`wal_autocheckpoint = ${checkpointPages}`)
  connection.pragma(`journal_size_limit = ${checkpointPages * PAGE_SIZE}`)
  if (maxBytes !== undefined) connection.pragma(`max_page_count = ${Math.max(1, Math.floor(maxBytes / PAGE_SIZE))}`)
}

/** Makes an empty file a database, and makes sure that it is ours and can be written. */
export function prepareDatabase(name: string, connection: Connection): void {
  const [objects] = connection.rows('SELECT count(*) FROM sqlite_master')
  // Also after a process died while it made the file: SQLite has then undone what there was.
  if (objects?.[0] === 0 && connection.pragma('application_id') === 0) createSchema(connection)
  if (connection.pragma('application_id') !== APPLICATION_ID) throw foreign(name)
  judgeVersion(name, Number(connection.pragma('user_version')))
  if (connection.pragma('journal_mode = WAL') !== 'wal') {
    throw new OutpostError('store', `the file system of ${name} does not allow SQLite's write-ahead log`, {
      remedy: 'Keep the file on a local disk.',
    })
  }
  // On a file that is read-only SQLite allows the transaction, and refuses the first change.
  connection.exec('BEGIN IMMEDIATE; UPDATE catalogue SET stamp = stamp; ROLLBACK')
}
