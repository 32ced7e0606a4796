import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Store, StoredRow, StoreTable } from '@outpost/core'
import { expect, onTestFinished, test } from 'vitest'
import { NodeSqliteConnection } from './node-sqlite-connection.ts'
import { openNodeSqliteStore } from './open-node-sqlite-store.ts'

const hasNodeSqlite = process.getBuiltinModule?.('node:sqlite') !== undefined
const withNodeSqlite = hasNodeSqlite ? test : test.skip

const NOTE: StoreTable = {
  name: 'note',
  // A name that is also one of a column that is asked for beside a row's own, and one that looks like a place in a list.
  columns: ['subject', 'key', '7'].map((name) => ({ name, type: 'text' })),
  indexes: [{ name: 'by subject', columns: ['subject'] }],
}

function newPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'outpost-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'client.db')
}

function note(n: number): StoredRow {
  const id = `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
  return { id, version: null, values: { subject: 'x'.repeat(500), key: `key ${n}`, '7': null } }
}

function notes(count: number): StoredRow[] {
  return Array.from({ length: count }, (_, n) => note(n))
}

async function withNotes(path: string, count: number): Promise<Store> {
  const store = await openNodeSqliteStore({ path })
  await store.write('fill', async (tx) => {
    await tx.defineTables([NOTE])
    await tx.putRows('note', notes(count))
  })
  return store
}

test.skipIf(hasNodeSqlite)('a Node without node:sqlite is told so, and what to do', async () => {
  const path = newPath()
  const opening = openNodeSqliteStore({ path })
  await expect(opening).rejects.toMatchObject({ code: 'store', remedy: expect.stringContaining('Node 22') })
  expect(() => statSync(`${path}-lock`)).toThrow('ENOENT')
})

withNodeSqlite('rows come back whatever their columns are called', async () => {
  const store = await withNotes(newPath(), 3)
  expect(await store.read('rows', (tx) => tx.rows('note', [note(2).id, note(0).id]))).toEqual([note(2), note(0)])
  expect(await store.read('scan', (tx) => tx.scan('note', {}))).toEqual(notes(3))
  await store.close()
})

withNodeSqlite('a second store on the file is refused until the first is closed', async () => {
  const path = newPath()
  const store = await withNotes(path, 1)
  await expect(openNodeSqliteStore({ path })).rejects.toMatchObject({ code: 'store-busy' })
  await store.close()
  const next = await openNodeSqliteStore({ path })
  expect(await next.read('count', (tx) => tx.count('note'))).toBe(1)
  await next.close()
})

withNodeSqlite('when the disk fills while writes share a commit, each is whole or refused', async () => {
  const store = await openNodeSqliteStore({ path: newPath(), maxBytes: 60 * 16_384 })
  await store.write('tables', (tx) => tx.defineTables([NOTE]))
  const writes = Array.from({ length: 60 }, (_, n) =>
    store.write(`write ${n}`, async (tx) => {
      await tx.putRows(
        'note',
        Array.from({ length: 20 }, (__, k) => note(n * 20 + k)),
      )
      await tx.setValue(`done/${String(n).padStart(3, '0')}`, n)
    }),
  )
  const outcomes = await Promise.allSettled(writes)
  const kept = outcomes.flatMap(({ status }, n) => (status === 'fulfilled' ? [n] : []))
  const codes = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [codeOf(outcome.reason)] : []))
  expect([...new Set(codes)]).toEqual(['store-full'])
  await store.read('check', async (tx) => {
    expect((await tx.values('done/')).map(({ value }) => value)).toEqual(kept)
    expect(await tx.count('note')).toBe(kept.length * 20)
  })
  await store.close()
})

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown }).code
}

withNodeSqlite('a file of somebody else, and one of a newer release, are refused and left as they are', async () => {
  const theirs = newPath()
  writeFileSync(theirs, 'these are the notes of somebody else\n'.repeat(10))
  const newer = newPath()
  await (await withNotes(newer, 1)).close()
  const connection = new NodeSqliteConnection(newer)
  connection.pragma('user_version = 99')
  connection.close()
  for (const [path, code] of [
    [theirs, 'store-foreign'],
    [newer, 'store-newer'],
  ] as const) {
    const before = readFileSync(path)
    await expect(openNodeSqliteStore({ path })).rejects.toMatchObject({ code })
    expect(readFileSync(path).equals(before)).toBe(true)
  }
})

withNodeSqlite('a file that is damaged fails with a code', async () => {
  const path = newPath()
  await (await withNotes(path, 2000)).close()
  // Nodes before 22.13 leave the log beside the file when they close it.
  const connection = new NodeSqliteConnection(path)
  connection.pragma('wal_checkpoint(TRUNCATE)')
  connection.close()
  const bytes = readFileSync(path)
  bytes.fill(0xa5, 10 * 16_384, 15 * 16_384)
  writeFileSync(path, bytes)
  const store = await openNodeSqliteStore({ path })
  const reading = store.read('all', async (tx) => {
    await tx.scan('note', {})
    await tx.scan('note', { index: 'by subject' })
  })
  await expect(reading).rejects.toMatchObject({ code: 'store' })
  await store.close()
})

withNodeSqlite('a connection tells whether it is in a transaction', () => {
  const connection = new NodeSqliteConnection(newPath())
  expect(connection.inTransaction).toBe(false)
  connection.exec('BEGIN')
  expect(connection.inTransaction).toBe(true)
  connection.exec('COMMIT')
  expect(connection.inTransaction).toBe(false)
  connection.close()
})
