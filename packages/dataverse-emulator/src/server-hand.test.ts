import { expect, test } from 'vitest'
import { bench, id, made } from './ask.test-support.ts'
import { text } from './schema.ts'

test('§16.35: a restored backup has the rows, ids and versions of then, and gives out lower versions', async () => {
  const { ask, emulator } = bench()
  await made(ask, 'accounts', { accountid: id(1), name: 'kept' })
  const before = emulator.master.rows('account')
  emulator.backup()
  await ask('PATCH', `accounts(${id(1)})`, { body: { name: 'changed' } })
  await made(ask, 'accounts', { accountid: id(2), name: 'lost' })
  await ask('DELETE', `accounts(${before.find(({ id: one }) => one !== id(1))?.id})`)
  const highest = emulator.master.row('account', id(2))?.version ?? 0n
  const tracked = (await ask('GET', 'accounts?$select=name', { headers: { Prefer: 'odata.track-changes' } })).json
  emulator.restoreBackup()
  expect(emulator.master.rows('account')).toEqual(before)
  await made(ask, 'accounts', { accountid: id(3), name: 'after' })
  expect((emulator.master.row('account', id(3))?.version ?? highest) <= highest).toBe(true)
  expect((await ask('GET', `accounts(${id(2)})`)).status).toBe(404)
  const delta = await ask('GET', tracked['@odata.deltaLink'])
  expect(delta.json.error.code).toBe('0x80044352')
})

test('delta tokens that are given out after a restored backup are followed, whatever had expired before it', async () => {
  const { ask, emulator } = bench()
  const tracked = async (): Promise<string> =>
    (await ask('GET', 'accounts?$select=name', { headers: { Prefer: 'odata.track-changes' } })).json['@odata.deltaLink']
  emulator.backup()
  const early = await tracked()
  emulator.expireDelta()
  expect((await ask('GET', early)).json.error.code).toBe('0x80044352')
  expect((await ask('GET', await tracked())).status).toBe(200)
  emulator.restoreBackup()
  expect((await ask('GET', await tracked())).status).toBe(200)
})

test('a backup brings the schema back with its ids and stamp', () => {
  const { emulator } = bench()
  const { schema } = emulator
  const before = [schema.stamp, schema.table('account')?.metadataId]
  const backup = emulator.backup()
  schema.addColumn('account', text('new_Extra'))
  emulator.replaceOrganization()
  expect([schema.stamp, schema.table('account')?.metadataId]).not.toEqual(before)
  emulator.restoreBackup(backup)
  expect([schema.stamp, schema.table('account')?.metadataId]).toEqual(before)
  expect(schema.column('account', 'new_extra')).toBeUndefined()
  expect(() => bench().emulator.restoreBackup()).toThrow('there is no backup')
})

test('§16.35: another organisation has the same names, other ids, and knows no token of the old one', async () => {
  const { ask, emulator } = bench()
  const who = async (): Promise<string> => (await ask('GET', 'WhoAmI')).json.OrganizationId
  const [organization, metadataId] = [await who(), emulator.schema.table('account')?.metadataId]
  const { '@odata.deltaLink': link } = (await ask('GET', 'accounts', { headers: { Prefer: 'odata.track-changes' } }))
    .json
  const count = emulator.master.count('account')
  emulator.replaceOrganization()
  expect(await who()).not.toBe(organization)
  expect((await ask('GET', 'organizations?$select=organizationid')).json.value[0].organizationid).toBe(await who())
  expect(emulator.schema.table('account')?.metadataId).not.toBe(metadataId)
  expect((await ask('GET', link)).json.error.code).toBe('0x80044352')
  expect(emulator.master.count('account')).toBe(count)
  emulator.replaceOrganization({ rows: 'none' })
  expect((await ask('GET', 'accounts')).json.value).toEqual([])
  expect((await ask('GET', 'systemusers')).json.value).not.toEqual([])
})

test('the clock is set and moved either way; rows and tokens follow it', async () => {
  const { ask, emulator } = bench()
  emulator.clock.set('2031-02-03T04:05:06.789Z')
  await made(ask, 'accounts', { accountid: id(1), name: 'a' })
  expect((await ask('GET', `accounts(${id(1)})?$select=modifiedon`)).json.modifiedon).toBe('2031-02-03T04:05:06Z')
  const api = emulator.as('Sunniva Admin')
  emulator.clock.advance(3_599_000)
  expect((await api('WhoAmI')).status).toBe(200)
  emulator.clock.advance(2000)
  expect((await api('WhoAmI')).status).toBe(401)
  emulator.clock.advance(-3_600_000)
  expect((await api('WhoAmI')).status).toBe(200)
  expect(() => emulator.clock.set('soon')).toThrow("'soon' is no moment")
})

test('§16.6: something may happen between two pages, and the next page shows it', async () => {
  const { ask, emulator } = bench()
  for (const number of [1, 2, 3]) await made(ask, 'new_xes', { new_xid: id(number), new_name: `n${number}` })
  const turns: (readonly [number, string])[] = []
  emulator.mutateBetweenPages((master, page, path) => {
    turns.push([page, path])
    for (const row of master.rows('new_x')) master.update('new_x', row.id, { new_name: `page ${page}` })
  })
  const headers = { Prefer: 'odata.maxpagesize=2' }
  const first = await ask('GET', 'new_xes?$select=new_name', { headers })
  const second = await ask('GET', first.json['@odata.nextLink'], { headers })
  expect(turns).toEqual([[2, '/api/data/v9.2/new_xes']])
  expect(second.json.value[0].new_name).toBe('page 2')
  emulator.mutateBetweenPages(undefined)
  await ask('GET', first.json['@odata.nextLink'], { headers })
  expect(turns).toHaveLength(1)
})

test('pages may be smaller than what is asked for', async () => {
  const { ask } = bench({ knobs: { maxPageSize: 2 } })
  const answer = await ask('GET', 'accounts?$select=name', { headers: { Prefer: 'odata.maxpagesize=50' } })
  expect([answer.json.value.length, '@odata.nextLink' in answer.json]).toEqual([2, true])
  const tracked = await ask('GET', 'accounts?$select=name', { headers: { Prefer: 'odata.track-changes' } })
  expect([tracked.json.value.length, Object.keys(tracked.json).includes('@odata.nextLink')]).toEqual([2, true])
})

test('answers about the schema may be old, unless strong consistency is asked for; rows follow it at once', async () => {
  const { ask, emulator, clock } = bench({ knobs: { metadataCacheMs: 30_000 } })
  const path =
    "EntityDefinitions(LogicalName='account')/Attributes?$select=LogicalName&$filter=LogicalName eq 'new_late'"
  const found = async (headers: Readonly<Record<string, string>> = {}): Promise<number> =>
    (await ask('GET', path, { headers })).json.value.length
  expect(await found()).toBe(0)
  emulator.schema.addColumn('account', text('new_Late'))
  expect(await found()).toBe(0)
  expect(await found({ Consistency: 'Strong' })).toBe(1)
  expect((await ask('GET', 'accounts?$select=new_late&$top=1')).status).toBe(200)
  clock.advance(30_000)
  expect(await found()).toBe(1)
})

test('after a restored backup metadata is of the schema that is, though stamps come again', async () => {
  const { ask, emulator } = bench()
  const { schema } = emulator
  const columns = async (): Promise<string> => {
    const query = encodeURIComponent(
      JSON.stringify({
        Criteria: {
          Conditions: [
            {
              ConditionOperator: 'Equals',
              PropertyName: 'LogicalName',
              Value: { Type: 'System.String', Value: 'account' },
            },
          ],
        },
        Properties: { PropertyNames: ['Attributes'] },
        AttributeQuery: { Properties: { PropertyNames: ['LogicalName'] } },
      }),
    )
    return JSON.stringify((await ask('GET', `RetrieveMetadataChanges(Query=@p1)?@p1=${query}`)).json.EntityMetadata)
  }
  emulator.backup()
  const before = await columns()
  schema.addColumn('account', text('new_First'))
  expect(await columns()).toContain('new_first')
  const { stamp } = schema
  emulator.restoreBackup()
  expect(await columns()).toBe(before)
  schema.addColumn('account', text('new_Second'))
  expect([schema.stamp, (await columns()).includes('new_first'), (await columns()).includes('new_second')]).toEqual([
    stamp,
    false,
    true,
  ])
})
