import { expect, test } from 'vitest'
import { dayWithAnn } from './script.ts'
import type { Technician } from './script.ts'

/* What is sent before what: parents before children, ours before the office's. */

const WITH_CASES = { incident: { columns: ['title', 'customerid'] } }
const PARENT = 'msdyn_parentworkorder'

test('C8: a customer, its contact and its case are made offline and keep the ids that the device gave them', async () => {
  const { office, ann } = await dayWithAnn({ tables: WITH_CASES })
  ann.goesOffline()
  const customer = await ann.adds('account', { name: 'Northwind' })
  const person = await ann.adds('contact', childOf(customer.id, { lastname: 'Rey' }))
  const leak = await ann.adds('incident', { title: 'Leak', customerid: customer.id, customerid$table: 'account' })
  ann.goesOnline()
  await ann.syncs()
  expect(office.row('account', customer.id)).toMatchObject({ name: 'Northwind' })
  expect(office.row('contact', person.id)).toMatchObject({ lastname: 'Rey', parentcustomerid: customer.id })
  expect(office.row('incident', leak.id)).toMatchObject({ title: 'Leak', customerid: customer.id })
  expect(await ann.sees('contact', person.id)).toMatchObject({ parentcustomerid: customer.id })
})

test('C8: the children of a customer whose creation got no answer are sent when it is found in the office', async () => {
  const { office, ann } = await dayWithAnn()
  const customer = await ann.adds('account', { name: 'Northwind' })
  ann.line.losesWrite('answer')
  await ann.pushes()
  await ann.adds('contact', childOf(customer.id, { lastname: 'Rey' }))
  await ann.syncsUntilDone()
  expect(office.heard()).toEqual(['Create account', 'Create contact'])
  expect(office.count('contact', { lastname: 'Rey', parentcustomerid: customer.id })).toBe(1)
})

test('C8: a customer and its primary contact point to each other, and both arrive as one write', async () => {
  const { office, ann } = await dayWithAnn()
  ann.goesOffline()
  const { customer, person } = await marriedPair(ann)
  ann.goesOnline()
  await ann.syncs()
  expect(office.row('account', customer)).toMatchObject({ name: 'Northwind', primarycontactid: person })
  expect(office.row('contact', person)).toMatchObject({ lastname: 'Rey', parentcustomerid: customer })
  expect(await ann.outbox()).toEqual(['processed'])
})

test('C8: a customer, its contact, and that this is the primary one, written one after the other, arrive in that order', async () => {
  const { office, ann } = await dayWithAnn()
  ann.goesOffline()
  const customer = await ann.adds('account', { name: 'Northwind' })
  const person = await ann.adds('contact', childOf(customer.id, { lastname: 'Rey' }))
  await ann.changes('account', customer.id, { primarycontactid: person.id })
  ann.goesOnline()
  await ann.syncs()
  expect(office.heard()).toEqual(['Create account', 'Create contact', 'Update account'])
  expect(office.row('account', customer.id)).toMatchObject({ primarycontactid: person.id })
  expect(office.row('contact', person.id)).toMatchObject({ parentcustomerid: customer.id })
})

test('C8: of a circle that the office refuses nothing arrives, and all of it when it is allowed', async () => {
  const { office, ann } = await dayWithAnn()
  const unlock = ['account', 'contact'].map((table) => office.refuses('Update', table, 'No primary contacts today.'))
  const { seq, customer, person } = await marriedPair(ann)
  await ann.syncs()
  expect(await ann.outbox()).toEqual(['error: business'])
  expect([office.row('account', customer), office.row('contact', person)]).toEqual([undefined, undefined])
  for (const step of unlock) step()
  await ann.org.outbox.setPending([seq])
  await ann.syncs()
  expect(office.row('account', customer)).toMatchObject({ primarycontactid: person })
})

test('RC-06: what was written here is in the office before anything is pulled, and stays there when the pull fails', async () => {
  const { office, ann } = await dayWithAnn()
  const news = office.adds('account', { name: 'News' })
  await ann.adds('account', { name: 'Written offline' })
  // The first pages behind a push are asked for together, what comes after them by itself.
  const read = /GET [^\n]*(?:accounts|contacts)\?/
  for (const match of [
    { method: 'GET', path: /\/(?:accounts|contacts)\?/ },
    { batch: true, body: read },
  ]) {
    office.emulator.faults.add({ match, times: Infinity, fault: { kind: 'dropBeforeCommit' } })
  }
  expect(await ann.syncs()).toBe('offline')
  expect(office.count('account', { name: 'Written offline' })).toBe(1)
  expect(await ann.outbox()).toEqual(['processed'])
  expect(await ann.sees('account', news)).toBeUndefined()

  office.emulator.faults.clear()
  expect(await ann.syncs()).toBe('synced')
  expect(await ann.sees('account', news)).toMatchObject({ name: 'News' })
})

test('RC-07: within one write parents are sent before children, in whatever order they were written', async () => {
  const { office, ann } = await dayWithAnn({ tables: WITH_CASES })
  const [customer, person] = ['c0000000-0000-4000-8000-000000000001', 'c0000000-0000-4000-8000-000000000002']
  await ann.writes((draft) => {
    draft.create('incident', { title: 'Leak', customerid: person, customerid$table: 'contact' })
    draft.create('contact', childOf(customer, { lastname: 'Rey' }), person)
    draft.create('account', { name: 'Northwind' }, customer)
  })
  await ann.syncs()
  expect(office.heard()).toEqual(['Create account', 'Create contact', 'Create incident'])
  expect(office.count('incident', { title: 'Leak', customerid: person })).toBe(1)
})

test('RC-07: writes are sent in the order in which they were made, whatever the clock of the device says', async () => {
  const { clock, office, ann } = await dayWithAnn()
  ann.goesOffline()
  await ann.adds('contact', { lastname: 'First' })
  clock.setClock(clock.now() - 3_600_000)
  await ann.adds('account', { name: 'Second, an hour earlier by the clock' })
  clock.setClock(clock.now() + 7_200_000)
  const third = await ann.adds('contact', { lastname: 'Third' })
  await ann.changes('contact', third.id, { jobtitle: 'Fitter' }, { coalesce: false })
  ann.goesOnline()
  await ann.syncs()
  expect(office.heard()).toEqual(['Create contact', 'Create account', 'Create contact', 'Update contact'])
})

test('RC-07: a row that points to itself is created first and then points', async () => {
  const { office, ann } = await dayWithAnn({ tables: { msdyn_workorder: { columns: ['msdyn_name', PARENT] } } })
  const own = 'c0000000-0000-4000-8000-000000000003'
  await ann.writes((draft) => draft.create('msdyn_workorder', { msdyn_name: 'Its own parent', [PARENT]: own }, own))
  await ann.syncs()
  expect(await ann.outbox()).toEqual(['processed'])
  expect(office.heard()).toEqual(['Create msdyn_workorder', 'Update msdyn_workorder'])
  expect(office.row('msdyn_workorder', own)).toMatchObject({ [PARENT]: own })
})

test('RC-07: a write can be told to wait for another that it does not need', async () => {
  const { office, ann } = await dayWithAnn()
  const unlock = office.refuses('Create', 'contact', 'Not before noon.')
  const first = await ann.adds('contact', { lastname: 'First' })
  const second = await ann.adds('account', { name: 'Second' }, { after: [first.seq] })
  const third = await ann.adds('account', { name: 'Third' })
  await ann.syncs()
  expect(await ann.outbox(second.seq, third.seq)).toEqual([`pending: blocked by #${first.seq}`, 'processed'])
  unlock()
  await ann.org.outbox.setPending([first.seq])
  await ann.syncs()
  expect(office.heard()).toEqual(['Create account', 'Create contact', 'Create account'])
  expect(office.row('account', second.id)).toMatchObject({ name: 'Second' })
})

function childOf(customer: string, values: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return { ...values, parentcustomerid: customer, parentcustomerid$table: 'account' }
}

async function marriedPair(
  ann: Technician,
): Promise<{ readonly seq: number; readonly customer: string; readonly person: string }> {
  const [customer, person] = ['c0000000-0000-4000-8000-000000000001', 'c0000000-0000-4000-8000-000000000002']
  const seq = await ann.writes((draft) => {
    draft.create('account', { name: 'Northwind', primarycontactid: person }, customer)
    draft.create('contact', childOf(customer, { lastname: 'Rey' }), person)
  })
  return { seq, customer, person }
}
