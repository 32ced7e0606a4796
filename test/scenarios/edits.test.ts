import { expect, test } from 'vitest'
import { dayWithAnn } from './script.ts'

/* What is written in a hurry: a row changed before it was ever sent, and while it is being sent. */

test('C7: a row that is created, changed and changed again before the first sync is created once, as it is last', async () => {
  const { office, ann } = await dayWithAnn()
  ann.goesOffline()
  const { id } = await ann.adds('account', { name: 'Northwnd', telephone1: '1' })
  await ann.changes('account', id, { name: 'Northwind' })
  await ann.changes('account', id, { telephone1: '2' })
  ann.goesOnline()
  await ann.syncs()
  expect(office.heard()).toEqual(['Create account'])
  expect(office.row('account', id)).toMatchObject({ name: 'Northwind', telephone1: '2' })
  expect(await ann.sees('account', id)).toMatchObject({ name: 'Northwind', telephone1: '2' })
})

test('C7: a row that is created and deleted again before the first sync never reaches the office', async () => {
  const { office, ann } = await dayWithAnn()
  const { id, seq } = await ann.adds('account', { name: 'A mistake' })
  expect(await ann.deletes('account', id)).toBe(seq)
  await ann.syncs()
  expect(office.heard()).toEqual([])
  expect(await ann.sees('account', id)).toBeUndefined()
  expect(await ann.story(seq)).toEqual(['committed', 'cancelled'])
  expect(await ann.outbox()).toEqual(['archived'])
})

test('C7: where each step counts nothing is folded, and the office sees each of them', async () => {
  const { office, ann } = await dayWithAnn()
  const id = office.adds('account', { name: 'Pump' })
  await ann.syncs()
  await ann.changes('account', id, { telephone1: 'travelling' }, { coalesce: false })
  await ann.changes('account', id, { telephone1: 'on site' }, { coalesce: false })
  await ann.changes('account', id, { telephone1: 'done' }, { coalesce: false })
  await ann.syncs()
  expect(office.heard()).toEqual(['Update account', 'Update account', 'Update account'])
  expect(office.row('account', id)).toMatchObject({ telephone1: 'done' })
})

test('C7: what is changed while the row is being sent is kept, and sent afterwards', async () => {
  const { office, ann } = await dayWithAnn()
  const { id } = await ann.adds('account', { name: 'First' })
  ann.line.meanwhile(() => ann.changes('account', id, { name: 'Second' }))
  await ann.pushes()
  expect(await ann.sees('account', id)).toMatchObject({ name: 'Second' })
  await ann.syncs()
  expect(await ann.outbox()).toEqual(['processed', 'processed'])
  expect(office.row('account', id)).toMatchObject({ name: 'Second' })
  expect(await ann.sees('account', id)).toMatchObject({ name: 'Second' })
})

test('C7: what is changed while the row is being sent is kept though the answer to the first is lost', async () => {
  const { office, ann } = await dayWithAnn()
  const { id } = await ann.adds('account', { name: 'First', telephone1: '1' })
  ann.line.meanwhile(() => ann.changes('account', id, { name: 'Second' }))
  ann.line.losesWrite('answer')
  expect(await ann.pushes()).toBe('offline')
  expect(await ann.sees('account', id)).toMatchObject({ name: 'Second', telephone1: '1' })
  await ann.syncsUntilDone()
  expect(office.heard()).toEqual(['Create account', 'Update account'])
  expect(office.row('account', id)).toMatchObject({ name: 'Second', telephone1: '1' })
})

test('C7: a row that is deleted while its creation is being sent is gone on both sides', async () => {
  const { office, ann } = await dayWithAnn()
  const { id } = await ann.adds('account', { name: 'Not for long' })
  ann.line.meanwhile(() => ann.deletes('account', id))
  await ann.pushes()
  await ann.syncs()
  expect(office.heard()).toEqual(['Create account', 'Delete account'])
  expect(office.row('account', id)).toBeUndefined()
  expect(await ann.sees('account', id)).toBeUndefined()
})
