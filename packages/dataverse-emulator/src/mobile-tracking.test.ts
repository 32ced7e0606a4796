import { expect, test } from 'vitest'
import { bench, id, made } from './ask.test-support.ts'
import type { Bench } from './ask.test-support.ts'

function entries({ emulator }: Bench): Record<string, unknown>[] {
  return emulator.master
    .rows('resco_mobiletracking')
    .toSorted((a, b) => (a.version < b.version ? -1 : 1))
    .map(({ values }) =>
      Object.fromEntries(Object.entries(values).filter(([name, value]) => name.startsWith('resco_') && value !== null)),
    )
    .map(({ resco_mobiletrackingid: _, resco_name: __, ...rest }) => rest)
}

test('a delete is recorded, for rows that went by cascade too', async () => {
  const org = bench()
  await made(org.ask, 'accounts', { accountid: id(1), name: 'a' })
  await made(org.ask, 'contacts', {
    contactid: id(2),
    lastname: 'c',
    'parentcustomerid_account@odata.bind': `accounts(${id(1)})`,
  })
  await org.ask('DELETE', `accounts(${id(1)})`)
  expect(entries(org)).toEqual([
    { resco_kind: 2, resco_tablename: 'contact', resco_rowid: id(2) },
    { resco_kind: 2, resco_tablename: 'account', resco_rowid: id(1) },
  ])
})

test('an owner change is recorded, writing the same owner again is not', async () => {
  const org = bench()
  await made(org.ask, 'incidents', {
    incidentid: id(1),
    title: 'a',
    'customerid_account@odata.bind': `accounts(${org.emulator.master.rows('account')[0]?.id})`,
  })
  const body = { 'ownerid@odata.bind': `/systemusers(${org.emulator.users[1]?.id})` }
  await org.ask('PATCH', `incidents(${id(1)})`, { body })
  await org.ask('PATCH', `incidents(${id(1)})`, { body })
  expect(entries(org)).toEqual([{ resco_kind: 3, resco_tablename: 'incident', resco_rowid: id(1) }])
})

test('a removed N:N link is recorded with both its ends, whichever end it was removed from', async () => {
  const org = bench()
  await made(org.ask, 'new_skills', { new_skillid: id(1), new_name: 's' })
  await made(org.ask, 'bookableresources', { bookableresourceid: id(2), name: 'r', resourcetype: 1 })
  const relationship = org.emulator.schema
    .relationships()
    .find((one) => one.kind === 'ManyToMany' && one.intersectTable === 'new_skill_bookableresource')
  const first = relationship?.kind === 'ManyToMany' ? relationship.table1 : ''
  const ends =
    first === 'new_skill'
      ? ['new_skill', id(1), 'bookableresource', id(2)]
      : ['bookableresource', id(2), 'new_skill', id(1)]
  const nn = 'new_Skill_BookableResource'
  for (const path of [
    `new_skills(${id(1)})/${nn}(${id(2)})/$ref`,
    `bookableresources(${id(2)})/${nn}(${id(1)})/$ref`,
  ]) {
    await org.ask('POST', `new_skills(${id(1)})/${nn}/$ref`, { body: { '@odata.id': `bookableresources(${id(2)})` } })
    await org.ask('DELETE', path)
  }
  const [table, row, relatedTable, relatedRow] = ends
  const entry = {
    resco_kind: 1,
    resco_tablename: table,
    resco_rowid: row,
    resco_relatedtablename: relatedTable,
    resco_relatedrowid: relatedRow,
    resco_relationship: relationship?.schemaName,
  }
  expect(entries(org)).toEqual([entry, entry])
})

test('only the tables and kinds it is switched on for are recorded', async () => {
  const org = bench()
  org.emulator.tracking.disable('account')
  org.emulator.tracking.enable('new_equipment', ['owner'])
  await made(org.ask, 'accounts', { accountid: id(1), name: 'a' })
  await made(org.ask, 'new_equipments', { new_equipmentid: id(2), new_name: 'e' })
  await org.ask('DELETE', `accounts(${id(1)})`)
  await org.ask('DELETE', `new_equipments(${id(2)})`)
  expect(entries(org)).toEqual([])
  expect(() => org.emulator.tracking.enable('nosuch')).toThrow('no table nosuch')
})

test('entries are ordinary rows that clients read by version', async () => {
  const org = bench()
  await made(org.ask, 'accounts', { accountid: id(1), name: 'a' })
  const before = (await org.ask('GET', `accounts(${id(1)})`)).json.versionnumber
  await org.ask('DELETE', `accounts(${id(1)})`)
  const path = `resco_mobiletrackings?$filter=versionnumber gt ${before}&$orderby=versionnumber`
  const { json } = await org.ask('GET', path, { as: 'Amara Okafor' })
  expect(json.value).toHaveLength(1)
  expect(json.value[0]).toMatchObject({ resco_kind: 2, resco_rowid: id(1), createdon: '2025-06-02T06:00:00Z' })
})

test('a refused delete records nothing', async () => {
  const org = bench()
  await made(org.ask, 'accounts', { accountid: id(1), name: 'a' })
  await made(org.ask, 'contacts', {
    contactid: id(2),
    lastname: 'c',
    'parentcustomerid_account@odata.bind': `accounts(${id(1)})`,
  })
  await made(org.ask, 'msdyn_workorders', {
    msdyn_workorderid: id(3),
    'msdyn_serviceaccount@odata.bind': `accounts(${id(1)})`,
  })
  expect((await org.ask('DELETE', `accounts(${id(1)})`)).status).toBe(405)
  expect(entries(org)).toEqual([])
})
