import { MemoryDatabase, memoryStore } from '@outpost/core/memory'
import type { Store } from '@outpost/core'
import { expect, test } from 'vitest'
import { ShakyStore } from './shaky-store.ts'

const UNWATCHED = { onStruck: () => {}, onCommitted: () => {} }

const put = (store: Store, value: string, durability: 'strict' | 'relaxed' = 'strict'): Promise<void> =>
  store.write('put', (tx) => tx.setValue('value', value), { durability })

const read = (store: Store): Promise<unknown> => store.read('get', (tx) => tx.value('value'))

test('a commit that fails before it is made leaves nothing, one that fails after it is there', async () => {
  const shaky = new ShakyStore(memoryStore(), UNWATCHED)
  const tab = shaky.tab({ exclusive: true })
  shaky.plan({ commit: 2, when: 'before', dies: false })
  await put(tab, 'first')
  await expect(put(tab, 'second')).rejects.toMatchObject({ code: 'store' })
  expect(await read(shaky.bare)).toBe('first')
  shaky.plan({ commit: 1, when: 'after', dies: false })
  await expect(put(tab, 'third')).rejects.toMatchObject({ code: 'store' })
  expect(await read(tab)).toBe('third')
})

test('reads are counted by themselves', async () => {
  const shaky = new ShakyStore(memoryStore(), UNWATCHED)
  const tab = shaky.tab({ exclusive: true })
  shaky.plan({ commit: 2, when: 'read', dies: false })
  await put(tab, 'first')
  await read(tab)
  await expect(read(tab)).rejects.toMatchObject({ code: 'store' })
  expect(await read(tab)).toBe('first')
})

test('where the power fails, nothing is committed that waits behind', async () => {
  const shaky = new ShakyStore(memoryStore(), UNWATCHED)
  const tab = shaky.tab({ exclusive: true })
  shaky.plan({ commit: 1, when: 'after', dies: true })
  const both = await Promise.allSettled([put(tab, 'first'), put(tab, 'second')])
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(shaky.isDark).toBe(true)
  expect(await read(shaky.bare)).toBe('first')
})

test('whoever keeps what outlives a loss of power is told of strict commits alone', async () => {
  const database = new MemoryDatabase()
  const kept: unknown[] = []
  const shaky = new ShakyStore(memoryStore({ database }), UNWATCHED, () => kept.push(database.state))
  const tab = shaky.tab({ exclusive: true })
  await put(tab, 'first')
  const { state } = database
  await put(tab, 'second', 'relaxed')
  expect(kept).toEqual([state])
})
