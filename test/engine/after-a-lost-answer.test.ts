import { MasterError, OutpostError } from '@outpost/core'
import type { Configuration } from '@outpost/core'
import { expect, test } from 'vitest'
import { ACCOUNTS, differences, world } from './world.ts'
import type { Device, World } from './world.ts'

/*
 * What follows when an answer was lost, or the read behind it, and something else stands beside or behind the write.
 */

test.each(['recreate', 'drop', 'error'] as const)(
  'a row that was given away, the answer lost, is not taken for a deleted one (on deleted row: %s)',
  async (onDeletedRow) => {
    const there = world()
    const orders: Configuration = { tables: { msdyn_workorder: { columns: ['msdyn_name', 'ownerid'], onDeletedRow } } }
    const device = await there.device({ user: 'Bram Bakker', configuration: orders })
    await device.sync()
    const [me = '', other = ''] = ['Bram Bakker', 'Lowri Kettering'].map((name) => userOf(there, name))
    const [mine] = await device.org.table('msdyn_workorder').query({ where: `ownerid eq ${me}`, limit: 1 })
    const id = String(mine?.['msdyn_workorderid'])
    const before = there.emulator.master.rows('msdyn_workorder').length
    const { seq } = await device.org.write((draft) =>
      draft.assign('msdyn_workorder', id, { table: 'systemuser', id: other }),
    )
    // Asking for the row takes the write back, so the second attempt is the one that lands.
    there.emulator.faults.add({ match: { method: 'PATCH' }, nth: 2, fault: { kind: 'dropAfterCommit' } })
    await pushUntilQuiet(there, device)

    expect(there.emulator.master.row('msdyn_workorder', id)?.values['ownerid']).toBe(other)
    expect(there.emulator.master.rows('msdyn_workorder')).toHaveLength(before)
    const transaction = await device.org.outbox.get(seq ?? 0)
    expect(transaction).toMatchObject({ status: 'error', outcome: 'unknown', lastError: { rejection: 'permission' } })
    expect(transaction?.changes).toMatchObject([{ kind: 'update', values: { ownerid: other } }])
  },
)

test.each(['recreate', 'drop', 'error'] as const)(
  'what was changed or deleted here and given away by somebody else meanwhile is not gone (on deleted row: %s)',
  async (onDeletedRow) => {
    const there = world()
    const orders: Configuration = { tables: { msdyn_workorder: { columns: ['msdyn_name', 'ownerid'], onDeletedRow } } }
    const device = await there.device({ user: 'Bram Bakker', configuration: orders })
    await device.sync()
    const [me = '', other = ''] = ['Bram Bakker', 'Lowri Kettering'].map((name) => userOf(there, name))
    const mine = await device.org.table('msdyn_workorder').query({ where: `ownerid eq ${me}`, limit: 2 })
    const [changed = '', deleted = ''] = mine.map((row) => String(row['msdyn_workorderid']))
    await device.org.write((draft) => draft.update('msdyn_workorder', changed, { msdyn_name: 'Changed offline' }))
    await device.org.write((draft) => draft.delete('msdyn_workorder', deleted))
    for (const id of [changed, deleted])
      there.emulator.master.update('msdyn_workorder', id, { ownerid: { table: 'systemuser', id: other } })
    await device.org.push()

    for (const transaction of await device.org.outbox.list({ statuses: 'all' }))
      expect(transaction).toMatchObject({
        status: 'error',
        outcome: 'known',
        lastError: { code: 'forbidden', rejection: 'permission' },
      })
    expect(there.emulator.master.row('msdyn_workorder', changed)?.values['msdyn_name']).not.toBe('Changed offline')
    expect(there.emulator.master.row('msdyn_workorder', deleted)).toBeDefined()

    // Given back, the change can be sent again.
    for (const id of [changed, deleted])
      there.emulator.master.update('msdyn_workorder', id, { ownerid: { table: 'systemuser', id: me } })
    await device.org.outbox.setAllPending()
    await device.org.push()
    expect(statuses(await device.org.outbox.list({ statuses: 'all' }))[0]).toBe('processed')
    expect(there.emulator.master.row('msdyn_workorder', changed)?.values['msdyn_name']).toBe('Changed offline')
  },
)

test.each(['edited', 'left alone'] as const)(
  'a row that was made and given away by somebody else before it was found shows what is unsent of it (%s)',
  async (then) => {
    const there = world()
    const { master, faults } = there.emulator
    const orders: Configuration = { tables: { msdyn_workorder: { columns: ['msdyn_name', 'ownerid'] } } }
    const device = await there.device({ user: 'Bram Bakker', configuration: orders })
    await device.sync()
    const ids: string[] = []
    await device.org.write((draft) => {
      for (const name of ['Given away', 'Kept']) ids.push(draft.create('msdyn_workorder', { msdyn_name: name }))
    })
    faults.add({ match: { method: 'POST' }, fault: { kind: 'dropAfterCommit' } })
    await expect(device.org.push()).rejects.toThrow(OutpostError)
    const [given = '', kept = ''] = ids
    master.update('msdyn_workorder', given, {
      ownerid: { table: 'systemuser', id: userOf(there, 'Lowri Kettering') },
    })
    if (then === 'edited')
      await device.org.write((draft) => draft.update('msdyn_workorder', given, { msdyn_name: 'Edited' }))
    await pushUntilQuiet(there, device)

    expect((await device.org.outbox.list({ statuses: 'all' }))[0]).toMatchObject({ status: 'processed' })
    expect((await device.rows('msdyn_workorder')).has(kept)).toBe(true)
    expect((await device.rows('msdyn_workorder')).get(given)?.['msdyn_name']).toBe(
      then === 'edited' ? 'Edited' : undefined,
    )
    await device.sync()
    const quarantined = await device.org.quarantined()
    expect(quarantined.map(({ id }) => id)).toEqual(then === 'edited' ? [given] : [])

    await device.org.outbox.archive((await device.org.outbox.list({ statuses: ['error'] })).map(({ seq }) => seq))
    await device.sync()
    expect([...(await device.rows('msdyn_workorder')).keys()]).not.toContain(given)
  },
)

test.each([
  { conflictPolicy: 'server-wins', status: 'archived' },
  { conflictPolicy: 'merge', status: 'archived' },
  { conflictPolicy: 'manual', status: 'error' },
] as const)(
  'an update that landed, unheard, and was written over by somebody else is not said to have had no effect ($conflictPolicy)',
  async ({ conflictPolicy, status }) => {
    const there = world()
    const { master } = there.emulator
    const tables = { account: { columns: ['name', 'telephone1'], conflictPolicy } }
    const device = await there.device({ configuration: { tables } })
    const account = master.create('account', { name: 'Fought over', telephone1: '1' })
    await device.sync()
    const { seq } = await device.org.write((draft) => draft.update('account', account, { telephone1: '2' }))
    there.emulator.faults.add({ match: { method: 'PATCH' }, fault: { kind: 'dropAfterCommit' } })
    await expect(device.org.push()).rejects.toThrow(OutpostError)
    master.update('account', account, { telephone1: '3' })
    await pushUntilQuiet(there, device)
    expect(await device.org.outbox.get(seq ?? 0)).toMatchObject({ status, outcome: 'unknown' })
    expect(master.row('account', account)?.values['telephone1']).toBe('3')

    // Who sees that and wants it all the same has it sent.
    await device.org.outbox.setPending([seq ?? 0])
    await pushUntilQuiet(there, device)
    expect(await device.org.outbox.get(seq ?? 0)).toMatchObject(
      status === 'error' ? { status: 'processed', outcome: 'known' } : { status, outcome: 'unknown' },
    )
  },
)

test('an update that landed in all but one column, unheard, is sent again in that column only, by whoever wants it to stand', async () => {
  const there = world()
  const { master, plugins } = there.emulator
  const tables = { account: { columns: ['name', 'telephone1', 'fax'], conflictPolicy: 'manual' } } as const
  const device = await there.device({ configuration: { tables } })
  const account = master.create('account', { name: 'Fought over', telephone1: '1', fax: '1' })
  await device.sync()
  const written: (readonly string[])[] = []
  plugins.register({
    name: 'what is written',
    message: 'Update',
    table: 'account',
    stage: 'preOperation',
    run: ({ target }) => void written.push(Object.keys(target)),
  })
  const ours = { name: 'Ours', telephone1: '2', fax: '2' }
  const { seq } = await device.org.write((draft) => draft.update('account', account, ours))
  there.emulator.faults.add({ match: { method: 'PATCH' }, fault: { kind: 'dropAfterCommit' } })
  await expect(device.org.push()).rejects.toThrow(OutpostError)
  master.update('account', account, { telephone1: '3' })
  await pushUntilQuiet(there, device)
  expect(await device.org.outbox.get(seq ?? 0)).toMatchObject({ status: 'error', outcome: 'unknown' })

  await device.org.outbox.setPending([seq ?? 0])
  await pushUntilQuiet(there, device)
  expect(await device.org.outbox.get(seq ?? 0)).toMatchObject({ status: 'processed', outcome: 'known' })
  expect(master.row('account', account)?.values).toMatchObject(ours)
  expect(written).toEqual([['name', 'telephone1', 'fax'], ['telephone1']])
})

test('an update that landed, unheard, is looked for before an earlier one that comes back writes over it', async () => {
  const { there, device, account, first, second } = await broughtBackBefore('dropAfterCommit')
  const { master } = there.emulator
  expect((await device.org.outbox.get(first))?.reason).toEqual({ kind: 'blocked', by: second })
  await pushUntilQuiet(there, device)

  const history = (await device.org.outbox.get(second))?.history.map(({ event }) => event)
  expect(history).toEqual(['committed', 'sent', 'deferred', 'delivered'])
  // As where the answer was heard: who brings the earlier one back wants it to stand.
  expect(await device.org.outbox.get(first)).toMatchObject({ status: 'processed' })
  expect(master.row('account', account)?.values['telephone1']).toBe('2')
})

test('an update that did not land goes behind an earlier one that came back', async () => {
  const { there, device, account, second } = await broughtBackBefore('dropBeforeCommit')
  const { master } = there.emulator
  await pushUntilQuiet(there, device)

  expect(statuses(await device.org.outbox.list({ statuses: 'all' }))).toEqual(['processed', 'processed'])
  const history = (await device.org.outbox.get(second))?.history.map(({ event }) => event)
  expect(history).toEqual(['committed', 'sent', 'deferred', 'verified', 'merged', 'sent', 'delivered'])
  expect(master.row('account', account)?.values['telephone1']).toBe('3')
})

test('a create that landed, unheard, was archived and comes back does not hide what was delivered over it', async () => {
  const there = world()
  const tables = { account: { columns: ['name', 'telephone1'] } }
  const device = await there.device({ configuration: { tables } })
  await device.sync()
  const id = await createUnheard(there, device)
  const [create] = await device.org.outbox.list({ statuses: ['pending'] })
  await device.org.outbox.archive([create?.seq ?? 0])
  await there.env.advance(600_000)
  await device.sync()
  await device.org.write((draft) => draft.update('account', id, { telephone1: '1' }))
  await device.sync()
  await device.org.outbox.setPending([create?.seq ?? 0])
  expect(await device.org.table('account').get(id)).toMatchObject({ name: 'Ours', telephone1: '1' })
  await pushUntilQuiet(there, device)
  expect(await device.org.outbox.counts()).toMatchObject({ processed: 2, pending: 0, error: 0 })
  expect(await device.org.table('account').get(id)).toMatchObject({ name: 'Ours', telephone1: '1' })
})

test.each(['nothing else', 'a changed row', 'a link'] as const)(
  'an action whose row somebody deleted before it could be looked for is left to a person (with %s)',
  async (company) => {
    const there = world()
    const counts = registerCount(there)
    const { master } = there.emulator
    const tables = { ...ACCOUNTS.tables, new_skill: {}, bookableresource: {}, new_skill_bookableresource: {} }
    const device = await there.device({ configuration: { tables } })
    const [account, skill] = [
      master.create('account', { name: 'Counted', numberofemployees: 7 }),
      master.create('new_skill', { new_name: 'Welding' }),
    ]
    const resource = { table: 'bookableresource', id: master.create('bookableresource', { name: 'Bo' }) }
    const contact = master.create('contact', { lastname: 'With it' })
    await device.sync()
    const { seq } = await device.org.write((draft) => {
      if (company === 'a changed row') draft.update('contact', contact, { firstname: 'Changed' })
      if (company === 'a link') draft.associate(LINK, { table: 'new_skill', id: skill }, resource)
      count(draft, account, 'numberofemployees eq 8')
    })
    there.emulator.faults.add({ fault: { kind: 'dropAfterCommit' } })
    await expect(device.org.push()).rejects.toThrow(OutpostError)
    master.remove('account', account)
    await pushUntilQuiet(there, device)
    expect(await device.org.outbox.get(seq ?? 0)).toMatchObject({ status: 'error', outcome: 'unknown' })
    expect(counts()).toBe(1)
  },
)

test('a row that somebody deleted before the action on it was found shows what is unsent of it', async () => {
  const there = world()
  registerCount(there)
  const device = await there.device({ configuration: ACCOUNTS })
  const { master, faults } = there.emulator
  const account = master.create('account', { name: 'Counted', numberofemployees: 7 })
  await device.sync()
  await device.org.write((draft) => {
    draft.create('account', { name: 'Tells that the action has happened' })
    count(draft, account, 'numberofemployees eq 8')
  })
  faults.add({ match: { method: 'POST' }, fault: { kind: 'dropAfterCommit' } })
  await expect(device.org.push()).rejects.toThrow(OutpostError)
  master.remove('account', account)
  await device.org.write((draft) => draft.update('account', account, { name: 'Edited' }))
  await pushUntilQuiet(there, device)
  expect(statuses(await device.org.outbox.list({ statuses: 'all' }))).toEqual(['processed', 'error'])
  await device.sync()
  expect(await device.org.table('account').get(account)).toMatchObject({ name: 'Edited' })
  expect((await device.org.quarantined()).map(({ id }) => id)).toEqual([account])
})

const FOLLOWING: readonly {
  readonly what: string
  readonly write: (draft: Drafting, id: string) => void
  readonly row: object | undefined
}[] = [
  { what: 'a deletion', write: (draft, id) => draft.delete('account', id), row: undefined },
  {
    what: 'an update of what the action changes',
    write: (draft, id) => draft.update('account', id, { numberofemployees: 50 }),
    row: { numberofemployees: 50 },
  },
  {
    what: 'an update of something else',
    write: (draft, id) => draft.update('account', id, { telephone1: '1' }),
    row: { numberofemployees: 8, telephone1: '1' },
  },
]

for (const happened of ['numberofemployees gt 7', 'repeatable'] as const) {
  for (const when of ['before the push', 'while the row is unread', 'after a pull has brought the row'] as const) {
    test.each(FOLLOWING)(
      `$what behind an action (${happened}), written ${when}, is made on what the action left`,
      async ({ write, row }) => {
        const there = world()
        const counts = registerCount(there)
        let isUnread = true
        const cut = (): Promise<never> => Promise.reject(new MasterError('timeout', 'no answer'))
        const device = await there.device({
          through: (master) => ({ ...master, read: (...of) => (isUnread ? cut() : master.read(...of)) }),
        })
        const account = there.emulator.master.create('account', { name: 'Counted', numberofemployees: 7 })
        await device.sync()
        await device.org.write((draft) => count(draft, account, happened))
        const follow = (): Promise<unknown> => device.org.write((draft) => write(draft, account), { coalesce: false })
        if (when === 'before the push') await follow()
        await expect(device.org.push()).rejects.toThrow(OutpostError)
        expect(await device.org.outbox.get(1)).toMatchObject({ status: 'pending', outcome: 'unknown' })
        if (when === 'after a pull has brought the row') await expect(device.org.sync()).rejects.toThrow(OutpostError)
        if (when !== 'before the push') await follow()
        isUnread = false
        await pushUntilQuiet(there, device)

        const all = await device.org.outbox.list({ statuses: 'all' })
        expect(statuses(all)).toEqual(['processed', 'processed'])
        expect(all[0]?.history.map(({ event }) => event)).toEqual(
          expect.arrayContaining(['committed', 'sent', 'answered', 'delivered']),
        )
        expect(all.flatMap(({ history }) => history.flatMap(({ conflicts = [] }) => conflicts))).toEqual([])
        const left = there.emulator.master.row('account', account)?.values
        if (row) expect(left).toMatchObject(row)
        else expect(left).toBeUndefined()
        expect(counts()).toBe(1)
        await device.sync()
        expect(await differences(there, device)).toEqual([])
      },
    )
  }
}

test.each(['timeout', 'rejected'] as const)(
  'an action whose row cannot be read for long (%s) waits for it, and is not settled on a guess',
  async (code) => {
    const there = world()
    const counts = registerCount(there)
    let isUnread = true
    const cut = (): Promise<never> => Promise.reject(new MasterError(code, 'no row'))
    const device = await there.device({
      through: (master) => ({ ...master, read: (...of) => (isUnread ? cut() : master.read(...of)) }),
    })
    const account = there.emulator.master.create('account', { name: 'Counted', numberofemployees: 7 })
    await device.sync()
    const { seq } = await device.org.write((draft) => count(draft, account, 'repeatable'))
    await pushUntilQuiet(there, device)
    expect(await device.org.outbox.get(seq ?? 0)).toMatchObject({ status: 'pending', outcome: 'unknown' })
    isUnread = false
    await pushUntilQuiet(there, device)
    expect(await device.org.outbox.get(seq ?? 0)).toMatchObject({ status: 'processed', outcome: 'known' })
    expect(counts()).toBe(1)
    expect(await differences(there, device)).toEqual([])
  },
)

test('an action whose row the master goes on refusing, whatever copy of the metadata asks, is settled by its answer', async () => {
  const there = world()
  const counts = registerCount(there)
  let isRefused = false
  const refuse = (): Promise<never> => Promise.reject(new MasterError('rejected', 'A plug-in says no.'))
  const device = await there.device({
    through: (master) => ({ ...master, read: (...of) => (isRefused ? refuse() : master.read(...of)) }),
  })
  const account = there.emulator.master.create('account', { name: 'Counted', numberofemployees: 7 })
  await device.sync()
  const { seq } = await device.org.write((draft) => count(draft, account, 'repeatable'))
  isRefused = true
  for (let day = 0; day < 4; day += 1) {
    await device.sync().catch((error: unknown) => expect(error).toBeInstanceOf(OutpostError))
    await there.env.advance(86_400_000)
  }
  expect(await device.org.outbox.get(seq ?? 0)).toMatchObject({ status: 'processed' })
  expect(counts()).toBe(1)
})

test('an action on a row that may not be read is settled by its answer', async () => {
  const there = world()
  const counts = registerCount(there)
  const device = await there.device()
  const account = there.emulator.master.create('account', { name: 'Counted', numberofemployees: 7 })
  await device.sync()
  await device.org.write((draft) => count(draft, account, 'repeatable'))
  there.emulator.faults.add({
    match: { method: 'GET', table: 'account' },
    times: 2,
    fault: { kind: 'status', status: 403 },
  })
  await pushUntilQuiet(there, device)
  expect(statuses(await device.org.outbox.list({ statuses: 'all' }))).toEqual(['processed'])
  expect(counts()).toBe(1)
  await device.sync()
  expect(await differences(there, device)).toEqual([])
})

test('links that were made and removed in one write happen once, whichever request or answer is lost', async () => {
  const tables: Configuration['tables'] = {
    new_skill: { columns: ['new_name'] },
    bookableresource: { columns: ['name'] },
    new_skill_bookableresource: {},
  }
  for (const kind of ['dropBeforeCommit', 'dropAfterCommit'] as const) {
    for (let nth = 1; nth <= 4; nth += 1) {
      const there = world()
      const { master } = there.emulator
      const skill = master.create('new_skill', { new_name: 'Welding' })
      const [old = '', next = ''] = ['Old', 'New'].map((name) => master.create('bookableresource', { name }))
      const end = (id: string): { table: string; id: string } => ({ table: 'bookableresource', id })
      master.associate('new_skill', skill, LINK, end(old))
      const heard: string[] = []
      for (const message of ['Associate', 'Disassociate']) {
        there.emulator.plugins.register({
          name: message,
          message,
          table: 'new_skill',
          stage: 'postOperation',
          run: () => heard.push(message),
        })
      }
      const device = await there.device({ configuration: { tables } })
      await device.sync()
      await device.org.write((draft) => {
        draft.disassociate(LINK, { table: 'new_skill', id: skill }, end(old))
        draft.associate(LINK, { table: 'new_skill', id: skill }, end(next))
      })
      there.emulator.faults.add({ nth, fault: { kind } })
      await pushUntilQuiet(there, device)
      expect({ kind, nth, heard: heard.toSorted() }).toEqual({ kind, nth, heard: ['Associate', 'Disassociate'] })
      expect(statuses(await device.org.outbox.list({ statuses: 'all' }))).toEqual(['processed'])
      there.emulator.faults.clear()
      await device.sync()
      expect(await differences(there, device)).toEqual([])
    }
  }
})

test.each([
  { next: 'update', conflictPolicy: 'manual', status: 'error', left: 'Theirs' },
  { next: 'update', conflictPolicy: 'server-wins', status: 'archived', left: 'Theirs' },
  { next: 'update', conflictPolicy: 'client-wins', status: 'processed', left: 'Ours again' },
  { next: 'update of another column', conflictPolicy: 'client-row-wins', status: 'processed', left: 'Ours' },
  { next: 'delete', conflictPolicy: 'manual', status: 'error', left: 'Theirs' },
  { next: 'delete', conflictPolicy: 'client-wins', status: 'processed', left: undefined },
] as const)(
  'what somebody wrote to a row of which nobody heard that it was made is no work of the master ($next, $conflictPolicy)',
  async ({ next, conflictPolicy, status, left }) => {
    const there = world()
    const { master } = there.emulator
    const columns = ['name', 'telephone1', 'creditonhold', 'ownerid', 'statuscode']
    const device = await there.device({ configuration: { tables: { account: { columns, conflictPolicy } } } })
    await device.sync()
    const id = await createUnheard(there, device)
    const { seq } = await device.org.write((draft) => {
      if (next === 'delete') draft.delete('account', id)
      else draft.update('account', id, next === 'update' ? { name: 'Ours again' } : { telephone1: '555' })
    })
    master.update('account', id, { name: 'Theirs' })
    await pushUntilQuiet(there, device)
    const transaction = await device.org.outbox.get(seq ?? 0)
    expect(transaction).toMatchObject({ status })
    expect(transaction?.history.flatMap(({ conflicts = [] }) => conflicts)).toMatchObject([
      { column: 'name', remote: 'Theirs' },
    ])
    expect(master.row('account', id)?.values['name']).toBe(left)
  },
)

test.each(['update', 'delete'] as const)(
  'what the master made of a row of which nobody heard that it was made is no conflict (%s)',
  async (next) => {
    const there = world()
    const columns = ['name', 'telephone1', 'creditonhold', 'ownerid', 'statuscode']
    const tables = { account: { columns, conflictPolicy: 'manual' } } as const
    const device = await there.device({ configuration: { tables } })
    await device.sync()
    const id = await createUnheard(there, device)
    const { seq } = await device.org.write((draft) => {
      if (next === 'delete') draft.delete('account', id)
      else draft.update('account', id, { name: 'Ours again', creditonhold: true })
    })
    await pushUntilQuiet(there, device)
    const transaction = await device.org.outbox.get(seq ?? 0)
    expect(transaction).toMatchObject({ status: 'processed' })
    expect(transaction?.history.flatMap(({ conflicts = [] }) => conflicts)).toEqual([])
    expect(there.emulator.master.row('account', id)?.values['name']).toBe(next === 'delete' ? undefined : 'Ours again')
  },
)

test.each([
  { next: 'update', conflictPolicy: 'manual', status: 'error', left: 500 },
  { next: 'update', conflictPolicy: 'client-wins', status: 'processed', left: 50 },
  { next: 'delete', conflictPolicy: 'manual', status: 'error', left: 500 },
  { next: 'delete', conflictPolicy: 'client-wins', status: 'processed', left: undefined },
] as const)(
  'what somebody wrote to a row behind an action of which nobody heard that it happened is no work of the action ($next, $conflictPolicy)',
  async ({ next, conflictPolicy, status, left }) => {
    const there = world()
    const { master } = there.emulator
    const counts = registerCount(there)
    const tables = { account: { columns: ['name', 'numberofemployees'], conflictPolicy } }
    const device = await there.device({ configuration: { tables } })
    const account = master.create('account', { name: 'Counted', numberofemployees: 9 })
    await device.sync()
    await device.org.write((draft) => count(draft, account, 'numberofemployees gt 9'))
    there.emulator.faults.add({ match: { method: 'POST' }, fault: { kind: 'dropAfterCommit' } })
    await expect(device.org.push()).rejects.toThrow(OutpostError)
    const { seq } = await device.org.write((draft) => {
      if (next === 'delete') draft.delete('account', account)
      else draft.update('account', account, { numberofemployees: 50 })
    })
    master.update('account', account, { numberofemployees: 500 })
    await pushUntilQuiet(there, device)
    expect(counts()).toBe(1)
    expect(await device.org.outbox.get(1)).toMatchObject({ status: 'processed', outcome: 'known' })
    const transaction = await device.org.outbox.get(seq ?? 0)
    expect(transaction).toMatchObject({ status })
    expect(transaction?.history.flatMap(({ conflicts = [] }) => conflicts)).toMatchObject([
      { column: 'numberofemployees', base: 10, remote: 500 },
    ])
    expect(master.row('account', account)?.values['numberofemployees']).toBe(left)
  },
)

const LINK = 'new_Skill_BookableResource'

function userOf({ emulator }: World, name: string): string {
  return emulator.users.find((user) => user.name === name)?.id ?? ''
}

/** An action that adds one to a number. Gives back how often it has happened. */
function registerCount({ emulator }: World): () => number {
  let happened = 0
  emulator.operations.register({
    name: 'new_Count',
    kind: 'action',
    binding: { to: 'row', table: 'account' },
    run: ({ row, service }) => {
      happened += 1
      const next = Number(row?.values['numberofemployees'] ?? 0) + 1
      service.update('account', row?.id ?? '', { numberofemployees: next })
    },
  })
  return () => happened
}

/** Creates an account and has the answer lost. Gives back its id. */
async function createUnheard({ emulator }: World, device: Device): Promise<string> {
  let id = ''
  await device.org.write((draft) => {
    id = draft.create('account', { name: 'Ours' })
  })
  emulator.faults.add({ match: { method: 'PATCH' }, fault: { kind: 'dropAfterCommit' } })
  await expect(device.org.push()).rejects.toThrow(OutpostError)
  expect(emulator.master.row('account', id)).toBeDefined()
  return id
}

type Drafting = Parameters<Parameters<Device['org']['write']>[0]>[0]

/** What the action is said to do is not what it does. */
function count(draft: Drafting, id: string, happened: string): void {
  const on = { table: 'account', id }
  draft.action('new_Count', { on, bound: true, happened, effect: { numberofemployees: 10 } })
}

function statuses(transactions: readonly { readonly status: string }[]): readonly string[] {
  return transactions.map(({ status }) => status)
}

/** Pushes until a push is whole and nothing is left to wait for, as a device that comes and goes does. */
async function pushUntilQuiet({ env }: World, device: Device): Promise<void> {
  for (let attempt = 0; attempt < 8; attempt += 1) {
    const whole = await device.org.push().then(
      () => true,
      (error: unknown) => {
        expect(error).toBeInstanceOf(OutpostError)
        return false
      },
    )
    await env.advance(600_000)
    if (whole && (await device.org.outbox.counts()).pending === 0) return
  }
}

/** The second of two updates of a row was sent, and its answer is lost so; then the first, put away before, is brought back. */
async function broughtBackBefore(kind: 'dropAfterCommit' | 'dropBeforeCommit') {
  const there = world()
  const { master, faults } = there.emulator
  const tables = { account: { columns: ['name', 'telephone1'], conflictPolicy: 'client-wins' } } as const
  const device = await there.device({ configuration: { tables } })
  const account = master.create('account', { name: 'Called', telephone1: '1' })
  await device.sync()
  const change = async (telephone1: string): Promise<number> =>
    (await device.org.write((draft) => draft.update('account', account, { telephone1 }))).seq ?? 0
  const first = await change('2')
  await device.org.outbox.archive([first])
  const second = await change('3')
  faults.add({ match: { method: 'PATCH' }, fault: { kind } })
  await expect(device.org.push()).rejects.toThrow(OutpostError)
  await device.org.outbox.setPending([first])
  return { there, device, account, first, second }
}

test('what the master refuses without a word about which link it is comes to an end, by the links that are there', async () => {
  const tables: Configuration['tables'] = {
    new_skill: { columns: ['new_name'] },
    bookableresource: { columns: ['name'] },
    new_skill_bookableresource: {},
  }
  for (const isThere of [true, false]) {
    const there = world()
    const { master, faults } = there.emulator
    const skill = master.create('new_skill', { new_name: 'Welding' })
    const [old = '', next = ''] = ['Old', 'New'].map((name) => master.create('bookableresource', { name }))
    const end = (id: string): { table: string; id: string } => ({ table: 'bookableresource', id })
    master.associate('new_skill', skill, LINK, end(old))
    const device = await there.device({ configuration: { tables } })
    await device.sync()
    await device.org.write((draft) => {
      draft.disassociate(LINK, { table: 'new_skill', id: skill }, end(old))
      draft.associate(LINK, { table: 'new_skill', id: skill }, end(next))
    })
    if (isThere) master.associate('new_skill', skill, LINK, end(next))
    faults.add({ match: { path: /\$batch/ }, times: 100, fault: { kind: 'status', status: 412, body: 'empty' } })
    for (let round = 0; round < 12; round += 1) {
      await device.org.push()
      await there.env.advance(3_600_000)
    }
    const [transaction] = await device.org.outbox.list({ statuses: 'all' })
    expect(transaction?.status).toBe(isThere ? 'processed' : 'error')
    faults.clear()
    if (transaction?.status === 'error') {
      expect(transaction).toMatchObject({ outcome: 'known', lastError: { rejection: 'key-clash' } })
      await device.org.outbox.setPending([transaction.seq])
    }
    await device.sync()
    await device.sync()
    expect(await differences(there, device)).toEqual([])
    expect(master.rows('new_skill_bookableresource').map(({ values }) => values['bookableresourceid'])).toContain(next)
  }
})

test('a lost answer is no refusal, though its rows were not found when they were to be read', async () => {
  const there = world()
  const { faults } = there.emulator
  const device = await there.device()
  await device.sync()
  const [account] = await device.org.table('account').query({ limit: 1 })
  const { seq } = await device.org.write((draft) =>
    draft.update('account', String(account?.['accountid']), { name: 'Ours' }),
  )
  faults.add({ match: { method: 'PATCH' }, fault: { kind: 'dropBeforeCommit' }, times: 1 })
  await device.org.push().catch(() => undefined)
  faults.add({ match: { method: 'GET', path: /\/accounts/ }, fault: { kind: 'status', status: 404 }, times: 4 })
  for (let round = 0; round < 8; round += 1) {
    await there.env.advance(3_600_000)
    await device.org.push()
  }
  expect(await device.org.outbox.get(Number(seq))).toMatchObject({ status: 'processed' })
})
