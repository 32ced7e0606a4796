import { expect, test } from 'vitest'
import { dayWithAnn } from './script.ts'

/* Copy, then cut over: the client org goes on without its master. */

test('RS-36: a copy that is cut off from the office keeps every row, takes writes, and sends nothing any more', async () => {
  const { office, ann } = await dayWithAnn()
  const id = office.adds('account', { name: 'Northwind' })
  await ann.adds('contact', { lastname: 'Rey' })
  await ann.syncs()
  const rows = { account: await ann.org.table('account').count(), contact: await ann.org.table('contact').count() }
  await ann.org.detach()
  ann.line.sent()
  expect(await ann.org.table('account').count()).toBe(rows.account)
  expect(await ann.org.table('contact').count()).toBe(rows.contact)
  let made = ''
  await ann.org.write((draft) => {
    draft.update('account', id, { name: 'Ours now' })
    made = draft.create('contact', { lastname: 'New', parentcustomerid: id, parentcustomerid$table: 'account' })
  })
  await ann.restarts()
  expect(await ann.sees('account', id)).toMatchObject({ name: 'Ours now' })
  expect(await ann.sees('contact', made)).toMatchObject({ lastname: 'New', parentcustomerid: id })
  expect(await ann.org.table('contact').query({ where: "lastname eq 'New'" })).toHaveLength(1)
  await ann.org.write((draft) => draft.delete('contact', made))
  expect(await ann.sees('contact', made)).toBeUndefined()
  expect(await ann.syncs()).not.toBe('synced')
  expect(ann.line.sent()).toEqual([])
  expect(office.row('account', id)).toMatchObject({ name: 'Northwind' })
})

test('RS-36: a copy with work that the office does not have yet is not cut off before it is said what becomes of it', async () => {
  const { office, ann } = await dayWithAnn()
  const id = office.adds('account', { name: 'Northwind' })
  await ann.syncs()
  await ann.changes('account', id, { name: 'Edited offline' })
  await expect(ann.org.detach()).rejects.toMatchObject({ code: 'refused', unsent: { pending: 1 } })
  expect((await ann.org.status()).identity).not.toBeNull()
  await ann.org.detach({ unsent: 'keep' })
  expect(await ann.sees('account', id)).toMatchObject({ name: 'Edited offline' })
})
