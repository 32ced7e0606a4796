import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ClientOrg, OutpostError } from '@outpost/core'
import type { OutpostErrorCode, Store } from '@outpost/core'
import { faultyStore } from '@outpost/core/testing'
import type { FaultyStore } from '@outpost/core/testing'
import { openSqliteStore } from '@outpost/store-sqlite'
import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'
import { CHANGES_OF_SYNC, converges, failureOf, faultWorld, outcomeOf, rowsOf, temporaryFolder } from './fault-world.ts'
import type { Device, FaultWorld } from './fault-world.ts'

/* The disk: full, read-only, somebody else's, from the future, or in use. */

test('a first download that fills the disk keeps what fitted, and goes on when there is room', async () => {
  const there = await faultWorld()
  const device = await there.synced({ configuration: { tables: {} } })
  await device.org.configure({ tables: { contact: { columns: ['lastname', 'description'] } } })
  await end(device)

  for (let at = 0; at < 300; at += 1) {
    there.emulator.master.create('contact', { lastname: `Contact ${at}`, description: 'x'.repeat(2000) })
  }
  const { org, store } = await openLimited(there, device.path, sizeOf(device.path))
  expect(await failureOf(org.sync())).toMatchObject({ code: 'store-full' })
  expect((await org.status()).tables['contact']).toMatchObject({ complete: false })
  await end({ org, store })

  await converges(there, await there.device({ path: device.path, pageSize: 50 }))
})

test('a write that the disk has no room for is refused and leaves nothing; what was written before is kept and sent', async () => {
  const there = await faultWorld()
  const synced = await there.synced()
  await end(synced)
  const { org, store } = await openLimited(there, synced.path, sizeOf(synced.path) + 4 * 16_384)
  const written: string[] = []
  let failure: unknown
  for (let at = 0; at < 500 && !failure; at += 1) {
    let id = ''
    const outcome = await outcomeOf(
      org.write((draft) => {
        id = draft.create('account', { name: `Made offline ${at} ${'x'.repeat(100)}` })
      }),
    )
    if (outcome instanceof Error) failure = outcome
    else written.push(id)
  }
  expect(failure).toMatchObject({ code: 'store-full' })
  expect(written.length).toBeGreaterThan(0)
  expect((await org.status()).transactions).toMatchObject({ pending: written.length })
  const held = await rowsOf(store, 'account')
  expect([...held.values()].filter(({ name }) => String(name).startsWith('Made offline'))).toHaveLength(written.length)
  await outcomeOf(org.sync())
  await end({ org, store })

  const roomy = await there.device({ path: synced.path })
  await converges(there, roomy)
  expect(written.map((id) => there.effects(id))).toEqual(written.map(() => 1))
}, 30_000)

const STORE_FAILURES = [
  'claim transactions',
  'settle transactions',
  'release transactions',
  'verify transactions',
  'apply page of contact',
  'prune contact',
]

test.each(STORE_FAILURES.flatMap((name) => (['commit', 'acknowledge'] as const).map((at) => [name, at] as const)))(
  'a store that fails in "%s" (%s) loses nothing, and each write has one effect',
  async (name, at) => {
    const there = await faultWorld()
    let faulty: FaultyStore | undefined
    const device = await there.synced({ store: (store) => (faulty = faultyStore(store)) })
    const [one, other] = await device.org.table('contact').query({ limit: 2 })
    const updated = String(one?.['contactid'])
    const deleted = String(other?.['contactid'])
    let created = ''
    await device.org.write((draft) => draft.update('contact', updated, { firstname: 'Ours' }))
    await device.org.write((draft) => draft.delete('contact', deleted))
    await device.org.write((draft) => {
      created = draft.create('account', { name: 'Made offline' })
    })
    there.emulator.master.remove('contact', there.emulator.master.rows('contact').at(-1)?.id ?? '')
    if (/release|verify/.test(name)) there.proxy.add({ ...CHANGES_OF_SYNC, fault: { kind: 'reset-answer', after: 0 } })
    faulty?.fail({ at, name })
    for (let run = 0; run < 3; run += 1) await outcomeOf(device.org.sync())
    expect(faulty?.strikes).toBe(1)
    faulty?.heal()
    await there.heal()
    await converges(there, device)
    expect([updated, deleted, created].map((id) => there.effects(id))).toEqual([1, 1, 1])
    expect((await device.org.status()).transactions).toMatchObject({ processed: 3 })
  },
)

test.each<[string, (path: string) => void, OutpostErrorCode]>([
  [
    'a text',
    (path) => writeFileSync(path, 'Dear diary, today I learnt about checkpoints.'.repeat(50)),
    'store-foreign',
  ],
  ['a few bytes', (path) => writeFileSync(path, 'SQLite'), 'store-foreign'],
  [
    'the database of another program',
    (path) => {
      const database = new Database(path)
      database.exec('CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES (1)')
      database.close()
    },
    'store-foreign',
  ],
])('a file that is %s is refused and left as it is', async (_, make, code) => {
  const path = join(await temporaryFolder(), 'client.db')
  make(path)
  const before = readFileSync(path)
  expect(await failureOf(openSqliteStore({ path }))).toMatchObject({ code })
  expect(readFileSync(path)).toEqual(before)
})

test('a database of a newer version is refused and left as it is', async () => {
  const there = await faultWorld()
  const device = await there.synced()
  await device.org.write((draft) => draft.create('account', { name: 'Made offline' }))
  await end(device)
  const current = Number(pragma(device.path, 'user_version'))
  pragma(device.path, `user_version = ${current + 1}`)
  const before = readFileSync(device.path)
  expect(await failureOf(openSqliteStore({ path: device.path }))).toMatchObject({ code: 'store-newer' })
  expect(readFileSync(device.path)).toEqual(before)

  pragma(device.path, `user_version = ${current}`)
  await converges(there, await there.device({ path: device.path }))
})

test('a second opener of the same file is refused while the first goes on', async () => {
  const there = await faultWorld()
  const device = await there.synced()
  expect(await failureOf(openSqliteStore({ path: device.path }))).toMatchObject({ code: 'store-busy' })
  await device.org.write((draft) => draft.create('account', { name: 'Made offline' }))
  await converges(there, device)
  await end(device)
  const store = await openSqliteStore({ path: device.path })
  await store.close()
})

test.skipIf(!existsSync('/proc/version'))(
  'a file in a folder that takes no files is refused as read-only',
  async () => {
    expect(await failureOf(openSqliteStore({ path: '/proc/client.db' }))).toMatchObject({ code: 'store-readonly' })
  },
)

test.skipIf(process.getuid?.() === 0)(
  'a file that may not be written is refused as read-only, and nothing in it is lost',
  async () => {
    const there = await faultWorld()
    const device = await there.synced()
    await device.org.write((draft) => draft.create('account', { name: 'Made offline' }))
    await end(device)
    chmodSync(device.path, 0o444)
    expect(await failureOf(openSqliteStore({ path: device.path }))).toMatchObject({ code: 'store-readonly' })
    chmodSync(device.path, 0o644)
    await converges(there, await there.device({ path: device.path }))
  },
)

test('a disk that turns read-only refuses writes, still gives what it holds, and loses nothing', async () => {
  const there = await faultWorld()
  let faulty: FaultyStore | undefined
  const device = await there.synced({ store: (store) => (faulty = faultyStore(store)) })
  let id = ''
  await device.org.write((draft) => {
    id = draft.create('account', { name: 'Made offline' })
  })
  const held = await device.rows('account')
  const error = new OutpostError('store-readonly', 'the file system was mounted read-only')
  faulty?.fail({ at: 'commit', times: Infinity, error })
  expect(await failureOf(device.org.write((draft) => draft.delete('account', id)))).toMatchObject({
    code: 'store-readonly',
  })
  expect(await failureOf(device.org.sync())).toMatchObject({ code: 'store-readonly' })
  expect(await device.rows('account')).toEqual(held)
  expect((await device.org.status()).transactions).toMatchObject({ pending: 1 })
  expect(there.effects(id)).toBe(0)

  faulty?.heal()
  await converges(there, device)
  expect(there.effects(id)).toBe(1)
})

async function openLimited(
  there: FaultWorld,
  path: string,
  maxBytes: number,
): Promise<{ readonly org: ClientOrg; readonly store: Store }> {
  const store = await openSqliteStore({ path, maxBytes })
  const org = await ClientOrg.open({
    store,
    master: there.master(),
    env: there.env,
    delivery: 'on-demand',
    pageSize: 3,
  })
  onTestFinished(() => end({ org, store }))
  return { org, store }
}

async function end({ org, store }: Pick<Device, 'org' | 'store'>): Promise<void> {
  await org.close()
  await store.close()
}

function sizeOf(path: string): number {
  return readFileSync(path).length
}

function pragma(path: string, text: string): unknown {
  const database = new Database(path)
  try {
    return database.pragma(text, { simple: true })
  } finally {
    database.close()
  }
}
