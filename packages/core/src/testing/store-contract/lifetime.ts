import type { Contract } from './contract.ts'
import { ACCOUNT, account, CONTACT, contents, guid, transaction } from './samples.ts'

export function lifetimeContract({ test, expect, rejects }: Contract): void {
  test('after closing, every method rejects, and closing again is allowed', async (database) => {
    const store = await database.open([ACCOUNT])
    await store.close()
    await store.close()
    await rejects(
      'closed',
      store.read('read', (tx) => tx.count('account')),
    )
    await rejects(
      'closed',
      store.write('write', (tx) => tx.putRows('account', [account(1)])),
    )
  })

  test('closing waits for the transactions that are running', async (database) => {
    const store = await database.open([ACCOUNT])
    const outcomes: string[] = []
    const writing = store
      .write('write', async (tx) => {
        await tx.putRows('account', [account(1)])
        await tx.appendTransactions([transaction('a')])
      })
      .then(() => outcomes.push('written'))
    const queued = store.write('queued', (tx) => tx.setValue('key', 1)).then(() => outcomes.push('queued'))
    const reading = store.read('read', (tx) => tx.count('account')).then(() => outcomes.push('read'))
    const closing = store.close()
    await rejects(
      'closed',
      store.write('late', (tx) => tx.setValue('key', 2)),
    )
    await closing
    await Promise.all([writing, queued, reading])
    expect(outcomes.sort()).toStrictEqual(['queued', 'read', 'written'])
    const reopened = await database.reopen()
    await reopened.read('check', async (tx) => {
      expect(await tx.ids('account', { limit: 9 })).toStrictEqual([guid(1)])
      expect((await tx.countTransactions()).pending).toStrictEqual(1)
      expect(await tx.value('key')).toStrictEqual(1)
    })
  })

  test('a new database is empty', async (database) => {
    const store = await database.open()
    expect(await contents(store, [])).toStrictEqual({
      perTable: [],
      transactions: [],
      counts: { pending: 0, processed: 0, error: 0, archived: 0 },
      values: [],
    })
  })

  test('an exclusive database cannot be opened twice, and can again once it is closed', async (database) => {
    const store = await database.open([ACCOUNT])
    if (!store.exclusive) return
    await store.write('write', (tx) => tx.putRows('account', [account(1)]))
    await rejects('store-busy', database.open())
    await store.write('still works', (tx) => tx.putRows('account', [account(2)]))
    const reopened = await database.reopen()
    expect(await reopened.read('count', (tx) => tx.count('account'))).toStrictEqual(2)
  })

  test('stores that share a database see the commits and tables of each other', async (database) => {
    const one = await database.open([ACCOUNT])
    if (one.exclusive) return
    const two = await database.open()
    await one.write('fill', (tx) => tx.putRows('account', [account(1)]))
    expect(await two.read('count', (tx) => tx.count('account'))).toStrictEqual(1)
    await two.write('tables', (tx) => tx.defineTables([{ ...ACCOUNT, indexes: [] }, CONTACT]))
    await rejects(
      'invalid',
      one.read('scan', (tx) => tx.scan('account', { index: 'by name' })),
    )
    await one.write('fill', (tx) =>
      tx.putRows('contact', [{ id: guid(2), version: null, values: { fullname: 'Ann' } }]),
    )
    const found = await two.read('scan', (tx) => tx.scan('contact', { index: 'by parent' }))
    expect(found.map((row) => row.id)).toStrictEqual([guid(2)])
    const counted = Array.from({ length: 20 }, (_, n) => (n % 2 === 0 ? one : two)).map((store) =>
      store.write('count', async (tx) => {
        await tx.setValue('count', (((await tx.value('count')) as number | undefined) ?? 0) + 1)
        return tx.appendTransactions([transaction('a')])
      }),
    )
    const seqs = (await Promise.all(counted)).flat()
    expect(new Set(seqs).size).toStrictEqual(20)
    expect(await one.read('count', (tx) => tx.value('count'))).toStrictEqual(20)
  })
}
