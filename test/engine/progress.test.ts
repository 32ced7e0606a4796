import type { MasterOrg, OutpostEvent, RowEstimate } from '@outpost/core'
import { expect, test } from 'vitest'
import { items, ITEMS } from './items.ts'
import { world } from './world.ts'
import type { Device } from './world.ts'

type Progress = Extract<OutpostEvent, { readonly type: 'pull.progress' }>

/** Everything that is told of the progress of one sync. */
async function progressOf(device: Device, sync: () => Promise<unknown> = () => device.sync()): Promise<Progress[]> {
  const told: Progress[] = []
  const leave = device.org.subscribe((event) => {
    if (event.type === 'pull.progress') told.push(event)
  })
  await sync().finally(leave)
  return told
}

/** A master that says that there are so many rows. */
function estimating(estimate: RowEstimate | null): (master: MasterOrg) => MasterOrg {
  return (master) =>
    new Proxy(master, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name)
        if (name === 'estimate') return async () => estimate
        return typeof value === 'function' ? (value.bind(target) as unknown) : value
      },
    })
}

function isMonotonic(told: readonly Progress[]): boolean {
  return told.every(({ fraction }, at) => fraction >= (told[at - 1]?.fraction ?? 0))
}

test('rows are counted first, for all tables before the first page, and the number is said to be an estimate', async () => {
  const there = world()
  const device = await there.device({ pageSize: 10 })
  there.requests()
  const told = await progressOf(device)
  const sent = there.requests().filter((line) => /\/(accounts|contacts)\?/.test(line))
  expect(sent.map((line) => (line.includes('$orderby') ? 'page' : 'count')).slice(0, 3)).toEqual([
    'count',
    'count',
    'page',
  ])
  const begun = told.filter(({ rows }) => rows === 0).slice(0, 2)
  expect(begun).toMatchObject([
    { table: 'account', of: there.emulator.master.count('account'), estimated: true, fraction: 0 },
    { table: 'contact', of: there.emulator.master.count('contact'), estimated: true, fraction: 0 },
  ])
})

test('the fraction never goes down, is in proportion to the rows, and is 1 at the end only', async () => {
  const there = items(100)
  const device = await there.device({ configuration: ITEMS, pageSize: 10 })
  const told = await progressOf(device)
  expect(isMonotonic(told)).toBe(true)
  expect(told.filter(({ fraction }) => fraction === 1)).toHaveLength(1)
  expect(told.at(-1)?.fraction).toBe(1)
  const half = told.find(({ rows }) => rows === 50)
  expect(half?.fraction).toBeGreaterThan(0.4)
  expect(half?.fraction).toBeLessThan(0.6)
})

test('an estimate that is far too small, or too large, or none, still gives a fraction that only goes up', async () => {
  for (const estimate of [
    { rows: 3, atLeast: true },
    { rows: 5000, atLeast: false },
    { rows: 0, atLeast: false },
    null,
  ]) {
    const there = items(60)
    const device = await there.device({ configuration: ITEMS, pageSize: 10, through: estimating(estimate) })
    const told = await progressOf(device)
    expect(isMonotonic(told)).toBe(true)
    expect(told.slice(0, -1).every(({ fraction }) => fraction < 1)).toBe(true)
    expect(told.at(-1)?.fraction).toBe(1)
    // What has come is never more than what there is said to be.
    expect(told.every(({ rows, of }) => of === undefined || of >= rows)).toBe(true)
  }
})

test('rows that are made while the rest is downloaded do not turn the progress back', async () => {
  const there = items(40)
  const device = await there.device({ configuration: ITEMS, pageSize: 10 })
  let left = 5
  device.org.subscribe((event) => {
    if (event.type === 'pull.page' && left-- > 0) for (let n = 0; n < 10; n += 1) there.add(1000 + n)
  })
  const told = await progressOf(device)
  expect(isMonotonic(told)).toBe(true)
  expect(told.at(-1)?.fraction).toBe(1)
  expect(told.filter(({ phase }) => phase === 'rows').at(-1)?.rows).toBe(90)
})

test('a download that goes on counts what is here already', async () => {
  const there = items(100)
  const device = await there.device({ configuration: ITEMS, pageSize: 10 })
  const controller = new AbortController()
  device.org.subscribe((event) => {
    if (event.type === 'pull.page' && event.rows === 70) controller.abort()
  })
  const first = await progressOf(device, () => device.org.sync({ signal: controller.signal }).catch(() => {}))
  expect(first.at(-1)?.fraction).toBeLessThan(1)
  const again = await progressOf(await device.crash())
  expect(again[0]).toMatchObject({ rows: 70, of: 100 })
  expect(again[0]?.fraction).toBeGreaterThan(0.55)
  expect(again.at(-1)?.fraction).toBe(1)
})

test('a table that fails does not keep the progress from its end', async () => {
  const there = world()
  const device = await there.device()
  there.emulator.faults.add({ match: { path: /\/accounts\?/ }, fault: { kind: 'status', status: 403 }, times: 5 })
  const told = await progressOf(device)
  expect(isMonotonic(told)).toBe(true)
  expect(told.at(-1)?.fraction).toBe(1)
})

test('a run without anything to do tells its end', async () => {
  const device = await items(5).device({ configuration: ITEMS })
  await device.sync()
  expect((await progressOf(device)).at(-1)).toMatchObject({ table: 'new_item', fraction: 1 })
})
