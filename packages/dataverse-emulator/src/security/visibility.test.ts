import { expect, test } from 'vitest'
import { ADMIN, bench, id, TECHNICIAN } from '../ask.test-support.ts'
import type { Answer, Bench } from '../ask.test-support.ts'

const code = ({ status, json }: Answer): unknown[] => [status, json?.error?.code]

interface Scene extends Bench {
  /** A row the technician owns. */
  readonly mine: string
  readonly technician: string
}

function scene(): Scene {
  const there = bench()
  const technician = there.emulator.users.find(({ name }) => name === TECHNICIAN)?.id ?? ''
  const mine = there.emulator.master.create('account', {
    name: 'mine',
    ownerid: { table: 'systemuser', id: technician },
  })
  return { ...there, mine, technician }
}

test('§16.34: what a user may not see is missing in lists and 403 by itself; what does not exist is 404', async () => {
  const { ask, emulator, mine } = scene()
  const as = TECHNICIAN
  const list = async (): Promise<number> =>
    (await ask('GET', 'accounts?$select=name&$count=true', { as })).json['@odata.count']
  const before = await list()
  emulator.security.revokeReadAccess(TECHNICIAN, { table: 'account', id: mine })
  expect(await list()).toBe(before - 1)
  expect((await ask('GET', `accounts?$filter=accountid eq ${mine}`, { as })).json.value).toEqual([])
  expect(code(await ask('GET', `accounts(${mine})`, { as }))).toEqual([403, '0x80048306'])
  expect(code(await ask('GET', `accounts(${id(9)})`, { as }))).toEqual([404, '0x80040217'])
  expect(code(await ask('GET', `accounts(${mine})/name`, { as }))).toEqual([403, '0x80048306'])
  expect(code(await ask('PATCH', `accounts(${mine})`, { as, body: { name: 'x' } }))).toEqual([403, '0x80048306'])
  expect(
    code(await ask('PATCH', `accounts(${id(9)})`, { as, headers: { 'If-Match': '*' }, body: { name: 'x' } })),
  ).toEqual([404, '0x80040217'])
  emulator.security.privilegeDepth(TECHNICIAN, 'account', 'user', ['delete'])
  expect(code(await ask('DELETE', `accounts(${mine})`, { as }))).toEqual([403, '0x80048306'])
  expect(code(await ask('DELETE', `accounts(${id(9)})`, { as }))).toEqual([404, '0x80040217'])
  emulator.security.restoreReadAccess(TECHNICIAN, { table: 'account', id: mine })
  expect(await list()).toBe(before)
  expect((await ask('GET', `accounts(${mine})`, { as })).status).toBe(200)
})

test('§16.34: rows that become invisible or visible are no events: no version, no entry in anybody’s delta', async () => {
  const { ask, emulator, mine } = scene()
  const { security } = emulator
  const start = await ask('GET', 'accounts?$select=name', { headers: { Prefer: 'odata.track-changes' } })
  const row = emulator.master.row('account', mine)
  const marks = emulator.master.count('resco_mobiletracking')
  security.revokeReadAccess(TECHNICIAN, { table: 'account', id: mine })
  security.revokeReadAccess(TECHNICIAN, 'contact')
  security.privilegeDepth(TECHNICIAN, 'account', 'user')
  security.removeRole(TECHNICIAN, 'Field Technician')
  security.assignRole(TECHNICIAN, 'Field Technician')
  expect(emulator.master.row('account', mine)).toBe(row)
  expect((await ask('GET', start.json['@odata.deltaLink'])).json.value).toEqual([])
  expect(emulator.master.count('resco_mobiletracking')).toBe(marks)
})

test('a whole table taken away is 403, as for whoever lacks the privilege', async () => {
  const { ask, emulator } = scene()
  emulator.security.revokeReadAccess(TECHNICIAN, 'account')
  for (const path of ['accounts', 'accounts/$count']) {
    expect(code(await ask('GET', path, { as: TECHNICIAN }))).toEqual([403, '0x80040220'])
  }
  emulator.security.restoreReadAccess(TECHNICIAN, 'account')
  expect((await ask('GET', 'accounts', { as: TECHNICIAN })).status).toBe(200)
})

test('a lookup to a row the user may not read shows id and name, and leads nowhere', async () => {
  const { ask, emulator, mine } = scene()
  const contact = emulator.master.create('contact', {
    lastname: 'Hidden',
    ownerid: { table: 'systemuser', id: emulator.users[0]?.id ?? '' },
  })
  emulator.master.update('account', mine, { primarycontactid: contact })
  const headers = { Prefer: 'odata.include-annotations="*"' }
  const row = await ask('GET', `accounts(${mine})?$select=_primarycontactid_value`, { as: TECHNICIAN, headers })
  expect(row.json).toMatchObject({
    _primarycontactid_value: contact,
    '_primarycontactid_value@OData.Community.Display.V1.FormattedValue': 'Hidden',
  })
  expect(code(await ask('GET', `accounts(${mine})/primarycontactid`, { as: TECHNICIAN }))).toEqual([403, '0x80048306'])
  expect(code(await ask('GET', `contacts(${contact})`, { as: TECHNICIAN }))).toEqual([403, '0x80048306'])
})

test('§16.2: change tracking takes reading of the whole table; a team’s role will do, a share will not', async () => {
  const { ask, emulator, mine, technician } = scene()
  const { security } = emulator
  const headers = { Prefer: 'odata.track-changes' }
  const track = async (): Promise<unknown[]> => {
    const answer = await ask('GET', 'accounts?$select=name', { as: TECHNICIAN, headers })
    return [answer.status, answer.json.error?.code]
  }
  expect(await track()).toEqual([403, '0x80040220'])
  for (const row of emulator.master.rows('account'))
    security.grant({ table: 'account', id: row.id }, TECHNICIAN, ['read'])
  expect(await track()).toEqual([403, '0x80040220'])
  emulator.knobs.trackingWithoutReadStatus = 400
  expect(await track()).toEqual([400, '0x80040220'])
  const team = security.addTeam({ name: 'Everything' })
  const role = security.addRole({ name: 'Everything', tablePrivileges: { account: { read: 'organization' } } })
  security.assignRole({ table: 'team', id: team }, role)
  security.joinTeam(TECHNICIAN, team)
  const start = await ask('GET', 'accounts?$select=name', { as: TECHNICIAN, headers })
  expect(start.status).toBe(200)
  security.leaveTeam(TECHNICIAN, team)
  expect((await ask('GET', start.json['@odata.deltaLink'], { as: TECHNICIAN })).status).toBe(400)
  expect(emulator.master.row('account', mine)?.values['ownerid']).toBe(technician)
})

test('§16.2: whoever has a row withheld does not read the whole table, and gets no delta that would show it', async () => {
  const { ask, emulator, mine } = scene()
  const headers = { Prefer: 'odata.track-changes' }
  const track = async (): Promise<number> =>
    (await ask('GET', 'accounts?$select=name', { as: 'Sync Service', headers })).status
  expect(await track()).toBe(200)
  emulator.security.revokeReadAccess('Sync Service', { table: 'account', id: mine })
  expect(await track()).toBe(403)
  emulator.security.restoreReadAccess('Sync Service', { table: 'account', id: mine })
  expect(await track()).toBe(200)
})

test('§16.35: two users of one organisation are told apart by WhoAmI', async () => {
  const { ask } = bench()
  const [admin, technician] = await Promise.all(
    [ADMIN, TECHNICIAN].map(async (as) => (await ask('GET', 'WhoAmI', { as })).json),
  )
  expect(admin.OrganizationId).toBe(technician.OrganizationId)
  expect(admin.UserId).not.toBe(technician.UserId)
  expect(admin.BusinessUnitId).not.toBe(technician.BusinessUnitId)
})
