import { ClientOrg } from '@outpost/core'
import type { MasterOrg, OutpostEvent } from '@outpost/core'
import { MemoryDatabase, memoryStore } from '@outpost/core/memory'
import { dataverseMaster } from '@outpost/dataverse-adapter'
import { createEmulator, fieldService } from '@outpost/dataverse-emulator'
import { expect, test } from 'vitest'
import { administrator, differences, world } from './world.ts'

/* Several client orgs live in one program: of other masters, of other users, none in the way of another. */

test('client orgs of two masters and of two users have their own queues, marks, events and configurations', async () => {
  const [here, there] = [world({ seed: 1 }), world({ seed: 2, rows: 400 })]
  there.emulator.replaceOrganization({ rows: 'same' })
  const technician = here.emulator.users.find(({ name }) => name !== administrator(here.emulator))?.name ?? ''
  const one = await here.device({ configuration: { tables: { account: { columns: ['name'] } } } })
  const two = await there.device({ configuration: { tables: { contact: { columns: ['lastname'] } } } })
  const three = await here.device({
    user: technician,
    configuration: { tables: { account: { columns: ['name', 'telephone1'], syncDeletion: true } } },
  })
  const heard: string[] = []
  const listen = (name: string) => (event: OutpostEvent) => void heard.push(`${name} ${event.type}`)
  one.org.subscribe(listen('one'))
  two.org.subscribe(listen('two'))
  three.org.subscribe(listen('three'))
  await Promise.all([one.sync(), two.sync(), three.sync()])
  expect(new Set(heard.map((line) => line.split(' ')[0]))).toEqual(new Set(['one', 'two', 'three']))

  heard.length = 0
  const { seq } = await one.org.write((draft) => draft.create('account', { name: 'Of the first' }))
  const other = await two.org.write((draft) => draft.create('contact', { lastname: 'Of the second' }))
  expect([seq, other.seq]).toEqual([1, 1])
  const pending = async (): Promise<readonly number[]> => {
    const counts = await Promise.all([one, two, three].map(({ org }) => org.outbox.counts()))
    return counts.map((count) => count.pending)
  }
  expect(await pending()).toEqual([1, 1, 0])
  await one.sync()
  expect(heard.every((line) => line.startsWith('one '))).toBe(true)
  expect(await pending()).toEqual([0, 1, 0])
  await there.env.advance(60_000)
  await Promise.all([two.sync(), three.sync()])
  expect(await pending()).toEqual([0, 0, 0])
  expect([...there.emulator.master.rows('account')].some(({ values }) => values['name'] === 'Of the first')).toBe(false)
  expect(await differences(here, one)).toEqual([])
  expect(await differences(there, two)).toEqual([])
  expect(Object.keys(two.org.configuration.tables)).toEqual(['contact'])
  const identities = await Promise.all([one, two, three].map(async ({ org }) => (await org.status()).identity))
  expect(identities[0]?.userId).not.toBe(identities[2]?.userId)
  expect(identities[0]?.organizationId).toBe(identities[2]?.organizationId)
  expect(identities[1]?.organizationId).not.toBe(identities[0]?.organizationId)
})

test('one master that cannot be reached does not hold up the others', async () => {
  const [here, there] = [world({ seed: 1 }), world({ seed: 2 })]
  const [one, two] = [await here.device(), await there.device()]
  here.emulator.faults.add({ times: Infinity, fault: { kind: 'status', status: 503 } })
  const [failed, done] = await Promise.allSettled([one.sync(), two.sync()])
  expect([failed.status, done.status]).toEqual(['rejected', 'fulfilled'])
  expect(await differences(there, two)).toEqual([])
})

test('a store that has a master does not take another one, and loses nothing by the attempt', async () => {
  const here = world()
  const other = createEmulator({
    seed: fieldService({ rows: 200 }),
    root: 'https://other.crm.dynamics.com',
  })
  other.replaceOrganization({ rows: 'none' })
  const device = await here.device()
  await device.sync()
  await device.org.write((draft) => draft.create('account', { name: 'Unsent' }))
  const before = await device.rows('account')
  await device.org.close()
  const elsewhere = await ClientOrg.open({
    store: device.store,
    env: here.env,
    delivery: 'on-demand',
    master: dataverseMaster({
      url: other.root,
      token: () => Promise.resolve(other.tokenFor(administrator(other))),
      fetch: other.fetch,
      env: here.env,
    }),
  })
  await expect(elsewhere.connect()).rejects.toMatchObject({ code: 'wrong-master' })
  await expect(elsewhere.sync()).rejects.toMatchObject({ code: 'wrong-master' })
  expect(await device.rows('account')).toEqual(before)
  expect((await elsewhere.outbox.counts()).pending).toBe(1)
  expect((await elsewhere.status()).identity?.organizationId).not.toBe('')
})

test('however the address of a master is spelled, it is the same master and the same replica', async () => {
  const { emulator, env } = world()
  const root = new URL(emulator.root)
  const master = (url: string): MasterOrg =>
    dataverseMaster({
      url,
      token: () => Promise.resolve(emulator.tokenFor(administrator(emulator))),
      fetch: emulator.fetch,
      env,
    })
  const spellings = [
    root.origin,
    `${root.origin}/`,
    `${root.origin}/api/data/v9.2`,
    `${root.origin}/api/data/v9.2/`,
    root.origin.replace(root.host, root.host.toUpperCase()),
    root.host,
    ...(root.host.endsWith('.crm.dynamics.com') ? [root.host.replace('.crm.dynamics.com', '')] : []),
  ]
  const database = new MemoryDatabase()
  let rows = 0
  for (const url of spellings) {
    const store = memoryStore({ database })
    const org = await ClientOrg.open({ store, master: master(url), env, delivery: 'on-demand' })
    const identity = await org.connect()
    expect({ url, root: identity.url }).toEqual({ url, root: root.origin })
    if (rows === 0) await org.configure({ tables: { account: { columns: ['name'] } } })
    await org.sync()
    rows ||= await org.table('account').count()
    expect({ url, rows: await org.table('account').count() }).toEqual({ url, rows })
    await org.close()
    await store.close()
  }
  expect(rows).toBe(emulator.master.count('account'))
})

test('the status tells of the tables that another tab has configured since', async () => {
  const there = world()
  const device = await there.device()
  const other = await ClientOrg.open({
    store: device.store,
    master: there.master(),
    env: there.env,
    delivery: 'on-demand',
  })
  await other.configure({ tables: { contact: { columns: ['lastname'] } } })
  expect(Object.keys((await device.org.status()).tables)).toEqual(['contact'])
  await other.close()
})

test('what is decided in one tab is decided by the tables that another has configured since', async () => {
  const there = world()
  const device = await there.device({ configuration: { tables: { account: { columns: ['name'] } } } })
  const other = await ClientOrg.open({
    store: device.store,
    master: there.master(),
    env: there.env,
    delivery: 'on-demand',
  })
  await other.configure({ tables: { contact: { columns: ['lastname'] } } })
  const { seq } = await other.write((draft) => draft.create('contact', { lastname: 'Of the other' }))
  await device.org.outbox.archive([seq ?? 0])
  expect(await other.table('contact').count()).toBe(0)
  expect(await device.store.read('what is unsent', (tx) => tx.bases('contact'))).toEqual([])
  await other.close()
})
