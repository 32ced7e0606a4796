import { expect, test } from 'vitest'
import { bench, TECHNICIAN } from '../ask.test-support.ts'
import type { Answer, Bench } from '../ask.test-support.ts'

interface Scene extends Bench {
  readonly account: string
}

const code = ({ status, json }: Answer): unknown[] => [status, json?.error?.code]

function scene(): Scene {
  const there = bench()
  const { emulator } = there
  const technician = emulator.users.find(({ name }) => name === TECHNICIAN)?.id ?? ''
  const account = emulator.master.create('account', {
    name: 'x',
    telephone1: '555-0100',
    ownerid: { table: 'systemuser', id: technician },
  })
  emulator.security.secureColumn('account', 'telephone1')
  return { ...there, account }
}

test('a secured column reads as null for everybody but administrators and holders of a permission', async () => {
  const { ask, emulator, account } = scene()
  const path = `accounts(${account})?$select=name,telephone1`
  const read = async (as?: string): Promise<unknown> =>
    (await ask('GET', path, as === undefined ? {} : { as })).json.telephone1
  expect(await read()).toBe('555-0100')
  expect(await read(TECHNICIAN)).toBeNull()
  expect(await read('Sync Service')).toBeNull()
  const list = await ask('GET', `accounts?$select=telephone1&$filter=accountid eq ${account}`, { as: TECHNICIAN })
  expect(list.json.value).toMatchObject([{ telephone1: null }])
  expect((await ask('GET', `accounts(${account})/telephone1`, { as: TECHNICIAN })).status).toBe(204)
  emulator.security.allowColumn(TECHNICIAN, 'account', 'telephone1', { read: true })
  expect(await read(TECHNICIAN)).toBe('555-0100')
  expect(await read('Sync Service')).toBeNull()
})

test('filters and orders see nothing of a secured column either', async () => {
  const { ask, account } = scene()
  const found = async (as: string | undefined, options: string): Promise<number> =>
    (await ask('GET', `accounts?$select=name&${options}`, as === undefined ? {} : { as })).json.value.length
  expect(await found(undefined, `$filter=telephone1 eq '555-0100'`)).toBe(1)
  for (const filter of [`telephone1 eq '555-0100'`, `startswith(telephone1,'555')`, `telephone1 gt '0'`]) {
    expect(await found(TECHNICIAN, `$filter=${filter}`)).toBe(0)
  }
  const count = await ask('GET', `accounts/$count?$filter=telephone1 eq '555-0100'`, { as: TECHNICIAN })
  expect(count.text).toBe('0')
  const page = (direction: string) =>
    ask('GET', `accounts?$select=name&$orderby=telephone1 ${direction},accountid`, { as: TECHNICIAN })
  const order = async (direction: string): Promise<string[]> =>
    (await page(direction)).json.value.map((row: { accountid: string }) => row.accountid)
  // All of them are null to this user, so that the direction makes no difference.
  expect(await order('desc')).toEqual(await order('asc'))
  expect(await order('asc')).toContain(account)
})

test('writing a secured column without the permission refuses the whole write', async () => {
  const { ask, emulator, account } = scene()
  const as = TECHNICIAN
  const before = emulator.master.row('account', account)
  const body = { name: 'y', telephone1: '1' }
  expect(code(await ask('PATCH', `accounts(${account})`, { as, body }))).toEqual([403, '0x8004F507'])
  expect(code(await ask('PUT', `accounts(${account})/telephone1`, { as, body: { value: '1' } }))).toEqual([
    403,
    '0x8004F507',
  ])
  expect(code(await ask('POST', 'accounts', { as, body }))).toEqual([403, '0x8004F502'])
  expect(emulator.master.row('account', account)).toBe(before)
  expect((await ask('PATCH', `accounts(${account})`, { as, body: { name: 'y' } })).status).toBe(204)
  expect(emulator.master.row('account', account)?.values['telephone1']).toBe('555-0100')
  emulator.security.allowColumn(TECHNICIAN, 'account', 'telephone1', { update: true })
  expect((await ask('PATCH', `accounts(${account})`, { as, body })).status).toBe(204)
  expect(code(await ask('POST', 'accounts', { as, body }))).toEqual([403, '0x8004F502'])
  emulator.security.allowColumn(TECHNICIAN, 'account', 'telephone1', { create: true })
  expect((await ask('POST', 'accounts', { as, body })).status).toBe(204)
  expect(code(await ask('PATCH', `accounts(${account})`, { as, body }))).toEqual([403, '0x8004F507'])
})

test('profiles and permissions are rows: given to users and teams by $ref', async () => {
  const { ask, emulator, account } = scene()
  const user = emulator.users.find(({ name }) => name === TECHNICIAN)
  const headers = { Prefer: 'return=representation' }
  const profile = await ask('POST', 'fieldsecurityprofiles', { headers, body: { name: 'Phones' } })
  const id: string = profile.json.fieldsecurityprofileid
  const permission = {
    entityname: 'account',
    attributelogicalname: 'telephone1',
    canread: 4,
    'fieldsecurityprofileid@odata.bind': `/fieldsecurityprofiles(${id})`,
  }
  expect((await ask('POST', 'fieldpermissions', { body: permission })).status).toBe(204)
  const read = async (): Promise<unknown> =>
    (await ask('GET', `accounts(${account})?$select=telephone1`, { as: TECHNICIAN })).json.telephone1
  expect(await read()).toBeNull()
  const own = `fieldsecurityprofiles(${id})/systemuserprofiles_association`
  await ask('POST', `${own}/$ref`, { body: { '@odata.id': `systemusers(${user?.id})` } })
  expect(await read()).toBe('555-0100')
  await ask('DELETE', `${own}(${user?.id})/$ref`)
  expect(await read()).toBeNull()
  await ask('POST', `fieldsecurityprofiles(${id})/teamprofiles_association/$ref`, {
    body: { '@odata.id': `teams(${user?.teamIds[0]})` },
  })
  expect(await read()).toBe('555-0100')
  const plain = { ...permission, attributelogicalname: 'name' }
  expect(code(await ask('POST', 'fieldpermissions', { body: plain }))).toEqual([400, '0x8004F508'])
})

test('what a write gives back is masked like what is read', async () => {
  const { ask, account } = scene()
  const changed = await ask('PATCH', `accounts(${account})?$select=name,telephone1`, {
    as: TECHNICIAN,
    headers: { Prefer: 'return=representation' },
    body: { name: 'z' },
  })
  expect(changed.json).toMatchObject({ name: 'z', telephone1: null })
  const fetchXml = encodeURIComponent(
    `<fetch><entity name="account"><attribute name="telephone1"/><filter><condition attribute="accountid" operator="eq" value="${account}"/></filter></entity></fetch>`,
  )
  const fetched = async (as?: string): Promise<unknown> =>
    (await ask('GET', `accounts?fetchXml=${fetchXml}`, as === undefined ? {} : { as })).json.value[0].telephone1
  expect(await fetched()).toBe('555-0100')
  expect(await fetched(TECHNICIAN)).toBeUndefined()
  const expand = '$select=lastname&$expand=parentcustomerid_account($select=telephone1)'
  const rows = await ask('GET', `contacts?${expand}&$filter=_parentcustomerid_value ne null`, { as: TECHNICIAN })
  expect(rows.status).toBe(200)
  for (const row of rows.json.value) expect(row.parentcustomerid_account?.telephone1 ?? null).toBeNull()
})

test('names, keys, states and owners cannot be secured', () => {
  const { emulator } = scene()
  for (const column of ['accountid', 'name', 'statecode', 'statuscode', 'ownerid']) {
    expect(() => emulator.security.secureColumn('account', column)).toThrow(RangeError)
  }
})

test('the delta feed takes secured values out as well', async () => {
  const { ask, emulator, account } = scene()
  emulator.security.privilegeDepth(TECHNICIAN, 'account', 'organization')
  const { json } = await ask('GET', 'accounts?$select=telephone1', {
    as: TECHNICIAN,
    headers: { Prefer: 'odata.track-changes' },
  })
  const row = json.value.find((one: { accountid: string }) => one.accountid === account)
  expect(row).toMatchObject({ telephone1: null })
  emulator.master.update('account', account, { telephone1: '2' })
  const delta = await ask('GET', json['@odata.deltaLink'], { as: TECHNICIAN })
  expect(delta.json.value).toMatchObject([{ accountid: account, telephone1: null }])
})

test('metadata says which columns are secured', async () => {
  const { ask } = scene()
  const { json } = await ask(
    'GET',
    "EntityDefinitions(LogicalName='account')/Attributes?$select=LogicalName&$filter=IsSecured eq true",
  )
  expect(json.value.map((column: { LogicalName: string }) => column.LogicalName)).toEqual(['telephone1'])
})
