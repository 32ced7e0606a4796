import type { Glance, Json, PullRequest } from '@outpost/core'
import { MasterError, parseTableFilter } from '@outpost/core'
import { expect, test } from 'vitest'
import { organisation, pullAll, signal } from './organisation.ts'
import type { Organisation } from './organisation.ts'

const TECHNICIAN = 'Amara Okafor'

function pullOf(org: Organisation, name: string, more: Partial<PullRequest> = {}): PullRequest {
  return {
    table: org.table(name),
    columns: ['createdon'],
    scope: { filter: null },
    checkpoint: null,
    pageSize: 1000,
    ...more,
  }
}

function idOf(org: Organisation, name: string): string {
  return org.emulator.users.find((user) => user.name === name)?.id ?? ''
}

async function standing(
  org: Organisation,
  privileges: readonly string[] = ['prvWriteAccount'],
): Promise<NonNullable<Glance['standing']>> {
  const master = org.masterFor({ user: TECHNICIAN })
  const { standing: found } = await master.glance({ userId: idOf(org, TECHNICIAN), privileges, pulls: [] }, signal)
  if (!found) throw new Error('no standing')
  return found
}

test('one request tells who answers, the stamp, the standing and what is new in each table', async () => {
  const clock = { now: Date.UTC(2026, 5, 1) }
  const org = await organisation({ clock: () => clock.now })
  const tables = ['account', 'contact', 'task']
  const checkpoints = new Map<string, PullRequest>()
  for (const name of tables) {
    const { checkpoint } = await pullAll(org, org.table(name), { columns: ['createdon'] })
    checkpoints.set(name, pullOf(org, name, { checkpoint }))
  }
  clock.now += 3_600_000
  const created = org.emulator.master.create('contact', { lastname: 'New' })
  const expected = {
    identity: await org.master.identify(signal),
    metadataStamp: await org.master.metadataStamp(signal),
  }
  org.emulator.clearRequests()
  const pulls = [...checkpoints.values()]
  const glance = await org.master.glance(
    { userId: expected.identity.userId, privileges: ['prvCreateAccount'], pulls },
    signal,
  )
  expect(org.emulator.requests({ inBatch: false })).toHaveLength(1)
  expect(glance).toMatchObject(expected)
  expect(glance.standing?.privileges).toEqual(['prvCreateAccount'])
  const pages = glance.pages.map((page) => {
    if (page instanceof MasterError) throw page
    return page
  })
  expect(pages.map(({ more }) => more)).toEqual([false, false, false])
  expect(pages[1]?.rows.map(({ id }) => id)).toContain(created)
  // The checkpoints of a look are as good as those of a pull.
  clock.now += 3_600_000
  const [accounts, contacts] = pulls
  for (const [pull, page] of [
    [accounts, pages[0]],
    [contacts, pages[1]],
  ] as const) {
    if (!pull) throw new Error('no pull')
    const { rows } = await pullAll(org, pull.table, { columns: ['createdon'], checkpoint: page?.checkpoint ?? null })
    expect(rows.length).toBeLessThanOrEqual(2)
  }
  org.emulator.assertNoUnexpected()
})

test('what change tracking tells comes with the look, for each table by itself', async () => {
  const org = await organisation()
  const account = org.table('account')
  const begin = async (): Promise<Json> => {
    let page = await org.master.changes({ table: account, token: null, pageSize: 1000 }, signal)
    while (page.more) page = await org.master.changes({ table: account, token: page.token, pageSize: 1000 }, signal)
    return page.token
  }
  const [changed = ''] = org.emulator.master.rows('account').map(({ id }) => id)
  const gone = org.emulator.master.create('account', { name: 'Goes' })
  const token = await begin()
  org.emulator.master.remove('account', gone)
  org.emulator.master.update('account', changed, { name: 'Changed' })
  org.emulator.clearRequests()
  const followed = { table: account, token, pageSize: 1000 }
  const changes = [{ ...followed, table: org.table('new_skill_bookableresource'), token: null }, followed]
  const pulls = [pullOf(org, 'account')]
  const look = await org.master.glance({ userId: null, privileges: [], pulls, changes }, signal)
  expect(org.emulator.requests({ inBatch: false })).toHaveLength(1)
  expect(look.pages).toHaveLength(1)
  const [refused, told] = look.changes
  expect(refused).toMatchObject({ code: 'rejected' })
  if (!told || told instanceof MasterError) throw new Error('no changes')
  expect(told).toMatchObject({ deleted: [gone], more: false })
  expect(told.changed.map(({ id }) => id)).toContain(changed)
  org.emulator.expireDelta()
  const late = await org.master.glance({ userId: null, privileges: [], pulls: [], changes: [followed] }, signal)
  expect(late.changes).toMatchObject([{ code: 'expired' }])
})

test('the standing that is asked for by itself is the one of a look, by plain reads', async () => {
  const org = await organisation()
  const user = idOf(org, TECHNICIAN)
  const many = org.emulator.schema.tables().map(({ logicalName }) => `prvWrite${logicalName}`)
  const master = org.masterFor({ user: TECHNICIAN })
  for (const names of [[], ['prvWriteAccount'], ['prvWriteAccount', 'prvReadContact', ...many]]) {
    const { standing: shown } = await master.glance({ userId: user, privileges: names, pulls: [] }, signal)
    org.emulator.clearRequests()
    expect(await master.standing(user, names, signal)).toEqual(shown)
    expect(new Set(org.emulator.requests().map(({ method }) => method))).toEqual(new Set(['GET']))
  }
})

test('a look takes small pages, and the pull goes on behind them', async () => {
  const org = await organisation()
  for (let index = 0; index < 300; index += 1) org.emulator.master.create('new_skill', { new_name: `s${index}` })
  const pull = pullOf(org, 'new_skill', { columns: ['new_name'] })
  const { pages } = await org.master.glance({ userId: null, privileges: [], pulls: [pull] }, signal)
  const [page] = pages
  if (!page || page instanceof MasterError) throw new Error('no page')
  expect(page.rows).toHaveLength(250)
  expect(page.more).toBe(true)
  const rest = await pullAll(org, pull.table, { columns: ['new_name'], checkpoint: page.checkpoint })
  expect(page.rows.length + rest.rows.length).toBe(org.emulator.master.count('new_skill'))
})

test('each table is judged by itself', async () => {
  const org = await organisation()
  org.emulator.security.revokeReadAccess(TECHNICIAN, 'contact')
  const account = org.table('account')
  const broken = pullOf(org, 'account', { scope: { filter: null, fetchXml: '<fetch>' } })
  const related = pullOf(org, 'account', {
    scope: {
      filter: parseTableFilter('createdon ne null', account),
      fetchXml: '<fetch><entity name="account"/></fetch>',
    },
  })
  const stale = pullOf(org, 'account', { checkpoint: { by: 'whole', next: null } })
  const pulls = [pullOf(org, 'contact'), pullOf(org, 'account'), broken, related, stale]
  const master = org.masterFor({ user: TECHNICIAN })
  const { pages } = await master.glance({ userId: null, privileges: [], pulls }, signal)
  expect(pages.map((page) => (page instanceof MasterError ? page.code : page.rows.length > 0))).toEqual([
    'forbidden',
    true,
    'invalid',
    true,
    'expired',
  ])
})

test('a part that the master cannot serve now is an error of its table; identity and metadata reject', async () => {
  const org = await organisation()
  org.emulator.faults.add({
    match: { part: true, path: /accounts/ },
    times: Infinity,
    fault: { kind: 'status', status: 503 },
  })
  const ask = (): Promise<Glance> =>
    org.master.glance({ userId: null, privileges: [], pulls: [pullOf(org, 'account'), pullOf(org, 'contact')] }, signal)
  const { pages } = await ask()
  expect(pages.map((page) => (page instanceof MasterError ? page.code : 'page'))).toEqual(['unavailable', 'page'])
  for (const path of [/WhoAmI/, /organizations/]) {
    org.emulator.faults.clear()
    org.emulator.faults.add({ match: { part: true, path }, times: 1, fault: { kind: 'status', status: 503 } })
    await expect(ask()).rejects.toMatchObject({ code: 'unavailable' })
  }
})

test('the standing changes with business unit, teams, roles and what roles allow, and with nothing else', async () => {
  const org = await organisation()
  const { security, master } = org.emulator
  const user = idOf(org, TECHNICIAN)
  const stamps = [(await standing(org)).stamp]
  const differs = async (): Promise<void> => {
    const { stamp } = await standing(org)
    expect(stamps).not.toContain(stamp)
    stamps.push(stamp)
  }
  master.touch('systemuser', user)
  master.update('account', master.rows('account')[0]?.id ?? '', { name: 'x' })
  expect((await standing(org)).stamp).toBe(stamps[0])

  const role = security.addRole({ name: 'Another', tablePrivileges: {} })
  security.assignRole(TECHNICIAN, role)
  await differs()
  security.joinTeam(TECHNICIAN, security.addTeam({ name: 'Another' }))
  await differs()
  security.moveUser(TECHNICIAN, security.addBusinessUnit('Another'), { keepRoles: true })
  await differs()
  security.privilegeDepth(TECHNICIAN, 'account', 'user')
  await differs()
  org.emulator.assertNoUnexpected()
})

test('the standing holds those of the privileges that the user has', async () => {
  const org = await organisation()
  const { privileges } = await standing(org, ['prvWriteAccount', 'prvReadContact', 'prvNoSuchPrivilege'])
  expect(privileges).toEqual(expect.arrayContaining(['prvReadContact']))
  expect(privileges).not.toContain('prvNoSuchPrivilege')
})
