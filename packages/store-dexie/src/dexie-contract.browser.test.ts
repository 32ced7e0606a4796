import { storeContract } from '@outpost/core/testing'
import { Dexie } from 'dexie'
import { expect, test } from 'vitest'
import { openDexieStore } from './open-dexie-store.ts'

storeContract('dexie in the browser', { test, expect }, () => {
  const name = `contract ${crypto.randomUUID()}`
  return {
    open: () => openDexieStore({ name }),
    remove: () => Dexie.delete(name),
  }
})
