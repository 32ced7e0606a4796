import { ClientOrg, OutpostError } from '@outpost/core'
import type { Store } from '@outpost/core'
import { memoryStore } from '@outpost/core/memory'
import { expect, test } from 'vitest'
import { world } from './world.ts'

/* An application need not await one write before it begins the next. */

/** What it points to is not kept, so that its definition has to be read. */
const CONTACT = '00000000-0000-4000-8000-00000000c0de'

test('of two writes of one value the later one stays, although the first has to read more before it is committed', async () => {
  const there = world()
  const before = await there.device({
    configuration: { tables: { account: { columns: ['name', 'primarycontactid'] } } },
  })
  await before.sync()
  const device = await before.crash()
  const [account] = await device.org.table('account').query({ limit: 1 })
  const id = String(account?.['accountid'])
  const [first, second] = await Promise.all([
    device.org.write((draft) => draft.update('account', id, { name: 'First', primarycontactid: CONTACT })),
    device.org.write((draft) => draft.update('account', id, { name: 'Second' })),
  ])
  expect(second.seq).toBe(first.seq)
  expect((await device.rows('account')).get(id)).toMatchObject({ name: 'Second' })
})

test('writes that are begun together share a commit', async () => {
  const there = world()
  const seen: string[] = []
  const memory = memoryStore()
  const store: Store = {
    exclusive: memory.exclusive,
    read: (name, body) => memory.read(name, body),
    write: async (name, body, options) => {
      if (name === 'commit') seen.push('given')
      const result = await memory.write(name, body, options)
      if (name === 'commit') seen.push('committed')
      return result
    },
    subscribe: (listener) => memory.subscribe(listener),
    close: () => memory.close(),
  }
  const { org } = await there.device({ store })
  const names = ['One', 'Two', 'Three']
  const done = await Promise.all(names.map((name) => org.write((draft) => draft.create('account', { name }))))
  expect(seen).toEqual(['given', 'committed'])
  const seqs = done.map(({ seq }) => seq ?? 0)
  expect(seqs).toEqual(seqs.toSorted((one, other) => one - other))
})

test('writes stay in their order where another tab has put another configuration in force meanwhile', async () => {
  const there = world()
  const configuration = { tables: { account: { columns: ['name', 'telephone1'] } } }
  const device = await there.device({ configuration })
  await device.sync()
  const other = await ClientOrg.open({
    store: device.store,
    master: there.master(),
    env: there.env,
    delivery: 'on-demand',
  })
  const [account] = await device.org.table('account').query({ limit: 1 })
  const id = String(account?.['accountid'])
  const write = (name: string): Promise<unknown> =>
    device.org.write((draft) => draft.update('account', id, { name }), { coalesce: false })
  await other.configure({ tables: { account: { columns: ['name', 'telephone1', 'fax'] } } })
  const first = [write('First'), write('Second')]
  // The third is begun as soon as the other configuration is known here, when the first have not been written yet.
  while (!device.org.configuration.tables['account']?.columns?.includes('fax')) await Promise.resolve()
  await Promise.all([...first, write('Third')])
  const queue = await device.store.read('look', (tx) => tx.findTransactions({}))
  const names = queue.flatMap(({ changes }) =>
    changes.map((change) => (change.kind === 'update' ? change.values['name'] : '')),
  )
  expect(names).toEqual(['First', 'Second', 'Third'])
  expect((await device.rows('account')).get(id)).toMatchObject({ name: 'Third' })
  await other.close()
})

test('a write that has to be repeated and then fails in the store does not hold up those behind it', async () => {
  const there = world()
  const memory = memoryStore()
  let isFailing = false
  const store: Store = {
    exclusive: memory.exclusive,
    read: (name, body) => memory.read(name, body),
    write: async (name, body, options) => {
      const result = await memory.write(name, body, options)
      if (name === 'commit' && isFailing) {
        isFailing = false
        throw new OutpostError('store', 'the disk is gone')
      }
      return result
    },
    subscribe: (listener) => memory.subscribe(listener),
    close: () => memory.close(),
  }
  const { org } = await there.device({ store, configuration: { tables: { account: { columns: ['name'] } } } })
  const other = await ClientOrg.open({ store, master: there.master(), env: there.env, delivery: 'on-demand' })
  await other.configure({ tables: { account: { columns: ['name', 'fax'] } } })
  isFailing = true
  await expect(org.write((draft) => draft.create('account', { name: 'One' }))).rejects.toMatchObject({ code: 'store' })
  await org.write((draft) => draft.create('account', { name: 'Two' }))
  expect((await org.table('account').query({})).map((row) => row['name'])).toEqual(['Two'])
  await other.close()
})
