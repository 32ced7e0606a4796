import type { ColumnValue, MasterOrg } from '@outpost/core'
import { expect, test } from 'vitest'
import { differences, world } from './world.ts'
import type { Device, World } from './world.ts'

/* What is written while a push is on its way is kept, shown, and sent when the push is settled, however it ends. */

/** Stands between device and master, and holds one call of it up until it is let go. */
class Gate {
  #held: { readonly call: 'push' | 'read'; readonly when: 'asked' | 'done'; readonly reach: () => void } | null = null
  #release: () => void = () => {}

  /** Holds the next such call, before the master is asked or when it has done it. Resolves when the call is there. */
  hold(call: 'push' | 'read', when: 'asked' | 'done' = 'done'): Promise<void> {
    return new Promise((reach) => {
      this.#held = { call, when, reach }
    })
  }

  letGo(): void {
    this.#release()
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
    const answer = ask()
    if (held.when === 'done') await answer.catch(() => {}).then(() => this.#wait(held.reach))
    return answer
  }

  #wait(reach: () => void): Promise<void> {
    return new Promise((release) => {
      this.#release = release
      reach()
    })
  }
}

interface Story {
  readonly there: World
  readonly device: Device
  readonly gate: Gate
  /** A row of the master's that the device has, and that nothing points to. */
  readonly id: string
  readonly edit: (values: Readonly<Record<string, ColumnValue>>) => Promise<number>
  readonly master: () => Readonly<Record<string, unknown>> | undefined
}

async function story(): Promise<Story> {
  const there = world()
  const gate = new Gate()
  const id = there.emulator.master.create('account', { name: 'Old', telephone1: '0' })
  const configuration = {
    tables: { account: { columns: ['name', 'telephone1', 'accountnumber', 'revenue'], syncDeletion: true } },
  }
  const device = await there.device({ configuration, through: (master) => gate.through(master) })
  await device.sync()
  there.requests()
  return {
    there,
    device,
    gate,
    id,
    edit: async (values) => Number((await device.org.write((draft) => draft.update('account', id, values))).seq),
    master: () => there.emulator.master.row('account', id)?.values,
  }
}

const shown = (device: Device, id: string): Promise<unknown> => device.org.table('account').get(id)
const writes = (there: World): number => there.requests().filter((request) => !request.startsWith('GET')).length
const settled = async (device: Device): Promise<void> => {
  expect(await device.org.outbox.counts()).toMatchObject({ pending: 0, error: 0 })
}

test.each(['asked', 'done'] as const)(
  'an edit made while its row is being pushed (held when %s) is sent afterwards',
  async (when) => {
    const { there, device, gate, id, edit, master } = await story()
    const first = await edit({ name: 'First' })
    const reached = gate.hold('push', when)
    const push = device.org.push()
    await reached
    const second = await edit({ name: 'Second', telephone1: '2' })
    expect(second).not.toBe(first)
    expect(await shown(device, id)).toMatchObject({ name: 'Second', telephone1: '2' })
    expect((await device.org.outbox.get(second))?.reason).toEqual({ kind: 'blocked', by: first })
    gate.letGo()
    expect(await push).toMatchObject({ processed: 2, left: 0 })
    expect(writes(there)).toBe(2)
    expect(master()).toMatchObject({ name: 'Second', telephone1: '2' })
    expect(await shown(device, id)).toMatchObject({ name: 'Second', telephone1: '2' })
    await device.sync()
    expect(await differences(there, device)).toEqual([])
  },
)

test('edits made during a push are folded into one another, never into what is on its way', async () => {
  const { there, device, gate, edit, master } = await story()
  await edit({ name: 'On its way' })
  const reached = gate.hold('push')
  const push = device.org.push()
  await reached
  const seqs = [await edit({ name: 'A' }), await edit({ telephone1: '1' }), await edit({ name: 'B' })]
  expect(new Set(seqs)).toEqual(new Set([2]))
  gate.letGo()
  expect(await push).toMatchObject({ processed: 2 })
  expect(writes(there)).toBe(2)
  expect(master()).toMatchObject({ name: 'B', telephone1: '1' })
})

test('what is taken back during the push of it is taken back on the master, too', async () => {
  const { there, device, gate, edit, master } = await story()
  await edit({ name: 'Hasty' })
  const reached = gate.hold('push')
  const push = device.org.push()
  await reached
  await edit({ name: 'Old' })
  gate.letGo()
  expect(await push).toMatchObject({ processed: 2 })
  expect(master()).toMatchObject({ name: 'Old' })
  await device.sync()
  expect(await differences(there, device)).toEqual([])
})

test('a row that is deleted while an edit of it is being pushed goes away afterwards', async () => {
  const { there, device, gate, id, edit, master } = await story()
  await edit({ name: 'Last words' })
  const reached = gate.hold('push')
  const push = device.org.push()
  await reached
  await device.org.write((draft) => draft.delete('account', id))
  expect(await shown(device, id)).toBeUndefined()
  gate.letGo()
  expect(await push).toMatchObject({ processed: 2 })
  expect(master()).toBeUndefined()
  await device.sync()
  expect(await differences(there, device)).toEqual([])
})

test.each(['edited', 'deleted'] as const)(
  'a new row that is %s while it is being created on the master',
  async (what) => {
    const { there, device, gate } = await story()
    let made = ''
    await device.org.write((draft) => {
      made = draft.create('account', { name: 'New' })
    })
    const reached = gate.hold('push')
    const push = device.org.push()
    await reached
    await device.org.write((draft) =>
      what === 'edited' ? draft.update('account', made, { name: 'Newer' }) : draft.delete('account', made),
    )
    expect(await shown(device, made)).toEqual(
      what === 'edited' ? expect.objectContaining({ name: 'Newer' }) : undefined,
    )
    gate.letGo()
    expect(await push).toMatchObject({ processed: 2 })
    expect(there.emulator.master.row('account', made)?.values['name']).toBe(what === 'edited' ? 'Newer' : undefined)
    await device.sync()
    expect(await differences(there, device)).toEqual([])
  },
)

test('an edit made while it is being verified whether the one before arrived is sent afterwards', async () => {
  const { there, device, gate, id, edit, master } = await story()
  await edit({ name: 'Did it arrive' })
  there.emulator.faults.add({ match: { method: 'PATCH' }, fault: { kind: 'dropAfterCommit' } })
  await expect(device.org.push()).rejects.toMatchObject({ code: 'offline' })
  const arrived = there.emulator.master.row('account', id)?.version
  const reached = gate.hold('read')
  const push = device.org.push()
  await reached
  expect(await edit({ telephone1: '7' })).toBe(2)
  expect(there.emulator.master.row('account', id)?.version).toBe(arrived)
  gate.letGo()
  expect(await push).toMatchObject({ processed: 2 })
  expect(master()).toMatchObject({ name: 'Did it arrive', telephone1: '7' })
  await device.sync()
  expect(await differences(there, device)).toEqual([])
})

test('the push is refused meanwhile: the edit waits, and is sent when the refused one is put away or corrected', async () => {
  for (const way of ['archive', 'amend'] as const) {
    const { there, device, gate, id, edit, master } = await story()
    const taken = there.emulator.master.create('account', { name: 'Holder', accountnumber: 'TAKEN-1' })
    await edit({ name: 'First', accountnumber: 'TAKEN-1' })
    const reached = gate.hold('push')
    const push = device.org.push()
    await reached
    await edit({ telephone1: '5' })
    gate.letGo()
    expect(await push).toMatchObject({ refused: 1, left: 1 })
    expect(await edit({ telephone1: '6' })).toBe(2)
    expect((await device.org.outbox.get(2))?.reason).toEqual({ kind: 'blocked', by: 1 })
    if (way === 'archive') await device.org.outbox.archive([1])
    else await device.org.outbox.amend(1, { accountnumber: 'FREE-1' })
    await device.sync()
    await settled(device)
    expect(master()).toMatchObject({
      name: way === 'archive' ? 'Old' : 'First',
      accountnumber: way === 'archive' ? null : 'FREE-1',
      telephone1: '6',
    })
    expect(await shown(device, id)).toMatchObject({ telephone1: '6' })
    expect(there.emulator.master.row('account', taken)?.values['accountnumber']).toBe('TAKEN-1')
  }
})

test('the row has changed on the master meanwhile: both edits are merged into it, one after the other', async () => {
  const { there, device, gate, id, edit, master } = await story()
  await edit({ name: 'Ours' })
  const reached = gate.hold('push', 'asked')
  const push = device.org.push()
  await reached
  there.emulator.master.update('account', id, { revenue: 12 })
  await edit({ telephone1: '3' })
  gate.letGo()
  expect(await push).toMatchObject({ processed: 2 })
  expect(master()).toMatchObject({ name: 'Ours', telephone1: '3', revenue: 12 })
  await device.sync()
  expect(await differences(there, device)).toEqual([])
})

test.each(['dropAfterCommit', 'dropBeforeCommit'] as const)(
  'the answer is lost meanwhile (%s): each edit has one effect',
  async (kind) => {
    const { there, device, gate, edit, master } = await story()
    await edit({ name: 'First' })
    there.emulator.faults.add({ match: { method: 'PATCH' }, fault: { kind } })
    const reached = gate.hold('push')
    const push = device.org.push()
    await reached
    await edit({ name: 'Second' })
    gate.letGo()
    await expect(push).rejects.toMatchObject({ code: 'offline' })
    expect(await edit({ name: 'Third' })).toBe(2)
    await device.org.push()
    await settled(device)
    expect(master()).toMatchObject({ name: 'Third' })
    await device.sync()
    expect(await differences(there, device)).toEqual([])
    const { history = [] } = (await device.org.outbox.get(1)) ?? {}
    expect(history.filter(({ event }) => event === 'sent')).toHaveLength(kind === 'dropAfterCommit' ? 1 : 2)
  },
)

test('the device dies meanwhile: what was on its way and the edit behind it both arrive after the start', async () => {
  const { there, device, gate, id, edit, master } = await story()
  await edit({ name: 'First' })
  const reached = gate.hold('push')
  const push = device.org.push().catch(() => {})
  await reached
  await edit({ telephone1: '9' })
  const restarted = await device.crash()
  gate.letGo()
  await push
  expect(await shown(restarted, id)).toMatchObject({ name: 'First', telephone1: '9' })
  await there.env.advance(300_000)
  await restarted.sync()
  await settled(restarted)
  expect(master()).toMatchObject({ name: 'First', telephone1: '9' })
  expect(await differences(there, restarted)).toEqual([])
})
