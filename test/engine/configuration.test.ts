import { expect, test } from 'vitest'
import { differences, world } from './world.ts'

/* What is kept can change at any time; the rows follow. */

test('a column that is added is filled for rows that are held already', async () => {
  const there = world()
  const device = await there.device({ configuration: { tables: { account: { columns: ['name'] } } } })
  await device.sync()
  await device.org.configure({ tables: { account: { columns: ['name', 'telephone1'] } } })
  await device.sync()
  expect((await device.org.table('account').query({ where: 'telephone1 ne null' })).length).toBeGreaterThan(0)
  expect(await differences(there, device)).toEqual([])
})

test('a column that is dropped and taken back before the next pull is filled again', async () => {
  const there = world()
  const [short, full] = [['name'], ['name', 'telephone1']]
  const device = await there.device({ configuration: { tables: { account: { columns: full } } } })
  await device.sync()
  await device.org.configure({ tables: { account: { columns: short } } })
  await device.org.configure({ tables: { account: { columns: full } } })
  await device.sync()
  expect(await differences(there, device)).toEqual([])
})

test('another sync filter brings its rows and lets go of the others, but not of those with unsent edits', async () => {
  const there = world()
  const device = await there.device({
    configuration: { tables: { account: { columns: ['name'], syncFilter: "name lt 'm'" } } },
  })
  await device.sync()
  const [edited] = await device.org.table('account').query({ limit: 1 })
  const id = String(edited?.['accountid'])
  const { seq } = await device.org.write((draft) => draft.update('account', id, { name: 'aaa edited' }))
  await device.org.configure({ tables: { account: { columns: ['name'], syncFilter: "name ge 'm'" } } })
  there.emulator.faults.add({
    match: { method: 'PATCH' },
    fault: { kind: 'status', status: 400, body: 'json', code: '0x80040265' },
  })
  const report = await device.sync()
  expect(report.tables['account']).toMatchObject({ kept: 1 })
  expect(await device.org.table('account').get(id)).toMatchObject({ name: 'aaa edited' })

  await device.org.outbox.archive([Number(seq)])
  await device.org.configure({
    tables: { account: { columns: ['name'], syncFilter: "name ge 'm'", syncDeletion: true } },
  })
  await device.sync()
  const shown = { account: (values: Readonly<Record<string, unknown>>) => String(values['name']).toLowerCase() >= 'm' }
  expect(await differences(there, device, shown)).toEqual([])
})

test('a table with unsent changes cannot be removed; one without them goes with its rows', async () => {
  const there = world()
  const device = await there.device()
  await device.sync()
  await device.org.write((draft) => draft.create('account', { name: 'Unsent' }))
  const contactsOnly = { tables: { contact: { columns: ['lastname'] } } }
  await expect(device.org.configure(contactsOnly)).rejects.toMatchObject({
    code: 'refused',
    place: { table: 'account' },
  })
  expect(Object.keys(device.org.configuration.tables)).toContain('account')
  await device.org.push()
  await device.org.configure(contactsOnly)
  expect(() => device.org.table('account')).toThrow(expect.objectContaining({ code: 'invalid' }))
})

test('a second sync of an idle org writes nothing and reports nothing new', async () => {
  const there = world()
  const device = await there.device()
  await device.sync()
  await there.env.advance(3_600_000)
  const changes: string[] = []
  device.store.subscribe((change) => changes.push(...change.rows.keys()))
  const report = await device.sync()
  expect(report.tables['account']).toMatchObject({ written: 0, pruned: 0 })
  expect(changes).toEqual([])
})

test('our own write comes back in the next pull without a change event', async () => {
  const there = world()
  const device = await there.device()
  await device.sync()
  await device.org.write((draft) => draft.create('account', { name: 'Ours', revenue: 12.345678 }))
  await device.org.push()
  const changes: string[] = []
  device.store.subscribe((change) => changes.push(...change.rows.keys()))
  const report = await device.sync()
  expect(report.tables['account']).toMatchObject({ written: 0 })
  expect(changes).toEqual([])
  expect(await differences(there, device)).toEqual([])
})

test('columns that the master removed leave the configuration, and the drift names them', async () => {
  const there = world()
  const device = await there.device()
  await device.sync()
  there.emulator.schema.removeColumn('account', 'telephone1')
  const drift = await device.org.updateMetadata()
  expect(drift.changes).toContainEqual({ kind: 'column-removed', table: 'account', column: 'telephone1' })
  expect(device.org.configuration.tables['account']?.columns).not.toContain('telephone1')
  await device.sync()
  expect(await differences(there, device)).toEqual([])
})

test('a download that was interrupted goes on behind the last page it kept', async () => {
  const there = world({ rows: 600 })
  const device = await there.device({ configuration: { tables: { contact: { columns: ['lastname'] } } }, pageSize: 10 })
  there.requests()
  there.emulator.faults.add({ match: { path: /contacts\?/ }, nth: 4, fault: { kind: 'cutBodyAt', bytes: 200 } })
  await expect(device.sync()).rejects.toMatchObject({ code: 'offline' })
  const held = await device.org.table('contact').count()
  expect(held).toBe(30)
  expect((await device.org.status()).tables['contact']).toEqual({ rows: 30, complete: false })
  const again = await device.crash()
  there.requests()
  const report = await again.sync()
  expect(report.tables['contact']?.received).toBe(there.emulator.master.count('contact') - held)
  expect((await again.org.status()).tables['contact']?.complete).toBe(true)
})
