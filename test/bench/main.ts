import { appendFileSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { benchLoad, describeLoad } from './emulator/load.ts'
import type { LoadResult } from './emulator/load.ts'
import { benchServe, describeServe, isFastEnough } from './emulator/serve.ts'
import type { ServeResult } from './emulator/serve.ts'
import { benchCycle, describeCycle, isProportional } from './engine/cycle.ts'
import type { CycleResult } from './engine/cycle.ts'
import { benchQueue, describeQueue } from './engine/queue.ts'
import type { QueueResult } from './engine/queue.ts'
import { keepsIn } from './browser/names.ts'
import { HELP } from './help.ts'
import { isUsageError, MEASUREMENTS, readArguments, UsageError } from './run/arguments.ts'
import type { Arguments, Measurement } from './run/arguments.ts'
import { bench, describe } from './run/bench.ts'
import type { Result } from './run/bench.ts'
import { describeGrowth } from './run/growth.ts'
import { provenance } from './run/provenance.ts'
import type { Provenance } from './run/provenance.ts'
import { inNode } from './run/runner.ts'
import type { Runner } from './run/runner.ts'
import { usualTimeLimit } from './run/time-limit.ts'
import { NO_DELAYS } from './server/page-server.ts'
import type { Sizes, Workload } from './workloads/workload.ts'
import { WORKLOADS } from './workloads/workloads.ts'
import type { WorkloadName } from './workloads/workloads.ts'

/** How many pages of each contender a round of `serve` reads. */
const PAGES_PER_ROUND = 10

const USUAL_ROWS = 10_000
const USUAL_CHANGES = [100, 1000]
const USUAL_PENDING = 1000

type AnyResult = Result | CycleResult | QueueResult | ServeResult | LoadResult

interface Told {
  readonly result: AnyResult
  readonly text: string
  readonly isRight: boolean
}

const print = (text: string): unknown => process.stdout.write(`${text}\n`)

async function* runWorkload(name: WorkloadName, given: Arguments, runner: Runner): AsyncGenerator<Told> {
  const workload: Workload = WORKLOADS[name]
  const contenders = contendersOf(name, workload, given)
  const results: Result[] = []
  for (const sizes of casesOf(workload, given)) {
    const { runs, warmUp, timeLimit = usualTimeLimit(sizes.rows, sizes.pending) } = given
    const result = await bench({ workload: name, contenders, sizes, runs, warmUp, timeLimit }, runner)
    yield { result, text: describe(result), isRight: result.differing.length === 0 }
    results.push(result)
  }
  for (const growth of describeGrowth(results)) print(`\n${growth}`)
}

function contendersOf(name: WorkloadName, workload: Workload, given: Arguments): readonly string[] {
  const { contenders, browser, stores } = given
  const kept: readonly string[] = browser
    ? (workload.inBrowser ?? []).filter((one) => keepsIn(stores, one))
    : workload.contenders
  const all = workload.floor === undefined ? kept : [...kept, workload.floor]
  const wanted = contenders === undefined ? all : all.filter((one) => contenders.includes(one))
  if (wanted.length > 0) return wanted
  throw new UsageError(`${name} has the contenders ${all.join(', ')}`)
}

/** Every size with every case of it. */
function casesOf(workload: Workload, given: Arguments): readonly Sizes[] {
  const { changes = USUAL_CHANGES, pending = USUAL_PENDING } = given
  return (given.rows ?? [USUAL_ROWS]).flatMap((rows) => {
    const sizes: Sizes = { ...given.sizes, rows, changes, pending, delays: NO_DELAYS }
    return workload.cases?.(sizes) ?? [sizes]
  })
}

function checkSizes(name: WorkloadName, given: Arguments): void {
  const workload: Workload = WORKLOADS[name]
  contendersOf(name, workload, given)
  for (const sizes of casesOf(workload, given)) {
    const least = workload.leastRows(sizes)
    if (sizes.rows < least) throw new UsageError(`${name} needs at least ${least} rows for this`)
  }
}

async function runMeasurement(name: Measurement, given: Arguments): Promise<Told> {
  const [rows] = given.rows ?? []
  const limit = (most: number, pending = 0): number => given.timeLimit ?? usualTimeLimit(most, pending)
  switch (name) {
    case 'serve': {
      const order = { rows: rows ?? 60_000, columns: 30 }
      const result = await benchServe(order, given.runs, PAGES_PER_ROUND, limit(order.rows))
      return { result, text: describeServe(result), isRight: isFastEnough(result) }
    }
    case 'cycle': {
      const changes = given.changes ?? [0, 10, 100, 1000]
      const sizes = given.rows ?? [2000, 10_000, 100_000]
      const needed = changes.reduce((sum, changed) => sum + changed, 1)
      if (Math.min(...sizes) < needed) throw new UsageError(`cycle needs at least ${needed} rows for these changes`)
      const result = await benchCycle(sizes, changes, limit(Math.max(...sizes)))
      return { result, text: describeCycle(result), isRight: isProportional(result) }
    }
    case 'queue': {
      const { pending = 10_000 } = given
      const result = await benchQueue(pending, limit(0, pending))
      return { result, text: describeQueue(result), isRight: true }
    }
    case 'load': {
      const all = rows ?? 1_000_000
      const result = await benchLoad(all, limit(all))
      return { result, text: describeLoad(result), isRight: true }
    }
  }
}

function describeOrigin({ date, commit, dirty, machine, versions }: Provenance, { runs }: Arguments): string {
  const { node, browser } = versions
  const place = browser === undefined ? `Node ${node}` : `${browser}, Node ${node}`
  const state = commit === null ? 'no commit' : `commit ${commit.slice(0, 12)}${dirty ? ', changed since' : ''}`
  const turns = runs === 1 ? 'one run each' : `${runs} runs each, in turn`
  return `${place}, ${machine.platform}, ${machine.cores} × ${machine.cpu}; ${date}, ${state}; ${turns}`
}

/** Before anything is measured. */
function mustBeWritable(path: string | undefined): void {
  try {
    if (path !== undefined) appendFileSync(path, '')
  } catch (error) {
    throw new UsageError(`'${path}' cannot be written: ${String(error)}`)
  }
}

async function main(argv: readonly string[]): Promise<void> {
  const given = readArguments(argv)
  if (given.help) {
    print(HELP)
    return
  }
  const isMeasurement = (name: WorkloadName | Measurement): name is Measurement =>
    MEASUREMENTS.some((one) => one === name)
  for (const name of given.names) if (!isMeasurement(name)) checkSizes(name, given)
  const runner = given.browser ? await (await import('./browser/chromium.ts')).inChromium() : inNode(given.profile)
  const origin = provenance(runner.browser)
  print(describeOrigin(origin, given))
  const results: AnyResult[] = []
  const keep = (): void => {
    const all = { ...origin, arguments: argv, results }
    if (given.json !== undefined) writeFileSync(given.json, `${JSON.stringify(all, null, 2)}\n`)
  }
  const take = ({ result, text, isRight }: Told): void => {
    print(`\n${text}`)
    results.push(result)
    // What was measured is not lost with what comes after it.
    keep()
    if (!isRight) process.exitCode = 1
  }
  mustBeWritable(given.json)
  for (const name of given.names) {
    if (isMeasurement(name)) take(await runMeasurement(name, given))
    else for await (const told of runWorkload(name, given, runner)) take(told)
  }
}

// A signal alone would end the process without what it does at its exit: removing files, ending its children.
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => process.exit(128 + constants.signals[signal]))

try {
  await main(process.argv.slice(2))
} catch (error) {
  const told = isUsageError(error)
    ? `${error.message}\n\n${HELP}`
    : String(error instanceof Error ? error.stack : error)
  process.stderr.write(`${told}\n`)
  process.exitCode = 2
}
