import type { Configuration } from '@outpost/core'
import { expect, test } from 'vitest'
import { dayWithAnn } from './script.ts'
import type { DeviceOptions, Technician } from './script.ts'

/* One sync, table by table: what it asks for, in which order, and what it costs. */

const keeping = (tables: Configuration['tables'], rest: Omit<Configuration, 'tables'> = {}): DeviceOptions => ({
  configuration: { ...rest, tables },
})

const ACCOUNT = { columns: ['name'], syncDeletion: true }
const CONTACT = { columns: ['lastname', 'parentcustomerid'], syncDeletion: true }

test('RS-12: one call sends everything and then brings everything: both sides agree under the filters', async () => {
  const filtered = { ...ACCOUNT, syncFilter: "not startswith(name,'Theirs')" }
  const { office, ann } = await dayWithAnn(keeping({ account: filtered, contact: CONTACT }))
  const theirs = office.adds('account', { name: 'News' })
  const gone = office.adds('account', { name: 'Gone soon' })
  office.adds('account', { name: 'Theirs alone' })
  await ann.syncs()
  const { id } = await ann.adds('account', { name: 'Made offline' })
  await ann.changes('account', theirs, { name: 'Edited offline' })
  const person = office.adds('contact', { lastname: 'Rey', parentcustomerid: { table: 'account', id: theirs } })
  office.deletes('account', gone)
  await ann.syncs()
  expect(office.heard()).toEqual(['Create account', 'Update account'])
  expect(await ann.outbox()).toEqual(['processed', 'processed'])
  expect(await ann.sees('contact', person)).toMatchObject({ lastname: 'Rey', parentcustomerid: theirs })
  expect(office.row('account', id)).toMatchObject({ name: 'Made offline' })
  for (const [table, column] of [
    ['account', 'name'],
    ['contact', 'lastname'],
  ] as const) {
    const there = office.emulator.master
      .rows(table)
      .map(({ id: key, values }) => `${key} ${String(values[column])}`)
      .filter((line) => !line.includes(' Theirs'))
    const here = await ann.org.table(table).query({})
    expect(here.map((row) => `${row[`${table}id`]} ${String(row[column])}`).toSorted()).toEqual(there.toSorted())
  }
})

test('RC-08: how much goes in one request can be said for each table', async () => {
  const { office, ann } = await dayWithAnn(
    keeping({ account: { columns: ['name'], batchSize: 100 }, contact: { columns: ['lastname'], batchSize: 7 } }),
  )
  ann.goesOffline()
  for (let at = 0; at < 120; at += 1) await ann.adds('account', { name: `Customer ${at}` })
  for (let at = 0; at < 16; at += 1) await ann.adds('contact', { lastname: `Person ${at}` })
  ann.goesOnline()
  const before = office.emulator.requests().length
  await ann.syncs()
  const parts = office.emulator.requests().slice(before)
  const sizes = (table: string): readonly number[] => {
    const writes = parts.filter(({ method, path }) => method === 'PATCH' && path.includes(`/${table}s(`))
    const batches = new Set(writes.map(({ batch }) => batch))
    return [...batches].map((one) => writes.filter(({ batch }) => batch === one).length)
  }
  expect(sizes('account')).toEqual([100, 20])
  expect(Math.max(...sizes('contact'))).toBe(7)
  expect(office.count('contact', { lastname: 'Person 15' })).toBe(1)
  expect((await ann.org.status()).transactions).toMatchObject({ pending: 0, processed: 136, error: 0 })
  await expect(ann.org.configure({ tables: { account: { columns: ['name'], batchSize: 0 } } })).rejects.toMatchObject({
    code: 'invalid',
    place: { table: 'account' },
  })
})

test('RC-09: a table that fails keeps its mark, and the others move on', async () => {
  const { office, ann } = await dayWithAnn(keeping({ account: ACCOUNT, contact: CONTACT }))
  const [account, contact] = [office.adds('account', { name: 'News' }), office.adds('contact', { lastname: 'News' })]
  office.cannotRead(/accounts\?/)
  const report = await ann.org.sync()
  expect(report.tables['account']).toMatchObject({ error: { code: 'rejected' } })
  expect(report.tables['contact']).not.toHaveProperty('error')
  expect(await ann.sees('contact', contact)).toMatchObject({ lastname: 'News' })
  expect(await ann.sees('account', account)).toBeUndefined()
  office.emulator.faults.clear()
  const again = await ann.org.sync()
  expect(again.tables['account']).toMatchObject({ written: 1 })
  expect(again.tables['contact']).toMatchObject({ written: 0 })
  expect(await ann.sees('account', account)).toMatchObject({ name: 'News' })
})

test('RC-10: a forced full sync brings every row of a table anew, leaves the other tables, and keeps unsent work', async () => {
  const { office, ann } = await dayWithAnn(keeping({ account: { columns: ['name'] }, contact: CONTACT }))
  const [edited, gone] = ['Edited', 'Gone'].map((name) => office.adds('account', { name }))
  await ann.syncs()
  office.refuses('Update', 'account', 'Not today.')
  const seq = await ann.changes('account', String(edited), { name: 'Edited offline' })
  office.deletes('account', String(gone))
  await ann.org.resync(['account'])
  const report = await ann.org.sync()
  expect(report.tables['account']?.received).toBeGreaterThanOrEqual(office.emulator.master.count('account'))
  expect(report.tables['contact']?.received).toBeLessThan(3)
  expect(await ann.sees('account', String(gone))).toBeUndefined()
  expect(await ann.sees('account', String(edited))).toMatchObject({ name: 'Edited offline' })
  expect(await ann.outbox(seq)).toEqual(['error: business'])
})

const WITH_SCOPES = keeping(
  { account: ACCOUNT, contact: CONTACT },
  { scopes: { people: { tables: ['contact'], direction: 'down' }, customers: { tables: ['account'] } } },
)

test('RC-11: a named scope is synced by itself, and where it is for downloads alone nothing is sent', async () => {
  const { office, ann } = await dayWithAnn(WITH_SCOPES)
  const [account, contact] = [office.adds('account', { name: 'News' }), office.adds('contact', { lastname: 'News' })]
  const { seq } = await ann.adds('account', { name: 'Made offline' })
  const report = await ann.org.sync({ scope: 'people' })
  expect(Object.keys(report.tables)).toEqual(['contact'])
  expect(await ann.sees('contact', contact)).toBeDefined()
  expect(await ann.sees('account', account)).toBeUndefined()
  expect(await ann.outbox(seq)).toEqual(['pending: ready'])
  await ann.org.sync({ scope: 'customers' })
  expect(await ann.sees('account', account)).toBeDefined()
  expect(await ann.outbox(seq)).toEqual(['processed'])
})

test('RC-11: a scope that is being synced keeps nobody from working', async () => {
  const { clock, office, ann } = await dayWithAnn(WITH_SCOPES)
  office.emulator.faults.add({ match: { path: /contacts/ }, times: Infinity, fault: { kind: 'delay', ms: 20_000 } })
  const syncing = ann.org.sync({ scope: 'people' })
  await clock.advance(1000)
  const { id } = await ann.adds('account', { name: 'Meanwhile' })
  expect(await ann.sees('account', id)).toMatchObject({ name: 'Meanwhile' })
  office.emulator.faults.clear()
  await clock.advance(600_000)
  expect(Object.keys((await syncing).tables)).toEqual(['contact'])
})

test('RC-11: related rows come with a scope', async () => {
  const related = [{ direction: 'children', table: 'account', lookup: 'parentcustomerid' }] as const
  const { office, ann } = await dayWithAnn(
    keeping({
      account: { ...ACCOUNT, syncFilter: "startswith(name,'Mine')" },
      contact: { ...CONTACT, related },
    }),
  )
  const [mine, other] = ['Mine', 'Other'].map((name) => office.adds('account', { name }))
  const child = office.adds('contact', { lastname: 'Child', parentcustomerid: { table: 'account', id: String(mine) } })
  const stranger = office.adds('contact', { lastname: 'No', parentcustomerid: { table: 'account', id: String(other) } })
  await ann.syncs()
  expect(await ann.sees('contact', child)).toMatchObject({ lastname: 'Child' })
  expect(await ann.sees('contact', stranger)).toBeUndefined()
  office.changes('account', String(other), { name: 'Mine too' })
  await ann.syncs()
  expect(await ann.sees('contact', stranger)).toMatchObject({ lastname: 'No' })
})

test('RC-12: what the office deleted is looked for in a phase of its own, which is named while it runs and timed afterwards', async () => {
  const { office, ann } = await dayWithAnn(keeping({ account: ACCOUNT }))
  const id = office.adds('account', { name: 'Deleted soon' })
  await ann.syncs()
  office.deletes('account', id)
  const before = ann.events.length
  const report = await ann.org.sync()
  const phases = ann.events.slice(before).flatMap((event) => (event.type === 'sync.phase' ? [event.phase] : []))
  expect(phases).toContain('deletions')
  expect(phases.indexOf('deletions')).toBeGreaterThan(phases.indexOf('rows'))
  expect(report.phases.deletions?.ms).toBeGreaterThanOrEqual(0)
  expect(report.tables['account']).toMatchObject({ pruned: 1 })
  expect(report.tables['account']?.phases.deletions?.requests).toBeGreaterThan(0)
})

test('RC-12: twenty seconds that the deletions take are twenty seconds in the report', async () => {
  const { clock, office, ann } = await dayWithAnn(keeping({ account: ACCOUNT }))
  const syncing = ann.org.sync()
  office.emulator.faults.add({
    match: { path: /accounts\?\$select=accountid(?:,versionnumber)?(?:&|$)/ },
    times: Infinity,
    fault: { kind: 'delay', ms: 20_000 },
  })
  await clock.advance(600_000)
  expect((await syncing).phases.deletions?.ms).toBeGreaterThanOrEqual(20_000)
})

test('RC-14: bodies of notes come after the rows of every table, and a body that does not come keeps no row away', async () => {
  const note = { columns: ['subject', 'documentbody', 'filename', 'objectid'] }
  const { office, ann } = await dayWithAnn(keeping({ annotation: note, account: ACCOUNT }))
  const account = office.adds('account', { name: 'News' })
  const id = office.adds('annotation', {
    subject: 'Photo',
    filename: 'photo.jpg',
    isdocument: true,
    documentbody: 'QUJD',
    objectid: { table: 'account', id: account },
  })
  office.emulator.faults.add({
    match: { path: /documentbody/ },
    times: Infinity,
    fault: { kind: 'status', status: 503, body: 'html' },
  })
  await ann.syncs()
  expect(await ann.sees('annotation', id)).toMatchObject({ subject: 'Photo', filename: 'photo.jpg' })
  expect(await ann.sees('account', account)).toMatchObject({ name: 'News' })
  office.emulator.faults.clear()
  ann.org.reconnect()
  office.asked()
  await ann.syncs()
  expect(await ann.sees('annotation', id)).toMatchObject({ subject: 'Photo', documentbody: 'QUJD' })
  const bodies = office.asked().filter((request) => /\$select=[^&]*documentbody/.test(request))
  expect(bodies.length).toBeGreaterThan(0)
})

test('RC-14: many-to-many links are pulled by themselves, and do not keep rows away when they fail', async () => {
  const { office, ann } = await dayWithAnn(
    keeping({
      new_skill_bookableresource: { syncDeletion: true },
      new_skill: { columns: ['new_name'] },
      bookableresource: { columns: ['name'] },
    }),
  )
  const skill = office.adds('new_skill', { new_name: 'Plumbing' })
  office.cannotRead(/new_skill_bookableresourceset/)
  const report = await ann.org.sync()
  expect(report.tables['new_skill_bookableresource']).toHaveProperty('error')
  expect(await ann.sees('new_skill', skill)).toMatchObject({ new_name: 'Plumbing' })
})

test('RC-14: the parties of activities come as rows of a table of their own', async () => {
  const { office, ann } = await dayWithAnn(
    keeping({
      phonecall: { columns: ['subject'] },
      activityparty: { columns: ['partyid', 'participationtypemask', 'activityid'] },
    }),
  )
  expect((await ann.org.status()).tables['activityparty']).toMatchObject({
    rows: office.emulator.master.count('activityparty'),
    complete: true,
  })
})

test('RC-15: a cycle in which nothing changed costs one request', async () => {
  const { ann } = await dayWithAnn(keeping({ account: { columns: ['name'] }, contact: { columns: ['lastname'] } }))
  await settles(ann)
  ann.line.sent()
  const report = await ann.org.sync()
  expect(ann.line.sent()).toHaveLength(1)
  expect(report).toMatchObject({ requests: 1 })
  expect(report.tables['account']).toMatchObject({ written: 0 })
})

test('RC-15: one change costs a few requests more, and brings one row', async () => {
  const { office, ann } = await dayWithAnn(keeping({ account: { columns: ['name'] } }))
  await settles(ann)
  const id = office.adds('account', { name: 'News' })
  ann.line.sent()
  const report = await ann.org.sync()
  expect(ann.line.sent().length).toBeLessThanOrEqual(3)
  expect(report.tables['account']).toMatchObject({ written: 1 })
  expect(await ann.sees('account', id)).toBeDefined()
})

async function settles(ann: Technician): Promise<void> {
  for (let round = 0; round < 3; round += 1) await ann.syncs()
}
