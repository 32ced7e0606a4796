import { OutpostError } from '@outpost/core'
import type { Configuration, ConfigurationError } from '@outpost/core'
import { expect, test } from 'vitest'
import { dayWithAnn } from './script.ts'

/* What is kept, and what is sent: tables, columns and filters. */

const NAMES: Configuration = { tables: { account: { columns: ['name'] } } }

test('RS-08: of a table that is not chosen nothing is read, nothing is kept, and nothing can be written', async () => {
  const { office, ann } = await dayWithAnn({ configuration: NAMES })
  office.adds('contact', { lastname: 'Not wanted' })
  office.asked()
  await ann.syncs()
  expect(office.asked().filter((request) => /\/?contacts/.test(request))).toEqual([])
  expect(Object.keys((await ann.org.status()).tables)).toEqual(['account'])
  expect(() => ann.org.table('contact')).toThrow(expect.objectContaining({ code: 'invalid' }))
  await expect(ann.adds('contact', { lastname: 'Rey' })).rejects.toMatchObject({
    code: 'invalid',
    place: { table: 'contact' },
  })
  expect(await ann.outbox()).toEqual([])
})

test('RS-08: a table that is given up goes with its rows, and comes back with them', async () => {
  const { office, ann } = await dayWithAnn()
  const people = office.emulator.master.count('contact')
  await ann.org.configure(NAMES)
  expect(Object.keys((await ann.org.status()).tables)).toEqual(['account'])
  await ann.org.configure({ tables: { ...NAMES.tables, contact: { columns: ['lastname'] } } })
  await ann.syncs()
  expect((await ann.org.status()).tables['contact']).toMatchObject({ rows: people, complete: true })
})

test('RS-09: only chosen columns are asked for, with the key and what shows the version; others are neither kept nor sent', async () => {
  const { office, ann } = await dayWithAnn({ configuration: NAMES })
  const id = office.adds('account', { name: 'Northwind', telephone1: '112' })
  office.asked()
  await ann.syncs()
  const selects = office
    .asked()
    .filter((request) => request.startsWith('GET accounts?'))
    .map((request) => /\$select=([^&]*)/.exec(request)?.[1]?.split(',').toSorted())
  expect(selects.length).toBeGreaterThan(0)
  for (const select of selects) {
    expect(select).toEqual(expect.arrayContaining(['accountid', 'name', 'versionnumber']))
    expect(select).not.toContain('telephone1')
    expect(['accountid', 'modifiedon', 'name', 'statecode', 'versionnumber']).toEqual(
      expect.arrayContaining(select ?? []),
    )
  }
  expect(await ann.sees('account', id)).toEqual({ accountid: id, name: 'Northwind' })
  await expect(ann.changes('account', id, { telephone1: '911' })).rejects.toMatchObject({
    code: 'invalid',
    place: { table: 'account', column: 'telephone1' },
  })
  await ann.changes('account', id, { name: 'Renamed' })
  const sent = office.watches('account', 'telephone1')
  await ann.syncs()
  expect(sent).toEqual([])
  expect(office.row('account', id)).toMatchObject({ name: 'Renamed', telephone1: '112' })
})

test('RS-14: only rows that the sync filter selects are asked for, and only they are kept', async () => {
  const tables = { account: { columns: ['name', 'telephone1'], syncFilter: "startswith(name,'North')" } }
  const { office, ann } = await dayWithAnn({ configuration: { tables } })
  const north = office.adds('account', { name: 'Northwind' })
  const south = office.adds('account', { name: 'Southwind' })
  office.asked()
  await ann.syncs()
  const lists = office.asked().filter((request) => request.startsWith('GET accounts?'))
  expect(lists.length).toBeGreaterThan(0)
  for (const request of lists) expect(request).toContain("startswith(name,'North')")
  expect(await ann.sees('account', north)).toMatchObject({ name: 'Northwind' })
  expect(await ann.sees('account', south)).toBeUndefined()
  const held = await ann.org.table('account').query({})
  expect(held.filter(({ name }) => !String(name).toLowerCase().startsWith('north'))).toEqual([])
})

test('RS-15: a row that the upload filter does not let go stays here, and says so; it leaves when it matches', async () => {
  const tables = { account: { columns: ['name', 'creditonhold'], uploadFilter: 'creditonhold eq false' } }
  const { office, ann } = await dayWithAnn({ configuration: { tables } })
  const { id, seq } = await ann.adds('account', { name: 'Not yet', creditonhold: true })
  await ann.syncs()
  expect(await ann.outbox(seq)).toEqual(['pending: held'])
  expect((await ann.transaction(seq)).reason).toMatchObject({ kind: 'held', table: 'account' })
  expect(await ann.sees('account', id)).toMatchObject({ name: 'Not yet' })
  expect(office.row('account', id)).toBeUndefined()
  await ann.changes('account', id, { creditonhold: false })
  await ann.syncs()
  expect(office.row('account', id)).toMatchObject({ name: 'Not yet', creditonhold: false })
  expect(await ann.outbox(seq)).toEqual(['processed'])
})

test('RS-13: a configuration that is being edited has no effect until it is saved', async () => {
  const { office, ann } = await dayWithAnn({ configuration: NAMES })
  const before = ann.org.configuration
  const draft = ann.org.draft()
  draft.set('contact', { columns: ['lastname'] })
  draft.set('account', { columns: ['name', 'telephone1'] })
  office.asked()
  await ann.syncs()
  expect(ann.org.configuration).toEqual(before)
  expect(office.asked().filter((request) => /telephone1|contacts\?/.test(request))).toEqual([])
  await draft.save()
  await ann.syncs()
  expect(Object.keys((await ann.org.status()).tables).toSorted()).toEqual(['account', 'contact'])
  expect((await ann.org.table('contact').query({})).length).toBe(office.emulator.master.count('contact'))
})

test('RS-13: a draft that cannot be kept is refused as a whole, and what was in force stays', async () => {
  const { ann } = await dayWithAnn({ configuration: NAMES })
  const draft = ann.org.draft()
  draft.set('contact', { columns: ['lastname'] })
  draft.set('account', { columns: ['name', 'nothing'] })
  expect(await draft.problems()).toMatchObject([{ place: { table: 'account', column: 'nothing' } }])
  await expect(draft.save()).rejects.toMatchObject({ code: 'invalid' })
  expect(ann.org.configuration).toEqual(NAMES)
  await ann.restarts()
  expect(ann.org.configuration).toEqual(NAMES)
  expect(Object.keys((await ann.org.status()).tables)).toEqual(['account'])
})

test('RS-13: a draft that was given up leaves everything as it was', async () => {
  const { ann } = await dayWithAnn({ configuration: NAMES })
  const draft = ann.org.draft()
  draft.remove('account')
  draft.discard()
  expect(ann.org.configuration).toEqual(NAMES)
  await expect(draft.save()).rejects.toBeInstanceOf(OutpostError)
})

test('RS-34: a configuration that is written to a file and read back is the same one', async () => {
  const tables: Configuration['tables'] = {
    account: {
      columns: ['name', 'telephone1'],
      syncFilter: "contains(name,'ü') and not (telephone1 eq null)",
      uploadFilter: "name ne 'x'",
      syncDeletion: true,
      priority: 3,
      conflictPolicy: 'client-wins',
      indexes: [['name']],
      localColumns: { note: { type: 'text' } },
    },
    contact: {
      columns: ['lastname', 'parentcustomerid'],
      related: [{ direction: 'children', table: 'account', lookup: 'parentcustomerid' }],
    },
  }
  const scopes = { morning: { tables: ['account'], direction: 'down' } } as const
  const configuration: Configuration = {
    tables,
    scopes,
    localTables: { memo: { columns: { text: { type: 'text' } } } },
  }
  const { ann, ...today } = await dayWithAnn({ configuration })
  const file = JSON.stringify(await ann.org.exportConfiguration())
  const bob = await today.technician('Bob', { configuration: NAMES })
  await bob.org.importConfiguration(JSON.parse(file))
  expect(bob.org.configuration).toEqual(configuration)
  expect(JSON.stringify(await bob.org.exportConfiguration())).toBe(file)
})

test('RS-34: a file that names what the office does not have is refused with a list of all of it, or imported without', async () => {
  const { ann } = await dayWithAnn({
    configuration: { tables: { ...NAMES.tables, contact: { columns: ['lastname'] } } },
  })
  const file = JSON.parse(
    JSON.stringify(await ann.org.exportConfiguration())
      .replace('"lastname"', '"lastname","new_gone","new_lost"')
      .replace('"account":', '"new_table":{"columns":["new_name"]},"account":'),
  )
  const refused = await ann.org.importConfiguration(file).then(
    () => null,
    (error: unknown) => error,
  )
  expect(refused).toMatchObject({ code: 'invalid' })
  const { problems } = refused as ConfigurationError
  expect(problems.map(({ place }) => `${place.table} ${place.column ?? ''}`).toSorted()).toEqual([
    'contact new_gone',
    'contact new_lost',
    'new_table ',
  ])
  await ann.org.importConfiguration(file, { unknown: 'leave-out' })
  expect(ann.org.configuration.tables).toEqual({ ...NAMES.tables, contact: { columns: ['lastname'] } })
})

test('RS-34: a file of a version that is not known is refused', async () => {
  const { ann } = await dayWithAnn({ configuration: NAMES })
  const file = { ...(await ann.org.exportConfiguration()), version: 999 }
  await expect(ann.org.importConfiguration(file)).rejects.toMatchObject({ code: 'invalid' })
  expect(ann.org.configuration).toEqual(NAMES)
})
