import { expect, test } from 'vitest'
import { bench, id, made } from '../ask.test-support.ts'
import type { Emulator } from '../emulator.ts'
import { isLookupColumn } from '../schema.ts'
import { feed, refusal, TRACK } from './answers.test-support.ts'

test('§16.25: Cascade: what belongs to a deleted row goes with it, down to the last generation', async () => {
  const { ask } = bench()
  await made(ask, 'accounts', { accountid: id(1), name: 'a' })
  await made(ask, 'contacts', {
    contactid: id(2),
    lastname: 'b',
    'parentcustomerid_account@odata.bind': `/accounts(${id(1)})`,
  })
  await made(ask, 'tasks', {
    activityid: id(3),
    subject: 'c',
    'regardingobjectid_contact_task@odata.bind': `/contacts(${id(2)})`,
  })
  const contacts = await feed(ask, 'contacts?$select=fullname', { headers: TRACK })
  expect((await ask('DELETE', `accounts(${id(1)})`)).status).toBe(204)
  for (const path of [`contacts(${id(2)})`, `tasks(${id(3)})`, `activitypointers(${id(3)})`]) {
    expect([path, (await ask('GET', path)).status]).toEqual([path, 404])
  }
  expect((await feed(ask, contacts.deltaLink)).deleted).toEqual([id(2)])
})

test('§16.25: RemoveLink: lookups to a deleted row are cleared, which raises the versions of their rows', async () => {
  const { ask, emulator } = bench()
  await made(ask, 'contacts', { contactid: id(1), lastname: 'a' })
  await made(ask, 'accounts', { accountid: id(2), name: 'b', 'primarycontactid@odata.bind': `/contacts(${id(1)})` })
  const accounts = await feed(ask, 'accounts?$select=name', { headers: TRACK })
  const before = emulator.master.row('account', id(2))?.version ?? 0n
  expect((await ask('DELETE', `contacts(${id(1)})`)).status).toBe(204)
  expect((await ask('GET', `accounts(${id(2)})`)).json._primarycontactid_value).toBeNull()
  expect(emulator.master.row('account', id(2))?.version).toBeGreaterThan(before)
  expect((await feed(ask, accounts.deltaLink)).names).toEqual(['b'])
})

test('§16.25: Restrict: a row that others need is not deleted, nor is anything below it', async () => {
  const { ask, emulator } = bench()
  await made(ask, 'msdyn_shiftactivitytypes', { msdyn_shiftactivitytypeid: id(1), msdyn_name: 'a' })
  const bind = { 'msdyn_ShiftActivityType@odata.bind': `/msdyn_shiftactivitytypes(${id(1)})` }
  await made(ask, 'msdyn_shiftplans', { msdyn_shiftplanid: id(2), msdyn_name: 'b', ...bind })
  const before = emulator.master.row('msdyn_shiftplan', id(2))
  expect(refusal(await ask('DELETE', `msdyn_shiftactivitytypes(${id(1)})`))).toEqual([405, '0x80040227'])
  expect((await ask('GET', `msdyn_shiftactivitytypes(${id(1)})`)).status).toBe(200)
  expect(emulator.master.row('msdyn_shiftplan', id(2))).toBe(before)
  await ask('DELETE', `msdyn_shiftplans(${id(2)})`)
  expect((await ask('DELETE', `msdyn_shiftactivitytypes(${id(1)})`)).status).toBe(204)
})

/** Lookups that lead to no row. */
function dangling({ schema, master }: Emulator): string[] {
  const ids = new Map(schema.tables().map(({ logicalName }) => [logicalName, new Set<unknown>()]))
  for (const [table, known] of ids) for (const row of master.rows(table)) known.add(row.id)
  return schema.tables().flatMap(({ logicalName, columns }) =>
    columns.filter(isLookupColumn).flatMap(({ logicalName: name, targets }) =>
      master
        .rows(logicalName)
        .filter(({ values }) => (values[name] ?? null) !== null)
        .filter(({ values }) => !targets.some((table) => ids.get(table)?.has(values[name]) ?? true))
        .map(({ id: row }) => `${logicalName}(${row}).${name}`),
    ),
  )
}

test('§16.25: no lookup dangles: whatever is deleted or refused, each one leads to a row that is there', async () => {
  const { ask, emulator } = bench()
  expect(dangling(emulator)).toEqual([])
  const outcomes = new Set<number>()
  for (const [table, set] of [
    ['account', 'accounts'],
    ['msdyn_workorder', 'msdyn_workorders'],
    ['contact', 'contacts'],
    ['new_skill', 'new_skills'],
  ] as const) {
    for (const row of emulator.master.rows(table)) outcomes.add((await ask('DELETE', `${set}(${row.id})`)).status)
  }
  expect([outcomes.has(204), outcomes.has(405)]).toEqual([true, true])
  expect(dangling(emulator)).toEqual([])
  expect(emulator.master.count('new_skill_bookableresource')).toBe(0)
})
