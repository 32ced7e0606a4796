import type { Configuration, MasterOrg } from '@outpost/core'
import type { Fault } from '@outpost/dataverse-emulator'
import { expect, test } from 'vitest'
import { items, ITEMS, itemsWith } from './items.ts'
import type { Items } from './items.ts'
import { differences } from './world.ts'
import type { Device } from './world.ts'

const OPTIONAL: ReadonlySet<PropertyKey> = new Set<keyof MasterOrg>([
  'tenant',
  'standing',
  'privileges',
  'changes',
  'estimate',
  'glance',
  'metadataChanges',
  'traffic',
  'recommendedRequests',
  'isGone',
])

/** A master that does only what every master does. */
function plain(master: MasterOrg): MasterOrg {
  return new Proxy(master, {
    get: (target, name) => {
      const value: unknown = OPTIONAL.has(name) ? undefined : Reflect.get(target, name)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}

const EVERYTHING: Configuration = itemsWith({ syncDeletion: true, changeTracking: true })

async function changeAndCompare(there: Items, device: Device): Promise<void> {
  const [first = '', second = '', third = ''] = there.ids
  there.emulator.master.update('new_item', first, { new_name: 'Renamed' })
  there.emulator.master.remove('new_item', second)
  there.add(1000)
  await device.org.write((draft) => draft.update('new_item', third, { new_phone: 'mine' }))
  await device.sync()
  expect(await differences(there, device)).toEqual([])
  expect(await device.org.outbox.counts()).toMatchObject({ pending: 0, processed: 1 })
}

test('a master that does only what it must is kept in step with, and everything about it can be asked', async () => {
  const there = items(12)
  const device = await there.device({ configuration: EVERYTHING, through: plain, pageSize: 5 })
  await device.sync()
  await changeAndCompare(there, device)
  expect(await device.org.verify('new_item')).toMatchObject({ same: true })
  expect(await device.org.explainPull('new_item')).toMatchObject({ table: 'new_item' })
  expect((await device.org.plan(itemsWith({ syncFilter: "new_phone eq '3'" }))).tables).toHaveProperty('new_item')
  expect((await device.org.dryRun()).down).toHaveProperty('new_item')
})

test('where every batch is refused, all of it is asked by plain reads, and what is new comes', async () => {
  const there = items(8)
  for (const [nth, status] of [405, 501, 403].entries()) {
    const device = await there.device({ configuration: EVERYTHING })
    there.emulator.faults.add({ match: { batch: true }, times: Infinity, fault: { kind: 'status', status } })
    await device.sync()
    there.emulator.master.update('new_item', there.ids[7] ?? '', { new_name: `Renamed ${nth}` })
    there.emulator.master.remove('new_item', there.ids[nth] ?? '')
    await device.sync()
    expect({ status, differing: await differences(there, device) }).toEqual({ status, differing: [] })
    there.emulator.faults.clear()
  }
})

test('a look without the standing is not followed by another question for it', async () => {
  const there = items(3)
  let standings = 0
  const device = await there.device({
    configuration: ITEMS,
    through: (master) =>
      new Proxy(master, {
        get: (target, name) => {
          const value: unknown = Reflect.get(target, name)
          if (typeof value !== 'function') return value
          if (name === 'standing') standings += 1
          if (name !== 'glance') return value.bind(target) as unknown
          return async (...given: readonly unknown[]): Promise<unknown> => {
            const shown: unknown = await value.apply(target, given)
            return { ...(shown as object), standing: null }
          }
        },
      }),
  })
  await device.sync()
  standings = 0
  await device.sync()
  expect(standings).toBe(0)
})

const PART = { part: true } as const

test('a look that the master has no time for, as a whole or in a part, is followed by nothing and loses nothing', async () => {
  const struck: readonly (readonly [Fault, object, string])[] = [
    [{ kind: 'status', status: 429, retryAfter: 30 }, { batch: true }, 'throttled'],
    [{ kind: 'status', status: 503, retryAfter: 30 }, { batch: true }, 'unavailable'],
    [{ kind: 'status', status: 429, retryAfter: 30 }, { ...PART, path: /new_items/ }, 'throttled'],
    [{ kind: 'status', status: 429, retryAfter: 30 }, { ...PART, path: /WhoAmI/ }, 'throttled'],
    [{ kind: 'status', status: 429, retryAfter: 30 }, { ...PART, path: /organizations/ }, 'throttled'],
    [{ kind: 'status', status: 429, retryAfter: 30 }, { ...PART, path: /teammembership/ }, 'throttled'],
    [{ kind: 'status', status: 503 }, { ...PART, path: /new_items/ }, 'unavailable'],
    [{ kind: 'status', status: 401 }, { ...PART, path: /new_items/ }, 'unauthenticated'],
  ]
  const there = items(4)
  const device = await there.device({ configuration: ITEMS })
  await device.sync()
  for (const [nth, [fault, match, code]] of struck.entries()) {
    there.emulator.master.update('new_item', there.ids[0] ?? '', { new_name: `Renamed ${nth}` })
    there.emulator.faults.add({ match, times: 1, fault })
    there.requests()
    const what = JSON.stringify([fault, String(Object.values(match).at(-1))])
    const error: unknown = await device.sync().catch((thrown: unknown) => thrown)
    expect({ what, error, requests: there.requests().length }).toMatchObject({ error: { code }, requests: 1 })
    await there.env.advance(60_000)
    await device.sync()
    expect({ what, differing: await differences(there, device) }).toEqual({ what, differing: [] })
  }
})

test('a look that a captive portal answers says nothing, and the next one brings what is new', async () => {
  const there = items(4)
  const device = await there.device({ configuration: ITEMS })
  await device.sync()
  there.emulator.master.update('new_item', there.ids[0] ?? '', { new_name: 'Renamed' })
  there.emulator.faults.add({ times: Infinity, fault: { kind: 'captivePortal' } })
  there.requests()
  await expect(device.sync()).rejects.toMatchObject({ code: expect.stringMatching(/^(protocol|offline|unavailable)$/) })
  expect(there.requests().length).toBeLessThanOrEqual(2)
  there.emulator.faults.clear()
  await device.sync()
  expect(await differences(there, device)).toEqual([])
})
