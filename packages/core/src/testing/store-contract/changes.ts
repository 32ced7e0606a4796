import type { Store, StoreChange } from '../../ports/store.ts'
import type { Contract } from './contract.ts'
import { ACCOUNT, account, baseOf, CONTACT, guid, transaction } from './samples.ts'

function plain({ name, rows, transactions }: StoreChange): unknown {
  const tables: Record<string, string[]> = {}
  for (const [table, ids] of rows) tables[table] = [...ids].sort()
  return { name, rows: tables, transactions: [...transactions].sort((a, b) => a - b) }
}

export function changesContract({ test, expect }: Contract): void {
  test('a commit is told with its name, the ids of its rows by table, and its transactions', async (database) => {
    const store = await database.open([ACCOUNT, CONTACT])
    await store.write('prepare', (tx) => tx.putRows('account', [account(3)]))
    const told: unknown[] = []
    store.subscribe((change) => told.push(plain(change)))
    const [seq = 0] = await store.write('write order', async (tx) => {
      await tx.putRows('account', [account(1), account(2)])
      await tx.putRows('account', [account(2)])
      await tx.deleteRows('account', [guid(3)])
      await tx.putRows('contact', [{ id: guid(9), version: null, values: {} }])
      await tx.putBases('account', [baseOf(account(1))])
      return tx.appendTransactions([transaction('a')])
    })
    await store.write('settle', (tx) => tx.putTransactions([{ ...transaction('a', { status: 'processed' }), seq }]))
    await store.write('discard', (tx) => tx.deleteTransactions([seq]))
    await store.write('checkpoint', (tx) => tx.setValue('checkpoint', 1))
    expect(told).toStrictEqual([
      {
        name: 'write order',
        rows: { account: [guid(1), guid(2), guid(3)], contact: [guid(9)] },
        transactions: [seq],
      },
      { name: 'settle', rows: {}, transactions: [seq] },
      { name: 'discard', rows: {}, transactions: [seq] },
      { name: 'checkpoint', rows: {}, transactions: [] },
    ])
  })

  test('a listener is called after the commit and before the write resolves, in commit order', async (database) => {
    const store = await database.open([ACCOUNT])
    const timeline: string[] = []
    const looks: Promise<void>[] = []
    store.subscribe(({ name }) => {
      timeline.push(`told ${name}`)
      looks.push(
        store.read('look', async (tx) => {
          expect((await tx.rows('account', [guid(Number(name))]))[0]?.id).toStrictEqual(guid(Number(name)))
        }),
      )
    })
    const writes = [1, 2, 3, 4].map(async (n) => {
      await store.write(String(n), (tx) => tx.putRows('account', [account(n)]), {
        durability: n % 2 === 0 ? 'relaxed' : 'strict',
      })
      timeline.push(`resolved ${n}`)
    })
    await Promise.all(writes)
    await Promise.all(looks)
    const order = timeline.filter((entry) => entry.startsWith('told'))
    expect(order).toStrictEqual(['told 1', 'told 2', 'told 3', 'told 4'])
    for (const n of [1, 2, 3, 4]) {
      expect(timeline.indexOf(`told ${n}`) < timeline.indexOf(`resolved ${n}`)).toStrictEqual(true)
    }
  })

  test('nothing is told of a write that was rolled back, nor of a read', async (database) => {
    const store = await database.open([ACCOUNT])
    const told: string[] = []
    store.subscribe(({ name }) => told.push(name))
    await store
      .write('fails', async (tx) => {
        await tx.putRows('account', [account(1)])
        throw new Error('planned')
      })
      .catch(() => undefined)
    await store.read('reads', (tx) => tx.count('account'))
    await store.write('works', (tx) => tx.putRows('account', [account(1)]))
    expect(told).toStrictEqual(['works'])
  })

  test('a table that is defined anew, dropped or cleared is told without ids', async (database) => {
    const store = await database.open([ACCOUNT, CONTACT])
    await store.write('fill', (tx) => tx.putRows('account', [account(1)]))
    const told: unknown[] = []
    store.subscribe((change) => told.push(plain(change)))
    const [seq = 0] = await store.write('drop', async (tx) => {
      await tx.defineTables([CONTACT])
      return tx.appendTransactions([transaction('a')])
    })
    await store.write('change', async (tx) => {
      await tx.defineTables([{ ...CONTACT, indexes: [] }])
      await tx.putRows('contact', [{ id: guid(1), version: null, values: {} }])
    })
    await store.write('clear', (tx) => tx.clear())
    expect(told).toStrictEqual([
      { name: 'drop', rows: { account: [] }, transactions: [seq] },
      { name: 'change', rows: { contact: [] }, transactions: [] },
      { name: 'clear', rows: { contact: [] }, transactions: [seq] },
    ])
  })

  test('another version of a row is a change that nobody is told of', async (database) => {
    const store = await database.open([ACCOUNT])
    await store.write('write', (tx) => tx.putRows('account', [account(1)]))
    const told: StoreChange[] = []
    store.subscribe((change) => told.push(change))
    await store.write('touch', (tx) => tx.setVersions('account', new Map([[guid(1), 'W/"90"']])))
    expect(told.flatMap((change) => [...change.rows])).toStrictEqual([])
  })

  test('a listener that has left is not called again; the others are', async (database) => {
    const store = await database.open()
    const told: string[] = []
    const leave = store.subscribe(({ name }) => told.push(`first ${name}`))
    store.subscribe(({ name }) => told.push(`second ${name}`))
    await store.write('a', (tx) => tx.setValue('key', 1))
    leave()
    leave()
    await store.write('b', (tx) => tx.setValue('key', 2))
    expect(told).toStrictEqual(['first a', 'second a', 'second b'])
  })

  test('a commit elsewhere is told as such, where the database can be open elsewhere', async (database) => {
    const store = await database.open([ACCOUNT])
    if (store.exclusive) return
    const other: Store = await database.open()
    const heard = new Promise<StoreChange>((resolve) => other.subscribe(resolve))
    const [seq = 0] = await store.write('write order', async (tx) => {
      await tx.putRows('account', [account(1)])
      return tx.appendTransactions([transaction('a')])
    })
    expect(plain(await heard)).toStrictEqual({ name: 'elsewhere', rows: { account: [guid(1)] }, transactions: [seq] })
    expect(await other.read('look', (tx) => tx.count('account'))).toStrictEqual(1)
  })
}
