import { expect, test } from 'vitest'
import { MemoryDatabase, memoryStore } from './memory.ts'
import { storeContract } from './testing.ts'

storeContract('memory', { test, expect }, () => {
  const database = new MemoryDatabase()
  return { open: async () => memoryStore({ database }) }
})

test('a crash loses the write that was running, keeps what was committed, and frees the database', async () => {
  const database = new MemoryDatabase()
  const store = memoryStore({ database })
  await store.write('committed', (tx) => tx.setValue('a', 1))
  const dying = store.write('dying', async (tx) => {
    await tx.setValue('b', 2)
    database.crash()
  })
  await expect(dying).rejects.toMatchObject({ code: 'closed' })
  await expect(store.read('read', (tx) => tx.value('a'))).rejects.toMatchObject({ code: 'closed' })

  const next = memoryStore({ database })
  expect(await next.read('list', (tx) => tx.values(''))).toEqual([{ key: 'a', value: 1 }])
  await store.close()
  expect(await next.read('list', (tx) => tx.values('a'))).toEqual([{ key: 'a', value: 1 }])
})

test('what the store gives back cannot be changed', async () => {
  const store = memoryStore()
  await store.write('set', async (tx) => {
    await tx.defineTables([{ name: 'account', columns: [{ name: 'name', type: 'text' }], indexes: [] }])
    await tx.putRows('account', [{ id: 'a', version: null, values: { name: 'x' } }])
    await tx.setValue('key', { list: [1] })
  })
  const [row] = await store.read('get', (tx) => tx.rows('account', ['a']))
  expect(Object.isFrozen(row?.values)).toBe(true)
  expect(Object.isFrozen(await store.read('get', (tx) => tx.value('key')))).toBe(true)
})
