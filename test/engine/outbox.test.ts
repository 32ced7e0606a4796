import type { ListOptions, Store, StoreReader, TransactionQuery, TransactionStatus } from '@outpost/core'
import { memoryStore } from '@outpost/core/memory'
import { faultyStore } from '@outpost/core/testing'
import { expect, test } from 'vitest'
import { ACCOUNTS, differences, world } from './world.ts'
import type { Device, World } from './world.ts'

/* What a person can see of the outbox, and do with it. */

async function withRefused(): Promise<{ there: World; device: Device; taken: string }> {
  const there = world()
  const device = await there.device()
  await device.sync()
  const [account] = await device.org.table('account').query({ where: 'accountnumber ne null', limit: 1 })
  return { there, device, taken: String(account?.['accountnumber']) }
}

test('the list shows errors unless other statuses are asked for, in the order of the writes', async () => {
  const { device, taken } = await withRefused()
  await device.org.write((draft) => draft.create('account', { name: 'Fine' }))
  await device.org.write((draft) => draft.create('account', { name: 'One', accountnumber: taken }))
  await device.org.write((draft) => draft.create('account', { name: 'Two', accountnumber: taken }))
  await device.org.push()
  expect((await device.org.outbox.list()).map(({ seq, status }) => [seq, status])).toEqual([
    [2, 'error'],
    [3, 'error'],
  ])
  expect((await device.org.outbox.list({ statuses: 'all', after: 1, limit: 1 })).map(({ seq }) => seq)).toEqual([2])
  expect((await device.org.outbox.list({ statuses: ['processed'] })).map(({ seq }) => seq)).toEqual([1])
  const [error] = await device.org.outbox.list()
  expect(error?.lastError).toMatchObject({ rejection: 'key-clash', status: 412, remedy: expect.stringMatching(/\w/) })
  expect(error?.history.map((entry) => entry.event)).toEqual(['committed', 'sent', 'refused'])
})

/** One transaction of each kind: refused for a key, refused for a rule, waiting after a failure, sent, put away, a link. */
async function mixed(): Promise<{ there: World; device: Device; taken: string }> {
  const there = world()
  const configuration = {
    tables: {
      ...ACCOUNTS.tables,
      bookableresource: { columns: ['name'] },
      new_skill: { columns: ['new_name'] },
      new_skill_bookableresource: {},
    },
  }
  const device = await there.device({ configuration })
  await device.sync()
  const { org } = device
  const [holder] = await org.table('account').query({ where: 'accountnumber ne null', limit: 1 })
  const taken = String(holder?.['accountnumber'])
  const [contact] = there.emulator.master.rows('contact')
  await org.write((draft) => draft.create('account', { name: 'Übler Kunde', accountnumber: taken }))
  there.emulator.master.remove('contact', String(contact?.id))
  await org.write((draft) => draft.update('contact', String(contact?.id), { firstname: 'Gone' }))
  await org.write((draft) => draft.create('contact', { lastname: 'Sent' }))
  await org.push()
  await org.write((draft) => draft.create('account', { name: 'Put away' }))
  await org.outbox.archive([4])
  const [resource] = await org.table('bookableresource').query({ limit: 1 })
  const [skill] = await org.table('new_skill').query({ limit: 1 })
  await org.write((draft) =>
    draft.associate(
      'new_Skill_BookableResource',
      { table: 'bookableresource', id: String(resource?.['bookableresourceid']) },
      { table: 'new_skill', id: String(skill?.['new_skillid']) },
    ),
  )
  there.emulator.faults.add({ match: { method: 'POST' }, fault: { kind: 'dropAfterCommit' } })
  await expect(org.push()).rejects.toMatchObject({ code: 'offline' })
  return { there, device, taken }
}

test('the list is filtered by status, table, class and text, which all have to match', async () => {
  const { device, taken } = await mixed()
  const seqs = async (options: ListOptions): Promise<readonly number[]> =>
    (await device.org.outbox.list(options)).map(({ seq }) => seq)
  expect(await seqs({})).toEqual([1, 2])
  expect(await seqs({ statuses: 'all' })).toEqual([1, 2, 3, 4, 5])
  expect(await seqs({ statuses: ['processed', 'archived'] })).toEqual([3, 4])
  expect(await seqs({ statuses: 'all', table: 'account' })).toEqual([1, 4])
  expect(await seqs({ statuses: 'all', table: 'new_skill' })).toEqual([5])
  expect(await seqs({ statuses: 'all', table: 'new_skill_bookableresource' })).toEqual([5])
  expect(await seqs({ class: 'key-clash' })).toEqual([1])
  expect(await seqs({ class: ['key-clash', 'gone'] })).toEqual([1, 2])
  expect(await seqs({ class: 'not-found' })).toEqual([2])
  expect(await seqs({ statuses: 'all', class: 'offline' })).toEqual([5])
  expect(await seqs({ class: 'permission' })).toEqual([])
  expect(await seqs({ text: 'übler' })).toEqual([1])
  expect(await seqs({ text: taken.toLowerCase() })).toEqual([1])
  expect(await seqs({ text: 'ACCOUNTNUMBER' })).toEqual([1])
  expect(await seqs({ text: 'entity key' })).toEqual([1])
  expect(await seqs({ text: '0x80060892' })).toEqual([1])
  expect(await seqs({ statuses: 'all', text: 'new_skill' })).toEqual([5])
  expect(await seqs({ statuses: 'all', text: 'account', table: 'contact' })).toEqual([])
  expect(await seqs({ statuses: 'all', text: 'nowhere to be found' })).toEqual([])
  expect(await seqs({ statuses: 'all', table: 'account', after: 1 })).toEqual([4])
})

test('a list ends at its limit, at 500 where none is given, and goes on behind any seq', async () => {
  const { device } = await withRefused()
  for (let n = 1; n <= 520; n += 1)
    await device.org.write((draft) => draft.create('account', { name: n % 2 ? `Odd ${n}` : `Even ${n}` }))
  const { outbox } = device.org
  const first = await outbox.list({ statuses: ['pending'] })
  expect([first.length, first[0]?.seq, first.at(-1)?.seq]).toEqual([500, 1, 500])
  const rest = await outbox.list({ statuses: ['pending'], after: 500 })
  expect([rest.length, rest[0]?.seq, rest.at(-1)?.seq]).toEqual([20, 501, 520])
  const odd = await outbox.list({ statuses: ['pending'], text: 'odd', after: 300, limit: 101 })
  expect([odd.length, odd[0]?.seq, odd.at(-1)?.seq]).toEqual([101, 301, 501])
  expect(odd.every(({ reason }) => reason?.kind === 'ready')).toBe(true)
})

test('hundreds of errors are set to pending in their order, all or none, and no more than a part is held at a time', async () => {
  const there = world()
  const held = { most: 0 }
  const store = faultyStore(watched(memoryStore(), held))
  const device = await there.device({ store })
  for (let n = 1; n <= 230; n += 1) await device.org.write((draft) => draft.create('account', { name: `Row ${n}` }))
  const { outbox } = device.org
  await store.write('refuse', async (tx) => {
    const all = await tx.findTransactions({})
    await tx.putTransactions(all.map((transaction) => ({ ...transaction, status: 'error' })))
  })
  held.most = 0
  store.fail({ name: 'set all pending', at: 'commit' })
  await expect(outbox.setAllPending()).rejects.toMatchObject({ code: 'store' })
  expect(await outbox.counts()).toMatchObject({ error: 230, pending: 0 })
  expect(await outbox.setAllPending()).toBe(230)
  expect((await outbox.list({ statuses: ['pending'], text: 'row 2' })).length).toBe(42)
  expect(held.most).toBe(100)
  expect(await device.org.push()).toMatchObject({ processed: 230 })
  const rows = there.emulator.master.rows('account').filter((row) => String(row.values['name']).startsWith('Row '))
  const order = rows.toSorted((one, other) => Number(one.version - other.version)).map((row) => row.values['name'])
  expect(order).toEqual(Array.from({ length: 230 }, (_, n) => `Row ${n + 1}`))
})

/** The store, and how many transactions it gave back at the most at a time. */
function watched(store: Store, held: { most: number }): Store {
  const watch = <Tx extends StoreReader>(tx: Tx): Tx =>
    new Proxy(tx, {
      get: (target, name) => {
        if (name !== 'findTransactions') return Reflect.get(target, name) as unknown
        return async (query: TransactionQuery) => {
          const found = await target.findTransactions(query)
          held.most = Math.max(held.most, found.length)
          return found
        }
      },
    })
  return {
    exclusive: store.exclusive,
    read: (name, body) => store.read(name, (tx) => body(watch(tx))),
    write: (name, body, options) => store.write(name, (tx) => body(watch(tx)), options),
    subscribe: (listener) => store.subscribe(listener),
    close: () => store.close(),
  }
}

test('a status or a limit that there is not is invalid', async () => {
  const { device } = await withRefused()
  // What a caller without types can pass.
  const statuses = ['failed'] as unknown[] as TransactionStatus[]
  await expect(device.org.outbox.list({ statuses })).rejects.toMatchObject({ code: 'invalid' })
  for (const limit of [0, -1, 1.5, Number.NaN])
    await expect(device.org.outbox.list({ limit })).rejects.toMatchObject({ code: 'invalid', place: { rule: 'limit' } })
})

test('what can be listed by row is what touches the row', async () => {
  const { device } = await withRefused()
  let id = ''
  await device.org.write((draft) => {
    id = draft.create('account', { name: 'Parent' })
  })
  await device.org.write((draft) =>
    draft.create('contact', { lastname: 'Child', parentcustomerid: id, parentcustomerid$table: 'account' }),
  )
  await device.org.write((draft) => draft.create('account', { name: 'Other' }))
  const touching = await device.org.outbox.list({ statuses: 'all', row: { table: 'account', id } })
  expect(touching.map(({ seq }) => seq)).toEqual([1, 2])
})

test('all errors are sent again in their order once their cause is gone', async () => {
  const { there, device, taken } = await withRefused()
  const holder = there.emulator.master.rows('account').find((row) => row.values['accountnumber'] === taken)
  await device.org.write((draft) => draft.create('account', { name: 'One', accountnumber: taken }))
  await device.org.write((draft) => draft.create('account', { name: 'Two', accountnumber: taken }))
  await device.org.push()
  there.emulator.master.update('account', String(holder?.id), { accountnumber: null })
  expect(await device.org.outbox.setAllPending()).toBe(2)
  expect(await device.org.push()).toMatchObject({ processed: 1, refused: 1 })
  expect((await device.org.outbox.list()).map(({ seq }) => seq)).toEqual([2])
})

test('an archived transaction is never sent, and its effect is taken back until it is set to pending again', async () => {
  const { there, device } = await withRefused()
  const [account] = await device.org.table('account').query({ limit: 1 })
  const id = String(account?.['accountid'])
  const { seq } = await device.org.write((draft) => draft.update('account', id, { name: 'Changed' }))
  await device.org.outbox.archive([Number(seq)])
  expect(await device.org.table('account').get(id)).toEqual(account)
  there.requests()
  await device.org.push()
  expect(there.requests().some((request) => request.startsWith('PATCH'))).toBe(false)

  await device.org.outbox.setPending([Number(seq)])
  expect(await device.org.table('account').get(id)).toMatchObject({ name: 'Changed' })
  await device.sync()
  expect(there.emulator.master.row('account', id)?.values['name']).toBe('Changed')
  expect(await differences(there, device)).toEqual([])
})

test('archiving the create of a row that others need is refused, or takes them along', async () => {
  const { device, taken } = await withRefused()
  let id = ''
  await device.org.write((draft) => {
    id = draft.create('account', { name: 'Refused', accountnumber: taken })
  })
  await device.org.write((draft) =>
    draft.create('contact', { lastname: 'Child', parentcustomerid: id, parentcustomerid$table: 'account' }),
  )
  await device.org.push()
  await expect(device.org.outbox.archive([1])).rejects.toMatchObject({ code: 'refused' })
  expect(await device.org.outbox.counts()).toMatchObject({ error: 1, pending: 1, archived: 0 })
  expect(await device.org.outbox.archive([1], { dependents: 'archive' })).toEqual([1, 2])
  expect(await device.org.outbox.counts()).toMatchObject({ error: 0, pending: 0, archived: 2 })
  expect(await device.org.table('account').get(id)).toBeUndefined()
  expect((await device.org.table('contact').query({ where: "lastname eq 'Child'" })).length).toBe(0)
})

test('a correction is checked like a write, shown at once, and sent', async () => {
  const { there, device, taken } = await withRefused()
  let id = ''
  await device.org.write((draft) => {
    id = draft.create('account', { name: 'Refused', accountnumber: taken })
  })
  await device.org.push()
  await expect(device.org.outbox.amend(1, { accountnumber: 'x'.repeat(500) })).rejects.toMatchObject({
    code: 'invalid',
    place: { table: 'account', column: 'accountnumber', rule: 'max-length' },
  })
  expect(await device.org.outbox.get(1)).toMatchObject({ status: 'error' })
  await device.org.outbox.amend(1, { accountnumber: 'FREE-1' })
  expect(await device.org.table('account').get(id)).toMatchObject({ accountnumber: 'FREE-1' })
  await device.org.push()
  expect(there.emulator.master.row('account', id)?.values['accountnumber']).toBe('FREE-1')
})

test('operations on transactions that do not exist or do not allow it change nothing', async () => {
  const { device } = await withRefused()
  await device.org.write((draft) => draft.create('account', { name: 'Sent' }))
  await device.org.push()
  await expect(device.org.outbox.setPending([1])).rejects.toMatchObject({ code: 'refused' })
  await expect(device.org.outbox.setPending([99])).rejects.toMatchObject({ code: 'invalid' })
  await expect(device.org.outbox.amend(1, { name: 'x' })).rejects.toMatchObject({ code: 'refused' })
  expect(await device.org.outbox.get(99)).toBeUndefined()
  expect(await device.org.outbox.counts()).toMatchObject({ processed: 1, pending: 0 })
})

test('requests of one write on one row become one change, and a row made and dropped in it is none', async () => {
  const { device } = await withRefused()
  const { seq } = await device.org.write((draft) => {
    const id = draft.create('account', { name: 'First' })
    draft.update('account', id, { name: 'Second', telephone1: '1' })
    const dropped = draft.create('account', { name: 'Dropped' })
    draft.delete('account', dropped)
  })
  expect((await device.org.outbox.get(Number(seq)))?.changes).toMatchObject([
    { kind: 'create', values: { name: 'Second', telephone1: '1' } },
  ])
})

test('a write that changes nothing leaves no transaction', async () => {
  const { device } = await withRefused()
  const [account] = await device.org.table('account').query({ limit: 1 })
  const id = String(account?.['accountid'])
  expect(await device.org.write((draft) => draft.update('account', id, { name: account?.['name'] ?? null }))).toEqual({
    seq: null,
  })
  expect(await device.org.write(() => {})).toEqual({ seq: null })
})

test('a write whose body throws, or of which one part is wrong, leaves nothing', async () => {
  const { device } = await withRefused()
  const before = await device.rows('account')
  const failing = device.org.write((draft) => {
    draft.create('account', { name: 'Never' })
    throw new Error('the application changed its mind')
  })
  await expect(failing).rejects.toThrow('changed its mind')
  const wrong = device.org.write((draft) => {
    draft.create('account', { name: 'Never' })
    draft.create('contact', { lastname: 'x'.repeat(500) })
  })
  await expect(wrong).rejects.toMatchObject({ code: 'invalid', place: { table: 'contact', column: 'lastname' } })
  expect(await device.rows('account')).toEqual(before)
  expect(await device.org.outbox.counts()).toMatchObject({ pending: 0 })
})

test('a live query shows local writes and pulled rows, and is silent about the rest', async () => {
  const { there, device } = await withRefused()
  const shown: string[][] = []
  const stop = device.org.table('account').watch({ where: "startswith(name,'Live')", orderBy: ['name'] }, (rows) => {
    shown.push(rows.map((row) => String(row['name'])))
  })
  await there.env.advance(0)
  await device.org.write((draft) => draft.create('account', { name: 'Live 1' }))
  await there.env.advance(0)
  await device.org.write((draft) => draft.create('account', { name: 'Other' }))
  await there.env.advance(0)
  there.emulator.master.create('account', { name: 'Live 0' })
  await device.sync()
  await there.env.advance(0)
  stop()
  await device.org.write((draft) => draft.create('account', { name: 'Live 2' }))
  await there.env.advance(0)
  expect(shown).toEqual([[], ['Live 1'], ['Live 0', 'Live 1']])
})
