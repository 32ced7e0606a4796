import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { accountId, accountRow, GREATEST_SEED } from './data/account-rows.ts'
import { contentsOf, listOf } from './data/contents.ts'

const source = new URL('./main.ts', import.meta.url)
const program = fileURLToPath(new URL('dist/main.js', source))
const compiler = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', source))

const named = process.env['CHROMIUM']
const installed = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const hasChromium = (named ? [named] : installed).some((path) => existsSync(path))

function run(...argv: string[]): Promise<{ readonly exitCode: number; readonly text: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, argv, (error, stdout, stderr) => {
      const code = error?.code
      resolve({ exitCode: error === null ? 0 : typeof code === 'number' ? code : -1, text: stdout + stderr })
    })
  })
}

beforeAll(async () => {
  const built = await run(compiler, '-b', fileURLToPath(new URL('.', source)))
  expect(built).toMatchObject({ exitCode: 0 })
})

test('runs contenders in turn, each in a process of its own, and writes what they took', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'outpost-bench-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const json = join(folder, 'bench.json')
  const sizes = ['--rows', '300', '--page-size', '200', '--pending', '20', '--store', 'sqlite']
  const options = ['--contenders', 'outpost,raw', '--runs', '1', '--no-warm-up', '--json', json]
  const { exitCode, text } = await run(program, 'w1', 'w5', ...sizes, ...options)
  expect({ exitCode, text }).toMatchObject({ exitCode: 0 })
  expect(text.match(/^Every run of outpost, raw ended with the same, complete data:\n +\w+: \d+ rows/gm)).toHaveLength(
    2,
  )
  expect(text).toContain('ONE RUN')
  const held = { rows: 300, queued: 0 }
  const told: unknown = JSON.parse(readFileSync(json, 'utf8'))
  expect(told).toMatchObject({
    date: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    machine: { platform: process.platform },
    versions: { node: process.version, '@outpost/core': expect.any(String), rxdb: expect.any(String) },
    results: [
      { workload: 'w1', expected: { held }, compared: ['outpost', 'raw'], differing: [] },
      { workload: 'w5', expected: { shown: { rows: 50 }, held: { ...held, queued: 20 } }, differing: [] },
    ],
  })
  expect(told).toHaveProperty('commit')
  expect(told).toHaveProperty('results.0.lines.0.spread', null)
})

test.skipIf(!hasChromium)('runs them in Chromium, on each store', async () => {
  const options = ['--contenders', 'outpost,outpost-opfs,raw-opfs,floor', '--runs', '1', '--no-warm-up']
  const { exitCode, text } = await run(program, 'w1', '--browser', '--rows', '300', ...options)
  expect({ exitCode, text }).toMatchObject({ exitCode: 0 })
  expect(text).toContain('Every run of outpost, outpost-opfs, raw-opfs ended with the same, complete data')
  expect(text).toMatch(/^ +download ms +floor +\d/m)
})

test.skipIf(!hasChromium)('finds in Chromium what was written when it is opened again', async () => {
  const sizes = ['--rows', '300', '--writes', '5', '--burst', '20', '--pending', '20']
  const options = ['--contenders', 'raw-opfs,rxdb,pouch', '--runs', '1', '--no-warm-up']
  const { exitCode, text } = await run(program, 'w3', 'w5', '--browser', ...sizes, ...options)
  expect({ exitCode, text }).toMatchObject({ exitCode: 0 })
  expect(text).toMatch(/^ +held: 300 rows, checksum \w+; 35 writes are queued/m)
  expect(text).toMatch(/^ +shown: 50 rows, checksum \w+\n +held: 300 rows, checksum \w+; 20 writes are queued/m)
})

test.skipIf(!hasChromium)('ends a page that takes too long', async () => {
  const options = ['--contenders', 'pouch', '--runs', '1', '--time-limit', '1']
  const { exitCode, text } = await run(program, 'w1', '--browser', '--rows', '20000', ...options)
  expect({ exitCode, text }).toMatchObject({ exitCode: 2 })
  expect(text).toMatch(/w1, pouch: '\w+' was not done after 1 seconds/)
})

test('ends a run that takes too long, and says whose it was and what it did', async () => {
  // One by one in eight lanes, each 50 ms late: more than six seconds.
  const sizes = ['--rows', '1000', '--pending', '1000', '--contenders', 'single-x8']
  const { exitCode, text } = await run(program, 'w4', ...sizes, '--runs', '1', '--time-limit', '3')
  expect({ exitCode, text }).toMatchObject({ exitCode: 2 })
  expect(text).toContain("w4, single-x8: 'push' was not done after 3 seconds")
})

test('measures beside the contenders what nobody can do without, which keeps nothing', async () => {
  const options = ['--contenders', 'raw,floor', '--runs', '1', '--no-warm-up']
  const { exitCode, text } = await run(program, 'w1', '--rows', '300', ...options)
  expect({ exitCode, text }).toMatchObject({ exitCode: 0 })
  expect(text).toMatch(/^ +download ms +floor +\d/m)
  expect(text).toMatch(/^Every run of raw ended/m)
  expect(text).toMatch(/^floor .* no data to compare/m)
})

test('claims no data of who keeps none', async () => {
  const { exitCode, text } = await run(program, 'w1', '--rows', '300', '--contenders', 'floor', '--runs', '2')
  expect({ exitCode, text }).toMatchObject({ exitCode: 0 })
  expect(text).not.toContain('Every run')
  expect(text).not.toContain('NaN')
  expect(text).toMatch(/^floor .* no data to compare/m)
})

test('tells contents apart that differ in one value', async () => {
  const rows = [accountRow(1, 0), accountRow(1, 1)]
  const contents = await contentsOf(rows, 0)
  expect(await contentsOf(rows.toReversed(), 0)).toEqual(contents)
  expect(await contentsOf([accountRow(1, 0), { ...accountRow(1, 1), revenue: 1 }], 0)).not.toEqual(contents)
  expect(await contentsOf([accountRow(1, 0), accountRow(2, 1)], 0)).not.toEqual(contents)
  expect(await contentsOf([accountRow(1, 0), { ...accountRow(1, 1), versionnumber: '1' }], 0)).not.toEqual(contents)
})

test('tells lists apart that differ in their order', async () => {
  const rows = [accountRow(1, 0), accountRow(1, 1)]
  expect(await listOf([...rows])).toEqual(await listOf(rows))
  expect(await listOf(rows.toReversed())).not.toEqual(await listOf(rows))
})

test('the greatest seed gives every row an id of its own', () => {
  const ids = Array.from({ length: 1000 }, (_, index) => accountId(GREATEST_SEED, index))
  expect(new Set(ids).size).toBe(1000)
})

test('refuses what it does not know before it measures anything', async () => {
  expect(await run(program, 'w9')).toMatchObject({ exitCode: 2 })
  expect(await run(program, '--row', '5')).toMatchObject({ exitCode: 2 })
  expect(await run(program, 'w3', '--rows', '5')).toMatchObject({ exitCode: 2 })
  expect(await run(program, 'w1', '--contenders', 'nobody')).toMatchObject({ exitCode: 2 })
  expect(await run(program, 'w1', '--store', 'dexie')).toMatchObject({ exitCode: 2 })
  const opfs = ['--browser', '--store', 'opfs', '--contenders', 'raw']
  expect(await run(program, 'w1', ...opfs)).toMatchObject({ exitCode: 2 })
  expect(await run(program, 'w4', '--browser')).toMatchObject({ exitCode: 2 })
  expect(await run(program, 'cycle', '--rows', '50', '--changes', '50')).toMatchObject({ exitCode: 2 })
  for (const seed of ['9007199254740993', '2147483648', '1.5', '0', 'one']) {
    expect(await run(program, 'w1', '--seed', seed)).toMatchObject({ exitCode: 2 })
  }
  expect(await run(program, 'w1', '--seed=-1')).toMatchObject({ exitCode: 2 })
  expect(await run(program, 'w2', '--changes', '100,100')).toMatchObject({ exitCode: 2 })
  expect(await run(program, 'w1', '--browser', '--profile', tmpdir())).toMatchObject({ exitCode: 2 })
  expect(await run(program, 'cycle', '--profile', tmpdir())).toMatchObject({ exitCode: 2 })
  expect(await run(program, 'w1', '--time-limit', '2147484')).toMatchObject({ exitCode: 2 })
})

test('measures how fast the emulator serves pages, and how it loads', async () => {
  const { exitCode, text } = await run(program, 'serve', 'load', '--rows', '2000', '--runs', '1')
  expect([0, 1]).toContain(exitCode)
  expect(text).toMatch(/^SERVE {2}pages of \d+ rows/m)
  for (const contender of ['serialised', 'emulator', 'never read before', 'with $filter', 'with annotations']) {
    expect(text).toMatch(new RegExp(`page ms +${contender.replace('$', '\\$')} +\\d`))
  }
  expect(text).toMatch(/^LOAD {2}an emulator of \d,\d+ rows/m)
})

test('drains a queue, and tells what that takes', async () => {
  const { exitCode, text } = await run(program, 'queue', '--pending', '120')
  expect({ exitCode, text }).toMatchObject({ exitCode: 0 })
  expect(text).toMatch(/^QUEUE {2}120 pending transactions/m)
  for (const measure of ['drain ms', 'requests', 'reads', 'bodies read', 'most bodies held']) {
    expect(text).toMatch(new RegExp(`^ +${measure} +\\d`, 'm'))
  }
})

test('shows what an incremental sync costs, whatever the size of the table', async () => {
  const { exitCode, text } = await run(program, 'cycle', '--rows', '300,1200', '--changes', '0,10')
  expect({ exitCode, text }).toMatchObject({ exitCode: 0 })
  for (const strategy of ['floor', 'tracking', 'change tracking', 'sync deletion']) {
    expect(text).toMatch(new RegExp(`^ +${strategy} +1,200 +10 +\\d`, 'm'))
  }
  expect(text).toContain('Idle cycles take one request at most')
})
