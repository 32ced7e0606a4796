import type { StoreTable } from '../../ports/store.ts'
import type { Contract } from './contract.ts'
import { ACCOUNT, account, baseOf, CONTACT, contents, guid } from './samples.ts'

function without(table: StoreTable, column: string): StoreTable {
  return {
    ...table,
    columns: table.columns.filter(({ name }) => name !== column),
    indexes: table.indexes.filter(({ columns }) => !columns.includes(column)),
  }
}

const WITH_CITY: StoreTable = { ...ACCOUNT, columns: [...ACCOUNT.columns, { name: 'city', type: 'text' }] }

export function tablesContract({ test, expect, rejects }: Contract): void {
  const rows = Array.from({ length: 30 }, (_, n) => account(n))

  test('a new column is null in the rows that were there, and takes values', async (database) => {
    const store = await database.open([ACCOUNT])
    await store.write('fill', (tx) => tx.putRows('account', rows))
    await store.write('widen', (tx) => tx.defineTables([WITH_CITY]))
    await store.read('check', async (tx) => {
      expect(await tx.scan('account', {})).toStrictEqual(
        rows.map((row) => ({ ...row, values: { ...row.values, city: null } })),
      )
    })
    await store.write('fill', (tx) => tx.putRows('account', [account(1, { city: 'Brno' })]))
    const reopened = await database.reopen()
    expect((await reopened.read('check', (tx) => tx.rows('account', [guid(1)])))[0]?.values['city']).toStrictEqual(
      'Brno',
    )
  })

  test('a dropped column is gone, and is null when it comes again', async (database) => {
    const store = await database.open([ACCOUNT])
    await store.write('fill', (tx) => tx.putRows('account', rows))
    await store.write('narrow', (tx) => tx.defineTables([without(ACCOUNT, 'employees')]))
    const [narrow] = await store.read('check', (tx) => tx.rows('account', [guid(1)]))
    expect(Object.keys(narrow?.values ?? {}).sort()).toStrictEqual(['donotphone', 'name', 'revenue'])
    await rejects(
      'invalid',
      store.read('scan', (tx) => tx.scan('account', { index: 'by size' })),
    )
    await rejects(
      'invalid',
      store.write('fill', (tx) => tx.putRows('account', [account(1)])),
    )
    await store.write('widen', (tx) => tx.defineTables([ACCOUNT]))
    await store.read('check', async (tx) => {
      const again = rows.map((row) => ({ ...row, values: { ...row.values, employees: null } }))
      expect(await tx.scan('account', {})).toStrictEqual(again)
      const nulls = await tx.scan('account', { index: 'by size', equals: [true, null] })
      expect(nulls.length).toStrictEqual(15)
    })
  })

  test('a column whose type changed is a new column', async (database) => {
    const store = await database.open([ACCOUNT])
    await store.write('fill', (tx) => tx.putRows('account', rows))
    const columns = ACCOUNT.columns.map((column) =>
      column.name === 'employees' ? { ...column, type: 'text' as const } : column,
    )
    await store.write('change', (tx) => tx.defineTables([{ ...ACCOUNT, columns }]))
    await store.write('fill', (tx) => tx.putRows('account', [account(1, { employees: 'many' })]))
    await store.read('check', async (tx) => {
      const kept = await tx.rows('account', [guid(0), guid(1)])
      expect(kept.map((row) => row?.values['employees'])).toStrictEqual([null, 'many'])
      expect(await tx.count('account')).toStrictEqual(30)
    })
  })

  test('an index that is added covers the rows that were there; one that is dropped is unknown', async (database) => {
    const store = await database.open([{ ...ACCOUNT, indexes: [] }])
    await store.write('fill', (tx) => tx.putRows('account', rows))
    await rejects(
      'invalid',
      store.read('scan', (tx) => tx.scan('account', { index: 'by name' })),
    )
    await store.write('index', (tx) => tx.defineTables([ACCOUNT]))
    const reopened = await database.reopen()
    await reopened.read('check', async (tx) => {
      const odd = await tx.scan('account', { index: 'by size', equals: [false], direction: 'descending', limit: 3 })
      expect(odd).toStrictEqual([account(29), account(27), account(25)])
    })
    await reopened.write('drop', (tx) => tx.defineTables([{ ...ACCOUNT, indexes: [] }]))
    await rejects(
      'invalid',
      reopened.read('scan', (tx) => tx.scan('account', { index: 'by size' })),
    )
    expect(await reopened.read('count', (tx) => tx.count('account'))).toStrictEqual(30)
  })

  test('an index that keeps its name but changes its columns is made anew', async (database) => {
    const store = await database.open([ACCOUNT])
    await store.write('fill', (tx) => tx.putRows('account', rows))
    const changed = { ...ACCOUNT, indexes: [{ name: 'by name', columns: ['employees'] }] }
    await store.write('change', (tx) => tx.defineTables([changed]))
    await store.write('fill', (tx) => tx.putRows('account', [account(3, { employees: -1 })]))
    const first = await store.read('scan', (tx) => tx.scan('account', { index: 'by name', limit: 2 }))
    expect(first.map((row) => row.id)).toStrictEqual([guid(3), guid(0)])
  })

  test('a dropped table is gone with its rows and bases; the others keep theirs', async (database) => {
    const store = await database.open([ACCOUNT, CONTACT])
    await store.write('fill', async (tx) => {
      await tx.putRows('account', rows)
      await tx.putBases('account', [baseOf(account(1))])
      await tx.putRows('contact', [{ id: guid(1), version: null, values: { fullname: 'Ann' } }])
      await tx.putBases('contact', [{ id: guid(1), version: null, values: null, local: 'created' }])
    })
    await store.write('drop', (tx) => tx.defineTables([CONTACT]))
    await rejects(
      'invalid',
      store.read('count', (tx) => tx.count('account')),
    )
    await store.write('again', (tx) => tx.defineTables([ACCOUNT, CONTACT]))
    const reopened = await database.reopen()
    await reopened.read('check', async (tx) => {
      expect(await tx.count('account')).toStrictEqual(0)
      expect(await tx.bases('account')).toStrictEqual([])
      expect(await tx.scan('account', { index: 'by name' })).toStrictEqual([])
      expect((await tx.scan('contact', { index: 'by parent' })).map((row) => row.values['fullname'])).toStrictEqual([
        'Ann',
      ])
      expect((await tx.bases('contact')).length).toStrictEqual(1)
    })
  })

  test('a change of the tables that rolls back leaves rows, columns and indexes as they were', async (database) => {
    const store = await database.open([ACCOUNT, CONTACT])
    await store.write('fill', (tx) => tx.putRows('account', rows))
    const before = await contents(store, [ACCOUNT, CONTACT])
    const failing = store.write('change', async (tx) => {
      await tx.defineTables([{ ...without(WITH_CITY, 'employees'), indexes: [{ name: 'by city', columns: ['city'] }] }])
      await tx.putRows('account', [{ id: guid(50), version: null, values: { city: 'Brno' } }])
      await tx.scan('account', { index: 'by city' })
      await tx.defineTables([])
      throw new OutOfLuck()
    })
    expect(await failing.catch((error: unknown) => error instanceof OutOfLuck)).toStrictEqual(true)
    expect(await contents(store, [ACCOUNT, CONTACT])).toStrictEqual(before)
    await store.write('still works', (tx) => tx.putRows('account', [account(31)]))
    expect(await contents(await database.reopen(), [ACCOUNT, CONTACT])).toStrictEqual(
      await contents(await database.reopen(), [ACCOUNT, CONTACT]),
    )
  })

  test('defining the tables that are there changes nothing', async (database) => {
    const store = await database.open([ACCOUNT, CONTACT])
    await store.write('fill', (tx) => tx.putRows('account', rows))
    const before = await contents(store, [ACCOUNT, CONTACT])
    await store.write('same', (tx) => tx.defineTables([CONTACT, ACCOUNT]))
    expect(await contents(store, [ACCOUNT, CONTACT])).toStrictEqual(before)
  })

  test('names are taken as they are, whatever characters and reserved words they hold', async (database) => {
    const odd: StoreTable = {
      name: 'select "*" from',
      columns: [
        { name: 'order', type: 'text' },
        { name: 'a"b', type: 'number' },
        { name: "it's; --", type: 'boolean' },
        { name: 'rowid', type: 'text' },
        { name: 'id', type: 'number' },
        { name: 'version', type: 'text' },
        { name: 'größe $1 ?', type: 'number' },
      ],
      indexes: [{ name: 'group by "x"', columns: ['order', 'a"b', 'id'] }],
    }
    const others = ['outbox', 'transactions', 'values', 'rows', 'sqlite_master'].map((name) => ({ ...CONTACT, name }))
    const row = {
      id: guid(1),
      version: 'v',
      values: { order: 'x', 'a"b': 1, "it's; --": true, rowid: 'r', id: 7, version: 'w', 'größe $1 ?': 2 },
    }
    const store = await database.open([odd, ...others])
    await store.write('write', async (tx) => {
      await tx.putRows(odd.name, [row])
      for (const { name } of others)
        await tx.putRows(name, [{ id: guid(1), version: null, values: { fullname: name } }])
    })
    const reopened = await database.reopen()
    await reopened.read('check', async (tx) => {
      expect(await tx.scan(odd.name, { index: 'group by "x"', equals: ['X', 1] })).toStrictEqual([row])
      for (const { name } of others) {
        expect((await tx.scan(name, { index: 'by parent' }))[0]?.values['fullname']).toStrictEqual(name)
      }
    })
    await reopened.write('narrow', (tx) => tx.defineTables([without(odd, 'a"b')]))
    expect(await reopened.read('count', (tx) => tx.count(odd.name))).toStrictEqual(1)
  })

  test('tables that cannot be kept are refused as invalid', async (database) => {
    const store = await database.open([ACCOUNT])
    const define = (over: Partial<StoreTable>): Promise<void> =>
      store.write('define', (tx) => tx.defineTables([{ ...ACCOUNT, ...over }]))
    await rejects('invalid', define({ indexes: [{ name: 'x', columns: [] }] }))
    await rejects('invalid', define({ indexes: [{ name: 'x', columns: ['name', 'employees', 'donotphone', 'name'] }] }))
    await rejects('invalid', define({ indexes: [{ name: 'x', columns: ['nosuch'] }] }))
    await rejects('invalid', define({ indexes: [{ name: 'x', columns: ['revenue'] }] }))
    await rejects('invalid', define({ columns: [...ACCOUNT.columns, { name: 'name', type: 'text' }] }))
    await rejects(
      'invalid',
      store.write('define', (tx) => tx.defineTables([ACCOUNT, ACCOUNT])),
    )
  })
}

class OutOfLuck extends Error {}
