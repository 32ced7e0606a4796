import { expect, test } from 'vitest'
import { checkConfiguration } from '../copy/check-configuration.ts'
import type { ConfiguredTable } from '../copy/configuration.ts'
import { OutpostError } from '../errors.ts'
import { parseTableFilter } from '../filter/bind.ts'
import { matches } from '../filter/evaluate.ts'
import { compareValues } from './index-order.ts'
import { memoryStore } from '../memory.ts'
import type { StoredRow } from '../ports/store.ts'
import { checkQuery, planQuery, runQuery } from './query.ts'
import { column, tableMetadata } from '../testing/sample-metadata.ts'
import { seededRandom } from '../testing/seeded-random.ts'

const metadata = tableMetadata('account', [
  column('name', 'text'),
  column('city', 'text'),
  column('size', 'integer'),
  column('active', 'boolean'),
  column('revenue', 'money', { precision: 2 }),
  column('createdon', 'datetime', { clock: 'utc' }),
  column('birthday', 'date'),
  column('notes', 'memo'),
  column('ownerid', 'lookup', { targets: [{ table: 'systemuser' }] }),
  column('hidden', 'text'),
])

function configured(indexes: readonly (readonly string[])[]): ConfiguredTable {
  const columns = ['name', 'city', 'size', 'active', 'revenue', 'createdon', 'birthday', 'notes', 'ownerid']
  const table = checkConfiguration({ tables: { account: { columns, indexes } } }, new Map([['account', metadata]])).get(
    'account',
  )
  if (!table) throw new Error('the table is configured')
  return table
}

const INDEXES = [
  ['name'],
  ['city', 'size'],
  ['active', 'city', 'name'],
  ['createdon'],
  ['birthday'],
  ['size'],
  ['notes'],
  ['ownerid'],
]
const CONTEXT = { userId: '11111111-1111-4111-8111-111111111111' }

const WHERE = [
  undefined,
  "name eq 'BETA'",
  "city eq 'bonn' and size gt 3",
  "city eq 'Bonn' and size ge 3 and size le 6",
  'size lt 4',
  'city eq null',
  "active eq true and city eq 'Kiel'",
  "active eq true and city eq 'Kiel' and startswith(name,'a')",
  "name ge 'b' and name lt 'd'",
  "name eq 'Ärger'",
  "name eq 'ÄRGER' or size eq 1",
  'createdon ge 2026-01-05T00:00:00Z and createdon lt 2026-01-09T12:00:00+02:00',
  'revenue gt 100.5',
  'birthday ge 1956-04-28T00:00:00Z',
  'birthday eq 1956-04-28',
  'size gt -12345678901234567890',
  "not contains(name,'a')",
  "notes eq 'ends'",
  "notes le 'ends  '",
  "notes ge 'ends  '",
  'ownerid eq 00000002-1111-4111-8111-111111111111',
  'ownerid gt 00000002-1111-4111-8111-111111111111',
  'ownerid le 02000000-1111-4111-8111-111111111111',
]
const ORDER = [
  undefined,
  ['name'],
  ['name desc'],
  ['city', 'size'],
  ['city desc', 'size desc'],
  ['city', 'size desc'],
  ['revenue'],
  ['createdon desc'],
]
const LIMITS = [undefined, 0, 1, 7]

test('every query gives the same rows with indexes as by reading and sorting everything', async () => {
  const rows = sampleRows(300)
  const [indexed, plain] = [configured(INDEXES), configured([])]
  const store = memoryStore()
  await store.write('fill', async (tx) => {
    await tx.defineTables([indexed.store])
    await tx.putRows('account', rows)
  })
  for (const where of WHERE) {
    for (const orderBy of ORDER) {
      for (const limit of LIMITS) {
        const query = checkQuery(
          {
            ...(where === undefined ? {} : { where }),
            ...(orderBy ? { orderBy } : {}),
            ...(limit === undefined ? {} : { limit }),
          },
          indexed,
        )
        const { rows: found } = await store.read('query', (tx) => runQuery(tx, indexed, query, CONTEXT))
        const wanted = byHand(rows, plain, where, orderBy, limit)
        expect({ where, orderBy, limit, ids: found.map((row) => row.id) }).toEqual({
          where,
          orderBy,
          limit,
          ids: wanted,
        })
      }
    }
  }
})

test.each([
  ['4 of 5', (at: number) => at % 5 !== 0, 50, 100],
  ['one of 10', (at: number) => at % 10 === 0, 20, 350],
  ['none for long, then all', (at: number) => at >= 1500, 50, 3300],
])('reads little more than it takes to find what is wanted where %s match', async (_, isActive, limit, most) => {
  const table = configured([['size']])
  const store = memoryStore()
  const rows = Array.from({ length: 4000 }, (_, at) => ({
    id: `00000000-0000-4000-8000-${String(at).padStart(12, '0')}`,
    version: null,
    values: { size: at, active: isActive(at) },
  }))
  await store.write('rows', async (tx) => {
    await tx.defineTables([table.store])
    await tx.putRows('account', rows)
  })
  const query = checkQuery({ where: 'active eq true', orderBy: ['size'], limit }, table)
  const result = await store.read('query', (tx) => runQuery(tx, table, query, CONTEXT))
  expect(result.rows.map(({ id }) => id)).toEqual(
    rows
      .filter((_, at) => isActive(at))
      .slice(0, limit)
      .map(({ id }) => id),
  )
  expect(result.read).toBeLessThanOrEqual(most)
})

test.each([
  [{ where: "city eq 'Bonn' and size gt 3" }, 'city+size', false],
  [{ where: "city eq 'Bonn'", orderBy: ['size'] }, 'city+size', true],
  [{ where: "city eq 'Bonn'", orderBy: ['size desc'] }, 'city+size', true],
  [{ orderBy: ['name'], limit: 5 }, 'name', true],
  [{ where: "active eq true and city eq 'Kiel'", orderBy: ['name'] }, 'active+city+name', true],
  [{ where: "name eq 'Ärger'" }, undefined, true],
  [{ where: "name eq 'a' or name eq 'b'" }, undefined, true],
  [{}, undefined, true],
])('%j reads by index %s, in order: %s', (query, index, ordered) => {
  const table = configured(INDEXES)
  const plan = planQuery(table, checkQuery(query, table))
  expect({ index: plan.request.index, ordered: plan.ordered || plan.request.index === index }).toEqual({
    index,
    ordered: ordered || plan.request.index === index,
  })
})

test.each([
  [{ where: 'nosuch eq 1' }, 'unknown-column'],
  [{ where: "hidden eq 'x'" }, 'not-selected'],
  [{ orderBy: ['nosuch'] }, 'unknown-column'],
  [{ orderBy: ['hidden desc'] }, 'not-selected'],
  [{ orderBy: ['name descending'] }, 'order-syntax'],
  [{ limit: -1 }, 'limit'],
  [{ limit: 1.5 }, 'limit'],
])('%j is refused by rule %s', (query, rule) => {
  const table = configured([])
  expect(() => checkQuery(query, table)).toThrow(OutpostError)
  try {
    checkQuery(query, table)
  } catch (error) {
    expect((error as OutpostError).place.rule).toBe(rule)
  }
})

function byHand(
  rows: readonly StoredRow[],
  table: ConfiguredTable,
  where: string | undefined,
  orderBy: readonly string[] | undefined,
  limit: number | undefined,
): readonly string[] {
  const filter = where === undefined ? null : parseTableFilter(where, table.metadata)
  const order = (orderBy ?? []).map((text) => ({
    name: text.split(' ')[0] ?? '',
    sign: text.endsWith(' desc') ? -1 : 1,
  }))
  const idSign = order.at(-1)?.sign ?? 1
  return rows
    .filter((row) => !filter || matches(filter, row.values, CONTEXT))
    .toSorted((one, other) => {
      for (const { name, sign } of order) {
        const [left, right] = [one.values[name] ?? null, other.values[name] ?? null]
        const numeric = name === 'revenue' && left !== null && right !== null
        const difference = numeric ? Number(left) - Number(right) : compareValues(left, right)
        if (difference !== 0) return sign * difference
      }
      return idSign * (one.id < other.id ? -1 : 1)
    })
    .slice(0, limit)
    .map((row) => row.id)
}

function sampleRows(count: number): readonly StoredRow[] {
  const random = seededRandom(7)
  const pick = <T>(values: readonly T[]): T | null => values[Math.floor(random() * values.length)] ?? null
  return Array.from({ length: count }, (_, index) => ({
    id: `00000000-0000-4000-8000-${String(Math.floor(random() * 1e12)).padStart(12, '0')}`.replace(
      /.$/,
      String(index % 10),
    ),
    version: 'W/"1"',
    values: {
      name: pick(['alpha', 'Beta', 'beta', 'Ärger', 'ärger', 'Gamma', 'delta', '', null]),
      city: pick(['Bonn', 'bonn', 'Kiel', null]),
      notes: pick(['ends', 'ends ', 'Ends  ', 'ends!', 'end', null]),
      ownerid: pick([
        '00000002-1111-4111-8111-111111111111',
        '02000000-1111-4111-8111-111111111111',
        '01000000-1111-4111-8111-111111111112',
        null,
      ]),
      size: pick([0, 1, 2, 3, 4, 5, 6, 7, null]),
      active: pick([true, false, null]),
      revenue: pick([5, 100.5, 100.51, '12345678901234567.25', -3, null]),
      birthday: pick(['1956-04-28', '1956-04-27', '2001-01-01', null]),
      createdon: pick([
        '2026-01-01T00:00:00Z',
        '2026-01-05T00:00:00Z',
        '2026-01-09T10:00:00Z',
        '2026-01-09T09:59:59Z',
        null,
      ]),
    },
  }))
}
