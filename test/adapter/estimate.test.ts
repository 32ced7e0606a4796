import { parseTableFilter } from '@outpost/core'
import { expect, test } from 'vitest'
import { organisation, signal } from './organisation.ts'

test('a small table, a filter and FetchXML are counted exactly, without their rows', async () => {
  const org = await organisation()
  const account = org.table('account')
  const rows = org.emulator.master.count('account')
  expect(await org.master.estimate({ table: account, scope: { filter: null } }, signal)).toEqual({
    rows,
    atLeast: false,
  })
  const filter = parseTableFilter("startswith(name,'B')", account)
  const some = org.emulator.master.rows('account').filter(({ values }) => /^b/i.test(String(values['name']))).length
  expect(await org.master.estimate({ table: account, scope: { filter } }, signal)).toEqual({
    rows: some,
    atLeast: false,
  })
  const fetchXml = `<fetch><entity name="account"><link-entity name="contact" from="parentcustomerid" to="accountid"/></entity></fetch>`
  const parents = new Set(org.emulator.master.rows('contact').map(({ values }) => values['parentcustomerid']))
  const joined = org.emulator.master.rows('account').filter(({ id }) => parents.has(id)).length
  expect(await org.master.estimate({ table: account, scope: { filter: null, fetchXml } }, signal)).toEqual({
    rows: joined,
    atLeast: false,
  })
  expect(org.emulator.requests()).toHaveLength(3)
  org.emulator.assertNoUnexpected()
})

test('of more than the master counts, a whole table has the number of the day and a filter a lower bound', async () => {
  const clock = { now: Date.UTC(2026, 5, 1) }
  const org = await organisation({ clock: () => clock.now })
  const table = org.table('new_skill')
  for (let index = 0; index < 5_100; index += 1) org.emulator.master.create('new_skill', { new_name: `s${index}` })
  const filter = parseTableFilter('createdon ne null', table)
  const whole = (): Promise<unknown> => org.master.estimate({ table, scope: { filter: null } }, signal)
  // The master has not counted since.
  expect(await whole()).toEqual({ rows: 5_000, atLeast: true })
  clock.now += 25 * 3_600_000
  expect(await whole()).toEqual({ rows: org.emulator.master.count('new_skill'), atLeast: false })
  expect(await org.master.estimate({ table, scope: { filter } }, signal)).toEqual({ rows: 5_000, atLeast: true })
  const fetchXml = '<fetch><entity name="new_skill"/></fetch>'
  expect(await org.master.estimate({ table, scope: { filter: null, fetchXml } }, signal)).toEqual({
    rows: 5_000,
    atLeast: true,
  })
})

test('what may not be read is not counted but refused', async () => {
  const org = await organisation()
  org.emulator.security.revokeReadAccess('Amara Okafor', 'account')
  const master = org.masterFor({ user: 'Amara Okafor' })
  const scope = { filter: null }
  await expect(master.estimate({ table: org.table('account'), scope }, signal)).rejects.toMatchObject({
    code: 'forbidden',
  })
})

test('the traffic is every request with its body, and every answer, failed ones and renewed tokens included', async () => {
  const org = await organisation()
  const bodies = { sent: 0, received: 0, requests: 0 }
  const master = org.masterFor({
    fetch: async (url, init) => {
      bodies.requests += 1
      if (typeof init.body === 'string') bodies.sent += Buffer.byteLength(init.body)
      const response = await org.emulator.fetch(url, init)
      const text = await response.text()
      bodies.received += Buffer.byteLength(text)
      return new Response(response.status === 204 ? null : text, { status: response.status, headers: response.headers })
    },
  })
  expect(master.traffic()).toEqual({ requests: 0, bytesSent: 0, bytesReceived: 0 })
  const table = org.table('account')
  await master.identify(signal)
  await master.pull({ table, columns: ['name'], scope: { filter: null }, checkpoint: null, pageSize: 50 }, signal)
  org.emulator.faults.add({ match: { table: 'account' }, fault: { kind: 'rejectToken' } })
  await master.read({ table, columns: ['name'], ids: [org.emulator.master.rows('account')[0]?.id ?? ''] }, signal)
  const change = { kind: 'create', table: 'account', id: org.newId(), values: { name: 'Größe' } } as const
  await master.push([org.transaction(change)], signal)
  expect(master.traffic()).toEqual({
    requests: bodies.requests,
    bytesSent: bodies.sent,
    bytesReceived: bodies.received,
  })
  expect(bodies.sent).toBe(Buffer.byteLength('{"name":"Größe"}'))
})
