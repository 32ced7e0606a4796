import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { accountRow } from './data/account-rows.ts'
import { contentsOf } from './data/contents.ts'

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
  expect(text.match(/^Every run ended with all 300 rows/gm)).toHaveLength(2)
  const { results } = JSON.parse(readFileSync(json, 'utf8')) as { results: { expected: object; differing: string[] }[] }
  expect(results).toMatchObject([
    { workload: 'w1', expected: { rows: 300, queued: 0 }, differing: [] },
    { workload: 'w5', expected: { rows: 300, queued: 20 }, differing: [] },
  ])
})

test.skipIf(!hasChromium)('runs them in Chromium, on each store', async () => {
  const options = ['--contenders', 'outpost,outpost-opfs,raw-opfs,floor', '--runs', '1', '--no-warm-up']
  const { exitCode, text } = await run(program, 'w1', '--browser', '--rows', '300', ...options)
  expect({ exitCode, text }).toMatchObject({ exitCode: 0 })
  expect(text).toContain('Every run ended with all 300 rows')
  expect(text).toMatch(/^ +download ms +floor +\d/m)
})

test('measures beside the contenders what nobody can do without, which keeps nothing', async () => {
  const options = ['--contenders', 'raw,floor', '--runs', '1', '--no-warm-up']
  const { exitCode, text } = await run(program, 'w1', '--rows', '300', ...options)
  expect({ exitCode, text }).toMatchObject({ exitCode: 0 })
  expect(text).toMatch(/^ +download ms +floor +\d/m)
})

test('tells contents apart that differ in one value', async () => {
  const rows = [accountRow(1, 0), accountRow(1, 1)]
  const contents = await contentsOf(rows, 0)
  expect(await contentsOf(rows.toReversed(), 0)).toEqual(contents)
  expect(await contentsOf([accountRow(1, 0), { ...accountRow(1, 1), revenue: 1 }], 0)).not.toEqual(contents)
  expect(await contentsOf([accountRow(1, 0), accountRow(2, 1)], 0)).not.toEqual(contents)
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
