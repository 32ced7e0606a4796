import type { Store, StoreTable } from '@outpost/core'
import { Dexie } from 'dexie'
import { IDBFactory, IDBKeyRange } from 'fake-indexeddb'
import { expect, test } from 'vitest'
import { NATIVE_VERSION } from './schema.ts'
import { openDexieStore } from './open-dexie-store.ts'

const NOTE: StoreTable = {
  name: 'note',
  columns: [{ name: 'subject', type: 'text' }],
  indexes: [{ name: 'by subject', columns: ['subject'] }],
}

function open(indexedDB: IDBFactory, name = 'client'): Promise<Store> {
  return openDexieStore({ name, indexedDB, IDBKeyRange })
}

/** A database made without Outpost. */
async function theirs(factory: IDBFactory, version: number, make: (database: IDBDatabase) => void): Promise<void> {
  const request = factory.open('client', version)
  request.onupgradeneeded = () => make(request.result)
  await new Promise((resolve) => (request.onsuccess = resolve))
  request.result.close()
}

async function stateOf(factory: IDBFactory): Promise<unknown> {
  const request = factory.open('client')
  await new Promise((resolve) => (request.onsuccess = resolve))
  const state = [request.result.version, [...request.result.objectStoreNames]]
  request.result.close()
  return state
}

test.each<[string, number, (database: IDBDatabase) => void]>([
  ['a database with other object stores', 1, (database) => database.createObjectStore('todos')],
  ['a database with no object stores', 1, () => {}],
  ['a database of the same version', NATIVE_VERSION, (database) => database.createObjectStore('rows')],
  ['a database of a higher version', 500, (database) => database.createObjectStore('rows')],
  ['a database with a catalogue of its own', 2, (database) => database.createObjectStore('catalogue')],
  ['a catalogue without our mark', 2, (database) => database.createObjectStore('catalogue', { keyPath: 'key' })],
])('%s is refused as foreign and left as it is', async (_, version, make) => {
  const factory = new IDBFactory()
  await theirs(factory, version, make)
  const before = await stateOf(factory)
  await expect(open(factory)).rejects.toMatchObject({ code: 'store-foreign' })
  expect(await stateOf(factory)).toEqual(before)
})

async function mark(factory: IDBFactory, format: { key: string; product: string; version: number }): Promise<void> {
  const request = factory.open('client')
  await new Promise((resolve) => (request.onsuccess = resolve))
  const transaction = request.result.transaction('catalogue', 'readwrite')
  transaction.objectStore('catalogue').put(format)
  await new Promise((resolve) => (transaction.oncomplete = resolve))
  request.result.close()
}

test('a database of a newer release is refused and left as it is', async () => {
  const newerFormat = new IDBFactory()
  await (await open(newerFormat)).close()
  await mark(newerFormat, { key: 'format', product: 'outpost', version: 2 })
  await expect(open(newerFormat)).rejects.toMatchObject({ code: 'store-newer' })

  const newerSchema = new IDBFactory()
  await (await open(newerSchema)).close()
  await theirs(newerSchema, NATIVE_VERSION + 10, (database) => database.createObjectStore('new in the next release'))
  const before = await stateOf(newerSchema)
  await expect(open(newerSchema)).rejects.toMatchObject({ code: 'store-newer' })
  expect(await stateOf(newerSchema)).toEqual(before)
})

test('looking whether a database is there does not make one', async () => {
  const factory = new IDBFactory()
  await theirs(factory, 1, () => {})
  await expect(open(factory)).rejects.toMatchObject({ code: 'store-foreign' })
  expect((await factory.databases()).map(({ name }) => name)).toEqual(['client'])
})

test('tables and indexes come and go while another tab has the database open, and its version stays', async () => {
  const factory = new IDBFactory()
  const [one, two] = [await open(factory), await open(factory)]
  await one.write('tables', (tx) => tx.defineTables([NOTE]))
  await two.write('fill', (tx) => tx.putRows('note', [{ id: 'a', version: null, values: { subject: 'x' } }]))
  await two.write('tables', (tx) =>
    tx.defineTables([
      { ...NOTE, indexes: [] },
      { ...NOTE, name: 'other' },
    ]),
  )
  await one.write('tables', (tx) => tx.defineTables([NOTE]))
  const found = await two.read('scan', (tx) => tx.scan('note', { index: 'by subject' }))
  expect(found.map(({ id }) => id)).toEqual(['a'])
  await one.close()
  await two.close()
  expect(await stateOf(factory)).toEqual([NATIVE_VERSION, ['bases', 'catalogue', 'outbox', 'rows', 'settings']])
})

test('the key of a dropped index that is still in a row is not taken for that of another index', async () => {
  const factory = new IDBFactory()
  const store = await open(factory)
  await store.write('fill', async (tx) => {
    await tx.defineTables([NOTE])
    await tx.putRows('note', [{ id: 'a', version: null, values: { subject: 'x' } }])
  })
  await store.write('drop', (tx) => tx.defineTables([{ ...NOTE, indexes: [] }]))
  await store.write('other', async (tx) => {
    await tx.defineTables([
      { ...NOTE, indexes: [] },
      { ...NOTE, name: 'other' },
    ])
    await tx.putRows('other', [{ id: 'b', version: null, values: { subject: 'x' } }])
  })
  const scan = await store.read('scan', (tx) => tx.scan('other', { index: 'by subject', equals: ['X'] }))
  expect(scan.map(({ id }) => id)).toEqual(['b'])
  await store.close()
})

test('a store whose database is deleted under it lets that happen and is closed', async () => {
  const factory = new IDBFactory()
  const store = await open(factory)
  await store.write('tables', (tx) => tx.defineTables([NOTE]))
  await new Dexie('client', { indexedDB: factory, IDBKeyRange }).delete()
  await expect(store.read('count', (tx) => tx.count('note'))).rejects.toMatchObject({ code: 'closed' })
  await expect(store.write('tables', (tx) => tx.defineTables([NOTE]))).rejects.toMatchObject({ code: 'closed' })
  await store.close()
})

test('a device without IndexedDB is told so', async () => {
  await expect(openDexieStore({ name: 'client' })).rejects.toMatchObject({ code: 'store' })
})
