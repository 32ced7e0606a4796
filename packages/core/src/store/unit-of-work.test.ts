import { expect, test } from 'vitest'
import { MemoryDatabase, memoryStore } from '../memory.ts'
import type { UnsequencedTransaction } from '../outbox/offline-transaction.ts'
import type { Store, StoredRow, StoreReader, StoreWriter, TransactionQuery } from '../ports/store.ts'
import { storeContract } from '../testing/store-contract.ts'
import { transaction as sampleTransaction } from '../testing/store-contract/samples.ts'
import { inOneUnit } from './unit-of-work.ts'
import type { UnitOfWork } from './unit-of-work.ts'

/** A store whose every write is one unit of work. */
function inUnits(store: Store): Store {
  return {
    exclusive: store.exclusive,
    read: (name, body) => store.read(name, body),
    write: (name, body, options) => store.write(name, (tx) => inOneUnit(tx, body), options),
    subscribe: (listener) => store.subscribe(listener),
    close: () => store.close(),
  }
}

storeContract('a store whose every write is a unit of work', { test, expect }, () => {
  const database = new MemoryDatabase()
  return { open: async () => inUnits(memoryStore({ database })) }
})

const TABLE = { name: 'account', columns: [{ name: 'name', type: 'text' as const }], indexes: [] }

test('a row that was looked for is found as it was written since, and not found when it was deleted since', async () => {
  const names = async (tx: StoreWriter): Promise<unknown> =>
    (await tx.rows('account', ['a', 'b'])).map((row) => row?.values['name'])
  await inUnits(memoryStore()).write('rows', async (tx) => {
    await tx.defineTables([TABLE])
    expect(await names(tx)).toEqual([undefined, undefined])
    await tx.putRows('account', [{ id: 'b', version: '1', values: { name: 'Fabrikam' } }])
    expect(await names(tx)).toEqual([undefined, 'Fabrikam'])
    await tx.deleteRows('account', ['b'])
    expect(await names(tx)).toEqual([undefined, undefined])
  })
})

test('a base that was looked for is found as it was written since, and not found when it was deleted since', async () => {
  const base = { id: 'a', version: '1', values: { name: 'Contoso' }, local: 'updated' } as const
  await inUnits(memoryStore()).write('bases', async (tx) => {
    await tx.defineTables([TABLE])
    expect(await tx.bases('account', ['a'])).toEqual([])
    await tx.putBases('account', [base])
    expect(await tx.bases('account', ['a'])).toEqual([base])
    await tx.deleteBases('account', ['a'])
    expect(await tx.bases('account', ['a'])).toEqual([])
  })
})

/** Runs the body as one unit of work, and gives what the store was asked and told meanwhile. */
async function operationsOf(store: Store, body: (tx: UnitOfWork) => Promise<void>): Promise<readonly Operation[]> {
  const operations: Operation[] = []
  await store.write('observed', (inner) => {
    const observed = new Proxy(inner, {
      get: (target, name) => {
        const operation = Reflect.get(target, name) as (...given: readonly unknown[]) => unknown
        return (...given: readonly unknown[]): unknown => {
          operations.push([String(name), ...given])
          return operation.apply(target, [...given])
        }
      },
    })
    return inOneUnit(observed, body)
  })
  return operations
}

type Operation = readonly [name: string, ...given: readonly unknown[]]

const row = (id: string, name: string): StoredRow => ({ id, version: '1', values: { name, city: 'Lyngby' } })

async function storeWith(rows: readonly StoredRow[]): Promise<Store> {
  const store = memoryStore()
  const columns = ['name', 'city'].map((name) => ({ name, type: 'text' as const }))
  await store.write('rows', async (tx) => {
    await tx.defineTables([{ name: 'account', columns, indexes: [] }])
    await tx.putRows('account', rows)
  })
  return store
}

test('what was read is not read again', async () => {
  const store = await storeWith([row('a', 'Contoso')])
  const operations = await operationsOf(store, async (tx) => {
    await tx.rows('account', ['a'])
    await tx.rows('account', ['a', 'b'])
    expect(await tx.rows('account', ['b', 'a'])).toMatchObject([undefined, { values: { name: 'Contoso' } }])
  })
  expect(operations).toEqual([
    ['rows', 'account', ['a']],
    ['rows', 'account', ['b']],
  ])
})

test('what was written goes to the store together, with the columns that stay the same in all of the rows', async () => {
  const store = await storeWith([row('a', 'Contoso'), row('b', 'Fabrikam')])
  const operations = await operationsOf(store, async (tx) => {
    await tx.rows('account', ['a', 'b', 'c'])
    await tx.putRows('account', [row('a', 'Contoso Ltd')])
    await tx.setValue('key', 1)
    await tx.putRows('account', [row('b', 'Adatum')])
    await tx.setValue('key', 2)
    await tx.putRows('account', [{ id: 'c', version: null, values: { name: 'Litware', city: 'Aarhus' } }])
    expect(await tx.value('key')).toBe(2)
  })
  expect(operations.slice(1)).toMatchObject([
    ['putRows', 'account', [{ id: 'a' }, { id: 'b' }, { id: 'c' }], { same: ['city'] }],
    ['setValues', new Map([['key', 2]])],
  ])
})

test('of rows that were not read nobody says what stays the same in them', async () => {
  const operations = await operationsOf(await storeWith([row('a', 'Contoso')]), async (tx) => {
    await tx.putRows('account', [row('a', 'Contoso')])
  })
  expect(operations).toMatchObject([['putRows', 'account', [{ id: 'a' }], { same: [] }]])
})

test('what only the store can tell is asked when it has been given everything', async () => {
  const store = await storeWith([row('a', 'Contoso')])
  await store.write('look', (inner) =>
    inOneUnit(inner, async (tx) => {
      await tx.deleteRows('account', ['a'])
      await tx.putRows('account', [row('b', 'Fabrikam')])
      expect(await tx.ids('account', { limit: 9 })).toEqual(['b'])
      await tx.setValue('list/one', 1)
      expect(await tx.values('list/')).toEqual([{ key: 'list/one', value: 1 }])
    }),
  )
})

const KEYS = ['account/a', 'account/b', 'account/c']
const OPEN = ['pending', 'error'] as const

test('of rows whose transactions were read no search asks the store, and each shows what was written since', async () => {
  const store = await storeWith([])
  const seqs = await store.write('queue', (tx) =>
    tx.appendTransactions([transaction(['account/a']), transaction(['account/a', 'account/b']), transaction([])]),
  )
  const [first = 0, second = 0, third = 0] = seqs
  const found = async (tx: StoreReader, query: TransactionQuery): Promise<readonly number[]> =>
    (await tx.findTransactions(query)).map(({ seq }) => seq)
  const operations = await operationsOf(store, async (tx) => {
    await tx.readTouching(KEYS)
    expect(await found(tx, { statuses: OPEN, touching: ['account/a'] })).toEqual([first, second])
    expect(await found(tx, { statuses: OPEN, touching: KEYS, direction: 'descending' })).toEqual([second, first])
    expect(await found(tx, { statuses: OPEN, touching: ['account/a'], after: first })).toEqual([second])
    expect(await found(tx, { statuses: OPEN, touching: KEYS, limit: 1 })).toEqual([first])
    const [one, other, last] = await tx.transactions(seqs)
    if (!one || !other || !last) throw new Error('a transaction is missing')
    await tx.putTransactions([{ ...one, status: 'processed' }])
    await tx.putTransactions([
      { ...other, touches: ['account/b'] },
      { ...last, touches: ['account/c'], status: 'error' },
    ])
    expect(await found(tx, { statuses: OPEN, touching: ['account/a'] })).toEqual([])
    expect(await found(tx, { statuses: OPEN, touching: KEYS })).toEqual([second, third])
    expect(await found(tx, { statuses: ['error'], touching: KEYS })).toEqual([third])
  })
  expect(operations.map(([name]) => name)).toEqual(['findTransactions', 'transactions', 'putTransactions'])
})

test('transactions of a row that many touch are read when they are asked for, those of the others before', async () => {
  const store = await storeWith([])
  await store.write('queue', (tx) =>
    tx.appendTransactions([
      transaction(['account/b']),
      ...Array.from({ length: 60 }, () => transaction(['account/a'])),
    ]),
  )
  const operations = await operationsOf(store, async (tx) => {
    await tx.readTouching(KEYS)
    expect(await tx.findTransactions({ statuses: OPEN, touching: ['account/b'] })).toHaveLength(1)
    expect(await tx.findTransactions({ statuses: OPEN, touching: ['account/c'] })).toHaveLength(0)
    expect(await tx.findTransactions({ statuses: OPEN, touching: ['account/a'], limit: 50 })).toHaveLength(50)
  })
  expect(operations).toMatchObject([
    ['findTransactions', { touching: KEYS }],
    ['findTransactions', { touching: ['account/b', 'account/c'] }],
    ['findTransactions', { touching: ['account/a'] }],
  ])
})

test('a transaction that is appended is found like those that were read', async () => {
  await (
    await storeWith([])
  ).write('queue', (inner) =>
    inOneUnit(inner, async (tx) => {
      await tx.readTouching(KEYS)
      await tx.appendTransactions([transaction(['account/a'])])
      expect(await tx.findTransactions({ statuses: OPEN, touching: ['account/a'] })).toHaveLength(1)
    }),
  )
})

function transaction(touches: readonly string[]): UnsequencedTransaction {
  return sampleTransaction('transaction', { changes: [], touches })
}
