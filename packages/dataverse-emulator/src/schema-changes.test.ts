import { expect, test } from 'vitest'
import { bench, made } from './ask.test-support.ts'
import { integer, lookup, text } from './schema.ts'

const changes = async (
  ask: ReturnType<typeof bench>['ask'],
  stamp: string,
): Promise<{ status: number; code: string; tables: string[]; deleted: Record<string, number>; stamp: string }> => {
  const parameters = 'ClientVersionStamp=@p1,DeletedMetadataFilters=@p2'
  const filters = "Microsoft.Dynamics.CRM.DeletedMetadataFilters'All'"
  const { status, json } = await ask(
    'GET',
    `RetrieveMetadataChanges(${parameters})?@p1='${encodeURIComponent(stamp)}'&@p2=${encodeURIComponent(filters)}`,
  )
  if (status !== 200) return { status, code: json.error.code, tables: [], deleted: {}, stamp }
  const { Keys: keys, Values: values } = json.DeletedMetadata
  const deleted: Record<string, number> = {}
  keys.forEach((key: string, index: number) => (deleted[key] = values[index].Items.length))
  const tables = json.EntityMetadata.map((one: { LogicalName: string }) => one.LogicalName)
  return { status, code: '', tables, deleted, stamp: json.ServerVersionStamp }
}

const stampNow = async (ask: ReturnType<typeof bench>['ask']): Promise<string> =>
  (await ask('GET', 'RetrieveTimestamp()')).json.Timestamp

test('§16.32: a removed column is gone from rows, queries and metadata, and its values do not come back with it', async () => {
  const { emulator, ask } = bench()
  const row = await made(ask, 'accounts', { name: 'Fabrikam', telephone1: '555' })
  emulator.schema.removeColumn('account', 'telephone1')
  expect((await ask('GET', `accounts(${row})`)).json).not.toHaveProperty('telephone1')
  expect((await ask('GET', `accounts(${row})?$select=telephone1`)).status).toBe(400)
  expect((await ask('PATCH', `accounts(${row})`, { body: { telephone1: '1' } })).status).toBe(400)
  emulator.schema.addColumn('account', text('Telephone1'))
  expect((await ask('GET', `accounts(${row})?$select=telephone1`)).json.telephone1).toBeNull()
})

test('a retyped column has a new MetadataId; values that its new type can hold are kept, others are null', async () => {
  const { emulator, ask } = bench()
  const number = await made(ask, 'accounts', { name: 'A', telephone1: '42' })
  const words = await made(ask, 'accounts', { name: 'B', telephone1: 'none' })
  const before = emulator.schema.column('account', 'telephone1')?.metadataId
  const stamp = await stampNow(ask)
  emulator.schema.retypeColumn('account', integer('Telephone1'))
  expect((await ask('GET', `accounts(${number})?$select=telephone1`)).json.telephone1).toBe(42)
  expect((await ask('GET', `accounts(${words})?$select=telephone1`)).json.telephone1).toBeNull()
  expect((await ask('PATCH', `accounts(${words})`, { body: { telephone1: 'x' } })).status).toBe(400)
  expect((await ask('GET', `accounts?$select=name&$filter=telephone1 eq 42`)).json.value).toHaveLength(1)
  expect(emulator.schema.column('account', 'telephone1')?.metadataId).not.toBe(before)
  expect(await changes(ask, stamp)).toMatchObject({ tables: ['account'], deleted: { Attribute: 1 } })
})

test('the primary key, state and shadows of a table cannot be retyped', () => {
  const { schema } = bench().emulator
  expect(() => schema.retypeColumn('account', text('AccountId'))).toThrow(RangeError)
  expect(() => schema.retypeColumn('account', text('StateCode'))).toThrow(RangeError)
})

test('a schema change leaves the versions of rows alone', async () => {
  const { emulator, ask } = bench()
  const row = await made(ask, 'accounts', { name: 'A', telephone1: '42' })
  const { headers } = await ask('GET', `accounts(${row})?$select=name`)
  emulator.schema.removeColumn('account', 'telephone1')
  const after = await ask('GET', `accounts(${row})?$select=name`)
  expect(after.headers.get('ETag')).toBe(headers.get('ETag'))
})

test('a removed table takes its rows and the lookups that led to it along', async () => {
  const { emulator, ask } = bench()
  const stamp = await stampNow(ask)
  emulator.schema.removeTable('msdyn_workordertype')
  expect((await ask('GET', 'msdyn_workordertypes')).status).toBe(404)
  const orders = await ask('GET', 'msdyn_workorders?$top=1')
  expect(orders.status).toBe(200)
  expect(orders.json.value[0]).not.toHaveProperty('_msdyn_workordertype_value')
  const { deleted } = await changes(ask, stamp)
  expect(Object.keys(deleted).toSorted()).toEqual(['Attribute', 'Default', 'OptionSet', 'Relationship'])
})

test('a new table is served at once', async () => {
  const { emulator, ask } = bench()
  emulator.schema.addTable({
    schemaName: 'new_Pump',
    objectTypeCode: 10900,
    displayName: 'Pump',
    primaryName: 'new_name',
    columns: [text('new_Name'), lookup('new_AccountId', { table: 'account', relationship: 'new_account_pump' })],
  })
  const account = await made(ask, 'accounts', { name: 'A' })
  await made(ask, 'new_pumps', { new_name: 'P1', 'new_AccountId@odata.bind': `/accounts(${account})` })
  const pumps = await ask('GET', `accounts(${account})/new_account_pump?$select=new_name`)
  expect(pumps.json.value).toMatchObject([{ new_name: 'P1' }])
})

test('a removed option is cleared in rows, and refused from then on', async () => {
  const { emulator, ask } = bench()
  const row = await made(ask, 'accounts', { name: 'A', accountcategorycode: 1 })
  emulator.schema.removeOption('account', 'accountcategorycode', 1)
  expect((await ask('GET', `accounts(${row})?$select=accountcategorycode`)).json.accountcategorycode).toBeNull()
  expect((await ask('PATCH', `accounts(${row})`, { body: { accountcategorycode: 1 } })).status).toBe(400)
})

test('§16.33: after a change only what changed is told, and then nothing', async () => {
  const { emulator, ask } = bench()
  const first = await stampNow(ask)
  emulator.schema.renameOption('account', 'accountcategorycode', 1, 'Favourite')
  const told = await changes(ask, first)
  expect(told.tables).toEqual(['account'])
  expect((await changes(ask, told.stamp)).tables).toEqual([])
})

test('every kind of deletion is told under its name', async () => {
  const { emulator, ask } = bench()
  const stamp = await stampNow(ask)
  emulator.schema.removeColumn('account', 'telephone1')
  emulator.schema.removeTable('new_reading')
  const link = emulator.schema.manyToManyByIntersect('new_skill_bookableresource')
  emulator.schema.removeRelationship(link?.schemaName ?? '')
  emulator.schema.removeColumn('account', 'industrycode')
  emulator.schema.removeOption('account', 'accountcategorycode', 2)
  const { deleted } = await changes(ask, stamp)
  expect(Object.keys(deleted).toSorted()).toEqual(['Attribute', 'Default', 'Label', 'OptionSet', 'Relationship'])
})

test('§16.35: an organisation made anew has the same names, other MetadataIds, and does not know the old stamps', async () => {
  const { emulator, ask } = bench()
  const stamp = await stampNow(ask)
  const before = emulator.schema.table('account')
  emulator.schema.renewIds('again')
  const after = emulator.schema.table('account')
  expect(after?.metadataId).not.toBe(before?.metadataId)
  expect(after?.columns.map((one) => one.logicalName)).toEqual(before?.columns.map((one) => one.logicalName))
  expect(after?.columns[0]?.metadataId).not.toBe(before?.columns[0]?.metadataId)
  expect(await changes(ask, stamp)).toMatchObject({ status: 400, code: '0x80044352' })
  const byId = await ask('GET', `EntityDefinitions(${before?.metadataId ?? ''})?$select=LogicalName`)
  expect(byId.status).toBe(404)
})

test('stamps of an organisation restored from a backup are refused when they are of its future', async () => {
  const { emulator, ask } = bench()
  const backup = emulator.schema.snapshot()
  emulator.schema.addColumn('account', text('new_Later'))
  const stamp = await stampNow(ask)
  emulator.schema.restore(backup)
  expect(emulator.schema.column('account', 'new_later')).toBeUndefined()
  expect(await changes(ask, stamp)).toMatchObject({ status: 400, code: '0x80044352' })
})

test('globalmetadataversion changes with the schema and not with rows', async () => {
  const { emulator, ask } = bench()
  const version = async (): Promise<string> => {
    const headers = { Prefer: 'odata.include-annotations="Microsoft.Dynamics.CRM.globalmetadataversion"' }
    const { json } = await ask('GET', 'organizations?$select=organizationid', { headers })
    return json['@Microsoft.Dynamics.CRM.globalmetadataversion']
  }
  const first = await version()
  await made(ask, 'accounts', { name: 'A' })
  expect(await version()).toBe(first)
  emulator.schema.addColumn('account', text('new_Later'))
  expect(await version()).not.toBe(first)
})

test('a removed table leaves no ids behind in lookups that lead to several tables; others stay as they are', async () => {
  const { emulator, ask } = bench()
  const account = await made(ask, 'accounts', { name: 'A' })
  const contact = await made(ask, 'contacts', { lastname: 'C' })
  const lost = await made(ask, 'tasks', {
    subject: 'lost',
    'regardingobjectid_contact_task@odata.bind': `contacts(${contact})`,
  })
  const kept = await made(ask, 'tasks', {
    subject: 'kept',
    'regardingobjectid_account_task@odata.bind': `accounts(${account})`,
  })
  const version = emulator.master.row('task', lost)?.version
  emulator.schema.removeTable('contact')
  const columns = '$select=subject,_regardingobjectid_value'
  const headers = { Prefer: 'odata.include-annotations="*"' }
  const read = async (id: string): Promise<unknown> => (await ask('GET', `tasks(${id})?${columns}`, { headers })).json
  expect(await read(lost)).toMatchObject({ subject: 'lost', _regardingobjectid_value: null })
  expect(await read(lost)).not.toHaveProperty('_regardingobjectid_value@Microsoft.Dynamics.CRM.lookuplogicalname')
  expect(await read(kept)).toMatchObject({ _regardingobjectid_value: account })
  expect(emulator.master.row('task', lost)?.version).toBe(version)
  const filter = `tasks?${columns}&$filter=_regardingobjectid_value eq ${contact}`
  expect((await ask('GET', filter)).json.value).toEqual([])
})

test('a removed relationship empties the lookups that led along it', async () => {
  const { emulator, ask } = bench()
  const account = await made(ask, 'accounts', { name: 'A' })
  const task = await made(ask, 'tasks', {
    subject: 'a',
    'regardingobjectid_account_task@odata.bind': `accounts(${account})`,
  })
  emulator.schema.removeRelationship('Account_Tasks')
  expect((await ask('GET', `tasks(${task})?$select=_regardingobjectid_value`)).json._regardingobjectid_value).toBeNull()
})
