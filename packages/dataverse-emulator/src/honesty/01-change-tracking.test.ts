import { expect, test } from 'vitest'
import { bench, id, made, TECHNICIAN } from '../ask.test-support.ts'
import type { Answer } from '../ask.test-support.ts'
import { feed, refusal, TRACK } from './answers.test-support.ts'

const DAY = 86_400_000
const EXPIRED = {
  code: '0x80044352',
  message: 'Version stamp associated with the client has expired. Please perform a full sync.',
}

test('§16.1: a filter, order, expansion or top is refused with change tracking, at the first load and at a delta', async () => {
  const { ask } = bench()
  const { deltaLink } = await feed(ask, 'accounts?$select=name', { headers: TRACK })
  for (const option of ['$filter=statecode eq 0', '$orderby=name', '$expand=primarycontactid', '$top=5']) {
    const name = option.slice(0, option.indexOf('='))
    const message = `The "${name}" query parameter isn't supported when Change Tracking is enabled.`
    const first = await ask('GET', `accounts?$select=name&${option}`, { headers: TRACK })
    const later = await ask('GET', `${deltaLink}&${option}`)
    expect([first.status, first.json.error.message]).toEqual([400, message])
    expect([later.status, later.json.error.message]).toEqual([400, message])
  }
})

test('§16.1: a row that leaves a filter or its owner arrives as an ordinary changed row; deletion is the only reason', async () => {
  const { ask, emulator } = bench()
  for (const number of [1, 2, 3]) await made(ask, 'accounts', { accountid: id(number), name: `n${number}` })
  const { deltaLink } = await feed(ask, 'accounts?$select=name', { headers: TRACK })
  await ask('PATCH', `accounts(${id(1)})`, { body: { statecode: 1 } })
  await ask('PATCH', `accounts(${id(2)})`, { body: { 'ownerid@odata.bind': `/systemusers(${emulator.users[1]?.id})` } })
  await ask('DELETE', `accounts(${id(3)})`)
  const { value } = (await ask('GET', deltaLink)).json
  expect(value.map((item: object) => Object.keys(item))).toEqual([
    ['@odata.etag', 'name', 'accountid'],
    ['@odata.etag', 'name', 'accountid'],
    ['@odata.context', 'id', 'reason'],
  ])
  expect(value[2]).toMatchObject({ id: id(3), reason: 'deleted' })
})

test('§16.2: change tracking takes reading of the whole table, at the first load, at each delta and at its count', async () => {
  const { ask, emulator } = bench()
  const question = { as: TECHNICIAN, headers: TRACK }
  for (const depth of ['none', 'user', 'businessUnit', 'parentChild'] as const) {
    emulator.security.privilegeDepth(TECHNICIAN, 'account', depth)
    expect([depth, ...refusal(await ask('GET', 'accounts?$select=name', question))]).toEqual([depth, 403, '0x80040220'])
  }
  emulator.security.privilegeDepth(TECHNICIAN, 'account', 'organization')
  const { deltaLink } = await feed(ask, 'accounts?$select=name', question)
  emulator.security.privilegeDepth(TECHNICIAN, 'account', 'parentChild')
  expect(refusal(await ask('GET', deltaLink, { as: TECHNICIAN }))).toEqual([403, '0x80040220'])
  const count = await ask('GET', deltaLink.replace('?', '/$count?'), { as: TECHNICIAN })
  expect(refusal(count)).toEqual([403, '0x80040220'])
})

test('§16.3: a token expires after the organisation’s days, with a code of its own, no list and no 410', async () => {
  const { ask, clock, emulator } = bench()
  const [organization] = emulator.master.rows('organization')
  expect(organization?.values['expirechangetrackingindays']).toBe(7)
  const old = await feed(ask, 'accounts?$select=name', { headers: TRACK })
  clock.advance(7 * DAY - 1000)
  expect((await ask('GET', old.deltaLink)).status).toBe(200)
  clock.advance(2000)
  const late: Answer = await ask('GET', old.deltaLink)
  expect([late.status, late.json]).toEqual([400, { error: EXPIRED }])
  const next = await feed(ask, 'accounts?$select=name', { headers: TRACK })
  emulator.expireDelta()
  expect((await ask('GET', next.deltaLink)).json).toEqual({ error: EXPIRED })
})

test('§16.3: deletions during an expired gap are lost: the full load after it has the rows that are left and nothing else', async () => {
  const { ask, emulator } = bench()
  await made(ask, 'accounts', { accountid: id(1), name: 'gone' })
  await feed(ask, 'accounts?$select=name', { headers: TRACK })
  await ask('DELETE', `accounts(${id(1)})`)
  emulator.expireDelta()
  const again = await feed(ask, 'accounts?$select=name', { headers: TRACK })
  expect([again.deleted, again.names.length]).toEqual([[], emulator.master.count('account')])
  expect((await feed(ask, again.deltaLink)).deleted).toEqual([])
})

test('§16.4: a deletion is told once: the token that came with it does not tell it again', async () => {
  const { ask } = bench()
  await made(ask, 'accounts', { accountid: id(1), name: 'a' })
  const start = await feed(ask, 'accounts?$select=name', { headers: TRACK })
  await ask('DELETE', `accounts(${id(1)})`)
  const told = await feed(ask, start.deltaLink)
  expect(told.deleted).toEqual([id(1)])
  expect((await feed(ask, told.deltaLink)).deleted).toEqual([])
})

test('§16.4: no deletion is told of a row that is there: made anew, saved by a refusal, or out of somebody’s sight', async () => {
  const { ask, emulator } = bench()
  for (const number of [1, 2, 3]) await made(ask, 'accounts', { accountid: id(number), name: `n${number}` })
  const start = await feed(ask, 'accounts?$select=name', { headers: TRACK })
  await ask('DELETE', `accounts(${id(1)})`)
  await made(ask, 'accounts', { accountid: id(1), name: 'again' })
  emulator.plugins.register({
    name: 'Guard',
    message: 'Delete',
    table: 'account',
    stage: 'postOperation',
    run: ({ refuse }) => refuse('no'),
  })
  expect((await ask('DELETE', `accounts(${id(2)})`)).status).toBe(400)
  emulator.security.revokeReadAccess(TECHNICIAN, { table: 'account', id: id(3) })
  const { names, deleted } = await feed(ask, start.deltaLink)
  expect([names, deleted]).toEqual([['again'], []])
})

test('§16.4: a row made and deleted between two polls arrives as the deletion of an id never seen', async () => {
  const { ask } = bench()
  const start = await feed(ask, 'accounts?$select=name', { headers: TRACK })
  await made(ask, 'accounts', { accountid: id(1), name: 'brief' })
  await ask('DELETE', `accounts(${id(1)})`)
  expect(await feed(ask, start.deltaLink)).toMatchObject({ names: [], deleted: [id(1)] })
})

test('§16.5: only the last page carries a token, of the first load and of a delta', async () => {
  const { ask } = bench()
  const load = await feed(ask, 'accounts?$select=name', {
    headers: { Prefer: 'odata.track-changes,odata.maxpagesize=3' },
  })
  expect(load.pages).toBeGreaterThan(2)
  expect(load.tokens).toEqual([load.pages])
  for (let number = 1; number <= 5; number++) await made(ask, 'accounts', { accountid: id(number), name: `n${number}` })
  for (const number of [1, 2]) await ask('DELETE', `accounts(${id(number)})`)
  const delta = await feed(ask, load.deltaLink, { headers: { Prefer: 'odata.maxpagesize=2' } })
  expect([delta.tokens, delta.pages, delta.names.length, delta.deleted.length]).toEqual([[3], 3, 3, 2])
})

test('§16.5: the token is of the first page: what changes while pages are read comes with the next delta', async () => {
  const { ask } = bench()
  await made(ask, 'accounts', { accountid: id(1), name: 'early' })
  const headers = { Prefer: 'odata.track-changes,odata.maxpagesize=3' }
  const first = await ask('GET', 'accounts?$select=name', { headers })
  await ask('PATCH', `accounts(${id(1)})`, { body: { name: 'during' } })
  const [other] = first.json.value
  await ask('PATCH', `accounts(${other.accountid})`, { body: { name: 'first page, changed' } })
  const rest = await feed(ask, first.json['@odata.nextLink'], { headers })
  expect((await feed(ask, rest.deltaLink)).names).toEqual(['during', 'first page, changed'])
})
