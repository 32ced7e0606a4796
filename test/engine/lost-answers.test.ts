import { OutpostError } from '@outpost/core'
import type { Draft, Row } from '@outpost/core'
import { expect, test } from 'vitest'
import { ACCOUNTS, differences, world } from './world.ts'
import type { Device, World } from './world.ts'

/*
 * Invariant I2: exactly one effect, whatever answers are lost. Each kind of change is pushed once for every request that
 * its delivery takes, and that request's answer, or the request itself, is lost.
 */

const CONFIGURATION = {
  tables: {
    ...ACCOUNTS.tables,
    bookableresource: { columns: ['name'] },
    new_skill: { columns: ['new_name'] },
    new_skill_bookableresource: {},
  },
}

interface Scenario {
  readonly name: string
  write(draft: Draft, rows: Rows): void
  /** How often the change had an effect on the master, and whether it is there. */
  effect(world: World, rows: Rows, before: Versions): { readonly there: boolean; readonly times: number }
}

interface Rows {
  readonly account: Row
  readonly contact: Row
  readonly resource: Row
  readonly skill: Row
}

type Versions = ReadonlyMap<string, bigint>

const scenarios: readonly Scenario[] = [
  {
    name: 'a create',
    write: (draft) => draft.create('account', { name: 'Made offline' }),
    effect: ({ emulator }) => {
      const made = emulator.master.rows('account').filter((row) => row.values['name'] === 'Made offline')
      return { there: made.length > 0, times: made.length }
    },
  },
  {
    name: 'an update',
    write: (draft, { account }) => draft.update('account', id(account, 'accountid'), { telephone1: '555 01' }),
    effect: ({ emulator }, { account }, before) => {
      const row = emulator.master.row('account', id(account, 'accountid'))
      return { there: row?.values['telephone1'] === '555 01', times: row?.version === before.get('effect') ? 1 : 2 }
    },
  },
  {
    name: 'a delete',
    write: (draft, { contact }) => draft.delete('contact', id(contact, 'contactid')),
    effect: ({ emulator }, { contact }) => ({
      there: !emulator.master.row('contact', id(contact, 'contactid')),
      times: 1,
    }),
  },
  {
    name: 'an association',
    write: (draft, rows) => draft.associate('new_Skill_BookableResource', ...ends(rows)),
    effect: ({ emulator }, rows) => {
      const links = linksOf(emulator, rows)
      return { there: links > 0, times: links }
    },
  },
  {
    name: 'a group of a parent, its child and a changed row',
    write: (draft, { account }) => {
      const parent = draft.create('account', { name: 'Made offline' })
      draft.create('contact', { lastname: 'Grouped', parentcustomerid: parent, parentcustomerid$table: 'account' })
      draft.update('account', id(account, 'accountid'), { telephone1: '555 02' })
    },
    effect: ({ emulator }) => {
      const parents = emulator.master.rows('account').filter((row) => row.values['name'] === 'Made offline')
      const children = emulator.master.rows('contact').filter((row) => row.values['lastname'] === 'Grouped')
      const changed = emulator.master.rows('account').filter((row) => row.values['telephone1'] === '555 02')
      expect([children.length, changed.length]).toEqual([parents.length, parents.length])
      return { there: parents.length > 0, times: parents.length }
    },
  },
]

for (const scenario of scenarios) {
  for (const fault of ['dropBeforeCommit', 'dropAfterCommit'] as const) {
    test(`${scenario.name} has one effect when any of its requests is lost (${fault})`, async () => {
      const requests = await deliver(scenario, null, fault)
      for (let nth = 1; nth <= requests; nth += 1) await deliver(scenario, nth, fault)
    })
  }
}

/** Delivers the scenario with the nth request lost, checks its effect and gives back how many requests it took. */
async function deliver(
  scenario: Scenario,
  nth: number | null,
  kind: 'dropBeforeCommit' | 'dropAfterCommit',
): Promise<number> {
  const there = world()
  const device = await there.device({ configuration: CONFIGURATION })
  await device.sync()
  const rows = await sampleRows(device)
  await device.org.write((draft) => scenario.write(draft, rows))
  there.requests()
  if (nth !== null) there.emulator.faults.add({ nth, fault: { kind } })
  const versions = new Map<string, bigint>()
  for (let attempt = 1; attempt <= 3; attempt += 1) {
    const failure = await device.org.push().then(
      () => null,
      (error: unknown) => error,
    )
    const version = there.emulator.master.row('account', id(rows.account, 'accountid'))?.version
    if (!versions.has('effect') && scenario.effect(there, rows, new Map()).there && version !== undefined)
      versions.set('effect', version)
    if (failure === null) break
    expect(failure).toBeInstanceOf(OutpostError)
    expect((failure as OutpostError).code).toBe('offline')
  }
  const sent = there.requests().length
  const [transaction] = await device.org.outbox.list({ statuses: 'all' })
  expect({ nth, status: transaction?.status, outcome: transaction?.outcome }).toEqual({
    nth,
    status: 'processed',
    outcome: 'known',
  })
  expect({ nth, ...scenario.effect(there, rows, versions) }).toEqual({ nth, there: true, times: 1 })
  await device.sync()
  expect(await differences(there, device)).toEqual([])
  return sent
}

async function sampleRows(device: Device): Promise<Rows> {
  const first = async (table: string): Promise<Row> => {
    const [row] = await device.org.table(table).query({ limit: 1 })
    if (!row) throw new Error(`the seed has no ${table}`)
    return row
  }
  const [account, contact, resource, skill] = [
    await first('account'),
    await first('contact'),
    await first('bookableresource'),
    await first('new_skill'),
  ]
  return { account, contact, resource, skill }
}

function id(row: Row, column: string): string {
  return String(row[column])
}

function ends({ skill, resource }: Rows): [{ table: string; id: string }, { table: string; id: string }] {
  return [
    { table: 'new_skill', id: id(skill, 'new_skillid') },
    { table: 'bookableresource', id: id(resource, 'bookableresourceid') },
  ]
}

function linksOf(emulator: World['emulator'], { skill, resource }: Rows): number {
  return emulator.master
    .rows('new_skill_bookableresource')
    .filter(
      (row) =>
        row.values['new_skillid'] === skill['new_skillid'] &&
        row.values['bookableresourceid'] === resource['bookableresourceid'],
    ).length
}
