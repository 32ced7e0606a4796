import type { Configuration } from '@outpost/core'
import { integer } from '@outpost/dataverse-emulator'
import { expect, test } from 'vitest'
import { administrator, world } from './world.ts'
import type { Device, World } from './world.ts'

/* Filters that ask for the time and for the user: rows go up and come down when it is their hour. */

const HOUR = 3_600_000

async function opened(
  uploadFilter: string,
  table: Configuration['tables'][string] = {},
): Promise<{ there: World; device: Device }> {
  const there = world()
  const columns = ['subject', 'scheduledstart', 'ownerid', 'actualdurationminutes', 'owningbusinessunit']
  const device = await there.device({ configuration: { tables: { task: { columns, uploadFilter, ...table } } } })
  await device.sync()
  return { there, device }
}

async function pending(device: Device): Promise<readonly unknown[]> {
  return (await device.org.outbox.list({ statuses: ['pending'] })).map(({ reason }) => reason)
}

test('an upload filter with a relative date lets a row go when its day has come', async () => {
  const { there, device } = await opened("Microsoft.Dynamics.CRM.Today(PropertyName='scheduledstart')")
  let id = ''
  await device.org.write((draft) => {
    id = draft.create('task', { subject: 'Tomorrow', scheduledstart: '2026-05-02T10:00:00Z' })
  })
  await device.org.push()
  expect(await pending(device)).toEqual([{ kind: 'held', table: 'task', row: id }])

  await there.env.advance(15 * HOUR + 59 * 60_000)
  await device.org.push()
  expect(await pending(device)).toEqual([{ kind: 'held', table: 'task', row: id }])

  await there.env.advance(60_000)
  await device.org.push()
  expect(await pending(device)).toEqual([])
  expect(there.emulator.master.row('task', id)?.values['subject']).toBe('Tomorrow')
})

test('a row whose time has passed is held again for its next change', async () => {
  const { there, device } = await opened(
    "Microsoft.Dynamics.CRM.LastXHours(PropertyName='scheduledstart',PropertyValue=2)",
  )
  let id = ''
  await device.org.write((draft) => {
    id = draft.create('task', { subject: 'Now', scheduledstart: '2026-05-01T08:00:00Z' })
  })
  await device.org.push()
  expect(await pending(device)).toEqual([])
  await there.env.advance(4 * HOUR)
  await device.org.write((draft) => draft.update('task', id, { subject: 'Later' }))
  await device.org.push()
  expect(await pending(device)).toEqual([{ kind: 'held', table: 'task', row: id }])
})

test('who the user is, in which unit and which teams, is asked of the master and known to filters', async () => {
  const there = world()
  const user = administrator(there.emulator)
  const team = there.emulator.security.addTeam({ name: 'Night shift' })
  const device = await there.device({ configuration: { tables: { account: { columns: ['name', 'ownerid'] } } } })
  await device.sync()
  const theirs = there.emulator.master.create('account', { name: 'Theirs', ownerid: { table: 'team', id: team } })
  await device.sync()
  const where = "Microsoft.Dynamics.CRM.EqualUserTeams(PropertyName='ownerid')"
  expect((await device.org.table('account').query({ where })).map((row) => row['accountid'])).not.toContain(theirs)
  there.emulator.security.joinTeam(user, team)
  await device.sync()
  expect((await device.org.table('account').query({ where })).map((row) => row['accountid'])).toContain(theirs)
})

test('days begin when they begin for the user', async () => {
  const there = world()
  there.emulator.schema.addTable({
    schemaName: 'UserSettings',
    objectTypeCode: 150,
    displayName: 'User Settings',
    entitySetName: 'usersettingscollection',
    primaryName: null,
    ownership: 'OrganizationOwned',
    columns: [integer('TimeZoneCode')],
  })
  const user = there.emulator.users.find(({ name }) => name === administrator(there.emulator))
  // India is five and a half hours ahead: at eight in the morning of UTC its day ends at 18:30.
  there.emulator.master.create('usersettings', { timezonecode: 190 }, { id: String(user?.id) })
  const device = await there.device({ configuration: { tables: { task: { columns: ['subject', 'scheduledstart'] } } } })
  await device.sync()
  for (const hour of ['18:29', '18:30']) {
    await device.org.write((draft) =>
      draft.create('task', { subject: `at ${hour}`, scheduledstart: `2026-05-01T${hour}:00Z` }),
    )
  }
  const where = "Microsoft.Dynamics.CRM.Today(PropertyName='scheduledstart') and startswith(subject,'at ')"
  const found = await device.org.table('task').query({ where })
  expect(found.map((row) => row['subject'])).toEqual(['at 18:29'])
  await device.sync()
  const asked = await there.emulator.as(String(user?.name))(
    `tasks?$select=subject&$filter=${encodeURIComponent(where)}`,
  )
  expect(((await asked.json()) as { value: readonly unknown[] }).value).toMatchObject([{ subject: 'at 18:29' }])
})

test('what is not known of the user is never guessed: a query refuses, an upload filter holds', async () => {
  const there = world()
  const where = "Microsoft.Dynamics.CRM.EqualUserTeams(PropertyName='ownerid')"
  const device = await there.device({
    // A master that does not tell who is in which team.
    through: (master) => {
      const silent = { ...master }
      delete silent.glance
      delete silent.standing
      return silent
    },
    configuration: { tables: { account: { columns: ['name', 'ownerid'], uploadFilter: `not ${where}` } } },
  })
  await device.sync()
  await expect(device.org.table('account').query({ where })).rejects.toMatchObject({
    code: 'refused',
    place: { rule: 'unknown-fact', table: 'account' },
  })
  const [row] = await device.org.table('account').query({ limit: 1, where: 'ownerid ne null' })
  const id = String(row?.['accountid'])
  await device.org.write((draft) => draft.update('account', id, { name: 'Changed' }))
  await device.org.push()
  expect(await pending(device)).toEqual([{ kind: 'held', table: 'account', row: id, lacking: ['teams'] }])
})
