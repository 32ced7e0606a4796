import { fieldService } from '@outpost/dataverse-emulator'
import { expect, test } from 'vitest'
import { anyRow, converges, DEADLINE_MS, failureOf, faultWorld } from './fault-world.ts'
import type { Device } from './fault-world.ts'

test('connecting to a host that has no address fails as offline, and changes nothing', async () => {
  const there = await faultWorld()
  const device = await there.device({ url: 'https://outpost.invalid' })
  expect(await failureOf(device.org.connect())).toMatchObject({ code: 'offline', mayHaveArrived: false })
  expect(await device.org.status()).toMatchObject({ identity: null, connection: { kind: 'paused', code: 'offline' } })
})

test('what is written while connections are refused is not sent, counts no attempt, and leaves when they are accepted', async () => {
  const there = await faultWorld()
  const device = await there.synced()
  await there.proxy.refuse()
  const id = await createAccount(device)
  for (const run of [device.org.push(), device.org.sync(), device.org.updateMetadata()]) {
    expect(await failureOf(run)).toMatchObject({ code: 'offline', mayHaveArrived: false })
  }
  const [transaction] = await device.org.outbox.list({ statuses: 'all' })
  expect(transaction).toMatchObject({ status: 'pending', outcome: 'not-sent', attempts: 0, lease: null })

  await there.proxy.accept()
  await converges(there, device)
  expect(there.effects(id)).toBe(1)
})

test('a client org that delivers at once waits while connections are refused, and delivers by itself later', async () => {
  const there = await faultWorld()
  const device = await there.synced({ delivery: 'at-once' })
  await there.proxy.refuse()
  const id = await createAccount(device)
  await device.org.idle()
  const { connection, transactions } = await device.org.status()
  expect({ connection, transactions }).toMatchObject({
    connection: { kind: 'paused', code: 'offline' },
    transactions: { pending: 1, error: 0 },
  })
  await there.proxy.accept()
  // The pause is over, and the deadline of the request that follows is not.
  await there.env.advance(DEADLINE_MS / 2)
  await device.org.idle()
  expect((await device.org.status()).transactions).toMatchObject({ pending: 0, processed: 1 })
  expect(there.effects(id)).toBe(1)
})

test('a client org that delivers on demand sends nothing by itself, also after a pause', async () => {
  const there = await faultWorld()
  const device = await there.synced()
  const id = await createAccount(device)
  await there.proxy.refuse()
  await failureOf(device.org.push())
  await there.proxy.accept()
  await there.heal()
  device.org.reconnect()
  await device.org.idle()
  expect((await device.org.status()).transactions).toMatchObject({ pending: 1 })
  expect(there.effects(id)).toBe(0)
})

test('the organisation of somebody else gets nothing and gives nothing', async () => {
  const there = await faultWorld()
  const seed = fieldService({ rows: 200 })
  const elsewhere = await faultWorld({
    seed: { ...seed, organization: { ...seed.organization, id: 'ffffffff-0000-4000-8000-000000000001' } },
  })
  const device = await there.synced()
  const id = await createAccount(device)
  const before = await device.rows('account')
  await closeDevice(device)

  const strayed = await elsewhere.device({ path: device.path })
  await refusesTheWrongMaster(strayed, 'organisation')
  expect(elsewhere.effects(id)).toBe(0)
  expect(await strayed.rows('account')).toEqual(before)
  await closeDevice(strayed)

  const back = await there.device({ path: device.path })
  await converges(there, back)
  expect(there.effects(id)).toBe(1)
})

test('another user gets nothing and gives nothing', async () => {
  const there = await faultWorld()
  const device = await there.synced()
  const id = await createAccount(device)
  await closeDevice(device)

  const other = await there.device({
    path: device.path,
    token: () => there.emulator.tokenFor('Dorian Vestergaard'),
  })
  await refusesTheWrongMaster(other, 'user')
  expect(there.effects(id)).toBe(0)
  await closeDevice(other)

  await converges(there, await there.device({ path: device.path }))
  expect(there.effects(id)).toBe(1)
})

test('a token that is revoked in the middle of a run is renewed unnoticed', async () => {
  const there = await faultWorld()
  let token = there.emulator.tokenFor('Sunniva Admin')
  const device = await there.synced({
    token: ({ forceRefresh }) => (forceRefresh ? (token = there.emulator.tokenFor('Sunniva Admin')) : token),
  })
  const id = await createAccount(device)
  there.emulator.faults.add({ match: { method: 'PATCH' }, fault: { kind: 'rejectToken' } })
  there.emulator.faults.add({ match: { path: /contacts\?/ }, nth: 3, fault: { kind: 'rejectToken' } })
  there.emulator.revokeToken(token)
  await converges(there, device)
  expect(there.effects(id)).toBe(1)
})

test('a token that expires between two runs is renewed unnoticed', async () => {
  const there = await faultWorld({ tokenLifetimeMs: 60_000 })
  let token = there.emulator.tokenFor('Sunniva Admin')
  const device = await there.synced({
    token: ({ forceRefresh }) => (forceRefresh ? (token = there.emulator.tokenFor('Sunniva Admin')) : token),
  })
  const id = await createAccount(device)
  await there.env.advance(61_000)
  await converges(there, device)
  expect(there.effects(id)).toBe(1)
})

test('a sign-in that has ended stops delivery without a verdict, until there is a new one', async () => {
  const there = await faultWorld()
  let token = there.emulator.tokenFor('Sunniva Admin')
  const device = await there.synced({ delivery: 'at-once', token: () => token })
  there.emulator.revokeToken(token)
  const id = await createAccount(device)
  await device.org.idle()
  await there.env.advance(600_000)
  await device.org.idle()
  expect((await device.org.status()).connection).toMatchObject({ kind: 'signed-out' })
  const [transaction] = await device.org.outbox.list({ statuses: 'all' })
  expect(transaction).toMatchObject({ status: 'pending', outcome: 'not-sent', attempts: 0 })
  expect(await failureOf(device.org.sync())).toMatchObject({ code: 'unauthenticated' })

  token = there.emulator.tokenFor('Sunniva Admin')
  device.org.reconnect()
  await device.org.idle()
  expect((await device.org.status()).transactions).toMatchObject({ pending: 0, processed: 1 })
  await converges(there, device)
  expect(there.effects(id)).toBe(1)
})

test.each([
  ['cannot be reached', new TypeError('fetch failed'), 'offline'],
  ['refuses', new Error('interaction required'), 'unauthenticated'],
])('a sign-in service that %s is no verdict on a write', async (_, failure, code) => {
  const there = await faultWorld()
  let broken = false
  const device = await there.synced({
    token: () => (broken ? Promise.reject(failure) : there.emulator.tokenFor('Sunniva Admin')),
  })
  const id = await createAccount(device)
  broken = true
  expect(await failureOf(device.org.sync())).toMatchObject({ code })
  expect(await failureOf(device.org.push())).toMatchObject({ code })
  expect((await device.org.status()).transactions).toMatchObject({ pending: 1, error: 0 })
  broken = false
  await converges(there, device)
  expect(there.effects(id)).toBe(1)
})

async function createAccount({ org }: Device): Promise<string> {
  let id = ''
  await org.write((draft) => {
    id = draft.create('account', { name: 'Made offline' })
  })
  return id
}

async function closeDevice({ org, store }: Device): Promise<void> {
  await org.close()
  await store.close()
}

async function refusesTheWrongMaster({ org }: Device, what: string): Promise<void> {
  for (const run of [() => org.connect(), () => org.sync(), () => org.push(), () => org.updateMetadata()]) {
    const failure = await failureOf(run())
    expect(failure).toMatchObject({ code: 'wrong-master' })
    expect(failure.message).toContain(what)
    expect(failure.remedy).toContain(what)
  }
  expect(await org.status()).toMatchObject({
    connection: { kind: 'signed-out' },
    transactions: { pending: 1, error: 0 },
  })
  expect(await anyRow({ org }, 'account', "name eq 'Made offline'")).toMatchObject({ name: 'Made offline' })
}
