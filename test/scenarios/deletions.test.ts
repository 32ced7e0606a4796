import type { Configuration, TableConfiguration } from '@outpost/core'
import { expect, test } from 'vitest'
import { dayWithAnn } from './script.ts'
import type { Technician } from './script.ts'

/* Rows that the office deletes, gives away or takes out of somebody's sight. */

const NAME = { columns: ['name', 'ownerid'] }
const TRACKING = 'resco_mobiletracking'
const SKILLS = 'new_skill_bookableresource'

const keeping = (account: TableConfiguration): { readonly configuration: Configuration } => ({
  configuration: { tables: { account: { ...NAME, ...account } } },
})

/** The tracking table and the tables that it tells of. */
const tracked = (tables: Configuration['tables']): { readonly configuration: Configuration } => ({
  configuration: { mobileTracking: TRACKING, tables: { [TRACKING]: {}, ...tables } },
})

test('RS-16: without Sync Deletion a row that the office deletes stays on the device, and the table says that it may be stale', async () => {
  const { office, ann } = await dayWithAnn(keeping({}))
  const id = office.adds('account', { name: 'Deleted soon' })
  await ann.syncs()
  office.deletes('account', id)
  await ann.syncs()
  expect(await ann.sees('account', id)).toMatchObject({ name: 'Deleted soon' })
  const explained = await ann.org.explainPull('account')
  expect(explained.strategies.map(({ name }) => name)).toEqual(['floor'])
  expect(explained.mayBeStale.join(' ')).toMatch(/deleted/i)
})

test('RS-17: with Sync Deletion rows that were deleted, given away, hidden or changed out of the filter go', async () => {
  const { office, ann } = await dayWithAnn(keeping({ syncDeletion: true, syncFilter: "startswith(name,'Ours')" }))
  const { security } = office.emulator
  security.privilegeDepth('Ann', 'account', 'user')
  const me = (await ann.org.status()).identity?.userId
  const ours = (name: string): string =>
    office.adds('account', { name: `Ours ${name}`, ownerid: { table: 'systemuser', id: String(me) } })
  const [deleted, given, hidden, left, stays] = ['a', 'b', 'c', 'd', 'e'].map(ours)
  const bob = office.employs('Bob')
  await ann.syncs()
  expect(await names(ann)).toEqual(['Ours a', 'Ours b', 'Ours c', 'Ours d', 'Ours e'])
  office.deletes('account', String(deleted))
  office.gives('account', String(given), bob)
  security.revokeReadAccess('Ann', { table: 'account', id: String(hidden) })
  office.changes('account', String(left), { name: 'Theirs d' })
  await ann.syncs()
  expect(await names(ann)).toEqual(['Ours e'])
  expect(await ann.sees('account', String(stays))).toMatchObject({ name: 'Ours e' })
})

test('RS-17: Sync Deletion never takes a row with unsent changes without saying so', async () => {
  const { office, ann } = await dayWithAnn(keeping({ syncDeletion: true }))
  const id = office.adds('account', { name: 'Deleted soon' })
  await ann.syncs()
  const seq = await ann.changes('account', id, { name: 'Edited offline' })
  office.deletes('account', id)
  await ann.syncs()
  expect(await ann.outbox(seq)).toEqual(['error: gone'])
  expect(await ann.sees('account', id)).toMatchObject({ name: 'Edited offline' })
  expect(await ann.org.quarantined('account')).toMatchObject([{ table: 'account', id }])
  await ann.org.outbox.archive([seq])
  await ann.syncs()
  expect(await ann.sees('account', id)).toBeUndefined()
  expect(await ann.org.quarantined()).toEqual([])
})

test('RS-18: with the tracking table deletions come one by one, and no list of ids is asked for', async () => {
  const { office, ann } = await dayWithAnn(tracked({ account: { ...NAME, tracking: { deletes: true } } }))
  const ids = ['a', 'b', 'c'].map((name) => office.adds('account', { name }))
  await ann.syncs()
  await ann.syncs()
  office.asked()
  office.deletes('account', String(ids[1]))
  await ann.syncs()
  expect(await ann.sees('account', String(ids[0]))).toMatchObject({ name: 'a' })
  expect(await ann.sees('account', String(ids[1]))).toBeUndefined()
  const lists = office.asked().filter((request) => request.startsWith('GET accounts?'))
  for (const request of lists) expect(request).toMatch(/versionnumber (?:gt|ge) \d{3}|In\(|accountid eq/)
  expect((await ann.org.explainPull('account')).strategies.map(({ name }) => name)).toEqual(['floor', 'tracking'])
})

test('RS-19: deletions are told where they are switched on, and nowhere else', async () => {
  const people = { columns: ['lastname', 'ownerid'] }
  const { office, ann } = await dayWithAnn(
    tracked({
      systemuser: { columns: ['fullname'] },
      account: { ...NAME, tracking: { deletes: true } },
      contact: { ...people, tracking: { owners: true } },
    }),
  )
  const account = office.adds('account', { name: 'Deleted' })
  const contact = office.adds('contact', { lastname: 'Deleted' })
  await ann.syncs()
  office.deletes('account', account)
  office.deletes('contact', contact)
  await ann.syncs()
  expect(await ann.sees('account', account)).toBeUndefined()
  expect(await ann.sees('contact', contact)).toMatchObject({ lastname: 'Deleted' })
})

test('RS-19: changed owners are told where they are switched on, and nowhere else', async () => {
  const people = { columns: ['lastname', 'ownerid'] }
  const { office, ann } = await dayWithAnn(
    tracked({
      systemuser: { columns: ['fullname'] },
      account: { ...NAME, tracking: { owners: true } },
      contact: { ...people, tracking: { deletes: true } },
    }),
  )
  const { security } = office.emulator
  for (const table of ['account', 'contact']) security.privilegeDepth('Ann', table, 'user')
  const ownerid = { table: 'systemuser', id: String((await ann.org.status()).identity?.userId) }
  const account = office.adds('account', { name: 'Given away', ownerid })
  const contact = office.adds('contact', { lastname: 'Given away', ownerid })
  // The newest row of all is looked for by itself where it does not come back.
  office.adds('contact', { lastname: 'Newest', ownerid })
  await ann.syncs()
  expect(await ann.sees('account', account)).toMatchObject({ name: 'Given away' })
  const bob = office.employs('Bob')
  office.gives('account', account, bob)
  office.gives('contact', contact, bob)
  await ann.syncs()
  expect(await ann.sees('account', account)).toBeUndefined()
  expect(await ann.sees('contact', contact)).toMatchObject({ lastname: 'Given away' })
})

test.each([true, false])('RS-19: removed links are told where they are switched on: %s', async (links) => {
  const { office, ann } = await dayWithAnn(
    tracked({
      new_skill: { columns: ['new_name'] },
      bookableresource: { columns: ['name'] },
      [SKILLS]: { tracking: { links } },
    }),
  )
  const [link] = office.emulator.master.rows(SKILLS)
  const ends = [String(link?.values['new_skillid']), String(link?.values['bookableresourceid'])] as const
  const before = await ann.org.table(SKILLS).count()
  office.emulator.master.disassociate('new_skill', ends[0], 'new_Skill_BookableResource', {
    table: 'bookableresource',
    id: ends[1],
  })
  await ann.syncs()
  expect(await ann.org.table(SKILLS).count()).toBe(links ? before - 1 : before)
})

test('RS-20: tracking beside Sync Deletion, or without its table, is refused by name', async () => {
  const { ann } = await dayWithAnn()
  const both = { ...NAME, syncDeletion: true, tracking: { deletes: true } }
  const rules = async (configuration: Configuration): Promise<readonly string[]> =>
    (await ann.org.configurationProblems(configuration)).map(({ place }) => `${place.table} ${place.rule}`)
  expect(await rules(tracked({ account: both }).configuration)).toEqual(['account tracking-sync-deletion'])
  const alone = await rules({ tables: { account: { ...NAME, tracking: { deletes: true } } } })
  expect(alone).toEqual(['account tracking-table'])
  await expect(ann.org.configure(tracked({ account: both }).configuration)).rejects.toMatchObject({ code: 'invalid' })
})

test('RS-21: links are tracked with both tables only, owners with the users', async () => {
  const { ann } = await dayWithAnn()
  const problems = await ann.org.configurationProblems(
    tracked({
      account: { ...NAME, tracking: { owners: true } },
      new_skill: { columns: ['new_name'] },
      [SKILLS]: { tracking: { links: true } },
    }).configuration,
  )
  const told = problems.map(({ place, message }) => `${place.table}: ${message}`)
  expect(told.some((text) => text.startsWith('account:') && text.includes('systemuser'))).toBe(true)
  expect(told.some((text) => text.startsWith(SKILLS) && text.includes('bookableresource'))).toBe(true)
})

test('RS-22: what happened before tracking was switched on is found by one comparison, and what comes after by tracking', async () => {
  const { office, ann } = await dayWithAnn(keeping({}))
  const [before, after] = ['Before', 'After'].map((name) => office.adds('account', { name }))
  await ann.syncs()
  office.deletes('account', String(before))
  await ann.org.configure(tracked({ account: { ...NAME, tracking: { deletes: true } } }).configuration)
  expect((await ann.org.explainPull('account')).due).not.toEqual([])
  await ann.syncs()
  expect(await ann.sees('account', String(before))).toBeUndefined()
  expect((await ann.org.explainPull('account')).due).toEqual([])
  office.deletes('account', String(after))
  await ann.syncs()
  expect(await ann.sees('account', String(after))).toBeUndefined()
})

async function names(ann: Technician): Promise<readonly string[]> {
  const rows = await ann.org.table('account').query({ where: "startswith(name,'Ours') or startswith(name,'Theirs')" })
  return rows.map(({ name }) => String(name)).toSorted()
}
