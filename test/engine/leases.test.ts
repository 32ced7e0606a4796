import { ClientOrg } from '@outpost/core'
import type { MasterOrg } from '@outpost/core'
import { memoryStore } from '@outpost/core/memory'
import { expect, test } from 'vitest'
import { ACCOUNTS, world } from './world.ts'
import type { World } from './world.ts'

/* Who sends a transaction has claimed it in the store. Several client orgs may have the same store open. */

test('a claim from before the clock was put back holds nothing up', async () => {
  const there = world()
  const { org, store } = await there.device()
  const { seq } = await org.write((draft) => draft.create('account', { name: 'Claimed' }))
  await store.write('claim by a process that died', async (tx) => {
    const [transaction] = await tx.transactions([Number(seq)])
    const lease = { owner: 'somebody', until: there.env.now() + 3_600_000 }
    if (transaction) await tx.putTransactions([{ ...transaction, lease }])
  })
  expect(await org.push()).toMatchObject({ processed: 1, left: 0 })
})

/** Holds the next call of a kind up: before the master is asked, or when it has answered. */
class Gate {
  #held: { readonly call: 'push' | 'read'; readonly when: 'asked' | 'answered'; readonly reach: () => void } | null =
    null
  letGo: () => void = () => {}

  hold(call: 'push' | 'read', when: 'asked' | 'answered'): Promise<void> {
    return new Promise((reach) => {
      this.#held = { call, when, reach }
    })
  }

  through(master: MasterOrg): MasterOrg {
    return {
      ...master,
      read: (request, signal) => this.#pass('read', () => master.read(request, signal)),
      push: (transactions, signal) => this.#pass('push', () => master.push(transactions, signal)),
    }
  }

  async #pass<T>(call: 'push' | 'read', ask: () => Promise<T>): Promise<T> {
    const held = this.#held?.call === call ? this.#held : null
    if (!held) return ask()
    this.#held = null
    if (held.when === 'asked') await this.#wait(held.reach)
    const answer = await ask()
    if (held.when === 'answered') await this.#wait(held.reach)
    return answer
  }

  #wait(reach: () => void): Promise<void> {
    return new Promise((release) => {
      this.letGo = release
      reach()
    })
  }
}

interface Opened {
  readonly org: ClientOrg
  readonly gate: Gate
}

/** Two client orgs over one store, as two tabs have it. */
async function twoTabs(there: World): Promise<readonly [Opened, Opened]> {
  const store = memoryStore()
  const open = async (): Promise<Opened> => {
    const gate = new Gate()
    const master = gate.through(there.master())
    return { gate, org: await ClientOrg.open({ store, master, env: there.env, delivery: 'on-demand' }) }
  }
  const one = await open()
  await one.org.connect()
  await one.org.configure(ACCOUNTS)
  await one.org.sync()
  return [one, await open()]
}

test('two tabs that look for the same lost answer never send it both', async () => {
  const there = world()
  there.emulator.operations.register({
    name: 'new_Hire',
    kind: 'action',
    binding: { to: 'row', table: 'account' },
    parameters: { Count: 'Edm.Int32' },
    run: ({ parameters, row, service }) => {
      const count = Number(row?.values['numberofemployees'] ?? 0) + Number(parameters['Count'])
      service.update('account', row?.id ?? '', { numberofemployees: count })
    },
  })
  const id = there.emulator.master.create('account', { name: 'Growing', numberofemployees: 1 })
  const [one, other] = await twoTabs(there)
  await one.org.write((draft) =>
    draft.action('new_Hire', {
      on: { table: 'account', id },
      bound: true,
      parameters: { Count: 4 },
      happened: 'numberofemployees ge 5',
    }),
  )
  there.emulator.faults.add({ match: { method: 'POST' }, fault: { kind: 'dropBeforeCommit' } })
  await expect(one.org.push()).rejects.toMatchObject({ code: 'offline' })

  const looked = other.gate.hold('read', 'answered')
  const second = other.org.push()
  await looked
  const sent = one.gate.hold('push', 'asked')
  const first = one.org.push()
  await sent
  other.gate.letGo()
  expect(await second).toMatchObject({ processed: 0, left: 1 })
  one.gate.letGo()
  expect(await first).toMatchObject({ processed: 1, left: 0 })
  expect(there.emulator.master.row('account', id)?.values).toMatchObject({ numberofemployees: 5 })
})

test('what one tab has read of a row before it sends is nothing any more once another tab has written the row', async () => {
  const there = world()
  there.emulator.schema.changeTable('account', { optimisticConcurrency: false })
  const id = there.emulator.master.create('account', { name: 'Read, then written' })
  const [one, other] = await twoTabs(there)
  await one.org.write((draft) => draft.update('account', id, { name: 'Written' }))
  const looked = other.gate.hold('read', 'answered')
  const second = other.org.push()
  await looked
  expect(await one.org.push()).toMatchObject({ processed: 1 })
  other.gate.letGo()
  await second
  expect(await one.org.table('account').get(id)).toMatchObject({ name: 'Written' })
})

test('what one tab has looked at is not sent on an older look of another tab, whose request never arrived', async () => {
  const there = world()
  there.emulator.schema.changeTable('account', { optimisticConcurrency: false })
  const id = there.emulator.master.create('account', { name: 'As it was' })
  const [one, other] = await twoTabs(there)
  await one.org.write((draft) => draft.update('account', id, { name: 'Mine' }))
  const looking = other.gate.hold('read', 'asked')
  const second = other.org.push()
  await looking
  const sending = one.gate.hold('push', 'asked')
  const first = one.org.push()
  await sending
  there.emulator.master.update('account', id, { name: 'Theirs' })
  there.emulator.faults.add({ match: { method: 'PATCH' }, fault: { kind: 'status', status: 429, body: 'json' } })
  one.gate.letGo()
  await expect(first).rejects.toMatchObject({ code: 'throttled' })
  other.gate.letGo()
  await second
  expect(there.emulator.master.row('account', id)?.values).toMatchObject({ name: 'Theirs' })
  const [transaction] = await one.org.outbox.list({ statuses: 'all' })
  expect(transaction?.history.flatMap(({ conflicts = [] }) => conflicts)).toMatchObject([{ remote: 'Theirs' }])
})

test('a request that ends after its claim takes nothing away from whoever claimed the transaction since', async () => {
  const there = world()
  const [one, other] = await twoTabs(there)
  const { seq } = await one.org.write((draft) => draft.create('account', { name: 'Claimed twice' }))
  const asleep = one.gate.hold('push', 'asked')
  there.emulator.faults.add({ match: { method: 'PATCH' }, fault: { kind: 'dropBeforeCommit' } })
  const first = one.org.push().catch((error: unknown) => error)
  await asleep
  there.env.setClock(there.env.now() + 600_000)

  const sent = other.gate.hold('push', 'asked')
  const second = other.org.push()
  await sent
  one.gate.letGo()
  expect(await first).toMatchObject({ code: 'offline' })
  expect((await one.org.outbox.get(Number(seq)))?.reason).toMatchObject({ kind: 'in-flight' })
  other.gate.letGo()
  expect(await second).toMatchObject({ processed: 1, left: 0 })
})

test('a client org that is opened on the same store leaves the claims of one that is open alone', async () => {
  const there = world()
  const store = memoryStore()
  const open = async (): Promise<Opened> => {
    const gate = new Gate()
    const master = gate.through(there.master())
    return { gate, org: await ClientOrg.open({ store, master, env: there.env, delivery: 'on-demand' }) }
  }
  const one = await open()
  await one.org.connect()
  await one.org.configure(ACCOUNTS)
  const { seq } = await one.org.write((draft) => draft.create('account', { name: 'On its way' }))
  const sent = one.gate.hold('push', 'asked')
  const first = one.org.push()
  await sent
  const other = await open()
  expect((await other.org.outbox.get(Number(seq)))?.reason).toMatchObject({ kind: 'in-flight' })
  expect(await other.org.push()).toMatchObject({ processed: 0, left: 1 })
  one.gate.letGo()
  expect(await first).toMatchObject({ processed: 1, left: 0 })
})
