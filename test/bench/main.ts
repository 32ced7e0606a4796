import { fork } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { Contents } from './contender.ts'
import type { ContenderName } from './contenders.ts'
import { benchCycle, describeCycle, isProportional } from './cycle.ts'
import type { CycleResult } from './cycle.ts'
import { benchLoad, describeLoad } from './load.ts'
import type { LoadResult } from './load.ts'
import { servePages } from './page-server.ts'
import { benchQueue, describeQueue } from './queue.ts'
import type { QueueResult } from './queue.ts'
import { linesOf, noiseWarning, tableOf } from './report.ts'
import type { Line } from './report.ts'
import type { Order, Outcome } from './run-once.ts'
import { benchServe, describeServe, isFastEnough } from './serve.ts'
import type { ServeResult } from './serve.ts'
import { WORKLOADS } from './workloads.ts'
import type { Measures, Sizes, WorkloadName } from './workloads.ts'

const HELP = `npm run bench -- [w1] [w3] [cycle] [queue] [serve] [load] [options]

Measures Outpost against what can be written by hand for one table ("raw", the limit), and the emulator.

  w1            first download: SQLite on disk, 3 indexes
  w3            durable writes (row and transaction, synchronous=FULL), one by one and at once
                Both when nothing is named.
  cycle         incremental syncs by size of the table, number of changes and strategy: requests, bytes, rows read from the
                store and written, time
  queue         many pending transactions are drained: requests, reads of the store, bodies held, time
  serve         pages of 5,000 rows of 30 columns from the emulator, beside the same page already serialised
  load          an emulator of so many rows: time and memory

  --rows N      rows on the server (10,000; w3: 5,000; serve: 60,000; load: 1,000,000; cycle:
                2000,10000,100000)
  --changes N,N cycle: rows changed before each sync (0,10,100,1000)
  --pending N   queue: transactions (10,000)
  --runs N      runs of each contender that count (5); one more before them does not
  --writes N    w3: writes one by one (300)
  --burst N     w3: writes at once (1,000)
  --page-size N rows per page (5,000)
  --seed N      another seed, other rows (1)
  --json FILE   writes every value there too
  --help        prints this

Each run is a process of its own on a file of its own, beside a page server that has made its answers before. Contenders
take turns. Only ratios of one invocation mean anything; raw commits a burst as one transaction, which is its limit.
The exit code is 1 when a contender ends with other data than the server has, the emulator serves at less than a fifth of
the limit's rate or an incremental sync costs more because the table is larger, 2 when the bench could not run.
`

/** How many pages of each contender a round of `serve` reads. */
const PAGES_PER_ROUND = 10

const NAMES: readonly ContenderName[] = ['outpost', 'raw']
const print = (text: string): unknown => process.stdout.write(`${text}\n`)

interface Result {
  readonly workload: WorkloadName
  readonly sizes: Sizes
  readonly lines: readonly Line[]
  readonly expected: Contents
  readonly differing: readonly string[]
}

/** Runs a workload with all contenders in turn, round by round. */
async function bench(workload: WorkloadName, sizes: Sizes, runs: number, pageSize: number): Promise<Result> {
  const server = await servePages(sizes.rows, pageSize, sizes.seed)
  const expected = await WORKLOADS[workload].expected(sizes)
  const measured = NAMES.map((contender) => ({ contender, measures: [] as Measures[] }))
  const differing: string[] = []
  try {
    for (let round = 0; round <= runs; round++) {
      for (const { contender, measures } of measured) {
        const outcome = await runOnce(workload, contender, sizes, server.url, pageSize)
        // The first round only warms up the machine.
        if (round > 0) measures.push(outcome.measures)
        if (JSON.stringify(outcome.contents) === JSON.stringify(expected)) continue
        differing.push(`${contender}: ${JSON.stringify(outcome.contents)}, not ${JSON.stringify(expected)}`)
      }
    }
  } finally {
    await server.close()
  }
  return { workload, sizes, lines: linesOf(measured), expected, differing }
}

async function runOnce(
  workload: WorkloadName,
  contender: ContenderName,
  sizes: Sizes,
  url: string,
  pageSize: number,
): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'outpost-bench-'))
  const order: Order = { workload, contender, sizes, place: { url, pageSize, path: join(folder, 'bench.db') } }
  try {
    return await new Promise<Outcome>((resolve, reject) => {
      const run = fork(fileURLToPath(new URL('run-once.js', import.meta.url)), [JSON.stringify(order)])
      let outcome: Outcome | undefined
      run.on('message', (message) => (outcome = message as Outcome))
      run.on('error', reject)
      run.on('exit', (code) => {
        if (outcome && code === 0) resolve(outcome)
        else reject(new Error(`the run of ${contender} ended with exit code ${code}`))
      })
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function describe({ workload, sizes, lines, expected, differing }: Result): string {
  const data =
    differing.length === 0
      ? `Every run ended with all ${expected.rows.toLocaleString('en')} rows, checksum ${expected.checksum}.`
      : `DATA DIFFER\n  ${differing.join('\n  ')}`
  return [WORKLOADS[workload].title(sizes), tableOf(lines), data, noiseWarning(lines)]
    .filter((part) => part !== undefined)
    .join('\n\n')
}

class UsageError extends Error {}

function wholeNumber(name: string, text: string, least = 1): number {
  const number = Number(text)
  if (text !== '' && Number.isSafeInteger(number) && number >= least) return number
  throw new UsageError(`--${name} takes a whole number from ${least}, not '${text}'`)
}

function wholeNumbers(name: string, text: string, least: number): readonly number[] {
  return text.split(',').map((part) => wholeNumber(name, part.trim(), least))
}

async function main(argv: readonly string[]): Promise<void> {
  const text = { type: 'string' } as const
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      rows: text,
      changes: { ...text, default: '0,10,100,1000' },
      pending: { ...text, default: '10000' },
      runs: { ...text, default: '5' },
      writes: { ...text, default: '300' },
      burst: { ...text, default: '1000' },
      'page-size': { ...text, default: '5000' },
      seed: { ...text, default: '1' },
      json: text,
      help: { type: 'boolean' },
    },
  })
  if (values.help) {
    print(HELP)
    return
  }
  const names = positionals.length === 0 ? Object.keys(WORKLOADS) : positionals
  const workloads = names.map((name) => {
    if (name === 'w1' || name === 'w3' || name === 'queue' || name === 'cycle' || name === 'serve' || name === 'load')
      return name
    throw new UsageError(`there is no workload '${name}'`)
  })
  const runs = wholeNumber('runs', values.runs)
  const pageSize = wholeNumber('page-size', values['page-size'])
  const results: (Result | CycleResult | QueueResult | ServeResult | LoadResult)[] = []
  let failed = false
  const [cpu] = cpus()
  const machine = { node: process.version, platform: process.platform, cpu: cpu?.model, cores: cpus().length }
  print(`Node ${machine.node}, ${machine.platform}, ${machine.cores} × ${machine.cpu}; ${runs} runs each, in turn`)
  for (const workload of workloads) {
    if (workload === 'serve') {
      const rows = wholeNumber('rows', values.rows ?? '60000')
      const result = await benchServe({ rows, columns: 30 }, runs, PAGES_PER_ROUND)
      print(`\n${describeServe(result)}`)
      failed ||= !isFastEnough(result)
      results.push(result)
      continue
    }
    if (workload === 'cycle') {
      const sizes = wholeNumbers('rows', values.rows ?? '2000,10000,100000', 1)
      const changes = wholeNumbers('changes', values.changes, 0)
      const needed = changes.reduce((sum, changed) => sum + changed, 1)
      if (Math.min(...sizes) < needed) throw new UsageError(`cycle needs at least ${needed} rows for these changes`)
      const result = await benchCycle(sizes, changes)
      print(`\n${describeCycle(result)}`)
      failed ||= !isProportional(result)
      results.push(result)
      continue
    }
    if (workload === 'queue') {
      const result = await benchQueue(wholeNumber('pending', values.pending))
      print(`\n${describeQueue(result)}`)
      results.push(result)
      continue
    }
    if (workload === 'load') {
      const result = await benchLoad(wholeNumber('rows', values.rows ?? '1000000'))
      print(`\n${describeLoad(result)}`)
      results.push(result)
      continue
    }
    const sizes = {
      rows: wholeNumber('rows', values.rows ?? (workload === 'w1' ? '10000' : '5000')),
      writes: wholeNumber('writes', values.writes),
      burst: wholeNumber('burst', values.burst),
      seed: wholeNumber('seed', values.seed),
    }
    const least = WORKLOADS[workload].leastRows(sizes)
    if (sizes.rows < least) throw new UsageError(`${workload} needs at least ${least} rows for these writes`)
    const result = await bench(workload, sizes, runs, pageSize)
    print(`\n${describe(result)}`)
    failed ||= result.differing.length > 0
    results.push(result)
  }
  if (values.json !== undefined)
    writeFileSync(values.json, `${JSON.stringify({ machine, pageSize, results }, null, 2)}\n`)
  if (failed) process.exitCode = 1
}

function isUsageError(error: unknown): error is Error {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return error instanceof UsageError || code.startsWith('ERR_PARSE_ARGS')
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  const told = isUsageError(error)
    ? `${error.message}\n\n${HELP}`
    : String(error instanceof Error ? error.stack : error)
  process.stderr.write(`${told}\n`)
  process.exitCode = 2
}
