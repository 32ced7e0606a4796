import type { Configuration, Row } from '@outpost/core'
import { expect, test } from 'vitest'
import { differences, world } from './world.ts'
import type { Device, World } from './world.ts'

/* A copy is compared with its master without being downloaded again, and mended. */

const KEPT: Configuration = { tables: { account: { columns: ['name', 'telephone1'] } } }

async function opened(configuration = KEPT): Promise<{ there: World; device: Device; names: readonly string[] }> {
  const there = world({ rows: 1000 })
  const device = await there.device({ configuration, pageSize: 100 })
  await device.sync()
  there.requests()
  return { there, device, names: [...(await device.rows('account')).keys()] }
}

/** Something else than a sync has spoilt the copy. */
async function spoil(
  device: Device,
  ids: { readonly lost: string; readonly made: string; readonly old: string },
): Promise<void> {
  await device.store.write('spoil', async (tx) => {
    const [old] = await tx.rows('account', [ids.old])
    await tx.deleteRows('account', [ids.lost])
    const values: Row = { accountid: ids.made, name: 'Never was', telephone1: null }
    await tx.putRows('account', [{ id: ids.made, version: 'W/"1"', values }])
    await tx.putRows('account', [{ id: ids.old, version: 'W/"2"', values: { ...old?.values, name: 'Old' } }])
  })
}

const MADE = 'ffffffff-0000-4000-8000-000000000001'

test('a copy that is right says so, in as many buckets as are asked for', async () => {
  const { there, device, names } = await opened()
  const report = await device.org.verify('account', { buckets: 16 })
  expect(report).toMatchObject({ same: true, missing: [], extra: [], stale: [], dirty: [] })
  expect(report.rows).toEqual({ here: names.length, there: names.length })
  expect(report.buckets.reduce((sum, { here }) => sum + here.rows, 0)).toBe(names.length)
  expect(report.buckets.length).toBeGreaterThan(8)
  expect(report.buckets.every(({ here, there: other }) => here.hash === other.hash)).toBe(true)
  expect(report.requests).toBeGreaterThan(0)
  expect(there.requests().length).toBe(report.requests)
})

test('rows that are missing, extra, stale and dirty are named, and nothing is mended unasked', async () => {
  const { there, device, names } = await opened()
  const [lost = '', old = '', edited = '', deleted = ''] = names
  await spoil(device, { lost, made: MADE, old })
  await device.org.write((draft) => draft.update('account', edited, { name: 'Edited' }))
  await device.org.write((draft) => draft.delete('account', deleted))
  let created = ''
  await device.org.write((draft) => {
    created = draft.create('account', { name: 'New' })
  })
  there.emulator.master.update('account', edited, { telephone1: '1' })
  const report = await device.org.verify('account')
  expect(report).toMatchObject({
    same: false,
    missing: [lost],
    extra: [MADE],
    stale: [old, edited].toSorted(),
    dirty: [edited, deleted, created].toSorted(),
  })
  const wrong = report.buckets.filter(({ same }) => !same)
  const isIn = (id: string): boolean => wrong.some(({ from, to }) => id.slice(0, 8) >= from && id.slice(0, 8) <= to)
  expect([lost, MADE, old, edited].filter((id) => !isIn(id))).toEqual([])
  expect((await device.rows('account')).get(old)?.['name']).toBe('Old')
})

test('verifying reads no rows: only ids and versions', async () => {
  const { there, device, names } = await opened()
  await spoil(device, { lost: String(names[0]), made: MADE, old: String(names[1]) })
  there.requests()
  await device.org.verify('account')
  for (const { method, path } of there.emulator.requests()) {
    expect(method).toBe('GET')
    expect(decodeURIComponent(path)).not.toContain('telephone1')
  }
})

test('a repair makes the copy what the master shows, whatever was wrong, and keeps unsent changes', async () => {
  const { there, device, names } = await opened()
  const [lost = '', old = '', edited = ''] = names
  await spoil(device, { lost, made: MADE, old })
  await device.org.write((draft) => draft.update('account', edited, { name: 'Edited' }))
  there.emulator.master.update('account', edited, { telephone1: '1' })
  const report = await device.org.repair('account')
  expect(report).toMatchObject({ added: 1, pruned: 1, before: { same: false }, after: { same: true, dirty: [edited] } })
  expect(await device.org.table('account').get(edited)).toMatchObject({ name: 'Edited', telephone1: '1' })
  await device.sync()
  expect(await differences(there, device)).toEqual([])
})

test('a scope is verified as a scope: what the filter leaves out is not missing', async () => {
  const syncFilter = "startswith(name,'a') or startswith(name,'b')"
  const { device } = await opened({ tables: { account: { columns: ['name'], syncFilter } } })
  expect(await device.org.verify('account')).toMatchObject({ same: true, missing: [], extra: [] })
})

test('a table that is not kept, and a number of buckets that cannot be, are refused', async () => {
  const { device } = await opened()
  await expect(device.org.verify('nosuch')).rejects.toMatchObject({ code: 'invalid' })
  await expect(device.org.verify('account', { buckets: 0 })).rejects.toMatchObject({ place: { rule: 'buckets' } })
})
