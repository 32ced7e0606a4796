import { keepStorage, localStorageCanary } from '@outpost/store-dexie'
import type { TextStorage } from '@outpost/store-dexie'
import { expect, test } from 'vitest'
import { dayWithAnn } from './script.ts'

/* Whose work it is, and that it outlives sign-outs, sign-ins and browsers that clean up. */

test('C4: signing out with unsent work is refused and says how much there is; the work stays and is sent', async () => {
  const { office, ann } = await dayWithAnn()
  office.refuses('Create', 'account', 'No.', (row) => row['name'] === 'Refused')
  await ann.adds('account', { name: 'Refused' })
  await ann.syncs()
  const { id } = await ann.adds('account', { name: 'Unsent' })
  await expect(ann.org.signOut()).rejects.toMatchObject({ code: 'refused', unsent: { pending: 1, error: 1 } })
  expect(await ann.sees('account', id)).toMatchObject({ name: 'Unsent' })
  await ann.syncs()
  expect(office.row('account', id)).toMatchObject({ name: 'Unsent' })
})

test('C4: who signs out and keeps the work finds it when they come back, and nobody has sent it meanwhile', async () => {
  const { clock, office, ann } = await dayWithAnn({ delivery: 'at-once' })
  ann.goesOffline()
  const { id, seq } = await ann.adds('account', { name: 'Until tomorrow' })
  await ann.org.signOut({ unsent: 'keep' })
  ann.goesOnline()
  await clock.advance(24 * 3_600_000)
  await ann.restarts()
  await clock.advance(3_600_000)
  expect(office.heard()).toEqual([])
  await expect(ann.adds('account', { name: 'Whose?' })).rejects.toMatchObject({ code: 'refused' })

  ann.signIn.expires()
  await ann.org.connect()
  await ann.org.idle()
  expect(await ann.outbox(seq)).toEqual(['processed'])
  expect(office.row('account', id)).toMatchObject({ name: 'Until tomorrow' })
})

test('C4: who signs out and discards the work leaves nothing behind, here or in the office', async () => {
  const { office, ann } = await dayWithAnn()
  await ann.adds('account', { name: 'Given up' })
  await ann.org.signOut({ unsent: 'discard' })
  expect(await ann.org.status()).toMatchObject({ identity: null, transactions: { pending: 0, error: 0 } })
  await ann.setsUp()
  expect(office.heard()).toEqual([])
  expect(await ann.org.outbox.list({ statuses: 'all' })).toEqual([])
})

test('C4: what Ann wrote is never sent as Bo, who signs in on her device, and is hers when she is back', async () => {
  const { office, ann } = await dayWithAnn()
  office.employs('Bo')
  const { id, seq } = await ann.adds('account', { name: 'Ann’s' })
  ann.signIn.changesTo('Bo')
  ann.org.reconnect()
  expect(await ann.syncs()).toBe('wrong-master')
  expect(await ann.pushes()).toBe('wrong-master')
  await expect(ann.org.connect()).rejects.toMatchObject({ code: 'wrong-master' })
  expect(office.heard()).toEqual([])
  expect((await ann.transaction(seq)).status).toBe('pending')

  ann.signIn.changesTo('Ann')
  ann.org.reconnect()
  await ann.syncs()
  const [user] = office.emulator.users.filter(({ name }) => name === 'Ann')
  expect(office.row('account', id)).toMatchObject({ name: 'Ann’s', createdby: user?.id })
})

test('C5: a device that finds its storage cleared says how much unsent work was in it, and one that was not says nothing', async () => {
  const { ann } = await dayWithAnn({ canary: localStorageCanary(localStorage(), 'ann') })
  await ann.adds('account', { name: 'Lost' })
  await ann.adds('account', { name: 'Lost as well' })
  await ann.restarts()
  expect((await ann.org.status()).evicted).toBeNull()
  await ann.losesStorage()
  expect((await ann.org.status()).evicted).toMatchObject({ pending: 2, error: 0 })
})

test('C5: the browser is asked not to clear the storage, and what it answers is known', async () => {
  const asked: string[] = []
  const browser = {
    persist: () => Promise.resolve(asked.push('persist') > 0),
    estimate: () => Promise.resolve({ usage: 4_000_000, quota: 5_000_000 }),
  }
  expect(await keepStorage(browser)).toEqual({ persisted: true, usage: 4_000_000, quota: 5_000_000 })
  expect(asked).toEqual(['persist'])
  expect(await keepStorage({ ...browser, persist: () => Promise.resolve(false) })).toMatchObject({ persisted: false })
})

test('C5: a device whose storage was cleared when everything had been sent has lost nothing', async () => {
  const { ann } = await dayWithAnn({ canary: localStorageCanary(localStorage(), 'ann') })
  await ann.adds('account', { name: 'Safe in the office' })
  await ann.syncs()
  await ann.losesStorage()
  expect((await ann.org.status()).evicted).toBeNull()
})

test('C5: work that has waited for more than a week raises an alarm, once', async () => {
  const { clock, ann } = await dayWithAnn()
  ann.goesOffline()
  const { seq } = await ann.adds('account', { name: 'Forgotten' })
  const alarms = (): readonly unknown[] => ann.events.filter(({ type }) => type === 'outbox.waiting')
  await clock.advance(6 * 86_400_000)
  expect(await ann.syncs()).toBe('offline')
  expect(alarms()).toEqual([])
  await clock.advance(2 * 86_400_000)
  await ann.syncs()
  await ann.syncs()
  expect(alarms()).toMatchObject([{ seq }])
})

test('C14: a token that has expired overnight is renewed without anybody noticing', async () => {
  const { office, ann } = await dayWithAnn()
  ann.goesOffline()
  const { id } = await ann.adds('account', { name: 'Written last night' })
  ann.signIn.expires()
  ann.goesOnline()
  expect(await ann.syncs()).toBe('synced')
  expect(office.row('account', id)).toMatchObject({ name: 'Written last night' })
})

test('C14: when only a person can sign in again the queue pauses and fails nothing, and work on the device goes on', async () => {
  const { clock, office, ann } = await dayWithAnn({ delivery: 'at-once' })
  ann.goesOffline()
  const first = await ann.adds('account', { name: 'Before' })
  ann.signIn.expires()
  ann.signIn.needs('password')
  ann.goesOnline()
  await clock.advance(60_000)
  expect((await ann.org.status()).connection.kind).toBe('signed-out')
  ann.line.sent()
  const second = await ann.adds('account', { name: 'During' })
  await clock.advance(8 * 3_600_000)
  expect(ann.line.sent()).toEqual([])
  expect(await ann.sees('account', second.id)).toMatchObject({ name: 'During' })
  expect(await ann.outbox()).toEqual(['pending: waiting-for-sign-in', 'pending: waiting-for-sign-in'])
  expect(await ann.transaction(first.seq)).toMatchObject({ attempts: 0, lastError: { code: 'unauthenticated' } })

  ann.signIn.needs('nothing')
  ann.org.reconnect()
  await ann.org.idle()
  expect(await ann.outbox(first.seq, second.seq)).toEqual(['processed', 'processed'])
  expect([office.row('account', first.id), office.row('account', second.id)]).not.toContain(undefined)
})

test('C14: a sign-in service out of reach after waking up is a matter of the network: no person is asked, and it goes on by itself', async () => {
  const { clock, office, ann } = await dayWithAnn({ delivery: 'at-once' })
  ann.goesOffline()
  const { id } = await ann.adds('account', { name: 'Just woken up' })
  ann.signIn.expires()
  ann.signIn.needs('network')
  ann.goesOnline()
  await ann.org.idle()
  expect((await ann.org.status()).connection).toMatchObject({ kind: 'paused', code: 'offline' })
  ann.signIn.needs('nothing')
  await clock.advance(10 * 60_000)
  expect(office.row('account', id)).toMatchObject({ name: 'Just woken up' })
  expect((await ann.org.status()).connection.kind).toBe('connected')
})

function localStorage(): TextStorage {
  const kept = new Map<string, string>()
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, text) => void kept.set(key, text),
  }
}
