import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ClientOrg } from '@outpost/core'
import type { Configuration, Row, Store } from '@outpost/core'
import { memoryStore } from '@outpost/core/memory'
import { dataverseMaster } from '@outpost/dataverse-adapter'
import { openSqliteStore } from '@outpost/store-sqlite'
import { afterEach, expect, test } from 'vitest'
import { meteredStore } from './metered-store.ts'
import type { Meter } from './metered-store.ts'
import { administrator, world } from './world.ts'
import type { World } from './world.ts'

/* A queue that is long: it is opened, listed and sent part by part, and what has to wait is not read again and again. */

const PENDING = 10_000
const HALF_WAITING = 4_000
const BATCH = 100
/** As many as the master of these tests recommends. */
const LANES = 4
const LONG = { timeout: 240_000 }

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

const STORES: Readonly<Record<string, () => Promise<Store>>> = {
  memory: () => Promise.resolve(memoryStore()),
  SQLite: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'outpost-queue-'))
    const store = await openSqliteStore({ path: join(folder, 'queue.db') })
    closing.push(async () => {
      await store.close()
      rmSync(folder, { recursive: true })
    })
    return store
  },
}

const COLUMNS = ['name', 'accountnumber', 'numberofemployees', 'parentaccountid']
const CONFIGURATION: Configuration = { tables: { account: { columns: COLUMNS } } }
const HELD_BY_FILTER: Configuration = {
  tables: { account: { columns: COLUMNS, uploadFilter: 'numberofemployees ne 1' } },
}

/** A client org whose reads are counted, and the batches it sends. */
interface Queue {
  readonly there: World
  readonly org: ClientOrg
  readonly meter: Meter
  readonly batches: () => number
  /** The same client org in a process that was started anew. */
  readonly reopened: (delivery: 'at-once' | 'on-demand') => Promise<ClientOrg>
}

async function opened(name: string, configuration: Configuration): Promise<Queue> {
  const there = world({ rows: 200 })
  const { store, meter } = meteredStore((await STORES[name]?.()) ?? memoryStore())
  let batches = 0
  const master = dataverseMaster({
    url: there.emulator.root,
    token: () => Promise.resolve(there.emulator.tokenFor(administrator(there.emulator))),
    env: there.env,
    fetch: (url, init) => {
      if (url.endsWith('$batch')) batches += 1
      return there.emulator.fetch(url, init)
    },
  })
  const open = (delivery: 'at-once' | 'on-demand'): Promise<ClientOrg> =>
    ClientOrg.open({ store, master, env: there.env, delivery })
  const org = await open('on-demand')
  await org.connect()
  await org.configure(configuration)
  return {
    there,
    org,
    meter,
    batches: () => batches,
    reopened: async (delivery) => {
      await org.close()
      return open(delivery)
    },
  }
}

/** So many accounts, each a transaction of its own. */
async function write(org: ClientOrg, count: number, values: (index: number) => Row): Promise<void> {
  const one = (index: number): Promise<unknown> =>
    org.write((draft) => draft.create('account', { name: `Account ${index}`, ...values(index) }))
  await Promise.all(Array.from({ length: count }, (_, index) => one(index)))
}

test.each(Object.keys(STORES))(
  '10,000 pending transactions are opened, listed and sent part by part (%s)',
  LONG,
  async (name) => {
    const { org: before, meter, batches, reopened } = await opened(name, CONFIGURATION)
    await write(before, PENDING, () => ({}))
    meter.reset()

    const org = await reopened('on-demand')
    let [listed, after] = [0, 0]
    for (;;) {
      const page = await org.outbox.list({ statuses: ['pending'], after, limit: 100 })
      listed += page.length
      after = page.at(-1)?.seq ?? after
      if (page.length < 100) break
    }
    expect(listed).toBe(PENDING)
    expect(meter.mostHeld).toBeLessThanOrEqual(PENDING)
    expect(meter.mostPerCall).toBeLessThanOrEqual(200)

    meter.reset()
    expect(await org.push()).toMatchObject({ processed: PENDING, left: 0 })
    // The first ones are small, until it is known what they take.
    expect(batches()).toBeLessThanOrEqual(PENDING / BATCH + LANES)
    expect(meter.mostHeld).toBeLessThanOrEqual(LANES * BATCH)
    // Once to find it, once to claim it, once to settle it.
    expect(meter.total / PENDING).toBeLessThan(3.1)
  },
)

/** What keeps half of the queue waiting, and how many transactions that leaves pending. */
const OBSTACLES: Readonly<Record<string, (queue: Queue) => Promise<void>>> = {
  'held by an upload filter': async ({ org }) => {
    await write(org, HALF_WAITING, (index) => ({ numberofemployees: index % 2 }))
  },
  'blocked behind one Error': async ({ there, org }) => {
    const [taken] = there.emulator.master.rows('account').filter((row) => row.values['accountnumber'] !== null)
    let parent = ''
    await org.write((draft) => {
      parent = draft.create('account', { name: 'Refused', accountnumber: String(taken?.values['accountnumber']) })
    })
    await write(org, HALF_WAITING, (index) => (index % 2 === 1 ? { parentaccountid: parent } : {}))
  },
  'backing off': async ({ there, org }) => {
    there.emulator.faults.add({
      match: { part: true, body: /"numberofemployees":1/ },
      times: Infinity,
      fault: { kind: 'status', status: 500, body: 'json', code: '0x80044151' },
    })
    await write(org, HALF_WAITING, (index) => ({ numberofemployees: index % 2 }))
  },
}

test.each(Object.keys(OBSTACLES))('a queue of which half is %s is not read again and again', LONG, async (obstacle) => {
  const queue = await opened('memory', HELD_BY_FILTER)
  const { org, meter } = queue
  if (obstacle !== 'held by an upload filter') await org.configure(CONFIGURATION)
  await OBSTACLES[obstacle]?.(queue)
  meter.reset()
  expect(await org.push()).toMatchObject({ processed: HALF_WAITING / 2, left: HALF_WAITING / 2 })
  expect(meter.total / HALF_WAITING).toBeLessThan(4)
  expect(meter.mostHeld).toBeLessThanOrEqual(HALF_WAITING / 8)

  const eager = await queue.reopened('at-once')
  await eager.idle()
  meter.reset()
  for (let count = 0; count < 20; count += 1) {
    await eager.write((draft) => draft.create('account', { name: 'One more' }))
    await eager.idle()
  }
  expect(await eager.outbox.counts()).toMatchObject({ pending: HALF_WAITING / 2 })
  // What waits is not read for each write.
  expect(meter.total / 20).toBeLessThan(10)
})
