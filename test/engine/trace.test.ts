import type { ClientOrg, TraceEntry } from '@outpost/core'
import { expect, test } from 'vitest'
import { ACCOUNTS, world } from './world.ts'

/* What can be told of a row afterwards: every step from its first commit to the pull that brought it back. */

const steps = (entries: readonly TraceEntry[]): readonly string[] => entries.map(({ seq, event }) => `#${seq} ${event}`)

async function created(org: ClientOrg, name: string, coalesce = true): Promise<string> {
  let id = ''
  await org.write(
    (draft) => {
      id = draft.create('account', { name })
    },
    { coalesce },
  )
  return id
}

test('a row that was made, sent and pulled tells of its values, both request ids and its version', async () => {
  const there = world()
  const device = await there.device()
  const id = await created(device.org, 'Made')
  await device.sync()
  const [written, sent, answered, echoed, ...more] = await device.org.outbox.trace({ table: 'account', id })
  const version = `W/"${there.emulator.master.row('account', id)?.version}"`
  const requestId = there.emulator.requests({ method: 'PATCH' })[0]?.headers['x-ms-client-request-id']
  expect(written).toMatchObject({
    seq: 1,
    kind: 'written',
    event: 'committed',
    changes: [{ kind: 'create', values: { name: 'Made' }, before: null }],
    with: [],
  })
  expect(sent).toMatchObject({ kind: 'sent', requestId })
  expect(answered).toMatchObject({ kind: 'answered', event: 'delivered', version, error: null })
  expect(answered?.kind === 'answered' && answered.masterRequestId).toMatch(/^[0-9a-f-]{36}$/)
  expect(echoed).toMatchObject({ kind: 'echoed', version })
  expect(more).toEqual([])
})

test('an amendment and the write that it corrected are both told, and the error with its class and remedy', async () => {
  const there = world()
  const device = await there.device()
  await device.sync()
  const [account] = await device.org.table('account').query({ where: 'accountnumber ne null', limit: 1 })
  let id = ''
  await device.org.write((draft) => {
    id = draft.create('account', { name: 'Twice', accountnumber: String(account?.['accountnumber']), telephone1: '1' })
  })
  await device.org.push()
  await device.org.outbox.amend(1, { accountnumber: 'FREE-1', telephone1: undefined })
  await device.org.push()
  const entries = await device.org.outbox.trace({ table: 'account', id })
  expect(steps(entries)).toEqual(['committed', 'sent', 'refused', 'amended', 'sent', 'delivered'].map((e) => `#1 ${e}`))
  expect(entries[0]).toMatchObject({
    changes: [{ values: { name: 'Twice', accountnumber: account?.['accountnumber'], telephone1: '1' } }],
  })
  expect(entries[2]).toMatchObject({
    error: { rejection: 'key-clash', remedy: expect.stringMatching(/\w/), status: 412 },
    masterRequestId: expect.stringMatching(/-/),
  })
  expect(entries[3]).toMatchObject({
    changes: [{ kind: 'create', values: { accountnumber: 'FREE-1' }, dropped: ['telephone1'] }],
  })
})

test('a fold is told with what it wrote, beside what was written at first', async () => {
  const there = world()
  const device = await there.device()
  const id = await created(device.org, 'First')
  await device.org.write((draft) => draft.update('account', id, { name: 'Second', telephone1: '2' }))
  const [committed, folded] = await device.org.outbox.trace({ table: 'account', id })
  expect(committed).toMatchObject({ event: 'committed', changes: [{ values: { name: 'First' } }] })
  expect(folded).toMatchObject({
    event: 'folded',
    changes: [{ kind: 'create', values: { name: 'Second', telephone1: '2' } }],
  })
  await device.org.write((draft) => draft.delete('account', id))
  expect(steps(await device.org.outbox.trace({ table: 'account', id })).at(-1)).toBe('#1 cancelled')
})

test('a conflict is told with the decisions and patches of this row, and of no other', async () => {
  const there = world()
  const device = await there.device()
  await device.sync()
  const [one, two] = await device.org.table('account').query({ limit: 2 })
  const [id, other] = [String(one?.['accountid']), String(two?.['accountid'])]
  await device.org.write((draft) => {
    draft.update('account', id, { name: 'Ours', telephone1: '1' })
    draft.update('account', other, { name: 'Ours too' })
  })
  there.emulator.master.update('account', id, { name: 'Theirs' })
  there.emulator.master.update('account', other, { name: 'Theirs too' })
  const theirs = `W/"${there.emulator.master.row('account', id)?.version}"`
  await device.sync()
  await device.sync()
  const entries = await device.org.outbox.trace({ table: 'account', id })
  const merged = entries.filter(({ conflicts }) => conflicts.length > 0)
  expect(merged).toHaveLength(1)
  expect(merged[0]?.conflicts).toMatchObject([
    { table: 'account', id, column: 'name', local: 'Ours', remote: 'Theirs' },
  ])
  expect(merged[0]).toMatchObject({ patches: { id }, version: theirs })
  // The change stands on the newer row by now; what it was made on is still told.
  expect(entries[0]).toMatchObject({
    changes: [{ kind: 'update', values: { name: 'Ours', telephone1: '1' }, before: { name: one?.['name'] } }],
    with: [{ table: 'account', id: other }],
  })
})

test('links of a row are told of both of its sides, and what only points to it is not', async () => {
  const there = world()
  const device = await there.device({
    configuration: {
      tables: {
        ...ACCOUNTS.tables,
        bookableresource: { columns: ['name'] },
        new_skill: { columns: ['new_name'] },
        new_skill_bookableresource: {},
      },
    },
  })
  await device.sync()
  const [skill] = await device.org.table('new_skill').query({ limit: 1 })
  const [resource] = await device.org.table('bookableresource').query({ limit: 1 })
  const ends = [
    { table: 'new_skill', id: String(skill?.['new_skillid']) },
    { table: 'bookableresource', id: String(resource?.['bookableresourceid']) },
  ] as const
  await device.org.write((draft) => draft.associate('new_Skill_BookableResource', ...ends))
  const id = await created(device.org, 'Parent')
  await device.org.write((draft) =>
    draft.create('contact', { lastname: 'Child', parentcustomerid: id, parentcustomerid$table: 'account' }),
  )
  expect(steps(await device.org.outbox.trace({ table: 'account', id }))).toHaveLength(1)
  const sides = await Promise.all(ends.map((end) => device.org.outbox.trace(end)))
  expect(steps(sides[0] ?? [])).toEqual(steps(sides[1] ?? []))
  expect(sides[0]?.[0]).toMatchObject({
    kind: 'written',
    changes: [{ link: { relationship: 'new_Skill_BookableResource' } }],
  })
})

test('several transactions of one row are told in their order, with what a person did about them', async () => {
  const there = world()
  const device = await there.device()
  const id = await created(device.org, 'One', false)
  await device.org.write((draft) => draft.update('account', id, { name: 'Two' }), { coalesce: false })
  await device.org.outbox.archive([2])
  await device.org.outbox.setPending([2])
  await device.org.push()
  expect(steps(await device.org.outbox.trace({ table: 'account', id: id.toUpperCase() }))).toEqual([
    '#1 committed',
    '#1 sent',
    '#1 delivered',
    '#2 committed',
    '#2 archived',
    '#2 set-pending',
    '#2 merged',
    '#2 sent',
    '#2 delivered',
  ])
  expect(await device.org.outbox.trace({ table: 'contact', id })).toEqual([])
})
