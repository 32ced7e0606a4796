import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Store, StoredRow, StoreTable } from '@outpost/core'
import { expect, onTestFinished, test } from 'vitest'
import { openSqliteStore } from './open-sqlite-store.ts'

const LINK: StoreTable = {
  name: 'link',
  columns: [{ name: 'label', type: 'text' }],
  indexes: [{ name: 'by label', columns: ['label'] }],
}

function newPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'outpost-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'client.db')
}

function row(id: string, label: string): StoredRow {
  return { id, version: null, values: { label } }
}

function guid(n: number): string {
  return `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`
}

test('ids that are not GUIDs stand among GUIDs in the order of their text', async () => {
  const path = newPath()
  const store = await openSqliteStore({ path })
  const guids = [1, 10, 0xabc].map(guid)
  const others = ['', '0', `${guid(1)}:${guid(2)}`, guid(0xabc).toUpperCase(), 'zz', guid(11).slice(0, -1)]
  await store.write('guids', async (tx) => {
    await tx.defineTables([LINK])
    await tx.putRows(
      'link',
      guids.map((id) => row(id, 'same')),
    )
  })
  const strangers = ['none', guid(0xabc).toUpperCase(), guid(1).replaceAll('-', '')]
  await store.read('ids', async (tx) => {
    expect(await tx.rows('link', [...guids, ...strangers])).toEqual([
      ...guids.map((id) => row(id, 'same')),
      ...strangers.map(() => undefined),
    ])
    expect([...(await tx.versions('link', [...strangers, ...guids])).keys()]).toEqual(guids)
  })
  await store.write('strangers', (tx) => tx.deleteRows('link', strangers))
  await store.write('others', (tx) =>
    tx.putRows(
      'link',
      others.map((id) => row(id, 'same')),
    ),
  )
  await store.close()

  const reopened = await openSqliteStore({ path })
  const all = [...guids, ...others].sort()
  await reopened.read('check', async (tx) => {
    expect(await tx.ids('link', { limit: 100 })).toEqual(all)
    expect((await tx.scan('link', { index: 'by label' })).map(({ id }) => id)).toEqual(all)
    expect((await tx.rows('link', all)).map((found) => found?.id)).toEqual(all)
    expect((await tx.versions('link', all)).size).toBe(all.length)
  })
  await reopened.write('delete', (tx) => tx.deleteRows('link', guids))
  expect(await reopened.read('count', (tx) => tx.count('link'))).toBe(others.length)
  await reopened.close()
})

test('a table becomes one of text ids with the write that needs it, and not when that write rolls back', async () => {
  const store = await openSqliteStore({ path: newPath() })
  await store.write('guids', async (tx) => {
    await tx.defineTables([LINK])
    await tx.putRows('link', [row(guid(1), 'a')])
  })
  const failing = store.write('fails', async (tx) => {
    await tx.putRows('link', [row('text', 'b')])
    expect((await tx.rows('link', [guid(1), 'text'])).map((found) => found?.values['label'])).toEqual(['a', 'b'])
    throw new Error('planned')
  })
  await expect(failing).rejects.toThrow('planned')
  expect(await store.read('rows', (tx) => tx.rows('link', [guid(1), 'text']))).toEqual([row(guid(1), 'a'), undefined])
  await store.close()
})

test('a table of 900 columns is kept', async () => {
  const columns = Array.from({ length: 900 }, (_, n) => ({ name: `column${n}`, type: 'number' as const }))
  const wide: StoreTable = { name: 'wide', columns, indexes: [{ name: 'last', columns: ['column899'] }] }
  const values = Object.fromEntries(columns.map(({ name }, n) => [name, n]))
  const store = await openSqliteStore({ path: newPath() })
  await store.write('fill', async (tx) => {
    await tx.defineTables([wide])
    await tx.putRows(
      'wide',
      Array.from({ length: 50 }, (_, n) => ({ id: guid(n), version: null, values })),
    )
  })
  const found = await store.read('scan', (tx) => tx.scan('wide', { index: 'last', equals: [899], limit: 1 }))
  expect(found).toEqual([{ id: guid(0), version: null, values }])
  await store.close()
})

async function fillUntilRefused(store: Store): Promise<{ written: number; error: unknown }> {
  for (let written = 0; ; written++) {
    const page = Array.from({ length: 50 }, (_, n) => row(guid(written * 50 + n), 'x'.repeat(500)))
    try {
      await store.write('page', async (tx) => {
        await tx.putRows('link', page)
        await tx.setValue('checkpoint', written + 1)
      })
    } catch (error) {
      return { written, error }
    }
  }
}

test('a full disk refuses the write that does not fit, whole, and keeps everything before it', async () => {
  const path = newPath()
  const store = await openSqliteStore({ path, maxBytes: 60 * 16_384 })
  await store.write('tables', (tx) => tx.defineTables([LINK]))
  const { written, error } = await fillUntilRefused(store)
  expect(error).toMatchObject({ code: 'store-full' })
  expect(written).toBeGreaterThan(5)
  const isWhole = async (on: Store): Promise<void> => {
    await on.read('check', async (tx) => {
      expect([await tx.count('link'), await tx.value('checkpoint')]).toEqual([written * 50, written])
      expect((await tx.scan('link', { index: 'by label' })).length).toBe(written * 50)
    })
  }
  await isWhole(store)
  const wider = { ...LINK, columns: [...LINK.columns, { name: 'more', type: 'text' as const }] }
  const index = { name: 'by more', columns: ['more', 'label'] }
  const widening = store.write('widen', (tx) => tx.defineTables([{ ...wider, indexes: [...LINK.indexes, index] }]))
  await expect(widening).rejects.toMatchObject({ code: 'store-full' })
  await isWhole(store)
  await store.close()

  const reopened = await openSqliteStore({ path })
  await isWhole(reopened)
  expect((await fillUntil(reopened, written + 20)).count).toBe((written + 20) * 50)
  await reopened.close()
})

async function fillUntil(store: Store, pages: number): Promise<{ count: number }> {
  await store.write('more', (tx) =>
    tx.putRows(
      'link',
      Array.from({ length: pages * 50 }, (_, n) => row(guid(n), 'x'.repeat(500))),
    ),
  )
  return { count: await store.read('count', (tx) => tx.count('link')) }
}

test('when the disk fills while many writes share a commit, each is whole or refused', async () => {
  const store = await openSqliteStore({ path: newPath(), maxBytes: 60 * 16_384 })
  await store.write('tables', (tx) => tx.defineTables([LINK]))
  const writes = Array.from({ length: 60 }, (_, n) =>
    store.write(`write ${n}`, async (tx) => {
      await tx.putRows(
        'link',
        Array.from({ length: 20 }, (__, k) => row(guid(n * 20 + k), 'x'.repeat(500))),
      )
      await tx.setValue(`done/${String(n).padStart(3, '0')}`, n)
    }),
  )
  const outcomes = await Promise.allSettled(writes)
  const kept = outcomes.flatMap(({ status }, n) => (status === 'fulfilled' ? [n] : []))
  const codes = new Set(outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [codeOf(outcome.reason)] : [])))
  expect([...codes]).toEqual(['store-full'])
  await store.read('check', async (tx) => {
    expect((await tx.values('done/')).map(({ value }) => value)).toEqual(kept)
    expect(await tx.ids('link', { limit: 10_000 })).toEqual(
      kept.flatMap((n) => Array.from({ length: 20 }, (_, k) => guid(n * 20 + k))),
    )
  })
  await store.close()
})

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown }).code
}

test('the commit of many waiting writes is told write by write, each before its own promise resolves', async () => {
  const store = await openSqliteStore({ path: newPath() })
  const timeline: string[] = []
  store.subscribe(({ name }) => timeline.push(`told ${name}`))
  const failing = new Set([0, 7, 20])
  const writes = Array.from({ length: 30 }, async (_, n) => {
    const write = store.write(String(n), async (tx) => {
      await tx.setValue(String(n), n)
      if (failing.has(n)) throw new Error('planned')
    })
    timeline.push(
      await write.then(
        () => `done ${n}`,
        () => `refused ${n}`,
      ),
    )
  })
  await Promise.all(writes)
  for (let n = 0; n < 30; n++) {
    const told = timeline.indexOf(`told ${n}`)
    if (failing.has(n)) expect([told, timeline.includes(`refused ${n}`)]).toEqual([-1, true])
    else expect(told >= 0 && told < timeline.indexOf(`done ${n}`)).toBe(true)
  }
  expect((await store.read('values', (tx) => tx.values(''))).length).toBe(27)
  await store.close()
})

test('dropping most columns of a table keeps the rest of its rows', async () => {
  const columns = Array.from({ length: 40 }, (_, n) => ({ name: `column${n}`, type: 'text' as const }))
  const store = await openSqliteStore({ path: newPath() })
  await store.write('fill', async (tx) => {
    await tx.defineTables([{ name: 'note', columns, indexes: [{ name: 'one', columns: ['column1'] }] }])
    const values = Object.fromEntries(columns.map(({ name }) => [name, `${name} value`]))
    await tx.putRows(
      'note',
      Array.from({ length: 500 }, (_, n) => ({ id: guid(n), version: null, values })),
    )
  })
  await store.write('narrow', (tx) => tx.defineTables([{ name: 'note', columns: columns.slice(0, 2), indexes: [] }]))
  const [first] = await store.read('rows', (tx) => tx.scan('note', { limit: 1 }))
  expect(first?.values).toEqual({ column0: 'column0 value', column1: 'column1 value' })
  expect(await store.read('count', (tx) => tx.count('note'))).toBe(500)
  await store.close()
})
