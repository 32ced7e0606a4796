import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Contents } from '../data/contents.ts'
import { servePages } from '../server/page-server.ts'
import type { Measures, Outcome, Sizes, Workload } from '../workloads/workload.ts'
import { WORKLOADS } from '../workloads/workloads.ts'
import type { WorkloadName } from '../workloads/workloads.ts'
import { limitOf, linesOf, noiseWarning, tableOf } from './report.ts'
import type { Line } from './report.ts'
import type { Runner } from './runner.ts'

export interface Result {
  readonly workload: WorkloadName
  readonly sizes: Sizes
  /** What the others are compared with. */
  readonly limit: string
  readonly lines: readonly Line[]
  readonly expected: Contents
  readonly differing: readonly string[]
}

/** What is measured: a workload of one size, with whom, where, and how often. */
export interface Plan {
  readonly workload: WorkloadName
  readonly contenders: readonly string[]
  readonly sizes: Sizes
  readonly runs: number
  readonly warmUp: boolean
}

/** Runs a workload with its contenders in turn, round by round. */
export async function bench(plan: Plan, runner: Runner): Promise<Result> {
  const { workload: name, sizes } = plan
  const workload: Workload = WORKLOADS[name]
  const server = await servePages(sizes, runner.files)
  const folder = mkdtempSync(join(tmpdir(), 'outpost-bench-'))
  const clean = (): void => rmSync(folder, { recursive: true, force: true })
  process.once('exit', clean)
  const isPrepared = workload.prepare !== undefined
  const run = (contender: string, turn: string, prepare: boolean): Promise<Outcome | null> => {
    server.reset(sizes.delays)
    const again = isPrepared && !prepare
    const place = { url: server.url, folder: join(folder, turn), pageSize: sizes.pageSize, again }
    mkdirSync(place.folder, { recursive: true })
    const order = { workload: name, contender, prepare, sizes }
    return runner.run({ ...order, place: { ...place, deletions: 'unseen' } })
  }
  try {
    const expected = await workload.expected(sizes)
    const measured = plan.contenders.map((contender) => ({ contender, measures: [] as Measures[] }))
    const differing: string[] = []
    if (isPrepared) for (const contender of plan.contenders) await run(contender, contender, true)
    for (let round = plan.warmUp ? 0 : 1; round <= plan.runs; round++) {
      for (const { contender, measures } of measured) {
        const turn = isPrepared ? contender : `${round} ${contender}`
        const outcome = await run(contender, turn, false)
        if (!outcome) throw new Error(`the run of ${contender} told nothing`)
        if (!isPrepared) rmSync(join(folder, turn), { recursive: true })
        if (round > 0) measures.push(outcome.measures)
        if (workload.floor === contender || JSON.stringify(outcome.contents) === JSON.stringify(expected)) continue
        differing.push(`${contender}: ${JSON.stringify(outcome.contents)}, not ${JSON.stringify(expected)}`)
      }
    }
    const limit = limitOf(measured, workload.limits)
    return { workload: name, sizes, limit, lines: linesOf(measured, limit), expected, differing }
  } finally {
    await server.close()
    clean()
    process.off('exit', clean)
  }
}

export function describe({ workload, sizes, limit, lines, expected, differing }: Result): string {
  const data =
    differing.length === 0
      ? `Every run ended with all ${expected.rows.toLocaleString('en')} rows, checksum ${expected.checksum}.`
      : `DATA DIFFER\n  ${differing.join('\n  ')}`
  return [WORKLOADS[workload].title(sizes), tableOf(lines, limit), data, noiseWarning(lines)]
    .filter((part) => part !== undefined)
    .join('\n\n')
}
