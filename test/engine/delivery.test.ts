import type { OutpostEvent } from '@outpost/core'
import { expect, test } from 'vitest'
import { world } from './world.ts'
import type { Device, World } from './world.ts'

/* Delivery in the background: at once when the master answers, after a wait when it does not, and never forgotten. */

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
