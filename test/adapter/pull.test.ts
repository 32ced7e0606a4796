import { relationshipOf } from '@outpost/core'
import type { Filter, Json, TableMetadata } from '@outpost/core'
import { expect, test } from 'vitest'
import { organisation, pullAll, readable, signal, storedRows } from './organisation.ts'

const comparable = (table: TableMetadata): readonly string[] =>
  readable(table).filter((name) => name !== 'versionnumber')

test('a first pass gives every row of every table in every column, page by page', async () => {
  const org = await organisation()
  const { tables } = await org.master.metadata(signal)
  // Personal views are shown to their owners alone; what they leave out is not the pull's doing.
  for (const table of tables.filter(({ name }) => name !== 'userquery')) {
    const columns = comparable(table)
    const { rows, pages } = await pullAll(org, table, { columns, pageSize: 30 })
    const expected = storedRows(org.emulator, table, columns)
    expect({ table: table.name, rows: Object.fromEntries(rows.map((row) => [row.id, row.values])) }).toEqual({
      table: table.name,
      rows: Object.fromEntries(expected),
    })
    expect(rows.length).toBe(expected.size)
    if (expected.size > 30) expect(pages).toBeGreaterThan(1)
  }
  org.emulator.assertNoUnexpected()
})

test('connecting and downloading only ever reads', async () => {
  const org = await organisation()
  await org.master.identify(signal)
  await org.master.metadata(signal)
  await pullAll(org, org.table('account'))
  expect(new Set(org.emulator.requests().map(({ method }) => method))).toEqual(new Set(['GET']))
})

test('an incremental pass gives what is new, changed or newly linked, and what the overlap gives again', async () => {
  const clock = { now: Date.UTC(2026, 5, 1) }
  const org = await organisation({ clock: () => clock.now })
  const account = org.table('account')
  const links = org.table('new_skill_bookableresource')
  const first = await pullAll(org, account)
  const firstLinks = await pullAll(org, links)
  // The newest row known comes back as long as nothing happens to it.
  const newest = first.rows.at(-1)?.id ?? ''
  const newestLink = firstLinks.rows.at(-1)?.id ?? ''
  clock.now += 3_600_000
  const changed = org.emulator.master.rows('account')[3]?.id ?? ''
  org.emulator.master.update('account', changed, { name: 'Changed on the master' })
  const created = org.emulator.master.create('account', { name: 'Created on the master' })
  const skill = org.emulator.master.create('new_skill', { new_name: 'Welding' })
  const resource = org.emulator.master.rows('bookableresource')[0]?.id ?? ''
  org.emulator.master.associate('new_skill', skill, 'new_Skill_BookableResource', {
    table: 'bookableresource',
    id: resource,
  })

  const second = await pullAll(org, account, { checkpoint: first.checkpoint })
  expect(second.rows.map((row) => row.id).toSorted()).toEqual([newest, changed, created].toSorted())
  const secondLinks = await pullAll(org, links, { checkpoint: firstLinks.checkpoint })
  expect(secondLinks.rows.map((row) => row.id)).toEqual([
    newestLink,
    relationshipOf(links)?.first.table === 'new_skill' ? `${skill}:${resource}` : `${resource}:${skill}`,
  ])
  clock.now += 3_600_000
  const third = await pullAll(org, account, { checkpoint: second.checkpoint })
  expect(third.rows).toEqual(second.rows)
  const fourth = await pullAll(org, account, { checkpoint: third.checkpoint })
  expect(fourth.rows.map(({ id }) => id)).toEqual([created])
})

test('a pass goes on after days, over rows that were changed meanwhile', async () => {
  const clock = { now: Date.UTC(2026, 5, 1) }
  const org = await organisation({ clock: () => clock.now })
  const contact = org.table('contact')
  const request = { table: contact, columns: ['fullname'], scope: { filter: null }, pageSize: 10 }
  const page = await org.master.pull({ ...request, checkpoint: null }, signal)
  expect(page.more).toBe(true)
  expect(page.estimate).toEqual({ rows: org.emulator.master.count('contact'), atLeast: false })
  clock.now += 9 * 86_400_000
  const moved = page.rows[0]?.id ?? ''
  org.emulator.master.touch('contact', moved)
  const rest = await pullAll(org, contact, { checkpoint: page.checkpoint, columns: ['fullname'] })
  expect(new Set([...page.rows, ...rest.rows].map((row) => row.id))).toEqual(
    new Set(org.emulator.master.rows('contact').map((row) => row.id)),
  )
  expect(rest.rows.at(-1)?.id).toBe(moved)
})

test('a transaction that commits behind a pass is found by the next one', async () => {
  const clock = { now: Date.UTC(2026, 5, 1) }
  const org = await organisation({ clock: () => clock.now })
  const account = org.table('account')
  const before = await pullAll(org, account)
  clock.now += 3_600_000
  const late = org.emulator.master.create('account', { name: 'Began first, committed last' })
  const early = org.emulator.master.create('account', { name: 'Began last, committed first' })
  clock.now += 60_000
  const master = org.masterFor({
    fetch: async (url, init) => {
      const response = await org.emulator.fetch(url, init)
      const body = (await response.json()) as { value: readonly { accountid: string }[] }
      const visible = body.value.filter(({ accountid }) => accountid !== late)
      return new Response(JSON.stringify({ ...body, value: visible }), {
        status: response.status,
        headers: response.headers,
      })
    },
  })
  const during = await pullAll({ master }, account, { checkpoint: before.checkpoint })
  expect(during.rows.map((row) => row.id)).toEqual([before.rows.at(-1)?.id, early])
  clock.now += 60_000
  const after = await pullAll(org, account, { checkpoint: during.checkpoint })
  expect(after.rows.map((row) => row.id)).toContain(late)
})

test('where pages hide the clock of the master, incremental passes miss nothing either', async () => {
  const clock = { now: Date.UTC(2026, 5, 1) }
  const org = await organisation({ clock: () => clock.now })
  const master = org.masterFor({
    fetch: async (url, init) => {
      const response = await org.emulator.fetch(url, init)
      const headers = new Headers(response.headers)
      headers.delete('Date')
      return new Response(response.body, { status: response.status, headers })
    },
  })
  const account = org.table('account')
  const first = await pullAll({ master }, account)
  clock.now += 60_000
  const changed = org.emulator.master.rows('account')[0]?.id ?? ''
  org.emulator.master.update('account', changed, { name: 'Changed' })
  const second = await pullAll({ master }, account, { checkpoint: first.checkpoint })
  expect(second.rows.map((row) => row.id)).toContain(changed)
})

test('the sync filter selects, whatever it is made of', async () => {
  const org = await organisation()
  const incident = org.table('incident')
  const stored = org.emulator.master.rows('incident')
  const customer = stored[0]?.values['customerid'] ?? ''
  const position = 0
  const filters: readonly (readonly [Filter, (values: (typeof stored)[number]['values']) => boolean])[] = [
    [
      { kind: 'compare', column: 'customerid', operator: 'eq', value: { type: 'guid', value: customer }, position },
      (values) => values['customerid'] === customer,
    ],
    [
      { kind: 'function', function: 'In', column: 'customerid', values: [String(customer)], position },
      (values) => values['customerid'] === customer,
    ],
    [
      { kind: 'compare', column: 'statecode', operator: 'ne', value: { type: 'number', value: 0 }, position },
      (values) => values['statecode'] !== 0,
    ],
    [
      {
        kind: 'and',
        position,
        parts: [
          {
            kind: 'not',
            position,
            part: { kind: 'text', function: 'contains', column: 'title', value: 'e', position },
          },
          { kind: 'compare', column: 'statecode', operator: 'eq', value: { type: 'number', value: 0 }, position },
        ],
      },
      (values) => !String(values['title']).toLowerCase().includes('e') && values['statecode'] === 0,
    ],
  ]
  for (const [filter, selects] of filters) {
    const { rows } = await pullAll(org, incident, { filter, columns: ['title'] })
    const expected = stored.filter((row) => selects(row.values)).map((row) => row.id)
    expect(rows.map((row) => row.id).toSorted()).toEqual(expected.toSorted())
    const ids: string[] = []
    for await (const page of org.master.versions({ table: incident, scope: { filter } }, signal)) {
      ids.push(...page.map(({ id }) => id))
    }
    expect(ids.toSorted()).toEqual(expected.toSorted())
  }
})

test('ids come in pages, and links by the rows they connect', async () => {
  const org = await organisation()
  const master = org.masterFor({ pageSize: 7 })
  for (const name of ['contact', 'new_skill_bookableresource']) {
    const table = org.table(name)
    const pages: (readonly string[])[] = []
    for await (const page of master.versions({ table, scope: { filter: null } }, signal)) {
      pages.push(page.map(({ id }) => id))
    }
    const expected = [...storedRows(org.emulator, table, []).keys()]
    expect(pages.flat().toSorted()).toEqual(expected.toSorted())
    expect(Math.max(...pages.map((page) => page.length))).toBeLessThanOrEqual(7)
  }
})

test('rows are read by their ids, as far as they exist', async () => {
  const org = await organisation()
  for (const name of ['incident', 'new_skill_bookableresource']) {
    const table = org.table(name)
    const columns = comparable(table)
    const stored = storedRows(org.emulator, table, columns)
    const ids = [...stored.keys()]
    const missing = name === 'incident' ? org.newId() : `${org.newId()}:${org.newId()}`
    const rows = await org.master.read({ table, columns, ids: [...ids, missing] }, signal)
    expect(Object.fromEntries(rows.map((row) => [row.id, row.values]))).toEqual(Object.fromEntries(stored))
  }
})

test('a change of the schema changes the stamp, and nothing else does', async () => {
  const org = await organisation()
  const { stamp } = await org.master.metadata(signal)
  org.emulator.master.create('account', { name: 'A row is not schema' })
  expect(await org.master.metadataStamp(signal)).toBe(stamp)
  org.emulator.schema.removeColumn('account', 'telephone1')
  expect(await org.master.metadataStamp(signal)).not.toBe(stamp)
  const { tables } = await org.master.metadata(signal)
  expect(tables.find(({ name }) => name === 'account')?.columns.some(({ name }) => name === 'telephone1')).toBe(false)
})

test('a filter or column the master does not know is refused before asking, with its place', async () => {
  const org = await organisation()
  const table = org.table('account')
  const request = { table, columns: ['name'], scope: { filter: null }, checkpoint: null, pageSize: 10 }
  const filter: Filter = { kind: 'text', function: 'contains', column: 'nosuch', value: 'x', position: 9 }
  await expect(org.master.pull({ ...request, scope: { filter } }, signal)).rejects.toMatchObject({
    code: 'invalid',
    place: { table: 'account', column: 'nosuch', rule: 'unknown-column', position: 9 },
  })
  await expect(org.master.pull({ ...request, columns: ['nosuch'] }, signal)).rejects.toMatchObject({ code: 'invalid' })
  expect(org.emulator.requests()).toEqual([])
})

test('a column that has gone since the metadata was read is refused by the master', async () => {
  const org = await organisation()
  const table = org.table('account')
  org.emulator.schema.removeColumn('account', 'telephone1')
  const request = { table, columns: ['telephone1'], scope: { filter: null }, checkpoint: null, pageSize: 10 }
  await expect(org.master.pull(request, signal)).rejects.toMatchObject({ code: 'rejected', masterCode: '0x80060888' })
})

const MINUTE = 60_000

test('a transaction of four minutes that commits behind a pass is found, however many passes ran meanwhile', async () => {
  const clock = { now: Date.UTC(2026, 5, 1) }
  const org = await organisation({ clock: () => clock.now })
  const account = org.table('account')
  const [row] = org.emulator.master.rows('account')
  let { checkpoint } = await pullAll(org, account)
  clock.now += 60 * MINUTE
  org.emulator.delayedCommit(4 * MINUTE, (master) => master.update('account', row?.id ?? '', { name: 'Slow' }))
  const seen: string[] = []
  for (let pass = 0; pass < 8; pass += 1) {
    clock.now += MINUTE
    // Others commit at once, with higher versions.
    org.emulator.master.create('account', { name: `Fast ${pass}` })
    const page = await pullAll(org, account, { checkpoint })
    checkpoint = page.checkpoint
    seen.push(...page.rows.filter(({ id }) => id === row?.id).map(({ values }) => String(values['name'])))
  }
  expect(seen).toContain('Slow')
})

test('a row whose time was set back is found by its version', async () => {
  const clock = { now: Date.UTC(2026, 5, 1) }
  const org = await organisation({ clock: () => clock.now })
  const account = org.table('account')
  const { checkpoint } = await pullAll(org, account)
  clock.now += 60 * MINUTE
  const [row] = org.emulator.master.rows('account')
  org.emulator.master.update('account', row?.id ?? '', { name: 'Imported', modifiedon: '2001-01-01T00:00:00Z' })
  const next = await pullAll(org, account, { checkpoint })
  expect(next.rows.find(({ id }) => id === row?.id)?.values['name']).toBe('Imported')
})

test.each([
  ['during a quiet time', 60],
  ['behind the first pass', 0],
])('a link that is made by a transaction of four minutes is found, %s', async (_when, quietMinutes) => {
  const clock = { now: Date.UTC(2026, 5, 1) }
  const org = await organisation({ clock: () => clock.now })
  const links = org.table('new_skill_bookableresource')
  const skill = org.emulator.master.create('new_skill', { new_name: 'Slow' })
  const other = org.emulator.master.create('new_skill', { new_name: 'Fast' })
  const resource = org.emulator.master.rows('bookableresource')[0]?.id ?? ''
  const link = (master: typeof org.emulator.master, id: string): void =>
    master.associate('new_skill', id, 'new_Skill_BookableResource', { table: 'bookableresource', id: resource })
  let checkpoint: Json = null
  const pass = async (): Promise<readonly string[]> => {
    const page = await pullAll(org, links, { checkpoint })
    checkpoint = page.checkpoint
    return page.rows.map(({ id }) => id)
  }
  if (quietMinutes > 0) {
    for (let index = 0; index < 4; index += 1) {
      await pass()
      clock.now += (quietMinutes / 4) * MINUTE
    }
  }
  org.emulator.delayedCommit(4 * MINUTE, (master) => link(master, skill))
  link(org.emulator.master, other)
  const seen: string[] = []
  for (let index = 0; index < 10; index += 1) {
    seen.push(...(await pass()))
    clock.now += MINUTE
  }
  seen.push(...(await pass()))
  expect(seen.some((id) => id.includes(other))).toBe(true)
  expect(seen.some((id) => id.includes(skill))).toBe(true)
  // When everything is proven, a pass asks for the newest link alone.
  clock.now += 10 * MINUTE
  await pass()
  clock.now += 10 * MINUTE
  await pass()
  expect(await pass()).toHaveLength(1)
})

test('a row whose time was set back by a transaction of four minutes is found', async () => {
  const clock = { now: Date.UTC(2026, 5, 1) }
  const org = await organisation({ clock: () => clock.now })
  const account = org.table('account')
  const [row] = org.emulator.master.rows('account')
  let checkpoint: Json = null
  const seen: string[] = []
  const pass = async (): Promise<void> => {
    const page = await pullAll(org, account, { checkpoint })
    checkpoint = page.checkpoint
    seen.push(...page.rows.filter(({ id }) => id === row?.id).map(({ values }) => String(values['name'])))
  }
  for (let index = 0; index < 3; index += 1) {
    await pass()
    clock.now += 60 * MINUTE
  }
  const values = { name: 'Imported', modifiedon: '2001-01-01T00:00:00Z' }
  org.emulator.delayedCommit(4 * MINUTE, (master) => master.update('account', row?.id ?? '', values))
  clock.now += MINUTE
  org.emulator.master.create('account', { name: 'Fast' })
  await pass()
  clock.now += 60 * MINUTE
  await pass()
  expect(seen).toContain('Imported')
})
