// The built program as a process: what it prints, what it serves, how it ends.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'

const program = fileURLToPath(new URL('../dist/cli.js', import.meta.url))

const running: ChildProcess[] = []

afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL')
})

interface Ended {
  readonly exitCode: number | null
  readonly signal: string | null
  readonly out: string
  readonly err: string
}

interface Started {
  readonly child: ChildProcess
  /** The first line it prints. */
  readonly line: Promise<string>
  readonly ended: Promise<Ended>
}

function start(...args: readonly string[]): Started {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  running.push(child)
  let out = ''
  let err = ''
  child.stderr.on('data', (part: Buffer) => (err += part.toString()))
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (exitCode, signal) => resolve({ exitCode, signal, out, err }))
  })
  const line = new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (part: Buffer) => {
      out += part.toString()
      if (out.includes('\n')) resolve(out.slice(0, out.indexOf('\n')))
    })
    child.on('close', () => reject(new Error(`it ended without a line: ${err}`)))
  })
  line.catch(() => undefined)
  return { child, line, ended }
}

interface Ready {
  readonly url: string
  readonly api: string
  readonly users: readonly { readonly name: string; readonly id: string; readonly token: string }[]
}

async function ask(
  api: string,
  path: string,
  token: string,
): Promise<{ readonly status: number; readonly json: unknown }> {
  const response = await fetch(`${api}${path}`, { headers: { Authorization: `Bearer ${token}` } })
  return { status: response.status, json: response.status === 200 ? await response.json() : undefined }
}

test.each(['SIGTERM', 'SIGINT'] as const)(
  'with --json it prints one line when ready, serves each user, and ends on %s even while connected',
  async (signal) => {
    const { child, line, ended } = start('--rows', '300', '--json')
    const ready = JSON.parse(await line) as Ready
    expect(ready.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    expect(ready.api).toBe(`${ready.url}/api/data/v9.2/`)
    expect(ready.users.map((user) => user.name)).toContain('Sunniva Admin')
    for (const { id, token } of ready.users) {
      expect(await ask(ready.api, 'WhoAmI', token)).toMatchObject({ status: 200, json: { UserId: id } })
    }
    const page = await ask(ready.api, 'accounts?$select=name&$top=2', ready.users[0]?.token ?? '')
    expect(page).toMatchObject({ status: 200, json: { value: [{}, {}] } })
    expect((await ask(ready.api, 'WhoAmI', 'nobody')).status).toBe(401)
    child.kill(signal)
    const { exitCode, signal: killedBy, out, err } = await ended
    expect([exitCode, killedBy, err, out.split('\n').length]).toEqual([0, null, '', 2])
    await expect(fetch(ready.api)).rejects.toThrow('fetch failed')
  },
)

test('without --json it prints the address and a token for each user', async () => {
  const { child, line, ended } = start('--rows', '200')
  expect(await line).toMatch(/^Dataverse emulator, Web API at http:\/\/127\.0\.0\.1:\d+\/api\/data\/v9\.2\/$/)
  child.kill('SIGTERM')
  expect((await ended).out).toMatch(/^ {2}Sunniva Admin +emulator\.\S+$/m)
})

test('wrong options are one line on the error stream and exit code 2, a port in use exit code 1', async () => {
  expect(await start('--rows', 'many').ended).toEqual({
    exitCode: 2,
    signal: null,
    out: '',
    err: "outpost-emulator: --rows takes a whole number from 200 to 10000000, not 'many'\n",
  })
  const first = start('--rows', '200', '--json')
  const port = new URL((JSON.parse(await first.line) as Ready).url).port
  const second = await start('--rows', '200', '--port', port).ended
  expect([second.exitCode, second.out]).toEqual([1, ''])
  expect(second.err).toMatch(/^outpost-emulator: listen EADDRINUSE[^\n]*\n$/)
})

test('--help says what there is and serves nothing', async () => {
  const { exitCode, out, err } = await start('--help').ended
  expect([exitCode, err]).toEqual([0, ''])
  for (const option of ['--seed', '--rows', '--port', '--fault', '--control', '--json']) expect(out).toContain(option)
  expect((await start('--version').ended).out).toMatch(/^\d+\.\d+\.\d+\n$/)
})

test('faults, knobs, limits and the control endpoint are there when they are asked for', async () => {
  const fault = JSON.stringify({ match: { path: 'contacts' }, times: 'always', fault: { kind: 'status', status: 503 } })
  const options = ['--fault', fault, '--knob', 'emptyErrorCodes=true', '--limit', 'requests=4', '--control']
  const { line } = start('--rows', '200', '--json', ...options)
  const ready = JSON.parse(await line) as Ready
  const token = ready.users[0]?.token ?? ''
  expect((await ask(ready.api, 'contacts', token)).status).toBe(503)
  const refused = await fetch(`${ready.api}nothing`, { headers: { Authorization: `Bearer ${token}` } })
  expect(await refused.json()).toMatchObject({ error: { code: '' } })
  expect(await (await fetch(`${ready.url}/emulator/faults`)).json()).toMatchObject([{ struck: 1 }])
  const statuses: number[] = []
  for (let request = 0; request < 4; request++) statuses.push((await ask(ready.api, 'WhoAmI', token)).status)
  expect(statuses).toEqual([200, 200, 200, 429])
})

test('without --control there is no control endpoint', async () => {
  const { line } = start('--rows', '200', '--json')
  const ready = JSON.parse(await line) as Ready
  expect((await fetch(`${ready.url}/emulator`)).status).toBe(404)
})

test('the server’s clock is the machine’s unless another is asked for', async () => {
  const real = JSON.parse(await start('--rows', '200', '--json').line) as Ready
  const set = JSON.parse(await start('--rows', '200', '--json', '--clock', '2031-01-01T00:00:00Z').line) as Ready
  const date = async ({ api }: Ready): Promise<number> => Date.parse((await fetch(api)).headers.get('Date') ?? '')
  expect(Math.abs((await date(real)) - Date.now())).toBeLessThan(60_000)
  expect((await date(set)) - Date.UTC(2031, 0, 1)).toBeLessThan(60_000)
})

test('a fault that is none names its field, a file that is broken its line', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'outpost-emulator-'))
  const broken = join(directory, 'faults.json')
  writeFileSync(broken, '[\n  { "fault": { "kind": "hang" } },\n  { fault }\n]')
  for (const [option, message] of [
    ['{"fault":{"kind":"explode"}}', "--fault: 'fault.kind' must be one of "],
    [broken, `${broken}:3: `],
    [join(directory, 'none.json'), `--fault ${join(directory, 'none.json')}: there is no such file or folder`],
    [directory, `--fault ${directory}: is a folder, not a file`],
  ] as const) {
    const { exitCode, out, err } = await start('--fault', option).ended
    expect([exitCode, out, err.split('\n').length]).toEqual([2, '', 2])
    expect(err).toContain(message)
  }
  const knob = await start('--knob', 'nope=1').ended
  expect([knob.exitCode, knob.err.startsWith("outpost-emulator: 'nope' is no knob; there are ")]).toEqual([2, true])
  rmSync(directory, { recursive: true })
})

test.each([
  ['{"match":{"method":"GOT"},"fault":{"kind":"hang"}}', "--fault: match.method is no method of requests: 'GOT'"],
  ['{"match":{"user":"Nobody"},"fault":{"kind":"hang"}}', "--fault: match.user names nobody there is now: 'Nobody'"],
  [
    '{"match":{"table":"accounts"},"fault":{"kind":"hang"}}',
    "--fault: match.table names no table there is now: 'accounts'",
  ],
  ['{"fault":{"kind":"delay","ms":1e12}}', '--fault: fault.ms must be milliseconds'],
  ['{"fault":{"kind":"status","status":429,"retryAfter":"soon"}}', '--fault: fault.retryAfter must be whole seconds'],
])('a fault that could never strike ends it with one line and exit code 2: %s', async (rule, message) => {
  const { exitCode, out, err } = await start('--rows', '200', '--fault', rule).ended
  expect([exitCode, out, err.split('\n').length]).toEqual([2, '', 2])
  expect(err.startsWith(`outpost-emulator: ${message}`)).toBe(true)
})

test('files and folders that cannot be read are told by option and path, in one line', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'outpost-emulator-'))
  const none = join(directory, 'none')
  const file = join(directory, 'file.xml')
  const broken = join(directory, 'broken.gz')
  writeFileSync(file, '<x/>')
  writeFileSync(broken, Buffer.from([0x1f, 0x8b, 8, 0, 1]))
  for (const [options, message] of [
    [['--schema', none], `--schema ${none}: there is no such file or folder`],
    [['--schema', directory], `--schema ${directory}: is a folder, not a file`],
    [['--schema', broken], `--schema ${broken}: is broken: it begins as a gzip file and does not end as one`],
    [['--rows-from', none], `--rows-from ${none}: there is no such file or folder`],
    [['--rows-from', file], `--rows-from ${file}: is no folder, or lies in none`],
  ] as const) {
    const { exitCode, out, err } = await start(...options).ended
    expect([exitCode, out, err]).toEqual([2, '', `outpost-emulator: ${message}\n`])
  }
  rmSync(directory, { recursive: true })
})
