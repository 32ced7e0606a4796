import { ClientOrg, clientOrgMaster } from '@outpost/core'
import { memoryStore } from '@outpost/core/memory'
import { expect, test } from 'vitest'
import { dayWithAnn } from './script.ts'

/* Other masters than an office: another client org, or none. */

test('RS-35: a tablet has another client org as its master, takes its rows, and gives it what is written on it', async () => {
  const { clock, office, ann } = await dayWithAnn()
  const id = office.adds('account', { name: 'Northwind' })
  await ann.syncs()
  const { identity } = await ann.org.status()
  const organizationId = '11111111-1111-4111-8111-111111111111'
  const master = clientOrgMaster({ org: ann.org, organizationId, userId: identity?.userId ?? '', env: clock })
  const tablet = await ClientOrg.open({ store: memoryStore(), master, env: clock, delivery: 'on-demand' })
  await tablet.connect()
  await tablet.configure({ tables: { account: { columns: ['name', 'telephone1'], syncDeletion: true } } })
  await tablet.sync()
  expect(await tablet.table('account').count()).toBe(await ann.org.table('account').count())
  expect(await tablet.table('account').get(id)).toMatchObject({ name: 'Northwind' })

  await tablet.write((draft) => draft.update('account', id, { telephone1: '112' }))
  await tablet.sync()
  expect(await ann.sees('account', id)).toMatchObject({ telephone1: '112' })
  await ann.syncs()
  expect(office.row('account', id)).toMatchObject({ name: 'Northwind', telephone1: '112' })

  office.deletes('account', id)
  await ann.org.resync(['account'])
  await ann.syncs()
  await tablet.sync()
  expect(await tablet.table('account').get(id)).toBeUndefined()
  await tablet.close()
})

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
