import { MasterError } from '@outpost/core'
import type { GlanceRequest, MasterOrg } from '@outpost/core'
import { expect, test } from 'vitest'
import { items, ITEMS, pages } from './items.ts'
import { differences, world } from './world.ts'

/** The master with something done behind each look, or in its place. */
function looking(
  master: MasterOrg,
  look: (
    ask: () => ReturnType<NonNullable<MasterOrg['glance']>>,
    request: GlanceRequest,
  ) => ReturnType<NonNullable<MasterOrg['glance']>>,
): MasterOrg {
  return new Proxy(master, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      if (name !== 'glance') return value.bind(target) as unknown
      return (request: GlanceRequest, signal: AbortSignal) =>
        look(() => value.call(target, request, signal) as ReturnType<NonNullable<MasterOrg['glance']>>, request)
    },
  })
}

test('a cycle in which nothing has changed is one request, whatever the number of tables', async () => {
  const there = world()
  const tables = Object.fromEntries(
    ['account', 'contact', 'task', 'incident', 'queue', 'opportunity'].map((name) => [name, {}] as const),
  )
  const device = await there.device({ configuration: { tables } })
  await device.sync()
  there.requests()
  await device.sync()
  expect(there.requests()).toEqual(['GET /api/data/v9.2/$batch'])
})

test('what has changed comes with the one look', async () => {
  const there = items(20)
  const device = await there.device({ configuration: ITEMS })
  await device.sync()
  there.emulator.master.update('new_item', there.ids[3] ?? '', { new_name: 'Renamed' })
  there.requests()
  expect((await device.sync()).tables['new_item']).toMatchObject({ written: 1 })
  expect(there.requests()).toHaveLength(1)
  expect(await differences(there, device)).toEqual([])
})

test('behind what was sent the first pages of several tables come together', async () => {
  const there = world()
  const tables = { account: {}, contact: {}, task: {}, queue: {} }
  const device = await there.device({ configuration: { tables } })
  await device.sync()
  await device.org.write((draft) => draft.create('account', { name: 'Written here' }))
  there.emulator.master.create('contact', { lastname: 'Written there' })
  there.requests()
  expect((await device.sync()).tables['contact']).toMatchObject({ written: 1 })
  // One look, one write, one look behind it.
  expect(there.requests()).toHaveLength(3)
  expect(await differences(there, device)).toEqual([])
})

test('nothing of a look is used when somebody else answers', async () => {
  const there = items(5)
  let other = false
  const device = await there.device({
    configuration: ITEMS,
    through: (master) =>
      looking(master, async (ask) => {
        const shown = await ask()
        return other
          ? { ...shown, identity: { ...shown.identity, userId: '00000000-0000-4000-8000-00000000abcd' } }
          : shown
      }),
  })
  await device.sync()
  there.emulator.master.update('new_item', there.ids[0] ?? '', { new_name: 'Not for us' })
  other = true
  await expect(device.sync()).rejects.toMatchObject({ code: 'wrong-master' })
  expect((await device.rows('new_item')).get(there.ids[0] ?? '')).toMatchObject({ new_name: 'Item 0' })
  other = false
  await device.sync()
  expect(await differences(there, device)).toEqual([])
})

test('what is sent in a run is not written over by pages that were read before it', async () => {
  const there = items(5)
  const [id = ''] = there.ids
  let written = true
  const device = await there.device({
    configuration: ITEMS,
    through: (master) =>
      looking(master, async (ask) => {
        const shown = await ask()
        // A write that is committed here after the look, and sent by the same run.
        if (!written) {
          written = true
          await device.org.write((draft) => draft.update('new_item', id, { new_name: 'Mine' }))
        }
        return shown
      }),
  })
  await device.sync()
  there.emulator.master.update('new_item', id, { new_phone: 'theirs' })
  written = false
  const report = await device.sync()
  expect(report.pushed).toMatchObject({ processed: 1 })
  expect((await device.rows('new_item')).get(id)).toMatchObject({ new_name: 'Mine', new_phone: 'theirs' })
  expect(await differences(there, device)).toEqual([])
})

test('where something is to be sent the pages are read after it', async () => {
  const there = items(5)
  const asked: number[] = []
  const device = await there.device({
    configuration: ITEMS,
    through: (master) =>
      looking(master, (ask, request) => {
        asked.push(request.pulls.length)
        return ask()
      }),
  })
  await device.sync()
  await device.org.write((draft) => draft.update('new_item', there.ids[0] ?? '', { new_name: 'Mine' }))
  asked.length = 0
  there.requests()
  await device.sync()
  expect(asked[0]).toBe(0)
  expect(pages(there.requests())).toHaveLength(1)
})

test('a look that fails by itself leaves a run that asks one by one', async () => {
  const there = items(5)
  const device = await there.device({
    configuration: ITEMS,
    through: (master) =>
      looking(master, (ask, { pulls }) =>
        pulls.length > 0 ? Promise.reject(new MasterError('rejected', 'too much at once')) : ask(),
      ),
  })
  await device.sync()
  there.emulator.master.update('new_item', there.ids[0] ?? '', { new_name: 'Renamed' })
  const phases: string[] = []
  device.org.subscribe((event) => {
    if (event.type === 'sync.phase') phases.push(event.phase)
  })
  expect((await device.sync().catch(() => undefined))?.tables['new_item']).toMatchObject({ written: 1 })
  expect(phases.slice(0, 2)).toEqual(['glance', 'identity'])
})
