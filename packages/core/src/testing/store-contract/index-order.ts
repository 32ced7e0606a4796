import type { ScanRequest, Store, StoredRow, StoreTable } from '../../ports/store.ts'
import type { ColumnValue } from '../../row.ts'
import { seededRandom } from '../seeded-random.ts'
import type { Contract } from './contract.ts'
import { guid } from './samples.ts'

const SAMPLE: StoreTable = {
  name: 'sample',
  columns: [
    { name: 'flag', type: 'boolean' },
    { name: 'amount', type: 'number' },
    { name: 'name', type: 'text' },
  ],
  indexes: [
    { name: 'flag', columns: ['flag'] },
    { name: 'amount', columns: ['amount'] },
    { name: 'name', columns: ['name'] },
    { name: 'all', columns: ['flag', 'amount', 'name'] },
    { name: 'name, flag', columns: ['name', 'flag'] },
  ],
}

const FLAGS: readonly ColumnValue[] = [null, false, true]
const AMOUNTS: readonly ColumnValue[] = [null, -1e15, -2, -1.5, 0, 0.25, 1, 2, 10, 9_007_199_254_740_991, 1e300]
const NAMES: readonly ColumnValue[] = [
  ...[null, '', ' ', '_', '0', '10', '9', 'a', 'A', 'B', 'b', 'ab', 'AB', 'z', 'Z', 'zz', "O'Brien"],
  ...['Ä', 'ä', 'é', '\u{ffee}', '\u{1f600}', '\u{10ffff}'],
]

/** Enough rows that every value meets others, and many are equal. */
function sampleRows(): StoredRow[] {
  const random = seededRandom(7)
  const pick = (from: readonly ColumnValue[]): ColumnValue => from[Math.floor(random() * from.length)] ?? null
  const count = 150
  const numbers = Array.from({ length: count }, (_, n) => n).sort((a, b) => ((a * 37) % count) - ((b * 37) % count))
  return numbers.map((n) => ({
    id: guid(n),
    version: null,
    values: {
      flag: pick(FLAGS),
      amount: n < AMOUNTS.length ? (AMOUNTS[n] ?? null) : pick(AMOUNTS),
      name: n < NAMES.length ? (NAMES[n] ?? null) : pick(NAMES),
    },
  }))
}

/** The order of the port, written down a second time so that a store is not judged by its own code. */
function order(a: ColumnValue, b: ColumnValue): number {
  const place = (value: ColumnValue): number => ['object', 'boolean', 'number', 'string'].indexOf(typeof value)
  if (typeof a !== typeof b) return place(a) - place(b)
  if (typeof a !== 'string' || typeof b !== 'string') return Number(a) < Number(b) ? -1 : Number(a) > Number(b) ? 1 : 0
  const points = (text: string): number[] =>
    Array.from(
      text.replace(/[A-Z]/g, (letter) => letter.toLowerCase()),
      (character) => character.codePointAt(0) ?? 0,
    )
  const [left, right] = [points(a), points(b)]
  const different = left.findIndex((point, at) => point !== right[at])
  if (different < 0) return left.length - right.length
  return (left[different] ?? 0) - (right[different] ?? -1)
}

function expected(rows: readonly StoredRow[], request: ScanRequest): StoredRow[] {
  const columns = SAMPLE.indexes.find((index) => index.name === request.index)?.columns ?? []
  const equals = request.equals ?? []
  const ranged = columns[equals.length]
  const at = (row: StoredRow, column: string | undefined): ColumnValue => row.values[column ?? ''] ?? null
  const inRange = (row: StoredRow): boolean => {
    if (!equals.every((value, n) => order(at(row, columns[n]), value) === 0)) return false
    const { from, to } = request
    const low = from ? order(at(row, ranged), from.value) : 1
    const high = to ? order(at(row, ranged), to.value) : -1
    return (low > 0 || (low === 0 && from?.inclusive === true)) && (high < 0 || (high === 0 && to?.inclusive === true))
  }
  const sorted = rows.filter(inRange).sort((a, b) => {
    const byColumns = columns.map((column) => order(at(a, column), at(b, column))).find((result) => result !== 0)
    return byColumns ?? (a.id < b.id ? -1 : 1)
  })
  return request.direction === 'descending' ? sorted.reverse() : sorted
}

async function filled(open: (tables: readonly StoreTable[]) => Promise<Store>): Promise<[Store, StoredRow[]]> {
  const store = await open([SAMPLE])
  const rows = sampleRows()
  await store.write('fill', (tx) => tx.putRows('sample', rows))
  return [store, rows]
}

function ids(rows: readonly StoredRow[]): string {
  return rows.map((row) => row.id.slice(-3)).join(' ')
}

const DIRECTIONS = ['ascending', 'descending'] as const

export function indexContract({ test, expect, rejects }: Contract): void {
  test('rows come in index order, rows with equal values by id, and descending is the exact reverse', async (database) => {
    const [store, rows] = await filled(database.open)
    await store.read('scan', async (tx) => {
      for (const index of [undefined, ...SAMPLE.indexes.map(({ name }) => name)]) {
        for (const direction of DIRECTIONS) {
          const request = { ...(index === undefined ? {} : { index }), direction }
          expect(await tx.scan('sample', request), JSON.stringify(request)).toStrictEqual(expected(rows, request))
        }
      }
    })
  })

  test('a range on an index has exactly the rows between its bounds', async (database) => {
    const [store, rows] = await filled(database.open)
    const requests: ScanRequest[] = []
    const bounds = (values: readonly ColumnValue[]): Pick<ScanRequest, 'from' | 'to'>[] => {
      const ends = values.flatMap((value) => [true, false].map((inclusive) => ({ value, inclusive })))
      const between = ends.map((from, n) => ({ from, to: ends[(n * 7 + 3) % ends.length] ?? from }))
      return [...ends.map((from) => ({ from })), ...ends.map((to) => ({ to })), ...between]
    }
    for (const direction of DIRECTIONS) {
      for (const range of bounds(FLAGS)) requests.push({ index: 'flag', direction, ...range })
      for (const range of bounds([...AMOUNTS, 0.5])) requests.push({ index: 'amount', direction, ...range })
      for (const range of bounds([...NAMES, 'c', 'ZZZ'])) requests.push({ index: 'name', direction, ...range })
      for (const flag of FLAGS) {
        requests.push({ index: 'all', direction, equals: [flag] })
        for (const range of bounds([null, -2, 0, 1]))
          requests.push({ index: 'all', direction, equals: [flag], ...range })
      }
      for (const name of ['a', 'Ab', 'no such']) requests.push({ index: 'name', direction, equals: [name] })
      requests.push({ index: 'all', direction, equals: [true, 1], from: { value: 'B', inclusive: true } })
      requests.push({ index: 'all', direction, equals: [null, null, null] })
    }
    await store.read('scan', async (tx) => {
      for (const request of requests) {
        expect(ids(await tx.scan('sample', request)), JSON.stringify(request)).toStrictEqual(
          ids(expected(rows, request)),
        )
      }
    })
  })

  test('parts behind a row, one after another, are together exactly the whole scan', async (database) => {
    const [store, rows] = await filled(database.open)
    const whole: ScanRequest[] = DIRECTIONS.flatMap((direction): ScanRequest[] => [
      { direction },
      ...SAMPLE.indexes.map(({ name }) => ({ index: name, direction })),
      { index: 'all', direction, equals: [null] },
      { index: 'all', direction, equals: [true], from: { value: null, inclusive: false } },
      { index: 'name', direction, from: { value: 'A', inclusive: true }, to: { value: 'z', inclusive: true } },
    ])
    await store.read('scan', async (tx) => {
      for (const request of whole) {
        for (const limit of [1, 7, 50]) {
          if (limit === 1 && request.index !== 'all') continue
          const found: StoredRow[] = []
          for (;;) {
            const after = found[found.length - 1]
            const part = await tx.scan('sample', { ...request, limit, ...(after ? { after } : {}) })
            if (part.length === 0) break
            found.push(...part)
          }
          const place = `${JSON.stringify(request)} by ${limit}`
          expect(ids(found), place).toStrictEqual(ids(expected(rows, request)))
        }
      }
    })
  })

  test('a scan continues behind a row that is no longer there, or has changed since', async (database) => {
    const [store, rows] = await filled(database.open)
    const request = { index: 'all' }
    const all = expected(rows, request)
    const [tenth, twentieth] = [all[9], all[19]]
    if (!tenth || !twentieth) throw new Error('the sample is too small')
    await store.write('change', async (tx) => {
      await tx.deleteRows('sample', [tenth.id])
      await tx.putRows('sample', [{ ...twentieth, values: { flag: null, amount: null, name: null } }])
    })
    await store.read('scan', async (tx) => {
      const behindTenth = await tx.scan('sample', { ...request, after: tenth, limit: 5 })
      expect(ids(behindTenth)).toStrictEqual(ids(all.slice(10, 15)))
      const behindTwentieth = await tx.scan('sample', { ...request, after: twentieth, limit: 5 })
      expect(ids(behindTwentieth)).toStrictEqual(ids(all.slice(20, 25)))
    })
  })

  test('a bound of another type than the column means what index order says', async (database) => {
    const [store, rows] = await filled(database.open)
    const requests: ScanRequest[] = [true, 0, '', '5'].flatMap((value): ScanRequest[] =>
      ['flag', 'amount', 'name'].flatMap((index): ScanRequest[] => [
        { index, from: { value, inclusive: true } },
        { index, to: { value, inclusive: true } },
        { index, equals: [value] },
      ]),
    )
    await store.read('scan', async (tx) => {
      for (const request of requests) {
        expect(ids(await tx.scan('sample', request)), JSON.stringify(request)).toStrictEqual(
          ids(expected(rows, request)),
        )
      }
    })
  })

  test('the order follows rows as they change and go', async (database) => {
    const [store, rows] = await filled(database.open)
    const changed = rows
      .slice(0, 40)
      .map((row, n) => ({ ...row, values: { ...row.values, name: NAMES[n % NAMES.length] ?? null } }))
    const gone = rows.slice(40, 80).map((row) => row.id)
    await store.write('change', async (tx) => {
      await tx.putRows('sample', changed)
      await tx.deleteRows('sample', gone)
    })
    const left = [...changed, ...rows.slice(80)]
    const reopened = await database.reopen()
    await reopened.read('scan', async (tx) => {
      for (const { name } of SAMPLE.indexes) {
        expect(await tx.scan('sample', { index: name })).toStrictEqual(expected(left, { index: name }))
      }
    })
  })

  test('a range the table cannot read is refused as invalid', async (database) => {
    const [store] = await filled(database.open)
    const scan = (request: ScanRequest): Promise<unknown> => store.read('scan', (tx) => tx.scan('sample', request))
    await rejects('invalid', scan({ index: 'no such index' }))
    await rejects('invalid', scan({ equals: ['x'] }))
    await rejects('invalid', scan({ from: { value: 'x', inclusive: true } }))
    await rejects('invalid', scan({ index: 'flag', equals: [true], from: { value: 1, inclusive: true } }))
    await rejects('invalid', scan({ index: 'flag', equals: [true, 1] }))
    await rejects(
      'invalid',
      store.read('scan', (tx) => tx.scan('nosuchtable', {})),
    )
  })

  test('a limit of 0 gives nothing', async (database) => {
    const [store] = await filled(database.open)
    await store.read('scan', async (tx) => {
      expect(await tx.scan('sample', { limit: 0 })).toStrictEqual([])
      expect(await tx.ids('sample', { limit: 0 })).toStrictEqual([])
      expect(await tx.findTransactions({ limit: 0 })).toStrictEqual([])
    })
  })
}
