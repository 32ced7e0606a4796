import type { ChangesPage, Json, MasterOrg } from '@outpost/core'
import { expect, test } from 'vitest'
import { organisation, signal } from './organisation.ts'
import type { Organisation } from './organisation.ts'

async function allChanges(
  org: Organisation,
  name: string,
  from: Json,
  { master = org.master, pageSize = 5000 }: { readonly master?: Required<MasterOrg>; readonly pageSize?: number } = {},
): Promise<{ readonly pages: readonly ChangesPage[]; readonly token: Json }> {
  const pages: ChangesPage[] = []
  for (let token = from; ;) {
    const page = await master.changes({ table: org.table(name), token, pageSize }, signal)
    pages.push(page)
    // Through JSON, as a store keeps it.
    token = JSON.parse(JSON.stringify(page.token)) as Json
    if (!page.more) return { pages, token }
  }
}

const changedIn = (pages: readonly ChangesPage[]): readonly string[] =>
  pages.flatMap(({ changed }) => changed.map(({ id }) => id)).toSorted()

test('without a token change tracking lists the whole table, with one what was changed and deleted since', async () => {
  const org = await organisation()
  const { master } = org.emulator
  const rows = master.rows('account')
  const begun = await allChanges(org, 'account', null, { pageSize: 7 })
  expect(changedIn(begun.pages)).toEqual(rows.map(({ id }) => id).toSorted())
  expect(begun.pages.length).toBe(Math.ceil(rows.length / 7))
  const read = await org.master.read(
    { table: org.table('account'), columns: [], ids: rows.map(({ id }) => id) },
    signal,
  )
  const versions = begun.pages.flatMap(({ changed }) => changed)
  expect(new Map(versions.map(({ id, version }) => [id, version]))).toEqual(
    new Map(read.map(({ id, version }) => [id, version])),
  )

  const [touched] = rows
  master.touch('account', touched?.id ?? '')
  const created = master.create('account', { name: 'New' })
  const gone = master.create('account', { name: 'Never seen' })
  master.remove('account', gone)
  const next = await allChanges(org, 'account', begun.token)
  expect(changedIn(next.pages)).toEqual([touched?.id ?? '', created].toSorted())
  expect(next.pages.flatMap(({ deleted }) => deleted)).toEqual([gone])
  const quiet = await allChanges(org, 'account', next.token)
  expect(quiet.pages).toMatchObject([{ changed: [], deleted: [], more: false }])
  org.emulator.assertNoUnexpected()
})

test('a reading that breaks off goes on from its last page, and its beginning stays good', async () => {
  const org = await organisation()
  const begun = await allChanges(org, 'account', null)
  for (const { id } of org.emulator.master.rows('account').slice(0, 6)) org.emulator.master.touch('account', id)
  const request = { table: org.table('account'), pageSize: 4 }
  const first = await org.master.changes({ ...request, token: begun.token }, signal)
  expect(first.more).toBe(true)
  org.emulator.faults.add({ match: { table: 'account' }, fault: { kind: 'dropBeforeCommit' } })
  await expect(org.master.changes({ ...request, token: first.token }, signal)).rejects.toMatchObject({
    code: 'offline',
  })
  const rest = await allChanges(org, 'account', first.token, { pageSize: 4 })
  expect(changedIn([first, ...rest.pages])).toHaveLength(6)
  const again = await allChanges(org, 'account', begun.token)
  expect(changedIn(again.pages)).toHaveLength(6)
})

test.each([400, 403] as const)('a token that is too old is expired, whatever its status (%s)', async (status) => {
  const org = await organisation()
  org.emulator.knobs.expiredTokenStatus = status
  const { token } = await allChanges(org, 'account', null)
  org.emulator.expireDelta()
  await expect(allChanges(org, 'account', token)).rejects.toMatchObject({ code: 'expired', name: 'MasterError' })
})

test('a token expires with time, as the organisation has it', async () => {
  const clock = { now: Date.UTC(2026, 5, 1) }
  const org = await organisation({ clock: () => clock.now })
  const { token } = await allChanges(org, 'account', null)
  clock.now += 6 * 86_400_000
  await allChanges(org, 'account', token)
  clock.now += 2 * 86_400_000
  await expect(allChanges(org, 'account', token)).rejects.toMatchObject({ code: 'expired' })
})

test('who may not read the whole table has no change tracking, and neither has a table without it', async () => {
  const org = await organisation()
  const technician = org.masterFor({ user: 'Amara Okafor' })
  await expect(allChanges(org, 'account', null, { master: technician })).rejects.toMatchObject({ code: 'forbidden' })
  org.emulator.disableChangeTracking('account')
  await expect(allChanges(org, 'account', null)).rejects.toMatchObject({ code: 'rejected' })
})

test('removed links are not told by ids that anybody has, so links are not tracked', async () => {
  const org = await organisation()
  await expect(allChanges(org, 'new_skill_bookableresource', null)).rejects.toMatchObject({
    code: 'rejected',
    place: { rule: 'tracked-links' },
  })
  expect(org.emulator.requests()).toEqual([])
})

test('links to other hosts are never followed, whoever gave them', async () => {
  const org = await organisation()
  const elsewhere = org.masterFor({
    fetch: async (url, init) => {
      const response = await org.emulator.fetch(url, init)
      const text = (await response.text()).replace(
        /"(@odata\.\w+Link)":"https?:\/\/[^/]+/,
        '"$1":"https://evil.example.com',
      )
      return new Response(text, { status: response.status, headers: { 'Content-Type': 'application/json' } })
    },
  })
  await expect(allChanges(org, 'account', null, { master: elsewhere })).rejects.toMatchObject({ code: 'protocol' })
  for (const token of [{ since: 'https://evil.example.com/accounts?x' }, { page: '../accounts?x' }, 'accounts?x', 7]) {
    await expect(allChanges(org, 'account', token)).rejects.toMatchObject({ code: 'invalid' })
  }
})
