import { choice, text } from '@outpost/dataverse-emulator'
import { expect, test } from 'vitest'
import { dayWithAnn } from './script.ts'

/* Somebody customises the office while work is waiting on devices. What no longer fits says so; nothing is lost. */

const ORDER = 'msdyn_workorder'
const KILOMETRES = 'new_traveldistance'
const tables = {
  [ORDER]: { columns: ['msdyn_name', 'msdyn_city', KILOMETRES, 'msdyn_worklocation', 'new_safetymeasures'] },
}

test('C16: a column is removed while a change of it waits: the write says why it cannot be sent, and goes without the column', async () => {
  const { office, ann } = await dayWithAnn({ tables })
  const order = office.adds(ORDER, { msdyn_name: 'Pump' })
  await ann.syncs()
  const seq = await ann.changes(ORDER, order, { msdyn_city: 'Aarhus', [KILOMETRES]: 12 })
  const other = await ann.adds(ORDER, { msdyn_name: 'Unconcerned' })
  office.emulator.schema.removeColumn(ORDER, KILOMETRES)
  await ann.syncs()
  const held = await ann.transaction(seq)
  expect(held).toMatchObject({ status: 'error', changes: [{ values: { msdyn_city: 'Aarhus', [KILOMETRES]: 12 } }] })
  expect(held.lastError?.message).toContain(KILOMETRES)
  expect(held.lastError?.remedy).toMatch(/\w+ \w+/)
  expect(await ann.outbox(other.seq)).toEqual(['processed'])

  await ann.org.outbox.amend(seq, { [KILOMETRES]: undefined })
  await ann.syncs()
  expect(await ann.outbox(seq)).toEqual(['processed'])
  expect(office.row(ORDER, order)).toMatchObject({ msdyn_city: 'Aarhus' })
})

test('C16: a column becomes another type while a value of the old one waits: the write is kept with the reason', async () => {
  const { office, ann } = await dayWithAnn({ tables })
  const order = office.adds(ORDER, { msdyn_name: 'Pump' })
  await ann.syncs()
  const seq = await ann.changes(ORDER, order, { msdyn_city: 'Aarhus' })
  office.emulator.schema.retypeColumn(ORDER, choice('msdyn_City', { 1: 'Aarhus', 2: 'Odense' }))
  await ann.syncs()
  const held = await ann.transaction(seq)
  expect(held).toMatchObject({ status: 'error', changes: [{ values: { msdyn_city: 'Aarhus' } }] })
  expect(held.lastError).toMatchObject({ rejection: 'invalid', message: expect.stringContaining('Aarhus') })

  await ann.org.outbox.amend(seq, { msdyn_city: 1 })
  await ann.syncs()
  expect(await ann.outbox(seq)).toEqual(['processed'])
  expect(office.row(ORDER, order)).toMatchObject({ msdyn_city: 1 })
})

test('C16: a value that fits the new type as it is arrives', async () => {
  const { office, ann } = await dayWithAnn({ tables })
  const order = office.adds(ORDER, { msdyn_name: 'Pump' })
  await ann.syncs()
  const seq = await ann.changes(ORDER, order, { msdyn_city: 'Aarhus' })
  office.emulator.schema.retypeColumn(ORDER, text('msdyn_City', { maxLength: 20 }))
  await ann.syncs()
  expect(await ann.outbox(seq)).toEqual(['processed'])
  expect(office.row(ORDER, order)).toMatchObject({ msdyn_city: 'Aarhus' })
})

test('C16: an option is removed while it is chosen in a waiting write: another one is chosen, and the rest is as it was', async () => {
  const { office, ann } = await dayWithAnn({ tables })
  const order = office.adds(ORDER, { msdyn_name: 'Pump' })
  await ann.syncs()
  const seq = await ann.changes(ORDER, order, { msdyn_worklocation: 690970002, msdyn_city: 'Aarhus' })
  office.emulator.schema.removeOption(ORDER, 'msdyn_worklocation', 690970002)
  await ann.syncs()
  expect(await ann.outbox(seq)).toEqual(['error: invalid'])
  expect((await ann.transaction(seq)).lastError?.message).toContain('690970002')
  await expect(ann.org.outbox.amend(seq, { msdyn_worklocation: 690970003 })).rejects.toMatchObject({ code: 'invalid' })

  await ann.org.outbox.amend(seq, { msdyn_worklocation: 690970001 })
  await ann.syncs()
  expect(office.row(ORDER, order)).toMatchObject({ msdyn_worklocation: 690970001, msdyn_city: 'Aarhus' })
})

test('C16: a table is removed while writes of it wait: they are kept with the reason, and everything else goes on', async () => {
  const { office, ann } = await dayWithAnn({ tables: { new_x: { columns: ['new_name', 'new_colour'] } } })
  const marker = await ann.adds('new_x', { new_name: 'Here', new_colour: 'red' })
  const customer = await ann.adds('account', { name: 'Northwind' })
  office.emulator.schema.removeTable('new_x')
  await ann.syncs()
  expect(await ann.outbox(customer.seq)).toEqual(['processed'])
  const held = await ann.transaction(marker.seq)
  expect(held).toMatchObject({ status: 'error', changes: [{ values: { new_name: 'Here', new_colour: 'red' } }] })
  expect(held.lastError?.remedy).toMatch(/\w+ \w+/)
  expect(await ann.sees('new_x', marker.id)).toMatchObject({ new_name: 'Here' })
})
