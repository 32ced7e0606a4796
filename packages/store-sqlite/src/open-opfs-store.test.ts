import { expect, test } from 'vitest'
import { deleteOpfsDatabase, openOpfsStore } from './open-opfs-store.ts'

test('where there is no such file system, it is said that the other store is the way out', async () => {
  const remedy = expect.stringContaining('@outpost/store-dexie') as unknown
  await expect(openOpfsStore({ name: 'client' })).rejects.toMatchObject({ code: 'store', remedy })
  await expect(deleteOpfsDatabase('client')).rejects.toMatchObject({ code: 'store', remedy })
  await expect(openOpfsStore({ name: '' })).rejects.toMatchObject({ code: 'invalid' })
})
