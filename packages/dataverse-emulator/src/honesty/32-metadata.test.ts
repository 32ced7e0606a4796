import { expect, test } from 'vitest'
import { bench, id, made } from '../ask.test-support.ts'
import type { Ask } from '../ask.test-support.ts'
import { text } from '../schema.ts'
import { refusal } from './answers.test-support.ts'

const column = (table: string, name: string, cast = ''): string =>
  `EntityDefinitions(LogicalName='${table}')/Attributes(LogicalName='${name}')${cast && `/Microsoft.Dynamics.CRM.${cast}AttributeMetadata`}`

test('§16.32: a column may be removed while clients run: gone from rows, queries, writes and metadata', async () => {
  const { ask, emulator } = bench()
  await made(ask, 'accounts', { accountid: id(1), name: 'a', telephone1: '1' })
  const path = `accounts(${id(1)})`
  emulator.schema.removeColumn('account', 'telephone1')
  expect((await ask('GET', path)).json).not.toHaveProperty('telephone1')
  expect(refusal(await ask('GET', `${path}?$select=telephone1`))).toEqual([400, '0x80060888'])
  expect(refusal(await ask('GET', "accounts?$filter=telephone1 eq '1'"))).toEqual([400, '0x80060888'])
  expect(refusal(await ask('PATCH', path, { body: { telephone1: '2' } }))).toEqual([400, '0x80048d19'])
  expect((await ask('GET', column('account', 'telephone1'))).status).toBe(404)
  emulator.schema.addColumn('account', text('Telephone1'))
  expect((await ask('GET', path)).json.telephone1).toBeNull()
})

test('§16.32: an option may be renamed: metadata and the annotations of rows say the new name', async () => {
  const { ask, emulator } = bench()
  await made(ask, 'accounts', { accountid: id(1), name: 'a', accountcategorycode: 1 })
  const labels = async (): Promise<readonly unknown[]> => {
    const headers = { Prefer: 'odata.include-annotations="*"' }
    const row = await ask('GET', `accounts(${id(1)})?$select=accountcategorycode`, { headers })
    const choice = await ask('GET', `${column('account', 'accountcategorycode', 'Picklist')}?$expand=OptionSet`)
    const [option] = choice.json.OptionSet.Options
    const shown = row.json['accountcategorycode@OData.Community.Display.V1.FormattedValue']
    return [shown, option.Label.UserLocalizedLabel.Label]
  }
  expect(await labels()).toEqual(['Preferred Customer', 'Preferred Customer'])
  emulator.schema.renameOption('account', 'accountcategorycode', 1, 'Favourite')
  expect(await labels()).toEqual(['Favourite', 'Favourite'])
})

test('§16.32: there are columns that are attributes of others, which are no properties of rows', async () => {
  const { ask } = bench()
  const shadow = await ask('GET', column('account', 'primarycontactidname'))
  expect(shadow.json.AttributeOf).toBe('primarycontactid')
  expect(refusal(await ask('GET', 'accounts?$select=primarycontactidname'))).toEqual([400, '0x80060888'])
  const [row] = (await ask('GET', 'accounts?$top=1')).json.value
  expect(row).not.toHaveProperty('primarycontactidname')
})

test('§16.32: there are columns that no update and no create sets, and what is sent for them is ignored', async () => {
  const { ask } = bench()
  const valid = async (name: string): Promise<readonly boolean[]> => {
    const { json } = await ask('GET', column('contact', name))
    return [json.IsValidForCreate, json.IsValidForUpdate, json.IsValidForRead]
  }
  expect(await valid('fullname')).toEqual([false, false, true])
  expect(await valid('createdon')).toEqual([false, false, true])
  expect(await valid('overriddencreatedon')).toEqual([true, false, true])
  expect(await valid('lastname')).toEqual([true, true, true])
  const body = { contactid: id(1), lastname: 'a', fullname: 'x', createdon: '2000-01-01T00:00:00Z' }
  await made(ask, 'contacts', body)
  const update = { overriddencreatedon: '2000-01-01T00:00:00Z', versionnumber: 1 }
  expect((await ask('PATCH', `contacts(${id(1)})`, { body: update })).status).toBe(204)
  const { json } = await ask('GET', `contacts(${id(1)})`)
  expect(json).toMatchObject({ fullname: 'a', createdon: '2025-06-02T06:00:00Z', overriddencreatedon: null })
})

test('§16.32: lookups may have several targets, with a navigation property for each and the target told with the value', async () => {
  const { ask } = bench()
  const targets = async (table: string, name: string): Promise<unknown> =>
    (await ask('GET', column(table, name, 'Lookup'))).json.Targets
  expect(await targets('contact', 'parentcustomerid')).toEqual(['account', 'contact'])
  expect(await targets('account', 'primarycontactid')).toEqual(['contact'])
  expect(await targets('account', 'ownerid')).toEqual(['systemuser', 'team'])
  await made(ask, 'accounts', { accountid: id(1), name: 'a' })
  await made(ask, 'contacts', {
    contactid: id(2),
    lastname: 'b',
    'parentcustomerid_account@odata.bind': `/accounts(${id(1)})`,
  })
  const headers = { Prefer: 'odata.include-annotations="Microsoft.Dynamics.CRM.*"' }
  const { json } = await ask('GET', `contacts(${id(2)})?$select=_parentcustomerid_value`, { headers })
  expect([
    json['_parentcustomerid_value@Microsoft.Dynamics.CRM.lookuplogicalname'],
    json['_parentcustomerid_value@Microsoft.Dynamics.CRM.associatednavigationproperty'],
  ]).toEqual(['account', 'parentcustomerid_account'])
})

test('§16.32: sets have irregular names, and only those lead to rows', async () => {
  const { ask } = bench()
  const names = ['opportunity', 'activityparty', 'annotation', 'new_x']
  const list = names.map((name) => `LogicalName eq '${name}'`).join(' or ')
  const { json } = await ask('GET', `EntityDefinitions?$select=LogicalName,EntitySetName&$filter=${list}`)
  const sets = new Map<string, string>(
    json.value.map((one: { LogicalName: string; EntitySetName: string }) => [one.LogicalName, one.EntitySetName]),
  )
  expect(names.map((name) => sets.get(name))).toEqual(['opportunities', 'activityparties', 'annotations', 'new_xes'])
  for (const name of ['opportunity', 'activityparty', 'new_x']) {
    expect([name, (await ask('GET', `${name}s`)).status]).toEqual([name, 404])
    expect([name, (await ask('GET', `${sets.get(name)}?$top=1`)).status]).toEqual([name, 200])
  }
})

interface Told {
  readonly status: number
  readonly tables: readonly string[]
  readonly columns: readonly string[]
  readonly deleted: Readonly<Record<string, readonly string[]>>
  readonly stamp: string
}

/** What has changed about all tables and columns since a stamp; everything without one. */
async function told(ask: Ask, stamp?: string): Promise<Told> {
  const properties = (...PropertyNames: readonly string[]): object => ({
    Properties: { AllProperties: false, PropertyNames },
  })
  const query = { ...properties('LogicalName', 'Attributes'), AttributeQuery: properties('LogicalName') }
  const parameters = [
    'Query=@p1',
    'DeletedMetadataFilters=@p2',
    ...(stamp === undefined ? [] : ['ClientVersionStamp=@p3']),
  ]
  const filters = "Microsoft.Dynamics.CRM.DeletedMetadataFilters'All'"
  const given = [JSON.stringify(query), filters, `'${stamp}'`].map(
    (one, at) => `@p${at + 1}=${encodeURIComponent(one)}`,
  )
  const answer = await ask(
    'GET',
    `RetrieveMetadataChanges(${parameters.join(',')})?${given.slice(0, parameters.length).join('&')}`,
  )
  if (answer.status !== 200) throw new Error(answer.text)
  interface Named {
    readonly LogicalName: string
    readonly Attributes: readonly Named[]
  }
  const tables: readonly Named[] = answer.json.EntityMetadata
  const { Keys, Values } = answer.json.DeletedMetadata
  return {
    status: answer.status,
    tables: tables.map(({ LogicalName }) => LogicalName),
    columns: tables.flatMap(({ Attributes }) => Attributes.map(({ LogicalName }) => LogicalName)),
    deleted: Object.fromEntries(Keys.map((key: string, at: number) => [key, Values[at].Items])),
    stamp: answer.json.ServerVersionStamp,
  }
}

test('§16.33: with a stamp only what has changed since is told: the column, and nothing where nothing changed', async () => {
  const { ask, emulator } = bench()
  const all = await told(ask)
  expect(all.tables).toHaveLength(emulator.schema.tables().length)
  expect((await told(ask, all.stamp)).tables).toEqual([])
  emulator.schema.addColumn('account', text('new_Extra'))
  const changed = await told(ask, all.stamp)
  expect([changed.tables, changed.columns]).toEqual([['account'], ['new_extra']])
  expect((await told(ask, changed.stamp)).tables).toEqual([])
})

test('§16.33: what was deleted since the stamp is told by its MetadataId, once, under its kind', async () => {
  const { ask, emulator } = bench()
  const { stamp } = await told(ask)
  const gone = emulator.schema.column('account', 'telephone1')?.metadataId
  const table = emulator.schema.table('new_reading')?.metadataId
  emulator.schema.removeColumn('account', 'telephone1')
  emulator.schema.removeTable('new_reading')
  const changes = await told(ask, stamp)
  expect(changes.deleted['Attribute']).toContain(gone)
  expect(changes.deleted['Default']).toEqual([table])
  expect(changes.columns).not.toContain('telephone1')
  expect((await told(ask, changes.stamp)).deleted).toEqual({})
})

test('§16.33: a stamp expires by the organisation’s days, and is refused then', async () => {
  const { ask, emulator, clock } = bench()
  const { stamp } = await told(ask)
  const days = Number(emulator.master.rows('organization')[0]?.values['expiresubscriptionsindays'])
  clock.advance(days * 86_400_000 + 1000)
  const answer = await ask('GET', `RetrieveMetadataChanges(ClientVersionStamp=@p1)?@p1='${encodeURIComponent(stamp)}'`)
  expect(refusal(answer)).toEqual([400, '0x80044352'])
})
