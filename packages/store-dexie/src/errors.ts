import { OutpostError } from '@outpost/core'
import { Dexie } from 'dexie'

/** What IndexedDB or Dexie failed with, as an error of the store; every other error is given back as it is. */
export function storeError(error: unknown): unknown {
  if (!isDatabaseError(error)) return error
  const names = namesOf(error)
  if (names.has('QuotaExceededError')) {
    return new OutpostError('store-full', error.message, {
      cause: error,
      remedy: 'Free space on the device, or let the browser keep more for this site.',
    })
  }
  if (names.has('DatabaseClosedError') || names.has('InvalidStateError')) {
    return new OutpostError('closed', `the browser has closed the database: ${error.message}`, { cause: error })
  }
  return new OutpostError('store', `${error.message} (${error.name})`, {
    cause: error,
    remedy: 'Reload the page; what was committed is kept.',
  })
}

/** True for what `storeError` has made of a failure of the database. */
export function isStoreError(error: unknown): boolean {
  return error instanceof OutpostError && isDatabaseError(error.cause)
}

/** True when the error, or one it was made from, says that there is no space left. */
export function isFull(error: unknown): boolean {
  return isDatabaseError(error) && namesOf(error).has('QuotaExceededError')
}

interface DatabaseError {
  readonly name: string
  readonly message: string
  /** Dexie's word for a cause. */
  readonly inner?: unknown
  /** What went wrong in a bulk operation. */
  readonly failures?: readonly unknown[]
}

function isDatabaseError(error: unknown): error is DatabaseError {
  return error instanceof Dexie.DexieError || error instanceof DOMException
}

function namesOf(error: DatabaseError): Set<string> {
  const names = new Set([error.name])
  for (const cause of [error.inner, ...(error.failures ?? [])]) {
    if (isDatabaseError(cause)) for (const name of namesOf(cause)) names.add(name)
  }
  return names
}
