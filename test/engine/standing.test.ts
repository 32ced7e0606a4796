import type { Configuration } from '@outpost/core'
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
