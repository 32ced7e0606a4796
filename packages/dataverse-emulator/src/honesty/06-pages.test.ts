import { expect, test } from 'vitest'
import { bench, id } from '../ask.test-support.ts'
import type { Bench } from '../ask.test-support.ts'
import { feed, fetched, namesIn, refusal, TRACK } from './answers.test-support.ts'

const SKILLS = 'new_skills?$select=new_name'

function withSkills(count: number): Bench {
  const org = bench()
  const { master } = org.emulator
  for (const { id: old } of master.rows('new_skill')) master.remove('new_skill', old)
  for (let number = 1; number <= count; number++) {
    master.create('new_skill', { new_name: `s${number}` }, { id: id(number) })
  }
  return org
}

test('§16.6: paging is live: what is made behind the place appears, what is deleted there does not, what is made before it is missed', async () => {
  const { ask, emulator } = withSkills(6)
  const headers = { Prefer: 'odata.maxpagesize=4' }
  const first = await ask('GET', SKILLS, { headers })
  const place = first.json.value.at(-1).new_skillid
  const [behind] = emulator.master.rows('new_skill').slice(4)
  emulator.master.remove('new_skill', behind?.id ?? '')
  emulator.master.create('new_skill', { new_name: 'late' }, { id: 'ffffffff-ffff-4fff-bfff-ffffffffffff' })
  emulator.master.create('new_skill', { new_name: 'early' }, { id: '00000000-0000-4000-8000-000000000000' })
  const second = await ask('GET', first.json['@odata.nextLink'], { headers })
  expect(second.json.value.every((row: { new_skillid: string }) => row.new_skillid !== place)).toBe(true)
  expect(namesIn(second, 'new_name')).toHaveLength(2)
  expect(namesIn(second, 'new_name')).toContain('late')
  expect(namesIn(second, 'new_name')).not.toContain(behind?.values['new_name'])
})

test('§16.6: rows move and repeat: one that changes while an order by version is paged is seen twice, with both its values', async () => {
  const { ask, emulator } = withSkills(6)
  const headers = { Prefer: 'odata.maxpagesize=4' }
  const first = await ask('GET', `${SKILLS}&$orderby=versionnumber`, { headers })
  emulator.master.update('new_skill', id(2), { new_name: 's2 changed' })
  const second = await ask('GET', first.json['@odata.nextLink'], { headers })
  expect([namesIn(first, 'new_name'), namesIn(second, 'new_name')]).toEqual([
    ['s1', 's2', 's3', 's4'],
    ['s5', 's6', 's2 changed'],
  ])
})

test('§16.6: a row of page 1 that changes meanwhile is in the delta as well', async () => {
  const { ask, emulator } = withSkills(6)
  const headers = { Prefer: 'odata.track-changes,odata.maxpagesize=4' }
  const first = await ask('GET', SKILLS, { headers })
  const seen = first.json.value[0].new_skillid
  emulator.master.touch('new_skill', seen)
  const { deltaLink } = await feed(ask, first.json['@odata.nextLink'], { headers })
  const delta = await ask('GET', deltaLink)
  expect(delta.json.value.map((row: { new_skillid: string }) => row.new_skillid)).toEqual([seen])
})

test('§16.7: no page has more than 5,000 rows, asked for as a page, as a top, in FetchXML or with change tracking', async () => {
  const { ask } = withSkills(5003)
  const entity = '<entity name="new_skill"><attribute name="new_name"/></entity>'
  for (const [path, headers, goesOn] of [
    [SKILLS, {}, true],
    [SKILLS, { Prefer: 'odata.maxpagesize=6000' }, true],
    [`${SKILLS}&$top=6000`, {}, false],
    [SKILLS, TRACK, true],
    [fetched('new_skills', entity), {}, false],
  ] as const) {
    const { json } = await ask('GET', path, { headers })
    expect([path, headers, json.value.length, '@odata.nextLink' in json]).toEqual([path, headers, 5000, goesOn])
  }
  const big = await ask('GET', SKILLS, { headers: { Prefer: 'odata.maxpagesize=6000' } })
  expect(big.headers.get('Preference-Applied')).toBe('odata.maxpagesize=5000')
  expect((await ask('GET', fetched('new_skills', entity, 'top="5001"'))).status).toBe(400)
})

test('§16.7: neither $skip nor $top pages: $skip is refused, $top gives no link and is ignored beside a page size', async () => {
  const { ask } = withSkills(6)
  for (const option of ['$skip=2', '$top=2&$skip=2', '$skip=0']) {
    expect(refusal(await ask('GET', `${SKILLS}&${option}`))).toEqual([400, '0x80060888'])
  }
  const top = await ask('GET', `${SKILLS}&$top=2`)
  expect([top.json.value.length, top.json['@odata.nextLink']]).toEqual([2, undefined])
  const page = await ask('GET', `${SKILLS}&$top=1`, { headers: { Prefer: 'odata.maxpagesize=4' } })
  expect([page.json.value.length, '@odata.nextLink' in page.json]).toEqual([4, true])
})

test('§16.8: no count goes beyond 5,000, with or without a filter, as an option or as a path; annotations tell of it', async () => {
  const { ask } = withSkills(5003)
  const total = '@Microsoft.Dynamics.CRM.totalrecordcount'
  const headers = { Prefer: `odata.maxpagesize=1,odata.include-annotations="${total.slice(1)}*"` }
  for (const filter of ['', '&$filter=statecode eq 0']) {
    const { json } = await ask('GET', `${SKILLS}&$count=true${filter}`, { headers })
    expect([json['@odata.count'], json[total], json[`${total}limitexceeded`]]).toEqual([5000, 5000, true])
  }
  expect((await ask('GET', 'new_skills/$count')).text).toBe('5000')
  expect((await ask('GET', 'new_skills/$count?$filter=statecode eq 0')).text).toBe('5000')
})
