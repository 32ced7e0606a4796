import { ClientOrg } from '@outpost/core'
import type { OutpostEvent } from '@outpost/core'
import { memoryStore } from '@outpost/core/memory'
import type { Fault } from '@outpost/dataverse-emulator'
import { expect, test } from 'vitest'
import { world } from './world.ts'
import type { Device, World } from './world.ts'

/* Delivery in the background: at once when the master answers, after a wait when it does not, and never forgotten. */

const MINUTE = 60_000

async function opened(): Promise<{ there: World; device: Device; events: OutpostEvent[] }> {
  const there = world()
  const device = await there.device({ delivery: 'at-once' })
  await device.sync()
  await device.org.idle()
  there.requests()
  const events: OutpostEvent[] = []
  device.org.subscribe((event) => events.push(event))
  return { there, device, events }
}

const create = (device: Device, name: string): Promise<unknown> =>
  device.org.write((draft) => draft.create('account', { name }))

test('a write is sent as soon as it is committed', async () => {
  const { there, device, events } = await opened()
  await create(device, 'At once')
  await device.org.idle()
  expect(there.requests().map((request) => request.split(' ')[0])).toEqual(['PATCH'])
  expect(events.map((event) => event.type)).toEqual(['push.sent', 'push.settled'])
  expect(await device.org.outbox.counts()).toMatchObject({ pending: 0, processed: 1 })
})

test('an unreachable master is tried again after a growing wait, and no attempt becomes a verdict', async () => {
  const { there, device } = await opened()
  const heal = there.emulator.faults.add({ times: Infinity, fault: { kind: 'dropBeforeCommit' } })
  await create(device, 'Waits')
  await device.org.idle()
  const waits: number[] = []
  for (let round = 0; round < 6; round += 1) {
    const { connection } = await device.org.status()
    if (connection.kind !== 'paused') throw new Error(`expected a pause, found ${connection.kind}`)
    expect(connection.code).toBe('offline')
    waits.push(connection.until - there.env.now())
    await there.env.advance(connection.until - there.env.now())
    await device.org.idle()
  }
  expect(waits.every((wait, at) => at === 0 || wait > (waits[at - 1] ?? 0) / 2)).toBe(true)
  expect(waits.at(-1)).toBeGreaterThan(10_000)
  expect(await device.org.outbox.counts()).toMatchObject({ pending: 1, error: 0 })
  heal()
  await there.env.advance(120_000)
  await device.org.idle()
  expect(await device.org.outbox.counts()).toMatchObject({ pending: 0, processed: 1 })
  expect((await device.org.status()).connection).toEqual({ kind: 'connected' })
})

test('a new write does not wait for the pause of an unreachable master', async () => {
  const { there, device } = await opened()
  there.emulator.faults.add({ fault: { kind: 'dropBeforeCommit' } })
  await create(device, 'First')
  await device.org.idle()
  await create(device, 'Second')
  await device.org.idle()
  expect(await device.org.outbox.counts()).toMatchObject({ pending: 0, processed: 2 })
})

test('nothing at all is sent before the time that a throttling master asked for', async () => {
  const { there, device } = await opened()
  there.emulator.faults.add({
    fault: { kind: 'status', status: 429, retryAfter: 30, body: 'json', code: '0x80072322' },
  })
  await create(device, 'First')
  await device.org.idle()
  there.requests()
  await create(device, 'Second')
  await device.org.idle()
  await expect(device.sync()).rejects.toMatchObject({ code: 'throttled' })
  await there.env.advance(29_000)
  expect(there.requests()).toEqual([])
  await there.env.advance(2_000)
  await device.org.idle()
  expect(await device.org.outbox.counts()).toMatchObject({ pending: 0, processed: 2 })
  expect((await device.org.outbox.list({ statuses: 'all' })).map((transaction) => transaction.attempts)).toEqual([1, 1])
})

test('a throttling master that hides how long is given a wait of our own', async () => {
  const { there, device } = await opened()
  there.emulator.faults.add({ fault: { kind: 'status', status: 429, body: 'empty' } })
  await create(device, 'First')
  await device.org.idle()
  const { connection } = await device.org.status()
  expect(connection).toMatchObject({ kind: 'paused', code: 'throttled' })
  await there.env.advance(60_000)
  await device.org.idle()
  expect(await device.org.outbox.counts()).toMatchObject({ pending: 0, processed: 1 })
})

test('what is left from before is sent when the org is opened again', async () => {
  const { there, device } = await opened()
  const heal = there.emulator.faults.add({ times: Infinity, fault: { kind: 'dropBeforeCommit' } })
  await create(device, 'Left over')
  await device.org.idle()
  heal()
  const again = await device.crash()
  await again.org.idle()
  expect(await again.org.outbox.counts()).toMatchObject({ pending: 0, processed: 1 })
})

test('a passing failure of one transaction delays that one alone', async () => {
  const { there, device } = await opened()
  there.emulator.faults.add({
    match: { method: 'PATCH' },
    fault: { kind: 'status', status: 500, body: 'json', code: '0x80044151' },
  })
  await create(device, 'Slow')
  await device.org.idle()
  await create(device, 'Fast')
  await device.org.idle()
  await there.env.advance(120_000)
  await device.org.idle()
  expect(await device.org.outbox.counts()).toMatchObject({ pending: 0, processed: 2, error: 0 })
})

test('close ends the background work and leaves the rest pending', async () => {
  const { there, device } = await opened()
  there.emulator.faults.add({ times: Infinity, fault: { kind: 'dropBeforeCommit' } })
  await create(device, 'Left over')
  await device.org.idle()
  await device.org.close()
  there.requests()
  await there.env.advance(600_000)
  expect(there.requests()).toEqual([])
  await expect(device.sync()).rejects.toMatchObject({ code: 'closed' })
  await expect(create(device, 'Too late')).rejects.toMatchObject({ code: 'closed' })
})

test('the request of a write starts before the program waits for anything but the device', async () => {
  const { there, device } = await opened()
  const begun: string[] = []
  device.org.subscribe((event) => begun.push(event.type))
  await create(device, 'At once')
  await new Promise((resolve) => setImmediate(resolve))
  expect(begun).toContain('push.sent')
  expect(there.requests().map((request) => request.split(' ')[0])).toEqual(['PATCH'])
})

/** What can go wrong with a request, and what somebody has to do about it when it is over. */
const FAULTS: Readonly<Record<string, { readonly fault: Fault; readonly mend?: (device: Device) => void }>> = {
  'a connection that is lost before': { fault: { kind: 'dropBeforeCommit' } },
  'a connection that is lost after': { fault: { kind: 'dropAfterCommit' } },
  'a body that is cut': { fault: { kind: 'cutBodyAt', bytes: 5 } },
  'JSON that ends in the middle': { fault: { kind: 'truncateJson' } },
  'a captive portal': { fault: { kind: 'captivePortal' } },
  'a redirect': { fault: { kind: 'redirect', location: 'https://login.example/' } },
  'a hang': { fault: { kind: 'hang' } },
  'throttling that says how long': { fault: { kind: 'status', status: 429, retryAfter: 60, body: 'json' } },
  'throttling that does not': { fault: { kind: 'status', status: 429, body: 'empty' } },
  'an error of the server': { fault: { kind: 'status', status: 500, body: 'json', code: '0x80044151' } },
  'a busy server': { fault: { kind: 'status', status: 503, body: 'html' } },
  'a gateway that gives up': { fault: { kind: 'status', status: 504, body: 'html' } },
  'an expired token': { fault: { kind: 'rejectToken' }, mend: (device) => device.org.reconnect() },
}

test.each(Object.keys(FAULTS))('after the last of many faults the queue drains by itself: %s', async (name) => {
  const { fault, mend } = FAULTS[name] ?? { fault: { kind: 'hang' } }
  const { there, device } = await opened()
  const heal = there.emulator.faults.add({ times: Infinity, fault })
  for (const row of ['One', 'Two', 'Three']) await create(device, row)
  await there.env.advance(15 * MINUTE)
  expect(await device.org.outbox.counts()).toMatchObject({ error: 0, archived: 0 })
  heal()
  mend?.(device)
  await there.env.advance(6 * MINUTE)
  await device.org.idle()
  expect(await device.org.outbox.counts()).toMatchObject({ pending: 0, processed: 3 })
  const made = there.emulator.master
    .rows('account')
    .filter(({ values }) => /^(One|Two|Three)$/.test(String(values['name'])))
  expect(made).toHaveLength(3)
})

test('a delivery that has stalled is told of and woken, though nobody writes', async () => {
  const there = world()
  let online = true
  const connectivity = {
    get online() {
      return online
    },
    // A platform that forgets to tell.
    subscribe: () => () => {},
  }
  const org = await ClientOrg.open({ store: memoryStore(), master: there.master(), env: there.env, connectivity })
  await org.connect()
  await org.configure({ tables: { account: { columns: ['name'] } } })
  const stalls: OutpostEvent[] = []
  org.subscribe((event) => {
    if (event.type === 'stalled') stalls.push(event)
  })
  online = false
  await org.write((draft) => draft.create('account', { name: 'Forgotten' }))
  await there.env.advance(20 * MINUTE)
  expect(stalls).toEqual([])
  online = true
  const since = there.env.now()
  await there.env.advance(4 * MINUTE)
  await org.idle()
  expect(stalls).toEqual([{ type: 'stalled', since: expect.any(Number) as number, pending: 1 }])
  expect(there.env.now() - since).toBeLessThanOrEqual(4 * MINUTE)
  expect(await org.outbox.counts()).toMatchObject({ pending: 0, processed: 1 })
  await there.env.advance(20 * MINUTE)
  expect(stalls).toHaveLength(1)
  expect(there.env.wakeTimes).toEqual([])
})

test('why a transaction is pending: in flight, paused, waiting for a sign-in, also in the next process', async () => {
  const { there, device } = await opened()
  const reason = async (from: Device): Promise<unknown> =>
    (await from.org.outbox.list({ statuses: ['pending'] }))[0]?.reason
  const hanging = there.emulator.faults.add({ fault: { kind: 'hang' } })
  await create(device, 'Waits')
  await there.env.advance(0)
  expect(await reason(device)).toMatchObject({ kind: 'in-flight' })
  await there.env.advance(151_000)
  hanging()
  await device.org.idle()

  const offline = there.emulator.faults.add({ times: Infinity, fault: { kind: 'dropBeforeCommit' } })
  await create(device, 'Waits too')
  await device.org.idle()
  const { connection } = await device.org.status()
  expect(await reason(device)).toEqual({ kind: 'backing-off', until: connection.kind === 'paused' && connection.until })
  offline()

  const expired = there.emulator.faults.add({ times: Infinity, fault: { kind: 'rejectToken' } })
  await expect(device.org.push()).rejects.toMatchObject({ code: 'unauthenticated' })
  expect(await reason(device)).toEqual({ kind: 'waiting-for-sign-in' })
  const again = await device.crash()
  await again.org.idle()
  expect(await reason(again)).toEqual({ kind: 'waiting-for-sign-in' })
  expired()
  expect(await again.org.push()).toMatchObject({ left: 0 })
  await again.org.close()
})
