import type { RowComparison, TableConfiguration } from '@outpost/core'
import { expect, test } from 'vitest'
import { ACCOUNTS, world } from './world.ts'
import type { Device, World } from './world.ts'

/* What a person sees of a transaction before deciding about it: what was there, what it makes of it, what the master has. */

const LINK = 'new_skill_bookableresource'

interface Desk {
  readonly there: World
  readonly device: Device
  readonly id: string
  readonly write: (body: Parameters<Device['org']['write']>[0]) => Promise<number>
  readonly compare: (seq: number) => Promise<readonly RowComparison[]>
}

async function desk(account: TableConfiguration = {}): Promise<Desk> {
  const there = world()
  const configuration = {
    tables: {
      account: { columns: ['name', 'telephone1', 'revenue', 'primarycontactid'], ...account },
      contact: ACCOUNTS.tables['contact'] ?? {},
      incident: { columns: ['title', 'customerid', 'statecode', 'statuscode'] },
      bookableresource: { columns: ['name'] },
      new_skill: { columns: ['new_name'] },
      [LINK]: {},
    },
  }
  const id = there.emulator.master.create('account', { name: 'Pump works', telephone1: '1' })
  const device = await there.device({ configuration })
  await device.sync()
  return {
    there,
    device,
    id,
    write: async (body) => Number((await device.org.write(body)).seq),
    compare: (seq) => device.org.outbox.compare(seq),
  }
}

test('a conflict that waits for a person shows both sides, what they were made on, and that nothing is decided', async () => {
  const { there, device, id, write, compare } = await desk({ conflictPolicy: 'manual' })
  const seq = await write((draft) => draft.update('account', id, { name: 'Mine', telephone1: '2' }))
  const before = await compare(seq)
  expect(before).toMatchObject([
    {
      table: 'account',
      id,
      kind: 'update',
      onMaster: true,
      columns: [
        { column: 'name', base: 'Pump works', mine: 'Mine', theirs: 'Pump works' },
        { column: 'telephone1', base: '1', mine: '2', theirs: '1' },
      ],
    },
  ])
  expect(before[0]?.versions.base).toBe(before[0]?.versions.theirs)
  there.emulator.master.update('account', id, { name: 'Theirs' })
  await device.sync()
  const [row] = await compare(seq)
  expect(row?.columns).toMatchObject([
    { column: 'name', base: 'Pump works', mine: 'Mine', theirs: 'Theirs', decision: { resolved: 'undecided' } },
    { column: 'telephone1', base: '1', mine: '2', theirs: '1' },
  ])
  expect(row?.columns[1]).not.toHaveProperty('decision')
  expect(row?.versions.base).toBe(before[0]?.versions.base)
  expect(row?.versions.theirs).not.toBe(row?.versions.base)
})

test('a column that a conflict took out of the transaction is shown with what was decided', async () => {
  const { there, device, id, write, compare } = await desk()
  const seq = await write((draft) => draft.update('account', id, { name: 'Mine', telephone1: '2' }))
  there.emulator.master.update('account', id, { name: 'Theirs' })
  await device.sync()
  expect(await device.org.outbox.get(seq)).toMatchObject({ status: 'processed' })
  const [row] = await compare(seq)
  expect(row?.columns).toMatchObject([
    { column: 'telephone1', mine: '2', theirs: '2' },
    {
      column: 'name',
      base: 'Pump works',
      mine: 'Mine',
      theirs: 'Theirs',
      decision: { resolved: 'remote', policy: 'merge' },
    },
  ])
})

test('a row to be created has no base and is not on the master, until it was delivered', async () => {
  const { device, write, compare } = await desk()
  let id = ''
  const seq = await write((draft) => {
    id = draft.create('account', { name: 'New' })
    draft.create('contact', { lastname: 'Child', parentcustomerid: id, parentcustomerid$table: 'account' })
  })
  expect(await compare(seq)).toMatchObject([
    {
      ...{ table: 'account', id, kind: 'create', onMaster: false, versions: { base: null, theirs: null } },
      columns: [{ column: 'name', base: null, mine: 'New', theirs: null }],
    },
    {
      ...{ table: 'contact', kind: 'create', onMaster: false },
      columns: [
        { column: 'lastname', mine: 'Child' },
        { column: 'parentcustomerid', base: null, mine: id, theirs: null },
      ],
    },
  ])
  await device.org.push()
  const [row] = await compare(seq)
  expect(row).toMatchObject({ onMaster: true, columns: [{ column: 'name', mine: 'New', theirs: 'New' }] })
  expect(row?.versions.theirs).toMatch(/\d/)
})

test('a deletion shows what would be lost, and what the master has made of it meanwhile', async () => {
  const { there, device, id, write, compare } = await desk()
  const seq = await write((draft) => draft.delete('account', id))
  there.emulator.master.update('account', id, { revenue: 5 })
  await device.sync()
  expect(await device.org.outbox.get(seq)).toMatchObject({ status: 'error' })
  const [row] = await compare(seq)
  expect(row).toMatchObject({ kind: 'delete', onMaster: true })
  const columns = new Map(row?.columns.map((column) => [column.column, column]))
  expect(columns.get('name')).toEqual({ column: 'name', base: 'Pump works', mine: null, theirs: 'Pump works' })
  expect(columns.get('revenue')).toMatchObject({
    base: null,
    mine: null,
    theirs: 5,
    decision: { kind: 'deleted-here' },
  })
})

test('a link shows its two ends, on each side where it is', async () => {
  const { device, write, compare } = await desk()
  const [resource] = await device.org.table('bookableresource').query({ limit: 1 })
  const [skill] = await device.org.table('new_skill').query({ limit: 1 })
  const ends = {
    bookableresourceid: String(resource?.['bookableresourceid']),
    new_skillid: String(skill?.['new_skillid']),
  }
  const rows = [
    { table: 'bookableresource', id: ends.bookableresourceid },
    { table: 'new_skill', id: ends.new_skillid },
  ] as const
  const made = await write((draft) => draft.associate('new_Skill_BookableResource', ...rows))
  const sides = async (seq: number): Promise<unknown> =>
    (await compare(seq)).map(({ columns, onMaster }) => ({
      onMaster,
      ...Object.fromEntries(columns.map(({ column, base, mine, theirs }) => [column, [base, mine, theirs]])),
    }))
  const { bookableresourceid, new_skillid } = ends
  expect(await sides(made)).toEqual([
    { onMaster: false, bookableresourceid: [null, bookableresourceid, null], new_skillid: [null, new_skillid, null] },
  ])
  await device.sync()
  const unmade = await write((draft) => draft.disassociate('new_Skill_BookableResource', ...rows))
  expect(await sides(unmade)).toEqual([
    {
      onMaster: true,
      bookableresourceid: [bookableresourceid, null, bookableresourceid],
      new_skillid: [new_skillid, null, new_skillid],
    },
  ])
})

test('an action shows its effect', async () => {
  const { device, write, compare } = await desk()
  const [incident] = await device.org.table('incident').query({ where: 'statecode eq 0', limit: 1 })
  const id = String(incident?.['incidentid'])
  const seq = await write((draft) =>
    draft.action('CloseIncident', {
      on: { table: 'incident', id },
      parameters: { Status: 5 },
      happened: 'statecode eq 1',
      effect: { statecode: 1, statuscode: 5 },
    }),
  )
  expect(await compare(seq)).toMatchObject([
    {
      ...{ kind: 'action', action: 'CloseIncident', table: 'incident', id, onMaster: true },
      columns: [
        { column: 'statecode', base: 0, mine: 1, theirs: 0 },
        { column: 'statuscode', base: incident?.['statuscode'], mine: 5, theirs: incident?.['statuscode'] },
      ],
    },
  ])
})
