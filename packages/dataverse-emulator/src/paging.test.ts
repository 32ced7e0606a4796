import { expect, test } from 'vitest'
import { bench, id, TECHNICIAN } from './ask.test-support.ts'
import type { Answer, Ask, Bench } from './ask.test-support.ts'

function withSkills(count: number): Bench {
  const org = bench()
  for (const { id: old } of org.emulator.master.rows('new_skill')) org.emulator.master.remove('new_skill', old)
  for (let number = 1; number <= count; number++) {
    org.emulator.master.create('new_skill', { new_name: `s${number}`, new_level: (number % 5) + 1 }, { id: id(number) })
  }
  return org
}

function next(answer: Answer): string {
  return answer.json['@odata.nextLink']
}

function names(answer: Answer): string[] {
  return answer.json.value.map((row: { new_name: string }) => row.new_name)
}

async function allPages(ask: Ask, path: string, headers: Record<string, string>): Promise<string[][]> {
  const pages: string[][] = []
  for (let link: string | undefined = path; link !== undefined;) {
    const answer: Answer = await ask('GET', link, { headers })
    pages.push(names(answer))
    link = next(answer)
  }
  return pages
}

const headers = { Prefer: 'odata.maxpagesize=4' }

test('pages follow each other by absolute links that repeat the options, until there is none', async () => {
  const { ask, emulator } = withSkills(10)
  const first = await ask('GET', 'new_skills?$select=new_name&$filter=new_level gt 0', { headers })
  expect(next(first)).toMatch(
    /^https:\/\/org\.emulator\.test\/api\/data\/v9\.2\/new_skills\?\$select=new_name&\$filter=/,
  )
  expect(first.headers.get('Preference-Applied')).toBe('odata.maxpagesize=4')
  expect(emulator.master.count('new_skill')).toBe(10)
  const pages = await allPages(ask, 'new_skills?$select=new_name', headers)
  expect(pages.map((page) => page.length)).toEqual([4, 4, 2])
  expect(new Set(pages.flat()).size).toBe(10)
})

test('the cookie says its page, that it is not tracking, and holds upper-case guids', async () => {
  const { ask } = withSkills(10)
  const first = await ask('GET', 'new_skills?$select=new_name', { headers })
  const token = new URL(next(first)).searchParams.get('$skiptoken') ?? ''
  expect(token).toMatch(/^<cookie pagenumber="2" pagingcookie="[^"]+" istracking="False" \/>$/)
  const inner = decodeURIComponent(/pagingcookie="([^"]+)"/.exec(token)?.[1] ?? '')
  expect(inner).toMatch(
    /^<cookie page="1"><new_skillid last="\{[0-9A-F-]{36}\}" first="\{[0-9A-F-]{36}\}" \/><\/cookie>$/,
  )
})

test('no page ends exactly with a link to an empty one', async () => {
  const { ask } = withSkills(8)
  expect((await allPages(ask, 'new_skills?$select=new_name', headers)).map((page) => page.length)).toEqual([4, 4])
})

test('§16.6: paging is live: rows behind the place appear, rows before it do not, deleted ones are gone', async () => {
  const { ask, emulator } = withSkills(8)
  const first = await ask('GET', 'new_skills?$select=new_name', { headers })
  const order = names(first)
  const rest = emulator.master.rows('new_skill').slice(4)
  emulator.master.remove('new_skill', rest[0]?.id ?? '')
  emulator.master.create('new_skill', { new_name: 'late' }, { id: 'ffffffff-ffff-4fff-bfff-ffffffffffff' })
  emulator.master.create('new_skill', { new_name: 'early' }, { id: '00000000-0000-4000-8000-000000000000' })
  const second = await ask('GET', next(first), { headers })
  const seen = [...names(second), ...(next(second) ? names(await ask('GET', next(second), { headers })) : [])]
  expect(seen).toContain('late')
  expect(seen).not.toContain('early')
  expect(seen).not.toContain(rest[0]?.values['new_name'])
  expect(seen.filter((name) => order.includes(name))).toEqual([])
})

test('§16.6: a row changed between pages moves to the end of an order by version and is seen twice', async () => {
  const { ask, emulator } = withSkills(6)
  const first = await ask('GET', 'new_skills?$select=new_name&$orderby=versionnumber asc', { headers })
  expect(names(first)).toEqual(['s1', 's2', 's3', 's4'])
  emulator.master.touch('new_skill', id(2))
  const second = await ask('GET', next(first), { headers })
  expect(names(second)).toEqual(['s5', 's6', 's2'])
})

test('orders by any column, both ways, nulls first when ascending, the primary key last', async () => {
  const { ask, emulator } = withSkills(5)
  emulator.master.update('new_skill', id(3), { new_level: null })
  const ascending = await allPages(ask, 'new_skills?$select=new_name&$orderby=new_level', {
    Prefer: 'odata.maxpagesize=2',
  })
  expect(ascending.flat()).toEqual(['s3', 's5', 's1', 's2', 's4'])
  const descending = await allPages(ask, 'new_skills?$select=new_name&$orderby=new_level desc,new_name', {
    Prefer: 'odata.maxpagesize=2',
  })
  expect(descending.flat()).toEqual(['s4', 's2', 's1', 's5', 's3'])
})

test('the incremental pull filter with a window by time pages through both its halves in version order', async () => {
  const { ask, emulator, clock } = withSkills(10)
  const middle = emulator.master.row('new_skill', id(8))?.version ?? 0n
  clock.advance(60_000)
  const since = '2025-06-02T06:00:30Z'
  emulator.master.update('new_skill', id(1), { new_level: 5 })
  const filter = `statecode eq 0 and (versionnumber gt ${middle} or modifiedon ge ${since})`
  const path = `new_skills?$select=new_name&$filter=${encodeURIComponent(filter)}&$orderby=versionnumber`
  expect((await allPages(ask, path, { Prefer: 'odata.maxpagesize=2' })).flat()).toEqual(['s9', 's10', 's1'])
  const early = `(versionnumber gt ${middle} or modifiedon ge 2025-06-02T06:00:00Z)`
  const all = await allPages(
    ask,
    `new_skills?$select=new_name&$filter=${encodeURIComponent(early)}&$orderby=versionnumber`,
    headers,
  )
  expect(all.flat()).toEqual(['s2', 's3', 's4', 's5', 's6', 's7', 's8', 's9', 's10', 's1'])
})

test('§16.7: maxpagesize overrides $top, and no page exceeds 5000', async () => {
  const { ask } = withSkills(6)
  const page = await ask('GET', 'new_skills?$select=new_name&$top=1', { headers })
  expect([names(page).length, typeof next(page)]).toEqual([4, 'string'])
  const capped = await ask('GET', 'new_skills?$select=new_name', { headers: { Prefer: 'odata.maxpagesize=9000' } })
  expect(capped.headers.get('Preference-Applied')).toBe('odata.maxpagesize=5000')
})

test('a cookie that was tampered with is refused', async () => {
  const { ask } = withSkills(1)
  for (const token of ['nonsense', '<cookie pagenumber="2" pagingcookie="" istracking="False" />', '%25zz']) {
    const answer = await ask('GET', `new_skills?$skiptoken=${encodeURIComponent(token)}`)
    expect(answer.status).toBe(400)
  }
  const token = (inner: string, page = 2): string => {
    const outer = `<cookie pagenumber="${page}" pagingcookie="${encodeURIComponent(inner)}" istracking="False" />`
    return `new_skills?$skiptoken=${encodeURIComponent(outer)}`
  }
  const code = async (path: string): Promise<string | undefined> => (await ask('GET', path)).json.error?.code
  const place =
    '<new_skillid last="{00000000-0000-0000-0000-000000000000}" first="{00000000-0000-0000-0000-000000000000}" />'
  expect(await code(token(`<cookie page="1">${place}</cookie>`))).toBeUndefined()
  expect(await code(token(`<cookie page="1">${place}</cookie>`, 5))).toBe('0x8004112a')
  expect(await code(token(`<cookie page="1">${place.replace('000000000000}', 'zz}')}</cookie>`))).toBe('0x80040203')
  expect(await code(token('<cookie page="1"><new_name last="a" first="a" /></cookie>'))).toBe('0x80041129')
  expect(await code(`${token(`<cookie page="1">${place}</cookie>`)}&$orderby=new_name`)).toBe('0x80041129')
})

test('§16.6: pages may differ in size, and the next one begins where the last one ended', async () => {
  const { ask } = withSkills(10)
  const page = async (path: string, size: number): Promise<Answer> =>
    ask('GET', path, { headers: { Prefer: `odata.maxpagesize=${size}` } })
  const first = await page('new_skills?$select=new_name', 3)
  const second = await page(next(first), 1)
  const third = await page(next(second), 100)
  const all = [first, second, third].flatMap(names)
  expect([all.length, new Set(all).size, '@odata.nextLink' in third.json]).toEqual([10, 10, false])
})

test('a lookup orders by the name of what it leads to, nulls first, and pages in that order', async () => {
  const { ask, emulator } = bench()
  for (const { id: old } of emulator.master.rows('new_skill')) emulator.master.remove('new_skill', old)
  const contacts = ['Zeta', 'alpha', 'Mid'].map((lastname) => emulator.master.create('contact', { lastname }))
  for (const { id: old } of emulator.master.rows('account')) emulator.master.update('account', old, { name: 'other' })
  for (const [at, contact] of [...contacts, null].entries()) {
    emulator.master.create('account', { name: 'mine', primarycontactid: contact }, { id: id(at + 1) })
  }
  const seen: (string | null)[] = []
  let link: string | undefined =
    "accounts?$select=_primarycontactid_value&$filter=name eq 'mine'&$orderby=_primarycontactid_value"
  for (const Prefer = 'odata.maxpagesize=1'; link !== undefined;) {
    const answer: Answer = await ask('GET', link, { headers: { Prefer } })
    seen.push(...answer.json.value.map((row: Record<string, string>) => row['_primarycontactid_value']))
    link = next(answer)
  }
  const [zeta, alpha, mid] = contacts
  expect(seen).toEqual([null, alpha, mid, zeta])
})

test('the token of a link is escaped as Dataverse escapes it', async () => {
  const { ask } = withSkills(3)
  const answer = await ask('GET', 'new_skills?$select=new_name', { headers: { Prefer: 'odata.maxpagesize=2' } })
  expect(next(answer).split('$skiptoken=')[1]).toMatch(
    /^%3Ccookie%20pagenumber=%222%22%20pagingcookie=%22%253ccookie%2520page%253d%25221%2522%253e%253cnew_skillid%2520last%253d%2522%257b[0-9A-F-]{36}%257d%2522%2520first%253d%2522%257b[0-9A-F-]{36}%257d%2522%2520%252f%253e%253c%252fcookie%253e%22%20istracking=%22False%22%20\/%3E$/,
  )
})

test('$top is checked even where the page size overrides it', async () => {
  const { ask } = withSkills(1)
  expect((await ask('GET', 'new_skills?$top=abc', { headers })).status).toBe(400)
})

test('a page that is asked for again shows what has changed meanwhile, in rows, columns and rights', async () => {
  const { ask, emulator } = bench({ rows: 12_000 })
  const again = async (select = 'subject,prioritycode', as = 'Sunniva Admin'): Promise<string> => {
    const { text } = await ask('GET', `tasks?$select=${select}`, { as })
    return text.replace(/.*?"value":/s, '')
  }
  const before = await again()
  const rows: { activityid: string }[] = JSON.parse(before.replace(/(?:,"@odata.nextLink".*)?\}$/s, ''))
  expect(rows.length).toBeGreaterThan(500)
  expect(await again()).toBe(before)
  emulator.master.update('task', rows[7]?.activityid ?? '', { subject: 'seen at once' })
  const after = await again()
  expect(after).not.toBe(before)
  expect(after).toContain('seen at once')
  expect(await again('subject')).not.toContain('prioritycode')
  expect(await again('subject,prioritycode', TECHNICIAN)).toMatch(/"prioritycode":\d/)
  emulator.security.secureColumn('task', 'prioritycode')
  expect(await again()).toContain('seen at once')
  expect(await again('subject,prioritycode', TECHNICIAN)).not.toMatch(/"prioritycode":\d/)
})
