import type { Store, StoreTable } from '@outpost/core'
import { openDexieStore } from '@outpost/store-dexie'
import { Dexie } from 'dexie'
import { expect, test } from 'vitest'
import { cdp } from 'vitest/browser'

const NOTE: StoreTable = {
  name: 'note',
  columns: [{ name: 'memo', type: 'text' }],
  indexes: [],
}

function page(number: number): { id: string; version: null; values: { memo: string } }[] {
  // Random text, which the browser cannot compress.
  const memo = Array.from(crypto.getRandomValues(new Uint32Array(16_000)), (word) => word.toString(36)).join('')
  return [{ id: `note ${number}`, version: null, values: { memo } }]
}

/** Leaves the origin that much more space than it uses now; without a number, as much as the browser likes. */
async function leaveSpace(bytes?: number): Promise<void> {
  const { usage = 0 } = await navigator.storage.estimate()
  const quota = bytes === undefined ? {} : { quotaSize: usage + bytes }
  await cdp().send('Storage.overrideQuotaForOrigin', { origin: location.origin, ...quota })
}

async function fillUntilRefused(store: Store): Promise<{ written: number; error: unknown }> {
  for (let written = 0; ; written++) {
    try {
      await store.write('page', async (tx) => {
        await tx.setValue('checkpoint', written + 1)
        await tx.putRows('note', page(written))
      })
    } catch (error) {
      return { written, error }
    }
  }
}

test('a full device refuses the write that does not fit, whole, and keeps everything before it', async () => {
  const name = `full ${crypto.randomUUID()}`
  // Before the database is opened: the browser asks for its quota seldom.
  await leaveSpace(5_000_000)
  const store = await openDexieStore({ name })
  try {
    await store.write('tables', (tx) => tx.defineTables([NOTE]))
    const { written, error } = await fillUntilRefused(store)
    expect(error).toMatchObject({ code: 'store-full' })
    expect(written).toBeGreaterThan(0)
    await store.read('check', async (tx) => {
      expect([await tx.count('note'), await tx.value('checkpoint')]).toEqual([written, written])
    })
  } finally {
    await leaveSpace()
    await store.close()
    await Dexie.delete(name)
  }
})

test('a commit in a worker is told to the page as one that happened elsewhere', async () => {
  const name = `worker ${crypto.randomUUID()}`
  const store = await openDexieStore({ name })
  await store.write('tables', (tx) => tx.defineTables([NOTE]))
  const told = new Promise((resolve) => store.subscribe(({ name: by, rows }) => resolve([by, [...rows]])))
  const worker = new Worker(new URL('./note-worker.ts', import.meta.url), { type: 'module', name })
  try {
    expect(await told).toEqual(['elsewhere', [['note', ['from the worker']]]])
    expect(await store.read('count', (tx) => tx.count('note'))).toBe(1)
  } finally {
    worker.terminate()
    await store.close()
    await Dexie.delete(name)
  }
})
