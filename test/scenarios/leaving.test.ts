import type { Configuration } from '@outpost/core'
import { expect, test } from 'vitest'
import { dayWithAnn } from './script.ts'
import type { DeviceOptions } from './script.ts'

/* Rows that leave what somebody keeps, rows that come into it, and clocks and tokens that tell lies about both. */

const HOUR = 3_600_000
const DAY = 24 * HOUR

const keeping = (tables: Configuration['tables']): DeviceOptions => ({ configuration: { tables } })
const OPEN = { columns: ['name', 'creditonhold'], syncFilter: 'creditonhold eq false', syncDeletion: true }

test('C9: a row that the office changes out of the filter goes from the device', async () => {
  const { office, ann } = await dayWithAnn(keeping({ account: OPEN }))
  const id = office.adds('account', { name: 'Northwind', creditonhold: false })
  await ann.syncs()
  expect(await ann.sees('account', id)).toBeDefined()
  office.changes('account', id, { creditonhold: true })
  await ann.syncs()
  expect(await ann.sees('account', id)).toBeUndefined()
})

test('C9: a row with unsent work that leaves the filter is kept with the reason until the work is done, and goes then', async () => {
  const { office, ann } = await dayWithAnn(keeping({ account: OPEN }))
  const id = office.adds('account', { name: 'Northwind', creditonhold: false })
  await ann.syncs()
  const unlock = office.refuses('Update', 'account', 'Not today.')
  const seq = await ann.changes('account', id, { name: 'Edited offline' })
  office.changes('account', id, { creditonhold: true })
  await ann.syncs()
  expect(await ann.sees('account', id)).toMatchObject({ name: 'Edited offline' })
  expect(await ann.org.quarantined()).toMatchObject([{ table: 'account', id, reason: 'left-scope' }])
  unlock()
  await ann.org.outbox.setPending([seq])
  await ann.syncs()
  expect(await ann.outbox(seq)).toEqual(['processed'])
  expect(office.row('account', id)).toMatchObject({ name: 'Edited offline' })
  await ann.syncs()
  expect(await ann.sees('account', id)).toBeUndefined()
  expect(await ann.org.quarantined()).toEqual([])
})

test('C9: rows of a table that somebody may no longer read go, and what was written on them is an error, not lost', async () => {
  const { office, ann } = await dayWithAnn(keeping({ account: { columns: ['name'], syncDeletion: true } }))
  const { security } = office.emulator
  const [clean, dirty] = ['Clean', 'Dirty'].map((name) => office.adds('account', { name }))
  await ann.syncs()
  const seq = await ann.changes('account', String(dirty), { name: 'Edited offline' })
  for (const id of [clean, dirty]) security.revokeReadAccess('Ann', { table: 'account', id: String(id) })
  await ann.syncs()
  expect(await ann.sees('account', String(clean))).toBeUndefined()
  expect(await ann.sees('account', String(dirty))).toMatchObject({ name: 'Edited offline' })
  expect(await ann.outbox(seq)).toEqual(['error: permission'])
  await ann.org.outbox.archive([seq])
  await ann.syncs()
  expect(await ann.sees('account', String(dirty))).toBeUndefined()
})

test('C10: rows come that somebody may read only since they have a role, though nobody changed them, and go with the role', async () => {
  const { office, ...today } = await dayWithAnn()
  const { security } = office.emulator
  const id = office.adds('account', { name: 'Of somebody else' })
  const role = security.addRole({ name: 'Reader', tablePrivileges: { account: { read: 'organization' } } })
  const bob = await today.technician('Bob', { ...keeping({ account: { columns: ['name'] } }), sees: 'own' })
  expect(await bob.sees('account', id)).toBeUndefined()
  security.assignRole('Bob', role)
  await bob.syncs()
  expect(await bob.sees('account', id)).toMatchObject({ name: 'Of somebody else' })
  security.removeRole('Bob', role)
  await bob.syncs()
  expect(await bob.sees('account', id)).toBeUndefined()
})

test('C10: rows of the new filter come though nobody changed them, and those of the old one go', async () => {
  const { office, ann } = await dayWithAnn(keeping({ account: OPEN }))
  const [open, held] = [false, true].map((creditonhold) => office.adds('account', { name: 'Northwind', creditonhold }))
  await ann.syncs()
  expect(await ann.sees('account', String(open))).toBeDefined()
  expect(await ann.sees('account', String(held))).toBeUndefined()
  await ann.org.configure({ tables: { account: { ...OPEN, syncFilter: 'creditonhold eq true' } } })
  await ann.syncs()
  expect(await ann.sees('account', String(open))).toBeUndefined()
  expect(await ann.sees('account', String(held))).toBeDefined()
})

test.each([-400, 400])('C11: a device whose clock is %i days off misses nothing', async (days) => {
  const { clock, office, ann } = await dayWithAnn()
  clock.setClock(clock.now() + days * DAY)
  office.emulator.clock.advance(-days * DAY)
  const first = office.adds('account', { name: 'First' })
  await ann.syncs()
  const second = office.adds('account', { name: 'Second' })
  office.changes('account', first, { name: 'First, renamed' })
  await ann.syncs()
  clock.setClock(clock.now() - days * DAY)
  office.emulator.clock.advance(days * DAY)
  const third = office.adds('account', { name: 'Third' })
  await ann.syncs()
  const seen = await Promise.all([first, second, third].map((id) => ann.sees('account', id)))
  expect(seen.map((row) => row?.['name'])).toEqual(['First, renamed', 'Second', 'Third'])
})

test('C11: changes within one second, and one that is stamped long ago, are all found', async () => {
  const { office, ann } = await dayWithAnn()
  const ids = Array.from({ length: 12 }, (_, at) => office.adds('account', { name: `Same second ${at}` }))
  await ann.syncs()
  const late = office.adds('account', { name: 'Same second, later' })
  office.changes('account', String(ids[3]), { name: 'Imported', modifiedon: '2001-01-01T00:00:00Z' })
  await ann.syncs()
  expect(await ann.sees('account', late)).toBeDefined()
  expect(await ann.sees('account', String(ids[3]))).toMatchObject({ name: 'Imported' })
})

test('C11: a change that was stamped before a sync, and committed three minutes after it, is found', async () => {
  const { clock, office, ann } = await dayWithAnn()
  const id = office.adds('account', { name: 'Slow' })
  await ann.syncs()
  office.emulator.delayedCommit(180_000, (master) => master.update('account', id, { name: 'Slow, renamed' }))
  for (const name of ['Fast', 'Faster']) office.adds('account', { name })
  await ann.syncs()
  await clock.advance(181_000)
  await ann.syncs()
  expect(await ann.sees('account', id)).toMatchObject({ name: 'Slow, renamed' })
})

test('C11: when the office goes back to a backup, the device goes back with it, and finds what is new there', async () => {
  const { office, ann } = await dayWithAnn()
  const id = office.adds('account', { name: 'Before' })
  const backup = office.emulator.backup()
  office.changes('account', id, { name: 'After' })
  const gone = office.adds('account', { name: 'Never was' })
  await ann.syncs()
  expect(await ann.sees('account', id)).toMatchObject({ name: 'After' })
  office.emulator.restoreBackup(backup)
  const fresh = office.adds('account', { name: 'After the backup' })
  await ann.syncs()
  expect(await ann.sees('account', id)).toMatchObject({ name: 'Before' })
  expect(await ann.sees('account', gone)).toBeUndefined()
  expect(await ann.sees('account', fresh)).toMatchObject({ name: 'After the backup' })
})

test('C12: a row that was made, sent and deleted here does not come back with a late echo of itself', async () => {
  const { office, ann } = await dayWithAnn()
  const { id, seq } = await ann.adds('account', { name: 'Short life' })
  await ann.pushes()
  const deleted = await ann.deletes('account', id)
  // The pull runs before the deletion is sent: the office still shows the row.
  office.emulator.faults.add({ match: { method: 'DELETE' }, fault: { kind: 'status', status: 503, body: 'html' } })
  await ann.syncs()
  expect(await ann.sees('account', id)).toBeUndefined()
  await ann.syncsUntilDone()
  expect(await ann.sees('account', id)).toBeUndefined()
  expect(await ann.outbox(seq, deleted)).toEqual(['processed', 'processed'])
  expect(office.row('account', id)).toBeUndefined()
})

test('C12: what was written here comes back without a change and without a conflict', async () => {
  const { clock, office, ann } = await dayWithAnn()
  const id = office.adds('account', { name: 'Northwind' })
  await ann.syncs()
  await ann.changes('account', id, { name: 'Renamed here' })
  await ann.pushes()
  const seen: unknown[] = []
  const stop = ann.org.table('account').watch({ where: `accountid eq ${id}` }, (rows) => seen.push(rows))
  await clock.advance(1)
  expect(seen).toMatchObject([[{ name: 'Renamed here' }]])
  await ann.syncs()
  await clock.advance(1)
  expect(seen).toHaveLength(1)
  stop()
  await ann.changes('account', id, { name: 'Renamed again' })
  await ann.syncs()
  expect(await ann.outbox()).toEqual(['processed', 'processed'])
  expect(await ann.org.conflicts.list()).toEqual([])
  expect(office.row('account', id)).toMatchObject({ name: 'Renamed again' })
})

test('C13: when the token of change tracking has expired, what went meanwhile is found by comparing, and unsent work stays', async () => {
  const { clock, office, ann } = await dayWithAnn(keeping({ account: { columns: ['name'], changeTracking: true } }))
  const ids = ['Deleted', 'Renamed', 'Edited'].map((name) => office.adds('account', { name }))
  const [deleted, renamed, edited] = ids.map(String) as [string, string, string]
  await ann.syncs()
  await ann.syncs()
  expect((await ann.org.explainPull('account')).strategies.map(({ name }) => name)).toContain('delta')
  ann.goesOffline()
  const seq = await ann.changes('account', edited, { name: 'Edited offline' })
  office.deletes('account', deleted)
  office.changes('account', renamed, { name: 'Renamed there' })
  await clock.advance(8 * DAY)
  office.emulator.expireDelta()
  ann.signIn.expires()
  ann.goesOnline()
  expect(await ann.syncs()).toBe('synced')
  await ann.syncs()
  expect(await ann.sees('account', deleted)).toBeUndefined()
  expect(await ann.sees('account', renamed)).toMatchObject({ name: 'Renamed there' })
  expect(await ann.sees('account', edited)).toMatchObject({ name: 'Edited offline' })
  expect(await ann.outbox(seq)).toEqual(['processed'])
})

test('C13: change tracking cannot be filtered: what leaves the filter goes all the same', async () => {
  const account = { columns: ['name', 'creditonhold'], syncFilter: 'creditonhold eq false', changeTracking: true }
  const { office, ann } = await dayWithAnn(keeping({ account }))
  const id = office.adds('account', { name: 'Northwind', creditonhold: false })
  const other = office.adds('account', { name: 'Never wanted', creditonhold: true })
  await ann.syncs()
  office.changes('account', id, { creditonhold: true })
  office.changes('account', other, { name: 'Never wanted, renamed' })
  await ann.syncs()
  expect(await ann.sees('account', id)).toBeUndefined()
  expect(await ann.sees('account', other)).toBeUndefined()
})
