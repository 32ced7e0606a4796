import { expect, test } from 'vitest'
import { OutpostError } from '../errors.ts'
import { memoryStore } from '../memory.ts'
import type { Store, StoredRow, StoreWriter } from '../ports/store.ts'
import { faultyStore } from '../testing/faulty-store.ts'
import type { FaultyStore } from '../testing/faulty-store.ts'
import { GroupCommit } from './group-commit.ts'

const NAMED = { name: 'account', columns: [{ name: 'name', type: 'text' as const }], indexes: [] }

async function storeOf(rows: readonly StoredRow[] = []): Promise<FaultyStore> {
  const store = faultyStore(memoryStore())
  await store.write('define', async (tx) => {
    await tx.defineTables([NAMED])
    await tx.putRows('account', rows)
  })
  return store
}

const row = (id: string, name: string): StoredRow => ({ id, version: null, values: { name } })

function put(commits: GroupCommit, ...[id, name]: Parameters<typeof row>): Promise<string> {
  return commits.write([{ table: 'account', id }], async (tx) => {
    await tx.putRows('account', [row(id, name)])
    return name
  })
}

/** Adds a letter to what is there. */
function add(commits: GroupCommit, id: string, letter: string): Promise<void> {
  return commits.write([{ table: 'account', id }], async (tx) => {
    const [there] = await tx.rows('account', [id])
    await tx.putRows('account', [row(id, `${String(there?.values['name'] ?? '')}${letter}`)])
  })
}

async function namesIn(store: Store): Promise<readonly unknown[]> {
  return store.read('names', async (tx) => (await tx.scan('account', {})).map(({ values }) => values['name']))
}

const commitsOf = ({ begun }: FaultyStore): number => begun.filter((name) => name === 'write commit').length

const settled = async (writes: readonly Promise<unknown>[]): Promise<readonly unknown[]> =>
  (await Promise.allSettled(writes)).map((each) => (each.status === 'fulfilled' ? each.value : each.reason))

test('writes that are given together share a commit, and each sees what those before it have written', async () => {
  const store = await storeOf()
  const commits = new GroupCommit(store)
  await Promise.all(['a', 'b', 'c'].map((letter) => add(commits, '1', letter)))
  expect(await namesIn(store)).toEqual(['abc'])
  expect(commitsOf(store)).toBe(1)
})

test('a write that is refused leaves nothing behind, and the others are committed', async () => {
  const store = await storeOf()
  const commits = new GroupCommit(store)
  const refusal = new OutpostError('invalid', 'not like this')
  const refused = commits.write([], async (tx) => {
    await tx.putRows('account', [row('2', 'Refused')])
    await tx.setValue('refused', true)
    throw refusal
  })
  expect(await settled([put(commits, '1', 'One'), refused, put(commits, '3', 'Three')])).toEqual([
    'One',
    refusal,
    'Three',
  ])
  expect(await namesIn(store)).toEqual(['One', 'Three'])
  expect(await store.read('look', (tx) => tx.value('refused'))).toBeUndefined()
  expect(commitsOf(store)).toBe(1)
})

test('a write that is refused when the store has some of it already is undone alone', async () => {
  const store = await storeOf()
  const commits = new GroupCommit(store)
  const refusal = new OutpostError('refused', 'too late')
  const refused = commits.write([], async (tx) => {
    await tx.setVersions('account', new Map([['1', 'W/"9"']]))
    throw refusal
  })
  const writes = [put(commits, '1', 'One'), refused, add(commits, '1', '!'), add(commits, '1', '?')]
  expect(await settled(writes)).toEqual(['One', refusal, undefined, undefined])
  expect(await namesIn(store)).toEqual(['One!?'])
  const [kept] = await store.read('look', (tx) => tx.rows('account', ['1']))
  expect(kept?.version).toBeNull()
})

test('a write that makes the store fail fails alone', async () => {
  const store = await storeOf()
  const commits = new GroupCommit(store)
  const wrong = commits.write([], async (tx: StoreWriter) => {
    await tx.rows('nowhere', ['1'])
  })
  const [one, failure, three] = await settled([put(commits, '1', 'One'), wrong, put(commits, '3', 'Three')])
  expect([one, three]).toEqual(['One', 'Three'])
  expect(failure).toMatchObject({ code: 'invalid' })
  expect(await namesIn(store)).toEqual(['One', 'Three'])
})

test('rows of a table that is there no more keep nobody from writing', async () => {
  const store = await storeOf()
  const commits = new GroupCommit(store)
  const mistaken = commits.write([{ table: 'nowhere', id: '1' }], async () => 'done')
  expect(await settled([put(commits, '1', 'One'), mistaken, put(commits, '3', 'Three')])).toEqual([
    'One',
    'done',
    'Three',
  ])
})

test('a commit that fails fails all writes that share it, and none of them is tried again', async () => {
  for (const at of ['commit', 'acknowledge'] as const) {
    const store = await storeOf()
    const commits = new GroupCommit(store)
    const error = new OutpostError('store', 'the disk is gone')
    store.fail({ name: 'commit', at, error })
    expect(await settled([add(commits, '1', 'a'), add(commits, '1', 'b')])).toEqual([error, error])
    await add(commits, '1', 'c')
    expect(await namesIn(store)).toEqual([at === 'commit' ? 'c' : 'abc'])
  }
})

test('a store that does not begin fails one write, and the next is given to it', async () => {
  const store = await storeOf()
  const commits = new GroupCommit(store)
  const error = new OutpostError('store', 'not now')
  store.fail({ name: 'commit', at: 'body', error })
  expect(await settled([put(commits, '1', 'One'), put(commits, '2', 'Two')])).toEqual([error, 'Two'])
})

test('many writes are committed in parts, in the order in which they were given', async () => {
  const store = await storeOf()
  const commits = new GroupCommit(store)
  const letters = Array.from({ length: 1200 }, (_, at) => String.fromCharCode(97 + (at % 26)))
  await Promise.all(letters.map((letter) => add(commits, '1', letter)))
  expect(await namesIn(store)).toEqual([letters.join('')])
  expect(commitsOf(store)).toBe(3)
})
