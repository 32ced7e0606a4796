// The main job of Outpost, from beginning to end, on real parts: a Dataverse emulator over HTTP, SQLite on disk, and a
// laptop that is a process of its own. See README.md beside this package.
//
//   node dist/main.js [--rows N] [--spoil]
//
// --rows   about how many rows the master holds (40,000 unless given, at least 1,000)
// --spoil  changes a row on the master behind the comparison's back; the run must then find it and fail
import { promises as files, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { BrokenClaim } from './claim.ts'
import { tellStory } from './story.ts'
import { bold, green, red, say } from './terminal.ts'

const { values: options } = parseArgs({
  options: { rows: { type: 'string', default: '40000' }, spoil: { type: 'boolean', default: false } },
})

const rows = Number(options.rows)
if (!Number.isInteger(rows) || rows < 1_000) {
  process.stderr.write('--rows needs a whole number from 1000 on\n')
  process.exit(2)
}

/** Nothing in here should ever take this long; a story that hangs has failed. */
const DEADLINE_MS = 180_000

const directory = await files.mkdtemp(join(tmpdir(), 'outpost-main-job-'))
const started = performance.now()
process.once('SIGINT', () => {
  rmSync(directory, { recursive: true, force: true })
  process.exit(130)
})
const watchdog = setTimeout(() => {
  say(red(`This did not happen as told: the story ends within ${DEADLINE_MS / 1000} s`))
  rmSync(directory, { recursive: true, force: true })
  process.exit(1)
}, DEADLINE_MS)
try {
  const same = await tellStory({
    database: join(directory, 'laptop.db'),
    rows,
    spoil: options.spoil,
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
  await files.rm(directory, { recursive: true, force: true })
}
