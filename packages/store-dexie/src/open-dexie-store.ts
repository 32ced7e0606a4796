import { OutpostError } from '@outpost/core'
import type { Store } from '@outpost/core'
import type { Dexie } from 'dexie'
import { connect, FORMAT, NATIVE_VERSION } from './schema.ts'
import type { IndexedDatabases } from './schema.ts'
import { DexieStore } from './dexie-store.ts'
import { storeError } from './errors.ts'

export interface DexieStoreOptions extends IndexedDatabases {
  /** The name of the IndexedDB database, one for each client org. */
  readonly name: string
}

/**
 * Opens the IndexedDB database of a client org and makes it when it is not there. Every tab and worker of the origin can
 * have it open at once.
 *
 * Rejects with `store-foreign` (not an Outpost database; it is left as it is), `store-newer` (written by a newer release),
 * `store-full` or `store` (there is no IndexedDB, or the browser refuses it).
 */
export async function openDexieStore(options: DexieStoreOptions): Promise<Store> {
  const factory = options.indexedDB ?? globalThis.indexedDB
  if (!factory) {
    throw new OutpostError('store', 'there is no IndexedDB here', { remedy: 'Pass one as the option indexedDB.' })
  }
  const opened: Dexie[] = []
  try {
    await judgeDatabase(factory, options.name)
    const strict = await connect(options.name, 'strict', options)
    opened.push(strict)
    const relaxed = await connect(options.name, 'relaxed', options)
    opened.push(relaxed)
    const channel = globalThis.BroadcastChannel && new BroadcastChannel(`outpost:${options.name}`)
    return new DexieStore({ strict, relaxed, channel })
  } catch (error) {
    for (const dexie of opened) dexie.close()
    throw storeError(error)
  }
}

/**
 * Rejects unless the database is ours or not there. Without Dexie, which would add its object stores to a database that it
 * does not know.
 */
async function judgeDatabase(factory: IDBFactory, name: string): Promise<void> {
  const database = await openAsItIs(factory, name)
  if (!database) return
  try {
    if (!database.objectStoreNames.contains('catalogue')) throw foreign(name)
    const marks = database.transaction('catalogue').objectStore('catalogue')
    const format: unknown = marks.keyPath === 'key' ? await answered(marks.get(FORMAT.key)) : undefined
    if (!isFormat(format)) throw foreign(name)
    if (format.version > FORMAT.version || database.version > NATIVE_VERSION) {
      throw new OutpostError('store-newer', `the database ${name} was written by a newer release`, {
        remedy: 'Reload the page, so that it runs the newer release.',
      })
    }
  } finally {
    database.close()
  }
}

/** The database, or undefined, and none is made, when there is none. */
function openAsItIs(factory: IDBFactory, name: string): Promise<IDBDatabase | undefined> {
  const request = factory.open(name)
  let absent = false
  return new Promise((resolve, reject) => {
    request.onupgradeneeded = () => {
      absent = true
      request.transaction?.abort()
    }
    request.onsuccess = () => resolve(request.result)
    request.onerror = (event) => {
      event.preventDefault()
      if (absent) resolve(undefined)
      else reject(request.error ?? new OutpostError('store', `the database ${name} cannot be opened`))
    }
  })
}

function answered<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new OutpostError('store', 'the database does not answer'))
  })
}

function isFormat(value: unknown): value is { readonly version: number } {
  if (typeof value !== 'object' || value === null) return false
  const { product, version } = value as { readonly product?: unknown; readonly version?: unknown }
  return product === FORMAT.product && typeof version === 'number'
}

function foreign(name: string): OutpostError {
  return new OutpostError('store-foreign', `the database ${name} is not an Outpost database`, {
    remedy: 'Choose another name. The database has been left as it is.',
  })
}
