import { expect, test } from 'vitest'
import { dayWithAnn } from './script.ts'
import type { DeviceOptions } from './script.ts'

/* Is my copy right? Told without downloading it. */

const KEPT: DeviceOptions = { configuration: { tables: { account: { columns: ['name'] } } } }

test('C20: a copy that is right is told to be right, and no row is downloaded for that', async () => {
  const { office, ann } = await dayWithAnn(KEPT)
  office.asked()
  const report = await ann.org.verify('account')
  const count = office.emulator.master.count('account')
  expect(report).toMatchObject({ table: 'account', rows: { here: count, there: count } })
  expect([...report.missing, ...report.extra, ...report.stale]).toEqual([])
  expect(report.buckets.every(({ same }) => same)).toBe(true)
  const lists = office.asked().filter((request) => request.startsWith('GET accounts?'))
  for (const request of lists) expect(request).not.toMatch(/\$select=[^&]*\bname\b/)
})

test('C20: what is missing, too much and out of date is named, each in its bucket, and repair makes it right', async () => {
  const { office, ann } = await dayWithAnn(KEPT)
  const [gone, changed, edited] = ['Gone', 'Changed', 'Edited'].map((name) => office.adds('account', { name }))
  await ann.syncs()
  office.refuses('Update', 'account', 'Not today.')
  const seq = await ann.changes('account', String(edited), { name: 'Edited offline' })
  office.deletes('account', String(gone))
  office.changes('account', String(changed), { name: 'Changed there' })
  const missing = office.adds('account', { name: 'Missing' })
  const report = await ann.org.verify('account', { buckets: 8 })
  expect(report).toMatchObject({ missing: [missing], extra: [gone], stale: [changed], dirty: [edited] })
  const wrong = report.buckets.filter(({ same }) => !same)
  expect(wrong.length).toBeGreaterThan(0)
  expect(wrong.length).toBeLessThanOrEqual(3)
  expect(await ann.sees('account', missing)).toBeUndefined()

  await ann.org.repair('account')
  expect(await ann.sees('account', missing)).toMatchObject({ name: 'Missing' })
  expect(await ann.sees('account', String(gone))).toBeUndefined()
  expect(await ann.sees('account', String(changed))).toMatchObject({ name: 'Changed there' })
  expect(await ann.sees('account', String(edited))).toMatchObject({ name: 'Edited offline' })
  expect(await ann.outbox(seq)).toEqual(['pending: ready'])
  const again = await ann.org.verify('account')
  expect([...again.missing, ...again.extra, ...again.stale]).toEqual([])
})

test('C20: a rehearsal says what a sync would do on both sides, and does none of it', async () => {
  const { office, ann } = await dayWithAnn({
    configuration: { tables: { account: { columns: ['name'], syncDeletion: true } } },
  })
  const [gone, changed] = ['Gone', 'Changed'].map((name) => office.adds('account', { name }))
  await ann.syncs()
  office.deletes('account', String(gone))
  office.changes('account', String(changed), { name: 'Changed there' })
  const fresh = office.adds('account', { name: 'Fresh' })
  const { id, seq } = await ann.adds('account', { name: 'Made offline' })
  office.asked()
  const rehearsal = await ann.org.dryRun()
  expect(office.asked().filter((request) => !request.startsWith('GET '))).toEqual([])
  expect(rehearsal.up).toMatchObject([{ seq }])
  expect(rehearsal.down['account']).toMatchObject({ create: [fresh], update: [changed], delete: [gone] })
  expect(await ann.outbox(seq)).toEqual(['pending: ready'])
  expect(office.row('account', id)).toBeUndefined()
  expect(await ann.sees('account', fresh)).toBeUndefined()
  expect(await ann.sees('account', String(gone))).toBeDefined()
})
