import type { Configuration, MasterOrg } from '@outpost/core'
import { expect, test } from 'vitest'
import { world } from './world.ts'
import type { Device, World } from './world.ts'

const TECHNICIAN = 'Amara Okafor'
const LATER = 60 * 60_000

/** Nothing of it is compared unless something makes that due. */
const KEPT: Configuration = { tables: { account: { columns: ['name', 'telephone1', 'ownerid'] } } }

/** A technician who reads the accounts of their own business unit only. */
async function technician(here: World, configuration = KEPT): Promise<Device> {
  here.emulator.security.privilegeDepth(TECHNICIAN, 'account', 'user', ['read'])
  const device = await here.device({ user: TECHNICIAN, configuration })
  await device.sync()
  await device.sync()
  return device
}

async function names(device: Device): Promise<readonly unknown[]> {
  return [...(await device.rows('account')).values()].map((row) => row['name'])
}

/** An account of somebody else. */
function foreign({ emulator }: World, name: string): string {
  return emulator.master.create('account', { name })
}

/** The accounts that the master shows the technician now. */
async function shown(here: World): Promise<readonly string[]> {
  const api = here.emulator.as(TECHNICIAN)
  const { value } = (await (await api('accounts?$select=accountid')).json()) as {
    readonly value: readonly { readonly accountid: string }[]
  }
  return value.map(({ accountid }) => accountid).toSorted()
}

async function held(device: Device): Promise<readonly string[]> {
  return [...(await device.rows('account')).keys()].toSorted()
}

test('a role that is given shows rows that did not change, and one that is taken hides them again', async () => {
  const here = world()
  foreign(here, 'not mine')
  // What a business unit's technician may do, by roles alone.
  const device = await here.device({ user: TECHNICIAN, configuration: KEPT })
  await device.sync()
  await device.sync()
  expect(await names(device)).not.toContain('not mine')
  expect(await held(device)).toEqual(await shown(here))

  const role = here.emulator.security.addRole({
    name: 'Reads everything',
    tablePrivileges: { account: { read: 'organization' } },
  })
  await here.env.advance(LATER)
  here.emulator.security.assignRole(TECHNICIAN, role)
  await device.sync()
  expect(await names(device)).toContain('not mine')
  expect(await held(device)).toEqual(await shown(here))

  await here.env.advance(LATER)
  here.emulator.security.removeRole(TECHNICIAN, role)
  await device.sync()
  expect(await held(device)).toEqual(await shown(here))
  expect((await device.org.explainPull('account')).due).toEqual([])
})

test.each([{ pulled: true }, { pulled: false }])(
  'what a repair has read under a role goes when that is taken, with %j',
  async ({ pulled }) => {
    const here = world()
    foreign(here, 'not mine')
    const device = await here.device({ user: TECHNICIAN, configuration: KEPT })
    if (pulled) await device.sync()
    const role = here.emulator.security.addRole({
      name: 'Reads everything',
      tablePrivileges: { account: { read: 'organization' } },
    })
    await here.env.advance(LATER)
    here.emulator.security.assignRole(TECHNICIAN, role)
    await device.org.repair('account')
    expect(await names(device)).toContain('not mine')

    await here.env.advance(LATER)
    here.emulator.security.removeRole(TECHNICIAN, role)
    await device.sync()
    expect(await held(device)).toEqual(await shown(here))
    expect((await device.org.explainPull('account')).due).toEqual([])
  },
)

test('a team that is joined shows its rows, and one that is left hides them', async () => {
  const here = world()
  const device = await technician(here)
  const { security, master } = here.emulator
  const role = security.addRole({
    name: 'Team reader',
    tablePrivileges: { account: { read: 'user' } },
    inheritance: 'teamOnly',
  })
  const team = security.addTeam({ name: 'Night shift' })
  security.assignRole({ table: 'team', id: team }, role)
  const owned = master.create('account', { name: 'of the team' })
  master.assign('account', owned, { table: 'team', id: team })
  await here.env.advance(LATER)
  await device.sync()
  expect(await names(device)).not.toContain('of the team')

  await here.env.advance(LATER)
  security.joinTeam(TECHNICIAN, team)
  await device.sync()
  expect(await names(device)).toContain('of the team')

  await here.env.advance(LATER)
  security.leaveTeam(TECHNICIAN, team)
  await device.sync()
  expect(await names(device)).not.toContain('of the team')
})

test('when the right to read a table is taken, its rows go; unsent work stays, and says why', async () => {
  const here = world()
  const device = await technician(here)
  const [edited = '', other = ''] = (await device.rows('account')).keys()
  await device.org.write((draft) => draft.update('account', edited, { telephone1: '1' }))
  await here.env.advance(LATER)
  here.emulator.security.revokeReadAccess(TECHNICIAN, 'account')
  here.emulator.faults.add({ match: { method: 'PATCH', part: true }, times: 9, fault: { kind: 'status', status: 503 } })
  here.emulator.faults.add({ match: { method: 'PATCH' }, times: 9, fault: { kind: 'status', status: 503 } })
  const told: unknown[] = []
  device.org.subscribe((event) => {
    if (event.type === 'pull.table') told.push(event.report.error?.code)
  })
  await device.sync().catch(() => {})
  expect(told).toEqual(['forbidden'])
  expect([...(await device.rows('account')).keys()]).toEqual([edited])
  expect(await device.org.quarantined()).toMatchObject([{ table: 'account', id: edited, reason: 'unreadable' }])

  here.emulator.faults.clear()
  await here.env.advance(LATER)
  here.emulator.security.restoreReadAccess(TECHNICIAN, 'account')
  device.org.reconnect()
  await device.sync()
  await device.sync()
  expect([...(await device.rows('account')).keys()]).toContain(other)
  expect(await device.org.quarantined()).toEqual([])
  expect(await held(device)).toEqual(await shown(here))
})

test('a row that is shared comes, and goes when the sharing ends: the comparison finds it', async () => {
  const here = world()
  const { account } = KEPT.tables
  const device = await technician(here, { tables: { account: { ...account, syncDeletion: true } } })
  const id = foreign(here, 'shared')
  const old = here.emulator.master.row('account', id)?.version
  await here.env.advance(LATER)
  await device.sync()
  expect(await names(device)).not.toContain('shared')

  here.emulator.security.grant({ table: 'account', id }, TECHNICIAN, ['read'])
  expect(here.emulator.master.row('account', id)?.version).toBe(old)
  await device.sync()
  expect(await names(device)).toContain('shared')

  here.emulator.security.revoke({ table: 'account', id }, TECHNICIAN)
  await device.sync()
  expect(await names(device)).not.toContain('shared')
})

test('columns that came while an edited row was hidden are there when it is shown again', async () => {
  const here = world()
  const account = { columns: ['name', 'telephone1'], syncDeletion: true, uploadFilter: 'telephone1 eq null' }
  const id = foreign(here, 'shared')
  here.emulator.security.grant({ table: 'account', id }, TECHNICIAN, ['read', 'write'])
  const device = await technician(here, { tables: { account } })
  await device.org.write((draft) => draft.update('account', id, { telephone1: '1' }))
  here.emulator.security.revoke({ table: 'account', id }, TECHNICIAN)
  await here.env.advance(LATER)
  await device.sync()
  expect(await device.org.quarantined()).toMatchObject([{ id, reason: 'unreadable' }])
  await device.org.configure({ tables: { account: { ...account, columns: [...account.columns, 'statecode'] } } })
  await device.sync()

  here.emulator.security.grant({ table: 'account', id }, TECHNICIAN, ['read', 'write'])
  await device.sync()
  expect(await device.org.quarantined()).toEqual([])
  expect((await device.rows('account')).get(id)).toMatchObject({ name: 'shared', telephone1: '1', statecode: 0 })
  const [base] = await device.store.read('base', (tx) => tx.bases('account', [id]))
  expect(base?.values).toMatchObject({ telephone1: null, statecode: 0 })
})

test('a standing that is as it was compares nothing and asks nothing more', async () => {
  const here = world()
  const device = await technician(here)
  await here.env.advance(LATER)
  await device.sync()
  here.requests()
  await device.sync()
  const idle = here.requests()
  expect(idle.filter((request) => /RetrieveUserPrivileges/.test(request))).toEqual([])
  expect((await device.org.explainPull('account')).due).toEqual([])
})

test('another table in the configuration is no other standing', async () => {
  const here = world()
  const device = await technician(here)
  await device.org.configure({ tables: { ...KEPT.tables, contact: { columns: ['lastname'] } } })
  const report = await device.sync()
  expect(report.tables['account']).toMatchObject({ added: 0, pruned: 0 })
  here.requests()
  expect((await device.org.explainPull('account')).due).toEqual([])
})

test('a standing that changed before another configuration makes every table be compared, the first as well', async () => {
  const here = world()
  foreign(here, 'not mine')
  const device = await here.device({ user: TECHNICIAN, configuration: KEPT })
  await device.sync()
  await device.sync()
  expect(await names(device)).not.toContain('not mine')
  const role = here.emulator.security.addRole({
    name: 'Reads everything',
    tablePrivileges: { account: { read: 'organization' } },
  })
  await here.env.advance(LATER)
  here.emulator.security.assignRole(TECHNICIAN, role)
  await device.org.configure({ tables: { ...KEPT.tables, msdyn_workorder: { columns: ['msdyn_name'] } } })
  await device.sync()
  expect(await held(device)).toEqual(await shown(here))
})

/** A master that tells nothing of what the user may do. */
function silent(master: MasterOrg): MasterOrg {
  const silenced = { ...master }
  delete silenced.standing
  delete silenced.privileges
  delete silenced.glance
  return silenced
}

test.each([
  { syncDeletion: false, isTold: true },
  { syncDeletion: false, isTold: false },
  { syncDeletion: true, isTold: true },
  { syncDeletion: true, isTold: false },
])('a table that is refused for a time comes back whole: $syncDeletion, $isTold', async ({ syncDeletion, isTold }) => {
  const here = world()
  const { master, security, users } = here.emulator
  const uploadFilter = "not startswith(telephone1,'draft')"
  const device = await here.device({
    user: TECHNICIAN,
    pageSize: 20,
    configuration: {
      tables: {
        account: { columns: ['name', 'telephone1'], syncDeletion, uploadFilter },
        contact: { columns: ['lastname'] },
      },
    },
    ...(isTold ? {} : { through: silent }),
  })
  const me = users.find(({ name }) => name === TECHNICIAN)
  const [edited = '', changed = '', deleted = '', editedGone = ''] = Array.from({ length: 4 }, (_, n) => {
    const id = master.create('account', { name: `Own ${n}` })
    master.assign('account', id, { table: 'systemuser', id: me?.id ?? '' })
    return id
  })
  await device.sync()
  await device.sync()
  const before = await held(device)
  for (const id of [edited, editedGone])
    await device.org.write((draft) => draft.update('account', id, { telephone1: `draft ${id}` }))
  await here.env.advance(LATER)
  security.revokeReadAccess(TECHNICIAN, 'account')
  const [contact = ''] = (await device.rows('contact')).keys()
  master.update('contact', contact, { lastname: 'Goes on' })
  for (let turn = 0; turn < 2; turn += 1) {
    const { tables } = await device.sync()
    expect(tables['account']?.error?.code).toBe('forbidden')
    expect(tables['contact']?.error).toBeUndefined()
  }
  expect((await device.org.table('contact').get(contact))?.['lastname']).toBe('Goes on')
  const goes = syncDeletion || isTold
  expect(await held(device)).toEqual(goes ? [edited, editedGone].toSorted() : before)

  master.update('account', changed, { name: 'Changed meanwhile' })
  for (const id of [deleted, editedGone]) master.remove('account', id)
  await here.env.advance(LATER)
  security.restoreReadAccess(TECHNICIAN, 'account')
  await device.sync()
  // Without deletion, and without a word of what the user may do, nothing tells that a row was deleted.
  expect(await held(device)).toEqual(before.filter((id) => id !== deleted || !goes))
  expect(await names(device)).toContain('Changed meanwhile')
  for (const id of [edited, editedGone])
    expect((await device.org.table('account').get(id))?.['telephone1']).toBe(`draft ${id}`)
})

test.each([{ syncDeletion: true }, { syncDeletion: false }])(
  'of a table that is refused, what stayed for its unsent changes goes with them: $syncDeletion',
  async ({ syncDeletion }) => {
    const here = world()
    const { master, security, users } = here.emulator
    const uploadFilter = "not startswith(telephone1,'draft')"
    const device = await here.device({
      user: TECHNICIAN,
      configuration: { tables: { account: { columns: ['name', 'telephone1'], syncDeletion, uploadFilter } } },
    })
    const id = master.create('account', { name: 'Own' })
    const me = users.find(({ name }) => name === TECHNICIAN)
    master.assign('account', id, { table: 'systemuser', id: me?.id ?? '' })
    await device.sync()
    const before = await held(device)
    const { seq } = await device.org.write((draft) => draft.update('account', id, { telephone1: 'draft' }))
    await here.env.advance(LATER)
    security.revokeReadAccess(TECHNICIAN, 'account')
    await device.sync()
    await device.sync()
    expect(await held(device)).toEqual([id])
    expect(await device.org.quarantined()).toMatchObject([{ table: 'account', id }])

    await device.org.outbox.archive([seq ?? 0], { local: 'revert' })
    await device.sync()
    expect(await held(device)).toEqual([])
    expect(await device.org.quarantined()).toEqual([])

    await here.env.advance(LATER)
    security.restoreReadAccess(TECHNICIAN, 'account')
    await device.sync()
    expect(await held(device)).toEqual(before)
  },
)
