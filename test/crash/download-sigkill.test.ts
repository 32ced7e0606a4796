import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ClientOrg } from '@outpost/core'
import { dataverseMaster } from '@outpost/dataverse-adapter'
import { createEmulator, fieldService, memo, standardColumns, text } from '@outpost/dataverse-emulator'
import type { Emulator } from '@outpost/dataverse-emulator'
import { serve } from '@outpost/dataverse-emulator/server'
import { openSqliteStore } from '@outpost/store-sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { administrator } from '../engine/world.ts'
import { bundled } from './bundled.ts'

/*
 * A download of 100,000 rows in twenty pages, on a real disk and over HTTP. Every process that works at it is killed at a
 * page, and the next one goes on.
 */

const ROWS = 100_000
const PAGE = 5000
/** As a whole the rows are more than what the downloading process has for everything. */
const TEXT = 'x'.repeat(400)
const HEAP_MB = 36

interface Ground {
  readonly emulator: Emulator
  readonly program: string
  readonly path: string
  readonly url: string
  readonly token: string
  /** The positions behind which pages of rows were asked for since the last look. */
  positions(): readonly bigint[]
}

async function ground(): Promise<Ground> {
  const folder = mkdtempSync(join(tmpdir(), 'outpost-download-'))
  const emulator = createEmulator({
    seed: fieldService({ rows: 200 }),
    limits: { serviceProtection: false },
    tokenLifetimeMs: 365 * 86_400_000,
  })
  emulator.schema.addTable({
    schemaName: 'new_Item',
    objectTypeCode: 10950,
    displayName: 'Item',
    columns: [
      text('new_Name'),
      memo('new_Text', { maxLength: 2000 }),
      ...standardColumns('new_item', { ownership: 'OrganizationOwned' }),
    ],
  })
  for (let n = 0; n < ROWS; n += 1) emulator.master.create('new_item', { new_name: `Item ${n}`, new_text: TEXT })
  const served = await serve(emulator)
  onTestFinished(async () => {
    await served.close()
    rmSync(folder, { recursive: true })
  })
  const path = join(folder, 'client.db')
  const { org, close } = await opened(emulator, path)
  await org.connect()
  await org.configure({ tables: { new_item: { columns: ['new_name', 'new_text'] } } })
  await close()
  emulator.clearRequests()
  return {
    emulator,
    program: await bundled(new URL('downloading-program.ts', import.meta.url), folder),
    path,
    url: served.url,
    token: emulator.tokenFor(administrator(emulator)),
    positions: () => {
      const asked = emulator.requests().map((request) => decodeURIComponent(request.path))
      emulator.clearRequests()
      return asked
        .filter((line) => line.includes('new_items?') && line.includes('$orderby=versionnumber'))
        .map((line) => BigInt(/versionnumber gt (\d+)/.exec(line)?.[1] ?? 0))
    },
  }
}

async function opened(
  emulator: Emulator,
  path: string,
): Promise<{
  readonly org: ClientOrg
  readonly close: () => Promise<void>
  readonly held: () => Promise<number>
  readonly names: () => Promise<ReadonlyMap<string, unknown>>
}> {
  const store = await openSqliteStore({ path })
  const master = dataverseMaster({
    url: emulator.root,
    token: () => Promise.resolve(emulator.tokenFor(administrator(emulator))),
    fetch: emulator.fetch,
  })
  const org = await ClientOrg.open({ store, master, delivery: 'on-demand' })
  return {
    org,
    close: async () => {
      await org.close()
      await store.close()
    },
    held: () => store.read('look', (tx) => tx.count('new_item')),
    names: async () => {
      const rows = await store.read('look', (tx) => tx.scan('new_item', {}))
      return new Map(rows.map(({ id, values }) => [id, values['new_name']]))
    },
  }
}

/** Downloads in a process of its own, which dies as told. Gives back its signal and what it said. */
async function download(
  { program, path, url, token }: Ground,
  point: string,
  nth: number,
): Promise<{ readonly signal: string | null; readonly said: string }> {
  // Marked as a whole: what is allocated while a busy machine is slow to mark bit by bit would count as needed.
  const heap = [`--max-old-space-size=${HEAP_MB}`, '--no-incremental-marking']
  const child = spawn(process.execPath, [...heap, program, path, url, token, point, String(nth)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (part: string) => (said += part))
  const signal = await new Promise<string | null>((resolve) => child.once('close', (_code, by) => resolve(by)))
  return { signal, said: said.trim() }
}

test('a download of 100,000 rows that is killed at every page goes on, and fetches no committed page twice', async () => {
  const there = await ground()
  const versions = there.emulator.master.rows('new_item').map(({ version }) => version)
  versions.sort((one, other) => (one < other ? -1 : 1))
  // The version up to which everything is committed.
  let committed = 0n
  for (let page = 1; page <= ROWS / PAGE; page += 1) {
    // One process commits a page and dies before anybody knows it, the next dies in the middle of its second page.
    const isWithin = page % 2 === 0
    const { signal } = await download(there, isWithin ? 'within' : 'behind', isWithin ? 2 : 1)
    // The last page of all is the first of its process and the last one: there is no second to die at.
    if (page < ROWS / PAGE) expect({ page, signal }).toEqual({ page, signal: 'SIGKILL' })
    const asked = there.positions()
    expect(asked.length).toBeGreaterThan(0)
    // Nothing of what was committed before is asked for again, and what is asked for begins just behind it.
    expect(asked.filter((position) => position < committed)).toEqual([])
    expect(asked[0]).toBe(committed)
    expect(new Set(asked).size).toBe(asked.length)
    const { held, close } = await opened(there.emulator, there.path)
    expect(await held()).toBe(page * PAGE)
    await close()
    committed = versions[page * PAGE - 1] ?? 0n
  }
  const { signal, said } = await download(there, 'never', 0)
  expect(signal).toBe(null)
  expect(Number(said)).toBeLessThanOrEqual(PAGE)

  const { names, close, org } = await opened(there.emulator, there.path)
  const here = await names()
  expect((await org.status()).tables['new_item']).toMatchObject({ rows: ROWS, complete: true })
  await close()
  const wanted = there.emulator.master.rows('new_item')
  expect(here.size).toBe(wanted.length)
  expect(wanted.filter(({ id, values }) => here.get(id) !== values['new_name'])).toEqual([])

  // As a whole, too, it needs no more memory than for two pages, however large the table is.
  const whole = { ...there, path: `${there.path}.whole` }
  const fresh = await opened(there.emulator, whole.path)
  await fresh.org.connect()
  await fresh.org.configure({ tables: { new_item: { columns: ['new_name', 'new_text'] } } })
  await fresh.close()
  const result = await download(whole, 'never', 0)
  expect(result.signal).toBe(null)
  expect(Number(result.said)).toBeGreaterThan(0)
  expect(Number(result.said)).toBeLessThanOrEqual(2 * PAGE)
}, 600_000)
