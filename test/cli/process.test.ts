// The built program as a process: what run() cannot show.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { syncedWorkplace } from './workplace.ts'
import type { Workplace } from './workplace.ts'

const program = fileURLToPath(new URL('../../packages/cli/bin/outpost.js', import.meta.url))

interface Ended {
  readonly exitCode: number | null
  readonly signal: string | null
  readonly out: string
  readonly err: string
}

function start(
  place: Workplace,
  argv: readonly string[],
  onOut: (text: string, kill: (signal: NodeJS.Signals) => void) => void,
): Promise<Ended> {
  const env = { PATH: process.env['PATH'], OUTPOST_DB: place.database, OUTPOST_TOKEN: place.token }
  const child = spawn(process.execPath, [program, ...argv], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  return new Promise((resolve) => {
    let out = ''
    let err = ''
    child.stdout.on('data', (part: Buffer) => {
      out += part.toString()
      onOut(out, (signal) => child.kill(signal))
    })
    child.stderr.on('data', (part: Buffer) => (err += part.toString()))
    child.on('close', (exitCode, signal) => resolve({ exitCode, signal, out, err }))
  })
}

test('the program prints its help with commands and exit codes', async () => {
  const place = await syncedWorkplace({})
  const help = await start(place, ['--help'], () => {})
  expect(help.exitCode).toBe(0)
  for (const command of [
    'connect',
    'configure',
    'sync',
    'watch',
    'status',
    'tx',
    'query',
    'export',
    'import',
    'disconnect',
  ]) {
    expect(help.out).toMatch(new RegExp(`^  ${command}\\b`, 'm'))
    const own = await start(place, ['help', command], () => {})
    expect(own.out).toContain(command === 'tx' ? 'Commands:' : 'Example')
  }
  expect(help.out).toContain('Exit codes:')
})

test('the program ends with the exit code of its command', async () => {
  const place = await syncedWorkplace({})
  expect(await start(place, ['frobnicate'], () => {})).toMatchObject({ exitCode: 2, out: '' })
  expect(await start(place, [], () => {})).toMatchObject({ exitCode: 2, out: '' })
  expect(await start(place, ['status'], () => {})).toMatchObject({ exitCode: 0, err: '' })
})

test.each(['SIGINT', 'SIGTERM'] as const)('watch ends cleanly on %s', async (signal) => {
  const place = await syncedWorkplace({ account: { columns: ['name'] } })
  let killed = false
  const ended = await start(place, ['watch', '--every', '3600'], (out, kill) => {
    if (!killed && out.includes('synced')) kill(signal)
    killed ||= out.includes('synced')
  })
  expect(ended).toMatchObject({ exitCode: 0, signal: null, err: '' })
  expect(ended.out).toMatch(/stopped\n$/)
  expect((await place.outpost('status')).exitCode).toBe(0)
})
