import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Store, StoreTable } from '@outpost/core'
import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'
import { openSqliteStore } from './open-sqlite-store.ts'
import { APPLICATION_ID } from './schema.ts'

const NOTE: StoreTable = {
  name: 'note',
  columns: [
    { name: 'subject', type: 'text' },
    { name: 'size', type: 'number' },
  ],
  indexes: [{ name: 'by subject', columns: ['subject'] }],
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'outpost-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

async function withNotes(path: string, count: number): Promise<void> {
  const store = await openSqliteStore({ path })
  await store.write('fill', async (tx) => {
    await tx.defineTables([NOTE])
    await tx.putRows(
      'note',
      Array.from({ length: count }, (_, n) => note(n, 'x'.repeat(200))),
    )
  })
  await store.close()
}

function note(n: number, subject: string): { id: string; version: null; values: Record<string, string | number> } {
  return { id: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`, version: null, values: { subject, size: n } }
}

function sqliteFile(path: string, applicationId: number): void {
  const other = new Database(path)
  other.exec(`CREATE TABLE theirs (a); INSERT INTO theirs VALUES (1); PRAGMA application_id = ${applicationId}`)
  other.close()
}

test.each<[string, (path: string) => void]>([
  ['a text file', (path) => writeFileSync(path, 'these are the notes of somebody else\n'.repeat(10))],
  ['a file shorter than a header', (path) => writeFileSync(path, 'short')],
  ['another SQLite database', (path) => sqliteFile(path, 0)],
  ['the database of another application', (path) => sqliteFile(path, 0x12345678)],
])('%s is refused as foreign and left as it is', async (_, make) => {
  const where = folder()
  const path = join(where, 'theirs.db')
  make(path)
  const before = readFileSync(path)
  await expect(openSqliteStore({ path })).rejects.toMatchObject({ code: 'store-foreign' })
  expect(readFileSync(path).equals(before)).toBe(true)
  expect(readdirSync(where)).toEqual(['theirs.db'])
})

test('a folder in the place of the file is refused as foreign', async () => {
  const path = join(folder(), 'a folder')
  mkdirSync(path)
  await expect(openSqliteStore({ path })).rejects.toMatchObject({ code: 'store-foreign' })
})

test('a path without a folder, and no path, are refused as invalid', async () => {
  await expect(openSqliteStore({ path: join(folder(), 'none', 'x.db') })).rejects.toMatchObject({ code: 'invalid' })
  await expect(openSqliteStore({ path: ':memory:' })).rejects.toMatchObject({ code: 'invalid' })
  await expect(openSqliteStore({ path: '' })).rejects.toMatchObject({ code: 'invalid' })
})

test('a database of a newer release is refused and left as it is', async () => {
  const path = join(folder(), 'newer.db')
  await withNotes(path, 1)
  const newer = new Database(path)
  newer.pragma('user_version = 99')
  newer.close()
  const before = readFileSync(path)
  await expect(openSqliteStore({ path })).rejects.toMatchObject({ code: 'store-newer' })
  expect(readFileSync(path).equals(before)).toBe(true)
})

test('an empty file becomes a database', async () => {
  const path = join(folder(), 'empty.db')
  writeFileSync(path, '')
  await withNotes(path, 1)
  const store = await openSqliteStore({ path })
  expect(await store.read('count', (tx) => tx.count('note'))).toBe(1)
  await store.close()
})

test.each(['before the file had its header', 'before its journal was deleted'])(
  'a database whose making was cut short %s is made anew',
  async (moment) => {
    const where = folder()
    const path = join(where, 'left behind.db')
    const dying = new Database(join(where, 'dying.db'))
    // With next to no cache, SQLite writes pages of the transaction to the file before it ends.
    dying.pragma('cache_size = 1')
    dying.exec(`BEGIN; PRAGMA application_id = ${APPLICATION_ID}; CREATE TABLE catalogue (stamp, tables)`)
    const insert = dying.prepare('INSERT INTO catalogue VALUES (?, ?)')
    for (let n = 0; n < 200; n++) insert.run(n, 'x'.repeat(1000))
    copyFileSync(join(where, 'dying.db-journal'), `${path}-journal`)
    if (moment === 'before its journal was deleted') dying.exec('COMMIT')
    copyFileSync(join(where, 'dying.db'), path)
    dying.close()

    await withNotes(path, 3)
    const store = await openSqliteStore({ path })
    expect(await store.read('count', (tx) => tx.count('note'))).toBe(3)
    await store.close()
  },
)

test('a second store on the file is refused, also under another name of the file', async () => {
  const where = folder()
  const path = join(where, 'client.db')
  const store = await openSqliteStore({ path })
  symlinkSync(path, join(where, 'other name.db'))
  await expect(openSqliteStore({ path })).rejects.toMatchObject({ code: 'store-busy' })
  await expect(openSqliteStore({ path: join(where, 'other name.db') })).rejects.toMatchObject({ code: 'store-busy' })
  await store.close()
  const next = await openSqliteStore({ path: join(where, 'other name.db') })
  await expect(openSqliteStore({ path })).rejects.toMatchObject({ code: 'store-busy' })
  await next.close()
})

test('a store that could not be opened holds no lock', async () => {
  const path = join(folder(), 'client.db')
  writeFileSync(path, 'not ours, yet')
  await expect(openSqliteStore({ path })).rejects.toMatchObject({ code: 'store-foreign' })
  writeFileSync(path, '')
  const store = await openSqliteStore({ path })
  await store.close()
})

test('after closing, the database is one file beside its lock', async () => {
  const where = folder()
  await withNotes(join(where, 'client.db'), 1000)
  expect(readdirSync(where).sort()).toEqual(['client.db', 'client.db-lock'])
  const file = new Database(join(where, 'client.db'), { readonly: true })
  expect([file.pragma('page_size', { simple: true }), file.pragma('journal_mode', { simple: true })]).toEqual([
    16384,
    'wal',
  ])
  expect(file.pragma('integrity_check', { simple: true })).toBe('ok')
  file.close()
})

/** Runs as a user who is not root, because nothing is read-only for root. */
async function asPlainUser(body: () => Promise<void>): Promise<void> {
  const isRoot = process.geteuid?.() === 0
  if (isRoot) process.seteuid?.(65_534)
  try {
    await body()
  } finally {
    if (isRoot) process.seteuid?.(0)
  }
}

test('a file or a folder that cannot be written is refused as read-only', async () => {
  const where = folder()
  const path = join(where, 'client.db')
  await withNotes(path, 1)
  chmodSync(where, 0o555)
  chmodSync(path, 0o444)
  await asPlainUser(async () => {
    await expect(openSqliteStore({ path })).rejects.toMatchObject({ code: 'store-readonly' })
    await expect(openSqliteStore({ path: join(where, 'new.db') })).rejects.toMatchObject({ code: 'store-readonly' })
  })
  chmodSync(where, 0o777)
  chmodSync(join(where, 'client.db-lock'), 0o666)
  await asPlainUser(async () => {
    await expect(openSqliteStore({ path })).rejects.toMatchObject({ code: 'store-readonly' })
  })
  chmodSync(path, 0o000)
  await asPlainUser(async () => {
    await expect(openSqliteStore({ path })).rejects.toMatchObject({ code: 'store-readonly' })
  })
  chmodSync(path, 0o666)
  const store = await openSqliteStore({ path })
  expect(await store.read('count', (tx) => tx.count('note'))).toBe(1)
  await store.close()
})

test('a file that is damaged fails with a code, in opening or in reading, and never with wrong rows', async () => {
  const path = join(folder(), 'client.db')
  await withNotes(path, 2000)
  const { size } = statSync(path)
  for (const from of [16_384, Math.floor(size / 2 / 16_384) * 16_384]) {
    const damaged = join(folder(), 'damaged.db')
    const bytes = readFileSync(path)
    bytes.fill(0xa5, from, from + 5 * 16_384)
    writeFileSync(damaged, bytes)
    const opened = openSqliteStore({ path: damaged })
    const reading = opened.then((store) => scanAndClose(store))
    await expect(reading).rejects.toMatchObject({ code: 'store' })
  }
})

async function scanAndClose(store: Store): Promise<void> {
  try {
    await store.read('all', async (tx) => {
      await tx.scan('note', {})
      await tx.scan('note', { index: 'by subject' })
      await tx.countTransactions()
      await tx.values('')
      await tx.bases('note')
    })
  } finally {
    await store.close()
  }
}
