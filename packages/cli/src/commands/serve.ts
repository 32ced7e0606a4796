import type { ClientOrg, JobRun } from '@outpost/core'
import { OutpostError } from '@outpost/core'
import { InvalidArgumentError, Option } from 'commander'
import type { Command } from 'commander'
import type { Action } from '../action.ts'
import { runDetailLines, runText } from '../describe-run.ts'
import { exitCodeOfRun } from '../exit-code-of-run.ts'
import { EXIT, exitCodeOf } from '../exit-codes.ts'
import type { Invocation } from '../invocation.ts'
import { serveHealth } from '../serve/health-server.ts'
import { moment } from '../text.ts'
import { withConnectedOrg } from '../with-org.ts'
import { writeWhole } from '../write-whole.ts'

interface Options {
  readonly healthPort?: number
  readonly healthFile?: string
  readonly logFormat?: 'text' | 'json'
  readonly once?: boolean
}

/** How often the health file is written when nothing happens, so that its age tells whether the program lives. */
const HEALTH_EVERY_MS = 30_000

export function addServe(program: Command, action: Action): void {
  program
    .command('serve')
    .description('Run the jobs by their schedules until stopped, and log each run.')
    .option('--health-port <port>', 'answer GET /health on 127.0.0.1: 200 while it is ok or degraded, 503 else', port)
    .option('--health-file <file>', 'write the health as JSON, after each run and every 30 seconds')
    .addOption(
      new Option('--log-format <format>', 'lines for people, or JSON lines (as --json)').choices(['text', 'json']),
    )
    .option('--once', 'run each active job once, by priority, and end')
    .addHelpText(
      'after',
      `
The jobs are those of 'outpost jobs list'; the log of their runs stays in the client org: 'outpost jobs log'.
SIGINT and SIGTERM stop the run in progress and end it with exit code 0; the next start goes on from there.
A master that cannot be reached is tried again later each time. A refused sign-in ends it with exit code 4, unless
--token-command can bring another token. With --once the exit code is that of the worst run.

Examples:
  $ outpost serve --token-command 'az account get-access-token …' --health-port 8710
  $ outpost serve --log-format json --health-file /run/outpost/health.json >> outpost.log
  $ outpost serve --once`,
    )
    .action(
      action((invocation, command) =>
        withConnectedOrg(invocation, (org) => serve(invocation, org, command.opts<Options>())),
      ),
    )
}

async function serve(invocation: Invocation, org: ClientOrg, options: Options): Promise<number> {
  const { io } = invocation
  const say = logOf(invocation, options)
  const server =
    options.healthPort === undefined ? null : await serveHealth(options.healthPort, () => org.service.health())
  const health = healthFile(invocation, org, options.healthFile)
  const refused = new AbortController()
  const unsubscribe = org.service.subscribe((run) => {
    tell(say, invocation, run)
    if (run.outcome === 'running') return
    health.write()
    if (!invocation.renewableToken && run.errors.some(({ code }) => exitCodeOf(code) === EXIT.signIn))
      refused.abort(run)
  })
  try {
    if (server) say({ type: 'listening', url: server.url }, [`health at ${server.url}`])
    await health.open()
    if (options.once) return await runOnce(invocation, org)
    await org.service.start()
    say({ type: 'started' }, [`started: ${await nextText(org)}`])
    await aborted(AbortSignal.any([io.signal, refused.signal]))
    await org.service.stop()
    say({ type: 'stopped' }, ['stopped'])
    if (io.signal.aborted) return EXIT.ok
    throw signInNeeded()
  } finally {
    unsubscribe()
    await health.close()
    await server?.close()
  }
}

type Say = (event: Record<string, unknown>, lines: readonly string[]) => void

function logOf(invocation: Invocation, { logFormat }: Options): Say {
  const { io, paint, json } = invocation
  const isJson = json || logFormat === 'json'
  return (event, lines) => {
    const at = io.env.now()
    if (isJson) io.stdout.write(`${JSON.stringify({ at: new Date(at).toISOString(), ...event })}\n`)
    else for (const line of lines) io.stdout.write(`${paint.dim(moment(at))}  ${line}\n`)
  }
}

function tell(say: Say, { paint }: Invocation, run: JobRun): void {
  const name = `${run.job} #${run.number}`
  if (run.outcome === 'running') return say({ type: 'run.started', run }, [`${name} started (${run.trigger})`])
  say({ type: 'run.ended', run }, [
    `${name} ${runText(run, paint)}`,
    ...runDetailLines(run, paint).map((line) => `${name} ${line}`),
  ])
}

async function runOnce({ io }: Invocation, org: ClientOrg): Promise<number> {
  const jobs = (await org.jobs.list()).filter(({ state }) => state === 'active')
  const codes: number[] = []
  for (const { name } of jobs.toSorted((one, other) => priorityOf(other) - priorityOf(one))) {
    if (io.signal.aborted) break
    const run = await org.jobs.run(name, { signal: io.signal })
    codes.push(exitCodeOfRun(run))
  }
  return Math.max(EXIT.ok, ...codes)
}

function priorityOf({ published }: { readonly published: { readonly priority?: number } | null }): number {
  return published?.priority ?? 0
}

async function nextText(org: ClientOrg): Promise<string> {
  const { next, at } = await org.service.health()
  if (!next) return "no job is active, see 'outpost jobs list'"
  return next.at <= at ? `${next.job} is due now` : `next is ${next.job} at ${moment(next.at)}`
}

interface HealthFile {
  /** Writes it for the first time. Throws when it cannot be written. */
  open(): Promise<void>
  write(): void
  close(): Promise<void>
}

/** Keeps the file up to date, one write after another. */
function healthFile({ io }: Invocation, org: ClientOrg, file: string | undefined): HealthFile {
  if (file === undefined) return { open: async () => {}, write: () => {}, close: async () => {} }
  const closing = new AbortController()
  const once = async (): Promise<void> => writeWhole(file, [`${JSON.stringify(await org.service.health())}\n`])
  let last = Promise.resolve()
  // A disk that is full now may not be so at the next turn; the age of the file tells.
  const write = (): void => void (last = last.then(once).catch(() => {}))
  const beat = async (): Promise<void> => {
    for (;;) {
      await io.env.sleep(HEALTH_EVERY_MS, closing.signal)
      write()
    }
  }
  return {
    async open() {
      await once()
      beat().catch(() => {})
    },
    write,
    async close() {
      closing.abort()
      write()
      await last
    },
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

function signInNeeded(): OutpostError {
  return new OutpostError('unauthenticated', 'the token was refused', {
    remedy: 'Put a fresh token into OUTPOST_TOKEN, or name a program that prints one with --token-command.',
  })
}

function port(text: string): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value > 65_535) throw new InvalidArgumentError('Give a port, from 0 to 65535.')
  return value
}
