import { ChangeListeners, OutpostError, systemEnv } from '@outpost/core/store'
import type { Store } from '@outpost/core'
import { ownerLock } from './opfs/messages.ts'
import { OpfsStore } from './opfs/opfs-store.ts'
import { folderName, unsupported } from './opfs/origin-files.ts'
import { OwnerLine } from './opfs/owner-line.ts'

export interface OpfsStoreOptions {
  /** The name of the database within the origin, one for each client org. */
  readonly name: string
  /** The largest size of the database. What would make it larger fails with `store-full`. Without limit when absent. */
  readonly maxBytes?: number
  /** How long a transaction may ask for nothing before it is rolled back, so that others can go on. The default is 60,000. */
  readonly idleMs?: number
  /** Starts the worker `@outpost/store-sqlite/opfs-worker`, where the bundler does not do so by itself. */
  readonly worker?: () => Worker
}

const IDLE_MS = 60_000

/**
 * Opens a SQLite database in the origin private file system and makes it when it is not there. Every tab of the origin can
 * have it open at once: the worker of one of them owns it, and another takes over when that one closes or dies.
 *
 * Rejects with `store-foreign` (not an Outpost database; it is left as it is), `store-newer` (written by a newer release),
 * `store-busy` (a tab of another release owns it), `store-full`, `invalid` (no name) or `store` (the browser lacks what this
 * needs, or the worker does not start).
 */
export async function openOpfsStore(options: OpfsStoreOptions): Promise<Store> {
  const { name, maxBytes, idleMs = IDLE_MS, worker = startWorker } = options
  mustBeName(name)
  mustBeSupported()
  const listeners = new ChangeListeners()
  const line = new OwnerLine({
    name,
    maxBytes,
    idleMs,
    startWorker: worker,
    newId: () => systemEnv.newId(),
    onChange: (change) => listeners.tell(change),
  })
  try {
    await line.join()
  } catch (error) {
    await line.close()
    throw error
  }
  return new OpfsStore(line, listeners)
}

/** Deletes the database with everything in it. Rejects with `store-busy` while a store has it open. */
export async function deleteOpfsDatabase(name: string): Promise<void> {
  mustBeName(name)
  mustBeSupported()
  await navigator.locks.request(ownerLock(name), { ifAvailable: true }, async (lock) => {
    if (!lock) {
      throw new OutpostError('store-busy', `the database ${name} is open`, { remedy: 'Close the store, in all tabs.' })
    }
    const root = await navigator.storage.getDirectory()
    try {
      await root.removeEntry(folderName(name), { recursive: true })
    } catch (error) {
      if (!(error instanceof DOMException) || error.name !== 'NotFoundError') throw OutpostError.from(error, 'store')
    }
  })
}

function mustBeName(name: string): void {
  if (name !== '') return
  throw new OutpostError('invalid', 'a database needs a name', { place: { rule: 'name' } })
}

function mustBeSupported(): void {
  const has: Partial<typeof navigator> | undefined = globalThis.navigator
  const hasWorkers = 'Worker' in globalThis && 'BroadcastChannel' in globalThis
  if (!hasWorkers || !has?.locks || !has.storage || !('getDirectory' in has.storage)) throw unsupported()
}

function startWorker(): Worker {
  return new Worker(new URL('./opfs-worker.js', import.meta.url), { type: 'module' })
}
