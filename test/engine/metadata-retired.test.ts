import { text } from '@outpost/dataverse-emulator'
import { expect, test } from 'vitest'
import { differences, world } from './world.ts'
import type { Device, World } from './world.ts'

const ACCOUNT = { columns: ['name', 'telephone1', 'accountnumber'] }

async function withMarkers(): Promise<{ there: World; device: Device; marker: string }> {
  const there = world()
  const marker = there.emulator.master.create('new_x', { new_name: 'Here', new_colour: 'red' })
  const device = await there.device({ configuration: { tables: { account: ACCOUNT, new_x: {} } } })
  await device.sync()
  there.requests()
  return { there, device, marker }
}

const updated = (device: Device, table: string, id: string, values: Record<string, string>): Promise<number> =>
  device.org.write((draft) => draft.update(table, id, values)).then(({ seq }) => Number(seq))

test('a table that the master removed is retired: its rows can be read, nothing else is done with it, and the rest goes on', async () => {
  const { there, device, marker } = await withMarkers()
  there.emulator.schema.removeTable('new_x')
  const account = there.emulator.master.create('account', { name: 'New' })
  const report = await device.sync()
  expect(report.metadata).toMatchObject({
    changes: [{ kind: 'table-removed', table: 'new_x' }],
    stopped: [{ table: 'new_x', code: 'not-found' }],
  })
  expect(report.tables['new_x']?.error).toMatchObject({ code: 'not-found', remedy: expect.stringMatching(/\w+ \w+/) })
  expect(await device.org.table('account').get(account)).toBeDefined()
  expect(await device.org.table('new_x').get(marker)).toMatchObject({ new_name: 'Here' })
  expect((await device.org.status()).tables['new_x']).toMatchObject({ stopped: { reason: 'retired' } })
  await expect(updated(device, 'new_x', marker, { new_name: 'There' })).rejects.toMatchObject({
    code: 'refused',
    place: { table: 'new_x', rule: 'retired-table' },
  })
  there.requests()
  await device.sync()
  expect(there.requests().filter((request) => request.includes('new_x'))).toEqual([])

  const again = await device.crash()
  expect(await again.org.table('new_x').get(marker)).toMatchObject({ new_name: 'Here' })
  expect((await again.sync()).tables['new_x']?.error).toMatchObject({ code: 'not-found' })
})

test('what waits to be sent to a table that is gone becomes an Error, and keeps the table here until it is put away', async () => {
  const { there, device, marker } = await withMarkers()
  const seq = await updated(device, 'new_x', marker, { new_name: 'There' })
  there.emulator.schema.removeTable('new_x')
  const report = await device.sync()
  expect(report.metadata?.refused).toEqual([seq])
  expect(await device.org.outbox.get(seq)).toMatchObject({
    status: 'error',
    lastError: { rejection: 'invalid', message: expect.stringContaining('new_x') },
  })
  expect(await device.org.table('new_x').get(marker)).toMatchObject({ new_name: 'There' })
  await device.org.outbox.setPending([seq])
  await device.sync()
  expect(await device.org.outbox.get(seq)).toMatchObject({ status: 'error' })
  const without = { tables: { account: ACCOUNT } }
  await expect(device.org.configure(without)).rejects.toMatchObject({ code: 'refused' })
  await device.org.outbox.archive([seq])
  await device.org.configure(without)
  expect(() => device.org.table('new_x')).toThrow(expect.objectContaining({ code: 'invalid' }))
  await expect(device.org.configure({ tables: { account: ACCOUNT, new_x: {} } })).rejects.toMatchObject({
    place: { rule: 'unknown-table' },
  })
})

test('a retired table that the master has again comes back, and is compared as a whole', async () => {
  const { there, device, marker } = await withMarkers()
  const stays = there.emulator.master.create('new_x', { new_name: 'Stays' })
  await device.sync()
  there.emulator.backup()
  there.emulator.schema.removeTable('new_x')
  await device.sync()
  there.emulator.restoreBackup()
  there.emulator.master.remove('new_x', marker)
  const report = await device.sync()
  expect(report.metadata?.changes).toContainEqual({ kind: 'table-added', table: 'new_x' })
  expect(report.tables['new_x']?.error).toBeUndefined()
  expect(await device.org.table('new_x').get(marker)).toBeUndefined()
  expect(await device.org.table('new_x').get(stays)).toMatchObject({ new_name: 'Stays' })
  await device.sync()
  expect(await differences(there, device)).toEqual([])
})

test('a table that was made anew under its name has the new rows and the new columns', async () => {
  const { there, device } = await withMarkers()
  there.emulator.schema.removeTable('new_x')
  there.emulator.schema.addTable({
    schemaName: 'new_X',
    objectTypeCode: 10998,
    displayName: 'X',
    primaryName: 'new_name',
    columns: [text('new_Name'), text('new_Other')],
  })
  there.emulator.master.create('new_x', { new_name: 'Anew', new_other: 'too' })
  await device.sync()
  await device.sync()
  expect([...(await device.rows('new_x')).values()]).toMatchObject([{ new_name: 'Anew', new_other: 'too' }])
  expect(await differences(there, device)).toEqual([])
})

test('a table that was made anew exactly as it was has the new rows only', async () => {
  const there = world()
  const table = { schemaName: 'new_Part', objectTypeCode: 10990, displayName: 'Part', columns: [text('new_Name')] }
  there.emulator.schema.addTable(table)
  there.emulator.master.create('new_part', { new_name: 'Old' })
  const device = await there.device({ configuration: { tables: { new_part: {} } } })
  await device.sync()
  there.emulator.schema.removeTable('new_part')
  there.emulator.schema.addTable(table)
  there.emulator.master.create('new_part', { new_name: 'New' })
  const report = await device.sync()
  expect(report.metadata?.changes).toContainEqual({ kind: 'table-remade', table: 'new_part' })
  expect([...(await device.rows('new_part')).values()]).toMatchObject([{ new_name: 'New' }])
  expect(await differences(there, device)).toEqual([])
})

test('a filter that names a removed column stops its own table, which is kept as it is, and no other', async () => {
  const there = world()
  const tables = { account: { ...ACCOUNT, syncFilter: "telephone1 ne 'x'" }, contact: { columns: ['lastname'] } }
  const device = await there.device({ configuration: { tables } })
  await device.sync()
  const held = await device.org.table('account').count()
  there.emulator.schema.removeColumn('account', 'telephone1')
  there.emulator.master.create('account', { name: 'Not pulled' })
  const contact = there.emulator.master.create('contact', { lastname: 'Pulled' })
  const report = await device.sync()
  expect(report.tables['account']?.error).toMatchObject({ code: 'invalid', remedy: expect.any(String) })
  expect(report.tables['account']?.error?.message).toContain('telephone1')
  expect(report.tables['contact']?.error).toBeUndefined()
  expect(await device.org.table('contact').get(contact)).toBeDefined()
  expect(await device.org.table('account').count()).toBe(held)
  expect(device.org.configuration.tables['account']).toMatchObject({
    columns: ['name', 'accountnumber'],
    syncFilter: "telephone1 ne 'x'",
  })
  // What is written to it leaves as ever.
  const [id = ''] = [...(await device.rows('account')).keys()]
  await updated(device, 'account', id, { name: 'Sent' })
  await device.sync()
  expect(there.emulator.master.row('account', id)?.values['name']).toBe('Sent')

  const again = await device.crash()
  expect((await again.org.status()).tables['account']).toMatchObject({ stopped: { reason: 'misfit' } })
  await again.org.configure({ tables: { account: { columns: ['name', 'accountnumber'] }, contact: tables.contact } })
  await again.sync()
  expect(await differences(there, again)).toEqual([])
})

test('while the upload filter cannot be read nothing of its table leaves', async () => {
  const there = world()
  const account = { ...ACCOUNT, uploadFilter: "telephone1 eq 'yes'" }
  const device = await there.device({ configuration: { tables: { account } } })
  await device.sync()
  const [id = ''] = [...(await device.rows('account')).keys()]
  const seq = await updated(device, 'account', id, { name: 'Private' })
  there.emulator.schema.removeColumn('account', 'telephone1')
  await device.sync()
  expect(await device.org.outbox.get(seq)).toMatchObject({ status: 'pending' })
  expect(there.emulator.master.row('account', id)?.values['name']).not.toBe('Private')
  await device.org.configure({ tables: { account: { columns: ['name'] } } })
  await device.sync()
  expect(there.emulator.master.row('account', id)?.values['name']).toBe('Private')
})
