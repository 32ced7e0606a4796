import { ClientOrg } from '@outpost/core'
import type { Configuration, Draft, MasterOrg, PushReport } from '@outpost/core'
import { memoryStore } from '@outpost/core/memory'
import { expect, test } from 'vitest'
import { world } from './world.ts'
import type { World } from './world.ts'

/* How fast the outbox is sent: how many transactions in a request, how many requests at once, and what slows it down. */

test('every request has an id of its own, which is stored before it is sent and shared by what it carries', async () => {
  const there = world()
  const device = await there.device()
  for (const name of ['One', 'Two']) await device.org.write((draft) => draft.create('account', { name }))
  there.emulator.faults.add({ match: { batch: true }, fault: { kind: 'dropBeforeCommit' } })
  await expect(device.org.push()).rejects.toMatchObject({ code: 'offline' })

  const idsSent = async (): Promise<readonly (readonly (string | undefined)[])[]> =>
    (await device.org.outbox.list({ statuses: 'all' })).map(({ history }) =>
      history.filter(({ event }) => event === 'sent').map(({ requestId }) => requestId),
    )
  const [unanswered] = await idsSent()
  expect(unanswered).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/)])

  await device.org.push()
  const [one, two] = await idsSent()
  expect(one).toEqual(two)
  expect(new Set(one).size).toBe(2)
})

const NAMES: Configuration = { tables: { account: { columns: ['name'] } } }

/** A device that tells how many transactions each of its requests carried, and how many requests went at once. */
interface Watched {
  readonly there: World
  readonly org: ClientOrg
  readonly sent: number[]
  readonly mostAtOnce: () => number
  /** Pushes to the end, while time goes by. */
  readonly push: () => Promise<PushReport>
}

/** `msFor`: how long the master takes for so many transactions. */
async function watched(
  configuration: Configuration = NAMES,
  msFor: (transactions: number) => number = () => 1,
): Promise<Watched> {
  const there = world()
  const inner = there.master()
  let [underway, most] = [0, 0]
  const master: MasterOrg = {
    ...inner,
    push: async (transactions, signal) => {
      underway += 1
      most = Math.max(most, underway)
      try {
        await there.env.sleep(msFor(transactions.length), signal)
        return await inner.push(transactions, signal)
      } finally {
        underway -= 1
      }
    },
  }
  const org = await ClientOrg.open({ store: memoryStore(), master, env: there.env, delivery: 'on-demand' })
  await org.connect()
  await org.configure(configuration)
  const sent: number[] = []
  org.subscribe((event) => {
    if (event.type === 'push.sent') sent.push(event.transactions.length)
  })
  const push = async (): Promise<PushReport> => {
    let ended = false
    const pushing = org.push().finally(() => (ended = true))
    pushing.catch(() => {})
    while (!ended) await there.env.advance(1)
    return pushing
  }
  return { there, org, sent, mostAtOnce: () => most, push }
}

async function writeAccounts(org: ClientOrg, count: number, name = 'Account'): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    await org.write((draft) => draft.create('account', { name: `${name} ${index}` }))
  }
}

test('a long queue is sent in large batches as soon as the master is known to be quick', async () => {
  const { org, sent, push } = await watched()
  await writeAccounts(org, 1_210)
  expect(await push()).toMatchObject({ processed: 1_210, left: 0 })
  expect(sent).toEqual([6, 12, 18, 24, 200, 200, 200, 200, 200, 150])
})

test('where each transaction takes its time, none waits for many others in its request', async () => {
  const { org, sent, push } = await watched(NAMES, (count) => count * 20)
  await writeAccounts(org, 300)
  expect(await push()).toMatchObject({ processed: 300, left: 0 })
  expect(Math.max(...sent)).toBeLessThanOrEqual(25)
})

test.each([1, 2, 4, 6])('no more requests are under way than the master recommends: %s', async (recommended) => {
  const { there, org, mostAtOnce, push } = await watched()
  there.emulator.knobs.dopHint = recommended
  await org.sync()
  await writeAccounts(org, 1_210)
  expect(await push()).toMatchObject({ processed: 1_210, left: 0 })
  expect(mostAtOnce()).toBe(recommended)
})

test('a lane whose request was answered waits for no other', async () => {
  const { there, org, push } = await watched()
  there.emulator.faults.add({ match: { batch: true, body: /"Account 15"/ }, fault: { kind: 'hang' } })
  await writeAccounts(org, 300)
  const pushing = push()
  await there.env.advance(100)
  expect((await org.outbox.counts()).processed).toBe(288)
  await Promise.all([expect(pushing).rejects.toMatchObject({ code: 'timeout' }), there.env.advance(200_000)])
})

test.each([
  ['a batch', { match: { batch: true } }, [], [100, 140, 179, 27]],
  // Another answer had come before this one.
  ['one part of a batch', { match: { part: true, body: /"Account 7"/ } }, [200], [100, 140, 1]],
])(
  'throttling of %s halves the next ones, which then grow again, and counts as no attempt',
  async (_, rule, begun, rest) => {
    const { there, org, sent, push } = await watched()
    there.emulator.faults.add({
      ...rule,
      fault: { kind: 'status', status: 429, retryAfter: 20, body: 'json', code: '0x80072322' },
    })
    await writeAccounts(org, 500)
    await expect(push()).rejects.toMatchObject({ code: 'throttled', retryAfterMs: 20_000 })
    await expect(push()).rejects.toMatchObject({ code: 'throttled' })
    await there.env.advance(20_000)
    expect(await push()).toMatchObject({ left: 0 })
    expect(sent.slice(0, 4 + begun.length)).toEqual([6, 12, 18, 24, ...begun])
    expect(sent.slice(4 + begun.length)).toEqual(rest)
    const all = await org.outbox.list({ statuses: ['processed'], limit: 1_000 })
    expect(all).toHaveLength(500)
    expect(Math.max(...all.map(({ attempts }) => attempts))).toBeLessThanOrEqual(2)
    expect(
      there.emulator.master.rows('account').filter(({ values }) => /^Account \d+$/.test(String(values['name']))),
    ).toHaveLength(500)
  },
)

test('what ran into its deadline is sent in smaller requests', async () => {
  const { there, org, sent, push } = await watched()
  await writeAccounts(org, 60)
  await push()
  const hanging = there.emulator.faults.add({ match: { batch: true }, fault: { kind: 'hang' } })
  await writeAccounts(org, 900, 'Later')
  const pushing = org.push()
  await Promise.all([expect(pushing).rejects.toMatchObject({ code: 'timeout' }), there.env.advance(200_000)])
  const before = sent.length
  hanging()
  expect(await push()).toMatchObject({ left: 0 })
  const after = sent.slice(before)
  expect(Math.max(...sent.slice(4, before))).toBe(200)
  expect(after[0]).toBe(8)
  expect(Math.max(...after.slice(0, 3))).toBeLessThanOrEqual(100)
  expect(
    there.emulator.master.rows('account').filter(({ values }) => /^Later \d+$/.test(String(values['name']))),
  ).toHaveLength(900)
})

test('a group is never split, and no batch holds more than 500 changes', async () => {
  const there = world()
  const inner = there.master()
  const batches: (readonly number[])[] = []
  const master: MasterOrg = {
    ...inner,
    push: async (transactions, signal) => {
      batches.push(transactions.map(({ changes }) => changes.length))
      return inner.push(transactions, signal)
    },
  }
  const org = await ClientOrg.open({ store: memoryStore(), master, env: there.env, delivery: 'on-demand' })
  await org.connect()
  await org.configure(NAMES)
  for (let group = 0; group < 220; group += 1) {
    await org.write((draft) => {
      for (let one = 0; one < 7; one += 1) draft.create('account', { name: `Of group ${group}` })
    })
  }
  expect(await org.push()).toMatchObject({ processed: 220, left: 0 })
  expect(batches.flat()).toEqual(Array.from({ length: 220 }, () => 7))
  const changes = batches.map((sizes) => sizes.reduce((sum, size) => sum + size, 0))
  expect(Math.max(...changes)).toBe(497)
})

test('a wait that the master asked for, but the browser hides, is at least some seconds and grows', async () => {
  const { there, org, push } = await watched()
  there.emulator.faults.add({
    times: 3,
    match: { method: 'PATCH' },
    fault: { kind: 'status', status: 429, body: 'empty' },
  })
  await writeAccounts(org, 1)
  const waits: number[] = []
  for (let round = 0; round < 3; round += 1) {
    await expect(push()).rejects.toMatchObject({ code: 'throttled' })
    const { connection } = await org.status()
    if (connection.kind !== 'paused') throw new Error(`expected a pause, found ${connection.kind}`)
    waits.push(connection.until - there.env.now())
    await there.env.advance(waits.at(-1) ?? 0)
  }
  expect(waits[0]).toBeGreaterThanOrEqual(4_000)
  expect(waits[2]).toBeGreaterThan((waits[0] ?? 0) * 1.5)
  expect(await push()).toMatchObject({ processed: 1, left: 0 })
})

test('a pause for throttling ends when its time is over, though the clock of the device was put back', async () => {
  const { there, org, push } = await watched()
  there.emulator.faults.add({
    match: { method: 'PATCH' },
    fault: { kind: 'status', status: 429, retryAfter: 10, body: 'empty' },
  })
  await writeAccounts(org, 1)
  await expect(push()).rejects.toMatchObject({ code: 'throttled' })
  there.env.setClock(there.env.now() - 365 * 24 * 3_600_000)
  await expect(push()).rejects.toMatchObject({ code: 'throttled' })
  await there.env.advance(10_000)
  expect(await push()).toMatchObject({ processed: 1 })
})

test('of batches that go at once, one that fails does not keep the others from being settled', async () => {
  const { there, org, push } = await watched()
  await writeAccounts(org, 900)
  const failing = there.emulator.faults.add({
    match: { batch: true, body: /"Account 450"/ },
    fault: { kind: 'dropBeforeCommit' },
  })
  await expect(push()).rejects.toMatchObject({ code: 'offline' })
  failing()
  const pending = await org.outbox.list({ statuses: ['pending'], limit: 1_000 })
  const unknown = pending.filter(({ outcome }) => outcome === 'unknown')
  expect(unknown).toHaveLength(200)
  const last = unknown.at(-1)?.seq ?? 0
  expect((await org.outbox.list({ statuses: ['processed'], after: last, limit: 1_000 })).length).toBeGreaterThan(0)
  there.emulator.faults.clear()
  expect(await push()).toMatchObject({ left: 0 })
})

const NOTES: Configuration = {
  tables: {
    account: { columns: ['name'] },
    annotation: { columns: ['subject', 'documentbody', 'filename', 'isdocument'] },
  },
}

const photo = (draft: Draft, subject: string): string =>
  draft.create('annotation', { subject, filename: 'photo.jpg', isdocument: true, documentbody: 'QUJD'.repeat(400_000) })

test('large bodies are sent alone, after everything small that is ready', async () => {
  const { org, sent, push } = await watched(NOTES)
  await org.write((draft) => photo(draft, 'First'))
  await writeAccounts(org, 60)
  await org.write((draft) => photo(draft, 'Second'))
  const settled: number[] = []
  org.subscribe((event) => {
    if (event.type === 'push.settled') settled.push(event.seq)
  })
  expect(await push()).toMatchObject({ processed: 62, left: 0 })
  expect(sent).toEqual([6, 12, 18, 24, 1, 1])
  expect(settled.slice(-2)).toEqual([1, 62])
})

test('a batch holds no more than a slow uplink carries', async () => {
  const { org, sent, push } = await watched(NOTES)
  for (let index = 0; index < 4; index += 1) {
    await org.write((draft) =>
      draft.create('annotation', {
        subject: `Note ${index}`,
        filename: 'a',
        isdocument: true,
        documentbody: 'QUJD'.repeat(100_000),
      }),
    )
  }
  await push()
  expect(sent).toEqual([2, 2])
})

test('what is written while a large body hangs does not wait for it, and one that fails leaves its turn to the next', async () => {
  const { there, org, push } = await watched(NOTES)
  there.emulator.faults.add({ match: { body: /"Hangs"/ }, fault: { kind: 'hang' } })
  await org.write((draft) => photo(draft, 'Hangs'))
  await org.write((draft) => photo(draft, 'Second'))
  const pushing = org.push()
  await there.env.advance(1_000)
  await org.write((draft) => draft.create('account', { name: 'Meanwhile' }))
  await there.env.advance(5)
  expect((await org.outbox.list({ statuses: 'all' })).map(({ status }) => status)).toEqual([
    'pending',
    'pending',
    'processed',
  ])
  expect((await org.outbox.get(1))?.reason?.kind).toBe('in-flight')
  await Promise.all([expect(pushing).rejects.toMatchObject({ code: 'timeout' }), there.env.advance(200_000)])

  const settled: number[] = []
  org.subscribe((event) => {
    if (event.type === 'push.settled') settled.push(event.seq)
  })
  expect(await push()).toMatchObject({ left: 0 })
  expect(settled).toEqual([2, 1])
})
