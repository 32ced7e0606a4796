import { expect, test } from 'vitest'
import { ADMIN, bench, id, made, TECHNICIAN } from '../ask.test-support.ts'
import type { Bench } from '../ask.test-support.ts'
import { feed, fetched, refusal, TRACK } from './answers.test-support.ts'

interface Scene extends Bench {
  /** A row of the technician’s. */
  readonly mine: string
}

function scene(): Scene {
  const org = bench()
  const owner = org.emulator.users.find(({ name }) => name === TECHNICIAN)?.id ?? ''
  const mine = org.emulator.master.create('account', { name: 'mine', ownerid: { table: 'systemuser', id: owner } })
  return { ...org, mine }
}

test('§16.34: a list silently shrinks to what its reader sees, and so do counts, FetchXML, expansions and collections', async () => {
  const { ask, emulator, mine } = scene()
  const contact = await made(ask, 'contacts', { lastname: 'of others' })
  emulator.master.update('account', mine, { primarycontactid: contact })
  emulator.master.update('contact', contact, { parentcustomerid: { table: 'account', id: mine } })
  const as = TECHNICIAN
  const id1 = `$filter=accountid eq ${mine}`
  const condition = `<condition attribute="accountid" operator="eq" value="${mine}"/>`
  const fetch = fetched(
    'accounts',
    `<entity name="account"><attribute name="name"/><filter>${condition}</filter></entity>`,
  )
  const seen = async (): Promise<readonly unknown[]> => [
    (await ask('GET', `accounts?${id1}`, { as })).json.value.length,
    (await ask('GET', `accounts/$count?${id1}`, { as })).text,
    (await ask('GET', fetch, { as })).json.value.length,
  ]
  expect(await seen()).toEqual([1, '1', 1])
  const around = `accounts(${mine})?$select=name&$expand=primarycontactid,contact_customer_accounts`
  const row = await ask('GET', around, { as })
  expect([row.json.primarycontactid, row.json.contact_customer_accounts]).toEqual([null, []])
  expect((await ask('GET', `accounts(${mine})/contact_customer_accounts`, { as })).json.value).toEqual([])
  emulator.security.revokeReadAccess(TECHNICIAN, { table: 'account', id: mine })
  expect(await seen()).toEqual([0, '0', 0])
})

test('§16.34: a single row that its reader may not see is 403, one that is not there 404', async () => {
  const { ask, emulator, mine } = scene()
  const as = TECHNICIAN
  expect((await ask('GET', `accounts(${mine})`, { as })).status).toBe(200)
  emulator.security.revokeReadAccess(TECHNICIAN, { table: 'account', id: mine })
  for (const path of [`accounts(${mine})`, `accounts(${mine})/name`, `accounts(${mine})/primarycontactid/$ref`]) {
    expect([path, ...refusal(await ask('GET', path, { as }))]).toEqual([path, 403, '0x80048306'])
  }
  expect(refusal(await ask('GET', `accounts(${id(9)})`, { as }))).toEqual([404, '0x80040217'])
})

test('§16.34: shares, roles, teams and depths are no events: no version rises and no delta has an entry', async () => {
  const { ask, emulator, mine } = scene()
  const { security, master } = emulator
  const { deltaLink } = await feed(ask, 'accounts?$select=name', { headers: TRACK })
  const before = master.row('account', mine)
  const row = { table: 'account', id: mine }
  const team = security.addTeam({ name: 'Night shift' })
  security.joinTeam(TECHNICIAN, team)
  security.grant(row, { table: 'team', id: team }, ['read', 'write'])
  security.revoke(row, { table: 'team', id: team })
  security.leaveTeam(TECHNICIAN, team)
  security.removeRole(TECHNICIAN, 'Field Technician')
  security.assignRole(TECHNICIAN, 'Field Technician')
  security.privilegeDepth(TECHNICIAN, 'account', 'user')
  security.revokeReadAccess(TECHNICIAN, row)
  security.restoreReadAccess(TECHNICIAN, row)
  expect(master.row('account', mine)).toBe(before)
  expect(await feed(ask, deltaLink)).toMatchObject({ names: [], deleted: [] })
})

test('§16.35: WhoAmI tells users apart, and the organisation from another one in its place', async () => {
  const { ask, emulator } = bench()
  const who = async (as: string): Promise<Record<string, string>> => (await ask('GET', 'WhoAmI', { as })).json
  const [admin, technician] = [await who(ADMIN), await who(TECHNICIAN)]
  expect(admin['UserId']).not.toBe(technician['UserId'])
  expect(admin['BusinessUnitId']).not.toBe(technician['BusinessUnitId'])
  expect(admin['OrganizationId']).toBe(technician['OrganizationId'])
  emulator.replaceOrganization()
  const after = await who(ADMIN)
  expect(after['OrganizationId']).not.toBe(admin['OrganizationId'])
  expect((await ask('GET', 'organizations?$select=name')).json.value[0].organizationid).toBe(after['OrganizationId'])
})

test('§16.35: another organisation under the same address knows no token, stamp or MetadataId of the old one', async () => {
  const { ask, emulator } = bench()
  const { deltaLink } = await feed(ask, 'accounts?$select=name', { headers: TRACK })
  const stamp: string = (await ask('GET', 'RetrieveTimestamp()')).json.Timestamp
  const table = emulator.schema.table('account')?.metadataId
  emulator.replaceOrganization()
  expect(refusal(await ask('GET', deltaLink))).toEqual([400, '0x80044352'])
  const since = `RetrieveMetadataChanges(ClientVersionStamp=@p1)?@p1='${encodeURIComponent(stamp)}'`
  expect(refusal(await ask('GET', since))).toEqual([400, '0x80044352'])
  expect((await ask('GET', `EntityDefinitions(${table})`)).status).toBe(404)
  expect((await ask('GET', "EntityDefinitions(LogicalName='account')?$select=LogicalName")).status).toBe(200)
})

test('§16.35: a restored backup brings rows and versions of then back, and gives out versions that were given before', async () => {
  const { ask, emulator } = bench()
  const { master } = emulator
  await made(ask, 'accounts', { accountid: id(1), name: 'then' })
  const then = master.row('account', id(1))
  emulator.backup()
  await ask('PATCH', `accounts(${id(1)})`, { body: { name: 'later' } })
  await made(ask, 'accounts', { accountid: id(2), name: 'lost' })
  const highest = master.row('account', id(2))?.version ?? 0n
  const { deltaLink } = await feed(ask, 'accounts?$select=name', { headers: TRACK })
  emulator.restoreBackup()
  expect((await ask('GET', `accounts(${id(1)})`)).headers.get('ETag')).toBe(`W/"${then?.version}"`)
  expect((await ask('GET', `accounts(${id(1)})`)).json.name).toBe('then')
  expect((await ask('GET', `accounts(${id(2)})`)).status).toBe(404)
  await made(ask, 'accounts', { accountid: id(3), name: 'after' })
  expect(master.row('account', id(3))?.version).toBeLessThanOrEqual(highest)
  expect(refusal(await ask('GET', deltaLink))).toEqual([400, '0x80044352'])
})
