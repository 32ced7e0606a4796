import type { ColumnValue } from '@outpost/core'
import { expect, test } from 'vitest'
import { differences, world } from './world.ts'
import type { Device, World } from './world.ts'

/* A write can be told to wait for others that it has no row in common with. */

interface Story {
  readonly there: World
  readonly device: Device
  /** An account number that another account of the master has: who is created with it is refused. */
  readonly taken: string
}

async function story(): Promise<Story> {
  const there = world()
  const device = await there.device()
  await device.sync()
  const [account] = await device.org.table('account').query({ where: 'accountnumber ne null', limit: 1 })
  return { there, device, taken: String(account?.['accountnumber']) }
}

async function create(
  device: Device,
  values: Readonly<Record<string, ColumnValue>>,
  after?: readonly number[],
): Promise<number> {
  const options = after ? { after } : {}
  return Number((await device.org.write((draft) => draft.create('account', values), options)).seq)
}

const reason = async (device: Device, seq: number): Promise<unknown> => (await device.org.outbox.get(seq))?.reason
const isThere = ({ emulator }: World, name: string): boolean =>
  emulator.master.rows('account').some(({ values }) => values['name'] === name)

test('a write that is told to wait goes in a request of its own, behind the one it waits for', async () => {
  const { there, device } = await story()
  const first = await create(device, { name: 'First' })
  const second = await create(device, { name: 'Second' }, [first])
  expect(await device.org.outbox.get(second)).toMatchObject({ after: [first], dependsOn: [first] })
  there.requests()
  const sent: (readonly number[])[] = []
  device.org.subscribe((event) => {
    if (event.type === 'push.sent') sent.push(event.transactions)
  })
  expect(await device.org.push()).toMatchObject({ processed: 2 })
  expect(sent).toEqual([[first], [second]])
})

test('what it waits for is refused: it waits on, alone, and goes when that is corrected', async () => {
  const { there, device, taken } = await story()
  const refused = await create(device, { name: 'Refused', accountnumber: taken })
  const waiting = await create(device, { name: 'Waiting' }, [refused])
  await create(device, { name: 'Alone' })
  expect(await device.org.push()).toMatchObject({ processed: 1, refused: 1, left: 1 })
  expect([isThere(there, 'Alone'), isThere(there, 'Waiting')]).toEqual([true, false])
  expect(await reason(device, waiting)).toEqual({ kind: 'blocked', by: refused })

  await device.org.outbox.amend(refused, { accountnumber: 'FREE-1' })
  await device.sync()
  expect(isThere(there, 'Waiting')).toBe(true)
  expect(await differences(there, device)).toEqual([])
})

test('what was delivered or put away is nothing to wait for', async () => {
  const { device } = await story()
  const delivered = await create(device, { name: 'Delivered' })
  await device.org.push()
  const archived = await create(device, { name: 'Archived' })
  await device.org.outbox.archive([archived])
  const seq = await create(device, { name: 'Goes at once' }, [delivered, archived])
  expect(await device.org.outbox.get(seq)).toMatchObject({
    after: [delivered, archived],
    dependsOn: [],
    reason: { kind: 'ready' },
  })
  expect(await device.org.push()).toMatchObject({ processed: 1 })
})

test.each([
  ['a seq that there is not', 99],
  ['itself', 2],
  ['what is no seq', 0.5],
])('a write cannot wait for %s: it is refused, and nothing of it is kept', async (_, seq) => {
  const { device } = await story()
  const first = await create(device, { name: 'First' })
  const before = await device.rows('account')
  await expect(create(device, { name: 'Second' }, [first, seq])).rejects.toMatchObject({
    code: 'invalid',
    place: { rule: 'unknown-transaction' },
    message: expect.stringContaining(`#${seq}`),
  })
  expect(await device.rows('account')).toEqual(before)
  expect(await device.org.outbox.counts()).toMatchObject({ pending: 1 })
})

test('a correction, a restart and being set to pending again leave the waiting as it was', async () => {
  const { device, taken } = await story()
  const refused = await create(device, { name: 'Refused', accountnumber: taken })
  const waiting = await create(device, { name: 'Waiting' }, [refused])
  await device.org.push()
  await device.org.outbox.amend(waiting, { name: 'Corrected' })
  expect(await reason(device, waiting)).toEqual({ kind: 'blocked', by: refused })
  await device.org.outbox.archive([waiting])
  await device.org.outbox.setPending([waiting])
  expect(await reason(device, waiting)).toEqual({ kind: 'blocked', by: refused })
  const restarted = await device.crash()
  expect(await reason(restarted, waiting)).toEqual({ kind: 'blocked', by: refused })
  expect(await restarted.org.outbox.get(waiting)).toMatchObject({ after: [refused] })
})

test('one in between is put away: who waited for it waits for what it waited for', async () => {
  const { device, taken } = await story()
  const refused = await create(device, { name: 'Refused', accountnumber: taken })
  const between = await create(device, { name: 'Between' }, [refused])
  const last = await create(device, { name: 'Last' }, [between])
  await device.org.push()
  expect(await reason(device, last)).toEqual({ kind: 'blocked', by: between })
  await device.org.outbox.archive([between])
  expect(await reason(device, last)).toEqual({ kind: 'blocked', by: refused })
  await device.org.outbox.amend(last, { name: 'Still last' })
  expect(await reason(device, last)).toEqual({ kind: 'blocked', by: refused })
})

test('one in between is cancelled before it was sent: who waited for it waits for what it waited for', async () => {
  const { device, taken } = await story()
  let [account, contact] = ['', '']
  await device.org.write((draft) => {
    account = draft.create('account', { name: 'Refused', accountnumber: taken })
  })
  const child = await device.org.write((draft) => {
    contact = draft.create('contact', {
      lastname: 'Child',
      parentcustomerid: account,
      parentcustomerid$table: 'account',
    })
  })
  const last = await create(device, { name: 'Last' }, [Number(child.seq)])
  await device.org.push()
  expect(await device.org.write((draft) => draft.delete('contact', contact))).toEqual(child)
  expect(await device.org.outbox.get(Number(child.seq))).toMatchObject({ status: 'archived' })
  expect(await reason(device, last)).toEqual({ kind: 'blocked', by: 1 })
})
