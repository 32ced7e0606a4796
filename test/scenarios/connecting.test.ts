import { OutpostError } from '@outpost/core'
import { orgUrl } from '@outpost/dataverse-adapter'
import { expect, test } from 'vitest'
import { day, dayWithAnn } from './script.ts'

/* A client org is made of a master's metadata, and of the master's rows only when tables are chosen. */

test('RS-01: connecting copies every table and column of the office with its type, and no row', async () => {
  const { office, ...today } = day()
  const ann = await today.technician('Ann', { boxed: true })
  await ann.org.connect()
  const { schema } = office.emulator
  expect((await ann.org.masterTables()).map(({ name }) => name)).toEqual(
    schema
      .tables()
      .map(({ logicalName }) => logicalName)
      .toSorted(),
  )
  const order = await ann.org.masterTable('msdyn_workorder')
  const types = Object.fromEntries((order?.columns ?? []).map(({ name, type }) => [name, type]))
  expect(types).toMatchObject({
    msdyn_workorderid: 'guid',
    msdyn_name: 'text',
    msdyn_instructions: 'memo',
    msdyn_systemstatus: 'choice',
    msdyn_totalamount: 'money',
    msdyn_datewindowstart: 'date',
    msdyn_timewindowstart: 'datetime',
    msdyn_serviceaccount: 'lookup',
    ownerid: 'lookup',
    statecode: 'state',
  })
  for (const table of schema.tables()) {
    const copied = new Set((await ann.org.masterTable(table.logicalName))?.columns.map(({ name }) => name))
    const own = table.columns.filter(({ attributeOf }) => attributeOf === null).map(({ logicalName }) => logicalName)
    expect(own.filter((name) => !copied.has(name))).toEqual([])
  }
  expect((await ann.org.status()).tables).toEqual({})
  expect(office.asked().filter(isAboutRows(office.emulator.schema.table('account')?.entitySetName))).toEqual([])
  await ann.org.sync()
  expect((await ann.org.status()).tables).toEqual({})
})

test('RS-03: a bare name and every spelling of the address mean one office', () => {
  const spellings = ['contoso', 'CONTOSO', 'contoso.crm.dynamics.com', 'https://contoso.crm.dynamics.com/']
  const paths = ['https://contoso.crm.dynamics.com/api/data/v9.2/', 'https://Contoso.CRM.dynamics.com/api/data/v9.2']
  expect(new Set([...spellings, ...paths].map((text) => orgUrl(text)))).toEqual(
    new Set(['https://contoso.crm.dynamics.com']),
  )
  expect(orgUrl('contoso', { region: 'crm4' })).toBe(orgUrl('https://contoso.crm4.dynamics.com/api/data/v9.2'))
  expect(() => orgUrl('ftp://contoso')).toThrow(OutpostError)
})

test('RS-03: a device that is given the address in another spelling goes on with the rows that it has', async () => {
  const today = day()
  const root = today.office.emulator.root
  const ann = await today.technician('Ann', { url: `${root}api/data/v9.2/` })
  const plain = await today.technician('Bob', { url: root.toUpperCase().replace(/\/$/, '') })
  const [one, other] = [await ann.org.status(), await plain.org.status()]
  expect(one.identity?.url).toBe(other.identity?.url)
  const rows = one.tables
  await ann.restarts()
  await ann.setsUp()
  expect((await ann.org.status()).tables).toEqual(rows)
})

test('RS-04: a device that belongs to one office refuses another, and nothing on it changes', async () => {
  const { office, ann } = await dayWithAnn()
  const before = await ann.org.status()
  office.emulator.replaceOrganization({ rows: 'none' })
  await ann.restarts()
  expect(await codeOf(ann.org.connect())).toBe('wrong-master')
  expect(await ann.syncs()).toBe('wrong-master')
  expect(await ann.org.status()).toMatchObject({ identity: before.identity, tables: before.tables })
})

test('RS-04: a device that belongs to one user refuses the next one who signs in', async () => {
  const { office, ann } = await dayWithAnn()
  const before = await ann.org.status()
  ann.signIn.changesTo(office.employs('Bob'))
  expect(await codeOf(ann.org.connect())).toBe('wrong-master')
  expect((await ann.org.status()).identity).toEqual(before.identity)
})

test('RS-05: an office has to prepare nothing: connecting and downloading only read', async () => {
  const { office, ...today } = day()
  const ann = await today.technician('Ann', { boxed: true })
  office.asked()
  await ann.setsUp()
  const asked = office.asked()
  expect(asked.filter((request) => !request.startsWith('GET '))).toEqual([])
  expect(asked.some((request) => request.startsWith('GET WhoAmI'))).toBe(true)
  expect(asked.some((request) => request.startsWith('GET accounts?'))).toBe(true)
  expect((await ann.org.table('account').query({})).length).toBeGreaterThan(0)
})

test('RS-06: the metadata of the office is only ever read, whatever a device does', async () => {
  const { office, ann } = await dayWithAnn()
  office.emulator.schema.removeColumn('account', 'fax')
  await ann.adds('account', { name: 'Northwind' })
  await ann.org.updateMetadata()
  await ann.org.configure({ tables: { account: { columns: ['name'] } } })
  await ann.syncs()
  const stamp = office.emulator.schema.stamp
  const asked = office.asked().filter((request) => /Definitions|\$metadata|RetrieveMetadataChanges/.test(request))
  expect(asked.length).toBeGreaterThan(0)
  expect(asked.filter((request) => !request.startsWith('GET '))).toEqual([])
  expect(office.emulator.schema.stamp).toBe(stamp)
})

test('RS-07: disconnecting wipes the device', async () => {
  const { ann } = await dayWithAnn()
  await ann.org.signOut()
  expect(await ann.org.status()).toMatchObject({ identity: null, tables: {}, catalogueStamp: null })
  await ann.restarts()
  expect(await ann.org.status()).toMatchObject({ identity: null, tables: {} })
  expect(ann.org.configuration).toEqual({ tables: {} })
})

test('RS-07: disconnecting with unsent work is refused with the counts, unless it is given up', async () => {
  const { office, ann } = await dayWithAnn()
  office.refuses('Create', 'contact', 'No more contacts.')
  await ann.adds('contact', { lastname: 'Rey' })
  await ann.syncs()
  ann.goesOffline()
  const { id } = await ann.adds('account', { name: 'Unsent' })
  await expect(ann.org.signOut()).rejects.toMatchObject({ code: 'refused', unsent: { pending: 1, error: 1 } })
  expect(await ann.sees('account', id)).toMatchObject({ name: 'Unsent' })
  expect(await ann.outbox()).toEqual(['error: business', 'pending: ready'])
  await ann.org.signOut({ unsent: 'discard' })
  expect(await ann.org.status()).toMatchObject({ identity: null, tables: {}, transactions: { pending: 0, error: 0 } })
})

function isAboutRows(set: string | undefined): (request: string) => boolean {
  return (request) => request.startsWith(`GET ${set ?? ''}`)
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'done',
    (error: unknown) => (error instanceof OutpostError ? error.code : String(error)),
  )
}
