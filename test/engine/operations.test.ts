import type { ClientOrg, Configuration, Dependent, Row } from '@outpost/core'
import { memoryStore, MemoryDatabase } from '@outpost/core/memory'
import { faultyStore } from '@outpost/core/testing'
import { expect, test } from 'vitest'
import { ACCOUNTS, differences, world } from './world.ts'
import type { Device, World } from './world.ts'

/* What a person does with a transaction that cannot be, or should not be, delivered. */

interface Desk {
  readonly there: World
  readonly device: Device
  readonly org: ClientOrg
  /** An account of the master, as the device has it. */
  readonly account: Row
  readonly id: string
  /** A number that another account has: the master refuses it. */
  readonly taken: string
}

async function desk(configuration?: Configuration): Promise<Desk> {
  const there = world()
  const device = await there.device(configuration ? { configuration } : {})
  await device.sync()
  const [holder] = await device.org.table('account').query({ where: 'accountnumber ne null', limit: 1 })
  const taken = String(holder?.['accountnumber'])
  const [account] = await device.org.table('account').query({ where: `accountnumber ne '${taken}'`, limit: 1 })
  if (!account) throw new Error('the seed has accounts')
  return { there, device, org: device.org, account, id: String(account['accountid']), taken }
}

const create = async (org: ClientOrg, table: string, values: Row): Promise<{ seq: number; id: string }> => {
  let id = ''
  const { seq } = await org.write((draft) => {
    id = draft.create(table, values)
  })
  return { seq: Number(seq), id }
}

const update = async (org: ClientOrg, table: string, id: string, values: Row): Promise<number> =>
  Number((await org.write((draft) => draft.update(table, id, values), { coalesce: false })).seq)

const child = (of: string): Row => ({ lastname: 'Child', parentcustomerid: of, parentcustomerid$table: 'account' })

const kept = async ({ org }: Desk, seq: number): Promise<readonly number[]> =>
  org.outbox.archive([seq], { local: 'keep' })

/* Archiving with the effect kept. */

test('an archived transaction whose effect is kept is never sent, and its row goes on showing it over every pull', async () => {
  const here = await desk()
  const { there, org, id, account } = here
  const seq = await update(org, 'account', id, { name: 'Only here' })
  expect(await kept(here, seq)).toEqual([seq])
  there.emulator.master.update('account', id, { name: 'Theirs', telephone1: '42' })
  there.requests()
  await here.device.sync()
  expect(there.requests().filter((request) => request.startsWith('PATCH'))).toEqual([])
  expect(await org.table('account').get(id)).toMatchObject({ name: 'Only here', telephone1: '42' })
  expect(await org.outbox.get(seq)).toMatchObject({ status: 'archived', kept: true })

  expect(await org.outbox.revert({ table: 'account', id })).toEqual([seq])
  expect(await org.table('account').get(id)).toMatchObject({ name: 'Theirs' })
  expect((await org.outbox.get(seq))?.kept).toBeUndefined()
  expect(await differences(there, here.device)).toEqual([])
  expect(account['name']).not.toBe('Theirs')
})

test('a row with a kept effect stays though the master has deleted it, until the effect is taken back', async () => {
  const account = { ...ACCOUNTS.tables['account'], syncDeletion: true }
  const here = await desk({ tables: { ...ACCOUNTS.tables, account } })
  const id = here.there.emulator.master.create('account', { name: 'Short-lived' })
  await here.device.sync()
  const seq = await update(here.org, 'account', id, { name: 'Only here' })
  await kept(here, seq)
  here.there.emulator.master.remove('account', id)
  await here.device.sync()
  expect(await here.org.table('account').get(id)).toMatchObject({ name: 'Only here' })
  await here.org.outbox.archive([seq], { local: 'revert' })
  await here.device.sync()
  expect(await here.org.table('account').get(id)).toBeUndefined()
})

test('a kept effect can be taken back, and a transaction that has none cannot be archived again', async () => {
  const here = await desk()
  const seq = await update(here.org, 'account', here.id, { name: 'Only here' })
  await kept(here, seq)
  await expect(kept(here, seq)).rejects.toMatchObject({ code: 'refused' })
  await here.org.outbox.archive([seq])
  expect(await here.org.table('account').get(here.id)).toEqual(here.account)
  await expect(here.org.outbox.archive([seq])).rejects.toMatchObject({ code: 'refused' })
  const history = (await here.org.outbox.get(seq))?.history.map(({ event, note }) => [event, note])
  expect(history).toEqual([
    ['committed', undefined],
    ['archived', 'its effect on the local rows is kept'],
    ['archived', 'its effect on the local rows was taken back'],
  ])
})

test('a kept transaction that is set to pending again is delivered, once', async () => {
  const here = await desk()
  const { seq, id } = await create(here.org, 'account', { name: 'Kept, then sent' })
  await kept(here, seq)
  await here.org.outbox.setPending([seq])
  expect((await here.org.outbox.get(seq))?.kept).toBeUndefined()
  await here.device.sync()
  expect(here.there.emulator.master.row('account', id)?.values['name']).toBe('Kept, then sent')
  expect(await differences(here.there, here.device)).toEqual([])
})

test('a row that is there only by a kept transaction cannot be changed, deleted or pointed to', async () => {
  const here = await desk()
  const { org } = here
  const { seq, id } = await create(org, 'account', { name: 'Only here' })
  await kept(here, seq)
  const refusal = { code: 'refused', place: { table: 'account', row: id }, message: expect.stringContaining(`#${seq}`) }
  await expect(update(org, 'account', id, { name: 'x' })).rejects.toMatchObject(refusal)
  await expect(org.write((draft) => draft.delete('account', id))).rejects.toMatchObject(refusal)
  await expect(create(org, 'contact', child(id))).rejects.toMatchObject(refusal)
  await expect(org.write((draft) => draft.create('account', { name: 'x' }, id))).rejects.toMatchObject(refusal)
  const own = await create(org, 'contact', { lastname: 'Own' })
  await expect(org.outbox.amend(own.seq, child(id))).rejects.toMatchObject(refusal)
  expect(await org.outbox.counts()).toMatchObject({ pending: 1, archived: 1 })
  await org.outbox.setPending([seq])
  await update(org, 'contact', own.id, child(id))
  await here.device.sync()
  expect(await differences(here.there, here.device)).toEqual([])
})

test('a row that is gone only by a kept transaction cannot be changed until that is taken back', async () => {
  const here = await desk()
  const deletion = Number((await here.org.write((draft) => draft.delete('contact', contactOf(here)))).seq)
  const id = contactOf(here)
  await kept(here, deletion)
  await here.device.sync()
  expect(await here.org.table('contact').get(id)).toBeUndefined()
  await expect(update(here.org, 'contact', id, { firstname: 'x' })).rejects.toMatchObject({
    code: 'refused',
    message: expect.stringContaining(`#${deletion}`),
  })
  await here.org.outbox.revert({ table: 'contact', id })
  await update(here.org, 'contact', id, { firstname: 'Back' })
  await here.device.sync()
  expect(here.there.emulator.master.row('contact', id)?.values['firstname']).toBe('Back')
})

function contactOf({ there }: Desk): string {
  return String(there.emulator.master.rows('contact')[0]?.id)
}

test('a new write on a row with a kept effect is made on what the master will have, and is shown', async () => {
  const here = await desk()
  const { org, there, id, account } = here
  const seq = await update(org, 'account', id, { name: 'Only here', telephone1: '1' })
  await kept(here, seq)
  const again = await update(org, 'account', id, { name: 'Only here' })
  expect((await org.outbox.get(again))?.changes).toMatchObject([
    { values: { name: 'Only here' }, before: { name: account['name'] } },
  ])
  there.emulator.master.update('account', id, { revenue: 7 })
  await here.device.sync()
  expect(there.emulator.master.row('account', id)?.values).toMatchObject({ name: 'Only here', revenue: 7 })
  expect(await org.conflicts.list()).toEqual([])
  expect(await org.table('account').get(id)).toMatchObject({ name: 'Only here', telephone1: '1' })
})

test('a newer edit that was delivered is shown over an older kept one', async () => {
  const here = await desk()
  const { org, id, there } = here
  const seq = await update(org, 'account', id, { name: 'Only here', telephone1: '1' })
  await kept(here, seq)
  await update(org, 'account', id, { name: 'Newer' })
  expect(await org.table('account').get(id)).toMatchObject({ name: 'Newer', telephone1: '1' })
  await here.device.sync()
  expect(there.emulator.master.row('account', id)?.values['name']).toBe('Newer')
  expect(await org.table('account').get(id)).toMatchObject({ name: 'Newer', telephone1: '1' })
})

test('what is kept survives a restart, and a link is kept and taken back like a row', async () => {
  const tables = {
    ...ACCOUNTS.tables,
    bookableresource: { columns: ['name'] },
    new_skill: { columns: ['new_name'] },
    new_skill_bookableresource: {},
  }
  const here = await desk({ tables })
  const [resource] = await here.org.table('bookableresource').query({ limit: 1 })
  const [skill] = await here.org.table('new_skill').query({ limit: 1 })
  const ends = [
    { table: 'bookableresource', id: String(resource?.['bookableresourceid']) },
    { table: 'new_skill', id: String(skill?.['new_skillid']) },
  ] as const
  const link = Number((await here.org.write((draft) => draft.associate('new_Skill_BookableResource', ...ends))).seq)
  const edit = await update(here.org, 'account', here.id, { name: 'Only here' })
  await here.org.outbox.archive([link, edit], { local: 'keep' })
  const again = await here.device.crash()
  await again.sync()
  const links = (): Promise<readonly Row[]> => again.org.table('new_skill_bookableresource').query({})
  const before = (await links()).length
  expect(await again.org.table('account').get(here.id)).toMatchObject({ name: 'Only here' })
  const unlinking = again.org.write((draft) => draft.disassociate('new_Skill_BookableResource', ...ends))
  await expect(unlinking).rejects.toMatchObject({ code: 'refused', place: { rule: 'kept-row' } })
  await again.org.outbox.archive([edit, link])
  expect((await links()).length).toBe(before - 1)
  expect(await differences(here.there, again)).toEqual([])
})

/* Who goes along. */

async function family(org: ClientOrg): Promise<Record<'parent' | 'child' | 'grandchild' | 'other', number>> {
  const parent = await create(org, 'account', { name: 'Parent' })
  const middle = await create(org, 'contact', child(parent.id))
  const grandchild = await org.write((draft) => draft.create('account', { name: 'G', primarycontactid: middle.id }))
  const other = await create(org, 'contact', { lastname: 'Other' })
  return { parent: parent.seq, child: middle.seq, grandchild: Number(grandchild.seq), other: other.seq }
}

const brief = ({ seq, because, of }: Dependent): unknown => [seq, because, of]

test('the preview of what goes along is what archiving and discarding then take along', async () => {
  for (const operation of ['archive', 'discard'] as const) {
    const { org } = await desk()
    const seqs = await family(org)
    const preview = await org.outbox.dependents([seqs.parent])
    expect(preview.map(brief)).toEqual([
      [seqs.child, 'needs-row', seqs.parent],
      [seqs.grandchild, 'needs-row', seqs.child],
    ])
    await expect(org.outbox[operation]([seqs.parent])).rejects.toMatchObject({ code: 'refused' })
    expect(await org.outbox.counts()).toMatchObject({ pending: 4, archived: 0 })
    const taken =
      operation === 'archive'
        ? await org.outbox.archive([seqs.parent], { dependents: 'archive' })
        : await org.outbox.discard([seqs.parent], { dependents: 'discard' })
    expect(taken).toEqual([seqs.parent, ...preview.map(({ seq }) => seq)])
    expect((await org.outbox.list({ statuses: ['pending'] })).map(({ seq }) => seq)).toEqual([seqs.other])
  }
})

test('what was only told to wait is named in the preview, stays, and is sent', async () => {
  const here = await desk()
  const { org, id, taken } = here
  const first = await create(org, 'account', { name: 'First', accountnumber: taken })
  const second = await org.write((draft) => draft.update('account', id, { telephone1: '7' }), { after: [first.seq] })
  await org.push()
  expect(await org.outbox.get(Number(second.seq))).toMatchObject({ reason: { kind: 'blocked', by: first.seq } })
  expect((await org.outbox.dependents([first.seq])).map(brief)).toEqual([[second.seq, 'after', first.seq]])
  expect(await org.outbox.archive([first.seq])).toEqual([first.seq])
  expect(await org.push()).toMatchObject({ processed: 1, left: 0 })
})

test('an edit that only let go of a new row does not go along with it', async () => {
  const { org, there } = await desk()
  const contact = String(there.emulator.master.rows('contact')[0]?.id)
  const parent = await create(org, 'account', { name: 'Parent' })
  const set = await update(org, 'contact', contact, { parentcustomerid: parent.id, parentcustomerid$table: 'account' })
  const cleared = await update(org, 'contact', contact, { parentcustomerid: null })
  expect((await org.outbox.dependents([parent.seq])).map(({ seq }) => seq)).toEqual([set])
  await org.outbox.archive([parent.seq], { dependents: 'archive' })
  expect(await org.outbox.get(cleared)).toMatchObject({ status: 'pending' })
  expect(await org.push()).toMatchObject({ processed: 1, refused: 0 })
})

test('with the effect kept, what goes along is kept, too; taking it back takes all of it back', async () => {
  const { org } = await desk()
  const seqs = await family(org)
  const all = [seqs.parent, seqs.child, seqs.grandchild]
  expect(await org.outbox.archive([seqs.parent], { dependents: 'archive', local: 'keep' })).toEqual(all)
  expect((await org.table('account').query({ where: "name eq 'Parent' or name eq 'G'" })).length).toBe(2)
  expect((await org.outbox.dependents([seqs.parent])).map(({ seq }) => seq)).toEqual([seqs.child, seqs.grandchild])
  expect(await org.outbox.dependents([seqs.parent], { local: 'keep' })).toEqual([])
  await expect(org.outbox.archive([seqs.parent])).rejects.toMatchObject({ code: 'refused' })
  expect(await org.outbox.archive([seqs.parent], { dependents: 'archive' })).toEqual(all)
  expect((await org.table('account').query({ where: "name eq 'Parent' or name eq 'G'" })).length).toBe(0)
})

test('a child cannot be set to pending without the archived parent, in whatever order both are named', async () => {
  const here = await desk()
  const { org } = here
  const seqs = await family(org)
  await org.outbox.archive([seqs.parent], { dependents: 'archive' })
  await expect(org.outbox.setPending([seqs.child])).rejects.toMatchObject({
    code: 'refused',
    remedy: expect.stringContaining(`#${seqs.parent}`),
  })
  expect(await org.outbox.counts()).toMatchObject({ archived: 3, pending: 1 })
  await org.outbox.setPending([seqs.grandchild, seqs.child, seqs.parent])
  expect((await org.outbox.get(seqs.child))?.reason).toEqual({ kind: 'blocked', by: seqs.parent })
  expect(await org.push()).toMatchObject({ processed: 4, refused: 0 })
  expect(await differences(here.there, here.device)).toEqual([])
})

test('an archived transaction of a table that is no longer configured is not set to pending before the table is back', async () => {
  const { org, device } = await desk()
  const before = org.configuration
  const { seq } = await create(org, 'contact', { lastname: 'Archived' })
  await org.outbox.archive([seq])
  const { contact: _, ...others } = before.tables
  await org.configure({ ...before, tables: { account: { ...others['account'], columns: ['name', 'telephone1'] } } })
  await expect(org.outbox.setPending([seq])).rejects.toMatchObject({
    code: 'refused',
    place: { table: 'contact', rule: 'unknown-table' },
  })
  await org.configure(before)
  await org.outbox.setPending([seq])
  expect(await org.push()).toMatchObject({ processed: 1 })
  await device.sync()
})

test('what was told to wait for an archived transaction waits again when that comes back', async () => {
  const here = await desk()
  const { org, id } = here
  const first = await create(org, 'account', { name: 'First' })
  const second = await org.write((draft) => draft.update('account', id, { telephone1: '7' }), { after: [first.seq] })
  await org.outbox.archive([first.seq])
  expect((await org.outbox.get(Number(second.seq)))?.reason).toEqual({ kind: 'ready' })
  await org.outbox.setPending([first.seq])
  expect((await org.outbox.get(Number(second.seq)))?.reason).toEqual({ kind: 'blocked', by: first.seq })
  expect(await org.push()).toMatchObject({ processed: 2, refused: 0 })
})

/* Discarding and reverting. */

test('a discarded transaction is gone without a trace, and the later edits of its row stand', async () => {
  const here = await desk()
  const { org, id, account, there } = here
  const first = await update(org, 'account', id, { name: 'Discarded', telephone1: '1' })
  const second = await update(org, 'account', id, { telephone1: '2' })
  expect(await org.outbox.discard([first])).toEqual([first])
  expect(await org.outbox.get(first)).toBeUndefined()
  expect(await org.table('account').get(id)).toMatchObject({ name: account['name'], telephone1: '2' })
  expect((await org.outbox.get(second))?.changes).toMatchObject([{ before: { telephone1: account['telephone1'] } }])
  expect(await org.outbox.list({ statuses: 'all' })).toHaveLength(1)
  there.emulator.master.update('account', id, { revenue: 9 })
  await here.device.sync()
  expect(await org.conflicts.list()).toEqual([])
  expect(await differences(there, here.device)).toEqual([])
})

test('discarding releases what waited, and ends a kept effect', async () => {
  const here = await desk()
  const { org, id, taken, account } = here
  const refused = await create(org, 'account', { name: 'Refused', accountnumber: taken })
  await org.write((draft) => draft.create('contact', { lastname: 'Waits' }), { after: [refused.seq] })
  await org.push()
  await org.outbox.discard([refused.seq])
  expect(await org.push()).toMatchObject({ processed: 1, left: 0 })
  const seq = await update(org, 'account', id, { name: 'Only here' })
  await kept(here, seq)
  await org.outbox.discard([seq])
  expect(await org.table('account').get(id)).toEqual(account)
})

test('what was processed, and what the master may have, cannot be discarded', async () => {
  const { org, there, id } = await desk()
  const seq = await update(org, 'account', id, { name: 'Sent' })
  there.emulator.faults.add({ match: { method: 'PATCH' }, fault: { kind: 'dropAfterCommit' } })
  await expect(org.push()).rejects.toMatchObject({ code: 'offline' })
  expect(await org.outbox.get(seq)).toMatchObject({ outcome: 'unknown' })
  await expect(org.outbox.discard([seq])).rejects.toMatchObject({ code: 'refused', place: { rule: 'unknown-outcome' } })
  await expect(org.outbox.amend(seq, { name: 'x' })).rejects.toMatchObject({ place: { rule: 'unknown-outcome' } })
  await org.push()
  expect(await org.outbox.get(seq)).toMatchObject({ status: 'processed' })
  await expect(org.outbox.discard([seq])).rejects.toMatchObject({ code: 'refused', place: { rule: 'delivered' } })
  await org.outbox.archive([seq])
  await expect(org.outbox.discard([seq])).rejects.toMatchObject({ code: 'refused', place: { rule: 'delivered' } })
})

test('archiving what the master may have keeps saying so, and the next pull shows what it has', async () => {
  const here = await desk()
  const { org, there, id, account } = here
  const seq = await update(org, 'account', id, { name: 'Sent' })
  there.emulator.faults.add({ match: { method: 'PATCH' }, fault: { kind: 'dropAfterCommit' } })
  await expect(org.push()).rejects.toMatchObject({ code: 'offline' })
  await org.outbox.archive([seq])
  expect(await org.outbox.get(seq)).toMatchObject({ status: 'archived', outcome: 'unknown' })
  expect(await org.table('account').get(id)).toEqual(account)
  await expect(org.outbox.discard([seq])).rejects.toMatchObject({ code: 'refused' })
  await here.device.sync()
  expect(await org.table('account').get(id)).toMatchObject({ name: 'Sent' })
})

test('reverting a row takes back every unsent change of it and nothing else', async () => {
  const here = await desk()
  const { org, id, account } = here
  const first = await update(org, 'account', id, { name: 'A' })
  const second = await update(org, 'account', id, { telephone1: '1' })
  const pointing = await create(org, 'contact', child(id))
  expect(await org.outbox.revert({ table: 'account', id: id.toUpperCase() })).toEqual([first, second])
  expect(await org.table('account').get(id)).toEqual(account)
  expect(await org.outbox.get(pointing.seq)).toMatchObject({ status: 'pending' })
  expect(await org.outbox.revert({ table: 'account', id })).toEqual([])
  await expect(org.outbox.revert({ table: 'nowhere', id })).rejects.toMatchObject({ code: 'invalid' })
})

test('reverting a row of a group, or one that others need, is refused unless all of it may go', async () => {
  const { org, id, account } = await desk()
  const group = await org.write((draft) => {
    draft.update('account', id, { name: 'A' })
    draft.create('contact', { lastname: 'Grouped' })
  })
  await expect(org.outbox.revert({ table: 'account', id })).rejects.toMatchObject({ code: 'refused' })
  expect(await org.outbox.revert({ table: 'account', id }, { dependents: 'archive' })).toEqual([group.seq])
  expect(await org.table('account').get(id)).toEqual(account)
  expect(await org.table('contact').query({ where: "lastname eq 'Grouped'" })).toEqual([])

  const parent = await create(org, 'account', { name: 'Parent' })
  const needing = await create(org, 'contact', child(parent.id))
  await expect(org.outbox.revert({ table: 'account', id: parent.id })).rejects.toMatchObject({ code: 'refused' })
  const all = await org.outbox.revert({ table: 'account', id: parent.id }, { dependents: 'archive' })
  expect(all).toEqual([parent.seq, needing.seq])
})

/* Sending again. */

test('everything that failed is sent again at once, and the report says how it went', async () => {
  const here = await desk()
  const { org, there, taken } = here
  const holder = there.emulator.master.rows('account').find((row) => row.values['accountnumber'] === taken)
  await create(org, 'account', { name: 'One', accountnumber: taken })
  await create(org, 'account', { name: 'Two', accountnumber: 'FREE-2' })
  expect(await org.push()).toMatchObject({ processed: 1, refused: 1 })
  there.emulator.master.update('account', String(holder?.id), { accountnumber: null })
  expect(await org.outbox.retryAll()).toMatchObject({ processed: 1, refused: 0, left: 0 })
  expect(await org.outbox.counts()).toMatchObject({ processed: 2, error: 0 })
})

test('when the master cannot be asked, everything that failed is pending all the same', async () => {
  const { org, there, taken } = await desk()
  await create(org, 'account', { name: 'One', accountnumber: taken })
  await org.push()
  there.emulator.faults.add({ fault: { kind: 'dropBeforeCommit' } })
  await expect(org.outbox.retryAll()).rejects.toMatchObject({ code: 'offline' })
  expect(await org.outbox.counts()).toMatchObject({ pending: 1, error: 0 })
})

test('archiving what blocked others lets the background send those without another write', async () => {
  const there = world()
  const device = await there.device({ delivery: 'at-once' })
  await device.sync()
  const [holder] = await device.org.table('account').query({ where: 'accountnumber ne null', limit: 1 })
  const first = await create(device.org, 'account', { name: 'R', accountnumber: String(holder?.['accountnumber']) })
  await device.org.write((draft) => draft.create('contact', { lastname: 'Waits' }), { after: [first.seq] })
  await device.org.idle()
  expect(await device.org.outbox.counts()).toMatchObject({ error: 1, pending: 1 })
  await device.org.outbox.archive([first.seq])
  await device.org.idle()
  expect(await device.org.outbox.counts()).toMatchObject({ pending: 0, processed: 1, archived: 1 })
})

/* Nothing by halves. */

test('what is being sent cannot be touched', async () => {
  const { device, org, id } = await desk()
  const seq = await update(org, 'account', id, { name: 'Claimed' })
  await device.store.write('claim', async (tx) => {
    const [claimed] = await tx.transactions([seq])
    if (claimed)
      await tx.putTransactions([
        { ...claimed, outcome: 'unknown', lease: { owner: 'x', until: Number(claimed.createdAt) + 1000 } },
      ])
  })
  const inFlight = { code: 'refused', place: { rule: 'in-flight' } }
  await expect(org.outbox.archive([seq])).rejects.toMatchObject(inFlight)
  await expect(org.outbox.discard([seq])).rejects.toMatchObject(inFlight)
  await expect(org.outbox.setPending([seq])).rejects.toMatchObject(inFlight)
  await expect(org.outbox.amend(seq, { name: 'x' })).rejects.toMatchObject(inFlight)
  await expect(org.outbox.revert({ table: 'account', id })).rejects.toMatchObject(inFlight)
})

test('an option with a value that there is not is refused before anything is put away', async () => {
  const { org } = await desk()
  const { seq } = await create(org, 'account', { name: 'Stays' })
  const misspelled = JSON.parse('"alll"')
  for (const refused of [
    org.outbox.archive([seq], { local: misspelled }),
    org.outbox.archive([seq], { dependents: misspelled }),
    org.outbox.discard([seq], { dependents: misspelled }),
  ]) {
    await expect(refused).rejects.toMatchObject({ code: 'invalid', place: { rule: 'option' } })
  }
  expect(await org.outbox.get(seq)).toMatchObject({ status: 'pending' })
})

test('what writes no columns cannot be amended, and says so', async () => {
  const { org, id } = await desk()
  const { seq } = await org.write((draft) => draft.delete('account', id))
  await expect(org.outbox.amend(Number(seq), { name: 'x' })).rejects.toMatchObject({
    code: 'invalid',
    place: { rule: 'nothing-to-amend' },
  })
})

test('no transaction is nothing to do, one named twice counts once, an unknown one changes nothing', async () => {
  const { org, id } = await desk()
  const seq = await update(org, 'account', id, { name: 'A' })
  const { outbox } = org
  expect([await outbox.archive([]), await outbox.discard([]), await outbox.dependents([])]).toEqual([[], [], []])
  await outbox.setPending([])
  const unknown = { code: 'invalid', place: { rule: 'unknown-transaction' } }
  await expect(outbox.archive([seq, 99])).rejects.toMatchObject(unknown)
  await expect(outbox.discard([seq, 99])).rejects.toMatchObject(unknown)
  await expect(outbox.setPending([seq, 99])).rejects.toMatchObject(unknown)
  await expect(outbox.dependents([99])).rejects.toMatchObject(unknown)
  await expect(outbox.compare(99)).rejects.toMatchObject(unknown)
  expect(await outbox.get(seq)).toMatchObject({ status: 'pending', history: [{ event: 'committed' }] })
  expect(await outbox.archive([seq, seq])).toEqual([seq])
  await outbox.setPending([seq, seq])
  expect((await outbox.get(seq))?.history.map(({ event }) => event)).toEqual(['committed', 'archived', 'set-pending'])
  expect(await outbox.discard([seq, seq])).toEqual([seq])
})

interface Operation {
  readonly name: string
  readonly run: (org: ClientOrg, seqs: Record<'parent' | 'child', number>, row: string) => Promise<unknown>
}

const OPERATIONS: readonly Operation[] = [
  { name: 'setPending', run: (org, { parent }) => org.outbox.setPending([parent]) },
  { name: 'setAllPending', run: (org) => org.outbox.setAllPending() },
  { name: 'archive', run: (org, { parent }) => org.outbox.archive([parent], { dependents: 'archive' }) },
  {
    name: 'archive and keep',
    run: (org, { parent }) => org.outbox.archive([parent], { dependents: 'archive', local: 'keep' }),
  },
  { name: 'discard', run: (org, { parent }) => org.outbox.discard([parent], { dependents: 'discard' }) },
  { name: 'revert', run: (org, _, row) => org.outbox.revert({ table: 'account', id: row }, { dependents: 'archive' }) },
  { name: 'amend', run: (org, { parent }) => org.outbox.amend(parent, { accountnumber: 'FREE-1' }) },
]

test.each(OPERATIONS)('$name is done whole or not at all when the device dies at its commit', async ({ run }) => {
  const whole = await died(null, run)
  expect(whole.after).not.toEqual(whole.before)
  expect(await died('commit', run)).toEqual({ before: whole.before, after: whole.before })
  expect(await died('acknowledge', run)).toEqual(whole)
})

interface Seen {
  readonly before: unknown
  readonly after: unknown
}

/** A parent that was refused, its child, and an operation at whose commit the device dies: what there is before and after. */
async function died(at: 'commit' | 'acknowledge' | null, run: Operation['run']): Promise<Seen> {
  const there = world({ rows: 200 })
  const database = new MemoryDatabase()
  const store = faultyStore(memoryStore({ database }))
  const device = await there.device({ store })
  await device.sync()
  const [holder] = await device.org.table('account').query({ where: 'accountnumber ne null', limit: 1 })
  const refused = { name: 'Refused', accountnumber: String(holder?.['accountnumber']) }
  const parent = await create(device.org, 'account', refused)
  const needing = await create(device.org, 'contact', child(parent.id))
  await device.org.push()
  const before = await everything(device)
  if (at) store.fail({ at })
  const running = run(device.org, { parent: parent.seq, child: needing.seq }, parent.id)
  if (at) await expect(running).rejects.toMatchObject({ code: 'store' })
  else await running
  database.crash()
  return { before, after: await everything({ store: memoryStore({ database }) }) }
}

async function everything({ store }: Pick<Device, 'store'>): Promise<unknown> {
  return store.read('everything', async (tx) => ({
    transactions: await tx.findTransactions({}),
    accounts: await tx.scan('account', {}),
    contacts: await tx.scan('contact', {}),
    bases: [await tx.bases('account'), await tx.bases('contact')],
  }))
}
