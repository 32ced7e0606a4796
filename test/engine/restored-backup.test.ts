import { ClientOrg, MasterError } from '@outpost/core'
import type { Configuration } from '@outpost/core'
import { memoryStore } from '@outpost/core/memory'
import { faultyStore } from '@outpost/core/testing'
import { integer } from '@outpost/dataverse-emulator'
import { expect, test } from 'vitest'
import { differences, world } from './world.ts'
import type { Device, World } from './world.ts'

const KEPT: Configuration = {
  tables: {
    account: { columns: ['name', 'telephone1'] },
    contact: { columns: ['lastname', 'emailaddress1'] },
    incident: { columns: ['title'] },
  },
}

function account(world: World, name: string): string {
  return world.emulator.master.create('account', { name })
}

/** Long enough for nothing to be asked for again by its time. */
const LATER = 60 * 60_000

test('a master that went back in time is noticed by rows of older versions, and everything is as it was then', async () => {
  const here = world()
  const { emulator, env } = here
  const [changed, deleted] = [account(here, 'as it was'), account(here, 'comes back')]
  const device = await here.device({ configuration: KEPT })
  await device.sync()
  const backup = emulator.backup()
  emulator.master.update('account', changed, { name: 'changed since' })
  emulator.master.remove('account', deleted)
  const made = account(here, 'made since')
  const [contact] = emulator.master.rows('contact')
  emulator.master.update('contact', contact?.id ?? '', { emailaddress1: 'since@then.example' })
  await device.sync()
  await env.advance(LATER)
  await device.sync()
  expect((await device.rows('account')).has(made)).toBe(true)

  emulator.restoreBackup(backup)
  await env.advance(LATER)
  await device.sync()
  await device.sync()
  expect(await differences(here, device)).toEqual([])
  expect((await device.rows('account')).get(changed)?.['name']).toBe('as it was')
  expect((await device.rows('account')).has(made)).toBe(false)
})

test('what happens after the backup came back is pulled, though its versions are lower than those seen before', async () => {
  const here = world()
  const { emulator, env } = here
  const changed = account(here, 'as it was')
  const device = await here.device({ configuration: KEPT })
  await device.sync()
  const backup = emulator.backup()
  for (let nth = 0; nth < 50; nth += 1) emulator.master.update('account', changed, { name: `since ${nth}` })
  await device.sync()
  emulator.restoreBackup(backup)
  await env.advance(LATER)
  await device.sync()
  await env.advance(LATER)
  const made = account(here, 'made after')
  await device.sync()
  expect((await device.rows('account')).get(made)?.['name']).toBe('made after')
  expect(await differences(here, device)).toEqual([])
})

test('unsent changes stay through it, on top of what the master has now', async () => {
  const here = world()
  const { emulator, env } = here
  const id = account(here, 'as it was')
  const device = await here.device({ configuration: KEPT })
  await device.sync()
  const backup = emulator.backup()
  emulator.master.update('account', id, { name: 'changed since' })
  await device.sync()
  await device.org.write((draft) => draft.update('account', id, { telephone1: '1' }))
  emulator.restoreBackup(backup)
  await env.advance(LATER)
  emulator.faults.add({ match: { method: 'PATCH', part: true }, times: 9, fault: { kind: 'status', status: 503 } })
  emulator.faults.add({ match: { method: 'PATCH' }, times: 9, fault: { kind: 'status', status: 503 } })
  await device.sync().catch(() => {})
  expect((await device.rows('account')).get(id)).toMatchObject({ name: 'as it was', telephone1: '1' })
  emulator.faults.clear()
  device.org.reconnect()
  await device.sync()
  await device.sync()
  expect(emulator.master.row('account', id)?.values).toMatchObject({ name: 'as it was', telephone1: '1' })
  expect(await differences(here, device)).toEqual([])
})

test('as long as nothing happened the watch costs no request', async () => {
  const here = world()
  const device = await here.device({ configuration: KEPT })
  await device.sync()
  await here.env.advance(LATER)
  await device.sync()
  here.requests()
  await here.env.advance(LATER)
  await device.sync()
  const idle = here.requests().length
  await here.env.advance(LATER)
  const [contact] = here.emulator.master.rows('contact')
  here.emulator.master.update('contact', contact?.id ?? '', { emailaddress1: 'new@then.example' })
  await device.sync()
  expect(here.requests().length).toBe(idle)
})

test('the newest row of all being deleted is no sign of it: the table is not compared', async () => {
  const here = world()
  const device = await here.device({ configuration: KEPT })
  const newest = account(here, 'the newest of all')
  await device.sync()
  here.emulator.master.remove('account', newest)
  await here.env.advance(LATER)
  await device.sync()
  expect((await device.rows('account')).has(newest)).toBe(true)
  expect((await device.org.explainPull('account')).due).toEqual([])
  // It is asked for once, and not again.
  here.requests()
  await device.sync()
  const first = here.requests().length
  await device.sync()
  expect(here.requests().length).toBe(first)
})

test('metadata that went back in time shows that the rows did, though none that is held says so', async () => {
  const here = world()
  const { emulator, env } = here
  const leaves = emulator.master.create('account', { name: 'leaves', address1_city: 'Oslo' })
  emulator.master.create('account', { name: 'stays', address1_city: 'Oslo' })
  const elsewhere = emulator.master.create('account', { name: 'elsewhere', address1_city: 'Bergen' })
  const syncFilter = "address1_city eq 'Oslo'"
  const columns = ['name', 'address1_city']
  const device = await here.device({
    configuration: { tables: { account: { columns, syncFilter, changeTracking: true } } },
  })
  await device.sync()
  const backup = emulator.backup()
  emulator.schema.renameOption('account', 'industrycode', 1, 'Renamed')
  for (let nth = 0; nth < 5; nth += 1) emulator.master.touch('account', elsewhere)
  await env.advance(LATER)
  await device.sync()

  emulator.restoreBackup(backup)
  emulator.master.update('account', leaves, { address1_city: 'Bergen' })
  // Now the master gives versions that are newer than all that were told of before.
  for (let nth = 0; nth < 9; nth += 1) emulator.master.touch('account', elsewhere)
  await env.advance(LATER)
  await device.sync()
  await device.sync()
  expect((await device.rows('account')).has(leaves)).toBe(false)
  expect(await differences(here, device, { account: (values) => values['address1_city'] === 'Oslo' })).toEqual([])
})

test('other metadata under a stamp that was seen before the backup came back is noticed where the master refuses to answer', async () => {
  const here = world()
  const { emulator, env } = here
  const columns = ['name', 'address1_city', 'telephone1']
  const syncFilter = "address1_city eq 'Oslo'"
  const leaves = emulator.master.create('account', { name: 'leaves', address1_city: 'Oslo' })
  emulator.master.create('account', { name: 'stays', address1_city: 'Oslo' })
  const device = await here.device({ configuration: { tables: { account: { columns, syncFilter } } } })
  await device.sync()
  const backup = emulator.backup()
  emulator.schema.renameOption('account', 'industrycode', 1, 'Renamed')
  await env.advance(LATER)
  await device.sync()

  emulator.restoreBackup(backup)
  emulator.schema.removeColumn('account', 'telephone1')
  emulator.master.update('account', leaves, { address1_city: 'Bergen' })
  await env.advance(LATER)
  const refused = await device.sync()
  expect(refused.tables['account']?.error).toMatchObject({ code: 'rejected' })
  const report = await device.sync()
  expect(report.tables['account']?.error).toBeUndefined()
  expect(device.org.configuration.tables['account']?.columns).toEqual(['name', 'address1_city'])
  // Other metadata with the stamp of the copy is a sign that the rows went back, too.
  expect([...(await device.rows('account')).keys()]).not.toContain(leaves)
})

test('so it is where what the master answers does not fit the columns that are known', async () => {
  const here = world()
  const { emulator, env } = here
  emulator.master.create('account', { name: 'Kept', telephone1: '555 12' })
  const device = await here.device({ configuration: { tables: { account: { columns: ['name', 'telephone1'] } } } })
  await device.sync()
  const backup = emulator.backup()
  emulator.schema.retypeColumn('account', integer('Telephone1'))
  await env.advance(LATER)
  await device.sync()

  emulator.restoreBackup(backup)
  emulator.schema.retypeColumn('contact', integer('Telephone1'))
  emulator.master.create('account', { name: 'New', telephone1: '555 77' })
  await env.advance(LATER)
  const refused = await device.sync()
  expect(refused.tables['account']?.error).toMatchObject({ code: 'invalid' })
  const report = await device.sync()
  expect(report.tables['account']?.error).toBeUndefined()
  expect([...(await device.rows('account')).values()].map(({ telephone1 }) => telephone1)).toContain('555 77')
})

test('so it is where a row that did not change does not fit them', async () => {
  const here = world()
  const { emulator, env } = here
  const id = emulator.master.create('account', { name: 'Kept', telephone1: '555 12' })
  const device = await here.device({ configuration: { tables: { account: { columns: ['name', 'telephone1'] } } } })
  await device.sync()
  const backup = emulator.backup()
  emulator.schema.retypeColumn('account', integer('Telephone1'))
  await env.advance(LATER)
  await device.sync()
  expect((await device.rows('account')).get(id)?.['telephone1'] ?? null).toBeNull()

  emulator.restoreBackup(backup)
  emulator.schema.retypeColumn('contact', integer('Telephone1'))
  await env.advance(LATER)
  await device.sync()
  await env.advance(LATER)
  await device.sync()
  expect((await device.rows('account')).get(id)?.['telephone1']).toBe('555 12')
})

test('so it is where no row comes any more, because the newest has never been made', async () => {
  const here = world()
  const { emulator, env } = here
  const id = emulator.master.create('account', { name: 'Kept', telephone1: '555 12' })
  const device = await here.device({ configuration: { tables: { account: { columns: ['name', 'telephone1'] } } } })
  await device.sync()
  const backup = emulator.backup()
  emulator.schema.retypeColumn('account', integer('Telephone1'))
  emulator.master.create('account', { name: 'Never made' })
  for (let round = 0; round < 2; round += 1) {
    await env.advance(LATER)
    await device.sync()
  }

  emulator.restoreBackup(backup)
  emulator.schema.retypeColumn('contact', integer('Telephone1'))
  await env.advance(LATER)
  await device.sync()
  await env.advance(LATER)
  await device.sync()
  expect((await device.rows('account')).get(id)?.['telephone1']).toBe('555 12')
})

test('so it is where a push cannot read what stands in its way, though nothing is pulled', async () => {
  const here = world()
  const { emulator, env } = here
  const id = account(here, 'as it was')
  const device = await here.device({
    configuration: { tables: { account: { columns: ['name', 'telephone1', 'fax'], onUpdatedRow: 'delete' } } },
  })
  await device.sync()
  const backup = emulator.backup()
  emulator.schema.renameOption('account', 'industrycode', 1, 'Renamed')
  await env.advance(LATER)
  await device.sync()

  emulator.restoreBackup(backup)
  emulator.schema.removeColumn('account', 'telephone1')
  emulator.master.update('account', id, { name: 'changed there' })
  await device.org.write((draft) => draft.delete('account', id))
  await device.org.push()
  expect(emulator.master.row('account', id)).toBeDefined()
  await device.org.updateMetadata()
  await env.advance(LATER)
  await device.org.push()
  expect(emulator.master.row('account', id)).toBeUndefined()
})

test('a question that the master goes on refusing has the metadata copied once only', async () => {
  const here = world()
  const device = await here.device({ configuration: { tables: { account: { columns: ['name'] } } } })
  await device.sync()
  const fault = { kind: 'status', status: 400, code: '0x80060888', message: 'Not like that.' } as const
  here.emulator.faults.add({ match: { path: /accounts/, part: true }, times: 20, fault })
  here.emulator.faults.add({ match: { path: /accounts/ }, times: 20, fault })
  const copies: number[] = []
  device.org.subscribe((event) => event.type === 'metadata.pulled' && copies.push(event.tables))
  for (let nth = 0; nth < 4; nth += 1) {
    const { tables } = await device.sync()
    expect(tables['account']?.error).toMatchObject({ code: 'rejected' })
  }
  expect(copies).toHaveLength(1)
})

test('it is noticed by what was written from here as well, where no pull had brought that back before', async () => {
  const here = world()
  const { emulator, env } = here
  const id = account(here, 'as it was')
  account(here, 'the newest, to which nothing happens')
  const device = await here.device({ configuration: KEPT })
  await device.sync()
  await env.advance(LATER)
  await device.sync()
  const backup = emulator.backup()
  await device.org.write((draft) => draft.update('account', id, { telephone1: '1' }))
  await device.org.push()
  expect(emulator.master.row('account', id)?.values['telephone1']).toBe('1')

  emulator.restoreBackup(backup)
  for (let round = 0; round < 4; round += 1) {
    await env.advance(LATER)
    account(here, `made in round ${round}`)
    await device.sync()
  }
  expect((await device.rows('account')).get(id)?.['telephone1']).toBeNull()
  expect(await differences(here, device)).toEqual([])
})

test('it is noticed by what a comparison has read, where no pull had come to it before', async () => {
  const here = world()
  const { emulator, env } = here
  const id = account(here, 'as it was')
  account(here, 'the newest, to which nothing happens')
  const device = await here.device({ configuration: KEPT })
  await device.sync()
  await env.advance(LATER)
  await device.sync()
  const backup = emulator.backup()
  emulator.master.update('account', id, { name: 'changed since' })
  await device.org.repair('account')
  expect((await device.rows('account')).get(id)?.['name']).toBe('changed since')

  emulator.restoreBackup(backup)
  for (let round = 0; round < 4; round += 1) {
    await env.advance(LATER)
    account(here, `made in round ${round}`)
    await device.sync()
  }
  expect((await device.rows('account')).get(id)?.['name']).toBe('as it was')
  expect(await differences(here, device)).toEqual([])
})

test('what was made from here before a pull and is not in the backup goes, where deletions are told of', async () => {
  const here = world()
  const { emulator, env } = here
  account(here, 'the newest, to which nothing happens')
  const device = await here.device({
    configuration: { tables: { account: { columns: ['name'], changeTracking: true } } },
  })
  await device.sync()
  await env.advance(LATER)
  await device.sync()
  const backup = emulator.backup()
  const id = '7b40a975-5d04-4526-bd0d-bd295adda3dd'
  await device.org.write((draft) => draft.create('account', { name: 'made here' }, id))
  await device.org.push()
  expect(emulator.master.row('account', id)?.values['name']).toBe('made here')

  emulator.restoreBackup(backup)
  for (let round = 0; round < 4; round += 1) {
    await env.advance(LATER)
    account(here, `made in round ${round}`)
    await device.sync()
  }
  expect((await device.rows('account')).has(id)).toBe(false)
  expect(await differences(here, device)).toEqual([])
})

test('what a transaction wrote that had not ended when the backup was made goes, though newer rows are in the backup', async () => {
  const here = world()
  const { emulator, env } = here
  const device = await here.device({
    configuration: {
      tables: { account: { columns: ['name'], changeTracking: true }, contact: { columns: ['lastname'] } },
    },
  })
  await device.sync()
  await env.advance(LATER)
  await device.sync()
  emulator.delayedCommit(60_000, (master) => master.create('account', { name: 'not ended' }))
  emulator.master.create('contact', { lastname: 'Newer' })
  const backup = emulator.backup()
  await env.advance(61_000)
  await device.sync()
  const names = async (): Promise<readonly unknown[]> =>
    [...(await device.rows('account')).values()].map(({ name }) => name)
  expect(await names()).toContain('not ended')

  emulator.restoreBackup(backup)
  await device.sync()
  await env.advance(LATER)
  await device.sync()
  expect(await names()).not.toContain('not ended')
  expect(await differences(here, device)).toEqual([])
})

test('a row that was given away comes back with the backup, where nothing but an entry of the tracking table is gone', async () => {
  const here = world()
  const { emulator, env } = here
  emulator.security.privilegeDepth('Amara Okafor', 'account', 'user', ['read'])
  const [me, other] = ['Amara Okafor', 'Bram Bakker'].map(
    (name) => emulator.users.find((user) => user.name === name)?.id,
  )
  const [id, newest] = [account(here, 'given away'), account(here, 'newest')]
  for (const each of [id, newest]) emulator.master.assign('account', each, { table: 'systemuser', id: me ?? '' })
  const device = await here.device({
    user: 'Amara Okafor',
    configuration: {
      tables: {
        account: { columns: ['name', 'ownerid'], tracking: { owners: true } },
        systemuser: { columns: ['fullname'] },
        resco_mobiletracking: {},
      },
      mobileTracking: 'resco_mobiletracking',
    },
  })
  await device.sync()
  await env.advance(LATER)
  await device.sync()
  const backup = emulator.backup()
  emulator.master.assign('account', id, { table: 'systemuser', id: other ?? '' })
  await device.sync()
  await env.advance(LATER)
  await device.sync()
  expect((await device.rows('account')).has(id)).toBe(false)

  emulator.restoreBackup(backup)
  await env.advance(LATER)
  await device.sync()
  expect((await device.rows('account')).has(id)).toBe(true)
})

test('a link that was made since the backup goes, where removed links are told of and nothing else has changed', async () => {
  const here = world()
  const { emulator, env } = here
  const skill = emulator.master.create('new_skill', { new_name: 'Welding' })
  const [resource] = emulator.master.rows('bookableresource')
  const device = await here.device({
    configuration: {
      tables: {
        new_skill: { columns: ['new_name'] },
        bookableresource: { columns: ['name'] },
        new_skill_bookableresource: { columns: [], tracking: { links: true } },
        resco_mobiletracking: {},
      },
      mobileTracking: 'resco_mobiletracking',
    },
  })
  await device.sync()
  const backup = emulator.backup()
  emulator.master.associate('new_skill', skill, 'new_Skill_BookableResource', {
    table: 'bookableresource',
    id: resource?.id ?? '',
  })
  await env.advance(LATER)
  await device.sync()
  const links = (await device.rows('new_skill_bookableresource')).size

  emulator.restoreBackup(backup)
  await env.advance(LATER)
  await device.sync()
  await device.sync()
  expect((await device.rows('new_skill_bookableresource')).size).toBe(links - 1)
})

test('a link that was made from here before a pull and is not in the backup goes, where removed links are told of', async () => {
  const here = world()
  const { emulator, env } = here
  const skill = emulator.master.create('new_skill', { new_name: 'Welding' })
  const [resource] = emulator.master.rows('bookableresource')
  const device = await here.device({
    configuration: {
      tables: {
        new_skill: { columns: ['new_name'] },
        bookableresource: { columns: ['name'] },
        new_skill_bookableresource: { columns: [], tracking: { links: true } },
        resco_mobiletracking: {},
      },
      mobileTracking: 'resco_mobiletracking',
    },
  })
  for (let round = 0; round < 2; round += 1) {
    await device.sync()
    await env.advance(LATER)
  }
  const before = await device.rows('new_skill_bookableresource')
  const backup = emulator.backup()
  const ends = [
    { table: 'new_skill', id: skill },
    { table: 'bookableresource', id: resource?.id ?? '' },
  ] as const
  await device.org.write((draft) => draft.associate('new_Skill_BookableResource', ...ends))
  await device.org.push()
  expect((await device.rows('new_skill_bookableresource')).size).toBe(before.size + 1)

  emulator.restoreBackup(backup)
  for (let round = 0; round < 3; round += 1) {
    await env.advance(LATER)
    await device.sync()
  }
  expect(await device.rows('new_skill_bookableresource')).toEqual(before)
})

test('a pass that another tab was in the middle of does not go on where it was before the backup', async () => {
  const here = world()
  const { emulator, env } = here
  const skills = Array.from({ length: 9 }, (_, nth) =>
    emulator.master.create('new_skill', { new_name: `Skill ${nth}` }),
  )
  const [resource] = emulator.master.rows('bookableresource')
  const link = (skill: string): void =>
    emulator.master.associate('new_skill', skill, 'new_Skill_BookableResource', {
      table: 'bookableresource',
      id: resource?.id ?? '',
    })
  const links = async (): Promise<number> => (await device.rows('new_skill_bookableresource')).size
  const device = await here.device({
    configuration: {
      tables: {
        new_skill: { columns: ['new_name'], syncDeletion: true },
        bookableresource: { columns: ['name'], syncDeletion: true },
        new_skill_bookableresource: { columns: [], priority: 9 },
      },
    },
  })
  await device.sync()
  const before = await links()
  const backup = emulator.backup()
  for (const skill of skills) link(skill)
  const changed = skills[0] ?? ''
  emulator.master.update('new_skill', changed, { new_name: 'changed since' })
  // Long enough for nothing to be asked for again by its time.
  for (let round = 0; round < 3; round += 1) {
    await device.sync()
    await env.advance(LATER)
  }
  expect(await links()).toBe(before + skills.length)
  const master = here.master()
  delete master.glance
  let isMet = false
  let goOn = (): void => {}
  const released = new Promise<void>((resolve) => (goOn = resolve))
  const tab = await ClientOrg.open({
    store: device.store,
    env,
    delivery: 'on-demand',
    master: {
      ...master,
      pull: async (...of) => {
        const page = await master.pull(...of)
        if (of[0].table.name !== 'new_skill_bookableresource') return page
        isMet = true
        await released
        return page
      },
    },
  })
  emulator.restoreBackup(backup)
  await env.advance(LATER)
  const passing = tab.sync()
  while (!isMet) await Promise.resolve()
  await device.sync()
  await device.sync()
  goOn()
  await passing

  await env.advance(LATER)
  link(changed)
  await device.sync()
  expect(await links()).toBe(before + 1)
  await tab.close()
})

test('it is noticed by the next ones where the newest of all rows seen was deleted from here', async () => {
  const here = world()
  const { emulator, env } = here
  const changed = account(here, 'as it was')
  const newest = account(here, 'newest')
  const device = await here.device({ configuration: { tables: { account: { columns: ['name'] } } } })
  await device.sync()
  const backup = emulator.backup()
  emulator.master.update('account', changed, { name: 'changed since' })
  emulator.master.update('account', newest, { name: 'newest still' })
  for (let round = 0; round < 2; round += 1) {
    await device.sync()
    await env.advance(LATER)
  }
  await device.org.write((draft) => draft.delete('account', newest))
  await device.org.push()

  emulator.restoreBackup(backup)
  for (let round = 0; round < 2; round += 1) {
    await env.advance(LATER)
    await device.sync()
  }
  expect((await device.rows('account')).get(changed)?.['name']).toBe('as it was')
  expect(await differences(here, device)).toEqual([])
})

test('it is noticed where a row comes again in the version in which it was deleted from here', async () => {
  const here = world()
  const { emulator, env } = here
  const older = account(here, 'deleted there')
  const newest = account(here, 'deleted here')
  const device = await here.device({ configuration: { tables: { account: { columns: ['name'] } } } })
  await device.sync()
  const backup = emulator.backup()
  await env.advance(LATER)
  for (const id of [older, newest]) await device.org.write((draft) => draft.delete('account', id))
  await device.org.push()

  emulator.restoreBackup(backup)
  await env.advance(LATER)
  await device.sync()
  await device.sync()
  expect([...(await device.rows('account')).keys()]).toEqual(expect.arrayContaining([older, newest]))
  expect(await differences(here, device)).toEqual([])
})

test('it is noticed where the newest row of all has got a still newer version since', async () => {
  const here = world()
  const { emulator, env } = here
  const changed = account(here, 'as it was')
  const newest = account(here, 'newest')
  const device = await here.device({ configuration: { tables: { account: { columns: ['name'] } } } })
  await device.sync()
  const backup = emulator.backup()
  emulator.master.update('account', changed, { name: 'changed since' })
  emulator.master.update('account', newest, { name: 'newest still' })
  for (let round = 0; round < 2; round += 1) {
    await device.sync()
    await env.advance(LATER)
  }

  emulator.restoreBackup(backup)
  for (let nth = 0; nth < 9; nth += 1) emulator.master.update('account', newest, { name: `newest ${nth}` })
  for (let round = 0; round < 2; round += 1) {
    await env.advance(LATER)
    await device.sync()
  }
  expect((await device.rows('account')).get(changed)?.['name']).toBe('as it was')
  expect(await differences(here, device)).toEqual([])
})

test('it is noticed where the newest row of all had an edit waiting, which met it as it was then', async () => {
  const here = world()
  const { emulator, env } = here
  const changed = account(here, 'as it was')
  const newest = account(here, 'newest')
  const device = await here.device({ configuration: { tables: { account: { columns: ['name', 'telephone1'] } } } })
  await device.sync()
  const backup = emulator.backup()
  emulator.master.update('account', changed, { name: 'changed since' })
  emulator.master.update('account', newest, { name: 'newest still' })
  for (let round = 0; round < 2; round += 1) {
    await device.sync()
    await env.advance(LATER)
  }
  await device.org.write((draft) => draft.update('account', newest, { telephone1: '1' }))

  emulator.restoreBackup(backup)
  // The edit is given a version that is newer than all that were seen.
  for (let nth = 0; nth < 9; nth += 1) account(here, `made after ${nth}`)
  await device.sync()
  expect(emulator.master.row('account', newest)?.values).toMatchObject({ name: 'newest', telephone1: '1' })
  expect((await device.rows('account')).get(changed)?.['name']).toBe('as it was')
  expect(await differences(here, device)).toEqual([])
})

test('what is changed behind it in versions that were given out before is found, where all newer rows are in no backup', async () => {
  const here = world()
  const { emulator, env } = here
  const changed = [account(here, 'one'), account(here, 'another')]
  const device = await here.device({ configuration: KEPT })
  await device.sync()
  const backup = emulator.backup()
  for (const name of ['only', 'in', 'no', 'backup']) account(here, name)
  await device.sync()
  emulator.restoreBackup(backup)
  // An import keeps the times that its rows had: the version alone tells that they are new.
  const values = { telephone1: '1', modifiedon: '2026-04-01T08:00:00Z' }
  for (const id of changed) emulator.master.update('account', id, values)
  await env.advance(LATER)
  await device.sync()
  await device.sync()
  expect(await differences(here, device)).toEqual([])
})

test('a pull that finds the newest row seen deleted, and a newer one, expects that one from then on', async () => {
  const here = world()
  const { emulator, env } = here
  const changed = account(here, 'as it was')
  const newest = account(here, 'deleted since')
  const device = await here.device({ configuration: KEPT })
  await device.sync()
  const backup = emulator.backup()
  emulator.master.remove('account', newest)
  emulator.master.update('account', changed, { name: 'changed since' })
  await env.advance(LATER)
  await device.sync()
  expect((await device.rows('account')).get(changed)?.['name']).toBe('changed since')

  emulator.restoreBackup(backup)
  await env.advance(LATER)
  await device.sync()
  await device.sync()
  expect((await device.rows('account')).get(changed)?.['name']).toBe('as it was')
})

test('a row that nothing but a conflict has shown is expected, too: what was in conflict may never be sent', async () => {
  const here = world()
  const { emulator, env } = here
  const id = account(here, 'as it was')
  account(here, 'the newest')
  await env.advance(LATER)
  const device = await here.device({
    configuration: { tables: { account: { columns: ['name'], conflictPolicy: 'manual' } } },
  })
  await device.sync()
  const backup = emulator.backup()
  const { seq } = await device.org.write((draft) => draft.update('account', id, { name: 'from here' }))
  emulator.master.update('account', id, { name: 'changed since' })
  await device.org.push()
  await device.org.outbox.discard(seq === null ? [] : [seq])
  expect((await device.rows('account')).get(id)?.['name']).toBe('changed since')

  emulator.restoreBackup(backup)
  await env.advance(LATER)
  await device.sync()
  await device.sync()
  expect((await device.rows('account')).get(id)?.['name']).toBe('as it was')
})

for (const which of ['another row than the newest', 'the newest row'] as const) {
  test(`it is noticed where an edit of ${which} meets it in a version newer than all that were seen`, async () => {
    const here = world()
    const { emulator, env } = here
    const [other, changed, newest] = [account(here, 'edited'), account(here, 'as it was'), account(here, 'newest')]
    const device = await here.device({ configuration: KEPT })
    await device.sync()
    const backup = emulator.backup()
    emulator.master.update('account', changed, { name: 'changed since' })
    emulator.master.update('account', newest, { name: 'newest still' })
    for (let round = 0; round < 2; round += 1) {
      await device.sync()
      await env.advance(LATER)
    }
    const edited = which === 'the newest row' ? newest : other
    await device.org.write((draft) => draft.update('account', edited, { telephone1: '1' }))

    emulator.restoreBackup(backup)
    for (let nth = 0; nth < 9; nth += 1) account(here, `made after ${nth}`)
    emulator.master.update('account', edited, { name: 'changed after' })
    await device.sync()
    expect(emulator.master.row('account', edited)?.values).toMatchObject({ name: 'changed after', telephone1: '1' })
    expect((await device.rows('account')).get(changed)?.['name']).toBe('as it was')
    expect(await differences(here, device)).toEqual([])
  })
}

test('the newest row seen was written from here since the backup came back, in a version lower than it had before', async () => {
  const here = world()
  const { emulator, env } = here
  const [other, newest] = [account(here, 'as it was'), account(here, 'the newest')]
  await env.advance(LATER)
  const device = await here.device({ configuration: KEPT })
  await device.sync()
  const backup = emulator.backup()
  emulator.master.update('account', other, { name: 'changed since' })
  for (let nth = 0; nth < 9; nth += 1) emulator.master.update('account', newest, { name: `since ${nth}` })
  await device.sync()
  expect((await device.rows('account')).get(other)?.['name']).toBe('changed since')

  emulator.restoreBackup(backup)
  await env.advance(LATER)
  await device.org.write((draft) => draft.update('account', newest, { telephone1: '1' }))
  await device.sync()
  await device.sync()
  expect((await device.rows('account')).get(other)?.['name']).toBe('as it was')
})

test('it is noticed by a pass that reads a table anew, and so could expect nothing of it', async () => {
  const here = world()
  const { emulator, env } = here
  const changed = account(here, 'as it was')
  const [contact] = emulator.master.rows('contact')
  const backup = emulator.backup()
  emulator.master.remove('contact', contact?.id ?? '')
  const device = await here.device({ configuration: KEPT })
  await device.sync()
  emulator.master.update('account', changed, { name: 'changed since' })
  for (let nth = 0; nth < 9; nth += 1) account(here, `made since ${nth}`)
  await device.sync()

  emulator.restoreBackup(backup)
  await env.advance(LATER)
  await device.org.resync(['account'])
  await device.sync()
  await device.sync()
  expect((await device.rows('account')).get(changed)?.['name']).toBe('as it was')
  expect((await device.rows('contact')).has(contact?.id ?? '')).toBe(true)
})

test('it is noticed by what a pull brought that a push had met something newer before, which is in no backup', async () => {
  const here = world()
  const { emulator, env } = here
  const changed = account(here, 'as it was')
  const device = await here.device({ configuration: KEPT })
  await device.sync()
  const backup = emulator.backup()
  const made = account(here, 'made since')
  await device.sync()
  emulator.master.update('account', changed, { name: 'changed since' })
  await device.org.write((draft) => draft.update('account', made, { telephone1: '1' }))
  emulator.master.update('account', made, { name: 'met by the push' })
  for (let round = 0; round < 2; round += 1) {
    await device.sync()
    await env.advance(LATER)
  }
  expect((await device.rows('account')).get(changed)?.['name']).toBe('changed since')

  emulator.restoreBackup(backup)
  await device.sync()
  await device.sync()
  expect((await device.rows('account')).get(changed)?.['name']).toBe('as it was')
})

test('it is noticed where a row that was told to be deleted, and not looked at by then, is there as it was', async () => {
  const here = world()
  const { emulator, env } = here
  const [changed, deleted] = [account(here, 'as it was'), account(here, 'comes back')]
  const device = await here.device({
    configuration: { tables: { account: { columns: ['name'], changeTracking: true } } },
  })
  await device.sync()
  const backup = emulator.backup()
  emulator.master.update('account', changed, { name: 'changed since' })
  emulator.master.remove('account', deleted)
  for (let round = 0; round < 2; round += 1) {
    await device.sync()
    await env.advance(LATER)
  }
  expect((await device.rows('account')).has(deleted)).toBe(false)
  emulator.master.remove('account', changed)
  // Told by the first request; the second one asks for the newest rows seen, the third for what is told of.
  emulator.faults.add({ nth: 3, fault: { kind: 'dropBeforeCommit' } })
  await expect(device.sync()).rejects.toMatchObject({ code: 'offline' })
  device.org.reconnect()

  emulator.restoreBackup(backup)
  // What tells of changes is a token of this past once more.
  for (let nth = 0; nth < 9; nth += 1) emulator.master.create('contact', { lastname: `made after ${nth}` })
  await device.sync()
  await device.sync()
  expect((await device.rows('account')).get(changed)?.['name']).toBe('as it was')
  expect((await device.rows('account')).has(deleted)).toBe(true)
})

const OF_OSLO = "address1_city eq 'Oslo'"

function inOslo({ emulator }: World, name: string): string {
  return emulator.master.create('account', { name, address1_city: 'Oslo' })
}

test.each(['is deleted', 'leaves, too'])(
  'rows that leave the filter are no sign of it (the newest %s)',
  async (then) => {
    const here = world()
    const { master } = here.emulator
    for (let nth = 0; nth < 30; nth += 1) inOslo(here, `Account ${nth}`)
    const leaver = inOslo(here, 'leaves first')
    const account = { columns: ['name', 'address1_city'], syncFilter: OF_OSLO }
    const device = await here.device({ configuration: { tables: { account } } })
    await device.sync()
    master.update('account', leaver, { address1_city: 'Bergen' })
    const newest = inOslo(here, 'newest')
    await here.env.advance(LATER)
    await device.sync()
    if (then === 'is deleted') master.remove('account', newest)
    else master.update('account', newest, { address1_city: 'Bergen' })
    await here.env.advance(LATER)
    const { tables } = await device.sync()
    expect(tables['account']?.received).toBeLessThan(5)
    expect((await device.org.explainPull('account')).due).toEqual([])
  },
)

test('nor is a conflict beside a row that leaves the filter', async () => {
  const here = world()
  const { master } = here.emulator
  for (let nth = 0; nth < 30; nth += 1) inOslo(here, `Account ${nth}`)
  const [both, leaver] = [inOslo(here, 'edited by both'), inOslo(here, 'leaves')]
  const account = { columns: ['name', 'address1_city', 'telephone1'], syncFilter: OF_OSLO, syncDeletion: true }
  const device = await here.device({ configuration: { tables: { account } } })
  await device.sync()
  await here.env.advance(LATER)
  await device.sync()
  master.update('account', leaver, { address1_city: 'Bergen' })
  master.update('account', both, { name: 'theirs' })
  await device.org.write((draft) => draft.update('account', both, { telephone1: '1' }))
  const { tables } = await device.sync()
  expect(tables['account']?.received).toBeLessThan(5)
})

/** A device that is to find by one anchor alone that versions are given out once more: the newest was never made in this past. */
async function passedBy(): Promise<{
  readonly here: World
  readonly device: Device
  readonly store: ReturnType<typeof faultyStore>
  /** Whether the request for what is still wanted is lost. */
  readonly wire: { isCut: boolean }
}> {
  const here = world()
  const { emulator, env } = here
  const id = account(here, 'as it was')
  const store = faultyStore(memoryStore())
  const wire = { isCut: false }
  const device = await here.device({
    configuration: { tables: { account: { columns: ['name'] } } },
    store,
    through: (master) => ({
      ...master,
      read: (request, signal) =>
        wire.isCut && request.scope !== undefined
          ? Promise.reject(new MasterError('offline', 'cut off'))
          : master.read(request, signal),
    }),
  })
  await device.sync()
  await env.advance(LATER)
  const backup = emulator.backup()
  for (let nth = 0; nth < 3; nth += 1) emulator.master.create('contact', { lastname: `since ${nth}` })
  account(here, 'made since')
  for (let round = 0; round < 2; round += 1) {
    await env.advance(LATER)
    await device.sync()
  }
  emulator.restoreBackup(backup)
  // A version of this past, without a time of its own.
  emulator.master.touch('account', id)
  await env.advance(LATER)
  return { here, device, store, wire }
}

test('what was passed by is found though the request that asks whether it is still wanted is lost', async () => {
  const { here, device, wire } = await passedBy()
  wire.isCut = true
  await expect(device.sync()).rejects.toMatchObject({ code: 'offline' })
  wire.isCut = false
  for (let round = 0; round < 2; round += 1) await device.sync()
  expect(await differences(here, device)).toEqual([])
})

test('what was passed by is found wherever the device dies', async () => {
  for (let skip = 0, hasDied = true; hasDied; skip += 1) {
    const { here, device, store } = await passedBy()
    store.fail({ at: 'commit', skip })
    hasDied = await device.sync().then(
      () => false,
      () => true,
    )
    store.heal()
    for (let round = 0; round < 2; round += 1) await device.sync()
    expect({ skip, lines: await differences(here, device) }).toEqual({ skip, lines: [] })
  }
})
