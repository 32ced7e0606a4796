import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seededRandom } from '@outpost/core/testing'
import { openSqliteStore } from '@outpost/store-sqlite'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { bundled } from './bundled.ts'
import { ACCOUNT, pairOf } from './pair.ts'

const ROUNDS = 20
const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000)

/** Starts the writer and kills it `delayMs` after it has acknowledged `count` pairs. Gives back what it acknowledged. */
async function writeUntilKilled(
  program: string,
  path: string,
  first: number,
  moment: { count: number; delayMs: number },
  whileRunning: () => Promise<void>,
): Promise<number[]> {
  const child = spawn(process.execPath, [program, path, String(first)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise<string | null>((resolve) => child.once('close', (_code, signal) => resolve(signal)))
  let output = ''
  let checked: Promise<void> | undefined
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
    checked ??= whileRunning()
    if (output.split('\n').length > moment.count) setTimeout(() => child.kill('SIGKILL'), moment.delayMs)
  })
  expect(await ended).toBe('SIGKILL')
  await checked
  return output.split('\n').filter(Boolean).map(Number)
}

test(`no acknowledged pair is missing and none is half written after ${ROUNDS} kills (SEED=${seed})`, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'outpost-crash-'))
  const path = join(folder, 'client.db')
  const program = await bundled(new URL('pair-writer.ts', import.meta.url), folder)
  const random = seededRandom(seed)
  const empty = await openSqliteStore({ path })
  await empty.write('tables', (tx) => tx.defineTables([ACCOUNT]))
  await empty.close()

  const acknowledged: number[] = []
  for (let round = 1; round <= ROUNDS; round++) {
    const moment = { count: 1 + Math.floor(random() * 200), delayMs: Math.floor(random() * 30) }
    const place = `round ${round}, ${JSON.stringify(moment)}`
    const done = await writeUntilKilled(program, path, round * 1_000_000, moment, async () => {
      await expect(openSqliteStore({ path }), `a second store in ${place}`).rejects.toMatchObject({
        code: 'store-busy',
      })
    })
    expect(done.length, `acknowledged in ${place}`).toBeGreaterThanOrEqual(moment.count)
    acknowledged.push(...done)

    const store = await openSqliteStore({ path })
    await store.read('check', async (tx) => {
      const rows = await tx.scan('account', {})
      const outbox = await tx.findTransactions({})
      const numbers = rows.map((row) => Number(row.values['number']))
      const present = new Set(numbers)
      expect(
        acknowledged.filter((number) => !present.has(number)),
        `acknowledged and missing in ${place}`,
      ).toEqual([])
      expect(outbox.map(({ id }) => id).sort(), `pairs in ${place}`).toEqual(rows.map(({ id }) => id))
      expect(rows, `rows in ${place}`).toEqual(numbers.map((number) => pairOf(number).row))
      expect((await tx.scan('account', { index: 'by name' })).length, `index in ${place}`).toBe(rows.length)
      expect((await tx.findTransactions({ touching: [`account/${rows[0]?.id}`] })).length).toBe(1)
    })
    await store.close()

    const file = new Database(path, { readonly: true })
    expect(file.pragma('integrity_check', { simple: true }), `integrity in ${place}`).toBe('ok')
    file.close()
  }
  rmSync(folder, { recursive: true })
})
