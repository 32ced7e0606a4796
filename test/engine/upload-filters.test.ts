import type { Configuration, PendingReason, Row } from '@outpost/core'
import { expect, test } from 'vitest'
import { world } from './world.ts'
import type { Device, World } from './world.ts'

/* Upload filters: what does not match stays on the device, says so, and goes as soon as it matches. */

/** Accounts go when they have a number, contacts and cases when they are not private, skills when they are no drafts. */
const FILTERED: Configuration = {
  tables: {
    account: {
      columns: ['name', 'accountnumber', 'telephone1', 'primarycontactid'],
      uploadFilter: 'accountnumber ne null',
    },
    contact: {
      columns: ['firstname', 'lastname', 'description', 'parentcustomerid'],
      uploadFilter: "description ne 'private'",
    },
    incident: { columns: ['title', 'statecode', 'statuscode', 'customerid'], uploadFilter: "title ne 'private'" },
    new_skill: { columns: ['new_name'], uploadFilter: "new_name ne 'draft'" },
    bookableresource: { columns: ['name'] },
    new_skill_bookableresource: {},
  },
}

async function opened(delivery: 'at-once' | 'on-demand' = 'on-demand'): Promise<{ there: World; device: Device }> {
  const there = world()
  const device = await there.device({ configuration: FILTERED, delivery })
  await device.sync()
  await device.org.idle()
  return { there, device }
}

async function reasons(device: Device): Promise<Readonly<Record<number, PendingReason | null>>> {
  const listed = await device.org.outbox.list({ statuses: ['pending'] })
  return Object.fromEntries(listed.map(({ seq, reason }) => [seq, reason]))
}

const onMaster = ({ emulator }: World, table: string, id: string): Readonly<Record<string, unknown>> | undefined =>
  emulator.master.rows(table).find((row) => row.id === id)?.values

async function create(device: Device, table: string, values: Row): Promise<string> {
  let id = ''
  await device.org.write((draft) => {
    id = draft.create(table, values)
  })
  return id
}

test('a new row that does not match is held, says so, and goes once a local write makes it match', async () => {
  const { there, device } = await opened('at-once')
  const id = await create(device, 'account', { name: 'Draft' })
  await device.org.idle()
  expect(Object.values(await reasons(device))).toEqual([{ kind: 'held', table: 'account', row: id }])
  expect(onMaster(there, 'account', id)).toBeUndefined()

  await device.org.write((draft) => draft.update('account', id, { telephone1: '1' }), { coalesce: false })
  await device.org.idle()
  expect(Object.values(await reasons(device)).map((reason) => reason?.kind)).toEqual(['held', 'blocked'])

  await device.org.write((draft) => draft.update('account', id, { accountnumber: 'UF-1' }), { coalesce: false })
  await device.org.idle()
  expect(await reasons(device)).toEqual({})
  expect(onMaster(there, 'account', id)).toMatchObject({ name: 'Draft', telephone1: '1', accountnumber: 'UF-1' })
})

test('an edit of a row that stops matching is held, and goes when it matches again', async () => {
  const { there, device } = await opened()
  const id = await create(device, 'contact', { lastname: 'Known' })
  await device.org.push()
  await device.org.write((draft) => draft.update('contact', id, { firstname: 'Ann' }), { coalesce: false })
  await device.org.write((draft) => draft.update('contact', id, { description: 'private' }), { coalesce: false })
  expect(await device.org.push()).toMatchObject({ processed: 0, left: 2 })
  expect(Object.values(await reasons(device)).map((reason) => reason?.kind)).toEqual(['held', 'blocked'])
  expect(onMaster(there, 'contact', id)?.['firstname'] ?? null).toBeNull()

  await device.org.write((draft) => draft.update('contact', id, { description: 'open' }), { coalesce: false })
  expect(await device.org.push()).toMatchObject({ left: 0 })
  expect(onMaster(there, 'contact', id)).toMatchObject({ firstname: 'Ann', description: 'open' })
})

test('an edit is released by a pull that makes its row match, and held by one that stops it', async () => {
  const { there, device } = await opened('at-once')
  const id = there.emulator.master.create('account', { name: 'There', accountnumber: 'UF-2' })
  await device.sync()
  there.emulator.master.update('account', id, { accountnumber: null })
  await device.sync()
  await device.org.write((draft) => draft.update('account', id, { telephone1: '2' }))
  await device.org.idle()
  expect(Object.values(await reasons(device))).toEqual([{ kind: 'held', table: 'account', row: id }])

  there.emulator.master.update('account', id, { accountnumber: 'UF-3' })
  await device.sync()
  await device.org.idle()
  expect(await reasons(device)).toEqual({})
  expect(onMaster(there, 'account', id)).toMatchObject({ telephone1: '2', accountnumber: 'UF-3' })
})

test('a held row holds its group, and what needs the row waits for it; everything else goes', async () => {
  const { there, device } = await opened()
  let parent = ''
  let friend = ''
  const group = await device.org.write((draft) => {
    friend = draft.create('contact', { lastname: 'Friend' })
    parent = draft.create('account', { name: 'Draft', primarycontactid: friend })
  })
  const child = await device.org.write((draft) =>
    draft.create('contact', { lastname: 'Child', parentcustomerid: parent, parentcustomerid$table: 'account' }),
  )
  const other = await create(device, 'contact', { lastname: 'Other' })
  expect(await device.org.push()).toMatchObject({ processed: 1, left: 2 })
  expect(await reasons(device)).toEqual({
    [Number(group.seq)]: { kind: 'held', table: 'account', row: parent },
    [Number(child.seq)]: { kind: 'blocked', by: group.seq },
  })
  expect(onMaster(there, 'contact', other)).toBeDefined()
  expect(onMaster(there, 'contact', friend)).toBeUndefined()

  await device.org.write((draft) => draft.update('account', parent, { accountnumber: 'UF-4' }))
  expect(await device.org.push()).toMatchObject({ left: 0 })
  expect(onMaster(there, 'contact', friend)).toBeDefined()
})

test('a deletion is judged by what the row was, and so are the edits that came before it', async () => {
  const { there, device } = await opened()
  const shown = there.emulator.master.create('contact', { lastname: 'Shown' })
  const hidden = there.emulator.master.create('contact', { lastname: 'Hidden', description: 'private' })
  await device.sync()
  await device.org.write((draft) => draft.update('contact', hidden, { firstname: 'Edited' }), { coalesce: false })
  await device.org.write((draft) => draft.delete('contact', hidden))
  await device.org.write((draft) => draft.delete('contact', shown))
  expect(await device.org.push()).toMatchObject({ processed: 1, left: 2 })
  expect(onMaster(there, 'contact', shown)).toBeUndefined()
  expect(onMaster(there, 'contact', hidden)?.['firstname'] ?? null).toBeNull()
  expect(Object.values(await reasons(device)).map((reason) => reason?.kind)).toEqual(['held', 'blocked'])
})

test('an action is held with its row', async () => {
  const { there, device } = await opened()
  const [open] = await device.org.table('incident').query({ where: 'statecode eq 0', limit: 1 })
  const id = String(open?.['incidentid'])
  await device.org.write((draft) => draft.update('incident', id, { title: 'private' }))
  await device.org.write((draft) => {
    draft.action('CloseIncident', {
      on: { table: 'incident', id },
      parameters: {
        IncidentResolution: { $row: { table: 'incidentresolution', values: { subject: 'Done', incidentid: id } } },
        Status: 5,
      },
      happened: 'statecode eq 1',
    })
  })
  expect(await device.org.push()).toMatchObject({ processed: 0, left: 2 })
  expect(onMaster(there, 'incident', id)).toMatchObject({ statecode: 0 })
  expect(Object.values(await reasons(device)).map((reason) => reason?.kind)).toEqual(['held', 'blocked'])
  const [held] = await device.org.outbox.list({ statuses: ['pending'] })
  await device.org.outbox.amend(Number(held?.seq), { title: 'Pump leaks' })
  expect(await device.org.push()).toMatchObject({ processed: 2, left: 0 })
  expect(onMaster(there, 'incident', id)).toMatchObject({ title: 'Pump leaks', statecode: 1 })
})

test('a link waits for the held row at its end', async () => {
  const { there, device } = await opened()
  const [resource] = await device.org.table('bookableresource').query({ limit: 1 })
  const resourceId = String(resource?.['bookableresourceid'])
  const skill = await create(device, 'new_skill', { new_name: 'draft' })
  const link = await device.org.write((draft) =>
    draft.associate(
      'new_Skill_BookableResource',
      { table: 'bookableresource', id: resourceId },
      { table: 'new_skill', id: skill },
    ),
  )
  expect(await device.org.push()).toMatchObject({ processed: 0, left: 2 })
  expect((await reasons(device))[Number(link.seq)]).toMatchObject({ kind: 'blocked' })
  await device.org.write((draft) => draft.update('new_skill', skill, { new_name: 'Welding' }))
  expect(await device.org.push()).toMatchObject({ left: 0 })
  expect(onMaster(there, 'new_skill', skill)).toMatchObject({ new_name: 'Welding' })
})

test('another filter releases and holds at once, and a filter that is taken away lets everything go', async () => {
  const { there, device } = await opened('at-once')
  const id = await create(device, 'account', { name: 'Draft' })
  await device.org.idle()
  expect(Object.values(await reasons(device)).map((reason) => reason?.kind)).toEqual(['held'])
  const { uploadFilter: _, ...account } = FILTERED.tables['account'] ?? {}
  await device.org.configure({ tables: { ...FILTERED.tables, account } })
  await device.org.idle()
  expect(await reasons(device)).toEqual({})
  expect(onMaster(there, 'account', id)).toMatchObject({ name: 'Draft' })
})
