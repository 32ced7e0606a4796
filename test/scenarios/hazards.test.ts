import { expect, test } from 'vitest'
import { dayWithAnn } from './script.ts'

/* Three hazards that the field knows, and links of a many-to-many relationship. */

const CASES = { incident: { columns: ['title', 'description', 'customerid', 'statecode', 'statuscode'] } }

test('RC-13: a row that points to what the office no longer has becomes an error that names it, and is mended by another', async () => {
  const { office, ann } = await dayWithAnn()
  const [gone, there] = [
    office.adds('account', { name: 'Soon gone' }),
    office.adds('account', { name: 'Here to stay' }),
  ]
  await ann.syncs()
  const child = { lastname: 'Rey', parentcustomerid: gone, parentcustomerid$table: 'account' }
  const person = await ann.adds('contact', child)
  const other = await ann.adds('contact', { lastname: 'Stranger' })
  office.deletes('account', gone)
  await ann.syncs()
  expect((await ann.transaction(person.seq)).status).toBe('error')
  expect(await ann.outbox(other.seq)).toEqual(['processed'])
  expect((await ann.transaction(person.seq)).lastError?.message).toContain(gone)

  await ann.org.outbox.amend(person.seq, { parentcustomerid: there, parentcustomerid$table: 'account' })
  await ann.syncs()
  expect(office.row('contact', person.id)).toMatchObject({ lastname: 'Rey', parentcustomerid: there })
})

test('RC-13: a case that the office has closed takes no more changes; they stay on the device and arrive when it is reopened', async () => {
  const { office, ann } = await dayWithAnn({ tables: CASES })
  office.refuses('Update', 'incident', 'This case is closed.', (row) => row['statecode'] !== 0)
  const customer = office.adds('account', { name: 'Northwind' })
  const leak = office.adds('incident', { title: 'Leak', customerid: { table: 'account', id: customer } })
  await ann.syncs()
  const seq = await ann.changes('incident', leak, { description: 'The valve was replaced.' })
  office.changes('incident', leak, { statecode: 2, statuscode: 6 })
  await ann.syncs()
  expect(await ann.outbox(seq)).toEqual(['error: business'])
  expect((await ann.transaction(seq)).lastError?.message).toContain('This case is closed.')
  expect(await ann.sees('incident', leak)).toMatchObject({ description: 'The valve was replaced.' })

  office.changes('incident', leak, { statecode: 0, statuscode: 1 })
  await ann.org.outbox.setPending([seq])
  await ann.syncs()
  expect(office.row('incident', leak)).toMatchObject({ statecode: 0, description: 'The valve was replaced.' })
})

test('RC-13: a row that was created without a confirmation is found in the office, and not created again', async () => {
  const { office, ann } = await dayWithAnn()
  const { id, seq } = await ann.adds('account', { name: 'Unconfirmed' })
  ann.line.losesWrite('answer')
  expect(await ann.pushes()).toBe('offline')
  expect(await ann.transaction(seq)).toMatchObject({ status: 'pending', outcome: 'unknown' })
  await ann.restarts()
  expect(await ann.outbox(seq)).toEqual(['pending: verifying'])
  office.asked()
  await ann.syncsUntilDone()
  expect(await ann.outbox(seq)).toEqual(['processed'])
  expect(office.asked().filter((request) => !request.startsWith('GET '))).toEqual([])
  expect(office.count('account', { name: 'Unconfirmed' })).toBe(1)
  expect(office.row('account', id)).toBeDefined()
})

const LINKS = {
  bookableresource: { columns: ['name'] },
  new_skill: { columns: ['new_name'] },
  new_skill_bookableresource: {},
}
const SKILL = 'new_Skill_BookableResource'

test('RC-05: linking and unlinking are operations of their own, between rows that were made offline as well', async () => {
  const { office, ann } = await dayWithAnn({ tables: LINKS })
  const skill = await ann.adds('new_skill', { new_name: 'Welding' })
  const person = await ann.adds('bookableresource', { name: 'Ann' })
  const [one, other] = [
    { table: 'new_skill', id: skill.id },
    { table: 'bookableresource', id: person.id },
  ] as const
  const link = await ann.writes((draft) => draft.associate(SKILL, one, other))
  expect((await ann.transaction(link)).changes).toMatchObject([{ kind: 'associate', relationship: SKILL }])
  await ann.syncs()
  const ends = { new_skillid: skill.id, bookableresourceid: person.id }
  expect(office.linked('new_skill_bookableresource', ends)).toBe(true)
  expect(office.heard().at(-1)).toBe('Associate new_skill')

  const unlink = await ann.writes((draft) => draft.disassociate(SKILL, one, other))
  expect((await ann.transaction(unlink)).changes).toMatchObject([{ kind: 'disassociate', relationship: SKILL }])
  await ann.syncs()
  expect(office.linked('new_skill_bookableresource', ends)).toBe(false)
  expect([office.row('new_skill', skill.id), office.row('bookableresource', person.id)]).not.toContain(undefined)
})

test('RC-05: a link that the office has made meanwhile, or taken away, is no error', async () => {
  const { office, ann } = await dayWithAnn({ tables: LINKS })
  const skill = { table: 'new_skill', id: office.adds('new_skill', { new_name: 'Welding' }) }
  const [made, ended] = ['Made twice', 'Ended twice'].map((name) => ({
    table: 'bookableresource',
    id: office.adds('bookableresource', { name }),
  })) as [{ table: string; id: string }, { table: string; id: string }]
  const { master } = office.emulator
  master.associate('new_skill', skill.id, SKILL, ended)
  await ann.syncs()
  await ann.writes((draft) => draft.associate(SKILL, skill, made))
  await ann.writes((draft) => draft.disassociate(SKILL, skill, ended))
  master.associate('new_skill', skill.id, SKILL, made)
  master.disassociate('new_skill', skill.id, SKILL, ended)
  await ann.syncs()
  expect(await ann.outbox()).toEqual(['processed', 'processed'])
  const linked = (end: { id: string }): boolean =>
    office.linked('new_skill_bookableresource', { new_skillid: skill.id, bookableresourceid: end.id })
  expect([linked(made), linked(ended)]).toEqual([true, false])
})

test('RC-05: what is put away of a link is taken back on the device', async () => {
  const { office, ann } = await dayWithAnn({ tables: LINKS })
  const skill = { table: 'new_skill', id: office.adds('new_skill', { new_name: 'Welding' }) }
  const person = { table: 'bookableresource', id: office.adds('bookableresource', { name: 'Ann' }) }
  await ann.syncs()
  const before = await ann.org.table('new_skill_bookableresource').count()
  const seq = await ann.writes((draft) => draft.associate(SKILL, skill, person))
  expect(await ann.org.table('new_skill_bookableresource').count()).toBe(before + 1)
  await ann.org.outbox.archive([seq])
  await ann.syncs()
  expect(await ann.org.table('new_skill_bookableresource').count()).toBe(before)
  expect(office.heard()).toEqual([])
})
