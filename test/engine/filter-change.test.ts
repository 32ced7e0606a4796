import type { Configuration, TableReport } from '@outpost/core'
import { expect, test } from 'vitest'
import { differences, world } from './world.ts'
import type { Device, World } from './world.ts'

/* A filter is changed: a plan first, which changes nothing, and then just what the plan said. */

const COLUMNS = ['name', 'numberofemployees', 'telephone1']
/** Of our companies only; edits stay on the device. */
const filtered = (condition: string): Configuration => {
  const syncFilter = `startswith(name,'Company ') and ${condition}`
  return { tables: { account: { columns: COLUMNS, syncFilter, uploadFilter: "not startswith(telephone1,'draft')" } } }
}

/** Two hundred companies with 0 to 199 employees. */
async function opened(syncFilter: string): Promise<{ there: World; device: Device; ids: readonly string[] }> {
  const there = world()
  const ids = Array.from({ length: 200 }, (_, count) =>
    there.emulator.master.create('account', { name: `Company ${count}`, numberofemployees: count }),
  )
  const device = await there.device({ configuration: filtered(syncFilter) })
  await device.sync()
  return { there, device, ids }
}

async function held(device: Device): Promise<ReadonlySet<string>> {
  return new Set((await device.rows('account')).keys())
}

function reportOf(tables: Readonly<Record<string, TableReport>>): TableReport {
  const report = tables['account']
  if (!report) throw new Error('accounts were not pulled')
  return report
}

test("the plan's rows to add and to drop are those that come and go, and unsent changes stay", async () => {
  const { there, device, ids } = await opened('numberofemployees lt 100')
  const [edited = '', stays = ''] = [ids[10], ids[60]]
  await device.org.write((draft) => draft.update('account', edited, { telephone1: 'draft' }))
  await device.org.write((draft) => draft.update('account', stays, { telephone1: 'draft 2' }))
  there.requests()
  const before = await held(device)
  const next = filtered('numberofemployees ge 50 and numberofemployees lt 180')
  const plan = await device.org.plan(next)

  expect(plan.tables['account']).toMatchObject({ why: 'rows', add: 80, drop: 49, dirty: [edited], estimate: true })
  expect(plan).toMatchObject({ add: 80, drop: 49, dirty: 1 })
  expect(there.requests().every((request) => request.startsWith('GET '))).toBe(true)
  expect(await held(device)).toEqual(before)
  expect(device.org.configuration).toEqual(filtered('numberofemployees lt 100'))

  await device.org.configure(next)
  const report = reportOf((await device.sync()).tables)
  expect(report).toMatchObject({ written: plan.add, pruned: plan.drop, kept: 1 })
  const after = await held(device)
  expect([...after].filter((id) => !before.has(id))).toHaveLength(plan.add)
  expect([...before].filter((id) => !after.has(id))).toHaveLength(plan.drop)
  expect(after).toContain(edited)
  expect(await device.org.quarantined('account')).toMatchObject([{ id: edited, reason: 'left-scope' }])
  expect((await device.org.table('account').get(edited))?.['telephone1']).toBe('draft')
})

test.each([
  ['most rows are new', 'numberofemployees lt 20', 'numberofemployees lt 190', 170],
  ['some are', 'numberofemployees ge 10', 'numberofemployees lt 150', 10],
  ['none is', 'numberofemployees lt 190', 'numberofemployees lt 100', 0],
])('a plan counts requests and bytes as they come, where %s', async (_what, before, after, wanted) => {
  const { there, device } = await opened(before)
  // What changed of late would come along with what is asked for in any case.
  await there.env.advance(3_600_000)
  await device.sync()
  const next = filtered(after)
  const { requests, bytes, add } = await device.org.plan(next)
  expect(add).toBe(wanted)
  await device.org.configure(next)
  there.requests()
  const report = reportOf((await device.sync()).tables)
  expect(report.requests).toBeGreaterThan(0)
  expect(Math.abs(report.requests - requests)).toBeLessThanOrEqual(1)
  expect(report.bytes / bytes).toBeGreaterThan(0.5)
  expect(report.bytes / bytes).toBeLessThan(2)
})

test('tables that come and go, and columns that are added, are in the plan; what stays as it is, is not', async () => {
  const there = world()
  const before: Configuration = { tables: { account: { columns: ['name'] }, contact: { columns: ['lastname'] } } }
  const device = await there.device({ configuration: before })
  await device.sync()
  const { master } = there.emulator
  const after: Configuration = {
    tables: { account: { columns: ['name', 'telephone1'] }, task: { columns: ['subject'] } },
  }
  const plan = await device.org.plan(after)
  expect(plan.tables).toMatchObject({
    account: { why: 'columns', add: 0, drop: 0, refresh: master.count('account') },
    contact: { why: 'removed', add: 0, drop: master.count('contact'), requests: 0 },
    task: { why: 'new', add: master.count('task'), drop: 0 },
  })
  expect((await device.org.plan(before)).tables).toEqual({})
  await device.org.configure(after)
  const { tables } = await device.sync()
  expect(tables['task']?.received).toBe(plan.tables['task']?.add)
  expect(await differences(there, device)).toEqual([])
})

test('a plan for a configuration that breaks a rule is refused by name', async () => {
  const there = world()
  const device = await there.device()
  await expect(device.org.plan(filtered('nosuch eq 1'))).rejects.toMatchObject({
    code: 'invalid',
    place: { table: 'account', column: 'nosuch', rule: 'unknown-column' },
  })
})

test('a change of the filter that is cut off goes on where it was, and ends as the plan said', async () => {
  const { there, device } = await opened('numberofemployees lt 100')
  const next = filtered('numberofemployees ge 90 and numberofemployees lt 200')
  const plan = await device.org.plan(next)
  const before = await held(device)
  await device.org.configure(next)
  let current = device
  for (let round = 1; round <= 3; round += 1) {
    there.emulator.faults.add({ nth: round, fault: { kind: 'dropBeforeCommit' } })
    await current.sync().catch(() => null)
    there.emulator.faults.clear()
    current = await current.crash()
  }
  await current.sync()
  const after = await held(current)
  expect([...after].filter((id) => !before.has(id))).toHaveLength(plan.add)
  expect([...before].filter((id) => !after.has(id))).toHaveLength(plan.drop)
  const isWanted = (values: { readonly [name: string]: unknown }): boolean => {
    const count = values['numberofemployees']
    return String(values['name']).startsWith('Company ') && typeof count === 'number' && count >= 90 && count < 200
  }
  expect(await differences(there, current, { account: isWanted })).toEqual([])
})

test('rows that a repair has brought before the first pull go where another filter does not want them by then', async () => {
  const there = world()
  const unwanted = there.emulator.master.create('account', { name: 'Company unwanted', numberofemployees: 7 })
  const wanted = there.emulator.master.create('account', { name: 'Company wanted', numberofemployees: 70 })
  const device = await there.device({ configuration: filtered('numberofemployees lt 100') })
  await device.org.repair('account')
  await device.org.configure(filtered('numberofemployees ge 50'))
  await device.sync()
  expect([...(await held(device))].filter((id) => [unwanted, wanted].includes(id))).toEqual([wanted])
  expect((await device.org.explainPull('account')).due).toEqual([])
})
