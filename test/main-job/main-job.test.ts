// Runs the built example as a person would: `npm start` is the same program.
import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'

const program = fileURLToPath(new URL('../../examples/main-job/dist/main.js', import.meta.url))

function play(...options: string[]): Promise<{ readonly exitCode: number; readonly story: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [program, ...options], { env: { ...process.env, NO_COLOR: '1' } }, (error, stdout) => {
      const code = error?.code
      resolve({ exitCode: error === null ? 0 : typeof code === 'number' ? code : 1, story: stdout })
    })
  })
}

/** The value that stands beside a label. */
function fact(story: string, label: string): string {
  const line = story.split('\n').find((one) => one.trimStart().startsWith(label))
  return line?.trimStart().slice(label.length).trim() ?? `no line '${label}'`
}

test(
  'plays the main job to its end and finds both sides equal, over at least 20,000 rows',
  { timeout: 120_000 },
  async () => {
    const { exitCode, story } = await play()
    expect({ exitCode, story }).toMatchObject({ exitCode: 0 })
    expect(Number(fact(story, 'Rows on the master').replaceAll(',', ''))).toBeGreaterThanOrEqual(20_000)
    expect(fact(story, 'A plain request')).toBe('ECONNREFUSED')
    expect(fact(story, 'A sync')).toBe('offline')
    expect(fact(story, 'create its contact')).toBe('#2 pending, waits for #1')
    expect(story).toMatch(/Its process +\d+, ended by SIGKILL/)
    const pending = story.match(/Pending +8$/gm)
    expect(pending, 'pending before and after the process was killed').toHaveLength(2)
    expect(story.match(/#\d processed$/gm)).toHaveLength(7)
    expect(fact(story, '#8 was refused')).toBe('key-clash')
    expect(fact(story, '#8 amended to N-000002')).toBe('processed')
    expect(fact(story, 'Work orders given to the south')).toBe('3')
    const [master, laptop, values, different] = fact(story, 'all ').split(/ +/)
    expect(laptop).toBe(master)
    expect(Number(values?.replaceAll(',', ''))).toBeGreaterThan(50_000)
    expect(different).toBe('0')
    expect(story).toContain('Both sides agree.')
  },
)

test(
  'fails and names the value when a row on the master was changed behind its back',
  { timeout: 120_000 },
  async () => {
    const { exitCode, story } = await play('--spoil', '--rows', '2000')
    expect({ exitCode, story }).toMatchObject({ exitCode: 1 })
    expect(story).toContain('The sides differ.')
    expect(story).toMatch(/account [0-9a-f-]{36} telephone1: "\+45 00 00 00 00" on the master/)
  },
)

interface Ended {
  readonly exitCode: number | null
  readonly err: string
}

/** Plays it with a temporary folder of its own. `onOut` may end it before its time. */
function playIn(
  folder: string,
  options: readonly string[],
  onOut: (child: ReturnType<typeof spawn>) => void = () => {},
): Promise<Ended> {
  const env = { ...process.env, NO_COLOR: '1', TMPDIR: folder, TEMP: folder, TMP: folder }
  const child = spawn(process.execPath, [program, ...options], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  return new Promise((resolve) => {
    let err = ''
    let out = ''
    let told = false
    child.stderr.on('data', (part: Buffer) => (err += part.toString()))
    child.stdout.on('data', (part: Buffer) => {
      out += part.toString()
      // By now the laptop has made its database.
      if (!told && out.includes('Table definitions copied')) onOut(child)
      told ||= out.includes('Table definitions copied')
    })
    child.on('close', (exitCode) => resolve({ exitCode, err }))
  })
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'outpost-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

test('a reader that has enough ends it without a complaint and nothing stays behind', { timeout: 60_000 }, async () => {
  const folder = temporaryFolder()
  const ended = await playIn(folder, ['--rows', '2000'], (child) => child.stdout?.destroy())
  expect(ended).toEqual({ exitCode: 0, err: '' })
  expect(readdirSync(folder)).toEqual([])
})

test('SIGTERM ends it and nothing stays behind', { timeout: 60_000 }, async () => {
  const folder = temporaryFolder()
  const ended = await playIn(folder, ['--rows', '2000'], (child) => child.kill('SIGTERM'))
  expect(ended).toEqual({ exitCode: 143, err: '' })
  expect(readdirSync(folder)).toEqual([])
})

test('an argument that there is not, and a place for files that there is not, are one line each', async () => {
  const folder = temporaryFolder()
  const unknown = await playIn(folder, ['--row', '2000'])
  expect(unknown.exitCode).toBe(2)
  expect(unknown.err).toMatch(/^Unknown option '--row'.*\n$/)
  const unwritable = await playIn(join(folder, 'missing'), [])
  expect(unwritable.exitCode).toBe(1)
  expect(unwritable.err).toMatch(/^no temporary directory can be made .*\n$/)
})
