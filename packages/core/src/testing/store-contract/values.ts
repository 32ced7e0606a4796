import { OutpostError } from '../../errors.ts'
import type { Json } from '../../metadata.ts'
import type { StoreWriter } from '../../ports/store.ts'
import type { Contract } from './contract.ts'
import { ACCOUNT, account, transaction } from './samples.ts'

export function valuesContract({ test, expect, rejects }: Contract): void {
  test('a value comes back as it was given; null is a value, undefined removes', async (database) => {
    const values: readonly Json[] = [
      null,
      false,
      0,
      '',
      [],
      {},
      { a: [1, { b: null }], 'ž"': 'ž' },
      'x'.repeat(100_000),
    ]
    const store = await database.open()
    await store.write('set', async (tx) => {
      for (const [n, value] of values.entries()) await tx.setValue(`key${n}`, value)
      await tx.setValue('removed', 1)
    })
    await store.write('remove', async (tx) => {
      await tx.setValue('removed', undefined)
      await tx.setValue('never there', undefined)
      await tx.setValue('key1', true)
    })
    const reopened = await database.reopen()
    await reopened.read('get', async (tx) => {
      for (const [n, value] of values.entries()) expect(await tx.value(`key${n}`)).toStrictEqual(n === 1 ? true : value)
      expect(await tx.value('removed')).toStrictEqual(undefined)
      expect((await tx.values('')).length).toStrictEqual(values.length)
    })
  })

  test('many values are set and removed at once', async (database) => {
    const store = await database.open()
    await store.write('set', (tx) =>
      tx.setValues(
        new Map<string, Json>([
          ['kept', 1],
          ['changed', { a: null }],
          ['removed', true],
        ]),
      ),
    )
    await store.write('change', async (tx) => {
      const values = { changed: null, removed: undefined, 'never there': undefined, added: 'x' }
      await tx.setValues(new Map<string, Json | undefined>(Object.entries(values)))
      await tx.setValues(new Map())
      expect(await tx.value('removed')).toStrictEqual(undefined)
    })
    const reopened = await database.reopen()
    expect(await reopened.read('list', (tx) => tx.values(''))).toStrictEqual([
      { key: 'added', value: 'x' },
      { key: 'changed', value: null },
      { key: 'kept', value: 1 },
    ])
  })

  test('values are listed by prefix in key order', async (database) => {
    const store = await database.open()
    const keys = [
      'checkpoint/b',
      'checkpoint',
      'checkpoint/',
      'checkpoint/a',
      'checkpoint0',
      'CHECKPOINT/a',
      'a%',
      'a_',
      'ab',
      'checkpoint/ž',
    ]
    await store.write('set', async (tx) => {
      for (const key of keys) await tx.setValue(key, key)
    })
    await store.read('list', async (tx) => {
      const listed = async (prefix: string): Promise<string[]> => (await tx.values(prefix)).map(({ key }) => key)
      expect(await listed('checkpoint/')).toStrictEqual(['checkpoint/', 'checkpoint/a', 'checkpoint/b', 'checkpoint/ž'])
      expect(await listed('a')).toStrictEqual(['a%', 'a_', 'ab'])
      expect(await listed('a%')).toStrictEqual(['a%'])
      expect(await listed('a_')).toStrictEqual(['a_'])
      expect(await listed('z')).toStrictEqual([])
      expect(await listed('')).toStrictEqual([...keys].sort())
      expect(await tx.values('ab')).toStrictEqual([{ key: 'ab', value: 'ab' }])
    })
  })

  test('a write finds the values that were committed last, whatever one that failed had set', async (database) => {
    const store = await database.open()
    const failure = new OutpostError('refused', 'not like this')
    const found = (name: string): Promise<Json | undefined> => store.write(name, (tx) => tx.value('key'))
    const fail = (): Promise<void> =>
      store.write('fail', async (tx) => {
        expect(await tx.value('key')).toStrictEqual('before')
        await tx.setValue('key', 'lost')
        expect(await tx.value('key')).toStrictEqual('lost')
        throw failure
      })
    const set = async (tx: StoreWriter): Promise<void> => {
      expect(await tx.value('key')).toStrictEqual(undefined)
      await tx.setValue('key', 'before')
    }
    await store.write('set', set)
    await rejects('refused', fail())
    const [one, , other] = await Promise.all([found('one'), rejects('refused', fail()), found('other')])
    expect([one, other]).toStrictEqual(['before', 'before'])
    const failToClear = store.write('fail to clear', async (tx) => {
      await tx.clear()
      expect(await tx.value('key')).toStrictEqual(undefined)
      throw failure
    })
    await rejects('refused', failToClear)
    expect(await found('once more')).toStrictEqual('before')
    await store.write('change', (tx) => tx.setValue('key', 'after'))
    expect(await found('changed')).toStrictEqual('after')
    await store.write('clear', (tx) => tx.clear())
    expect(await found('cleared')).toStrictEqual(undefined)
  })

  test('clearing removes tables, rows, bases, transactions and values', async (database) => {
    const store = await database.open([ACCOUNT])
    await store.write('fill', async (tx) => {
      await tx.putRows('account', [account(1)])
      await tx.appendTransactions([transaction('a')])
      await tx.setValue('key', 1)
    })
    await store.write('clear', (tx) => tx.clear())
    const reopened = await database.reopen()
    await reopened.read('check', async (tx) => {
      expect(await tx.findTransactions({})).toStrictEqual([])
      expect(await tx.findTransactions({ touching: [`account/${account(1).id}`] })).toStrictEqual([])
      expect(await tx.values('')).toStrictEqual([])
    })
    await rejects(
      'invalid',
      reopened.read('count', (tx) => tx.count('account')),
    )
    await reopened.write('again', async (tx) => {
      await tx.defineTables([ACCOUNT])
      expect(await tx.count('account')).toStrictEqual(0)
    })
  })
}
