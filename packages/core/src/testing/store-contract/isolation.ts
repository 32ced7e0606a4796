import type { Contract } from './contract.ts'
import { ACCOUNT, account, guid, transaction } from './samples.ts'

export function isolationContract({ test, expect, rejects }: Contract): void {
  test('a read beside a write sees the state before it or after it, never between', async (database) => {
    const store = await database.open([ACCOUNT])
    const seen: string[] = []
    const reads: Promise<void>[] = []
    const look = (): void => {
      reads.push(
        store.read('look', async (tx) => {
          const rows = await tx.count('account')
          const outbox = (await tx.findTransactions({})).length
          seen.push(`${rows} rows, ${outbox} transactions, checkpoint ${JSON.stringify(await tx.value('checkpoint'))}`)
        }),
      )
    }
    for (let round = 1; round <= 5; round++) {
      const writing = store.write('pair', async (tx) => {
        look()
        await tx.putRows('account', [account(round)])
        look()
        await tx.appendTransactions([transaction(`t${round}`)])
        look()
        await tx.setValue('checkpoint', round)
        look()
      })
      look()
      await writing
      await Promise.all(reads.splice(0))
    }
    const whole = [undefined, 1, 2, 3, 4, 5].map(
      (n) => `${n ?? 0} rows, ${n ?? 0} transactions, checkpoint ${JSON.stringify(n)}`,
    )
    expect(seen.length).toStrictEqual(25)
    expect(seen.filter((state) => !whole.includes(state))).toStrictEqual([])
  })

  test('a read sees one state from its first operation to its last', async (database) => {
    const store = await database.open([ACCOUNT])
    await store.write('prepare', (tx) => tx.putRows('account', [account(1)]))
    let writing: Promise<void> | undefined
    const counts = await store.read('long', async (tx) => {
      const found = [await tx.count('account')]
      writing = store.write('meanwhile', (tx2) => tx2.putRows('account', [account(2), account(3)]))
      for (let i = 0; i < 25; i++) {
        found.push(await tx.count('account'))
        found.push((await tx.scan('account', { index: 'by name' })).length)
      }
      return new Set(found)
    })
    await writing
    expect([...counts]).toStrictEqual([1])
    expect(await store.read('after', (tx) => tx.count('account'))).toStrictEqual(3)
  })

  test('a read that begins after a write resolved sees it, whatever other reads are running', async (database) => {
    const store = await database.open([ACCOUNT])
    const older = store.read('older', async (tx) => {
      for (let i = 0; i < 10; i++) await tx.count('account')
    })
    for (let n = 1; n <= 5; n++) {
      await store.write('write', (tx) => tx.putRows('account', [account(n)]))
      expect(await store.read('newer', (tx) => tx.count('account'))).toStrictEqual(n)
    }
    await older
  })

  test('writes run one after another: none is lost when many add to the same value', async (database) => {
    const store = await database.open()
    const running: string[] = []
    const increments = Array.from({ length: 20 }, (_, n) =>
      store.write(
        'increment',
        async (tx) => {
          running.push(`begin ${n}`)
          const count = ((await tx.value('count')) as number | undefined) ?? 0
          await tx.setValue('count', count + 1)
          running.push(`end ${n}`)
        },
        { durability: n % 3 === 0 ? 'relaxed' : 'strict' },
      ),
    )
    await Promise.all(increments)
    expect(await store.read('count', (tx) => tx.value('count'))).toStrictEqual(20)
    expect(running).toStrictEqual(Array.from({ length: 20 }, (_, n) => [`begin ${n}`, `end ${n}`]).flat())
  })

  test('writes that fail among others that run at once take nothing of the others with them', async (database) => {
    const store = await database.open([ACCOUNT])
    const outcomes = await Promise.allSettled(
      Array.from({ length: 12 }, (_, n) =>
        store.write('mixed', async (tx) => {
          await tx.putRows('account', [account(n)])
          await tx.appendTransactions([transaction(`t${n}`)])
          if (n % 3 === 0) throw new Error('every third')
        }),
      ),
    )
    expect(outcomes.map(({ status }) => status === 'fulfilled')).toStrictEqual(
      Array.from({ length: 12 }, (_, n) => n % 3 !== 0),
    )
    const kept = [1, 2, 4, 5, 7, 8, 10, 11]
    await store.read('check', async (tx) => {
      expect(await tx.ids('account', { limit: 100 })).toStrictEqual(kept.map(guid))
      expect((await tx.findTransactions({})).map(({ id }) => id)).toStrictEqual(kept.map((n) => `t${n}`))
    })
  })

  test('a body sees its own writes, in every way of reading', async (database) => {
    const store = await database.open([ACCOUNT])
    await store.write('prepare', (tx) => tx.putRows('account', [account(1), account(2)]))
    await store.write('own writes', async (tx) => {
      await tx.putRows('account', [account(2, { name: 'AAA' }, 'W/"22"'), account(3)])
      await tx.deleteRows('account', [guid(1)])
      expect(await tx.rows('account', [guid(1), guid(3)])).toStrictEqual([undefined, account(3)])
      expect([...(await tx.versions('account', [guid(1), guid(2)]))]).toStrictEqual([[guid(2), 'W/"22"']])
      const { ids, versions } = await tx.allVersions('account', { limit: 9 })
      expect([...ids].sort()).toStrictEqual([guid(2), guid(3)])
      expect(versions[ids.indexOf(guid(2))]).toStrictEqual('W/"22"')
      expect(versions[ids.indexOf(guid(3))]).toStrictEqual(account(3).version)
      const scanned = await tx.scan('account', { index: 'by name' })
      expect(scanned.map((row) => row.values['name'])).toStrictEqual(['AAA', 'Account 3'])
      expect(await tx.ids('account', { limit: 10 })).toStrictEqual([guid(2), guid(3)])
      expect(await tx.count('account')).toStrictEqual(2)
      const [seq = 0] = await tx.appendTransactions([transaction('own')])
      expect((await tx.transactions([seq]))[0]?.id).toStrictEqual('own')
      expect((await tx.findTransactions({ touching: [`account/${guid(1)}`] })).length).toStrictEqual(1)
      expect((await tx.countTransactions()).pending).toStrictEqual(1)
      await tx.setValue('key', [1])
      expect(await tx.value('key')).toStrictEqual([1])
    })
  })

  test('what the caller does to its objects afterwards does not reach the store', async (database) => {
    const store = await database.open([ACCOUNT])
    const values: Record<string, string | number | boolean | null> = { name: 'kept', employees: 1, donotphone: null }
    const changes = [{ kind: 'create' as const, table: 'account', id: guid(1), values: { name: 'kept' } }]
    const value = { list: [1] }
    await store.write('write', async (tx) => {
      await tx.putRows('account', [{ id: guid(1), version: null, values }])
      await tx.appendTransactions([transaction('t', { changes })])
      await tx.setValue('key', value)
    })
    values['name'] = 'changed'
    changes.pop()
    value.list.push(2)
    await store.read('check', async (tx) => {
      expect((await tx.rows('account', [guid(1)]))[0]?.values['name']).toStrictEqual('kept')
      expect((await tx.findTransactions({}))[0]?.changes.length).toStrictEqual(1)
      expect(await tx.value('key')).toStrictEqual({ list: [1] })
    })
  })

  test('a transaction that is used after its body ended rejects', async (database) => {
    const store = await database.open([ACCOUNT])
    const reader = await store.read('leak', async (tx) => ({ tx }))
    await rejects('closed', reader.tx.count('account'))
    const writer = await store.write('leak', async (tx) => ({ tx }))
    await rejects('closed', writer.tx.putRows('account', [account(1)]))
    expect(await store.read('count', (tx) => tx.count('account'))).toStrictEqual(0)
  })
}
