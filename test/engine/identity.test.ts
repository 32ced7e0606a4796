import { ClientOrg, OutpostError } from '@outpost/core'
import type { MasterOrg, Store } from '@outpost/core'
import { memoryStore, MemoryDatabase } from '@outpost/core/memory'
import { dataverseMaster } from '@outpost/dataverse-adapter'
import { expect, test } from 'vitest'
import { administrator, world } from './world.ts'
import type { World } from './world.ts'

/* A transaction is sent as the user who made it, or not at all. A missing sign-in is never a verdict on a write. */

const ACCOUNTS = { tables: { account: { columns: ['name'] } } }

/** Who is signed in on a device, and what becomes of a request for a token. */
interface SignIn {
  user: string
  fails: (() => Error) | null
}

function masterOf({ emulator, env }: World, signIn: SignIn): MasterOrg {
  return dataverseMaster({
    url: emulator.root,
    token: () => (signIn.fails ? Promise.reject(signIn.fails()) : Promise.resolve(emulator.tokenFor(signIn.user))),
    fetch: emulator.fetch,
    env,
  })
}

async function deviceOf(
  there: World,
  signIn: SignIn,
  store: Store = memoryStore({ database: new MemoryDatabase() }),
  delivery: 'on-demand' | 'at-once' = 'on-demand',
): Promise<ClientOrg> {
  const org = await ClientOrg.open({ store, master: masterOf(there, signIn), env: there.env, delivery })
  await org.connect()
  await org.configure(ACCOUNTS)
  return org
}

function users(there: World): readonly [string, string] {
  const mine = administrator(there.emulator)
  return [mine, there.emulator.security.addUser({ name: 'Somebody Else', roles: ['System Administrator'] }).name]
}

function accountsNamed(there: World, name: string): number {
  return there.emulator.master.rows('account').filter((row) => row.values['name'] === name).length
}

function create(org: ClientOrg, name: string): Promise<{ readonly seq: number | null }> {
  return org.write((draft) => void draft.create('account', { name }))
}

test('organisation, tenant and user are known after connect, and bound to every transaction', async () => {
  const there = world()
  const org = await deviceOf(there, { user: administrator(there.emulator), fails: null })
  const { identity } = await org.status()
  expect(identity).toMatchObject({ organizationId: expect.any(String), tenantId: expect.any(String) })
  const { seq } = await create(org, 'Ours')
  const { organizationId, tenantId, userId } = { ...identity }
  expect(await org.outbox.get(Number(seq))).toMatchObject({ organizationId, tenantId, userId })
})

test('an organisation that does not tell its tenant is connected to all the same', async () => {
  const there = world()
  const match = { path: /RetrieveCurrentOrganization/ }
  there.emulator.faults.add({ match, times: Infinity, fault: { kind: 'status', status: 403, body: 'json' } })
  const org = await deviceOf(there, { user: administrator(there.emulator), fails: null })
  expect((await org.status()).identity).not.toHaveProperty('tenantId')
  await create(org, 'Ours')
  expect(await org.push()).toMatchObject({ processed: 1 })
})

test('a push asks nothing more about tenants, tokens and privileges', async () => {
  const there = world()
  const org = await deviceOf(there, { user: administrator(there.emulator), fails: null })
  await create(org, 'Ours')
  there.requests()
  await org.push()
  expect(there.requests()).toEqual([expect.stringMatching(/^PATCH .*accounts/)])
})

test('another tenant is another master', async () => {
  const there = world()
  const store = memoryStore({ database: new MemoryDatabase() })
  const signIn = { user: administrator(there.emulator), fails: null }
  await (await deviceOf(there, signIn, store)).close()
  const master = { ...masterOf(there, signIn), tenant: () => Promise.resolve('11111111-2222-4333-8444-555555555555') }
  const org = await ClientOrg.open({ store, master, env: there.env, delivery: 'on-demand' })
  await expect(org.connect()).rejects.toMatchObject({
    code: 'wrong-master',
    message: expect.stringContaining('tenant'),
  })
})

test('an account that is switched between the claim and the request sends nothing', async () => {
  const there = world()
  const [mine, other] = users(there)
  const signIn: SignIn = { user: mine, fails: null }
  const org = await deviceOf(there, signIn)
  await create(org, 'Mine')
  await org.push()
  const { seq } = await create(org, 'Mine too')
  // The event tells of the claim; the request has not been made yet.
  const stop = org.subscribe((event) => {
    if (event.type === 'push.sent') signIn.user = other
  })
  await expect(org.push()).rejects.toMatchObject({ code: 'wrong-master' })
  expect(accountsNamed(there, 'Mine too')).toBe(0)
  expect(await org.outbox.get(Number(seq))).toMatchObject({
    status: 'pending',
    outcome: 'not-sent',
    lease: null,
    attempts: 0,
  })
  expect((await org.status()).connection.kind).toBe('signed-out')
  stop()
  await expect(org.push()).rejects.toMatchObject({ code: 'wrong-master' })
  expect(accountsNamed(there, 'Mine too')).toBe(0)

  signIn.user = mine
  org.reconnect()
  expect(await org.push()).toMatchObject({ processed: 1 })
  const sent = there.emulator.master.rows('account').find((row) => row.values['name'] === 'Mine too')
  expect(sent?.values['createdby']).toBe((await org.status()).identity?.userId)
})

test("a store that holds several users' transactions gives each only their own", async () => {
  const there = world()
  const [mine, other] = users(there)
  const store = memoryStore({ database: new MemoryDatabase() })
  const signIn: SignIn = { user: mine, fails: null }
  const org = await deviceOf(there, signIn, store)
  const { seq } = await create(org, 'Of somebody else')
  await create(org, 'Mine')
  const otherId = there.emulator.users.find((user) => user.name === other)?.id ?? ''
  await store.write('another user', async (tx) => {
    const [transaction] = await tx.transactions([Number(seq)])
    if (transaction) await tx.putTransactions([{ ...transaction, userId: otherId }])
  })
  expect(await org.push()).toMatchObject({ processed: 1 })
  expect([accountsNamed(there, 'Mine'), accountsNamed(there, 'Of somebody else')]).toEqual([1, 0])
  expect((await org.outbox.get(Number(seq)))?.reason).toEqual({ kind: 'other-user', userId: otherId })
})

test('a queue of another user is not imported', async () => {
  const there = world()
  const [mine, other] = users(there)
  const org = await deviceOf(there, { user: mine, fails: null })
  await create(org, 'Mine')
  const file = await org.outbox.exportQueue()
  const theirs = await deviceOf(there, { user: other, fails: null })
  await expect(theirs.outbox.importQueue(file)).rejects.toMatchObject({ code: 'refused' })
  expect(await theirs.outbox.counts()).toMatchObject({ pending: 0 })
  await theirs.sync()
  expect(accountsNamed(there, 'Mine')).toBe(0)
})

const UNREACHABLE = (): Error => Object.assign(new TypeError('fetch failed'), { cause: { code: 'ENOTFOUND' } })
const INTERACTION = (): Error => Object.assign(new Error('interaction required'), { errorCode: 'interaction_required' })

test.each([
  ['the network', UNREACHABLE, 'offline', 'paused'],
  ['a provider that says so itself', () => new OutpostError('offline', 'no route'), 'offline', 'paused'],
  ['a sign-in that a person must make', INTERACTION, 'unauthenticated', 'signed-out'],
] as const)(
  'a token that fails because of %s: reads and writes go on, nothing becomes an Error',
  async (_, fails, code, kind) => {
    const there = world()
    const signIn: SignIn = { user: administrator(there.emulator), fails: null }
    const org = await deviceOf(there, signIn)
    await org.sync()
    signIn.fails = fails
    await there.env.advance(120_000)
    const { seq } = await create(org, 'Written meanwhile')
    await expect(org.push()).rejects.toMatchObject({ code })
    await expect(org.sync()).rejects.toMatchObject({ code })
    expect((await org.status()).connection).toMatchObject({ kind })
    expect((await org.table('account').query({ where: "name eq 'Written meanwhile'" })).length).toBe(1)
    await create(org, 'And another')
    expect(await org.outbox.get(Number(seq))).toMatchObject({
      status: 'pending',
      outcome: 'not-sent',
      attempts: 0,
      lastError: null,
    })
    expect(await org.outbox.counts()).toMatchObject({ pending: 2, error: 0 })

    signIn.fails = null
    org.reconnect()
    expect(await org.push()).toMatchObject({ processed: 2 })
  },
)

test('at once: the network comes back by itself, a sign-in is waited for', async () => {
  const there = world()
  const signIn: SignIn = { user: administrator(there.emulator), fails: null }
  const org = await deviceOf(there, signIn, undefined, 'at-once')
  signIn.fails = UNREACHABLE
  await create(org, 'Waits')
  await org.idle()
  expect((await org.status()).connection).toMatchObject({ kind: 'paused', code: 'offline' })
  signIn.fails = null
  await there.env.advance(3_600_000)
  await org.idle()
  expect(accountsNamed(there, 'Waits')).toBe(1)

  signIn.fails = INTERACTION
  await there.env.advance(120_000)
  await create(org, 'Waits for a person')
  await org.idle()
  expect((await org.status()).connection).toMatchObject({ kind: 'signed-out' })
  signIn.fails = null
  await there.env.advance(24 * 3_600_000)
  await org.idle()
  expect(accountsNamed(there, 'Waits for a person')).toBe(0)
  org.reconnect()
  await org.idle()
  expect(accountsNamed(there, 'Waits for a person')).toBe(1)
})
