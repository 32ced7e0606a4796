import { expect, test } from 'vitest'
import { ADMIN, bench, TECHNICIAN } from '../ask.test-support.ts'
import type { Answer, Bench } from '../ask.test-support.ts'
import { privilegesOf } from './rights.ts'

const CRM = 'Microsoft.Dynamics.CRM'

interface Scene extends Bench {
  /** A user who reads and writes what is theirs or shared with them. */
  readonly user: string
  /** A row of somebody else. */
  readonly account: string
  readonly call: (action: string, rights: string | undefined, as?: string) => Promise<Answer>
}

function scene(): Scene {
  const there = bench()
  const { emulator, ask } = there
  const user = emulator.security.addUser({ name: 'Nora Ny', privileges: privilegesOf('user') })
  const owner = { table: 'systemuser', id: emulator.users.find(({ name }) => name === ADMIN)?.id ?? '' }
  const account = emulator.master.create('account', { name: 'shared', ownerid: owner })
  return {
    ...there,
    user: user.id,
    account,
    call: (action, rights, as = ADMIN) => {
      const Target = { accountid: account, '@odata.type': `${CRM}.account` }
      const Principal = { systemuserid: user.id, '@odata.type': `${CRM}.systemuser` }
      const body =
        rights === undefined
          ? { Target, Revokee: Principal }
          : { Target, PrincipalAccess: { Principal, AccessMask: rights } }
      return ask('POST', action, { as, body })
    },
  }
}

test('GrantAccess adds rights, ModifyAccess replaces them, RevokeAccess ends the share', async () => {
  const { ask, account, user, call } = scene()
  const path = `accounts(${account})?$select=name`
  const rights = async (): Promise<unknown> =>
    (
      await ask(
        'GET',
        `systemusers(${user})/${CRM}.RetrievePrincipalAccess(Target=@p1)?@p1={'@odata.id':'accounts(${account})'}`,
      )
    ).json.AccessRights
  const as = 'Nora Ny'
  expect(await rights()).toBe('None')
  expect((await ask('GET', path, { as })).status).toBe(403)
  expect((await call('GrantAccess', 'ReadAccess')).status).toBe(204)
  expect((await ask('GET', path, { as })).json.name).toBe('shared')
  expect((await ask('GET', 'accounts?$select=name', { as })).json.value).toHaveLength(1)
  expect((await ask('PATCH', path.replace('?$select=name', ''), { as, body: { name: 'y' } })).status).toBe(403)
  await call('GrantAccess', 'WriteAccess, DeleteAccess')
  expect(await rights()).toBe('ReadAccess, WriteAccess, DeleteAccess')
  expect((await ask('PATCH', path.replace('?$select=name', ''), { as, body: { name: 'y' } })).status).toBe(204)
  await call('ModifyAccess', 'ReadAccess,ShareAccess')
  expect(await rights()).toBe('ReadAccess, ShareAccess')
  expect((await call('RevokeAccess', undefined)).status).toBe(204)
  expect(await rights()).toBe('None')
  expect((await ask('GET', path, { as })).status).toBe(403)
})

test('who a row is shared with comes in the documented shape', async () => {
  const { ask, account, user, call } = scene()
  const path = `RetrieveSharedPrincipalsAndAccess(Target=@p1)?@p1={'@odata.id':'accounts(${account})'}`
  expect((await ask('GET', path)).json.PrincipalAccesses).toEqual([])
  await call('GrantAccess', 'DeleteAccess')
  expect((await ask('GET', path)).json).toEqual({
    '@odata.context': expect.stringMatching(
      /\/api\/data\/v9\.2\/\$metadata#Microsoft\.Dynamics\.CRM\.RetrieveSharedPrincipalsAndAccessResponse$/,
    ),
    PrincipalAccesses: [
      { AccessMask: 'DeleteAccess', Principal: { '@odata.type': `#${CRM}.systemuser`, ownerid: user } },
    ],
  })
  const shares = await ask('GET', `principalobjectaccessset?$filter=objectid eq ${account}`)
  expect(shares.json.value).toMatchObject([
    { accessrightsmask: 65536, inheritedaccessrightsmask: 0, objecttypecode: 'account', principalid: user },
  ])
})

test('§16.34: a share raises no version and is no change to anybody', async () => {
  const { ask, emulator, account, call } = scene()
  const start = await ask('GET', 'accounts?$select=name', { headers: { Prefer: 'odata.track-changes' } })
  const delta: string = start.json['@odata.deltaLink']
  const before = emulator.master.row('account', account)
  await call('GrantAccess', 'ReadAccess')
  await call('RevokeAccess', undefined)
  expect(emulator.master.row('account', account)).toBe(before)
  expect((await ask('GET', delta)).json.value).toEqual([])
  expect(emulator.master.rows('resco_mobiletracking')).toEqual([])
})

test('nobody shares without Share, nor more than they have', async () => {
  const { emulator, account, call } = scene()
  const denied = await call('GrantAccess', 'ReadAccess', TECHNICIAN)
  expect([denied.status, denied.json.error.code]).toEqual([403, '0x80048306'])
  const row = { table: 'account', id: account }
  emulator.security.grant(row, TECHNICIAN, ['read', 'share'])
  const excess = await call('GrantAccess', 'ReadAccess, WriteAccess', TECHNICIAN)
  expect([excess.status, excess.json.error.message.includes('WriteAccess')]).toEqual([403, true])
  expect((await call('GrantAccess', 'ReadAccess', TECHNICIAN)).status).toBe(204)
})

test('a share gives nothing to a user without the privilege on the table', async () => {
  const { ask, emulator, account } = scene()
  const user = emulator.security.addUser({ name: 'Without', tablePrivileges: { contact: { read: 'user' } } })
  emulator.security.grant({ table: 'account', id: account }, user, ['read', 'write'])
  const denied = await ask('GET', `accounts(${account})`, { as: 'Without' })
  expect([denied.status, denied.json.error.code]).toEqual([403, '0x80040220'])
})

test('a row shared with a team is shared with its members', async () => {
  const { ask, emulator, account, user } = scene()
  const team = emulator.security.addTeam({ name: 'Access', kind: 'access' })
  emulator.security.grant({ table: 'account', id: account }, { table: 'team', id: team }, ['read'])
  const path = `accounts(${account})`
  expect((await ask('GET', path, { as: 'Nora Ny' })).status).toBe(403)
  emulator.security.joinTeam(user, team)
  expect((await ask('GET', path, { as: 'Nora Ny' })).status).toBe(200)
  emulator.security.revoke({ table: 'account', id: account }, { table: 'team', id: team })
  expect((await ask('GET', path, { as: 'Nora Ny' })).status).toBe(403)
})

test('a share goes down where the relationship says Cascade, also to rows made later, and comes back with its end', async () => {
  const { ask, emulator, account, call } = scene()
  const parental = emulator.schema
    .relationshipsOf('account')
    .oneToMany.find((one) => one.referencingTable === 'task' && one.cascade.share === 'Cascade')
  expect(parental?.referencingColumn).toBe('regardingobjectid')
  const regarding = { table: 'account', id: account }
  const owner = { table: 'systemuser', id: emulator.users[0]?.id ?? '' }
  const make = (): string =>
    emulator.master.create('task', { subject: 'x', regardingobjectid: regarding, ownerid: owner })
  const earlier = make()
  const sees = async (): Promise<string[]> =>
    (await ask('GET', 'tasks?$select=subject', { as: 'Nora Ny' })).json.value.map(
      (row: { activityid: string }) => row.activityid,
    )
  expect(await sees()).toEqual([])
  await call('GrantAccess', 'ReadAccess')
  const later = make()
  expect(new Set(await sees())).toEqual(new Set([earlier, later]))
  await call('RevokeAccess', undefined)
  expect(await sees()).toEqual([])
})

test('the shares of a deleted row go with it', async () => {
  const { ask, emulator, account, call } = scene()
  await call('GrantAccess', 'ReadAccess')
  expect(emulator.master.count('principalobjectaccess')).toBe(1)
  await ask('DELETE', `accounts(${account})`)
  expect(emulator.master.count('principalobjectaccess')).toBe(0)
})

test('the former owner of an assigned row keeps a share where the organisation is set up so', async () => {
  const { ask, emulator, user } = scene()
  const owner = { table: 'systemuser', id: user }
  const as = 'Nora Ny'
  const assigned = async (): Promise<number> => {
    const row = emulator.master.create('account', { name: 'x', ownerid: owner })
    const body = { 'ownerid@odata.bind': `/systemusers(${emulator.users[0]?.id})` }
    expect((await ask('PATCH', `accounts(${row})`, { body })).status).toBe(204)
    return (await ask('PATCH', `accounts(${row})`, { as, body: { name: 'y' } })).status
  }
  expect(await assigned()).toBe(403)
  const organization = emulator.master.rows('organization')[0]?.id
  await ask('PATCH', `organizations(${organization})`, { body: { sharetopreviousowneronassign: true } })
  expect(await assigned()).toBe(204)
})

test('what cannot be shared is refused', async () => {
  const { ask, emulator, user } = scene()
  const currency = emulator.master.rows('transactioncurrency')[0]?.id
  const PrincipalAccess = {
    Principal: { systemuserid: user, '@odata.type': `${CRM}.systemuser` },
    AccessMask: 'ReadAccess',
  }
  const Target = { transactioncurrencyid: currency, '@odata.type': `${CRM}.transactioncurrency` }
  const table = await ask('POST', 'GrantAccess', { body: { Target, PrincipalAccess } })
  expect([table.status, table.json.error.code]).toEqual([400, '0x80040800'])
  const account = { accountid: emulator.master.rows('account')[0]?.id, '@odata.type': `${CRM}.account` }
  const wrong = { ...PrincipalAccess, AccessMask: 'SomeAccess' }
  const mask = await ask('POST', 'GrantAccess', { body: { Target: account, PrincipalAccess: wrong } })
  expect(mask.status).toBe(400)
})
