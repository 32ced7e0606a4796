import { storeContract } from '@outpost/core/testing'
import { expect, test } from 'vitest'
import { deleteOpfsDatabase, openOpfsStore } from '../open-opfs-store.ts'

storeContract('sqlite in the browser', { test, expect }, () => {
  const name = `contract ${crypto.randomUUID()}`
  return {
    open: () => openOpfsStore({ name }),
    remove: () => deleteOpfsDatabase(name),
  }
})
