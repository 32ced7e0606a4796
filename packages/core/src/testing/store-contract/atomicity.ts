import { memoryStore } from '../../memory.ts'
import type { StoreWriter } from '../../ports/store.ts'
import { faultyStore } from '../faulty-store.ts'
import type { FaultPoint, FaultyStore } from '../faulty-store.ts'
import type { Contract } from './contract.ts'
import { ACCOUNT, account, baseOf, CONTACT, contents, guid, transaction } from './samples.ts'

const WIDER = {
  ...ACCOUNT,
  columns: [...ACCOUNT.columns, { name: 'city', type: 'text' as const }],
  indexes: [...ACCOUNT.indexes, { name: 'by city', columns: ['city'] }],
}

/** A body that does everything a writer can do. */
async function everything(tx: StoreWriter): Promise<void> {
  await tx.defineTables([WIDER, CONTACT])
  await tx.putRows('account', [account(1, { name: 'renamed', city: 'Brno' }), account(4, { city: 'Praha' })])
  await tx.deleteRows('account', [guid(2)])
  await tx.putBases('account', [baseOf(account(1)), baseOf(account(4), 'created')])
  await tx.deleteBases('account', [guid(3)])
  const [seq = 0] = await tx.appendTransactions([transaction('first'), transaction('second')])
  await tx.putTransactions([{ ...transaction('first', { status: 'error', touches: [`contact/${guid(7)}`] }), seq }])
  await tx.setValue('checkpoint/account', { token: 'page 3' })
  await tx.setValue('checkpoint/contact', undefined)
  await tx.rows('account', [guid(1)])
  await tx.scan('account', { index: 'by city' })
  await tx.defineTables([WIDER])
}

/** How many operations the body begins, counted on a store that keeps nothing. */
async function operationsOf(body: (tx: StoreWriter) => Promise<void>): Promise<number> {
  const store = faultyStore(memoryStore())
  await prepare(store)
  for (let call = 1; ; call++) {
    store.fail({ at: { call } })
    const failed = await store.write('count', body).then(
      () => false,
      () => true,
    )
    if (!failed) return call - 1
  }
}

async function prepare(store: FaultyStore): Promise<void> {
  await store.write('prepare', async (tx) => {
    await tx.defineTables([ACCOUNT, CONTACT])
    await tx.putRows('account', [account(1), account(2), account(3)])
    await tx.putRows('contact', [{ id: guid(7), version: null, values: { fullname: 'Ann' } }])
    await tx.putBases('account', [baseOf(account(3))])
    await tx.setValue('checkpoint/contact', 'page 1')
  })
}

export function atomicityContract({ test, expect, rejects }: Contract): void {
  test('rows, bases, outbox, checkpoint and tables are written together or not at all, wherever the body fails', async (database) => {
    const store = faultyStore(await database.open())
    await prepare(store)
    const before = await contents(store, [ACCOUNT, CONTACT])
    const calls = await operationsOf(everything)
    const points = Array.from({ length: calls }, (_, n): FaultPoint[] => [{ call: n + 1 }, { afterCall: n + 1 }])
    for (const at of [...points.flat(), 'body', 'commit'] as const) {
      const place = JSON.stringify(at)
      store.fail({ name: 'everything', at, error: new Error(`planned at ${place}`) })
      await rejectsWith(`planned at ${place}`, store.write('everything', everything))
      expect(await contents(store, [ACCOUNT, CONTACT]), `after a failure at ${place}`).toStrictEqual(before)
    }
    expect(store.strikes).toStrictEqual(2 * calls + 2)
    expect(await contents(await database.reopen(), [ACCOUNT, CONTACT])).toStrictEqual(before)
  })

  test('what a body wrote is there when its promise resolves, and after reopening', async (database) => {
    const store = faultyStore(await database.open())
    await prepare(store)
    await store.write('everything', everything)
    const after = await contents(store, [WIDER])
    await store.read('check', async (tx) => {
      expect(await tx.scan('account', { index: 'by city', from: { value: null, inclusive: false } })).toStrictEqual([
        account(1, { name: 'renamed', city: 'Brno' }),
        account(4, { city: 'Praha' }),
      ])
      expect(await tx.bases('account')).toStrictEqual([baseOf(account(1)), baseOf(account(4), 'created')])
      const outbox = await tx.findTransactions({})
      expect(outbox.map(({ id, status }) => [id, status])).toStrictEqual([
        ['first', 'error'],
        ['second', 'pending'],
      ])
      expect(await tx.values('')).toStrictEqual([{ key: 'checkpoint/account', value: { token: 'page 3' } }])
    })
    expect(await contents(await database.reopen(), [WIDER])).toStrictEqual(after)
  })

  test('a body that rejects has its own rejection passed on, the very same object', async (database) => {
    const store = await database.open([ACCOUNT])
    for (const thrown of [new Error('mine'), new DOMException('mine, not that of a database', 'QuotaExceededError')]) {
      const write = store.write('fails', async (tx) => {
        await tx.putRows('account', [account(1)])
        throw thrown
      })
      expect((await write.catch((error: unknown) => error)) === thrown).toStrictEqual(true)
      const read = store.read('fails', async (tx) => {
        await tx.count('account')
        throw thrown
      })
      expect((await read.catch((error: unknown) => error)) === thrown).toStrictEqual(true)
    }
    expect(await store.read('count', (tx) => tx.count('account'))).toStrictEqual(0)
  })

  test('a body that fails before its first operation leaves the store usable', async (database) => {
    const store = await database.open([ACCOUNT])
    await rejectsWith(
      'at once',
      store.write('fails', () => Promise.reject(new Error('at once'))),
    )
    await rejectsWith(
      'at once',
      store.read('fails', () => Promise.reject(new Error('at once'))),
    )
    await store.write('works', (tx) => tx.putRows('account', [account(1)]))
    expect(await store.read('count', (tx) => tx.count('account'))).toStrictEqual(1)
  })

  test('an operation that failed spoils its transaction even when the body catches the failure', async (database) => {
    const store = await database.open([ACCOUNT])
    const write = store.write('caught', async (tx) => {
      await tx.putRows('account', [account(1)])
      await tx.putRows('account', [account(2, { nosuchcolumn: 1 })]).catch(() => undefined)
    })
    await rejects('invalid', write)
    expect(await store.read('count', (tx) => tx.count('account'))).toStrictEqual(0)
  })

  test('operations that the body began and did not await belong to its transaction', async (database) => {
    const store = await database.open([ACCOUNT])
    await store.write('not awaited', async (tx) => {
      void tx.putRows('account', [account(1), account(2)])
      void tx.setValue('checkpoint', 1)
    })
    await store.read('check', async (tx) => {
      expect(await tx.count('account')).toStrictEqual(2)
      expect(await tx.value('checkpoint')).toStrictEqual(1)
    })
  })

  test('a relaxed write is atomic too', async (database) => {
    const store = await database.open([ACCOUNT])
    const relaxed = { durability: 'relaxed' } as const
    await store.write('page', (tx) => tx.putRows('account', [account(1)]), relaxed)
    const failing = store.write(
      'page',
      async (tx) => {
        await tx.putRows('account', [account(2)])
        await tx.setValue('checkpoint', 2)
        throw new Error('mine')
      },
      relaxed,
    )
    await rejectsWith('mine', failing)
    const reopened = await database.reopen()
    await reopened.read('check', async (tx) => {
      expect(await tx.ids('account', { limit: 10 })).toStrictEqual([guid(1)])
      expect(await tx.value('checkpoint')).toStrictEqual(undefined)
    })
  })

  async function rejectsWith(message: string, promise: Promise<unknown>): Promise<void> {
    const outcome = await promise.then(
      () => 'no rejection',
      (error: unknown) => (error as Error).message,
    )
    expect(outcome).toStrictEqual(message)
  }
}
