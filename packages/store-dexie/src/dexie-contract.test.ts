import { storeContract } from '@outpost/core/testing'
import { IDBFactory, IDBKeyRange } from 'fake-indexeddb'
import { expect, test } from 'vitest'
import { openDexieStore } from './open-dexie-store.ts'

let databases = 0

storeContract('dexie on fake-indexeddb', { test, expect }, () => {
  const indexedDB = new IDBFactory()
  const name = `contract ${++databases}`
  return { open: () => openDexieStore({ name, indexedDB, IDBKeyRange }) }
})
