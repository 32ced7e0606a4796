import type { StoreChange, StoredRow, StoreTable } from '../../ports/store.ts'
import type { ColumnValue, Row } from '../../row.ts'
import type { Contract } from './contract.ts'
import { ACCOUNT, account, baseOf, CONTACT, guid } from './samples.ts'

const WIDE: StoreTable = {
  name: 'wide',
  columns: Array.from({ length: 200 }, (_, n) => ({
    name: `column${n}`,
    type: (['text', 'number', 'boolean', 'decimal'] as const)[n % 4] ?? 'text',
  })),
  indexes: [{ name: 'first', columns: ['column0', 'column1', 'column2'] }],
}

function wideRow(n: number): StoredRow {
  const samples: readonly ColumnValue[] = [`text ${n}`, n / 3, n % 2 === 0, '123456789012345678.0123456789']
  return {
    id: guid(n),
    version: null,
    values: Object.fromEntries(
      WIDE.columns.map(({ name }, at) => [name, at % 7 === 6 ? null : (samples[at % 4] ?? null)]),
    ),
  }
}

export function rowsContract({ test, expect, rejects }: Contract): void {
  test('a value comes back exactly as it was given', async (database) => {
    const texts = [
      '',
      ' ',
      'Ärger',
      "'; drop table x; --",
      '"quoted"',
      '007',
      '1e3',
      'true',
      'null',
      '\u{1f600}',
      'a\tb\nc',
      'a\0b',
      '\ud800x',
    ]
    const numbers = [
      0,
      -1,
      0.1,
      1 / 3,
      -123456.789,
      2 ** 53 - 1,
      2 ** 53,
      -(2 ** 53),
      1e21,
      1e-7,
      5e-324,
      1.7976931348623157e308,
    ]
    const decimals = [0.1, 5, '5', '5.00', '12345678901234567890.123456789', '-0.0000000000000000000001', '007', 1e15]
    const rows = [
      ...texts.map((name, n) => account(n, { name })),
      ...numbers.map((employees, n) => account(100 + n, { employees })),
      ...decimals.map((revenue, n) => account(200 + n, { revenue })),
      ...[true, false, null].map((donotphone, n) => account(300 + n, { donotphone })),
      account(400, {}, null),
    ]
    const store = await database.open([ACCOUNT])
    await store.write('write', (tx) => tx.putRows('account', rows))
    const reopened = await database.reopen()
    await reopened.read('check', async (tx) => {
      expect(
        await tx.rows(
          'account',
          rows.map((row) => row.id),
        ),
      ).toStrictEqual(rows)
      expect(await tx.scan('account', {})).toStrictEqual(rows)
      for (const name of texts) {
        const same = await tx.scan('account', { index: 'by name', equals: [name] })
        expect(
          same.map((row) => row.values['name']),
          JSON.stringify(name),
        ).toStrictEqual([name])
      }
    })
  })

  test('a column that the row does not give is null', async (database) => {
    const store = await database.open([ACCOUNT])
    await store.write('write', async (tx) => {
      await tx.putRows('account', [account(1)])
      await tx.putRows('account', [{ id: guid(1), version: null, values: { name: 'only' } }])
    })
    const [row] = await store.read('check', (tx) => tx.rows('account', [guid(1)]))
    const nothingElse: Row = { name: 'only', employees: null, donotphone: null, revenue: null }
    expect(row).toStrictEqual({ id: guid(1), version: null, values: nothingElse })
  })

  test('rows come in the order of the ids asked for, undefined where there is none', async (database) => {
    const store = await database.open([ACCOUNT])
    await store.write('write', (tx) => tx.putRows('account', [account(1), account(2), account(3)]))
    await store.read('check', async (tx) => {
      const found = await tx.rows('account', [guid(3), guid(9), guid(1), guid(3)])
      expect(found).toStrictEqual([account(3), undefined, account(1), account(3)])
      expect(await tx.rows('account', [])).toStrictEqual([])
      expect([...(await tx.versions('account', [guid(9), guid(2)]))]).toStrictEqual([[guid(2), 'W/"2"']])
    })
  })

  test('a version that is not known is null, and is not the same as no row', async (database) => {
    const store = await database.open([ACCOUNT])
    await store.write('write', (tx) => tx.putRows('account', [account(1, {}, null)]))
    const versions = await store.read('check', (tx) => tx.versions('account', [guid(1), guid(2)]))
    expect([...versions]).toStrictEqual([[guid(1), null]])
  })

  test('the last of several rows with one id in a page is kept', async (database) => {
    const store = await database.open([ACCOUNT])
    await store.write('write', (tx) => tx.putRows('account', [account(1), account(1, { name: 'later' })]))
    await store.read('check', async (tx) => {
      expect(await tx.scan('account', { index: 'by name' })).toStrictEqual([account(1, { name: 'later' })])
      expect(await tx.count('account')).toStrictEqual(1)
    })
  })

  test('only rows whose ids are not there are added; the ids of the others are told, and they stay as they are', async (database) => {
    const store = await database.open([ACCOUNT])
    await store.write('write', (tx) => tx.putRows('account', [account(1), account(3, {}, null)]))
    const told: StoreChange[] = []
    store.subscribe((change) => told.push(change))
    const later = [1, 2, 3, 4].map((number) => account(number, { name: 'later' }, 'W/"90"'))
    const held = await store.write('add', async (tx) => {
      const ids = await tx.addRows('account', later)
      expect(await tx.count('account')).toStrictEqual(4)
      return ids
    })
    expect([...held].toSorted()).toStrictEqual([guid(1), guid(3)])
    expect(told.flatMap((change) => [...change.rows])).toStrictEqual([['account', [guid(2), guid(4)]]])
    const reopened = await database.reopen()
    await reopened.read('check', async (tx) => {
      const [, second, , fourth] = later
      expect(await tx.scan('account', {})).toStrictEqual([account(1), second, account(3, {}, null), fourth])
      expect(await tx.scan('account', { index: 'by name', equals: ['later'] })).toStrictEqual([second, fourth])
    })
    await reopened.write('add nothing', async (tx) => {
      expect(await tx.addRows('account', [])).toStrictEqual([])
      expect(await tx.addRows('account', [account(2)])).toStrictEqual([guid(2)])
      expect(await tx.addRows('account', [account(5)])).toStrictEqual([])
    })
    await rejects(
      'invalid',
      reopened.write('add', (tx) => tx.addRows('nosuchtable', [account(6)])),
    )
  })

  test('a row that is given another version keeps its values, and ids without a row are ignored', async (database) => {
    const store = await database.open([ACCOUNT])
    await store.write('write', async (tx) => {
      await tx.putRows('account', [account(1), account(2, {}, null), account(3)])
      await tx.putBases('account', [baseOf(account(3))])
    })
    const versions = new Map([
      [guid(1), 'W/"90"'],
      [guid(2), 'W/"91"'],
      [guid(9), 'W/"92"'],
    ])
    await store.write('touch', (tx) => tx.setVersions('account', versions))
    const reopened = await database.reopen()
    await reopened.read('check', async (tx) => {
      const kept = [account(1, {}, 'W/"90"'), account(2, {}, 'W/"91"'), account(3)]
      expect(await tx.scan('account', {})).toStrictEqual(kept)
      expect(await tx.scan('account', { index: 'by name', equals: ['Account 1'] })).toStrictEqual(kept.slice(0, 1))
      expect(await tx.bases('account')).toStrictEqual([baseOf(account(3))])
    })
    await rejects(
      'invalid',
      reopened.write('touch', (tx) => tx.setVersions('nosuchtable', versions)),
    )
  })

  test('deleting rows that are not there does nothing', async (database) => {
    const store = await database.open([ACCOUNT])
    await store.write('write', async (tx) => {
      await tx.putRows('account', [account(1)])
      await tx.deleteRows('account', [guid(8), guid(9)])
      await tx.deleteBases('account', [guid(1)])
    })
    expect(await store.read('check', (tx) => tx.count('account'))).toStrictEqual(1)
  })

  test('ids come in ascending order, part by part', async (database) => {
    const store = await database.open([ACCOUNT, CONTACT])
    const numbers = Array.from({ length: 25 }, (_, n) => (n * 7) % 25)
    await store.write('write', async (tx) => {
      await tx.putRows(
        'account',
        numbers.map((n) => account(n)),
      )
      await tx.putRows('contact', [{ id: guid(99), version: null, values: {} }])
    })
    await store.read('check', async (tx) => {
      const found: string[] = []
      for (;;) {
        const after = found[found.length - 1]
        const part = await tx.ids('account', { limit: 10, ...(after === undefined ? {} : { after }) })
        if (part.length === 0) break
        found.push(...part)
      }
      expect(found).toStrictEqual(Array.from({ length: 25 }, (_, n) => guid(n)))
    })
  })

  test('a row that is put is whole, whatever is said to stay the same', async (database) => {
    const store = await database.open([ACCOUNT])
    const before = account(1, { name: 'Before', revenue: '1.10' })
    await store.write('write', (tx) => tx.putRows('account', [before]))
    const same = [...new Set(ACCOUNT.indexes.flatMap(({ columns }) => columns))]
    const touched = { ...before, version: 'W/"2"', values: { ...before.values, revenue: '2.20' } }
    await store.write('same', (tx) => tx.putRows('account', [touched, account(2)], { same }))
    const renamed = { ...touched, version: 'W/"3"', values: { ...touched.values, name: 'AAA' } }
    await store.write('renamed', (tx) =>
      tx.putRows('account', [renamed], { same: same.filter((name) => name !== 'name') }),
    )
    await store.read('check', async (tx) => {
      expect(await tx.rows('account', [guid(1), guid(2)])).toStrictEqual([renamed, account(2)])
      const found = await tx.scan('account', { index: 'by name' })
      expect(found.map(({ id }) => id)).toStrictEqual([guid(1), guid(2)])
    })
  })

  test('versions of all rows come in parts, whatever happens between them', async (database) => {
    const store = await database.open([ACCOUNT, CONTACT])
    const numbers = Array.from({ length: 25 }, (_, n) => (n * 7) % 25)
    await store.write('write', async (tx) => {
      const rows = numbers.map((n) => account(n, {}, n === 3 ? null : `W/"${n}"`))
      await tx.putRows('account', rows)
      await tx.putRows('contact', [{ id: guid(99), version: null, values: {} }])
    })
    const found = new Map<string, string | null>()
    const read = async (after: string | undefined): Promise<string | undefined> => {
      const request = { limit: 5, ...(after === undefined ? {} : { after }) }
      const { ids, versions, next } = await store.read('part', (tx) => tx.allVersions('account', request))
      expect(versions.length > 5).toStrictEqual(false)
      expect(versions.length).toStrictEqual(ids.length)
      for (const [at, id] of ids.entries()) found.set(id, versions[at] ?? null)
      return next
    }
    const untouched = new Map(numbers.map((n) => [guid(n), n === 3 ? null : `W/"${n}"`]))
    const gone = numbers.flatMap((n, at) => (at % 6 === 0 ? [guid(n)] : []))
    for (const id of gone) untouched.delete(id)
    let next = await read(undefined)
    await store.write('delete some', (tx) => tx.deleteRows('account', gone))
    next = await read(next)
    const [dropped] = ACCOUNT.columns
    const columns = ACCOUNT.columns.filter((column) => column !== dropped)
    await store.write('drop a column', (tx) => tx.defineTables([{ ...ACCOUNT, columns, indexes: [] }, CONTACT]))
    next = await read(next)
    await store.write('an id that is no GUID', (tx) => tx.putRows('account', [{ id: 'x', version: null, values: {} }]))
    while (next !== undefined) next = await read(next)
    expect(untouched.size).toStrictEqual(20)
    expect([...untouched].filter(([id, version]) => found.get(id) !== version)).toStrictEqual([])
    expect([...found.keys()].filter((id) => id !== 'x' && !untouched.has(id) && !gone.includes(id))).toStrictEqual([])
    expect(await store.read('none', (tx) => tx.allVersions('contact', { limit: 5 }))).toStrictEqual({
      ids: [guid(99)],
      versions: [null],
      next: undefined,
    })
  })

  test('bases are kept apart from rows, table by table', async (database) => {
    const store = await database.open([ACCOUNT, CONTACT])
    const created = { id: guid(2), version: null, values: null, local: 'created' as const }
    const deleted = baseOf(account(3, { revenue: '1.10' }), 'deleted')
    await store.write('write', async (tx) => {
      await tx.putRows('account', [account(1)])
      await tx.putBases('account', [baseOf(account(1)), created, deleted])
      await tx.putBases('contact', [{ id: guid(1), version: 'W/"5"', values: { fullname: 'Ann' }, local: 'updated' }])
      await tx.deleteRows('account', [guid(1)])
    })
    const reopened = await database.reopen()
    await reopened.read('check', async (tx) => {
      expect(await tx.bases('account')).toStrictEqual([baseOf(account(1)), created, deleted])
      expect(await tx.bases('account', [guid(3), guid(9)])).toStrictEqual([deleted])
      expect(await tx.bases('account', [])).toStrictEqual([])
      expect((await tx.bases('contact')).length).toStrictEqual(1)
      expect(await tx.count('account')).toStrictEqual(0)
    })
    await reopened.write('delete', (tx) => tx.deleteBases('account', [guid(1), guid(2)]))
    expect(await reopened.read('check', (tx) => tx.bases('account'))).toStrictEqual([deleted])
  })

  test('a row of 200 columns and a text of a megabyte come back whole', async (database) => {
    const store = await database.open([WIDE, CONTACT])
    const memo = 'Žluťoučký kůň \u{1f40e} '.repeat(60_000)
    const wide = Array.from({ length: 20 }, (_, n) => wideRow(n))
    await store.write('write', async (tx) => {
      await tx.putRows('wide', wide)
      await tx.putRows('contact', [{ id: guid(1), version: null, values: { fullname: memo } }])
    })
    const reopened = await database.reopen()
    await reopened.read('check', async (tx) => {
      expect(await tx.scan('wide', {})).toStrictEqual(wide)
      expect((await tx.scan('wide', { index: 'first' })).length).toStrictEqual(20)
      const [row] = await tx.rows('contact', [guid(1)])
      expect(row?.values['fullname'] === memo).toStrictEqual(true)
    })
  })

  test('a page of 5,000 rows is one call in every operation', async (database) => {
    const store = await database.open([ACCOUNT])
    const page = Array.from({ length: 5000 }, (_, n) => account(n))
    const ids = page.map((row) => row.id)
    await store.write('page', (tx) => tx.addRows('account', page.slice(0, 4000)), { durability: 'relaxed' })
    await store.write('page', (tx) => tx.putRows('account', page), { durability: 'relaxed' })
    await store.write(
      'bases',
      (tx) =>
        tx.putBases(
          'account',
          page.map((row) => baseOf(row)),
        ),
      { durability: 'relaxed' },
    )
    await store.read('check', async (tx) => {
      expect(await tx.rows('account', ids)).toStrictEqual(page)
      expect((await tx.versions('account', ids)).size).toStrictEqual(5000)
      expect((await tx.bases('account', ids)).length).toStrictEqual(5000)
      expect((await tx.bases('account', ids.slice(100, 300))).length).toStrictEqual(200)
      expect(await tx.ids('account', { limit: 6000 })).toStrictEqual(ids)
      expect((await tx.scan('account', { index: 'by name', limit: 5000 })).length).toStrictEqual(5000)
    })
    await store.write('delete', async (tx) => {
      expect((await tx.addRows('account', page)).length).toStrictEqual(5000)
      await tx.deleteRows('account', ids)
      await tx.deleteBases('account', ids.slice(1))
      expect(await tx.bases('account', ids)).toStrictEqual(page.slice(0, 1).map((row) => baseOf(row)))
      await tx.deleteBases('account', ids)
    })
    await store.read('check', async (tx) => {
      expect(await tx.count('account')).toStrictEqual(0)
      expect(await tx.bases('account')).toStrictEqual([])
    })
  })

  test('a value of another type than its column is refused as invalid', async (database) => {
    const store = await database.open([ACCOUNT])
    const put = (values: Row): Promise<void> => store.write('put', (tx) => tx.putRows('account', [account(1, values)]))
    await rejects('invalid', put({ name: 5 }))
    await rejects('invalid', put({ name: true }))
    await rejects('invalid', put({ employees: '5' }))
    await rejects('invalid', put({ employees: NaN }))
    await rejects('invalid', put({ employees: Infinity }))
    await rejects('invalid', put({ donotphone: 1 }))
    await rejects('invalid', put({ revenue: false }))
  })

  test('a table or a column that does not exist is refused as invalid, and nothing is written', async (database) => {
    const store = await database.open([ACCOUNT])
    const unknown = { table: 'nosuchtable', row: { id: guid(1), version: null, values: {} } }
    await rejects(
      'invalid',
      store.write('write', (tx) => tx.putRows(unknown.table, [unknown.row])),
    )
    await rejects(
      'invalid',
      store.write('write', (tx) => tx.putBases(unknown.table, [baseOf(account(1))])),
    )
    await rejects(
      'invalid',
      store.write('write', (tx) => tx.deleteRows(unknown.table, [guid(1)])),
    )
    await rejects(
      'invalid',
      store.write('write', (tx) => tx.putRows('account', [account(1), account(2, { nosuch: 1 })])),
    )
    await rejects(
      'invalid',
      store.read('read', (tx) => tx.rows(unknown.table, [guid(1)])),
    )
    await rejects(
      'invalid',
      store.read('read', (tx) => tx.count(unknown.table)),
    )
    await rejects(
      'invalid',
      store.read('read', (tx) => tx.bases(unknown.table)),
    )
    await rejects(
      'invalid',
      store.read('read', (tx) => tx.ids(unknown.table, { limit: 1 })),
    )
    await rejects(
      'invalid',
      store.read('read', (tx) => tx.allVersions(unknown.table, { limit: 1 })),
    )
    expect(await store.read('count', (tx) => tx.count('account'))).toStrictEqual(0)
  })
}
