import { choice, choices, dateTime, decimal, integer, lookup, memo, text } from '@outpost/dataverse-emulator'
import { expect, test } from 'vitest'
import { differences, world } from './world.ts'
import type { Device, World } from './world.ts'

const KILOMETRES = 'new_traveldistance'
const ORDER = 'msdyn_workorder'

async function withOrders(columns?: readonly string[]): Promise<{ there: World; device: Device; id: string }> {
  const there = world()
  const id = there.emulator.master.create(ORDER, { msdyn_name: 'Pump', msdyn_city: '5' })
  const device = await there.device({ configuration: { tables: { [ORDER]: columns ? { columns } : {} } } })
  await device.sync()
  return { there, device, id }
}

const change = async (device: Device, id: string, values: Record<string, string | number | null>): Promise<number> =>
  Number((await device.org.write((draft) => draft.update(ORDER, id, values))).seq)

async function expectSame(there: World, device: Device): Promise<void> {
  await device.sync()
  await device.sync()
  expect(await differences(there, device)).toEqual([])
}

test('a table that keeps all columns keeps a new one, too, for rows that did not change', async () => {
  const { there, device, id } = await withOrders()
  there.emulator.schema.addColumn(ORDER, text('new_Colour'))
  there.emulator.master.update(ORDER, id, { new_colour: 'red' })
  await device.sync()
  expect(await device.org.table(ORDER).get(id)).toMatchObject({ new_colour: 'red', msdyn_name: 'Pump' })
  await expectSame(there, device)
})

test('a table with chosen columns does not keep a new one', async () => {
  const { there, device } = await withOrders(['msdyn_name'])
  there.emulator.schema.addColumn(ORDER, text('new_Colour'))
  const drift = await device.org.updateMetadata()
  expect(drift.changes).toContainEqual({ kind: 'column-added', table: ORDER, column: 'new_colour' })
  expect(device.org.configuration.tables[ORDER]?.columns).toEqual(['msdyn_name'])
  await expectSame(there, device)
})

test('a removed column leaves rows, and one of the same name that comes later has its own values', async () => {
  const { there, device, id } = await withOrders()
  there.emulator.schema.removeColumn(ORDER, 'msdyn_city')
  await device.sync()
  expect(Object.keys((await device.rows(ORDER)).get(id) ?? {})).not.toContain('msdyn_city')
  there.emulator.schema.addColumn(ORDER, text('msdyn_City'))
  await device.sync()
  expect(await device.org.table(ORDER).get(id)).toMatchObject({ msdyn_city: null })
  await expectSame(there, device)
})

test('a column that was removed and made anew between two syncs has none of its old values', async () => {
  const { there, device, id } = await withOrders(['msdyn_name', 'msdyn_city'])
  there.emulator.schema.removeColumn(ORDER, 'msdyn_city')
  there.emulator.schema.addColumn(ORDER, text('msdyn_City'))
  const report = await device.sync()
  expect(report.metadata?.changes).toContainEqual({ kind: 'column-remade', table: ORDER, column: 'msdyn_city' })
  expect(await device.org.table(ORDER).get(id)).toMatchObject({ msdyn_name: 'Pump', msdyn_city: null })
  await expectSame(there, device)
})

const RETYPED = [
  ['whole numbers', integer('msdyn_City')],
  ['decimals', decimal('msdyn_City', { precision: 2 })],
  ['choices', choice('msdyn_City', { 5: 'Five', 6: 'Six' })],
  ['long texts', memo('msdyn_City', { maxLength: 2000 })],
  ['times', dateTime('msdyn_City')],
] as const

test.each(RETYPED)('a column of texts that becomes one of %s is read anew', async (_, draft) => {
  const { there, device } = await withOrders()
  there.emulator.schema.retypeColumn(ORDER, draft)
  await expectSame(there, device)
})

test('it is read anew beneath the deletion of a row that was sent before the first pull', async () => {
  const there = world()
  const { schema, master } = there.emulator
  const columns = ['msdyn_name', 'msdyn_city']
  const device = await there.device({ configuration: { tables: { [ORDER]: { columns } } } })
  let id = ''
  await device.org.write((draft) => {
    id = draft.create(ORDER, { msdyn_name: 'Pump', msdyn_city: '5' })
  })
  await device.org.push()
  master.update(ORDER, id, { msdyn_name: 'Fan' })
  const { seq } = await device.org.write((draft) => draft.delete(ORDER, id))
  await device.org.push()
  schema.retypeColumn(ORDER, integer('msdyn_City'))
  await device.sync()
  await device.org.outbox.archive([Number(seq)], { local: 'revert' })
  expect(await device.org.table(ORDER).get(id)).toMatchObject({ msdyn_name: 'Fan', msdyn_city: 5 })
  await expectSame(there, device)
})

test.each([
  ['whole numbers', integer('msdyn_City')],
  ['decimals', decimal('msdyn_City', { precision: 2 })],
] as const)(
  'the answer to a write has a text where the copy knows %s: it is kept, and the column is read anew',
  async (_, draft) => {
    const { there, device, id } = await withOrders(['msdyn_name', 'msdyn_city'])
    const { schema, master } = there.emulator
    schema.retypeColumn(ORDER, draft)
    await expectSame(there, device)
    schema.retypeColumn(ORDER, text('msdyn_City'))
    master.update(ORDER, id, { msdyn_city: 'Oslo' })
    const seq = await change(device, id, { msdyn_name: 'Fan' })
    await device.org.push()
    expect((await device.org.outbox.get(seq))?.history.map(({ event }) => event)).toEqual([
      'committed',
      'sent',
      'deferred',
      'merged',
      'sent',
      'delivered',
    ])
    await expectSame(there, device)
    expect(await device.org.table(ORDER).get(id)).toMatchObject({ msdyn_name: 'Fan', msdyn_city: 'Oslo' })
  },
)

test('a choice whose option is gone is empty here, too, and the others stay', async () => {
  const { there, device } = await withOrders()
  const { schema, master } = there.emulator
  schema.retypeColumn(ORDER, choice('msdyn_City', { 5: 'Five', 6: 'Six' }))
  const [five, six] = [5, 6].map((city) => master.create(ORDER, { msdyn_name: `Pump ${city}`, msdyn_city: city }))
  await expectSame(there, device)
  schema.removeOption(ORDER, 'msdyn_city', 5)
  await expectSame(there, device)
  expect(await device.org.table(ORDER).get(five ?? '')).toMatchObject({ msdyn_city: null })
  expect(await device.org.table(ORDER).get(six ?? '')).toMatchObject({ msdyn_city: 6 })
})

test('a text that looks like a number is not turned into one: a person decides', async () => {
  const { there, device, id } = await withOrders(['msdyn_name', 'msdyn_city'])
  const seq = await change(device, id, { msdyn_city: '7', msdyn_name: 'Fan' })
  there.emulator.schema.retypeColumn(ORDER, choice('msdyn_City', { 5: 'Five', 7: 'Seven' }))
  const report = await device.sync()
  expect(report.metadata).toMatchObject({ refused: [seq], migrated: [] })
  expect(await device.org.outbox.get(seq)).toMatchObject({
    status: 'error',
    changes: [{ values: { msdyn_city: '7', msdyn_name: 'Fan' } }],
    lastError: { rejection: 'invalid', column: 'msdyn_city', message: expect.stringContaining('"7"') },
  })
  await device.org.outbox.setPending([seq])
  await device.sync()
  expect(await device.org.outbox.get(seq)).toMatchObject({ status: 'error' })
  await device.org.outbox.amend(seq, { msdyn_city: 7 })
  await device.sync()
  expect(await device.org.outbox.get(seq)).toMatchObject({ status: 'processed' })
  expect(there.emulator.master.row(ORDER, id)?.values).toMatchObject({ msdyn_city: 7, msdyn_name: 'Fan' })
  await expectSame(there, device)
})

test('a text that looks like a date is not turned into one either, even where it waited for its lost answer', async () => {
  const { there, device, id } = await withOrders(['msdyn_name', 'msdyn_city'])
  const seq = await change(device, id, { msdyn_city: '2026-05-01' })
  there.emulator.faults.add({ match: { method: ['POST', 'PATCH'] }, fault: { kind: 'dropBeforeCommit' } })
  await device.org.push().catch(() => {})
  there.emulator.schema.retypeColumn(ORDER, dateTime('msdyn_City'))
  await there.env.advance(120_000)
  await device.sync().catch(() => {})
  await there.env.advance(120_000)
  await device.sync().catch(() => {})
  expect(await device.org.outbox.get(seq)).toMatchObject({ status: 'error', lastError: { column: 'msdyn_city' } })
})

test('what can be carried over without a doubt is: it is sent as the column takes it now', async () => {
  const { there, device, id } = await withOrders(['msdyn_name', 'msdyn_city', KILOMETRES, 'msdyn_worklocation'])
  const other = there.emulator.master.create(ORDER, { msdyn_name: 'Fan' })
  await device.sync()
  const whole = await change(device, id, { [KILOMETRES]: 12, msdyn_city: 'Aarhus', msdyn_worklocation: 690970001 })
  const broken = await change(device, other, { [KILOMETRES]: 12.5 })
  const { schema } = there.emulator
  schema.retypeColumn(ORDER, integer('new_TravelDistance'))
  schema.retypeColumn(ORDER, memo('msdyn_City', { maxLength: 500 }))
  schema.retypeColumn(ORDER, choices('msdyn_WorkLocation', { 690970000: 'A', 690970001: 'B' }))
  const report = await device.sync()
  expect(report.metadata).toMatchObject({ refused: [broken], migrated: [whole] })
  expect(await device.org.outbox.get(whole)).toMatchObject({ status: 'processed' })
  expect(there.emulator.master.row(ORDER, id)?.values).toMatchObject({ [KILOMETRES]: 12, msdyn_city: 'Aarhus' })
  expect(await device.org.outbox.get(broken)).toMatchObject({ status: 'error', lastError: { column: KILOMETRES } })
})

test('two columns that became others are corrected one after the other', async () => {
  const { there, device, id } = await withOrders(['msdyn_name', 'msdyn_city', KILOMETRES])
  const seq = await change(device, id, { msdyn_city: '2026-05-01', [KILOMETRES]: 12 })
  there.emulator.schema.retypeColumn(ORDER, dateTime('msdyn_City'))
  there.emulator.schema.retypeColumn(ORDER, choice('new_TravelDistance', { 12: 'Twelve' }))
  await device.sync()
  await device.org.outbox.amend(seq, { msdyn_city: '2026-05-01T00:00:00Z' })
  await device.sync()
  expect(await device.org.outbox.get(seq)).toMatchObject({ status: 'error', lastError: { column: KILOMETRES } })
  await device.org.outbox.amend(seq, { [KILOMETRES]: 12 })
  await device.sync()
  expect(there.emulator.master.row(ORDER, id)?.values).toMatchObject({ [KILOMETRES]: 12 })
})

test('a pending reference keeps its only possible target when its lookup gets another one', async () => {
  const there = world()
  const { schema, master } = there.emulator
  const account = master.create('account', { name: 'Northwind' })
  const other = master.create('account', { name: 'Contoso' })
  schema.addColumn(ORDER, lookup('new_For', { table: 'account', relationship: 'new_account_order' }))
  const tables = { account: { columns: ['name'] }, [ORDER]: { columns: ['msdyn_name', 'new_for'] } }
  const id = master.create(ORDER, { msdyn_name: 'Pump', new_for: account })
  const untouched = master.create(ORDER, { msdyn_name: 'Fan', new_for: account })
  const device = await there.device({ configuration: { tables } })
  await device.sync()
  const seq = await change(device, id, { new_for: other })
  const created = await device.org.write((draft) => draft.create(ORDER, { msdyn_name: 'New', new_for: other }))
  schema.removeColumn(ORDER, 'new_for')
  schema.addColumn(
    ORDER,
    lookup('new_For', [
      { table: 'account', relationship: 'new_account_order2' },
      { table: 'contact', relationship: 'new_contact_order2' },
    ]),
  )
  master.update(ORDER, untouched, { new_for: account, 'new_for@table': 'account' })
  const report = await device.sync()
  expect(report.metadata?.refused).toEqual([])
  expect(report.metadata?.migrated).toEqual([seq, created.seq])
  expect(await device.org.outbox.get(seq)).toMatchObject({ status: 'processed' })
  expect(master.row(ORDER, id)?.values).toMatchObject({ new_for: other })
  expect(await device.org.table(ORDER).get(untouched)).toMatchObject({ new_for: account, new_for$table: 'account' })
  await expectSame(there, device)
})

test('a renamed option has its new label here, and what is pending with it is sent', async () => {
  const { there, device, id } = await withOrders(['msdyn_name', 'msdyn_worklocation'])
  const seq = await change(device, id, { msdyn_worklocation: 690970001 })
  there.emulator.schema.renameOption(ORDER, 'msdyn_worklocation', 690970001, 'At home')
  await device.sync()
  expect(await device.org.outbox.get(seq)).toMatchObject({ status: 'processed' })
  const column = (await device.org.masterTable(ORDER))?.columns.find(({ name }) => name === 'msdyn_worklocation')
  expect(column?.options).toContainEqual(expect.objectContaining({ value: 690970001, label: 'At home' }))
  await expectSame(there, device)
})
