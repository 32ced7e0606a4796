import { promises as files } from 'node:fs'
import { spawn } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { systemEnv } from '@outpost/core'
import { expect, onTestFinished, test } from 'vitest'
import { connectedWorkplace, expectDone, rowsOf, syncedWorkplace } from './workplace.ts'
import type { Outcome, Workplace } from './workplace.ts'

const TABLES = { account: { columns: ['name', 'telephone1'] } }
const program = fileURLToPath(new URL('../../packages/cli/bin/outpost.js', import.meta.url))

/** Serves until the log says something, does what is given then, and stops. */
async function serveUntil(
  { outpostWith }: Workplace,
  said: RegExp,
  then: (out: string) => unknown,
  ...argv: readonly string[]
): Promise<Outcome> {
  const interruption = new AbortController()
  let out = ''
  let done = false
  const onOut = (text: string): void => {
    out += text
    if (done || !said.test(out)) return
    done = true
    void Promise.resolve(then(out)).finally(() => interruption.abort())
  }
  return outpostWith({ signal: interruption.signal, onOut }, 'serve', ...argv)
}

test('serve runs what is due, tells of it in lines for people, and ends with exit code 0', async () => {
  const place = await connectedWorkplace(TABLES)
  const served = await serveUntil(place, /succeeded/, () => {})
  const count = place.emulator.master.rows('account').length
  expect(served).toMatchObject({ exitCode: 0, err: '' })
  const lines = served.out.replace(/^\S+Z {2}/gm, '').split('\n')
  expect(lines[0]).toBe('started: SyncService is due now')
  expect(lines[1]).toBe('SyncService #1 started (interval)')
  expect(lines[2]).toMatch(
    new RegExp(`^SyncService #1 succeeded · account: ${count} received · [\\d.]+ s · \\d+ requests · [\\d,]+ bytes$`),
  )
  expect(lines.slice(3)).toEqual(['stopped', ''])
  expect((await place.outpost('jobs', 'log', '--json')).json.runs).toMatchObject([{ number: 1, outcome: 'succeeded' }])
})

test('serve logs JSON lines', async () => {
  const place = await connectedWorkplace(TABLES)
  for (const option of [['--json'], ['--log-format', 'json']]) {
    const served = await serveUntil(place, /"started"/, () => {}, ...option)
    const events = rowsOf(served.out)
    expect(events[0]).toMatchObject({ type: 'started' })
    expect(events.at(-1)).toMatchObject({ type: 'stopped' })
    expect(Date.parse(events[0].at)).toBeGreaterThan(0)
  }
})

test('serve answers a monitor over HTTP: what it says, and nothing else', async () => {
  const place = await connectedWorkplace(TABLES)
  const answers: unknown[] = []
  const served = await serveUntil(
    place,
    /succeeded/,
    async (out) => {
      const url = /http:\S+\/health/.exec(out)?.[0] ?? ''
      expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/health$/)
      const healthy = await fetch(url)
      answers.push(healthy.status, await healthy.json())
      answers.push((await fetch(url.replace('health', ''))).status, (await fetch(url, { method: 'POST' })).status)
    },
    '--health-port',
    '0',
  )
  expect(served.exitCode).toBe(0)
  expect(answers).toEqual([
    200,
    expect.objectContaining({
      status: 'ok',
      service: 'running',
      reasons: [],
      lastRun: expect.objectContaining({ outcome: 'succeeded' }),
    }),
    404,
    405,
  ])
})

test('a monitor is told 503 while the service is failing, and the log has the error with its remedy', async () => {
  const place = await syncedWorkplace(TABLES)
  await place.goDown()
  for (let each = 0; each < 3; each += 1) await place.outpost('jobs', 'run', 'SyncService')
  await place.comeBack()
  place.emulator.revokeToken(place.token)
  const path = await place.file('token', place.token)
  let status = 0
  // By when what has failed is tried again.
  const env = { ...systemEnv, now: () => systemEnv.now() + 600_000 }
  const served = await serveUntil(
    { ...place, outpostWith: (around, ...argv) => place.outpostWith({ ...around, env }, ...argv) },
    /SyncService #\d+ error/,
    async (out) => {
      status = (await fetch(/http:\S+\/health/.exec(out)?.[0] ?? '')).status
    },
    '--health-port',
    '0',
    '--token-command',
    `cat ${path}`,
  )
  expect(status).toBe(503)
  expect(served.out).toMatch(/SyncService #\d+ failed.*\n.*error \[unauthenticated\]/)
})

test('serve keeps a health file that is whole whenever it is read', async () => {
  const place = await connectedWorkplace(TABLES)
  const file = await place.file('health.json')
  const served = await serveUntil(place, /succeeded/, () => {}, '--health-file', file)
  expect(served.exitCode).toBe(0)
  expect(JSON.parse(await files.readFile(file, 'utf8'))).toMatchObject({
    service: 'stopped',
    lastRun: { outcome: 'succeeded' },
  })
  const nowhere = await place.outpost('serve', '--health-file', `${file}/below`, '--json')
  expect(nowhere.exitCode).toBe(2)
  expect(nowhere.error.place.rule).toBe('file')
})

test('serve refuses a port that is taken, or none', async () => {
  const place = await connectedWorkplace(TABLES)
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void other.close())
  const { port } = other.address() as AddressInfo
  const refused = await place.outpost('serve', '--health-port', String(port), '--json')
  expect(refused.exitCode).toBe(2)
  expect(refused.error).toMatchObject({ code: 'invalid', place: { rule: 'port' } })
  for (const wrong of ['-1', '70000', 'x']) {
    expect((await place.outpost('serve', `--health-port=${wrong}`, '--json')).error.place.rule).toBe('usage')
  }
})

test('serve --once runs each active job by priority and ends as the worst of them', async () => {
  const place = await connectedWorkplace(TABLES)
  for (const [name, priority] of [
    ['later', '-1'],
    ['first', '5'],
  ] as const) {
    await expectDone(place.outpost('jobs', 'draft', name, '--every-minutes', '5', `--priority=${priority}`))
    await expectDone(place.outpost('jobs', 'publish', name))
    await expectDone(place.outpost('jobs', 'activate', name))
  }
  const served = await place.outpost('serve', '--once', '--json')
  expect(served.exitCode).toBe(0)
  const ended = rowsOf(served.out).filter(({ type }) => type === 'run.ended')
  expect(ended.map(({ run }) => [run.job, run.outcome])).toEqual([
    ['first', 'succeeded'],
    ['SyncService', 'succeeded'],
    ['later', 'succeeded'],
  ])
  await place.goDown()
  expect((await place.outpost('serve', '--once')).exitCode).toBe(3)
})

test('serve gives up with exit code 4 when a fixed token is refused', async () => {
  const place = await connectedWorkplace(TABLES)
  place.emulator.revokeToken(place.token)
  const served = await place.outpost('serve')
  expect(served.exitCode).toBe(4)
  expect(served.err).toMatch(/error \[unauthenticated\]/)
})

test.each(['SIGINT', 'SIGTERM'] as const)(
  'the process stops the run in progress on %s and ends within seconds',
  async (signal) => {
    const place = await connectedWorkplace(TABLES)
    place.emulator.faults.add({ times: Infinity, match: { path: /account|batch/ }, fault: { kind: 'hang' } })
    const env = { PATH: process.env['PATH'], OUTPOST_DB: place.database, OUTPOST_TOKEN: place.token }
    const child = spawn(process.execPath, [program, 'serve'], { env, stdio: ['ignore', 'pipe', 'pipe'] })
    const ended = await new Promise<{ code: number | null; out: string; err: string; ms: number }>((resolve) => {
      let [out, err, killedAt] = ['', '', 0]
      child.stdout.on('data', (part: Buffer) => {
        out += part.toString()
        if (killedAt > 0 || !out.includes('#1 started')) return
        killedAt = Date.now()
        child.kill(signal)
      })
      child.stderr.on('data', (part: Buffer) => (err += part.toString()))
      child.on('close', (code) => resolve({ code, out, err, ms: Date.now() - killedAt }))
    })
    expect(ended).toMatchObject({ code: 0, err: '' })
    expect(ended.out).toMatch(/SyncService #1 stopped.*\n.*stopped\n$/)
    expect(ended.ms).toBeLessThan(5000)
    expect((await place.outpost('jobs', 'log', '--json')).json.runs).toMatchObject([{ outcome: 'stopped' }])
  },
)

test('a run that is killed shows as interrupted', async () => {
  const place = await connectedWorkplace(TABLES)
  const heal = place.emulator.faults.add({ times: Infinity, match: { path: /account|batch/ }, fault: { kind: 'hang' } })
  const env = { PATH: process.env['PATH'], OUTPOST_DB: place.database, OUTPOST_TOKEN: place.token }
  const child = spawn(process.execPath, [program, 'serve'], { env, stdio: ['ignore', 'pipe', 'ignore'] })
  await new Promise<void>((resolve) => {
    child.stdout.on('data', (part: Buffer) => {
      if (part.toString().includes('#1 started')) child.kill('SIGKILL')
    })
    child.on('close', () => resolve())
  })
  heal()
  expect((await place.outpost('jobs', 'log')).out).toMatch(/SyncService #1 \(interval\) interrupted/)
  await expectDone(place.outpost('serve', '--once'))
  expect((await place.outpost('jobs', 'log', '--json')).json.runs).toMatchObject([
    { outcome: 'succeeded' },
    { outcome: 'interrupted' },
  ])
})
