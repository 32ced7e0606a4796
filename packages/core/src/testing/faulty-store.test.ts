import { expect, test } from 'vitest'
import { MemoryDatabase, memoryStore } from '../memory.ts'
import { faultyStore } from './faulty-store.ts'
import type { FaultPoint, FaultyStore } from './faulty-store.ts'
import { storeContract } from './store-contract.ts'

storeContract('a faulty store without faults', { test, expect }, () => {
  const database = new MemoryDatabase()
  return { open: async () => faultyStore(memoryStore({ database })) }
})

async function writeTwo(store: FaultyStore): Promise<unknown> {
  return store.write('two', async (tx) => {
    await tx.setValue('a', 1)
    await tx.setValue('b', 2)
  })
}

async function kept(store: FaultyStore): Promise<string[]> {
  return store.read('list', async (tx) => (await tx.values('')).map(({ key }) => key))
}

test.each<[FaultPoint, string[]]>([
  ['body', []],
  [{ call: 1 }, []],
  [{ call: 2 }, []],
  [{ afterCall: 1 }, []],
  [{ afterCall: 2 }, []],
  ['commit', []],
  ['acknowledge', ['a', 'b']],
])('a fault at %j leaves %j behind, once', async (at, left) => {
  const error = new Error('planned')
  const store = faultyStore(memoryStore(), [{ name: 'two', at, error }])
  await store.write('other', async () => {})
  await expect(writeTwo(store)).rejects.toBe(error)
  expect(await kept(store)).toEqual(left)
  await writeTwo(store)
  expect(await kept(store)).toEqual(['a', 'b'])
  expect(store.strikes).toBe(1)
  expect(store.begun).toEqual(['write other', 'write two', 'read list', 'write two', 'read list'])
})

test('a fault that the body catches still fails the write', async () => {
  const store = faultyStore(memoryStore(), [{ at: { call: 2 } }])
  const write = store.write('caught', async (tx) => {
    await tx.setValue('a', 1)
    await tx.setValue('b', 2).catch(() => undefined)
  })
  await expect(write).rejects.toMatchObject({ code: 'store' })
  expect(await kept(store)).toEqual([])
})

test('a fault can be skipped, repeated, aimed at reads, and taken back', async () => {
  const store = faultyStore(memoryStore())
  store.fail({ at: 'body', skip: 1, times: 2 })
  const outcomes: string[] = []
  for (let n = 0; n < 4; n++) {
    outcomes.push(
      await writeTwo(store).then(
        () => 'done',
        () => 'failed',
      ),
    )
  }
  expect(outcomes).toEqual(['done', 'failed', 'failed', 'done'])
  store.fail({ kind: 'read', name: 'list', at: { call: 1 } })
  await expect(kept(store)).rejects.toMatchObject({ code: 'store' })
  store.fail({ at: 'body' })
  store.heal()
  await writeTwo(store)
  expect(store.strikes).toBe(3)
})

test('a fault behind the last operation of a body never strikes', async () => {
  const store = faultyStore(memoryStore(), [{ at: { call: 3 } }])
  await writeTwo(store)
  expect(store.strikes).toBe(0)
})
