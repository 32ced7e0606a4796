import type { ColumnValue, ConflictFunction, ConflictRule, TableConfiguration } from '@outpost/core'
import { expect, test } from 'vitest'
import { differences, world } from './world.ts'
import type { Device, DeviceOptions, World } from './world.ts'

/* Two technicians have the same work order on their devices and no network. Each conflict ends as its table says. */

const ORDER = 'msdyn_workorder'
const COLUMNS = [
  'msdyn_name',
  'msdyn_workordersummary',
  'new_safetymeasures',
  'new_traveldistance',
  'msdyn_totalestimatedduration',
  'modifiedon',
]

interface Story {
  readonly there: World
  readonly ann: Device
  readonly bo: Device
  readonly id: string
  /** One device changes the order; gives back the seq of the transaction. */
  readonly edit: (device: Device, values: Readonly<Record<string, ColumnValue>>) => Promise<number>
  readonly master: () => Readonly<Record<string, unknown>> | undefined
}

async function story(
  table: TableConfiguration = {},
  row: Readonly<Record<string, ColumnValue>> = {},
  options: DeviceOptions = {},
): Promise<Story> {
  const there = world()
  const id = there.emulator.master.create(ORDER, { msdyn_name: 'Pump', ...row })
  const configuration = { tables: { [ORDER]: { columns: COLUMNS, ...table } } }
  const [ann, bo] = [
    await there.device({ configuration, ...options }),
    await there.device({ configuration, ...options }),
  ]
  await ann.sync()
  await bo.sync()
  await there.env.advance(HOUR)
  return {
    there,
    ann,
    bo,
    id,
    edit: async (device, values) =>
      Number((await device.org.write((draft) => draft.update(ORDER, id, values), { coalesce: false })).seq),
    master: () => there.emulator.master.row(ORDER, id)?.values,
  }
}

test('a newer row that cannot be read is asked for once more, and then after a while', async () => {
  const { there, ann, bo, id, edit } = await story({ conflictPolicy: 'client-wins' })
  await edit(ann, { [SUMMARY]: 'Ann’s' })
  await ann.org.push()
  const seq = await edit(bo, { [SUMMARY]: 'Bo’s' })
  // As where a column has been removed, and the copy of the metadata does not know that yet.
  there.emulator.faults.add({
    match: { method: 'GET', table: ORDER },
    times: 9,
    fault: { kind: 'status', status: 400 },
  })
  await bo.org.push()
  expect(await bo.org.outbox.get(seq)).toMatchObject({ status: 'pending', attempts: 2 })
  expect((await bo.org.outbox.get(seq))?.nextAttemptAt).toBeGreaterThan(there.env.now())
  there.emulator.faults.clear()
  await there.env.advance(HOUR)
  await bo.org.push()
  expect(await bo.org.outbox.get(seq)).toMatchObject({ status: 'processed' })
  expect(there.emulator.master.row(ORDER, id)?.values[SUMMARY]).toBe('Bo’s')
})

const HOUR = 3_600_000
const SUMMARY = 'msdyn_workordersummary'

test.each<[ConflictRule, string, ColumnValue, ColumnValue, ColumnValue, ColumnValue]>([
  ['client-wins', 'msdyn_workordersummary', 'Old', 'Ann’s', 'Bo’s', 'Bo’s'],
  ['server-wins', 'msdyn_workordersummary', 'Old', 'Ann’s', 'Bo’s', 'Ann’s'],
  ['max', 'new_traveldistance', 10, 12.5, 11, 12.5],
  ['min', 'new_traveldistance', 10, 12.5, 11, 11],
  ['sum', 'new_traveldistance', 10, 12.5, 10.125, 12.625],
  ['sum', 'msdyn_totalestimatedduration', 60, 90, 90, 120],
  ['union', 'new_safetymeasures', '1,2', '1,2,3', '1,5', '1,3,5'],
  ['never-overwrite', 'msdyn_workordersummary', 'Old', 'Ann’s', 'Bo’s', 'Ann’s'],
  ['never-overwrite', 'msdyn_workordersummary', 'Old', null, 'Bo’s', 'Bo’s'],
])('the rule %s of %s makes of %j, Ann’s %j and Bo’s later %j: %j', async (rule, column, base, anns, bos, result) => {
  const { there, ann, bo, edit, master } = await story({ conflictRules: { [column]: rule } }, { [column]: base })
  await edit(ann, { [column]: anns })
  const seq = await edit(bo, { [column]: bos })
  await ann.sync()
  await bo.sync()
  await ann.sync()
  expect(master()?.[column] ?? null).toBe(result)
  expect([await differences(there, ann), await differences(there, bo)]).toEqual([[], []])
  expect(await bo.org.conflicts.list()).toMatchObject([
    { seq, column, kind: 'updated-both', base, local: bos, remote: anns, value: result, policy: rule },
  ])
})

test('an amount that the row may have got from either is left to a person, where the row could not be read when it was refused', async () => {
  const column = 'new_traveldistance'
  const { there, ann, bo, edit, master } = await story({ conflictRules: { [column]: 'sum' } }, { [column]: 10 })
  await edit(ann, { [column]: 15 })
  const seq = await edit(bo, { [column]: 15 })
  await ann.sync()
  there.emulator.faults.add({ match: { method: 'GET', table: ORDER }, fault: { kind: 'status', status: 400 } })
  await bo.org.push()
  expect(await bo.org.outbox.get(seq)).toMatchObject({
    status: 'error',
    outcome: 'unknown',
    lastError: { code: 'conflict' },
  })
  expect(master()?.[column]).toBe(15)
})

test('the newest edit stands, though it is the first to arrive', async () => {
  const column = 'msdyn_workordersummary'
  const { there, ann, bo, edit, master } = await story({ conflictRules: { [column]: 'newest' } })
  await edit(bo, { [column]: 'Bo, at nine' })
  await there.env.advance(HOUR)
  await edit(ann, { [column]: 'Ann, at ten' })
  await ann.sync()
  await bo.sync()
  expect(master()?.[column]).toBe('Ann, at ten')
  const [decided] = await bo.org.conflicts.list({ policy: 'newest' })
  expect(decided).toMatchObject({ resolved: 'remote', reason: expect.stringContaining('clock of the device') })
})

test('edits of one row on one device each add to what the master has made of it meanwhile', async () => {
  const column = 'new_traveldistance'
  const { there, ann, bo, edit, master } = await story({ conflictRules: { [column]: 'sum' } }, { [column]: 10 })
  await edit(ann, { [column]: 20 })
  await edit(bo, { [column]: 12 })
  await edit(bo, { [column]: 15 })
  await ann.sync()
  await bo.sync()
  expect(master()?.[column]).toBe(25)
  expect(await differences(there, bo)).toEqual([])
})

test('an amount that was merged, put away and taken back is still one of two', async () => {
  const column = 'new_traveldistance'
  const { there, ann, bo, edit, master } = await story({ conflictRules: { [column]: 'sum' } }, { [column]: 10 })
  await edit(ann, { [column]: 20 })
  const seq = await edit(bo, { [column]: 12 })
  await edit(bo, { [column]: 15 })
  await ann.sync()
  loseSecond(there, bo, 'dropBeforeCommit')
  await expect(bo.sync()).rejects.toMatchObject({ code: 'offline' })
  await bo.org.outbox.archive([seq])
  await bo.org.outbox.setPending([seq])
  await bo.sync()
  expect(master()?.[column]).toBe(25)
  expect(await differences(there, bo)).toEqual([])
})

test('the master moves on while an amount is being pushed, again and again: all of it is counted once', async () => {
  const column = 'msdyn_totalestimatedduration'
  const { there, bo, id, edit, master } = await story({ conflictRules: { [column]: 'sum' } }, { [column]: 60 })
  const seq = await edit(bo, { [column]: 90 })
  let times = 0
  bo.org.subscribe((event) => {
    if (event.type !== 'push.sent' || (times += 1) > 3) return
    there.emulator.master.update(ORDER, id, { [column]: Number(master()?.[column]) + 1 })
  })
  await bo.sync()
  expect(master()?.[column]).toBe(93)
  expect((await bo.org.conflicts.list({ resolved: 'merged' })).map(({ value }) => value)).toEqual([91, 92, 93])
  expect(await bo.org.outbox.get(seq)).toMatchObject({ status: 'processed' })
})

test('the answer is lost after the merge: the amount is found on the master and not added again', async () => {
  const column = 'new_traveldistance'
  const { there, ann, bo, edit, master } = await story({ conflictRules: { [column]: 'sum' } }, { [column]: 10 })
  await edit(ann, { [column]: 20 })
  await ann.sync()
  const seq = await edit(bo, { [column]: 12 })
  loseSecond(there, bo, 'dropAfterCommit')
  await expect(bo.sync()).rejects.toMatchObject({ code: 'offline' })
  expect(master()?.[column]).toBe(22)
  await bo.sync()
  expect(master()?.[column]).toBe(22)
  const told = (await bo.org.outbox.get(seq))?.history.find((entry) => entry.event === 'delivered')
  expect(told?.note).toContain('found on the master')
})

test('the answer is lost after the merge and the master moves on: a person decides whether the amount is in', async () => {
  const column = 'new_traveldistance'
  const { there, ann, bo, edit, master } = await story({ conflictRules: { [column]: 'sum' } }, { [column]: 10 })
  await edit(ann, { [column]: 20 })
  await ann.sync()
  const seq = await edit(bo, { [column]: 12 })
  loseSecond(there, bo, 'dropAfterCommit')
  await expect(bo.sync()).rejects.toMatchObject({ code: 'offline' })
  await ann.sync()
  await edit(ann, { [column]: 30 })
  await ann.sync()
  await bo.sync()
  expect(master()?.[column]).toBe(30)
  expect(await bo.org.outbox.get(seq)).toMatchObject({ status: 'error', lastError: { rejection: 'conflict' } })
  const [open] = await bo.org.conflicts.list({ open: true })
  expect(open).toMatchObject({ column, policy: 'sum', reason: expect.stringContaining('answer was lost') })
  await bo.org.outbox.archive([seq])
  await bo.sync()
  expect(await differences(there, bo)).toEqual([])
})

/** The first request is stale or finds no row; the second one, made after the decision, is lost on its way or back. */
function loseSecond(there: World, bo: Device, kind: 'dropBeforeCommit' | 'dropAfterCommit'): void {
  let times = 0
  bo.org.subscribe((event) => {
    if (event.type !== 'push.sent' || (times += 1) !== 2) return
    there.emulator.faults.add({ match: { method: 'PATCH' }, fault: { kind } })
  })
}

test('a row that was deleted on the master is created again with its last values and the update', async () => {
  const { there, ann, bo, id, edit, master } = await story(
    { onDeletedRow: 'recreate' },
    { msdyn_workordersummary: 'Old', new_safetymeasures: '1,2' },
  )
  const seq = await edit(bo, { msdyn_workordersummary: 'Bo’s' })
  await edit(bo, { new_traveldistance: 7 })
  there.emulator.master.remove(ORDER, id)
  await bo.sync()
  expect(master()).toMatchObject({
    msdyn_name: 'Pump',
    msdyn_workordersummary: 'Bo’s',
    new_safetymeasures: '1,2',
    new_traveldistance: 7,
  })
  expect(await bo.org.conflicts.list()).toMatchObject([
    { seq, kind: 'deleted-on-master', resolved: 'local', policy: 'on deleted row: recreate', value: 'Bo’s' },
  ])
  expect(await differences(there, bo)).toEqual([])
  await ann.sync()
  expect(await differences(there, ann)).toEqual([])
})

test('the answer to the second creation is lost: there is one row, and no conflict of it with itself', async () => {
  const { there, bo, id, edit, master } = await story({ onDeletedRow: 'recreate' })
  const seq = await edit(bo, { msdyn_workordersummary: 'Bo’s' })
  there.emulator.master.remove(ORDER, id)
  loseSecond(there, bo, 'dropAfterCommit')
  await expect(bo.sync()).rejects.toMatchObject({ code: 'offline' })
  await bo.sync()
  expect(await bo.org.outbox.get(seq)).toMatchObject({ status: 'processed' })
  expect(master()).toMatchObject({ msdyn_workordersummary: 'Bo’s' })
  expect(await differences(there, bo)).toEqual([])
})

test('both create the deleted row again: the second one’s update is merged into the first one’s row', async () => {
  const { there, ann, bo, id, edit, master } = await story({ onDeletedRow: 'recreate' })
  await edit(ann, { msdyn_workordersummary: 'Ann’s' })
  const seq = await edit(bo, { new_traveldistance: 7 })
  there.emulator.master.remove(ORDER, id)
  await ann.sync()
  await bo.sync()
  expect(master()).toMatchObject({ msdyn_workordersummary: 'Ann’s', new_traveldistance: 7 })
  expect(await bo.org.outbox.get(seq)).toMatchObject({ status: 'processed' })
  expect(await differences(there, bo)).toEqual([])
})

test.each([
  ['drop', 'archived', 'remote'],
  ['error', 'error', 'undecided'],
] as const)('under %s an update of a row that was deleted ends %s', async (onDeletedRow, status, resolved) => {
  const { there, bo, id, edit, master } = await story({ onDeletedRow, syncDeletion: true })
  const seq = await edit(bo, { msdyn_workordersummary: 'Bo’s' })
  there.emulator.master.remove(ORDER, id)
  const report = await bo.sync()
  expect(report.pushed.conflicts).toBe(1)
  expect(await bo.org.outbox.get(seq)).toMatchObject({ status })
  expect(await bo.org.conflicts.list()).toMatchObject([{ seq, kind: 'deleted-on-master', remote: null, resolved }])
  expect(master()).toBeUndefined()
  if (status === 'error') await bo.org.outbox.archive([seq])
  await bo.sync()
  expect(await differences(there, bo)).toEqual([])
})

test('a row that was closed here cannot be created closed: a person decides, and the list says why', async () => {
  const columns = [...COLUMNS, 'statecode', 'statuscode']
  const { there, bo, id, edit } = await story({ columns, onDeletedRow: 'recreate' })
  const seq = await edit(bo, { statecode: 1, statuscode: 2 })
  there.emulator.master.remove(ORDER, id)
  await bo.sync()
  expect(await bo.org.outbox.get(seq)).toMatchObject({ status: 'error', lastError: { rejection: 'gone' } })
  const reasons = (await bo.org.conflicts.list({ open: true })).map(({ reason }) => reason)
  expect(reasons).toContainEqual(expect.stringContaining("'statecode' cannot be set"))
})

test.each([
  ['client-wins', 918640000],
  ['server-wins', 2],
] as const)('the rule %s of the state is that of its status', async (rule, status) => {
  const columns = [...COLUMNS, 'statecode', 'statuscode']
  const { there, ann, bo, edit, master } = await story({ columns, conflictRules: { statecode: rule } })
  await edit(ann, { statecode: 1, statuscode: 2 })
  await edit(bo, { statecode: 1, statuscode: 918640000, [SUMMARY]: 'Bo’s' })
  await ann.sync()
  await bo.sync()
  expect(master()).toMatchObject({ statecode: 1, statuscode: status, [SUMMARY]: 'Bo’s' })
  expect(await bo.org.conflicts.list()).toMatchObject([{ column: 'statuscode', policy: rule }])
  expect(await differences(there, bo)).toEqual([])
})

test('a dropped update of a deleted row does not take the rest of its transaction with it', async () => {
  const { there, bo, id } = await story({ onDeletedRow: 'drop' })
  const other = there.emulator.master.create(ORDER, { msdyn_name: 'Pump' })
  await bo.sync()
  await bo.org.write((draft) => {
    draft.update(ORDER, id, { msdyn_workordersummary: 'gone' })
    draft.update(ORDER, other, { msdyn_workordersummary: 'stays' })
  })
  there.emulator.master.remove(ORDER, id)
  expect((await bo.sync()).pushed).toMatchObject({ processed: 1, conflicts: 1 })
  expect(there.emulator.master.row(ORDER, other)?.values).toMatchObject({ msdyn_workordersummary: 'stays' })
})

test.each([
  ['delete', 'processed', false],
  ['drop', 'archived', true],
  ['error', 'error', true],
] as const)('under %s the deletion of a row that was changed ends %s', async (onUpdatedRow, status, stays) => {
  const { there, ann, bo, id, edit, master } = await story({ onUpdatedRow, syncDeletion: true })
  const { seq } = await bo.org.write((draft) => draft.delete(ORDER, id))
  await edit(ann, { msdyn_workordersummary: 'Ann’s' })
  await ann.sync()
  await bo.sync()
  expect(await bo.org.outbox.get(Number(seq))).toMatchObject({ status })
  expect(master() !== undefined).toBe(stays)
  expect(await bo.org.conflicts.list({ kind: 'deleted-here' })).toMatchObject([
    { column: 'msdyn_workordersummary', local: null, remote: 'Ann’s', policy: `on updated row: ${onUpdatedRow}` },
  ])
  if (status === 'error') await bo.org.outbox.archive([Number(seq)])
  await bo.sync()
  expect(await differences(there, bo)).toEqual([])
})

test('a function of the application joins both texts', async () => {
  const join: ConflictFunction = ({ clashes, local, remote }) =>
    Object.fromEntries(
      clashes.map((name) => [name, { value: [remote[name], local[name]].filter(Boolean).join(' / ') }]),
    )
  const table = { conflictPolicy: { function: 'join' } }
  const { there, ann, bo, edit, master } = await story(table, { [SUMMARY]: 'Old' }, { conflictFunctions: { join } })
  await edit(ann, { [SUMMARY]: 'Ann’s' })
  await edit(bo, { [SUMMARY]: 'Bo’s' })
  await ann.sync()
  await bo.sync()
  expect(master()?.[SUMMARY]).toBe('Ann’s / Bo’s')
  const [decided] = await bo.org.conflicts.list({ policy: 'function join' })
  expect(decided).toMatchObject({ resolved: 'merged', value: 'Ann’s / Bo’s' })
  expect(decided?.patches).toMatchObject({
    local: [{ op: 'replace', path: `/${SUMMARY}`, value: 'Bo’s' }],
    remote: [{ op: 'replace', path: `/${SUMMARY}`, value: 'Ann’s' }],
    sent: [{ op: 'replace', path: `/${SUMMARY}`, value: 'Ann’s / Bo’s' }],
  })
  expect(await differences(there, bo)).toEqual([])
})

test('a function that throws loses no write: when it is corrected the transaction is merged and sent', async () => {
  let broken = true
  const decide: ConflictFunction = ({ clashes }) => {
    if (broken) throw new Error('no such tariff')
    return Object.fromEntries(clashes.map((name) => [name, 'local']))
  }
  const table = { conflictPolicy: { function: 'decide' } }
  const { ann, bo, edit, master, id } = await story(table, {}, { conflictFunctions: { decide } })
  await edit(ann, { [SUMMARY]: 'Ann’s' })
  await ann.sync()
  const seq = await edit(bo, { [SUMMARY]: 'Bo’s' })
  await bo.sync()
  expect(await bo.org.outbox.get(seq)).toMatchObject({
    status: 'error',
    lastError: { code: 'conflict', rejection: 'policy', message: expect.stringContaining('no such tariff') },
  })
  expect(master()?.[SUMMARY]).toBe('Ann’s')
  expect(await bo.org.table(ORDER).get(id)).toMatchObject({ [SUMMARY]: 'Bo’s' })
  broken = false
  await bo.org.outbox.setPending([seq])
  await bo.sync()
  expect(master()?.[SUMMARY]).toBe('Bo’s')
})

test('a function must be there when it is named; a program without it opens the client org and leaves conflicts open', async () => {
  const there = world()
  const configuration = { tables: { [ORDER]: { columns: COLUMNS, conflictPolicy: { function: 'ours' } } } }
  await expect(there.device({ configuration })).rejects.toMatchObject({
    code: 'invalid',
    place: { table: ORDER, rule: 'conflict-function' },
  })
  const options = { configuration, conflictFunctions: { ours: (() => 'undecided') as ConflictFunction } }
  const device = await there.device(options)
  await device.sync()
  const [row] = await device.org.table(ORDER).query({ limit: 1 })
  const id = String(row?.['msdyn_workorderid'])
  await device.org.write((draft) => draft.update(ORDER, id, { [SUMMARY]: 'Ours' }))
  there.emulator.master.update(ORDER, id, { [SUMMARY]: 'Theirs' })
  await device.sync()
  expect(await device.org.outbox.list()).toMatchObject([{ lastError: { rejection: 'conflict' } }])

  Reflect.deleteProperty(options, 'conflictFunctions')
  const elsewhere = await device.crash()
  await elsewhere.org.configure(configuration)
  await elsewhere.org.outbox.amend(1, { [SUMMARY]: 'Ours again' })
  there.emulator.master.update(ORDER, id, { [SUMMARY]: 'Theirs again' })
  await elsewhere.sync()
  expect(await elsewhere.org.outbox.list()).toMatchObject([{ lastError: { rejection: 'policy' } }])
})

test('what a person has to decide is settled by amending it, and the list says so', async () => {
  const { there, ann, bo, edit, master } = await story({ conflictPolicy: 'manual' })
  await edit(ann, { [SUMMARY]: 'Ann’s' })
  await ann.sync()
  const seq = await edit(bo, { [SUMMARY]: 'Bo’s', new_traveldistance: 7 })
  await bo.sync()
  expect(await bo.org.conflicts.list({ open: true })).toMatchObject([
    { seq, column: SUMMARY, resolved: 'undecided', local: 'Bo’s', remote: 'Ann’s', answered: null },
  ])
  await bo.org.outbox.amend(seq, { [SUMMARY]: 'Ann’s and Bo’s' })
  await bo.sync()
  expect(master()).toMatchObject({ [SUMMARY]: 'Ann’s and Bo’s', new_traveldistance: 7 })
  expect(await bo.org.conflicts.list({ open: true })).toEqual([])
  expect(await bo.org.conflicts.list()).toMatchObject([{ resolved: 'undecided', answered: { event: 'amended' } }])
  expect(await differences(there, bo)).toEqual([])
})

test('decisions are listed by table, row, policy, end and time, transaction by transaction', async () => {
  const rules = { conflictRules: { new_traveldistance: 'max', [SUMMARY]: 'client-wins' } } as const
  const { there, bo, id, edit } = await story(rules, { new_traveldistance: 1 })
  const conflict = async (at: number): Promise<number> => {
    const seq = await edit(bo, { [SUMMARY]: `Bo ${at}`, new_traveldistance: at })
    there.emulator.master.update(ORDER, id, { [SUMMARY]: `Master ${at}`, new_traveldistance: at + 10 })
    await bo.sync()
    await there.env.advance(HOUR)
    return seq
  }
  const first = await conflict(2)
  const later = there.env.now()
  const second = await conflict(3)
  const list = async (query: Parameters<typeof bo.org.conflicts.list>[0]): Promise<readonly string[]> =>
    (await bo.org.conflicts.list(query)).map(({ seq, column, resolved }) => `${seq} ${column} ${resolved}`)
  const all = [first, second].flatMap((seq) => [`${seq} ${SUMMARY} local`, `${seq} new_traveldistance remote`])
  expect((await list({})).toSorted()).toEqual(all.toSorted())
  expect(await list({ policy: 'max' })).toEqual([
    `${first} new_traveldistance remote`,
    `${second} new_traveldistance remote`,
  ])
  expect(await list({ resolved: 'local', since: later })).toEqual([`${second} ${SUMMARY} local`])
  expect((await list({ limit: 1 })).every((line) => line.startsWith(String(first)))).toBe(true)
  expect((await list({ after: first, limit: 9 })).every((line) => line.startsWith(String(second)))).toBe(true)
  expect(await list({ row: { table: ORDER, id: id.toUpperCase() } })).toHaveLength(4)
  expect(await list({ row: { table: ORDER, id: '11111111-1111-4111-8111-111111111111' } })).toEqual([])
  expect(await list({ table: 'account' })).toEqual([])
})

test('what was put away until its row was kept no more does not write over what others wrote since', async () => {
  const there = world()
  const device = await there.device({
    configuration: { tables: { account: { columns: ['name'], syncFilter: "name eq 'Kept'", syncDeletion: true } } },
  })
  let id = ''
  await device.org.write((draft) => {
    id = draft.create('account', { name: 'Made' })
  })
  const { seq } = await device.org.write((draft) => draft.update('account', id, { name: 'Ours' }), { coalesce: false })
  await device.org.outbox.archive([seq ?? 0])
  await device.sync()
  expect(await device.org.table('account').get(id)).toBeUndefined()
  there.emulator.master.update('account', id, { name: 'Theirs' })
  await device.org.outbox.setPending([seq ?? 0])
  await device.org.push()
  expect(there.emulator.master.row('account', id)?.values).toMatchObject({ name: 'Theirs' })
  const [decision] = (await device.org.outbox.get(seq ?? 0))?.history.at(-1)?.conflicts ?? []
  expect(decision).toMatchObject({ base: 'Made', local: 'Ours', remote: 'Theirs', resolved: 'remote' })
})

test('a change of a column that is not kept any more meets what others wrote in it', async () => {
  const there = world()
  const columns = ['name', 'fax']
  const device = await there.device({ configuration: { tables: { account: { columns } } } })
  const id = there.emulator.master.create('account', { name: 'Marsh', fax: '1' })
  await device.sync()
  const { seq } = await device.org.write((draft) => draft.update('account', id, { fax: 'ours' }))
  there.emulator.master.update('account', id, { fax: 'theirs' })
  await device.org.configure({ tables: { account: { columns: ['name'] } } })
  await device.org.push()
  expect(there.emulator.master.row('account', id)?.values).toMatchObject({ fax: 'theirs' })
  const [decision] = (await device.org.outbox.get(seq ?? 0))?.history.at(-1)?.conflicts ?? []
  expect(decision).toMatchObject({ column: 'fax', base: '1', local: 'ours', remote: 'theirs', resolved: 'remote' })
})

test('a change of a column that is not kept any more is sent where nobody wrote in it, onto a newer row too', async () => {
  const there = world()
  const columns = ['name', 'fax']
  const device = await there.device({ configuration: { tables: { account: { columns } } } })
  const id = there.emulator.master.create('account', { name: 'Marsh', fax: '1' })
  await device.sync()
  const { seq } = await device.org.write((draft) => draft.update('account', id, { fax: 'ours' }))
  there.emulator.master.update('account', id, { name: 'Their name' })
  await device.org.configure({ tables: { account: { columns: ['name'] } } })
  await device.sync()
  expect(there.emulator.master.row('account', id)?.values).toMatchObject({ name: 'Their name', fax: 'ours' })
  expect((await device.org.outbox.get(seq ?? 0))?.history.flatMap(({ conflicts = [] }) => conflicts)).toEqual([])
})

test.each([
  ['what is not kept any more', { [SUMMARY]: 'Ann’s' }, true],
  ['other columns, too', { [SUMMARY]: 'Ann’s', msdyn_name: 'Other' }, true],
  ['what is not kept any more, of which no pull has told', { [SUMMARY]: 'Ann’s' }, false],
])(
  'a column that is not kept any more is merged as the others are: Ann has changed %s',
  async (_, theirs, isPulled) => {
    const { there, bo, id, edit, master } = await story({}, { [SUMMARY]: 'Old', new_traveldistance: 1 })
    const seq = await edit(bo, { [SUMMARY]: 'Bo’s', new_traveldistance: 2 })
    const later = await edit(bo, { [SUMMARY]: 'Bo’s, later' })
    there.emulator.master.update(ORDER, id, theirs)
    const tables = { [ORDER]: { columns: ['msdyn_name'] } }
    await bo.org.configure({ tables, scopes: { down: { tables: [ORDER], direction: 'down' } } })
    if (isPulled) await bo.org.sync({ scope: 'down' })
    await bo.org.push()
    expect(master()).toMatchObject({ ...theirs, new_traveldistance: 2 })
    const decision = { column: SUMMARY, base: 'Old', remote: 'Ann’s', resolved: 'remote' }
    expect(await bo.org.conflicts.list()).toMatchObject([
      { ...decision, seq, local: 'Bo’s' },
      { ...decision, seq: later, local: 'Bo’s, later' },
    ])
    await bo.sync()
    expect(await differences(there, bo)).toEqual([])
  },
)

test('an edit of a column that is not kept any more is no conflict with the one before it', async () => {
  const { there, bo, edit, master } = await story({}, { [SUMMARY]: 'Old' })
  await edit(bo, { [SUMMARY]: 'Bo’s' })
  await edit(bo, { [SUMMARY]: 'Bo’s, later' })
  await bo.org.configure({ tables: { [ORDER]: { columns: ['msdyn_name', 'modifiedon'] } } })
  await bo.sync()
  expect(master()).toMatchObject({ [SUMMARY]: 'Bo’s, later' })
  expect(await bo.org.conflicts.list()).toEqual([])
  expect(await differences(there, bo)).toEqual([])
})

test('a row that was made under an id of the application is known as ours by columns that are not kept any more', async () => {
  const there = world()
  const device = await there.device({ configuration: { tables: { [ORDER]: { columns: COLUMNS } } } })
  const id = '11111111-1111-4111-8111-111111111111'
  await device.org.write((draft) => draft.create(ORDER, { msdyn_name: 'Pump', [SUMMARY]: 'New' }, id))
  there.emulator.faults.add({ nth: 1, fault: { kind: 'dropAfterCommit' } })
  await expect(device.org.push()).rejects.toMatchObject({ code: 'offline' })
  await device.org.configure({ tables: { [ORDER]: { columns: ['msdyn_name'] } } })
  await device.sync()
  expect(await device.org.outbox.list({ statuses: 'all' })).toMatchObject([{ status: 'processed' }])
})

test('a deletion behind an update is not made on what the update met on its way', async () => {
  const there = world()
  const columns = ['name', 'fax', 'revenue']
  const device = await there.device({ configuration: { tables: { account: { columns } } } })
  const id = there.emulator.master.create('account', { name: 'Marsh', fax: '1' })
  await device.sync()
  await device.org.write((draft) => draft.update('account', id, { name: 'Ours' }))
  await device.org.write((draft) => draft.update('account', id, { revenue: 7 }), { coalesce: false })
  const { seq } = await device.org.write((draft) => draft.delete('account', id))
  there.emulator.master.update('account', id, { fax: 'theirs' })
  await device.sync()
  expect(there.emulator.master.row('account', id)?.values).toMatchObject({ name: 'Ours', fax: 'theirs', revenue: 7 })
  const deletion = await device.org.outbox.get(seq ?? 0)
  expect(deletion).toMatchObject({ status: 'error' })
  expect(deletion?.history.at(-1)?.conflicts).toMatchObject([{ column: 'fax', base: '1', remote: 'theirs' }])
})

test.each([
  { column: 'written', policy: 'manual', left: 'Theirs', status: 'error' },
  { column: 'written', policy: 'client-wins', left: 'Ours', status: 'processed' },
  { column: 'other', policy: 'client-row-wins', left: 'Theirs', status: 'processed' },
] as const)(
  'a column that was configured and not brought yet is not written over unseen ($column, $policy)',
  async ({ column, policy, left, status }) => {
    const there = world()
    const account = { columns: ['name'], conflictPolicy: policy }
    const device = await there.device({ configuration: { tables: { account } } })
    const id = there.emulator.master.create('account', { name: 'Marsh', fax: 'Theirs' })
    await device.sync()
    await device.org.configure({ tables: { account: { ...account, columns: ['name', 'fax', 'telephone1'] } } })
    await device.org.write((draft) => draft.update('account', id, { name: 'Ours' }))
    const written = column === 'written' ? { fax: 'Ours' } : { telephone1: '555' }
    const { seq } = await device.org.write((draft) => draft.update('account', id, written))
    await device.sync()
    expect(there.emulator.master.row('account', id)?.values['fax']).toBe(left)
    const transaction = await device.org.outbox.get(seq ?? 0)
    expect(transaction).toMatchObject({ status })
    const conflicts = transaction?.history.flatMap((entry) => entry.conflicts ?? [])
    expect(conflicts).toMatchObject(column === 'written' ? [{ column: 'fax', base: null, remote: 'Theirs' }] : [])
  },
)
