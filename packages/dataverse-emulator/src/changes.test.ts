import { expect, test } from 'vitest'
import { ADMIN, bench, id, made, TECHNICIAN } from './ask.test-support.ts'
import type { Answer, Ask } from './ask.test-support.ts'

const DAY = 86_400_000
const track = { Prefer: 'odata.track-changes' }

interface Changes {
  readonly names: string[]
  readonly deleted: string[]
  readonly pages: number
  readonly deltaLink: string
}

async function follow(ask: Ask, path: string, headers: Readonly<Record<string, string>>): Promise<Changes> {
  const names: string[] = []
  const deleted: string[] = []
  let link = path
  for (let pages = 1; ; pages++) {
    const answer: Answer = await ask('GET', link, { headers })
    if (answer.status !== 200) throw new Error(answer.text)
    for (const item of answer.json.value) {
      if (item.reason === 'deleted') deleted.push(item.id)
      else names.push(item.name)
    }
    const { '@odata.nextLink': next, '@odata.deltaLink': deltaLink } = answer.json
    if (next === undefined) return { names, deleted, pages, deltaLink }
    expect(deltaLink).toBeUndefined()
    link = next
  }
}

test('the first load gives every row and a link with a token of version and date', async () => {
  const { ask, emulator } = bench()
  const answer = await ask('GET', 'accounts?$select=name', { headers: track })
  expect(answer.headers.get('Preference-Applied')).toBe('odata.track-changes')
  expect(answer.json.value).toHaveLength(emulator.master.count('account'))
  expect(answer.json['@odata.context']).toBe(`${emulator.root}api/data/v9.2/$metadata#accounts(name)`)
  expect(answer.json['@odata.deltaLink']).toMatch(
    /\/accounts\?\$select=name&\$deltatoken=\d+%2106%2f02%2f2025%2006%3a00%3a00$/,
  )
})

test('the delta gives changed rows by version, then deletions, and a new token; it needs no preference', async () => {
  const { ask, emulator } = bench()
  for (const number of [1, 2, 3]) await made(ask, 'accounts', { accountid: id(number), name: `n${number}` })
  const { deltaLink } = await follow(ask, 'accounts?$select=name', track)
  await ask('PATCH', `accounts(${id(2)})`, { body: { name: 'changed' } })
  await ask('DELETE', `accounts(${id(1)})`)
  await made(ask, 'accounts', { accountid: id(4), name: 'new' })
  const delta = await ask('GET', deltaLink)
  const root = `${emulator.root}api/data/v9.2/$metadata#accounts`
  expect(delta.json['@odata.context']).toBe(`${root}(name)/$delta`)
  expect(delta.json.value.map((item: { name?: string }) => item.name)).toEqual(['changed', 'new', undefined])
  expect(delta.json.value[2]).toEqual({ '@odata.context': `${root}/$deletedEntity`, id: id(1), reason: 'deleted' })
  const quiet = await follow(ask, delta.json['@odata.deltaLink'], {})
  expect([quiet.names, quiet.deleted]).toEqual([[], []])
})

test('a row changed often arrives once, with all selected columns, even for a column that is not selected', async () => {
  const { ask } = bench()
  await made(ask, 'accounts', { accountid: id(1), name: 'a' })
  const { deltaLink } = await follow(ask, 'accounts?$select=name', track)
  for (const telephone1 of ['1', '2', '3']) await ask('PATCH', `accounts(${id(1)})`, { body: { telephone1 } })
  expect((await follow(ask, deltaLink, {})).names).toEqual(['a'])
})

test('§16.4: a row made and deleted in between arrives as a deletion of an id never seen; one made anew as a row', async () => {
  const { ask } = bench()
  await made(ask, 'accounts', { accountid: id(1), name: 'old' })
  const { deltaLink } = await follow(ask, 'accounts?$select=name', track)
  await made(ask, 'accounts', { accountid: id(2), name: 'brief' })
  await ask('DELETE', `accounts(${id(2)})`)
  await ask('DELETE', `accounts(${id(1)})`)
  await made(ask, 'accounts', { accountid: id(1), name: 'again' })
  const delta = await follow(ask, deltaLink, {})
  expect([delta.names, delta.deleted]).toEqual([['again'], [id(2)]])
})

test('§16.5: pages of the first load and of a delta carry the token on the last one only', async () => {
  const { ask, emulator } = bench()
  const headers = { Prefer: 'odata.track-changes,odata.maxpagesize=3' }
  const first = await ask('GET', 'accounts?$select=name', { headers })
  expect(new URL(first.json['@odata.nextLink']).searchParams.get('$skiptoken')).toContain('istracking="True"')
  const load = await follow(ask, 'accounts?$select=name', headers)
  expect(load.pages).toBe(Math.ceil(emulator.master.count('account') / 3))
  for (let number = 1; number <= 5; number++) await made(ask, 'accounts', { accountid: id(number), name: `n${number}` })
  for (let number = 1; number <= 4; number++) await ask('DELETE', `accounts(${id(number)})`)
  const delta = await follow(ask, load.deltaLink, { Prefer: 'odata.maxpagesize=2' })
  expect([delta.names, delta.deleted, delta.pages]).toEqual([['n5'], [1, 2, 3, 4].map(id), 3])
})

test('§16.6: the token is taken at the first page, so a change while paging comes again; the knob takes it at the last', async () => {
  for (const [deltaTokenAt, again] of [
    ['firstPage', ['during']],
    ['lastPage', []],
  ] as const) {
    const { ask, emulator } = bench({ knobs: { deltaTokenAt } })
    const headers = { Prefer: 'odata.track-changes,odata.maxpagesize=3' }
    const first = await ask('GET', 'accounts?$select=name', { headers })
    await made(ask, 'accounts', { accountid: id(1), name: 'during' })
    const rest = await follow(ask, first.json['@odata.nextLink'], headers)
    expect(rest.names).toContain('during')
    expect((await follow(ask, rest.deltaLink, {})).names).toEqual(again)
    expect(emulator.knobs.deltaTokenAt).toBe(deltaTokenAt)
  }
})

test('§16.1: query options other than $select are refused by name', async () => {
  const { ask } = bench()
  const { deltaLink } = await follow(ask, 'accounts?$select=name', track)
  for (const option of ["$filter=name eq 'a'", '$orderby=name', '$expand=primarycontactid', '$top=5', '$count=true']) {
    const name = option.slice(0, option.indexOf('='))
    for (const [path, headers] of [
      [`accounts?$select=name&${option}`, track],
      [`${deltaLink}&${option}`, {}],
    ] as const) {
      const answer = await ask('GET', path, { headers })
      expect([answer.status, answer.json.error.message]).toEqual([
        400,
        `The "${name}" query parameter isn't supported when Change Tracking is enabled.`,
      ])
    }
  }
})

test('§16.2: only a user who reads the whole table may track it, also at a later delta', async () => {
  const { ask, emulator } = bench()
  const refused = await ask('GET', 'accounts?$select=name', { headers: track, as: TECHNICIAN })
  expect([refused.status, refused.json.error.code]).toEqual([403, '0x80040220'])
  expect((await ask('GET', 'new_skills?$select=new_name', { headers: track, as: TECHNICIAN })).status).toBe(200)
  const { deltaLink } = await follow(ask, 'accounts?$select=name', track)
  emulator.users.find((user) => user.name === ADMIN)?.setDepth('account', 'read', 'businessUnit')
  expect((await ask('GET', deltaLink)).status).toBe(403)
})

test('a table without change tracking is refused, from the moment it is switched off', async () => {
  const { ask, emulator } = bench()
  expect((await ask('GET', 'new_xes', { headers: track })).status).toBe(400)
  const { deltaLink } = await follow(ask, 'accounts?$select=name', track)
  emulator.schema.changeTable('account', { changeTracking: false })
  expect((await ask('GET', deltaLink)).status).toBe(400)
})

test('§16.3: a token expires after the organisation’s days, or at once when all are expired', async () => {
  const { ask, clock, emulator } = bench()
  const expired = {
    code: '0x80044352',
    message: 'Version stamp associated with the client has expired. Please perform a full sync.',
  }
  const days = Number(emulator.master.rows('organization')[0]?.values['expirechangetrackingindays'])
  const first = await follow(ask, 'accounts?$select=name', track)
  clock.advance(days * DAY - 1000)
  expect((await ask('GET', first.deltaLink)).status).toBe(200)
  clock.advance(2000)
  const late = await ask('GET', first.deltaLink)
  expect([late.status, late.json.error]).toEqual([400, expired])
  const second = await follow(ask, 'accounts?$select=name', track)
  emulator.master.expireDelta()
  expect((await ask('GET', second.deltaLink)).json.error).toEqual(expired)
  emulator.knobs.expiredTokenStatus = 403
  expect((await ask('GET', second.deltaLink)).status).toBe(403)
})

test('the seed’s organisation keeps tokens for seven days', () => {
  const { emulator } = bench()
  expect(emulator.master.rows('organization')[0]?.values['expirechangetrackingindays']).toBe(7)
})

test('a token that this organisation never gave is expired, one that is no token a bad request', async () => {
  const { ask } = bench()
  const future = await ask('GET', 'accounts?$deltatoken=99999999999%2106%2f02%2f2025%2006%3a00%3a00')
  expect(future.json.error.code).toBe('0x80044352')
  const nonsense = await ask('GET', 'accounts?$deltatoken=nonsense')
  expect([nonsense.status, nonsense.json.error.code]).toEqual([400, '0x80060888'])
})

test('the changes since a token are counted with /$count', async () => {
  const { ask } = bench()
  await made(ask, 'accounts', { accountid: id(1), name: 'a' })
  const { deltaLink } = await follow(ask, 'accounts?$select=name', track)
  await ask('DELETE', `accounts(${id(1)})`)
  await made(ask, 'accounts', { accountid: id(2), name: 'b' })
  const token = /\$deltatoken=.*$/.exec(deltaLink)?.[0] ?? ''
  const count = await ask('GET', `accounts/$count?${token}`)
  expect([count.status, count.text]).toEqual([200, '2'])
  expect((await ask('GET', `accounts/$count?${token}&$filter=name eq 'a'`)).status).toBe(400)
})

test('a token with an impossible date does not live for ever', async () => {
  const { ask } = bench()
  const answer = await ask('GET', 'accounts?$select=name&$deltatoken=1000000%2199%2f99%2f2017%2008%3a10%3a44')
  expect(answer.status).toBe(400)
})

test('a delta link counts with the selection it carries', async () => {
  const { ask, emulator } = bench()
  const { deltaLink } = await follow(ask, 'accounts?$select=name', track)
  emulator.master.create('account', { name: 'new' })
  expect((await ask('GET', deltaLink.replace('?', '/$count?'))).text).toBe('1')
  expect((await ask('GET', deltaLink.replace('?$select=name', '/$count?$select=nope'))).status).toBe(400)
})

test('the organisation’s setting for tokens is changed over the Web API', async () => {
  const { ask, clock } = bench()
  const organization = (await ask('GET', 'organizations?$select=organizationid')).json.value[0].organizationid
  const { deltaLink } = await follow(ask, 'accounts?$select=name', track)
  const changed = await ask('PATCH', `organizations(${organization})`, { body: { expirechangetrackingindays: 1 } })
  expect(changed.status).toBe(204)
  clock.advance(DAY + 1000)
  expect((await ask('GET', deltaLink)).json.error.code).toBe('0x80044352')
})

test('after an expired token a full load gives all rows and no deletions', async () => {
  const { ask, emulator } = bench()
  await made(ask, 'accounts', { accountid: id(1), name: 'a' })
  const { deltaLink } = await follow(ask, 'accounts?$select=name', track)
  await ask('DELETE', `accounts(${id(1)})`)
  emulator.expireDelta()
  expect((await ask('GET', deltaLink)).status).toBe(400)
  const again = await follow(ask, 'accounts?$select=name', track)
  expect([again.names.length, again.deleted]).toEqual([emulator.master.count('account'), []])
})

test('what a slow transaction has stamped but not committed comes with the delta after its commit', async () => {
  const { ask, emulator } = bench()
  await made(ask, 'accounts', { accountid: id(1), name: 'before' })
  emulator.delayedCommit(60_000, (master) => master.update('account', id(1), { name: 'slow' }))
  await made(ask, 'accounts', { accountid: id(2), name: 'fast' })
  const load = await follow(ask, 'accounts?$select=name', track)
  expect(load.names).toContain('before')
  expect(load.names).not.toContain('slow')
  emulator.settle()
  const [slow, fast] = [id(1), id(2)].map((one) => emulator.master.row('account', one)?.version ?? 0n)
  expect((slow ?? 0n) < (fast ?? 0n)).toBe(true)
  expect((await follow(ask, load.deltaLink, {})).names).toContain('slow')
})

test('knobs: status without the privilege, annotations with changes, intersect tables', async () => {
  const { ask, emulator } = bench()
  emulator.knobs.trackingWithoutReadStatus = 400
  const refused = await ask('GET', 'accounts?$select=name', { headers: track, as: TECHNICIAN })
  expect([refused.status, refused.json.error.code]).toEqual([400, '0x80040220'])
  const headers = { Prefer: 'odata.track-changes,odata.include-annotations="*"' }
  const path = 'accounts?$select=_ownerid_value'
  const annotated = await ask('GET', path, { headers })
  expect(annotated.text).toContain('_ownerid_value@Microsoft.Dynamics.CRM.lookuplogicalname')
  emulator.knobs.trackingAnnotations = false
  const bare = await ask('GET', path, { headers })
  expect(bare.text).not.toContain('lookuplogicalname')
  expect(bare.headers.get('Preference-Applied')).toBe('odata.track-changes')
  const intersect = emulator.schema.tables().find((table) => table.isIntersect && table.changeTracking)
  if (intersect !== undefined) {
    expect((await ask('GET', intersect.entitySetName, { headers: track })).status).toBe(200)
    emulator.knobs.trackIntersects = false
    expect((await ask('GET', intersect.entitySetName, { headers: track })).status).toBe(400)
  }
})

test('change tracking of a count is not there', async () => {
  const { ask } = bench()
  expect((await ask('GET', 'accounts/$count', { headers: track })).status).toBe(501)
})

test('change tracking can be switched off, which no administrator could do', async () => {
  const { ask, emulator } = bench()
  emulator.disableChangeTracking('account')
  const refused = await ask('GET', 'accounts', { headers: track })
  expect([refused.status, refused.json.error.message]).toEqual([
    400,
    'Entity: account is not enabled for change tracking.',
  ])
})

test('the example of the documentation: columns of accounts, what changed since, and how many', async () => {
  const { ask, emulator } = bench()
  const root = `${emulator.root}api/data/v9.0/`
  const columns = 'name,accountnumber,telephone1,fax'
  const headers = { 'OData-Version': '4.0', 'Content-Type': 'application/json' }
  await made(ask, 'accounts', { accountid: id(1), name: 'Gone' })
  const initial = await ask('GET', `/api/data/v9.0/accounts?$select=${columns}`, { headers: { ...headers, ...track } })
  expect([initial.status, initial.headers.get('OData-Version'), initial.headers.get('Preference-Applied')]).toEqual([
    200,
    '4.0',
    'odata.track-changes',
  ])
  expect(Object.keys(initial.json)).toEqual(['@odata.context', '@odata.deltaLink', 'value'])
  expect(Object.keys(initial.json.value[0])).toEqual(['@odata.etag', ...columns.split(','), 'accountid'])
  const link: string = initial.json['@odata.deltaLink']
  expect(link.startsWith(`${root}accounts?$select=${columns}&$deltatoken=`)).toBe(true)
  const body = { accountid: id(2), name: 'Monte Orton', telephone1: '555000', fax: '10101' }
  await made(ask, 'accounts', body)
  await ask('DELETE', `accounts(${id(1)})`)
  const delta = await ask('GET', link, { headers })
  expect([delta.status, delta.headers.get('Preference-Applied')]).toEqual([200, null])
  expect(delta.json).toEqual({
    '@odata.context': `${root}$metadata#accounts(${columns})/$delta`,
    '@odata.deltaLink': expect.stringContaining(`${root}accounts?$select=${columns}&$deltatoken=`),
    value: [
      { '@odata.etag': expect.stringMatching(/^W\/"\d+"$/), ...body, accountnumber: null },
      { '@odata.context': `${root}$metadata#accounts/$deletedEntity`, id: id(1), reason: 'deleted' },
    ],
  })
  const token = link.slice(link.indexOf('$deltatoken'))
  const count = await ask('GET', `/api/data/v9.0/accounts/$count?${token}`, { headers })
  expect([count.status, count.text]).toEqual([200, '2'])
})
