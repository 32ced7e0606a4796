// The main job of Outpost, from beginning to end, on real parts: a Dataverse emulator over HTTP, SQLite on disk, and a
// laptop that is a process of its own. See README.md beside this package.
//
//   node dist/main.js [--rows N] [--spoil]
//
// --rows   about how many rows the master holds (40,000 unless given, at least 1,000)
// --spoil  changes a row on the master behind the comparison's back; the run must then find it and fail
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { BrokenClaim } from './claim.ts'
import { tellStory } from './story.ts'
import { bold, green, red, say } from './terminal.ts'

const { rows, spoil } = readArguments()

/** Nothing in here should ever take this long; a story that hangs has failed. */
const DEADLINE_MS = 180_000

const directory = makeDirectory()
const started = performance.now()
// However the process ends, the laptop's process ends before this, and nothing stays behind.
process.once('exit', () => rmSync(directory, { recursive: true, force: true, maxRetries: 3 }))
for (const [signal, exitCode] of [
  ['SIGHUP', 129],
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.once(signal, () => process.exit(exitCode))
}
// A reader such as `head` that has enough closes the pipe; that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(0)
})
const watchdog = setTimeout(() => {
  say(red(`This did not happen as told: the story ends within ${DEADLINE_MS / 1000} s`))
  process.exit(1)
}, DEADLINE_MS)
try {
  const same = await tellStory({
    database: join(directory, 'laptop.db'),
    rows,
    spoil,
  })
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  process.stdout.write(`\n${same ? green('Both sides agree.') : red('The sides differ.')} ${bold(`${seconds} s`)}\n`)
  process.exitCode = same ? 0 : 1
} catch (error) {
  process.stdout.write('\n')
  say(red(error instanceof BrokenClaim ? `This did not happen as told: ${error.message}` : 'The story broke off:'))
  if (!(error instanceof BrokenClaim)) say(String(error instanceof Error ? error.stack : error))
  process.exitCode = 1
} finally {
  clearTimeout(watchdog)
}

function readArguments(): { readonly rows: number; readonly spoil: boolean } {
  try {
    const { values } = parseArgs({
      options: { rows: { type: 'string', default: '40000' }, spoil: { type: 'boolean', default: false } },
    })
    const given = Number(values.rows)
    if (!Number.isInteger(given) || given < 1_000) throw new RangeError('--rows needs a whole number from 1000 on')
    return { rows: given, spoil: values.spoil }
  } catch (error) {
    return giveUp(2, error instanceof Error ? error.message : String(error))
  }
}

function makeDirectory(): string {
  try {
    return mkdtempSync(join(tmpdir(), 'outpost-main-job-'))
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return giveUp(1, `no temporary directory can be made (TMPDIR says where): ${why}`)
  }
}

function giveUp(exitCode: number, why: string): never {
  process.stderr.write(`${why}\n`)
  process.exit(exitCode)
}
