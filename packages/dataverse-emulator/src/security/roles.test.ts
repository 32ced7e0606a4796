import { expect, test } from 'vitest'
import { ADMIN, bench, TECHNICIAN } from '../ask.test-support.ts'
import type { Ask } from '../ask.test-support.ts'
import type { Emulator } from '../emulator.ts'
import { privilegesOf } from './rights.ts'

function named(emulator: Emulator, table: string, name: string): string {
  const row = emulator.master.rows(table).find((one) => one.values['name'] === name)
  if (row === undefined) throw new RangeError(`no ${table} ${name}`)
  return row.id
}

function userId(emulator: Emulator, name: string): string {
  return emulator.users.find((user) => user.name === name)?.id ?? ''
}

async function ids(ask: Ask, set: string, key: string, as: string): Promise<string[]> {
  const { status, json } = await ask('GET', `${set}?$select=${key}`, { as })
  expect(status).toBe(200)
  return json.value.map((row: Record<string, string>) => row[key])
}

const status = async (ask: Ask, as: string, path: string): Promise<number> => (await ask('GET', path, { as })).status

test('a role given or taken by $ref changes at once what the user may do', async () => {
  const { ask, emulator } = bench()
  const role = named(emulator, 'role', 'Field Technician')
  const user = userId(emulator, TECHNICIAN)
  expect(await status(ask, TECHNICIAN, 'incidents?$top=1')).toBe(200)
  const taken = await ask('DELETE', `systemusers(${user})/systemuserroles_association(${role})/$ref`)
  expect(taken.status).toBe(204)
  // What is left is what the team's role gives: the team's rows.
  const owners = (await ask('GET', 'incidents?$select=_ownerid_value', { as: TECHNICIAN })).json.value
  expect(new Set(owners.map((row: Record<string, string>) => row['_ownerid_value'])).has(user)).toBe(false)
  expect((await ask('POST', 'incidents', { as: TECHNICIAN, body: { title: 'x' } })).json.error.code).toBe('0x80040220')
  const given = await ask('POST', `systemusers(${user})/systemuserroles_association/$ref`, {
    body: { '@odata.id': `roles(${role})` },
  })
  expect(given.status).toBe(204)
  expect((await ask('POST', 'new_equipments', { as: TECHNICIAN, body: { new_name: 'x' } })).status).not.toBe(403)
})

test('nobody gives themselves a role without prvAssignRole', async () => {
  const { ask, emulator } = bench()
  const user = userId(emulator, TECHNICIAN)
  const body = { '@odata.id': `roles(${named(emulator, 'role', 'System Administrator')})` }
  const denied = await ask('POST', `systemusers(${user})/systemuserroles_association/$ref`, { as: TECHNICIAN, body })
  expect([denied.status, denied.json.error.code]).toEqual([403, '0x80040220'])
  expect(denied.json.error.message).toContain('prvAssignRole')
})

test('a user has the union of the own roles and of those of the teams', async () => {
  const { ask, emulator } = bench()
  const { security } = emulator
  const user = security.addUser({ name: 'Nora Ny' })
  expect(await status(ask, user.name, 'accounts?$top=1')).toBe(403)
  const own = security.addRole({ name: 'Own accounts', privileges: privilegesOf('none', { read: 'user' }) })
  security.assignRole(user, own)
  expect(await ids(ask, 'accounts', 'accountid', user.name)).toEqual([])
  const team = security.addTeam({ name: 'Readers' })
  const all = security.addRole({ name: 'All accounts', tablePrivileges: { account: { read: 'organization' } } })
  security.assignRole({ table: 'team', id: team }, all)
  expect(await ids(ask, 'accounts', 'accountid', user.name)).toEqual([])
  security.joinTeam(user, team)
  expect(await ids(ask, 'accounts', 'accountid', user.name)).toHaveLength(emulator.master.count('account'))
  expect(await ids(ask, 'contacts', 'contactid', user.name)).toEqual([])
  security.leaveTeam(user, team)
  expect(await ids(ask, 'accounts', 'accountid', user.name)).toEqual([])
})

test('membership of a team changes by $ref and by AddMembersTeam', async () => {
  const { ask, emulator } = bench()
  const { security } = emulator
  const user = security.addUser({ name: 'Nora Ny', tablePrivileges: { account: { read: 'user' } } })
  const team = named(emulator, 'team', 'North Technicians')
  const account = emulator.master.create('account', { name: 'team’s', ownerid: { table: 'team', id: team } })
  const seen = (): Promise<number> => status(ask, user.name, `accounts(${account})`)
  expect(await seen()).toBe(403)
  const link = `teams(${team})/teammembership_association`
  await ask('POST', `${link}/$ref`, { body: { '@odata.id': `systemusers(${user.id})` } })
  expect(await seen()).toBe(200)
  await ask('DELETE', `${link}(${user.id})/$ref`)
  expect(await seen()).toBe(403)
  const Members = [{ '@odata.type': 'Microsoft.Dynamics.CRM.systemuser', ownerid: user.id }]
  const added = await ask('POST', `teams(${team})/Microsoft.Dynamics.CRM.AddMembersTeam`, { body: { Members } })
  expect(added.status).toBe(204)
  expect(await seen()).toBe(200)
  await ask('POST', `teams(${team})/Microsoft.Dynamics.CRM.RemoveMembersTeam`, { body: { Members } })
  expect(await seen()).toBe(403)
})

test('depths reach the own rows, the unit, the units below, everything', async () => {
  const { ask, emulator } = bench()
  const { security, master } = emulator
  const north = named(emulator, 'businessunit', 'Tervo North')
  const below = security.addBusinessUnit('Far North', north)
  const lowest = security.addBusinessUnit('Farthest North', below)
  const read = security.addRole({ name: 'Read', privileges: privilegesOf('none', { read: 'user' }) })
  const people = [north, below, lowest, named(emulator, 'businessunit', 'Tervo South')].map((businessUnit, index) =>
    security.addUser({ name: `Person ${index}`, businessUnit, roles: [read] }),
  )
  const reader = security.addUser({ name: 'Nora Ny', businessUnit: north, roles: [read] })
  const rows = [reader, ...people].map((user) =>
    master.create('account', { name: 'x', ownerid: { table: 'systemuser', id: user.id } }),
  )
  const reached = async (): Promise<number[]> => {
    const seen = await ids(ask, 'accounts', 'accountid', reader.name)
    return rows.flatMap((row, index) => (seen.includes(row) ? [index] : []))
  }
  expect(await reached()).toEqual([0])
  security.privilegeDepth(reader, 'account', 'businessUnit')
  expect(await reached()).toEqual([0, 1])
  security.privilegeDepth(reader, 'account', 'parentChild')
  expect(await reached()).toEqual([0, 1, 2, 3])
  security.privilegeDepth(reader, 'account', 'organization')
  expect(await reached()).toEqual([0, 1, 2, 3, 4])
  security.privilegeDepth(reader, 'account', 'businessUnit')
  security.moveUser(reader, lowest)
  expect(master.row('account', rows[0] ?? '')?.values['owningbusinessunit']).toBe(lowest)
  expect(await reached()).toEqual([0, 3])
})

test('everybody in a business unit is in its default team', async () => {
  const { ask, emulator } = bench()
  const { security } = emulator
  const unit = security.addBusinessUnit('West')
  const team = named(emulator, 'team', 'West')
  expect(emulator.master.row('team', team)?.values).toMatchObject({ businessunitid: unit, isdefault: true })
  const user = security.addUser({ name: 'Nora Ny', tablePrivileges: { account: { read: 'user' } } })
  const account = emulator.master.create('account', { name: 'x', ownerid: { table: 'team', id: team } })
  expect(await status(ask, user.name, `accounts(${account})`)).toBe(403)
  security.moveUser(user, unit)
  expect(await status(ask, user.name, `accounts(${account})`)).toBe(200)
})

test('a user who moves to another business unit loses the roles', async () => {
  const { ask, emulator } = bench()
  const user = userId(emulator, TECHNICIAN)
  const south = named(emulator, 'businessunit', 'Tervo South')
  emulator.security.moveUser(TECHNICIAN, south, { keepRoles: true })
  expect((await ask('POST', 'accounts', { as: TECHNICIAN, body: { name: 'x' } })).status).toBe(204)
  const north = named(emulator, 'businessunit', 'Tervo North')
  const body = { 'businessunitid@odata.bind': `/businessunits(${north})` }
  expect((await ask('PATCH', `systemusers(${user})`, { body })).status).toBe(204)
  expect((await ask('POST', 'accounts', { as: TECHNICIAN, body: { name: 'x' } })).json.error.code).toBe('0x80040220')
  expect((await ask('GET', `systemusers(${user})/systemuserroles_association`)).json.value).toEqual([])
})

test('a team’s role reaches the team’s rows only, unless it is inherited by its members', async () => {
  const { ask, emulator } = bench()
  const { security, master } = emulator
  const tablePrivileges = { account: { read: 'user' as const, create: 'user' as const } }
  const counts: number[] = []
  for (const inheritance of ['teamOnly', 'teamAndUser'] as const) {
    const role = security.addRole({ name: inheritance, inheritance, tablePrivileges })
    const team = security.addTeam({ name: inheritance })
    const user = security.addUser({ name: `Member of ${inheritance}` })
    security.assignRole({ table: 'team', id: team }, role)
    security.joinTeam(user, team)
    for (const owner of [
      { table: 'team', id: team },
      { table: 'systemuser', id: user.id },
    ]) {
      master.create('account', { name: 'x', ownerid: owner })
    }
    counts.push((await ids(ask, 'accounts', 'accountid', user.name)).length)
  }
  expect(counts).toEqual([1, 2])
})

test('a row cannot be given to somebody who may not read it, nor to an access team', async () => {
  const { ask, emulator } = bench()
  const { security } = emulator
  const nobody = security.addUser({ name: 'Nora Ny' })
  const access = security.addTeam({ name: 'Access', kind: 'access' })
  const account = emulator.master.rows('account')[0]?.id ?? ''
  const assign = (set: string, owner: string) =>
    ask('PATCH', `accounts(${account})`, { body: { 'ownerid@odata.bind': `/${set}(${owner})` } })
  const [user, team] = [await assign('systemusers', nobody.id), await assign('teams', access)]
  expect([user.status, user.json.error.code]).toEqual([403, '0x80040220'])
  expect(user.json.error.message).toContain(nobody.id)
  expect(team.status).toBe(400)
})

test('creating for somebody else takes Create at a depth that reaches them', async () => {
  const { ask, emulator } = bench()
  const { security } = emulator
  const south = named(emulator, 'businessunit', 'Tervo South')
  const other = security.addUser({ name: 'Other', businessUnit: south, privileges: privilegesOf('user') })
  const create = () =>
    ask('POST', 'accounts', {
      as: TECHNICIAN,
      body: { name: 'x', 'ownerid@odata.bind': `/systemusers(${other.id})` },
    })
  const denied = await create()
  expect([denied.status, denied.json.error.code]).toEqual([403, '0x80048306'])
  security.privilegeDepth(TECHNICIAN, 'account', 'organization', ['create'])
  expect((await create()).status).toBe(204)
})

test('a lookup takes Append on the row and AppendTo on the target', async () => {
  const { ask, emulator } = bench()
  const { security, master } = emulator
  const technician = userId(emulator, TECHNICIAN)
  const foreign = master.create('account', {
    name: 'x',
    ownerid: { table: 'systemuser', id: userId(emulator, ADMIN) },
  })
  const contact = () =>
    ask('POST', 'contacts', {
      as: TECHNICIAN,
      body: { lastname: 'x', 'parentcustomerid_account@odata.bind': `/accounts(${foreign})` },
    })
  const hidden = await contact()
  expect([hidden.status, hidden.json.error.code]).toEqual([403, '0x80048306'])
  expect(hidden.json.error.message).toContain('AppendToAccess')
  security.privilegeDepth(TECHNICIAN, 'account', 'organization', ['appendTo'])
  expect((await contact()).status).toBe(204)
  security.privilegeDepth(TECHNICIAN, 'contact', 'none', ['append'])
  const denied = await contact()
  expect([denied.status, denied.json.error.code]).toEqual([403, '0x80040220'])
  expect(denied.json.error.message).toContain('prvAppendContact')
  const mine = master.create('contact', { lastname: 'y', ownerid: { table: 'systemuser', id: technician } })
  const path = `contacts(${mine})/parentcustomerid_account/$ref`
  expect((await ask('PUT', path, { as: TECHNICIAN, body: { '@odata.id': `accounts(${foreign})` } })).status).toBe(403)
  expect(master.row('contact', mine)?.values['parentcustomerid']).toBeNull()
})

test('a privilege has the same name and id in metadata and in what is said of a user', async () => {
  const { ask, emulator } = bench()
  for (const [table, name] of [
    ['account', 'prvReadAccount'],
    ['task', 'prvReadActivity'],
    ['phonecall', 'prvReadActivity'],
    ['systemuser', 'prvReadUser'],
    ['annotation', 'prvReadNote'],
  ]) {
    const { json } = await ask('GET', `EntityDefinitions(LogicalName='${table}')?$select=Privileges`)
    const described = json.Privileges.find((one: { PrivilegeType: string }) => one.PrivilegeType === 'Read')
    expect(described.Name).toBe(name)
    const held = await ask(
      'GET',
      `systemusers(${userId(emulator, ADMIN)})/Microsoft.Dynamics.CRM.RetrieveUserPrivilegeByPrivilegeId(PrivilegeId=${described.PrivilegeId})`,
    )
    expect(held.json.RolePrivileges).toMatchObject([{ Depth: 'Global', PrivilegeName: name }])
  }
})

test('the privileges of a user and of a team can be asked, those from teams included', async () => {
  const { ask, emulator } = bench()
  const user = userId(emulator, TECHNICIAN)
  const one = (name: string) =>
    ask(
      'GET',
      `systemusers(${user})/Microsoft.Dynamics.CRM.RetrieveUserPrivilegeByPrivilegeName(PrivilegeName='${name}')`,
    )
  const { json } = await one('prvReadAccount')
  expect(json).toEqual({
    '@odata.context': expect.stringMatching(/#Microsoft\.Dynamics\.CRM\.RetrieveUserPrivilegeByPrivilegeNameResponse$/),
    RolePrivileges: [
      {
        Depth: 'Local',
        PrivilegeId: expect.any(String),
        BusinessUnitId: emulator.users.find((each) => each.id === user)?.businessUnitId,
        PrivilegeName: 'prvReadAccount',
      },
    ],
  })
  expect((await one('prvDeleteAccount')).json.RolePrivileges).toEqual([])
  expect((await one('prvActOnBehalfOfAnotherUser')).json.RolePrivileges).toEqual([])
  const team = named(emulator, 'team', 'North Technicians')
  const teams = await ask('GET', `teams(${team})/Microsoft.Dynamics.CRM.RetrieveTeamPrivileges()`)
  expect(new Set(teams.json.RolePrivileges.map((held: { Depth: string }) => held.Depth))).toEqual(new Set(['Basic']))
})
