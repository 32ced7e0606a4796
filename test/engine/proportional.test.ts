import type { Configuration, Store, StoreReader } from '@outpost/core'
import { memoryStore } from '@outpost/core/memory'
import { expect, test } from 'vitest'
import { items, ITEMS } from './items.ts'

/** A store that counts the rows and values that come out of it. */
function counted(store: Store): { readonly store: Store; readonly taken: () => number } {
  let read = 0
  const sizeOf = (found: unknown): number =>
    found instanceof Map ? found.size : Array.isArray(found) ? found.length : Number(found !== undefined)
  const of = <T extends StoreReader>(tx: T): T =>
    new Proxy(tx, {
      get(target, name) {
        const operation: unknown = Reflect.get(target, name)
        if (typeof operation !== 'function') return operation
        return async (...given: readonly unknown[]): Promise<unknown> => {
          const found: unknown = await operation.apply(target, given)
          read += sizeOf(found)
          return found
        }
      },
    })
  return {
    store: {
      exclusive: store.exclusive,
      read: (name, body) => store.read(name, (tx) => body(of(tx))),
      write: (name, body, options) => store.write(name, (tx) => body(of(tx)), options),
      subscribe: (listener) => store.subscribe(listener),
      close: () => store.close(),
    },
    taken: () => {
      const all = read
      read = 0
      return all
    },
  }
}

const { new_item: item = {} } = ITEMS.tables

/** What a cycle reads from the store that brings down one changed row, after something was made of so many rows. */
async function readByCycle(
  rows: number,
  configuration: Configuration,
  prepare: (
    there: ReturnType<typeof items>,
    device: Awaited<ReturnType<ReturnType<typeof items>['device']>>,
  ) => unknown,
): Promise<number> {
  const there = items(rows)
  const { store, taken } = counted(memoryStore())
  const device = await there.device({ store, configuration })
  await device.sync()
  await prepare(there, device)
  // What was changed last is read once more, because it may have been committed late.
  there.env.setClock(there.env.now() + 3_600_000)
  await device.org.sync({ scope: 'pull' })
  const id = there.emulator.master.create('new_item', { new_name: 'New', new_phone: '555' })
  there.env.setClock(there.env.now() + 3_600_000)
  taken()
  const report = await device.org.sync({ scope: 'pull' })
  const read = taken()
  expect(report.tables['new_item']).toMatchObject({ written: 1 })
  expect((await device.rows('new_item')).get(id)).toMatchObject({ new_name: 'New' })
  return read
}

test('a cycle reads no more from the store because many rows are quarantined', async () => {
  const configuration = {
    tables: { new_item: { ...item, syncFilter: "new_phone eq '555'", changeTracking: true } },
    scopes: { pull: { tables: ['new_item'], direction: 'down' as const } },
  }
  const costs = await Promise.all(
    [2, 60].map((rows) =>
      readByCycle(rows, configuration, async (there, device) => {
        for (const id of there.ids) there.emulator.master.update('new_item', id, { new_phone: '555' })
        await device.sync()
        for (const id of there.ids)
          await device.org.write((draft) => draft.update('new_item', id, { new_name: 'Mine' }))
        for (const id of there.ids) there.emulator.master.update('new_item', id, { new_phone: 'left' })
        await device.org.resync()
        await device.org.sync({ scope: 'pull' })
        expect(await device.org.quarantined()).toHaveLength(rows)
      }),
    ),
  )
  expect(costs[1]).toBe(costs[0])
})

test('a cycle reads no more from the store because many transactions wait or have been processed', async () => {
  const configuration = { ...ITEMS, scopes: { pull: { tables: ['new_item'], direction: 'down' as const } } }
  const costs = await Promise.all(
    [2, 60].map((rows) =>
      readByCycle(rows, configuration, async (there, device) => {
        const write = async (name: string): Promise<void> => {
          for (const id of there.ids)
            await device.org.write((draft) => draft.update('new_item', id, { new_name: name }))
        }
        await write('Processed')
        await device.sync()
        await device.sync()
        there.env.setClock(there.env.now() + 3_600_000)
        await device.sync()
        await write('Waiting')
        expect(await device.org.outbox.counts()).toMatchObject({ pending: rows })
      }),
    ),
  )
  expect(costs[1]).toBe(costs[0])
})
