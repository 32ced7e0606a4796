import { ClientOrg, UnsentError } from '@outpost/core'
import type { Canary, MasterOrg, OutpostEvent, Store } from '@outpost/core'
import { memoryStore, MemoryDatabase } from '@outpost/core/memory'
import { faultyStore } from '@outpost/core/testing'
import { expect, test } from 'vitest'
import { administrator, world } from './world.ts'
import type { Device, World } from './world.ts'

/* Signing out never loses unsent work unless told to; a lost database is noticed; work that waits too long is told of. */

const HELD = {
  tables: { account: { columns: ['name', 'telephone1'], uploadFilter: "telephone1 ne 'later'" } },
}

async function withUnsentWork(): Promise<{ there: World; device: Device }> {
  const there = world()
  const device = await there.device({ configuration: HELD })
  await device.sync()
  await device.org.write((draft) => void draft.create('account', { name: 'Ready' }))
  await device.org.write((draft) => void draft.create('account', { name: 'Held', telephone1: 'later' }))
  const { seq } = await device.org.write((draft) => void draft.create('account', { name: 'Refused' }))
  there.emulator.plugins.register({
    name: 'refuse',
    message: 'Create',
    table: 'account',
    stage: 'preOperation',
    run: ({ target, refuse }) => {
      if (target['name'] === 'Refused') refuse('no')
    },
  })
  await device.org.push()
  expect((await device.org.outbox.get(Number(seq)))?.status).toBe('error')
  await device.org.write((draft) => void draft.create('account', { name: 'Also ready' }))
  return { there, device }
}

function opened(there: World, store: Store, user?: string): Promise<ClientOrg> {
  return ClientOrg.open({ store, master: there.master(user), env: there.env, delivery: 'on-demand' })
}

function named(there: World, name: string): number {
  return there.emulator.master.rows('account').filter((row) => row.values['name'] === name).length
}

test('signing out is refused with counts while there is unsent work, and nothing changes', async () => {
  const { device } = await withUnsentWork()
  const before = await device.org.outbox.counts()
  const refusal: unknown = await device.org.signOut().catch((error: unknown) => error)
  expect(refusal).toBeInstanceOf(UnsentError)
  expect(refusal).toMatchObject({
    code: 'refused',
    unsent: { pending: 2, held: 1, error: 1, unknown: 0 },
    message: expect.stringMatching(/2 pending \(1 of them held by an upload filter\), 1 in error/),
    remedy: expect.stringMatching(/./),
  })
  expect(await device.org.outbox.counts()).toEqual(before)
  expect(await device.org.status()).toMatchObject({ signedOut: false, identity: { userId: expect.any(String) } })
})

test('without unsent work signing out clears the device', async () => {
  const there = world()
  const device = await there.device()
  await device.sync()
  await device.org.signOut()
  expect(await device.org.status()).toMatchObject({ identity: null, tables: {}, catalogueStamp: null })
  await device.org.connect()
  expect((await device.org.status()).identity).not.toBeNull()
})

test('what is kept is not sent, survives reopening, and is delivered when the same user connects again', async () => {
  const { there, device } = await withUnsentWork()
  await device.org.signOut({ unsent: 'keep' })
  const counts = await device.org.outbox.counts()
  there.requests()
  for (const attempt of [device.org.push(), device.org.sync(), device.org.updateMetadata()]) {
    await expect(attempt).rejects.toMatchObject({ code: 'unauthenticated', place: { rule: 'signed-out' } })
  }
  const write = device.org.write((draft) => void draft.create('account', { name: 'Whose?' }))
  await expect(write).rejects.toMatchObject({ code: 'refused', place: { rule: 'signed-out' } })

  const again = await device.crash()
  expect(await again.org.status()).toMatchObject({ signedOut: true, connection: { kind: 'signed-out' } })
  await expect(again.org.push()).rejects.toMatchObject({ code: 'unauthenticated' })
  again.org.reconnect()
  await expect(again.org.push()).rejects.toMatchObject({ code: 'unauthenticated' })
  expect(there.requests()).toEqual([])
  expect(await again.org.outbox.counts()).toEqual(counts)

  await again.org.connect()
  expect(await again.org.status()).toMatchObject({ signedOut: false, connection: { kind: 'connected' } })
  expect(await again.org.push()).toMatchObject({ processed: 1 })
  expect([named(there, 'Also ready'), named(there, 'Held')]).toEqual([1, 0])
})

test('what is kept is not for another user', async () => {
  const { there, device } = await withUnsentWork()
  const other = there.emulator.users.find((user) => user.name !== administrator(there.emulator))?.name
  await device.org.signOut({ unsent: 'keep' })
  await device.org.close()
  const theirs = await opened(there, device.store, other)
  await expect(theirs.connect()).rejects.toMatchObject({ code: 'wrong-master' })
  await expect(theirs.push()).rejects.toMatchObject({ code: 'unauthenticated' })
  expect(await theirs.status()).toMatchObject({ signedOut: true })
  expect(await theirs.outbox.counts()).toMatchObject({ pending: 2, error: 1 })
  expect(named(there, 'Also ready')).toBe(0)
})

test('what is kept cannot be corrected, sent again, put away or added to while its user is signed out', async () => {
  const { device } = await withUnsentWork()
  const { outbox } = device.org
  const [failed] = await outbox.list()
  const { seq = 0, changes = [] } = failed ?? {}
  const file = await outbox.exportQueue()
  await device.org.signOut({ unsent: 'keep' })
  const before = await outbox.list({ statuses: 'all' })
  const operations: readonly (() => Promise<unknown>)[] = [
    () => outbox.amend(seq, { name: 'Somebody else writes this' }),
    () => outbox.setPending([seq]),
    () => outbox.setAllPending(),
    () => outbox.retryAll(),
    () => outbox.archive([seq]),
    () => outbox.discard([seq]),
    () => outbox.revert({ table: 'account', id: String(changes[0]?.id) }),
    () => outbox.importQueue({ ...file, transactions: [] }),
  ]
  for (const operation of operations) {
    await expect(operation()).rejects.toMatchObject({ code: 'refused', place: { rule: 'signed-out' } })
  }
  expect(await outbox.list({ statuses: 'all' })).toEqual(before)
  expect((await outbox.exportQueue()).transactions).toEqual(file.transactions)
  await device.org.connect()
  await outbox.amend(seq, { name: 'By whoever wrote it' })
  expect((await outbox.get(seq))?.status).toBe('pending')
})

test('a choice that there is not is refused, and nothing is lost', async () => {
  const { device } = await withUnsentWork()
  const before = await device.org.outbox.counts()
  const misspelled = { unsent: JSON.parse('"keeep"') }
  await expect(device.org.signOut(misspelled)).rejects.toMatchObject({ code: 'invalid', place: { rule: 'option' } })
  expect(await device.org.outbox.counts()).toEqual(before)
})

test('at once is at once again after the return', async () => {
  const there = world()
  const device = await there.device({ delivery: 'at-once' })
  there.emulator.faults.add({ times: Infinity, fault: { kind: 'dropBeforeCommit' } })
  await device.org.write((draft) => void draft.create('account', { name: 'Waits' }))
  await device.org.idle()
  await device.org.signOut({ unsent: 'keep' })
  there.emulator.faults.clear()
  await there.env.advance(3_600_000)
  await device.org.idle()
  expect(named(there, 'Waits')).toBe(0)
  await device.org.connect()
  await device.org.idle()
  expect(named(there, 'Waits')).toBe(1)
})

test('discarding clears the device', async () => {
  const { device } = await withUnsentWork()
  await device.org.signOut({ unsent: 'discard' })
  expect(await device.org.status()).toMatchObject({ identity: null, transactions: { pending: 0, error: 0 } })
})

test.each(['refuse', 'keep', 'discard'] as const)(
  'a crash during a sign-out (%s) leaves all or nothing',
  async (unsent) => {
    for (const at of ['body', 'commit', { call: 1 }, 'acknowledge'] as const) {
      const there = world()
      const database = new MemoryDatabase()
      const store = faultyStore(memoryStore({ database }))
      const org = await opened(there, store)
      await org.connect()
      await org.configure({ tables: { account: { columns: ['name'] } } })
      const { seq } = await org.write((draft) => void draft.create('account', { name: 'Ours' }))
      if (unsent === 'refuse') await org.push()
      store.fail({ at, name: 'sign out' })
      await expect(org.signOut({ unsent })).rejects.toMatchObject({ code: 'store' })
      database.crash()

      const again = await opened(there, memoryStore({ database }))
      const status = await again.status()
      const kept = await again.outbox.get(Number(seq))
      const gone = at === 'acknowledge' && unsent !== 'keep'
      expect({ at, identity: status.identity === null, kept: kept === undefined }).toEqual({
        at,
        identity: gone,
        kept: gone,
      })
      expect(status.signedOut).toBe(at === 'acknowledge' && unsent === 'keep')
    }
  },
)

test('a canary tells that a database with unsent work is gone, and how much it held', async () => {
  const there = world()
  const notes: { text: string | null } = { text: null }
  const canary: Canary = { read: () => notes.text, write: (text: string) => void (notes.text = text) }
  const open = (database: MemoryDatabase): Promise<ClientOrg> =>
    ClientOrg.open({
      store: memoryStore({ database }),
      master: there.master(),
      env: there.env,
      delivery: 'on-demand',
      canary,
    })
  const database = new MemoryDatabase()
  const org = await open(database)
  const { userId } = await org.connect()
  await org.configure({ tables: { account: { columns: ['name'] } } })
  const { seq } = await org.write((draft) => void draft.create('account', { name: 'Ours' }))
  database.crash()
  expect((await (await open(database)).status()).evicted).toBeNull()

  const lost = await (await open(new MemoryDatabase())).status()
  expect(lost.evicted).toMatchObject({
    pending: 1,
    error: 0,
    lastSeq: seq,
    userId,
  })
  expect(lost.identity).toBeNull()

  // What was sent, or given up, is not lost.
  database.crash()
  const sent = await open(database)
  await sent.push()
  expect((await (await open(new MemoryDatabase())).status()).evicted).toBeNull()
  await sent.write((draft) => void draft.create('account', { name: 'Given up' }))
  await sent.signOut({ unsent: 'discard' })
  expect((await (await open(new MemoryDatabase())).status()).evicted).toBeNull()
})

const denied = (): never => {
  throw new Error('denied')
}

test.each<[string, () => string | null]>([
  ['is unreadable', () => 'not JSON'],
  ['throws', denied],
])('a canary that %s changes nothing', async (_, read) => {
  const there = world()
  const canary: Canary = { read, write: denied }
  const store = memoryStore({ database: new MemoryDatabase() })
  const org = await ClientOrg.open({ store, master: there.master(), env: there.env, delivery: 'on-demand', canary })
  await org.connect()
  await org.configure({ tables: { account: { columns: ['name'] } } })
  await org.write((draft) => void draft.create('account', { name: 'Ours' }))
  expect(await org.status()).toMatchObject({ evicted: null, transactions: { pending: 1 } })
})

test('a transaction that has been pending for more than a week is told of once, and its age always', async () => {
  const there = world()
  const device = await there.device()
  const events: OutpostEvent[] = []
  device.org.subscribe((event) => void events.push(event))
  const warnings = (): readonly OutpostEvent[] => events.filter((event) => event.type === 'outbox.waiting')
  expect((await device.org.status()).oldestPending).toBeNull()
  const { seq } = await device.org.write((draft) => void draft.create('account', { name: 'Old' }))
  const day = 24 * 60 * 60 * 1000
  await there.env.advance(7 * day)
  expect((await device.org.status()).oldestPending).toEqual({ seq, ageMs: 7 * day })
  expect(warnings()).toEqual([])
  await there.env.advance(1)
  there.emulator.faults.add({ times: Infinity, fault: { kind: 'dropBeforeCommit' } })
  await expect(device.org.push()).rejects.toMatchObject({ code: 'offline' })
  await expect(device.org.push()).rejects.toMatchObject({ code: 'offline' })
  await device.org.status()
  expect(warnings()).toEqual([{ type: 'outbox.waiting', seq, ageMs: 7 * day + 1 }])
})

test('a client org whose user was signed out in another tab does nothing in the name of the next one', async () => {
  const there = world()
  const [ann = '', bo = ''] = ['Ann', 'Bo'].map(
    (name) => there.emulator.security.addUser({ name, roles: ['System Administrator'] }).name,
  )
  const ACCOUNT_NAMES = { tables: { account: { columns: ['name'] } } }
  const store = memoryStore({ database: new MemoryDatabase() })
  let present = ann
  const tab = (): Promise<ClientOrg> =>
    ClientOrg.open({ store, master: masterOfPresent(there, () => present), env: there.env, delivery: 'on-demand' })
  const first = await tab()
  await first.connect()
  await first.configure(ACCOUNT_NAMES)
  const other = await tab()
  const signedOut = { place: { rule: 'signed-out' } }
  const nothingGoes = async (): Promise<void> => {
    await expect(other.write((draft) => void draft.create('account', { name: 'Ghost' }))).rejects.toMatchObject(
      signedOut,
    )
    await expect(other.push()).rejects.toMatchObject(signedOut)
    await expect(other.sync()).rejects.toMatchObject(signedOut)
    await expect(other.configure({ tables: {} })).rejects.toMatchObject(signedOut)
    await expect(other.outbox.retryAll()).rejects.toMatchObject(signedOut)
    expect(await other.status()).toMatchObject({ signedOut: true, tables: {} })
  }
  await first.signOut()
  await nothingGoes()

  present = bo
  await first.connect()
  await first.configure(ACCOUNT_NAMES)
  await first.write((draft) => void draft.create('account', { name: "Bo's" }))
  await nothingGoes()
  await expect(other.signOut({ unsent: 'discard' })).rejects.toMatchObject(signedOut)
  await expect(other.signOut({ unsent: 'keep' })).rejects.toMatchObject(signedOut)
  await expect(other.connect()).rejects.toMatchObject({ code: 'wrong-master' })
  present = ann
  await expect(other.connect()).rejects.toMatchObject({ code: 'wrong-master' })
  present = bo
  expect(await first.push()).toMatchObject({ processed: 1, left: 0 })
  expect([named(there, "Bo's"), named(there, 'Ghost')]).toEqual([1, 0])
})

/** The master as whoever is signed in at the time finds it. */
function masterOfPresent(there: World, present: () => string): MasterOrg {
  const masters = new Map<string, MasterOrg>()
  const now = (): MasterOrg => {
    const master = masters.get(present()) ?? there.master(present())
    masters.set(present(), master)
    return master
  }
  return new Proxy(there.master(present()), { get: (_, name) => Reflect.get(now(), name) as unknown })
}
