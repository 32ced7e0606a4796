import { choice, text } from '@outpost/dataverse-emulator'
import { expect, test } from 'vitest'
import { dayWithAnn } from './script.ts'
import type { Technician } from './script.ts'

/* Somebody customises the office while work is waiting on devices. What no longer fits says so; nothing is lost. */

const ORDER = 'msdyn_workorder'
const KILOMETRES = 'new_traveldistance'
const tables = {
  [ORDER]: { columns: ['msdyn_name', 'msdyn_city', KILOMETRES, 'msdyn_worklocation', 'new_safetymeasures'] },
}

/** Reads the metadata anew, and sends nothing. */
async function hearsOfIt(ann: Technician): Promise<void> {
  ann.line.sent()
  await ann.org.updateMetadata()
  expect(ann.line.sent().filter((request) => !request.startsWith('GET '))).toEqual([])
}

test('C16: a column is removed while a change of it waits: the write says why it cannot be sent, and goes without the column', async () => {
  const { office, ann } = await dayWithAnn({ tables })
  const order = office.adds(ORDER, { msdyn_name: 'Pump' })
  await ann.syncs()
  const seq = await ann.changes(ORDER, order, { msdyn_city: 'Aarhus', [KILOMETRES]: 12 })
  const other = await ann.adds(ORDER, { msdyn_name: 'Unconcerned' })
  office.emulator.schema.removeColumn(ORDER, KILOMETRES)
  await hearsOfIt(ann)
  const held = await ann.transaction(seq)
  expect(held).toMatchObject({ status: 'error', changes: [{ values: { msdyn_city: 'Aarhus', [KILOMETRES]: 12 } }] })
  expect(held.lastError).toMatchObject({ rejection: 'invalid', change: 0, column: KILOMETRES, attempt: 0 })
  expect(held.lastError?.message).toContain(ORDER)
  expect(held.lastError?.message).toContain(KILOMETRES)
  expect(held.lastError?.remedy).toMatch(/\w+ \w+/)
  expect(ann.events.filter(({ type }) => type === 'push.settled')).toMatchObject([{ seq, status: 'error', left: 1 }])
  await ann.syncs()
  expect(await ann.story(seq)).toEqual(['committed', 'refused'])
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
  await hearsOfIt(ann)
  const held = await ann.transaction(seq)
  expect(held).toMatchObject({ status: 'error', changes: [{ values: { msdyn_city: 'Aarhus' } }] })
  expect(held.lastError).toMatchObject({ rejection: 'invalid', column: 'msdyn_city' })
  expect(held.lastError?.message).toContain('Aarhus')

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
  await hearsOfIt(ann)
  expect(await ann.outbox(seq)).toEqual(['error: invalid'])
  expect((await ann.transaction(seq)).lastError?.message).toContain('690970002')
  await expect(ann.org.outbox.amend(seq, { msdyn_worklocation: 690970003 })).rejects.toMatchObject({ code: 'invalid' })

  await ann.org.outbox.amend(seq, { msdyn_worklocation: 690970001 })
  await ann.syncs()
  expect(office.row(ORDER, order)).toMatchObject({ msdyn_worklocation: 690970001, msdyn_city: 'Aarhus' })
})

test('C16: texts become shorter: the write that is too long now says so, and those that fit arrive', async () => {
  const { office, ann } = await dayWithAnn({ tables })
  const long = await ann.adds(ORDER, { msdyn_name: 'Pump', msdyn_city: 'Llanfairpwllgwyngyll' })
  const short = await ann.adds(ORDER, { msdyn_name: 'Pump', msdyn_city: 'Aarhus' })
  office.emulator.schema.retypeColumn(ORDER, text('msdyn_City', { maxLength: 10 }))
  await hearsOfIt(ann)
  expect(await ann.outbox(long.seq, short.seq)).toEqual(['error: invalid', 'pending: ready'])
  await ann.syncs()
  expect(office.row(ORDER, short.id)).toMatchObject({ msdyn_city: 'Aarhus' })
  await ann.org.outbox.amend(long.seq, { msdyn_city: 'Llanfair' })
  await ann.syncs()
  expect(office.row(ORDER, long.id)).toMatchObject({ msdyn_city: 'Llanfair' })
})

test('C16: writes without an answer are looked for after a column was removed, and only what did not arrive is refused', async () => {
  const { office, ann, clock } = await dayWithAnn({ tables })
  const values = { msdyn_city: 'Aarhus', [KILOMETRES]: 12 }
  const [pump, fan] = [office.adds(ORDER, { msdyn_name: 'Pump' }), office.adds(ORDER, { msdyn_name: 'Fan' })]
  await ann.syncs()
  const arrived = await ann.changes(ORDER, pump, values)
  ann.line.losesWrite('answer')
  await ann.pushes()
  const lost = await ann.changes(ORDER, fan, values)
  await clock.advance(60_000)
  office.emulator.schema.removeColumn(ORDER, KILOMETRES)
  await hearsOfIt(ann)
  expect(await ann.outbox(arrived, lost)).toEqual(['pending: verifying', 'error: invalid'])
  await ann.syncs()
  expect(await ann.outbox(arrived)).toEqual(['processed'])
  expect(office.heard().filter((one) => one === `Update ${ORDER}`)).toHaveLength(1)
})

test('C16: a write that was lost on the way is refused by what has changed once it is known not to have arrived', async () => {
  const { office, ann, clock } = await dayWithAnn({ tables })
  const order = office.adds(ORDER, { msdyn_name: 'Pump' })
  await ann.syncs()
  const seq = await ann.changes(ORDER, order, { msdyn_city: 'Aarhus', [KILOMETRES]: 12 })
  ann.line.losesWrite('request')
  await ann.pushes()
  await clock.advance(60_000)
  office.emulator.schema.removeColumn(ORDER, KILOMETRES)
  await hearsOfIt(ann)
  expect(await ann.outbox(seq)).toEqual(['pending: verifying'])
  await ann.syncs()
  expect(await ann.transaction(seq)).toMatchObject({
    status: 'error',
    outcome: 'not-sent',
    lastError: { rejection: 'invalid', column: KILOMETRES },
  })
  expect((await ann.story(seq)).slice(-2)).toEqual(['verified', 'refused'])
  expect(office.row(ORDER, order)).toMatchObject({ msdyn_city: null })
})

test('C16: what waits behind a write that no longer fits waits on, and a whole queue is looked through', async () => {
  const { office, ann } = await dayWithAnn({ tables })
  const seqs: number[] = []
  for (let index = 0; index < 450; index += 1) {
    const odd = index % 2 === 1
    const { seq } = await ann.adds(ORDER, { msdyn_name: `Order ${index}`, ...(odd ? { [KILOMETRES]: index } : {}) })
    seqs.push(seq)
  }
  const [, unfit = 0] = seqs
  const behind = await ann.adds('account', { name: 'Northwind' }, { after: [unfit] })
  office.emulator.schema.removeColumn(ORDER, KILOMETRES)
  await hearsOfIt(ann)
  expect(await ann.org.outbox.counts()).toMatchObject({ pending: 226, error: 225 })
  expect(await ann.outbox(behind.seq)).toEqual([`pending: blocked by #${unfit}`])
  await ann.syncs()
  expect(await ann.org.outbox.counts()).toMatchObject({ pending: 1, error: 225, processed: 225 })
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

test('C16: a table is gone for a while: its rows stay to be read, and it is whole again when it is back', async () => {
  const { office, ann } = await dayWithAnn({ tables: { new_x: { columns: ['new_name', 'new_colour'] } } })
  const marker = office.adds('new_x', { new_name: 'Here', new_colour: 'red' })
  await ann.syncs()
  office.emulator.backup()
  office.emulator.schema.removeTable('new_x')
  const gone = await ann.org.sync()
  expect(gone.tables['new_x']?.error?.remedy).toMatch(/\w+ \w+/)
  expect((await ann.org.status()).tables['new_x']?.stopped).toMatchObject({ reason: 'retired' })
  expect(await ann.sees('new_x', marker)).toMatchObject({ new_name: 'Here' })
  await expect(ann.changes('new_x', marker, { new_colour: 'blue' })).rejects.toMatchObject({ code: 'refused' })

  office.emulator.restoreBackup()
  office.changes('new_x', marker, { new_colour: 'green' })
  expect(await ann.syncs()).toBe('synced')
  expect((await ann.org.status()).tables['new_x']?.stopped).toBeUndefined()
  expect(await ann.sees('new_x', marker)).toMatchObject({ new_colour: 'green' })
  const seq = await ann.changes('new_x', marker, { new_colour: 'blue' })
  await ann.syncs()
  expect(await ann.outbox(seq)).toEqual(['processed'])
})

test('C16: a column that the sync filter names is removed: that table waits for a person, the work of the day goes on', async () => {
  const filtered = { [ORDER]: { columns: ['msdyn_name', 'msdyn_city'], syncFilter: `${KILOMETRES} ne 0` } }
  const { office, ann } = await dayWithAnn({ tables: filtered })
  const order = office.adds(ORDER, { msdyn_name: 'Pump', [KILOMETRES]: 3 })
  await ann.syncs()
  office.emulator.schema.removeColumn(ORDER, KILOMETRES)
  const customer = office.adds('account', { name: 'Northwind' })
  const seq = await ann.changes(ORDER, order, { msdyn_city: 'Aarhus' })
  const report = await ann.org.sync()
  expect(report.tables[ORDER]?.error?.message).toContain(KILOMETRES)
  expect(await ann.sees('account', customer)).toMatchObject({ name: 'Northwind' })
  expect(await ann.outbox(seq)).toEqual(['processed'])
  expect(await ann.sees(ORDER, order)).toMatchObject({ msdyn_city: 'Aarhus' })

  const { tables: kept } = ann.org.configuration
  await ann.org.configure({ tables: { ...kept, [ORDER]: { columns: ['msdyn_name', 'msdyn_city'] } } })
  expect((await ann.org.sync()).tables[ORDER]?.error).toBeUndefined()
})

test('RS-10: what a refresh of the metadata would change is told before it is done, and is what is done then', async () => {
  const { office, ann } = await dayWithAnn({ tables })
  const order = office.adds(ORDER, { msdyn_name: 'Pump', msdyn_city: 'Aarhus', [KILOMETRES]: 12 })
  await ann.syncs()
  const seq = await ann.changes(ORDER, order, { [KILOMETRES]: 13 })
  office.emulator.schema.removeColumn(ORDER, KILOMETRES)
  office.emulator.schema.renameOption(ORDER, 'msdyn_worklocation', 690970001, 'At home')
  const told = await ann.org.previewMetadata()
  expect(told.changes.map(({ kind }) => kind).toSorted()).toEqual(['column-removed', 'option-renamed'])
  expect(told.dropped).toEqual([{ table: ORDER, option: 'columns', column: KILOMETRES }])
  expect(told.refused).toEqual([seq])
  expect(await ann.outbox(seq)).toEqual(['pending: ready'])
  expect(await ann.org.updateMetadata()).toEqual(told)
  expect(await ann.outbox(seq)).toEqual(['error: invalid'])
  expect(await ann.sees(ORDER, order)).toMatchObject({ msdyn_name: 'Pump', msdyn_city: 'Aarhus' })
})
