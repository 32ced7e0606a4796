import { OutpostError } from '@outpost/core/store'
import { foreign } from '../judge-header.ts'

/** A file of the origin private file system, open for reading and writing at once: what only dedicated workers can have. */
export interface SyncFile {
  read(into: Uint8Array, at: { readonly at: number }): number
  write(from: Uint8Array, at: { readonly at: number }): number
  getSize(): number
  truncate(bytes: number): void
  flush(): void
  close(): void
}

/** The name under which SQLite opens the database; its log and its journal stand beside it. */
export const DATABASE_FILE = 'client-org.db'

/** Every file that SQLite may want. They are opened beforehand, because opening one takes a promise and SQLite waits for none. */
const FILES: readonly string[] = [DATABASE_FILE, `${DATABASE_FILE}-wal`, `${DATABASE_FILE}-journal`]

/** The folder of the database in the root of the origin. */
export function folderName(name: string): string {
  return `outpost-${encodeURIComponent(name)}`
}

/**
 * Opens the files of the database, making those that are not there.
 *
 * Rejects with `store` where there is no such file system, `store-foreign` where something else has the name, and
 * `store-busy` when the files stay in use elsewhere.
 */
export async function openFiles(name: string): Promise<ReadonlyMap<string, SyncFile>> {
  const folder = await openFolder(name)
  const opened = new Map<string, SyncFile>()
  try {
    for (const file of FILES) opened.set(file, await openFile(folder, file))
    // Where the first drafts of the interface are implemented, sizes are promises.
    if (typeof opened.get(DATABASE_FILE)?.getSize() !== 'number') throw unsupported()
    return opened
  } catch (error) {
    for (const file of opened.values()) file.close()
    throw error
  }
}

async function openFolder(name: string): Promise<FileSystemDirectoryHandle> {
  if (!('createSyncAccessHandle' in (globalThis.FileSystemFileHandle?.prototype ?? {}))) throw unsupported()
  let root: FileSystemDirectoryHandle
  try {
    root = await navigator.storage.getDirectory()
  } catch (error) {
    // Private windows of some browsers, and sandboxed frames.
    throw unsupported(error)
  }
  try {
    return await root.getDirectoryHandle(folderName(name), { create: true })
  } catch (error) {
    throw isNamed(error, 'TypeMismatchError') ? foreign(name) : failed(error)
  }
}

/** How often, and how long in all, a file is tried that is still open in a worker that has just died. */
const PAUSE_MS = 50
const TRIES = 100

async function openFile(folder: FileSystemDirectoryHandle, name: string): Promise<SyncFile> {
  for (let left = TRIES; ; left--) {
    try {
      const handle = await folder.getFileHandle(name, { create: true })
      return await (handle as SyncFileHandle).createSyncAccessHandle()
    } catch (error) {
      if (isNamed(error, 'TypeMismatchError')) throw foreign(name)
      if (!isNamed(error, 'NoModificationAllowedError')) throw failed(error)
      if (left === 0) throw inUse(error)
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
  }
}

type SyncFileHandle = FileSystemFileHandle & { createSyncAccessHandle(): Promise<SyncFile> }

/** That this browser or window cannot keep a database in files. */
export function unsupported(cause?: unknown): OutpostError {
  return new OutpostError('store', 'this browser, or this kind of window, has no private file system with locks', {
    cause,
    remedy: 'Use openDexieStore of @outpost/store-dexie here.',
  })
}

/** What the file system failed with, as an error of the store. */
function failed(error: unknown): OutpostError {
  if (!isFull(error)) return OutpostError.from(error, 'store')
  return new OutpostError('store-full', 'the browser has no more space for this site', {
    cause: error,
    remedy: 'Free space on the device, or let the browser keep more for this site.',
  })
}

/** True for what a browser says when the origin may not keep more. */
export function isFull(error: unknown): boolean {
  return isNamed(error, 'QuotaExceededError')
}

function inUse(cause: unknown): OutpostError {
  return new OutpostError('store-busy', 'the files of the database are open elsewhere', {
    cause,
    remedy: 'Close the other tabs of this site.',
  })
}

function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name
}
