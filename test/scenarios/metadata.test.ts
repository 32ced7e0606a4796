import { text } from '@outpost/dataverse-emulator'
import { expect, test } from 'vitest'
import type { Office } from './office.ts'
import { dayWithAnn } from './script.ts'

/* Tables and columns go one way: from the office to the device. What is only on the device stays there. */

const NAMES = { account: { columns: ['name'] } }

test('RS-02: what a device has of its own stays when it is connected to an office, and goes on', async () => {
  const { office, ann } = await dayWithAnn({
    configuration: {
      tables: { account: { columns: ['name'], localColumns: { note: { type: 'text' } } } },
      localTables: { memo: { columns: { title: { type: 'text' } } } },
    },
  })
  const id = office.adds('account', { name: 'Northwind' })
  await ann.syncs()
  await ann.org.write((draft) => {
    draft.update('account', id, { note: 'Bring cake' })
    draft.create('memo', { title: 'Shopping' }, '11111111-1111-4111-8111-111111111111')
  })
  await ann.org.connect()
  await ann.org.updateMetadata()
  office.changes('account', id, { name: 'Northwind Ltd' })
  await ann.syncs()
  await ann.restarts()
  expect(await ann.sees('account', id)).toMatchObject({ name: 'Northwind Ltd', note: 'Bring cake' })
  expect(await ann.org.table('memo').query({})).toMatchObject([{ title: 'Shopping' }])
})

test('RS-02: a column of the device that the office comes to have with another type is told, and not written over', async () => {
  const { office, ann } = await dayWithAnn({
    configuration: { tables: { account: { columns: ['name'], localColumns: { new_note: { type: 'integer' } } } } },
  })
  const id = office.adds('account', { name: 'Northwind' })
  await ann.syncs()
  await ann.org.write((draft) => draft.update('account', id, { new_note: 7 }))
  office.emulator.schema.addColumn('account', text('new_Note'))
  office.changes('account', id, { new_note: 'theirs' })
  const told = await ann.org.updateMetadata().then(JSON.stringify, (error: unknown) => String(error))
  expect(told).toContain('new_note')
  await ann.syncs()
  expect(await ann.sees('account', id)).toMatchObject({ new_note: 7 })
})

test('RS-10: a column that the office adds is there after the next look, and comes with the values of all rows', async () => {
  const { office, ann } = await dayWithAnn({ configuration: { tables: NAMES } })
  const id = office.adds('account', { name: 'Northwind' })
  await ann.syncs()
  office.emulator.schema.addColumn('account', text('new_Nickname'))
  office.changes('account', id, { new_nickname: 'Windy' })
  const drift = await ann.org.updateMetadata()
  expect(drift.changes).toContainEqual({ kind: 'column-added', table: 'account', column: 'new_nickname' })
  const rows = await ann.org.table('account').count()
  await ann.org.configure({ tables: { account: { columns: ['name', 'new_nickname'] } } })
  expect(await ann.org.table('account').count()).toBe(rows)
  expect(await ann.sees('account', id)).toMatchObject({ name: 'Northwind' })
  await ann.syncs()
  expect(await ann.sees('account', id)).toMatchObject({ name: 'Northwind', new_nickname: 'Windy' })
})

test('RS-10: for an added column what did not change is not downloaded anew', async () => {
  const { office, ann } = await dayWithAnn({ configuration: { tables: NAMES } })
  const id = office.adds('account', { name: 'Northwind', telephone1: '112' })
  await ann.syncs()
  await ann.org.configure({ tables: { account: { columns: ['name', 'telephone1'] } } })
  office.asked()
  await ann.syncs()
  expect(await ann.sees('account', id)).toMatchObject({ name: 'Northwind', telephone1: '112' })
  const whole = office
    .asked()
    .filter((request) => request.startsWith('GET accounts?'))
    .filter((request) => /\bname\b/.test(/\$select=([^&]*)/.exec(request)?.[1] ?? ''))
  for (const request of whole) expect(request).toMatch(/versionnumber g[te] \d/)
})

test('RS-10: a column that the office removes is retired and named, and its rows keep the rest', async () => {
  const { office, ann } = await dayWithAnn({ configuration: { tables: { account: { columns: ['name', 'fax'] } } } })
  const id = office.adds('account', { name: 'Northwind', fax: '1' })
  await ann.syncs()
  office.emulator.schema.removeColumn('account', 'fax')
  const preview = await ann.org.previewMetadata()
  expect(preview.changes).toContainEqual({ kind: 'column-removed', table: 'account', column: 'fax' })
  expect(ann.org.configuration.tables['account']?.columns).toContain('fax')
  await ann.syncs()
  expect(ann.org.configuration.tables['account']?.columns).toEqual(['name'])
  expect(await ann.sees('account', id)).toEqual({ accountid: id, name: 'Northwind' })
})

test('RS-11: a column that only the device has is never sent, and what is beside it is', async () => {
  const { office, ann } = await dayWithAnn({
    configuration: { tables: { account: { columns: ['name'], localColumns: { note: { type: 'text' } } } } },
  })
  const bodies = bodiesOf(office.emulator)
  const { id } = await ann.adds('account', { name: 'Northwind', note: 'Bring cake' })
  await ann.syncs()
  await ann.org.write((draft) => draft.update('account', id, { name: 'Renamed', note: 'No cake' }))
  await ann.syncs()
  expect(office.row('account', id)).toMatchObject({ name: 'Renamed' })
  expect(await ann.sees('account', id)).toMatchObject({ name: 'Renamed', note: 'No cake' })
  expect(bodies().filter((body) => /cake|"note"/.test(body))).toEqual([])
})

function bodiesOf(emulator: Office['emulator']): () => readonly string[] {
  const from = emulator.requests().length
  return () =>
    emulator
      .requests()
      .slice(from)
      .map(({ body }) => body)
}
