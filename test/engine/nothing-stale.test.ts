import type { Configuration, MasterOrg, PullPage, PullRequest, Row } from '@outpost/core'
import { linkId } from '@outpost/core'
import { expect, test } from 'vitest'
import { items, itemsWith } from './items.ts'
import { differences, world } from './world.ts'
import type { Device, World } from './world.ts'

const MINUTE = 60_000
const LINKS = 'new_skill_bookableresource'

/** The relationship whose links the table holds; its collections have its name. */
function relationship({ emulator }: World): string {
  return emulator.schema.manyToManyByIntersect(LINKS)?.schemaName ?? ''
}

const OF_OSLO: Configuration = {
  tables: {
    account: {
      columns: ['name', 'address1_city', 'telephone1'],
      syncFilter: "address1_city eq 'Oslo'",
      syncDeletion: true,
    },
  },
}

const isOfOslo = { account: (values: Row): boolean => values['address1_city'] === 'Oslo' }

function account({ emulator }: World, name: string, city = 'Oslo'): string {
  return emulator.master.create('account', { name, address1_city: city })
}

async function ids(device: Device, table: string): Promise<readonly string[]> {
  return [...(await device.rows(table)).keys()]
}

/** The master with its pulls answered by something else. */
function pulling(
  master: MasterOrg,
  pull: (request: PullRequest, ask: () => Promise<PullPage>) => Promise<PullPage>,
): MasterOrg {
  const rest = { ...master }
  delete rest.glance
  return { ...rest, pull: (request, signal) => pull(request, () => master.pull(request, signal)) }
}

test.each([2, 4])('a change that is committed %d minutes late and set back in time is found', async (minutes) => {
  const here = items(10)
  const { emulator, env, ids: all } = here
  const device = await here.device({ configuration: itemsWith({ columns: ['new_name'] }) })
  await device.sync()
  await env.advance(10 * MINUTE)
  await device.sync()
  const [late = '', ...others] = all
  emulator.delayedCommit(minutes * MINUTE, (master) => {
    master.update('new_item', late, { new_name: 'late' })
    master.create('new_item', { new_name: 'late, and imported', overriddencreatedon: '2001-01-01T00:00:00Z' })
  })
  for (let minute = 0; minute <= minutes; minute += 1) {
    emulator.master.update('new_item', others[minute] ?? '', { new_name: `in minute ${minute}` })
    await device.sync()
    await env.advance(MINUTE)
  }
  await device.sync()
  expect(await differences(here, device)).toEqual([])
  expect((await device.rows('new_item')).get(late)).toMatchObject({ new_name: 'late' })
})

test('a change that is committed later than any pull looks back is found by the comparison', async () => {
  const here = items(10)
  const { emulator, env, ids: all } = here
  const device = await here.device({ configuration: itemsWith({ columns: ['new_name'], syncDeletion: true }) })
  await device.sync()
  emulator.delayedCommit(10 * MINUTE, (master) => master.update('new_item', all[0] ?? '', { new_name: 'late' }))
  for (let minute = 0; minute < 12; minute += 1) {
    await env.advance(MINUTE)
    emulator.master.update('new_item', all[5] ?? '', { new_name: `in minute ${minute}` })
    await device.sync()
  }
  expect(await differences(here, device)).toEqual([])
})

test('more rows than fit into one transaction leave and come at once', async () => {
  const here = items(2600)
  const { emulator, ids: all } = here
  const device = await here.device({
    configuration: itemsWith({ columns: ['new_name', 'new_size'], syncFilter: 'new_size lt 2600', syncDeletion: true }),
  })
  await device.sync()
  for (const id of all.slice(0, 1200)) emulator.master.remove('new_item', id)
  for (const id of all.slice(1200, 1300)) emulator.master.update('new_item', id, { new_size: 5000 })
  expect((await device.sync()).tables['new_item']).toMatchObject({ pruned: 1300 })
  const shown = { new_item: ({ new_size: size }: Row): boolean => Number(size) < 2600 }
  expect(await differences(here, device, shown)).toEqual([])
})

test('a row that left and came back between two pulls is as it was, and nobody is told of it', async () => {
  const here = world()
  const id = account(here, 'to and fro')
  const device = await here.device({ configuration: OF_OSLO })
  await device.sync()
  here.emulator.master.update('account', id, { address1_city: 'Bergen' })
  here.emulator.master.update('account', id, { address1_city: 'Oslo' })
  const report = await device.sync()
  expect(report.tables['account']).toMatchObject({ written: 0, pruned: 0 })
  expect(await differences(here, device, isOfOslo)).toEqual([])
})

test('a row with unsent changes that left and came back is in quarantine no more', async () => {
  const here = world()
  const id = account(here, 'to and fro')
  const device = await here.device({
    configuration: { tables: { account: { ...OF_OSLO.tables['account'], uploadFilter: "name eq 'go'" } } },
  })
  await device.sync()
  await device.org.write((draft) => draft.update('account', id, { telephone1: '1' }))
  here.emulator.master.update('account', id, { address1_city: 'Bergen' })
  await device.sync()
  expect(await device.org.quarantined()).toMatchObject([{ id, reason: 'left-scope' }])
  expect((await device.rows('account')).get(id)).toMatchObject({ telephone1: '1' })
  here.emulator.master.update('account', id, { address1_city: 'Oslo' })
  await device.sync()
  expect(await device.org.quarantined()).toEqual([])
  expect((await device.rows('account')).get(id)).toMatchObject({ telephone1: '1', address1_city: 'Oslo' })
})

test('of a row with unsent changes that is gone, the quarantine knows whether it was deleted or is hidden', async () => {
  const here = world()
  const [deleted, hidden] = [account(here, 'deleted'), account(here, 'hidden')]
  const { account: options } = OF_OSLO.tables
  const { security, master, users } = here.emulator
  const amara = users.find(({ name }) => name === 'Amara Okafor')
  const other = users.find(({ name }) => name !== 'Amara Okafor')
  security.privilegeDepth('Amara Okafor', 'account', 'user', ['read'])
  for (const id of [deleted, hidden]) master.assign('account', id, { table: 'systemuser', id: amara?.id ?? '' })
  const device = await here.device({
    user: 'Amara Okafor',
    configuration: { tables: { account: { ...options, uploadFilter: "name eq 'go'" } } },
  })
  await device.sync()
  for (const id of [deleted, hidden])
    await device.org.write((draft) => draft.update('account', id, { telephone1: '1' }))
  master.remove('account', deleted)
  master.assign('account', hidden, { table: 'systemuser', id: other?.id ?? '' })
  await device.sync()
  const reasons = new Map((await device.org.quarantined()).map(({ id, reason }) => [id, reason]))
  expect(reasons.get(deleted)).toBe('deleted')
  expect(reasons.get(hidden)).toBe('unreadable')
})

test.each([{ syncDeletion: true }, { changeTracking: true }, {}])(
  'a row that was deleted and made again under its id is the new one, with %j',
  async (options) => {
    const here = world()
    const id = account(here, 'first')
    const device = await here.device({ configuration: { tables: { account: { columns: ['name'], ...options } } } })
    await device.sync()
    await here.env.advance(60 * MINUTE)
    await device.sync()
    here.emulator.master.remove('account', id)
    here.emulator.master.create('account', { name: 'second' }, { id })
    await device.sync()
    expect((await device.rows('account')).get(id)).toMatchObject({ name: 'second' })
    await device.sync()
    expect(await differences(here, device)).toEqual([])
  },
)

test('a page that is late by whole cycles does not bring back a row that was deleted from here', async () => {
  const here = items(3)
  const late: PullPage[] = []
  let isLate = false
  const device = await here.device({
    configuration: itemsWith({ columns: ['new_name'] }),
    through: (master) =>
      pulling(master, async (_, ask) => {
        const page = await ask()
        const [old] = late
        late.push(page)
        return isLate && old ? { ...page, rows: late.flatMap(({ rows }) => rows) } : page
      }),
  })
  await device.sync()
  late.length = 0
  const { seq: created } = await device.org.write((draft) => void draft.create('new_item', { new_name: 'Short life' }))
  await device.sync()
  const [id = ''] = (await device.org.table('new_item').query({ where: "new_name eq 'Short life'" })).map((row) =>
    String(row['new_itemid']),
  )
  await device.org.write((draft) => draft.delete('new_item', id))
  await device.org.push()
  isLate = true
  expect(late.flatMap(({ rows }) => rows.map((row) => row.id))).toContain(id)
  await device.sync()
  expect(await ids(device, 'new_item')).not.toContain(id)
  await device.sync()
  expect(await ids(device, 'new_item')).not.toContain(id)
  expect(created).not.toBeNull()
})

test('a storm of touches wakes nobody who watches', async () => {
  const here = items(50)
  const device = await here.device({ configuration: itemsWith({ columns: ['new_name'] }) })
  await device.sync()
  const seen: unknown[] = []
  const changes: unknown[] = []
  const stopWatch = device.org.table('new_item').watch({}, (rows) => seen.push(rows))
  await here.env.advance(1)
  const stop = device.store.subscribe((change) => void ('rows' in change ? changes.push(change) : undefined))
  expect(seen).toHaveLength(1)
  for (let round = 0; round < 3; round += 1) {
    for (const id of here.ids) here.emulator.master.touch('new_item', id)
    for (const id of here.ids) here.emulator.master.update('new_item', id, { new_phone: `${round}` })
    expect((await device.sync()).tables['new_item']).toMatchObject({ written: 0 })
    await here.env.advance(1)
  }
  expect(seen).toHaveLength(1)
  stop()
  stopWatch()
})

const SKILLS: Configuration = {
  tables: {
    new_skill: { columns: ['new_name'] },
    bookableresource: { columns: ['name'] },
    new_skill_bookableresource: { syncDeletion: true },
  },
}

test('a link that was made on both sides at once is one, and goes on both when it is removed there', async () => {
  const here = world()
  const { master } = here.emulator
  const device = await here.device({ configuration: SKILLS })
  const resource = master.rows('bookableresource')[0]?.id ?? ''
  const target = { table: 'bookableresource', id: resource }
  const name = relationship(here)
  const other = master.create('new_skill', { new_name: 'Brazing' })
  await device.sync()
  await device.org.write((draft) => draft.associate(name, { table: 'new_skill', id: other }, target))
  master.associate('new_skill', other, name, target)
  await device.sync()
  expect(await device.org.outbox.counts()).toMatchObject({ pending: 0, error: 0 })
  expect(await ids(device, LINKS)).toContain(linkId(other, resource))
  master.disassociate('new_skill', other, name, target)
  await device.sync()
  expect(await differences(here, device)).toEqual([])
})

test('a backup that came back from before what was pushed from here takes it away again', async () => {
  const here = world()
  const { emulator, env } = here
  const id = account(here, 'before')
  const device = await here.device({ configuration: { tables: { account: { columns: ['name', 'telephone1'] } } } })
  await device.sync()
  await env.advance(60 * MINUTE)
  await device.sync()
  const backup = emulator.backup()
  await device.org.write((draft) => {
    draft.update('account', id, { telephone1: '1' })
    draft.create('account', { name: 'made here' })
  })
  await device.sync()
  await env.advance(60 * MINUTE)
  await device.sync()
  emulator.restoreBackup(backup)
  await env.advance(60 * MINUTE)
  await device.sync()
  await device.sync()
  expect(await differences(here, device)).toEqual([])
  // What happens afterwards is found, though it begins at lower versions.
  const made = account(here, 'afterwards')
  await device.sync()
  expect(await ids(device, 'account')).toContain(made)
})
