import type { Canary } from '@outpost/core'

/** The part of `localStorage` that a canary lives in. */
export interface TextStorage {
  getItem(key: string): string | null
  setItem(key: string, text: string): void
}

/**
 * A canary beside the IndexedDB database of that name, for `ClientOrg.open`: pages pass their `localStorage`, which some
 * clean-ups spare that clear IndexedDB. Workers have none.
 */
export function localStorageCanary(storage: TextStorage, name: string): Canary {
  const key = `outpost canary of ${name}`
  return {
    read: () => storage.getItem(key),
    write: (text) => storage.setItem(key, text),
  }
}
