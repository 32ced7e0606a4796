import { expect, test } from 'vitest'
import { MemoryDatabase, memoryStore } from '../memory.ts'
import type { Store, StoreWriter } from '../ports/store.ts'
import { storeContract } from '../testing/store-contract.ts'
import { ReadOnce } from './read-once.ts'

/** A store whose every write reads each thing once. */
function readingOnce(store: Store): Store {
  return {
    exclusive: store.exclusive,
    read: (name, body) => store.read(name, body),
    write: (name, body, options) => store.write(name, (tx) => body(new ReadOnce(tx)), options),
    subscribe: (listener) => store.subscribe(listener),
    close: () => store.close(),
  }
}

storeContract('a store that reads each thing once', { test, expect }, () => {
  const database = new MemoryDatabase()
  return { open: async () => readingOnce(memoryStore({ database })) }
})

const TABLE = { name: 'account', columns: [{ name: 'name', type: 'text' as const }], indexes: [] }

test('a row that was looked for is found as it was written since, and not found when it was deleted since', async () => {
  const names = async (tx: StoreWriter): Promise<unknown> =>
    (await tx.rows('account', ['a', 'b'])).map((row) => row?.values['name'])
  await readingOnce(memoryStore()).write('rows', async (tx) => {
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
  await readingOnce(memoryStore()).write('bases', async (tx) => {
    await tx.defineTables([TABLE])
    expect(await tx.bases('account', ['a'])).toEqual([])
    await tx.putBases('account', [base])
    expect(await tx.bases('account', ['a'])).toEqual([base])
    await tx.deleteBases('account', ['a'])
    expect(await tx.bases('account', ['a'])).toEqual([])
  })
})

test('what was read is not read again', async () => {
  const asked: string[] = []
  await memoryStore().write('rows', async (inner) => {
    await inner.defineTables([TABLE])
    await inner.putRows('account', [{ id: 'a', version: '1', values: { name: 'Contoso' } }])
    const tx = new ReadOnce(
      new Proxy(inner, {
        get: (target, name) =>
          name === 'rows'
            ? (table: string, ids: readonly string[]) => {
                asked.push(...ids)
                return target.rows(table, ids)
              }
            : Reflect.get(target, name),
      }),
    )
    await tx.rows('account', ['a'])
    await tx.rows('account', ['a', 'b'])
    expect(await tx.rows('account', ['b', 'a'])).toMatchObject([undefined, { values: { name: 'Contoso' } }])
  })
  expect(asked).toEqual(['a', 'b'])
})
