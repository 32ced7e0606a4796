import { expect, test } from 'vitest'
import { bench, id, made } from '../ask.test-support.ts'
import type { Answer, Ask } from '../ask.test-support.ts'

const track = { Prefer: 'odata.track-changes' }
const SELECT = 'accounts?$select=name,telephone1'

async function tokenLink(ask: Ask): Promise<string> {
  return (await ask('GET', SELECT, { headers: track })).json['@odata.deltaLink']
}

test.for(["$filter=name eq 'x'", '$orderby=name', '$expand=primarycontactid', '$top=5'])(
  '§1: change tracking takes no %s',
  async (option) => {
    const { status, json } = await bench({ rows: 200 }).ask('GET', `accounts?$select=name&${option}`, {
      headers: track,
    })
    const [name] = option.split('=')
    expect([status, json.error.message]).toEqual([
      400,
      `The "${name}" query parameter isn't supported when Change Tracking is enabled.`,
    ])
  },
)

test('§6: the first answer and the answer to its link have the documented members', async () => {
  const { ask, emulator } = bench({ rows: 200 })
  const api = `${emulator.root}api/data/v9.2/`
  await made(ask, 'accounts', { accountid: id(1), name: 'a' })
  const first = await ask('GET', SELECT, { headers: track })
  expect(first.headers.get('Preference-Applied')).toBe('odata.track-changes')
  expect(Object.keys(first.json)).toEqual(['@odata.context', '@odata.deltaLink', 'value'])
  expect(first.json['@odata.context']).toBe(`${api}$metadata#accounts(name,telephone1)`)
  expect(Object.keys(first.json.value[0])).toEqual(['@odata.etag', 'name', 'telephone1', 'accountid'])
  const link: string = first.json['@odata.deltaLink']
  expect(link.replace(/\d+(?=%21)/, '919042')).toBe(
    `${api}accounts?$select=name,telephone1&$deltatoken=919042%2106%2f02%2f2025%2006%3a00%3a00`,
  )
  await ask('DELETE', `accounts(${id(1)})`)
  await made(ask, 'accounts', { accountid: id(2), name: 'b', telephone1: '1' })
  const delta = await ask('GET', link)
  expect([delta.json['@odata.context'], delta.json.value]).toEqual([
    `${api}$metadata#accounts(name,telephone1)/$delta`,
    [
      { '@odata.etag': expect.stringMatching(/^W\/"\d+"$/), name: 'b', telephone1: '1', accountid: id(2) },
      { '@odata.context': `${api}$metadata#accounts/$deletedEntity`, id: id(1), reason: 'deleted' },
    ],
  ])
  expect(delta.json['@odata.deltaLink']).not.toBe(link)
})

test('§6: whoever stops in the middle asks again with the old token', async () => {
  const { ask } = bench({ rows: 200 })
  const link = await tokenLink(ask)
  for (const key of [1, 2, 3]) await made(ask, 'accounts', { accountid: id(key), name: 'x' })
  const small = { headers: { Prefer: 'odata.maxpagesize=2' } }
  const broken = await ask('GET', link, small)
  expect([broken.json.value.length, broken.json['@odata.deltaLink']]).toEqual([2, undefined])
  const again = await ask('GET', link)
  expect(again.json.value.map((row: { accountid: string }) => row.accountid)).toEqual([1, 2, 3].map(id))
})

test('§6: a page of changes has 5,000 entries, and the link is on the last one', async () => {
  const { ask, emulator } = bench({ rows: 200 })
  const link = await tokenLink(ask)
  for (let count = 0; count < 5001; count++) emulator.master.create('account', { name: 'x' })
  const first: Answer = await ask('GET', link)
  expect([first.json.value.length, first.json['@odata.deltaLink']]).toEqual([5000, undefined])
  const next: string = first.json['@odata.nextLink']
  expect(new URL(next).searchParams.get('$skiptoken')).toContain('istracking="True"')
  const last = await ask('GET', next)
  expect([last.json.value.length, typeof last.json['@odata.deltaLink']]).toEqual([1, 'string'])
})

test('§6: a row comes with the first delta again when it changed while the first load was read', async () => {
  const { ask, emulator } = bench({ rows: 200 })
  const first = await ask('GET', SELECT, { headers: { Prefer: 'odata.track-changes,odata.maxpagesize=1' } })
  const [row] = first.json.value
  emulator.master.touch('account', row.accountid)
  let page = first
  while (page.json['@odata.nextLink'] !== undefined) page = await ask('GET', page.json['@odata.nextLink'])
  const delta = await ask('GET', page.json['@odata.deltaLink'])
  expect(delta.json.value.map((one: { accountid: string }) => one.accountid)).toEqual([row.accountid])
  expect(delta.json.value[0]['@odata.etag']).not.toBe(row['@odata.etag'])
})

test('§6: what we wrote ourselves comes back', async () => {
  const { ask } = bench({ rows: 200 })
  const link = await tokenLink(ask)
  await made(ask, 'accounts', { accountid: id(1), name: 'ours' })
  expect((await ask('GET', link)).json.value).toMatchObject([{ accountid: id(1), name: 'ours' }])
})

test('§7: a row that leaves the filter is missing from the pull by version and from an In of its id', async () => {
  const { ask } = bench({ rows: 200 })
  await made(ask, 'accounts', { accountid: id(1), name: 'inside' })
  const { versionnumber } = (await ask('GET', `accounts(${id(1)})?$select=versionnumber`)).json
  await ask('PATCH', `accounts(${id(1)})`, { body: { name: 'outside' } })
  await made(ask, 'accounts', { accountid: id(2), name: 'inside' })
  const scope = "name eq 'inside'"
  const rest = [
    `${scope} and versionnumber gt ${versionnumber}&$orderby=versionnumber`,
    `(${scope}) and Microsoft.Dynamics.CRM.In(PropertyName='accountid',PropertyValues=["${id(1)}","${id(2)}"])`,
    `${scope} and modifiedon ge 2025-06-02T06:00:00Z`,
  ]
  for (const filter of rest) {
    const { json } = await ask('GET', `accounts?$select=accountid&$filter=${encodeURI(filter)}`)
    expect(json.value.map((row: { accountid: string }) => row.accountid)).toEqual([id(2)])
  }
})

test.for([
  [365, 204],
  [0, 204],
  [366, 400],
  [-1, 400],
] as const)('§1: tokens kept for %s days: %s', async ([days, status]) => {
  const { ask, emulator, clock } = bench({ rows: 200 })
  const [organization] = emulator.master.rows('organization')
  const link = await tokenLink(ask)
  const body = { expirechangetrackingindays: days }
  expect((await ask('PATCH', `organizations(${organization?.id})`, { body })).status).toBe(status)
  clock.advance(8 * 86_400_000)
  expect((await ask('GET', link)).status).toBe(days === 365 ? 200 : 400)
})
