import type { Draft, ListedTransaction } from '@outpost/core'
import type { Fault, Knobs } from '@outpost/dataverse-emulator'
import { expect, test } from 'vitest'
import { anyRow, converges, DEADLINE_MS, failureOf, faultWorld } from './fault-world.ts'
import type { Device, FaultWorld } from './fault-world.ts'

/*
 * What the master answers to a write that it does not take, and each meaning of 404 and 412. Alone and in a batch with
 * another write, and with error codes as hexadecimal text, as decimal text and empty: the outcome is always the same.
 */

interface Variant {
  readonly knobs: Partial<Knobs>
  readonly batched: boolean
}

const CODES: readonly (readonly [string, Partial<Knobs>])[] = [
  ['hexadecimal codes', {}],
  ['decimal codes', { decimalErrorCodes: true }],
  ['empty codes', { emptyErrorCodes: true }],
]
const VARIANTS = CODES.flatMap(([codes, knobs]) =>
  (knobs.decimalErrorCodes ? [false] : [false, true]).map(
    (batched) => [`${codes}, ${batched ? 'in a batch' : 'alone'}`, { knobs, batched } satisfies Variant] as const,
  ),
)

test.each(VARIANTS)('an update of a row that was deleted on the master becomes Error (%s)', async (_, variant) => {
  const { there, device, send } = await scene(variant)
  const id = String((await anyRow(device, 'contact'))['contactid'])
  there.emulator.master.remove('contact', id)
  const transaction = await send((draft) => draft.update('contact', id, { firstname: 'Mine' }))
  expect(transaction).toMatchObject({ status: 'error', lastError: { rejection: 'gone' } })
  expect(await device.org.table('contact').get(id)).toMatchObject({ firstname: 'Mine' })
  await device.org.sync()
  expect(await device.org.table('contact').get(id)).toMatchObject({ firstname: 'Mine' })

  await device.org.outbox.archive([transaction.seq])
  await converges(there, device)
  expect(there.effects(id)).toBe(0)
})

test.each(VARIANTS)('a delete of a row that was deleted on the master is done (%s)', async (_, variant) => {
  const { there, device, send } = await scene(variant)
  const id = String((await anyRow(device, 'contact'))['contactid'])
  there.emulator.master.remove('contact', id)
  expect(await send((draft) => draft.delete('contact', id))).toMatchObject({ status: 'processed', outcome: 'known' })
  await converges(there, device)
})

test.each(VARIANTS)('an update of a row that has a newer version is merged into it (%s)', async (_, variant) => {
  const { there, device, send } = await scene(variant)
  const id = String((await anyRow(device, 'contact'))['contactid'])
  there.emulator.master.update('contact', id, { lastname: 'Theirs' })
  const transaction = await send((draft) => draft.update('contact', id, { firstname: 'Ours' }))
  expect(transaction).toMatchObject({ status: 'processed', outcome: 'known' })
  expect(there.emulator.master.row('contact', id)?.values).toMatchObject({ firstname: 'Ours', lastname: 'Theirs' })
  expect(there.effects(id)).toBe(1)
  await converges(there, device)
})

test.each(VARIANTS)('a delete of a row that has a newer version waits for a person (%s)', async (_, variant) => {
  const { there, device, send } = await scene(variant)
  const id = String((await anyRow(device, 'contact'))['contactid'])
  there.emulator.master.update('contact', id, { lastname: 'Theirs' })
  const transaction = await send((draft) => draft.delete('contact', id))
  expect(transaction).toMatchObject({ status: 'error', lastError: { rejection: 'conflict' } })
  expect(there.emulator.master.row('contact', id)?.values).toMatchObject({ lastname: 'Theirs' })

  await device.org.outbox.archive([transaction.seq])
  await converges(there, device)
  expect(await device.org.table('contact').get(id)).toMatchObject({ lastname: 'Theirs' })
})

test.each(VARIANTS)('a create that arrives twice, the first time too late, has one effect (%s)', async (_, variant) => {
  const { there, device, sendLate } = await scene(variant)
  let id = ''
  const transaction = await sendLate((draft) => {
    id = draft.create('contact', { lastname: 'Made offline' })
  })
  expect(transaction).toMatchObject({ status: 'processed', outcome: 'known' })
  expect(there.effects(id)).toBe(1)
  await converges(there, device)
})

test.each(VARIANTS)(
  'an update that arrives twice, the first time too late, has one effect (%s)',
  async (_, variant) => {
    const { there, device, sendLate } = await scene(variant)
    const id = String((await anyRow(device, 'contact'))['contactid'])
    const transaction = await sendLate((draft) => draft.update('contact', id, { firstname: 'Ours' }))
    expect(transaction).toMatchObject({ status: 'processed', outcome: 'known' })
    expect(there.effects(id)).toBe(1)
    await converges(there, device)
  },
)

test.each(VARIANTS)('a delete that arrives twice, the first time too late, has one effect (%s)', async (_, variant) => {
  const { there, device, sendLate } = await scene(variant)
  const id = String((await anyRow(device, 'contact'))['contactid'])
  const transaction = await sendLate((draft) => draft.delete('contact', id))
  expect(transaction).toMatchObject({ status: 'processed', outcome: 'known' })
  expect(there.effects(id)).toBe(1)
  await converges(there, device)
})

test.each(VARIANTS)('a create with a chosen id that another row has overwrites nothing (%s)', async (_, variant) => {
  const { there, device, send } = await scene(variant)
  const id = there.emulator.master.create('contact', { lastname: 'Theirs' })
  const transaction = await send((draft) => draft.create('contact', { lastname: 'Ours' }, id))
  expect(transaction).toMatchObject({ status: 'error', lastError: { rejection: 'key-clash' } })
  expect(await device.org.table('contact').get(id)).toMatchObject({ lastname: 'Ours' })
  expect(there.emulator.master.row('contact', id)?.values).toMatchObject({ lastname: 'Theirs' })

  await device.org.outbox.archive([transaction.seq])
  await converges(there, device)
  expect(there.effects(id)).toBe(0)
})

test.each(VARIANTS)(
  'a chosen id that another row has is no proof that a lost create arrived (%s)',
  async (_, variant) => {
    const { there, device, send } = await scene(variant)
    const id = there.emulator.master.create('contact', { lastname: 'Theirs' })
    there.proxy.add({ match: /^(PATCH|POST) /, fault: { kind: 'reset-request', after: 20 } })
    const first = await send((draft) => draft.create('contact', { lastname: 'Ours' }, id))
    expect(first).toMatchObject({ status: 'pending', outcome: 'unknown' })
    await there.heal()
    await device.org.push()
    const transaction = await device.org.outbox.get(first.seq)
    expect(transaction).toMatchObject({ status: 'error', lastError: { rejection: 'key-clash' } })
    expect(await device.org.table('contact').get(id)).toMatchObject({ lastname: 'Ours' })

    await device.org.outbox.archive([first.seq])
    await converges(there, device)
    expect(there.effects(id)).toBe(0)
  },
)

test.each(VARIANTS)(
  'a create with a chosen id whose answer is lost is found again as ours (%s)',
  async (_, variant) => {
    const { there, device, send } = await scene(variant)
    const id = '0f0f0f0f-0000-4000-8000-000000000009'
    there.proxy.add({ match: /^(PATCH|POST) /, fault: { kind: 'reset-answer', after: 0 } })
    const { seq } = await send((draft) => draft.create('contact', { lastname: 'Ours' }, id))
    await there.heal()
    await device.org.push()
    expect(await device.org.outbox.get(seq)).toMatchObject({ status: 'processed', outcome: 'known' })
    await converges(there, device)
    expect(there.effects(id)).toBe(1)
  },
)

test.each(VARIANTS)(
  'a create whose alternate key is taken becomes Error, and is sent when it is amended (%s)',
  async (_, variant) => {
    const { there, device, send } = await scene(variant)
    const taken = String((await anyRow(device, 'account', 'accountnumber ne null'))['accountnumber'])
    let id = ''
    const transaction = await send((draft) => {
      id = draft.create('account', { name: 'Made offline', accountnumber: taken })
    })
    expect(transaction).toMatchObject({ status: 'error', lastError: { rejection: 'key-clash' } })
    expect(transaction.lastError?.message).toMatch(/\bkey\b/i)
    expect(await device.org.table('account').get(id)).toMatchObject({ name: 'Made offline', accountnumber: taken })
    expect(there.effects(id)).toBe(0)

    await device.org.outbox.amend(transaction.seq, { accountnumber: 'FREE-1' })
    await converges(there, device)
    expect(there.effects(id)).toBe(1)
  },
)

test.each(VARIANTS)(
  'an update whose alternate key is taken becomes Error, and is sent when it is amended (%s)',
  async (_, variant) => {
    const { there, device, send } = await scene(variant)
    const [one, other] = await device.org.table('account').query({ where: 'accountnumber ne null', limit: 2 })
    const id = String(one?.['accountid'])
    const transaction = await send((draft) =>
      draft.update('account', id, { accountnumber: String(other?.['accountnumber']), telephone1: '555' }),
    )
    expect(transaction).toMatchObject({ status: 'error', lastError: { rejection: 'key-clash' } })
    expect(await device.org.table('account').get(id)).toMatchObject({ accountnumber: other?.['accountnumber'] })
    expect(there.effects(id)).toBe(0)

    await device.org.outbox.amend(transaction.seq, { accountnumber: 'FREE-2' })
    await converges(there, device)
    expect(there.effects(id)).toBe(1)
  },
)

test('a row of a lost group that somebody else deleted is no proof that the group arrived', async () => {
  const { there, device, send } = await scene({ knobs: {}, batched: false })
  const deleted = String((await anyRow(device, 'contact'))['contactid'])
  const updated = String((await anyRow(device, 'account', `primarycontactid ne ${deleted}`))['accountid'])
  there.proxy.add({ match: /^POST .*\$batch/, fault: { kind: 'reset-request', after: 20 } })
  const { seq } = await send((draft) => {
    draft.update('account', updated, { telephone1: '555' })
    draft.delete('contact', deleted)
  })
  there.emulator.master.remove('contact', deleted)
  await there.heal()
  await device.org.push()
  expect(await device.org.outbox.get(seq)).toMatchObject({ status: 'processed', outcome: 'known' })
  expect(there.emulator.master.row('account', updated)?.values).toMatchObject({ telephone1: '555' })
  expect(there.effects(updated)).toBe(1)
  await converges(there, device)
})

interface Verdict {
  readonly fault: Fault
  readonly rejection: readonly string[]
}

const status = (code: number, masterCode: string): Fault => ({
  kind: 'status',
  status: code,
  code: masterCode,
  body: 'json',
})

/** What the emulator has no rule for is answered in its place; a class that rests on the code alone is lost without it. */
const VERDICTS: readonly (readonly [string, Verdict])[] = [
  ['a duplicate detection rule', { fault: status(412, '0x80040333'), rejection: ['duplicate', 'key-clash'] }],
  ['a missing privilege', { fault: status(403, '0x80040220'), rejection: ['permission'] }],
  ['a business rule', { fault: status(400, '0x80040265'), rejection: ['business', 'invalid'] }],
  ['a value that the master does not take', { fault: status(400, '0x80044331'), rejection: ['invalid'] }],
  ['a size limit', { fault: status(413, '0x80044a02'), rejection: ['size'] }],
  ['a forbidden state', { fault: status(405, '0x80040227'), rejection: ['state'] }],
]

test.each(VERDICTS.flatMap(([name, verdict]) => CODES.map(([codes, knobs]) => [name, codes, verdict, knobs] as const)))(
  'a create and an update that %s refuses become Error and can be sent again (%s)',
  async (_, __, { fault, rejection }, knobs) => {
    const { there, device, send } = await scene({ knobs, batched: false })
    const updated = String((await anyRow(device, 'account'))['accountid'])
    let created = ''
    const bodies = [
      (draft: Draft) => {
        created = draft.create('account', { name: 'Made offline' })
      },
      (draft: Draft) => draft.update('account', updated, { telephone1: '555' }),
    ]
    for (const body of bodies) {
      // A rule refuses as often as it is asked: a condition that fails for once, without a code, is not taken for one.
      const lift = there.emulator.faults.add({ match: { method: 'PATCH' }, fault, times: 10 })
      const transaction = await send(body)
      lift()
      expect(transaction).toMatchObject({
        status: 'error',
        outcome: 'known',
      })
      expect(rejection).toContain(transaction.lastError?.rejection)
      expect(transaction.lastError?.remedy).not.toBe('')
    }
    expect((await device.org.status()).transactions).toMatchObject({ error: 2, pending: 0 })
    expect(await device.org.table('account').get(created)).toMatchObject({ name: 'Made offline' })
    expect(await device.org.table('account').get(updated)).toMatchObject({ telephone1: '555' })
    expect(there.effects(created) + there.effects(updated)).toBe(0)

    expect(await device.org.outbox.setAllPending()).toBe(2)
    await converges(there, device)
    expect([there.effects(created), there.effects(updated)]).toEqual([1, 1])
  },
)

test.each(CODES)(
  'a write that this user may not make becomes Error, and the others are sent (%s)',
  async (_, knobs) => {
    const there = await faultWorld({ knobs })
    const device = await there.device({ token: () => there.emulator.tokenFor('Amara Okafor') })
    await device.org.connect()
    await device.org.configure({ tables: { contact: { columns: ['lastname', 'ownerid'] } } })
    await device.org.sync()
    const foreign = await anyRow(device, 'contact', "not Microsoft.Dynamics.CRM.EqualUserId(PropertyName='ownerid')")
    const { seq } = await device.org.write((draft) =>
      draft.update('contact', String(foreign['contactid']), { lastname: 'Mine' }),
    )
    const { seq: own } = await device.org.write((draft) => draft.create('contact', { lastname: 'My own' }))
    expect(await device.org.push()).toMatchObject({ processed: 1, refused: 1 })
    expect(await device.org.outbox.get(Number(seq))).toMatchObject({
      status: 'error',
      lastError: { rejection: 'permission', status: 403 },
    })
    expect(await device.org.outbox.get(Number(own))).toMatchObject({ status: 'processed' })
  },
)

interface Scene {
  readonly there: FaultWorld
  readonly device: Device
  /** Commits and pushes one write; gives back what became of it. */
  readonly send: (body: (draft: Draft) => unknown) => Promise<ListedTransaction>
  /** The same, while the first sending is held up until the second one is on its way. */
  readonly sendLate: (body: (draft: Draft) => unknown) => Promise<ListedTransaction>
}

async function scene({ knobs, batched }: Variant): Promise<Scene> {
  const there = await faultWorld({ knobs })
  const device = await there.synced()
  const commit = async (body: (draft: Draft) => unknown): Promise<number> => {
    const { seq } = await device.org.write(body)
    if (batched) await device.org.write((draft) => draft.create('account', { name: 'Another write' }))
    return Number(seq)
  }
  const settled = async (seq: number): Promise<ListedTransaction> => {
    const transaction = await device.org.outbox.get(seq)
    if (!transaction) throw new Error('the transaction is gone')
    return transaction
  }
  return {
    there,
    device,
    send: async (body) => {
      const seq = await commit(body)
      await device.org.push().catch(() => undefined)
      return settled(seq)
    },
    sendLate: async (body) => {
      const seq = await commit(body)
      const match = /^(PATCH|DELETE|POST) /
      const first = there.proxy.add({ match, fault: { kind: 'hold' } })
      void first.struck.then(() => there.env.advance(DEADLINE_MS))
      expect(await failureOf(device.org.push())).toMatchObject({ code: 'timeout' })
      const second = there.proxy.add({ match, fault: { kind: 'hold' } })
      const again = device.org.push()
      await second.struck
      first.release()
      await first.delivered
      second.release()
      await again
      return settled(seq)
    },
  }
}
