import { linkId } from '@outpost/core'
import type { ColumnValue, TableConfiguration, WriteOptions } from '@outpost/core'
import { expect, test } from 'vitest'
import { differences, world } from './world.ts'
import type { Device, DeviceOptions, World } from './world.ts'

/*
 * Unsent changes of one row become one, where the master cannot tell the difference but by the number of requests; what
 * undoes itself is not sent at all.
 */

type Values = Readonly<Record<string, ColumnValue>>

interface Story {
  readonly there: World
  readonly device: Device
  /** A row of the master's that the device has, and that nothing points to. */
  readonly id: string
  readonly edit: (values: Values, options?: WriteOptions) => Promise<number>
  readonly create: (values: Values, options?: WriteOptions) => Promise<{ readonly id: string; readonly seq: number }>
  readonly remove: (row: string) => Promise<number>
  readonly master: (row?: string) => Readonly<Record<string, unknown>> | undefined
  readonly shown: (row?: string) => Promise<unknown>
}

const ACCOUNT = ['name', 'telephone1', 'accountnumber', 'revenue', 'primarycontactid', 'ownerid', 'modifiedon']

async function story(account: TableConfiguration = {}, options: DeviceOptions = {}): Promise<Story> {
  const there = world()
  const id = there.emulator.master.create('account', { name: 'Old', telephone1: '0' })
  const configuration = {
    tables: {
      account: { columns: ACCOUNT, syncDeletion: true, ...account },
      contact: { columns: ['lastname', 'parentcustomerid'], syncDeletion: true },
      incident: { columns: ['title', 'statecode', 'statuscode', 'description'] },
      new_skill: {},
      bookableresource: {},
      new_skill_bookableresource: { syncDeletion: true },
    },
  }
  const device = await there.device({ configuration, ...options })
  await device.sync()
  await device.org.idle()
  there.requests()
  const { org } = device
  return {
    there,
    device,
    id,
    edit: async (values, given) => Number((await org.write((draft) => draft.update('account', id, values), given)).seq),
    create: async (values, given) => {
      let made = ''
      const { seq } = await org.write((draft) => {
        made = draft.create('account', values)
      }, given)
      return { id: made, seq: Number(seq) }
    },
    remove: async (row) => Number((await org.write((draft) => draft.delete('account', row))).seq),
    master: (row = id) => there.emulator.master.row('account', row)?.values,
    shown: (row = id) => org.table('account').get(row),
  }
}

const writes = (there: World): number => there.requests().filter((request) => !request.startsWith('GET')).length
const events = async (device: Device, seq: number): Promise<readonly string[]> =>
  ((await device.org.outbox.get(seq))?.history ?? []).map(({ event }) => event)

test('four hundred offline edits of a row are one request, and the last one stands', async () => {
  const { there, device, edit, master, shown } = await story()
  for (let at = 1; at <= 400; at += 1) {
    expect(await edit(at % 2 === 0 ? { name: `Edit ${at}` } : { telephone1: `${at}` })).toBe(1)
  }
  expect(await shown()).toMatchObject({ name: 'Edit 400', telephone1: '399' })
  expect(await device.org.push()).toMatchObject({ processed: 1 })
  expect(writes(there)).toBe(1)
  expect(master()).toMatchObject({ name: 'Edit 400', telephone1: '399' })
  await device.sync()
  expect(await differences(there, device)).toEqual([])
})

test('edits that are made while the master cannot be reached are at most two transactions, however many attempts fail', async () => {
  const { there, device, edit, master } = await story({}, { delivery: 'at-once' })
  const heal = there.emulator.faults.add({ times: Infinity, fault: { kind: 'dropBeforeCommit' } })
  for (let at = 1; at <= 60; at += 1) {
    await edit({ name: `Edit ${at}` })
    await device.org.idle()
    await there.env.advance(20_000)
    await device.org.idle()
  }
  expect(await device.org.outbox.counts()).toMatchObject({ pending: 2, error: 0 })
  heal()
  await device.sync()
  expect(master()).toMatchObject({ name: 'Edit 60' })
  expect(await device.org.outbox.counts()).toMatchObject({ pending: 0, processed: 2 })
})

test('each fold is told in the history of the transaction that carries it', async () => {
  const { there, device, edit } = await story()
  const seq = await edit({ name: 'A' })
  await there.env.advance(60_000)
  await edit({ telephone1: '1', revenue: 5 })
  const { history = [], changes } = (await device.org.outbox.get(seq)) ?? {}
  expect(history).toMatchObject([
    { event: 'committed' },
    { event: 'folded', note: 'telephone1, revenue', at: there.env.now() },
  ])
  expect(changes).toMatchObject([
    { kind: 'update', values: { name: 'A', telephone1: '1', revenue: 5 }, before: { name: 'Old', telephone1: '0' } },
  ])
})

test('a row that is created and edited before it is sent is created as it is now', async () => {
  const { there, device, create, master } = await story()
  const { id, seq } = await create({ name: 'Draft', telephone1: '1' })
  await device.org.write((draft) => draft.update('account', id, { name: 'Final', telephone1: null }))
  expect(await device.org.push()).toMatchObject({ processed: 1 })
  expect(writes(there)).toBe(1)
  expect(await events(device, seq)).toEqual(['committed', 'folded', 'sent', 'delivered'])
  expect(master(id)).toMatchObject({ name: 'Final' })
  await device.sync()
  expect(await differences(there, device)).toEqual([])
})

test('a row that is created and deleted before it is sent never reaches the master, and can be brought back', async () => {
  const { there, device, create, remove, master, shown } = await story()
  const { id, seq } = await create({ name: 'Mistake' })
  expect(await remove(id)).toBe(seq)
  expect(await shown(id)).toBeUndefined()
  await device.sync()
  expect(writes(there)).toBe(0)
  expect(await device.org.outbox.get(seq)).toMatchObject({
    status: 'archived',
    history: [{ event: 'committed' }, { event: 'cancelled', note: 'the row was deleted again' }],
  })
  await device.org.outbox.setPending([seq])
  expect(await shown(id)).toMatchObject({ name: 'Mistake' })
  await device.sync()
  expect(master(id)).toMatchObject({ name: 'Mistake' })
  expect(await differences(there, device)).toEqual([])
})

test('a row that was deleted unsent, and changed by the same write before, comes back as it was before that write', async () => {
  const { there, device, create, master, shown } = await story()
  const { id, seq } = await create({ name: 'Mistake' })
  const deleted = await device.org.write((draft) => {
    draft.update('account', id, { name: 'Deleted' })
    draft.delete('account', id)
  })
  expect(deleted.seq).toBe(seq)
  await device.org.outbox.setPending([seq])
  expect(await shown(id)).toMatchObject({ name: 'Mistake' })
  await device.sync()
  expect(master(id)).toMatchObject({ name: 'Mistake' })
  expect(await differences(there, device)).toEqual([])
})

test('what is changed back drops out, and when nothing is left nothing is sent', async () => {
  const { there, device, edit, shown } = await story()
  const seq = await edit({ name: 'A', telephone1: '1' })
  expect(await edit({ name: 'Old' })).toBe(seq)
  expect((await device.org.outbox.get(seq))?.changes).toMatchObject([{ values: { telephone1: '1' } }])
  expect(await edit({ telephone1: '0' })).toBe(seq)
  expect(await device.org.outbox.get(seq)).toMatchObject({
    status: 'archived',
    changes: [{ values: { telephone1: '1' } }],
  })
  expect(await events(device, seq)).toEqual(['committed', 'folded', 'cancelled'])
  expect(await shown()).toMatchObject({ name: 'Old', telephone1: '0' })
  await device.sync()
  expect(writes(there)).toBe(0)
  expect(await differences(there, device)).toEqual([])
})

test('an edit that is changed back when the master has moved on is not taken away unseen', async () => {
  const held = { conflictPolicy: 'manual', uploadFilter: "not startswith(name,'Ours')" } as const
  const { there, device, id, edit, master, shown } = await story(held)
  expect(await edit({ name: 'Ours' })).toBe(1)
  there.emulator.master.update('account', id, { name: 'Theirs' })
  await device.sync()
  expect(await edit({ name: 'Old' })).toBe(2)
  expect(await shown()).toMatchObject({ name: 'Old' })
  await device.sync()
  expect(await device.org.outbox.get(1)).toMatchObject({ status: 'error', lastError: { rejection: 'conflict' } })
  expect(master()).toMatchObject({ name: 'Theirs' })
})

test.each([
  ['made and removed', ['associate', 'disassociate'], false],
  ['removed and made again', ['disassociate', 'associate'], true],
] as const)('a link that is %s before it is sent is left as it was', async (_, [first, second], linked) => {
  const { there, device } = await story()
  const { master } = there.emulator
  const ends = [
    { table: 'new_skill', id: master.create('new_skill', { new_name: 'Welding' }) },
    { table: 'bookableresource', id: master.create('bookableresource', { name: 'Kit', resourcetype: 1 }) },
  ] as const
  if (linked) master.associate('new_skill', ends[0].id, 'new_Skill_BookableResource', ends[1])
  await device.sync()
  const before = await device.rows('new_skill_bookableresource')
  there.requests()
  const change = async (kind: 'associate' | 'disassociate'): Promise<number> =>
    Number((await device.org.write((draft) => draft[kind]('new_Skill_BookableResource', ...ends))).seq)
  const seq = await change(first)
  expect(await change(second)).toBe(seq)
  expect(await events(device, seq)).toEqual(['committed', 'cancelled'])
  expect(await device.rows('new_skill_bookableresource')).toEqual(before)
  await device.sync()
  expect(writes(there)).toBe(0)
  expect(await differences(there, device)).toEqual([])
})

test('a link that was there already is removed, although it was made once more before', async () => {
  const { there, device } = await story()
  const { master } = there.emulator
  const ends = [
    { table: 'new_skill', id: master.create('new_skill', { new_name: 'Welding' }) },
    { table: 'bookableresource', id: master.create('bookableresource', { name: 'Kit', resourcetype: 1 }) },
  ] as const
  master.associate('new_skill', ends[0].id, 'new_Skill_BookableResource', ends[1])
  await device.sync()
  await device.org.write((draft) => draft.associate('new_Skill_BookableResource', ...ends))
  await device.org.write((draft) => draft.disassociate('new_Skill_BookableResource', ...ends))
  await device.sync()
  expect(await differences(there, device)).toEqual([])
  const links = await device.rows('new_skill_bookableresource')
  expect([...links.values()].some((link) => link['new_skillid'] === ends[0].id)).toBe(false)
})

test('a link that was there already is still known in its version when it has been made once more', async () => {
  const { there, device } = await story()
  const { master } = there.emulator
  const ends = [
    { table: 'new_skill', id: master.create('new_skill', { new_name: 'Welding' }) },
    { table: 'bookableresource', id: master.create('bookableresource', { name: 'Kit', resourcetype: 1 }) },
  ] as const
  master.associate('new_skill', ends[0].id, 'new_Skill_BookableResource', ends[1])
  // Long enough for nothing to be asked for again by its time.
  for (let nth = 0; nth < 2; nth += 1) {
    await device.sync()
    await there.env.advance(60 * 60_000)
  }
  await device.sync()
  const table = 'new_skill_bookableresource'
  const version = (): Promise<unknown> =>
    device.store.read('version', async (tx) => [...(await tx.versions(table, [linkId(ends[0].id, ends[1].id)]))])
  const before = await version()
  const { seq } = await device.org.write((draft) => draft.associate('new_Skill_BookableResource', ...ends))
  await device.org.push()
  expect(await events(device, Number(seq))).toContain('delivered')
  expect(await version()).toEqual(before)
})

test('with coalesce: false every step is sent, and nothing is folded into one', async () => {
  const { there, device, id, edit } = await story()
  const before = Number(there.emulator.master.row('account', id)?.version)
  const seqs = [
    await edit({ telephone1: '1' }),
    await edit({ telephone1: '2' }, { coalesce: false }),
    await edit({ telephone1: '3' }),
    await edit({ telephone1: '4' }),
  ]
  expect(seqs).toEqual([1, 2, 3, 3])
  expect(await device.org.push()).toMatchObject({ processed: 3 })
  expect(Number(there.emulator.master.row('account', id)?.version)).toBeGreaterThanOrEqual(before + 3)
})

test('a change of state or owner is a message of its own, before and behind other edits', async () => {
  const { there, device, id, edit } = await story()
  const { master, users } = there.emulator
  const incident = master.rows('incident').find(({ values }) => values['statecode'] === 0)?.id ?? ''
  await device.sync()
  const change = async (values: Values): Promise<number> =>
    Number((await device.org.write((draft) => draft.update('incident', incident, values))).seq)
  const status = (await device.org.table('incident').get(incident))?.['statuscode'] === 2 ? 1 : 2
  const seqs = [
    await change({ description: 'a' }),
    await change({ statuscode: status }),
    await change({ description: 'b' }),
    await change({ description: 'c' }),
  ]
  expect(seqs).toEqual([1, 2, 3, 3])
  expect(await edit({ name: 'Given away' })).toBe(4)
  const owner = users.find(({ name }) => name !== 'Sunniva Admin')?.id ?? ''
  const { seq } = await device.org.write((draft) => draft.assign('account', id, { table: 'systemuser', id: owner }))
  expect(seq).toBe(5)
  expect(await edit({ name: 'Given away for good' })).toBe(6)
  await device.sync()
  expect(await device.org.outbox.counts()).toMatchObject({ processed: 6, pending: 0, error: 0 })
  expect(await differences(there, device)).toEqual([])
})

test('a lookup to a row that is created behind the first edit stays behind it', async () => {
  const { there, device, create, master } = await story()
  const { id, seq } = await create({ name: 'Company' })
  let contact = ''
  const child = await device.org.write((draft) => {
    contact = draft.create('contact', { lastname: 'Boss', parentcustomerid: id, parentcustomerid$table: 'account' })
  })
  const name = await device.org.write((draft) => draft.update('account', id, { name: 'Company Ltd' }))
  const boss = await device.org.write((draft) => draft.update('account', id, { primarycontactid: contact }))
  expect([seq, child.seq, name.seq, boss.seq]).toEqual([1, 2, 1, 3])
  await device.sync()
  expect(master(id)).toMatchObject({ name: 'Company Ltd' })
  expect(await device.org.outbox.counts()).toMatchObject({ processed: 3, pending: 0, error: 0 })
  expect(await differences(there, device)).toEqual([])
})

test('a new row that others need is not cancelled by its deletion: the deletion waits until they have let go', async () => {
  const { there, device, create, remove } = await story()
  const { id, seq } = await create({ name: 'Needed' })
  const child = await device.org.write((draft) =>
    draft.create('contact', { lastname: 'Child', parentcustomerid: id, parentcustomerid$table: 'account' }),
  )
  const deletion = await remove(id)
  expect([seq, child.seq, deletion]).toEqual([1, 2, 3])
  await device.sync()
  expect((await device.org.outbox.get(seq))?.status).toBe('processed')
  expect((await device.org.outbox.get(Number(child.seq)))?.status).toBe('processed')
  expect(there.emulator.master.row('account', id)).toBeUndefined()
})

test('an edit of a row whose creation was refused waits for the correction, and is folded into nothing', async () => {
  const { there, device, create, master } = await story()
  there.emulator.master.create('account', { name: 'Holder', accountnumber: 'TAKEN-1' })
  const { id, seq } = await create({ name: 'Refused', accountnumber: 'TAKEN-1' })
  await device.org.push()
  const edited = await device.org.write((draft) => draft.update('account', id, { telephone1: '1' }))
  const again = await device.org.write((draft) => draft.update('account', id, { telephone1: '2' }))
  expect([seq, edited.seq, again.seq]).toEqual([1, 2, 2])
  expect((await device.org.outbox.get(2))?.reason).toEqual({ kind: 'blocked', by: 1 })
  await device.org.outbox.amend(seq, { accountnumber: 'FREE-1' })
  await device.sync()
  expect(master(id)).toMatchObject({ accountnumber: 'FREE-1', telephone1: '2' })
})

test('a group is sent as it was written, and later edits of its rows behind it', async () => {
  const { there, device, id, edit, master } = await story()
  await edit({ name: 'Before' })
  await device.org.write((draft) => {
    draft.update('account', id, { name: 'In the group' })
    draft.create('contact', { lastname: 'In the group' })
  })
  expect(await edit({ name: 'Behind' })).toBe(3)
  expect(await edit({ telephone1: '9' })).toBe(3)
  await device.sync()
  expect(await device.org.outbox.counts()).toMatchObject({ processed: 3 })
  expect(master()).toMatchObject({ name: 'Behind', telephone1: '9' })
  expect(await differences(there, device)).toEqual([])
})

test('a conflict is judged by what the first of the folded edits was made on', async () => {
  const { there, device, id, edit, master } = await story()
  const seq = await edit({ name: 'Ours' })
  there.emulator.master.update('account', id, { name: 'Theirs', revenue: 7 })
  await edit({ name: 'Ours again', telephone1: '1' })
  await device.sync()
  expect(master()).toMatchObject({ name: 'Theirs', revenue: 7, telephone1: '1' })
  expect(await device.org.conflicts.list()).toMatchObject([
    { seq, column: 'name', base: 'Old', local: 'Ours again', remote: 'Theirs', resolved: 'remote' },
  ])
})

test.each([
  ['before', 'Theirs'],
  ['behind', 'Ours, later'],
] as const)('where the newest edit stands, a fold %s the master’s edit is the time of ours', async (when, stands) => {
  const { there, device, id, edit, master } = await story({ conflictRules: { name: 'newest' } })
  const theirs = async (): Promise<void> => {
    await there.env.advance(60_000)
    there.emulator.master.update('account', id, { name: 'Theirs' })
    await there.env.advance(60_000)
  }
  await edit({ name: 'Ours' })
  if (when === 'behind') await theirs()
  await edit({ name: 'Ours, later' })
  if (when === 'before') await theirs()
  await device.sync()
  expect(master()).toMatchObject({ name: stands })
})

test('a row that its upload filter holds back goes when an edit that is folded into it lets it match', async () => {
  const { device, create, master } = await story({ uploadFilter: "not startswith(name,'Draft')" })
  const { id, seq } = await create({ name: 'Draft' })
  expect(await device.org.push()).toMatchObject({ processed: 0, left: 1 })
  const { seq: folded } = await device.org.write((draft) => draft.update('account', id, { name: 'Final' }))
  expect(folded).toBe(seq)
  expect(await device.org.push()).toMatchObject({ processed: 1, left: 0 })
  expect(master(id)).toMatchObject({ name: 'Final' })
})

test.each([
  ['the same column', { name: 'Theirs' }],
  ['other columns', { telephone1: '99' }],
] as const)('under client-row-wins the folded row stands as a whole where the master changed %s', async (_, theirs) => {
  const { there, device, id, edit, master } = await story({ conflictPolicy: 'client-row-wins' })
  const seq = await edit({ name: 'Ours' })
  await edit({ revenue: 12 })
  there.emulator.master.update('account', id, theirs)
  await device.sync()
  expect(master()).toMatchObject({ name: 'Ours', telephone1: '0', revenue: 12 })
  const [column] = Object.keys(theirs)
  expect(await device.org.conflicts.list()).toMatchObject([
    { seq, column, resolved: 'local', policy: 'client-row-wins', remote: Object.values(theirs)[0] },
  ])
  expect(await differences(there, device)).toEqual([])
})

test('under client-row-wins the whole row is as the last of the folded edits left it', async () => {
  const { there, device, id, edit, master } = await story({ conflictPolicy: 'client-row-wins' })
  await edit({ name: 'Passing thought', revenue: 12 })
  await edit({ name: 'Old' })
  there.emulator.master.update('account', id, { name: 'Theirs' })
  await device.sync()
  expect(master()).toMatchObject({ name: 'Old', revenue: 12 })
})

test('under client-row-wins what our own earlier edit made the master do is not taken back', async () => {
  const { there, device, edit, master } = await story({ conflictPolicy: 'client-row-wins' })
  there.emulator.plugins.register({
    name: 'Completes',
    message: 'Update',
    table: 'account',
    stage: 'preOperation',
    run: ({ target }) => {
      if (target['name'] === 'Completed') target['telephone1'] = 'by the master'
    },
  })
  await edit({ name: 'Completed' })
  await edit({ revenue: 3 }, { coalesce: false })
  await device.sync()
  expect(master()).toMatchObject({ name: 'Completed', revenue: 3, telephone1: 'by the master' })
  expect(await differences(there, device)).toEqual([])
})
