import { expect, test } from 'vitest'
import { checkConfiguration } from '../copy/check-configuration.ts'
import { OutpostError } from '../errors.ts'
import { memoryStore } from '../memory.ts'
import type { Store, StoredRow, StoreReader } from '../ports/store.ts'
import type { Row } from '../row.ts'
import { column, tableMetadata } from '../testing/sample-metadata.ts'
import { seededIds, seededRandom } from '../testing/seeded-random.ts'
import type { Query } from './query.ts'
import { Table } from './table.ts'
import type { TableContext } from './watch.ts'

const metadata = tableMetadata('account', [
  column('name', 'text'),
  column('city', 'text'),
  column('size', 'integer'),
  column('revenue', 'money', { precision: 2 }),
  column('createdon', 'datetime', { clock: 'utc' }),
])

const QUERIES: readonly Query[] = [
  {},
  { limit: 5 },
  { limit: 0 },
  { where: "city eq 'bonn'" },
  { where: "city eq 'bonn'", limit: 4 },
  { where: "city eq 'bonn'", orderBy: ['size'], limit: 4 },
  { where: "city eq 'bonn' and size ge 3", orderBy: ['size desc'], limit: 3 },
  { where: 'size gt 5', orderBy: ['name'], limit: 4 },
  { where: 'size gt 5', orderBy: ['name desc'], limit: 40 },
  { where: 'size eq null or revenue lt 50', orderBy: ['revenue desc', 'name'], limit: 6 },
  { where: "not contains(name,'a')", orderBy: ['city', 'size desc'], limit: 7 },
  { where: "name eq 'none has this'", orderBy: ['name'], limit: 3 },
  { orderBy: ['city', 'size'], limit: 6 },
]

test.each([[[]], [[['name'], ['city', 'size']]], [[['size'], ['city']]]])(
  'with indexes %j, what a watch shows is what a query gives after every batch of changes',
  async (indexes) => {
    const random = seededRandom(indexes.length + 11)
    const { store, table } = await accounts(indexes)
    await putRows(store, idsFrom(random, 60).map(rowFrom(random)))
    const watched = QUERIES.map((query) => {
      const shown: (readonly Row[])[] = []
      table.watch(query, (rows) => shown.push(rows))
      return { query, shown }
    })
    await settled()
    for (let batch = 0; batch < 60; batch += 1) {
      await Promise.all(Array.from({ length: 1 + Math.floor(random() * 3) }, () => change(store, random)))
      // Now and then the next batch comes while the watches look at this one.
      if (random() < 0.2) continue
      await settled()
      for (const { query, shown } of watched) {
        expect({ batch, query, rows: shown.at(-1) }).toEqual({ batch, query, rows: await table.query(query) })
      }
    }
    for (const { query, shown } of watched) {
      const repeated = shown.filter((rows, at) => at > 0 && JSON.stringify(rows) === JSON.stringify(shown[at - 1]))
      expect({ query, repeated }).toEqual({ query, repeated: [] })
    }
  },
)

test('a change that cannot touch the rows shown does not run the query again', async () => {
  const { store, context } = await accounts([['size']])
  const [first = '', ...ids] = idsFrom(seededRandom(3), 40)
  await putRows(
    store,
    ids.map((id, at) => sized(id, at)),
  )
  const failures: string[] = []
  const shown: (readonly Row[])[] = []
  const closable = scanningUntilClosed(store)
  const watching = new Table({ ...context, store: closable.store })
  const query = { where: "city eq 'Bonn'", orderBy: ['size'], limit: 3 }
  watching.watch(
    query,
    (rows) => shown.push(rows),
    (error) => failures.push(error.code),
  )
  await settled()
  closable.close()
  await putRows(store, [sized(ids[20] ?? '', 7)])
  await putRows(store, [sized(first, 1, 'Kiel')])
  await store.write('delete', (tx) => tx.deleteRows('account', ids.slice(30)))
  await settled()
  expect({ failures, shown: shown.length }).toEqual({ failures: [], shown: 1 })
  await putRows(store, [sized(first, 1, 'Bonn')])
  await settled()
  expect(failures).toEqual(['closed'])
})

test('what a listener does with its rows is not taken for what the table holds', async () => {
  const { store, table } = await accounts([])
  const [one = '', two = ''] = idsFrom(seededRandom(5), 2)
  await putRows(store, [sized(one, 1), sized(two, 2)])
  const shown: unknown[] = []
  table.watch({ orderBy: ['size'], limit: 2 }, (rows) => {
    shown.push(rows.map((row) => row['size']))
    for (const row of rows) Object.assign(row, { size: 9 })
    Array.prototype.splice.call(rows, 0, 2)
  })
  await settled()
  await putRows(store, [sized(one, 9)])
  await settled()
  expect(shown).toEqual([
    [1, 2],
    [2, 9],
  ])
})

async function accounts(
  indexes: readonly (readonly string[])[],
): Promise<{ readonly store: Store; readonly table: Table; readonly context: TableContext }> {
  const columns = ['name', 'city', 'size', 'revenue', 'createdon']
  const kept = checkConfiguration({ tables: { account: { columns, indexes } } }, new Map([['account', metadata]]))
  const account = kept.get('account')
  if (!account) throw new Error('the table is configured')
  const store = memoryStore()
  await store.write('define', (tx) => tx.defineTables([account.store]))
  const context = { store, table: () => account, filterContext: () => ({ userId: '' }) }
  return { store, table: new Table(context), context }
}

/** A store in which nothing can be scanned once it has been closed to that. */
function scanningUntilClosed(store: Store): { readonly store: Store; readonly close: () => void } {
  let isClosed = false
  const read: Store['read'] = (name, body) =>
    store.read(name, (tx) => {
      const scan: StoreReader['scan'] = async (...request) => {
        if (isClosed) throw new OutpostError('closed', 'nothing is scanned any more')
        return tx.scan(...request)
      }
      return body({ scan, rows: (...request) => tx.rows(...request) } as StoreReader)
    })
  const close = (): void => {
    isClosed = true
  }
  return { store: { ...store, read, subscribe: (listener) => store.subscribe(listener) }, close }
}

/** Puts, changes, or deletes a few rows, of which some are there already. */
async function change(store: Store, random: () => number): Promise<void> {
  const held = await store.read('ids', (tx) => tx.ids('account', { limit: 200 }))
  const some = held.filter(() => random() < 0.04)
  const isDeletion = random() < 0.3
  const rows = [...some, ...idsFrom(random, Math.floor(random() * 3))].map(rowFrom(random))
  await store.write('change', async (tx) => {
    if (isDeletion) await tx.deleteRows('account', some)
    else await tx.putRows('account', rows)
  })
}

function rowFrom(random: () => number): (id: string) => StoredRow {
  const pick = <T>(values: readonly T[]): T | null => values[Math.floor(random() * values.length)] ?? null
  return (id) => ({
    id,
    version: 'W/"1"',
    values: {
      accountid: id,
      name: pick(['alpha', 'Beta', 'beta', 'Gamma', 'delta', '', null]),
      city: pick(['Bonn', 'bonn', 'Kiel', null]),
      size: pick([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, null]),
      revenue: pick([5, 100.5, '12345678901234567.25', -3, null]),
      createdon: pick(['2026-01-01T00:00:00Z', '2026-01-05T00:00:00Z', null]),
    },
  })
}

function sized(id: string, size: number, city = 'Bonn'): StoredRow {
  return { id, version: null, values: { accountid: id, city, size } }
}

function idsFrom(random: () => number, count: number): readonly string[] {
  return Array.from({ length: count }, seededIds(random))
}

async function putRows(store: Store, rows: readonly StoredRow[]): Promise<void> {
  await store.write('put', (tx) => tx.putRows('account', rows))
}

/** Memory needs no more than this realm: every promise settles before the next turn of it. */
function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
