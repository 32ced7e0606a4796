import { ClientOrg } from '@outpost/core'
import type { Configuration } from '@outpost/core'
import { expect, test } from 'vitest'
import type { Device } from './world.ts'
import { world } from './world.ts'

/* Migration: everything is copied, then the client org is cut off from its master and goes on by itself. */

const CONFIGURATION: Configuration = {
  tables: {
    account: { columns: ['name', 'telephone1', 'revenue', 'ownerid', 'statecode'], indexes: [['name']] },
    contact: { columns: ['firstname', 'lastname', 'parentcustomerid'], localColumns: { rank: { type: 'integer' } } },
  },
  localTables: { draftnote: { columns: { title: { type: 'text' } } } },
}

const rowsOf = async (device: Device): Promise<unknown> => ({
  account: await device.rows('account'),
  contact: await device.rows('contact'),
})

test('a detached org keeps every row, and reads, writes, deletes and queries without a master', async () => {
  const there = world()
  const device = await there.device({ configuration: CONFIGURATION })
  await device.sync()
  const before = await rowsOf(device)
  await device.org.detach()
  expect(await rowsOf(device)).toEqual(before)
  there.requests()

  const again = await device.crash()
  expect(await rowsOf(again)).toEqual(before)
  const [first, second] = await again.org.table('account').query({ orderBy: ['name'], limit: 2 })
  let id = ''
  const { seq } = await again.org.write((draft) => {
    id = draft.create('account', { name: 'Made without a master', revenue: 10.5 })
    draft.update('account', String(first?.['accountid']), { name: 'Changed', telephone1: '1' })
    draft.delete('account', String(second?.['accountid']))
    draft.create('contact', { lastname: 'New', parentcustomerid: id, parentcustomerid$table: 'account', rank: 2 })
    draft.create('draftnote', { title: 'Still here' })
  })
  expect(seq).toBeNull()
  const restarted = await again.crash()
  const accounts = restarted.org.table('account')
  expect(await accounts.get(id)).toMatchObject({ name: 'Made without a master', revenue: 10.5 })
  expect(await accounts.query({ where: "name eq 'Changed'" })).toHaveLength(1)
  expect(await accounts.get(String(second?.['accountid']))).toBeUndefined()
  expect(await restarted.org.table('contact').query({ where: 'rank eq 2' })).toMatchObject([
    { lastname: 'New', parentcustomerid: id, parentcustomerid$table: 'account' },
  ])
  await expect(restarted.org.write((draft) => draft.update('account', id, { revenue: 'a lot' }))).rejects.toMatchObject(
    { code: 'invalid', place: { column: 'revenue', rule: 'value-type' } },
  )
  expect(await restarted.org.outbox.counts()).toEqual({ pending: 0, processed: 0, error: 0, archived: 0 })
  expect((await restarted.org.status()).identity).toBeNull()
  expect(there.requests()).toEqual([])
})

test('sync and push say that there is no master, and what can be done', async () => {
  const device = await world().device({ configuration: CONFIGURATION })
  await device.sync()
  await device.org.detach()
  const refusal = {
    code: 'refused',
    place: { rule: 'detached' },
    remedy: expect.stringContaining('connect()') as string,
  }
  await expect(device.org.sync()).rejects.toMatchObject(refusal)
  await expect(device.org.push()).rejects.toMatchObject(refusal)
  await expect(device.org.updateMetadata()).rejects.toMatchObject(refusal)
  const again = await device.crash()
  await expect(again.org.sync()).rejects.toMatchObject(refusal)
  await expect(again.org.detach()).rejects.toMatchObject(refusal)
})

test('unsent work keeps the org from being detached until somebody says what becomes of it', async () => {
  const device = await world().device({ configuration: CONFIGURATION })
  await device.sync()
  const [first] = await device.org.table('account').query({ limit: 1 })
  await device.org.write((draft) => draft.update('account', String(first?.['accountid']), { telephone1: '42' }))
  await expect(device.org.detach()).rejects.toMatchObject({
    code: 'refused',
    place: { rule: 'unsent' },
    unsent: { pending: 1, error: 0 },
  })
  expect((await device.org.status()).identity).not.toBeNull()
  await expect(device.org.detach({ unsent: 'kepe' as 'keep' })).rejects.toMatchObject({ code: 'invalid' })
  await device.sync()
})

test.each(['keep', 'discard'] as const)('unsent: %s', async (unsent) => {
  const device = await world().device({ configuration: CONFIGURATION })
  await device.sync()
  const [first, second] = await device.org.table('account').query({ limit: 2 })
  const [changed, deleted] = [String(first?.['accountid']), String(second?.['accountid'])]
  let made = ''
  await device.org.write((draft) => draft.update('account', changed, { telephone1: '42' }))
  await device.org.write((draft) => void (made = draft.create('account', { name: 'Unsent' })))
  const { seq } = await device.org.write((draft) => draft.delete('account', deleted))
  await device.org.detach({ unsent })
  const kept = unsent === 'keep'
  for (const restart of [false, true]) {
    const each = restart ? await device.crash() : device
    const accounts = each.org.table('account')
    expect((await accounts.get(changed))?.['telephone1']).toBe(kept ? '42' : first?.['telephone1'])
    expect((await accounts.get(made))?.['name']).toBe(kept ? 'Unsent' : undefined)
    expect((await accounts.get(deleted))?.['name']).toBe(kept ? undefined : second?.['name'])
    expect(await each.org.outbox.counts()).toEqual({ pending: 0, processed: 0, error: 0, archived: 3 })
    await expect(each.org.outbox.setPending([Number(seq)])).rejects.toMatchObject({
      code: 'refused',
      place: { rule: 'detached' },
    })
  }
})

test('links go on as well: they are made, removed and kept', async () => {
  const there = world()
  const { schema } = there.emulator
  const link = schema
    .tables()
    .flatMap(({ logicalName }) => schema.manyToManyByIntersect(logicalName) ?? [])
    .find(({ intersectTable }) => there.emulator.master.count(intersectTable) > 0)
  if (!link) throw new Error('the sample has no many-to-many relationship with links')
  const device = await there.device({
    configuration: { tables: { [link.table1]: {}, [link.table2]: {}, [link.intersectTable]: {} } },
  })
  await device.sync()
  const relationship = (await device.org.masterTable(link.intersectTable))?.manyToMany[0]
  if (!relationship) throw new Error('no relationship')
  await device.org.detach()
  const held = await device.rows(link.intersectTable)
  expect(held.size).toBeGreaterThan(0)
  const [[, row] = []] = held
  const ends = [
    { table: relationship.first.table, id: String(row?.[relationship.first.column]) },
    { table: relationship.second.table, id: String(row?.[relationship.second.column]) },
  ] as const
  await device.org.write((draft) => draft.disassociate(relationship.name, ...ends))
  expect((await device.rows(link.intersectTable)).size).toBe(held.size - 1)
  await device.org.write((draft) => draft.associate(relationship.name, ...ends))
  expect((await (await device.crash()).rows(link.intersectTable)).size).toBe(held.size)
})

test('connecting again adds what the master has; what is here stays local until it is taken out', async () => {
  const there = world()
  const device = await there.device({ configuration: CONFIGURATION })
  await device.sync()
  await device.org.detach()
  let id = ''
  await device.org.write((draft) => void (id = draft.create('account', { name: 'Ours alone' })))

  await device.org.connect()
  await device.org.configure({ ...device.org.configuration, tables: { task: { columns: ['subject'] } } })
  await device.sync()
  expect(await device.org.table('task').count()).toBe(there.emulator.master.count('task'))
  expect(await device.org.table('account').get(id)).toMatchObject({ name: 'Ours alone' })
  expect(there.emulator.master.row('account', id)).toBeUndefined()
  const clashes = (await device.org.configurationProblems()).map(({ place }) => `${place.table} ${place.rule}`)
  expect(clashes).toEqual(['account local-clash', 'contact local-clash'])
  await expect(device.org.configure({ ...device.org.configuration, tables: { account: {} } })).rejects.toMatchObject({
    code: 'invalid',
    place: { table: 'account', rule: 'local-name' },
  })

  const { account: _, ...others } = device.org.configuration.localTables ?? {}
  await device.org.configure({ tables: { account: { columns: ['name'] } }, localTables: others })
  expect(await device.org.table('account').count()).toBe(0)
  await device.sync()
  expect(await device.org.table('account').count()).toBe(there.emulator.master.count('account'))
})

test('a client org object that did not hear of it does nothing in the name of the master', async () => {
  const there = world()
  const device = await there.device({ configuration: CONFIGURATION })
  await device.sync()
  const other = await ClientOrg.open({
    store: device.store,
    master: there.master(),
    env: there.env,
    delivery: 'on-demand',
  })
  await device.org.detach()
  await expect(other.write((draft) => draft.create('account', { name: 'x' }))).rejects.toMatchObject({
    code: 'refused',
  })
  await expect(other.sync()).rejects.toMatchObject({ code: 'unauthenticated' })
})
