import type { Row } from '@outpost/core'
import { expect, test } from 'vitest'
import { differences, world } from './world.ts'
import type { Device, World } from './world.ts'

/* A transaction is corrected where it stands: what is above it, below it and beside it stays right. */

interface Desk {
  readonly there: World
  readonly device: Device
  readonly id: string
  readonly update: (values: Row, options?: { readonly after?: readonly number[] }) => Promise<number>
}

async function desk(): Promise<Desk> {
  const there = world()
  const id = there.emulator.master.create('account', { name: 'Pump works', telephone1: '1', revenue: 1 })
  const device = await there.device()
  await device.sync()
  return {
    there,
    device,
    id,
    update: async (values, options = {}) =>
      Number(
        (await device.org.write((draft) => draft.update('account', id, values), { coalesce: false, ...options })).seq,
      ),
  }
}

test('later edits of the row stand on the correction, and on what is left of it', async () => {
  const { there, device, id, update } = await desk()
  const first = await update({ name: 'A', telephone1: '2' })
  const second = await update({ name: 'B', telephone1: '3' })
  await device.org.outbox.amend(first, { name: 'C', telephone1: undefined })
  expect((await device.org.outbox.get(second))?.changes).toMatchObject([{ before: { name: 'C', telephone1: '1' } }])
  expect(await device.org.table('account').get(id)).toMatchObject({ name: 'B', telephone1: '3' })
  there.emulator.master.update('account', id, { revenue: 2 })
  await device.sync()
  expect(there.emulator.master.row('account', id)?.values).toMatchObject({ name: 'B', telephone1: '3', revenue: 2 })
  expect(await device.org.conflicts.list()).toEqual([])
  expect(await differences(there, device)).toEqual([])
})

test('a correction is made on the edits below it, not on the master’s row', async () => {
  const { there, device, id, update } = await desk()
  const first = await update({ name: 'A' })
  const second = await update({ name: 'B' })
  await device.org.outbox.amend(second, { name: 'C' })
  expect((await device.org.outbox.get(second))?.changes).toMatchObject([{ before: { name: 'A' } }])
  await device.org.outbox.archive([first])
  expect((await device.org.outbox.get(second))?.changes).toMatchObject([{ before: { name: 'Pump works' } }])
  there.emulator.master.update('account', id, { revenue: 2 })
  await device.sync()
  expect(there.emulator.master.row('account', id)?.values['name']).toBe('C')
  expect(await device.org.conflicts.list()).toEqual([])
})

test('what was folded into one transaction is corrected as one', async () => {
  const { there, device } = await desk()
  let id = ''
  const { seq } = await device.org.write((draft) => {
    id = draft.create('account', { name: 'New' })
  })
  expect(await device.org.write((draft) => draft.update('account', id, { telephone1: '7' }))).toEqual({ seq })
  await device.org.outbox.amend(Number(seq), { telephone1: '8' })
  expect(await device.org.table('account').get(id)).toMatchObject({ name: 'New', telephone1: '8' })
  await device.sync()
  expect(there.emulator.master.row('account', id)?.values).toMatchObject({ name: 'New', telephone1: '8' })
})

test('a corrected transaction still waits for what it was told to wait for', async () => {
  const { device, update } = await desk()
  const { seq } = await device.org.write((draft) => draft.create('contact', { lastname: 'First' }))
  const second = await update({ name: 'A' }, { after: [Number(seq)] })
  await device.org.outbox.amend(second, { name: 'B' })
  expect(await device.org.outbox.get(second)).toMatchObject({ after: [seq], reason: { kind: 'blocked', by: seq } })
  expect((await device.org.outbox.dependents([Number(seq)])).map((dependent) => dependent.seq)).toEqual([second])
  expect(await device.org.push()).toMatchObject({ processed: 2 })
})

test('a row leaves its group when no column of it is left; the last one cannot', async () => {
  const { there, device, id } = await desk()
  const other = there.emulator.master.create('account', { name: 'Other' })
  await device.sync()
  const { seq } = await device.org.write((draft) => {
    draft.update('account', id, { name: 'A' })
    draft.update('account', other, { name: 'B' })
  })
  const { outbox } = device.org
  await outbox.amend(Number(seq), { name: undefined }, { table: 'account', id: other })
  expect(await device.org.table('account').get(other)).toMatchObject({ name: 'Other' })
  await expect(outbox.amend(Number(seq), { name: undefined })).rejects.toMatchObject({
    code: 'invalid',
    place: { rule: 'nothing-left' },
  })
  await device.sync()
  expect(there.emulator.master.row('account', other)?.values['name']).toBe('Other')
  expect(there.emulator.master.row('account', id)?.values['name']).toBe('A')
})

test('a column that a new row must have cannot be taken out of it', async () => {
  const { device, id } = await desk()
  await device.org.configure({
    tables: { ...device.org.configuration.tables, incident: { columns: ['title', 'customerid'] } },
  })
  const { seq } = await device.org.write((draft) =>
    draft.create('incident', { title: 'Leak', customerid: id, customerid$table: 'account' }),
  )
  const { outbox } = device.org
  const before = await outbox.get(Number(seq))
  await expect(outbox.amend(Number(seq), { customerid: undefined })).rejects.toMatchObject({
    code: 'invalid',
    place: { table: 'incident', column: 'customerid', rule: 'required' },
  })
  await expect(outbox.amend(Number(seq), { nosuchcolumn: 1 })).rejects.toMatchObject({ code: 'invalid' })
  expect(await outbox.get(Number(seq))).toEqual(before)
})

test('a lookup that is corrected waits for the row it now points to, and is refused one that is created later', async () => {
  const { there, device } = await desk()
  const { org } = device
  let [parent, late] = ['', '']
  await org.write((draft) => {
    parent = draft.create('account', { name: 'Parent' })
  })
  const { seq } = await org.write((draft) => draft.create('contact', { lastname: 'Child' }))
  await org.write((draft) => {
    late = draft.create('account', { name: 'Late' })
  })
  const points = (id: string): Row => ({ parentcustomerid: id, parentcustomerid$table: 'account' })
  await expect(org.outbox.amend(Number(seq), points(late))).rejects.toMatchObject({ place: { rule: 'lookup-order' } })
  await org.outbox.amend(Number(seq), points(parent))
  expect((await org.outbox.get(Number(seq)))?.reason).toEqual({ kind: 'blocked', by: 1 })
  expect((await org.outbox.dependents([1])).map((dependent) => dependent.seq)).toEqual([seq])
  await device.sync()
  expect(await differences(there, device)).toEqual([])
})

test('a correction in a group that deletes rows leaves children before parents', async () => {
  const { there, device, id } = await desk()
  const parent = there.emulator.master.create('account', { name: 'Parent' })
  const child = there.emulator.master.create('contact', { lastname: 'Child' })
  there.emulator.master.update('account', parent, { primarycontactid: child })
  await device.sync()
  const { seq } = await device.org.write((draft) => {
    draft.delete('contact', child)
    draft.delete('account', parent)
    draft.update('account', id, { name: 'A' })
  })
  const order = async (): Promise<unknown> =>
    (await device.org.outbox.get(Number(seq)))?.changes.map((change) => [change.kind, change.id])
  const before = await order()
  await device.org.outbox.amend(Number(seq), { name: 'B' })
  expect(await order()).toEqual(before)
  await device.org.outbox.amend(Number(seq), { name: 'C' })
  expect(await order()).toEqual(before)
})

test('what is archived or processed, and what writes no columns, cannot be corrected', async () => {
  const { device, id, update } = await desk()
  const { outbox } = device.org
  const first = await update({ name: 'A' })
  await outbox.archive([first], { local: 'keep' })
  await expect(outbox.amend(first, { name: 'B' })).rejects.toMatchObject({ code: 'refused' })
  await outbox.revert({ table: 'account', id })
  const { seq } = await device.org.write((draft) => draft.delete('account', id))
  await expect(outbox.amend(Number(seq), { name: 'B' })).rejects.toMatchObject({ code: 'invalid' })
  await expect(outbox.amend(99, { name: 'B' })).rejects.toMatchObject({ place: { rule: 'unknown-transaction' } })
})
