import { closeSync, existsSync, openSync, readSync, realpathSync, rmSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { OutpostError } from '@outpost/core/store'
import type { OutpostErrorCode, Store } from '@outpost/core'
import type { Connection } from './connection.ts'
import { foreign, HEADER_BYTES, judgeHeader } from './judge-header.ts'
import { configureConnection, prepareDatabase } from './prepare-database.ts'
import { SqliteStore } from './sqlite-store.ts'

export interface SqliteStoreOptions {
  /** The database file. It is made when it is not there; its folder must be. */
  readonly path: string
  /** The largest size of the file. What would make it larger fails with `store-full`. Without limit when absent. */
  readonly maxBytes?: number
}

/**
 * How much the write-ahead log may grow before it is copied into the file, in pages. The default of 1,000 copies pages of
 * a first download that the next pages change again; the log then takes up to 80 MB beside the file.
 */
const CHECKPOINT_PAGES = 5_000

/** Makes a connection to the file by its absolute path, without waiting for locks. */
export type Connect = (path: string) => Connection

/**
 * Opens the database file and makes it when it is not there. Only one store can have a file open; the lock dies with the
 * process that holds it.
 *
 * Rejects with `store-busy` (another store has it open), `store-foreign` (not an Outpost database; the file is left as it
 * is), `store-newer` (written by a newer release), `store-readonly`, `store-full`, `invalid` (no such folder) or `store`.
 */
export async function openSqliteFile(options: SqliteStoreOptions, connect: Connect): Promise<Store> {
  const path = filePath(options.path)
  const lockPath = `${path}-lock`
  const lockIsNew = !existsSync(lockPath)
  const opened: Connection[] = []
  try {
    const lock = takeLock(path, lockPath, connect)
    opened.push(lock)
    judgeFile(path)
    const writer = openConnection(path, options, connect)
    opened.push(writer)
    prepareDatabase(path, writer)
    const reader = openConnection(path, options, connect)
    opened.push(reader)
    reader.pragma('query_only = ON')
    return new SqliteStore({ writer, reader, lock })
  } catch (error) {
    for (const connection of opened.reverse()) connection.close()
    // Only beside a file that no store will ever open: to delete a lock that another waits for would let two in.
    if (lockIsNew && isOutpostError(error, 'store-foreign')) rmSync(lockPath, { force: true })
    throw error
  }
}

function filePath(path: string): string {
  if (path === '' || path === ':memory:') {
    throw new OutpostError('invalid', 'a SQLite store needs the path of a file', {
      place: { rule: 'path' },
      remedy: 'Give a path, or use memoryStore() of @outpost/core/memory.',
    })
  }
  const absolute = resolve(path)
  if (!existsSync(dirname(absolute))) {
    throw new OutpostError('invalid', `the folder ${dirname(absolute)} does not exist`, {
      place: { rule: 'path' },
      remedy: 'Make the folder first.',
    })
  }
  // Two names of one file must find one lock.
  if (existsSync(absolute)) return realpathSync(absolute)
  return join(realpathSync(dirname(absolute)), absolute.slice(dirname(absolute).length))
}

/**
 * Throws unless the file can be ours, without touching it. Called with the lock held: to open and close a file that another
 * store of this process has open would drop that store's own locks (POSIX locks belong to the process, not to the opener).
 */
function judgeFile(path: string): void {
  if (!existsSync(path)) return
  if (!statSync(path).isFile()) throw foreign(path)
  judgeHeader(path, readHeader(path), existsSync(`${path}-journal`))
}

function readHeader(path: string): Buffer {
  const header = Buffer.alloc(HEADER_BYTES)
  let file: number
  try {
    file = openSync(path, 'r')
  } catch (error) {
    throw notWritable(path, error)
  }
  try {
    return header.subarray(0, readSync(file, header))
  } finally {
    closeSync(file)
  }
}

/** Holds a lock on a file of its own for as long as the connection is open. SQLite's locks are those of the operating system. */
function takeLock(path: string, lockPath: string, connect: Connect): Connection {
  const lock = openWritable(lockPath, connect)
  try {
    lock.exec('BEGIN EXCLUSIVE')
    return lock
  } catch (error) {
    lock.close()
    if (!isOutpostError(error, 'store-busy')) throw error
    throw new OutpostError('store-busy', `${path} is open in another store, of this or another process`, {
      cause: error,
      remedy: 'Close the other program, or the other store of this one.',
    })
  }
}

function openConnection(path: string, { maxBytes }: SqliteStoreOptions, connect: Connect): Connection {
  const connection = openWritable(path, connect)
  configureConnection(connection, { checkpointPages: CHECKPOINT_PAGES, maxBytes })
  return connection
}

function openWritable(path: string, connect: Connect): Connection {
  try {
    return connect(path)
  } catch (error) {
    // The folder is there, so what cannot be opened cannot be made or written.
    if (!isOutpostError(error, 'store')) throw error
    throw notWritable(path, error)
  }
}

function notWritable(path: string, cause: unknown): OutpostError {
  return new OutpostError('store-readonly', `${path} cannot be opened for reading and writing`, {
    cause,
    remedy: 'Give this user the right to read and write the file and its folder.',
  })
}

function isOutpostError(error: unknown, code: OutpostErrorCode): boolean {
  return error instanceof OutpostError && error.code === code
}
