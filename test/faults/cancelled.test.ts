import type { OutpostError } from '@outpost/core'
import { expect, test } from 'vitest'
import { anyRow, CHANGES_OF_SYNC, converges, failureOf, faultWorld } from './fault-world.ts'
import type { Device, FaultWorld } from './fault-world.ts'

/*
 * A caller that gives up, at any request that a run makes. The request hangs for ever and the clock stands still, so a
 * run that did not end by itself would never end.
 */

interface Run {
  readonly name: string
  readonly start: (device: Device, signal: AbortSignal) => Promise<unknown>
  /** A device on which the run makes all its kinds of requests. */
  readonly prepare: (there: FaultWorld) => Promise<Device>
}

const RUNS: readonly Run[] = [
  { name: 'connect', start: ({ org }, signal) => org.connect({ signal }), prepare: (there) => there.device() },
  {
    name: 'updateMetadata',
    start: ({ org }, signal) => org.updateMetadata({ signal }),
    prepare: (there) => there.synced(),
  },
  { name: 'push', start: ({ org }, signal) => org.push({ signal }), prepare: withWork },
  { name: 'sync', start: ({ org }, signal) => org.sync({ signal }), prepare: withWork },
]

test.each(RUNS.map((run) => [run.name, run] as const))(
  '%s ends at once when it is cancelled at any of its requests',
  async (_, run) => {
    const requests = await requestsOf(run)
    expect(requests).toBeGreaterThan(1)
    const there = await faultWorld()
    const device = await run.prepare(there)
    const written = (await device.org.status()).transactions.pending
    for (let nth = 1; nth <= requests; nth += 1) {
      const caller = new AbortController()
      const hanging = there.proxy.add({ nth, fault: { kind: 'hang' } })
      const running = run.start(device, caller.signal).then(
        () => 'done' as const,
        (error: OutpostError) => error.code,
      )
      // What was sent before it need not be sent again, so a later run makes fewer requests.
      const first = await Promise.race([hanging.struck, running])
      caller.abort()
      expect({ nth, ended: await running }).toEqual({ nth, ended: first ?? 'aborted' })
      there.proxy.heal()
      const { connection, transactions } = await device.org.status()
      expect({ nth, kept: transactions.pending + transactions.processed }).toEqual({ nth, kept: written })
      expect(['unknown', 'connected']).toContain(connection.kind)
    }
    if (run.name === 'connect') {
      await device.org.connect()
      return
    }
    await converges(there, device)
  },
)

test('a cancelled push has one effect per write, also where its answer was on the way', async () => {
  const there = await faultWorld()
  const device = await there.synced()
  const id = String((await anyRow(device, 'account'))['accountid'])
  await device.org.write((draft) => draft.update('account', id, { telephone1: '555' }))
  const caller = new AbortController()
  const muted = there.proxy.add({ match: /^PATCH /, fault: { kind: 'mute' } })
  const pushing = device.org.push({ signal: caller.signal })
  await muted.struck
  caller.abort()
  expect(await failureOf(pushing)).toMatchObject({ code: 'aborted' })
  const [transaction] = await device.org.outbox.list({ statuses: 'all' })
  expect(transaction).toMatchObject({ status: 'pending', outcome: 'unknown', lease: null })
  there.proxy.heal()
  await converges(there, device)
  expect(there.effects(id)).toBe(1)
})

test('a run that waits for another one ends at once when it is cancelled, and the other goes on', async () => {
  const there = await faultWorld()
  const device = await there.synced()
  const held = there.proxy.add({ fault: { kind: 'hold' } })
  const first = device.org.sync()
  await held.struck
  const caller = new AbortController()
  const second = device.org.sync({ signal: caller.signal })
  caller.abort()
  expect(await failureOf(second)).toMatchObject({ code: 'aborted' })
  held.release()
  expect((await first).tables['account']).toMatchObject({ received: expect.any(Number) as number })
  await converges(there, device)
})

test('a run that waits for one that the master has asked to wait sends nothing', async () => {
  const there = await faultWorld()
  const device = await there.synced()
  there.emulator.faults.add({ fault: { kind: 'status', status: 429, retryAfter: 60 } })
  const before = there.proxy.requests().length
  const [first, second] = await Promise.all([failureOf(device.org.sync()), failureOf(device.org.sync())])
  expect([first.code, second.code]).toEqual(['throttled', 'throttled'])
  expect(there.proxy.requests()).toHaveLength(before + 1)
  await there.heal()
  await converges(there, device)
})

test('a run whose signal has aborted before makes no request', async () => {
  const there = await faultWorld()
  const device = await there.synced()
  const before = there.proxy.requests().length
  const signal = AbortSignal.abort()
  for (const run of [
    () => device.org.sync({ signal }),
    () => device.org.push({ signal }),
    () => device.org.connect({ signal }),
  ]) {
    expect(await failureOf(run())).toMatchObject({ code: 'aborted' })
  }
  expect(there.proxy.requests()).toHaveLength(before)
})

test('closing during a sync ends it, waits for it, and loses nothing', async () => {
  const there = await faultWorld()
  const device = await withWork(there)
  const hanging = there.proxy.add({ ...CHANGES_OF_SYNC, fault: { kind: 'mute' } })
  const running = failureOf(device.org.sync())
  await hanging.struck
  await device.org.close()
  expect(await running).toMatchObject({ code: 'closed' })
  expect(await failureOf(device.org.sync())).toMatchObject({ code: 'closed' })
  await device.store.close()

  there.proxy.heal()
  const again = await there.device({ path: device.path })
  const left = await again.org.outbox.list({ statuses: ['pending'] })
  expect(left.map(({ lease, outcome }) => ({ lease, outcome }))).toEqual(
    [1, 2, 3].map(() => ({ lease: null, outcome: 'unknown' })),
  )
  await converges(there, again)
})

test('closing ends the delivery in the background', async () => {
  const there = await faultWorld()
  const device = await there.synced({ delivery: 'at-once' })
  const hanging = there.proxy.add({ match: /^PATCH /, fault: { kind: 'hang' } })
  const { seq } = await device.org.write((draft) => draft.create('account', { name: 'Made offline' }))
  await hanging.struck
  await device.org.close()
  expect(await device.org.outbox.get(Number(seq))).toMatchObject({ status: 'pending', lease: null })
})

async function requestsOf(run: Run): Promise<number> {
  const there = await faultWorld()
  const device = await run.prepare(there)
  const before = there.proxy.requests().length
  await run.start(device, new AbortController().signal)
  return there.proxy.requests().length - before
}

async function withWork(there: FaultWorld): Promise<Device> {
  const device = await there.synced()
  const contact = String((await anyRow(device, 'contact'))['contactid'])
  await device.org.write((draft) => draft.create('account', { name: 'Made offline' }))
  await device.org.write((draft) => draft.update('contact', contact, { firstname: 'Ours' }))
  await device.org.write((draft) => draft.create('contact', { lastname: 'Made offline' }))
  return device
}
