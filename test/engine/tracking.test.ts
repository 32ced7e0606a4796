import { linkId } from '@outpost/core'
import type { Configuration, TableConfiguration } from '@outpost/core'
import { expect, test } from 'vitest'
import { world } from './world.ts'
import type { Device, World } from './world.ts'

/** Everything that tracking of all kinds needs. */
function tracked(tables: Readonly<Record<string, TableConfiguration>>): Configuration {
  return {
    tables: {
      ...tables,
      systemuser: { columns: ['fullname'] },
      resco_mobiletracking: {},
    },
    mobileTracking: 'resco_mobiletracking',
  }
}

const SKILLS = {
  new_skill: { columns: ['new_name'] },
  bookableresource: { columns: ['name'] },
} as const

/** What a request asked for, without the question of how. */
function ofTable(requests: readonly string[], entitySet: string): readonly string[] {
  return requests.map((request) => decodeURIComponent(request)).filter((request) => request.includes(`/${entitySet}?`))
}

/** A request that lists ids of a whole table. */
function isList(request: string): boolean {
  return /\$select=\w+id&/.test(request) && !request.includes('.In(') && !/versionnumber|count=true/.test(request)
}

/** Accounts that nothing else points to. */
function accounts({ emulator }: World, count: number): readonly string[] {
  return Array.from({ length: count }, (_, nth) => emulator.master.create('account', { name: `Account ${nth}` }))
}

async function ids(device: Device, table: string): Promise<readonly string[]> {
  return [...(await device.rows(table)).keys()]
}

async function synced(world: World, configuration: Configuration, user?: string): Promise<Device> {
  const device = await world.device({ configuration, ...(user === undefined ? {} : { user }) })
  await device.sync()
  await device.sync()
  world.requests()
  return device
}

test('deleted rows are tracked: they go at the cost of the changes, without a list of ids', async () => {
  const here = world({ rows: 2000 })
  const [first = '', second = '', third = ''] = accounts(here, 3)
  const device = await synced(here, tracked({ account: { columns: ['name'], tracking: { deletes: true } } }))
  for (const id of [first, second]) here.emulator.master.remove('account', id)
  const report = await device.sync()
  const sent = here.requests()

  expect(report.tables['account']).toMatchObject({ pruned: 2 })
  const left = await ids(device, 'account')
  expect([left.includes(first), left.includes(second), left.includes(third)]).toEqual([false, false, true])
  expect(sent.map((request) => decodeURIComponent(request)).filter(isList)).toEqual([])
  // One look for what is new, one at the two rows.
  expect(ofTable(sent, 'accounts').length).toBeLessThanOrEqual(2)
  const { strategies, mayBeStale } = await device.org.explainPull('account')
  expect(strategies.map(({ name }) => name)).toEqual(['floor', 'tracking'])
  expect(mayBeStale).not.toContain('rows that were deleted on the master stay here')
})

test('entries that a repair of the mobile-tracking table brings are followed as those of a pull are', async () => {
  const here = world()
  const [gone = ''] = accounts(here, 2)
  const device = await synced(here, tracked({ account: { columns: ['name'], tracking: { deletes: true } } }))
  here.emulator.master.remove('account', gone)
  await device.org.repair('resco_mobiletracking')
  expect(await ids(device, 'account')).toContain(gone)
  await device.sync()
  expect(await ids(device, 'account')).not.toContain(gone)
})

test('a first download needs no comparison: it is tracked from its beginning', async () => {
  const here = world()
  const device = await here.device({
    configuration: tracked({ account: { columns: ['name'], tracking: { deletes: true } } }),
  })
  const gone = accounts(here, 1)[0] ?? ''
  device.org.subscribe((event) => {
    const isThere = here.emulator.master.row('account', gone) !== undefined
    if (event.type === 'pull.page' && event.table === 'account' && isThere) here.emulator.master.remove('account', gone)
  })
  here.requests()
  await device.sync()
  expect(here.requests().map(decodeURIComponent).filter(isList)).toEqual([])
  expect(await ids(device, 'account')).toContain(gone)
  await device.sync()
  expect(await ids(device, 'account')).not.toContain(gone)
  expect(here.requests().map(decodeURIComponent).filter(isList)).toEqual([])
})

test('with the kind switched off deleted rows stay', async () => {
  const here = world()
  const [gone = ''] = accounts(here, 1)
  const device = await synced(here, tracked({ account: { columns: ['name'], tracking: { owners: true } } }))
  here.emulator.master.remove('account', gone)
  await device.sync()
  expect(await ids(device, 'account')).toContain(gone)
})

test('an owner that changed is tracked: the row goes where the user may not read it any more, and stays where they may', async () => {
  const here = world()
  const technician = 'Amara Okafor'
  const { emulator } = here
  const other = emulator.security.addUser({ name: 'Far Away', roles: [], businessUnit: unit(here) })
  const device = await synced(
    here,
    tracked({ incident: { columns: ['title', 'ownerid'], tracking: { owners: true } } }),
    technician,
  )
  const [away = '', kept = ''] = await ids(device, 'incident')
  emulator.master.assign('incident', away, { table: 'systemuser', id: other.id })
  const me = emulator.users.find(({ name }) => name === technician)
  emulator.master.assign('incident', kept, { table: 'systemuser', id: me?.id ?? '' })
  const report = await device.sync()
  const left = await ids(device, 'incident')
  expect([left.includes(away), left.includes(kept)]).toEqual([false, true])
  expect(report.tables['incident']).toMatchObject({ pruned: 1 })
  expect(here.requests().map(decodeURIComponent).filter(isList)).toEqual([])
})

test('without that kind a row that was given away stays', async () => {
  const here = world()
  const { emulator } = here
  const other = emulator.security.addUser({ name: 'Far Away', roles: [], businessUnit: unit(here) })
  const device = await synced(
    here,
    tracked({ incident: { columns: ['title'], tracking: { deletes: true } } }),
    'Amara Okafor',
  )
  const [away = ''] = await ids(device, 'incident')
  emulator.master.assign('incident', away, { table: 'systemuser', id: other.id })
  await device.sync()
  expect(await ids(device, 'incident')).toContain(away)
})

/** A business unit that no seeded user belongs to. */
function unit({ emulator }: World): string {
  const [root] = emulator.master.rows('businessunit')
  return emulator.master.create('businessunit', {
    name: 'Far away',
    parentbusinessunitid: { table: 'businessunit', id: root?.id ?? '' },
  })
}

test('removed many-to-many links are tracked, whichever side they were removed from', async () => {
  const here = world()
  const device = await synced(here, tracked({ ...SKILLS, new_skill_bookableresource: { tracking: { links: true } } }))
  const links = [...(await device.rows('new_skill_bookableresource')).entries()].slice(0, 2)
  for (const [nth, [, link]] of links.entries()) {
    const skill = { table: 'new_skill', id: String(link['new_skillid']) }
    const resource = { table: 'bookableresource', id: String(link['bookableresourceid']) }
    const [from, to] = nth === 0 ? [skill, resource] : [resource, skill]
    here.emulator.master.disassociate(from.table, from.id, relationship(here), to)
  }
  await device.sync()
  const left = await ids(device, 'new_skill_bookableresource')
  for (const [id] of links) expect(left).not.toContain(id)
  expect(here.requests().map(decodeURIComponent).filter(isList)).toEqual([])
})

test('links of a row that was deleted go with it', async () => {
  const here = world()
  const device = await synced(
    here,
    tracked({
      new_skill: { columns: ['new_name'], tracking: { deletes: true } },
      bookableresource: { columns: ['name'] },
      new_skill_bookableresource: { tracking: { links: true } },
    }),
  )
  here.emulator.tracking.enable('new_skill', ['delete'])
  const [link] = [...(await device.rows('new_skill_bookableresource')).values()]
  const skill = String(link?.['new_skillid'])
  here.emulator.master.remove('new_skill', skill)
  await device.sync()
  const left = [...(await device.rows('new_skill_bookableresource')).values()]
  expect(left.some((each) => each['new_skillid'] === skill)).toBe(false)
  expect(await ids(device, 'new_skill')).not.toContain(skill)
})

test('without that kind removed links stay', async () => {
  const here = world()
  const device = await synced(here, tracked({ ...SKILLS, new_skill_bookableresource: {} }))
  const [[id = '', link] = []] = await device.rows('new_skill_bookableresource')
  const [skill, resource] = [String(link?.['new_skillid']), String(link?.['bookableresourceid'])]
  here.emulator.master.disassociate('new_skill', skill, relationship(here), { table: 'bookableresource', id: resource })
  await device.sync()
  expect(await ids(device, 'new_skill_bookableresource')).toContain(id)
})

function relationship({ emulator }: World): string {
  return emulator.schema.manyToManyByIntersect('new_skill_bookableresource')?.schemaName ?? ''
}

test('a link made on the device and removed again there is gone on both sides', async () => {
  const here = world()
  const device = await synced(here, tracked({ ...SKILLS, new_skill_bookableresource: { tracking: { links: true } } }))
  const held = await device.rows('new_skill_bookableresource')
  const skills = await ids(device, 'new_skill')
  const resources = await ids(device, 'bookableresource')
  const free = skills.flatMap((skill) => resources.map((resource) => ({ skill, resource })))
  const { skill, resource } = free.find((each) => !held.has(linkId(each.skill, each.resource))) ?? {
    skill: '',
    resource: '',
  }
  const ends = [
    { table: 'new_skill', id: skill },
    { table: 'bookableresource', id: resource },
  ] as const
  await device.org.write((draft) => draft.associate(relationship(here), ...ends))
  await device.sync()
  expect(await ids(device, 'new_skill_bookableresource')).toContain(linkId(skill, resource))
  await device.org.write((draft) => draft.disassociate(relationship(here), ...ends))
  await device.sync()
  await device.sync()
  expect(await ids(device, 'new_skill_bookableresource')).not.toContain(linkId(skill, resource))
})

test('switching tracking on later notes since when, and compares all rows once', async () => {
  const here = world()
  const [before = '', after = ''] = accounts(here, 2)
  const device = await synced(here, tracked({ account: { columns: ['name'] } }))
  here.emulator.master.remove('account', before)
  await device.sync()
  expect(await ids(device, 'account')).toContain(before)

  await device.org.configure(tracked({ account: { columns: ['name'], tracking: { deletes: true } } }))
  expect((await device.org.explainPull('account')).due).toEqual(['tracking-enabled'])
  here.requests()
  await device.sync()
  expect(here.requests().map(decodeURIComponent).filter(isList)).toHaveLength(1)
  expect(await ids(device, 'account')).not.toContain(before)
  expect((await device.org.explainPull('account')).due).toEqual([])
  const { strategies } = await device.org.explainPull('account')
  expect(strategies.find(({ name }) => name === 'tracking')?.why).toContain(
    `tracked since ${new Date(here.env.now()).toISOString()}`,
  )

  here.emulator.master.remove('account', after)
  await device.sync()
  expect(await ids(device, 'account')).not.toContain(after)
  expect(here.requests().map(decodeURIComponent).filter(isList)).toEqual([])
})

test('a death behind the page that told of a deletion forgets nothing', async () => {
  const here = world()
  const [gone = ''] = accounts(here, 1)
  let device = await synced(here, tracked({ account: { columns: ['name'], tracking: { deletes: true } } }))
  here.emulator.master.remove('account', gone)
  // The look at the row itself is not answered.
  here.emulator.faults.add({ match: { path: /accounts\?.*In\(/ }, times: 5, fault: { kind: 'dropBeforeCommit' } })
  await device.sync().catch(() => {})
  expect(await ids(device, 'account')).toContain(gone)
  device = await device.crash()
  here.emulator.faults.clear()
  await device.sync()
  expect(await ids(device, 'account')).not.toContain(gone)
})

test('a deleted row with unsent changes is not removed, and the reason is known', async () => {
  const here = world()
  const [gone = ''] = accounts(here, 1)
  const device = await synced(
    here,
    tracked({ account: { columns: ['name', 'telephone1'], tracking: { deletes: true } } }),
  )
  await device.org.write((draft) => draft.update('account', gone, { telephone1: '1' }))
  here.emulator.master.remove('account', gone)
  await device.sync()
  expect((await device.rows('account')).get(gone)?.['telephone1']).toBe('1')
  expect(await device.org.quarantined()).toMatchObject([{ table: 'account', id: gone, reason: 'deleted' }])
  expect(await device.org.outbox.counts()).toMatchObject({ error: 1 })
})

test.each(['tracking', 'comparison'])(
  'links of a table to itself come and go by %s, each direction for itself',
  async (how) => {
    const here = world()
    const { master, schema, tracking } = here.emulator
    const table = 'new_account_account'
    schema.addManyToMany({
      schemaName: 'new_Account_Account',
      intersectTable: table,
      intersectSet: 'new_account_accountset',
      objectTypeCode: 10_970,
      table1: 'account',
      navigation1: 'new_Account_Account_1',
      table2: 'account',
      navigation2: 'new_Account_Account_2',
    })
    const rows = accounts(here, 6)
    const row = (nth: number): { readonly table: string; readonly id: string } => ({
      table: 'account',
      id: rows[nth] ?? '',
    })
    const id = (one: number, other: number): string => linkId(row(one).id, row(other).id)
    const pairs = [
      [0, 1],
      [1, 0],
      [1, 2],
      [2, 2],
      [3, 4],
      [4, 5],
    ] as const
    for (const [one, other] of pairs) master.associate('account', row(one).id, 'new_Account_Account_1', row(other))
    for (const name of ['account', table]) tracking.enable(name)
    const device = await synced(
      here,
      how === 'tracking'
        ? tracked({
            account: { columns: ['name'], tracking: { deletes: true } },
            [table]: { tracking: { links: true } },
          })
        : { tables: { account: { columns: ['name'], syncDeletion: true }, [table]: { syncDeletion: true } } },
    )
    const links = async (): Promise<readonly string[]> => (await ids(device, table)).toSorted()
    const expectLinks = async (...wanted: readonly (readonly [number, number])[]): Promise<void> => {
      await device.sync()
      await device.sync()
      expect(await links()).toEqual(wanted.map(([one, other]) => id(one, other)).toSorted())
      expect(await device.org.outbox.counts()).toMatchObject({ pending: 0, error: 0 })
      expect(master.count(table)).toBe(wanted.length)
    }
    await expectLinks(...pairs)
    master.disassociate('account', row(0).id, 'new_Account_Account_1', row(1))
    master.disassociate('account', row(2).id, 'new_Account_Account_1', row(2))
    await expectLinks([1, 0], [1, 2], [3, 4], [4, 5])
    master.remove('account', row(4).id)
    await expectLinks([1, 0], [1, 2])
    for (const [one, other] of [[5, 0] as const, [0, 5] as const])
      await device.org.write((draft) => draft.associate('new_Account_Account', row(one), row(other)))
    await expectLinks([1, 0], [1, 2], [5, 0], [0, 5])
    await device.org.write((draft) => draft.disassociate('new_Account_Account', row(5), row(0)))
    await expectLinks([1, 0], [1, 2], [0, 5])
  },
)

test('what happened before the tracking table is read anew is found, though its entries are not new any more', async () => {
  const here = world()
  const [before = '', after = ''] = accounts(here, 2)
  const device = await synced(here, tracked({ account: { columns: ['name'], tracking: { deletes: true } } }))
  await device.org.resync(['resco_mobiletracking'])
  here.emulator.master.remove('account', before)
  await device.sync()
  expect(await ids(device, 'account')).not.toContain(before)
  here.requests()
  here.emulator.master.remove('account', after)
  await device.sync()
  expect(await ids(device, 'account')).not.toContain(after)
  expect(here.requests().map(decodeURIComponent).filter(isList)).toEqual([])
})

test.each(['tracking', 'changeTracking'] as const)(
  'a row that was sent before the first pull and deleted on the master until then goes: %s',
  async (by) => {
    const here = world()
    const told = by === 'tracking' ? { tracking: { deletes: true } } : { changeTracking: true }
    const device = await here.device({ configuration: tracked({ account: { columns: ['name'], ...told } }) })
    const id = await made(device, 'Sent at once')
    await device.org.push()
    here.emulator.master.remove('account', id)
    await device.sync()
    expect(await ids(device, 'account')).not.toContain(id)
    expect((await ids(device, 'account')).length).toBeGreaterThan(0)
  },
)

async function made({ org }: Device, name: string): Promise<string> {
  let id = ''
  await org.write((draft) => {
    id = draft.create('account', { name })
  })
  return id
}
