import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Findings } from '../data/contents.ts'
import { servePages } from '../server/page-server.ts'
import { count } from '../workloads/workload.ts'
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
  readonly expected: Findings
  /** Whose data were looked at. */
  readonly compared: readonly string[]
  readonly differing: readonly string[]
}

/** What is measured: a workload of one size, with whom, where, and how often. */
export interface Plan {
  readonly workload: WorkloadName
  readonly contenders: readonly string[]
  readonly sizes: Sizes
  readonly runs: number
  readonly warmUp: boolean
  /** Seconds that a run may take. */
  readonly timeLimit: number
}

/** Runs a workload with its contenders in turn, round by round. */
export async function bench(plan: Plan, runner: Runner): Promise<Result> {
  const { workload: name, sizes } = plan
  const workload: Workload = WORKLOADS[name]
  const server = await servePages(sizes, runner.files)
  const folder = mkdtempSync(join(tmpdir(), 'outpost-bench-'))
  const clean = (): void => rmSync(folder, { recursive: true, force: true, maxRetries: 10 })
  process.once('exit', clean)
  const isPrepared = workload.prepare !== undefined
  const run = (contender: string, turn: string, prepare: boolean): Promise<Outcome | null> => {
    server.reset(sizes.delays)
    const again = isPrepared && !prepare
    const place = { url: server.url, folder: join(folder, turn), pageSize: sizes.pageSize, again }
    mkdirSync(place.folder, { recursive: true })
    const order = { workload: name, contender, prepare, sizes }
    return runner.run({ ...order, place: { ...place, deletions: 'unseen' } }, plan.timeLimit)
  }
  try {
    const expected = await workload.expected(sizes)
    const measured = plan.contenders.map((contender) => ({ contender, measures: [] as Measures[] }))
    const compared = plan.contenders.filter((contender) => contender !== workload.floor)
    const differing: string[] = []
    if (isPrepared) for (const contender of plan.contenders) await run(contender, contender, true)
    for (let round = plan.warmUp ? 0 : 1; round <= plan.runs; round++) {
      for (const { contender, measures } of measured) {
        const turn = isPrepared ? contender : `${round} ${contender}`
        const outcome = await run(contender, turn, false)
        if (!outcome) throw new Error(`the run of ${contender} told nothing`)
        if (!isPrepared) rmSync(join(folder, turn), { recursive: true })
        if (round > 0) measures.push(outcome.measures)
        if (compared.includes(contender)) differing.push(...differencesOf(contender, outcome.findings, expected))
      }
    }
    const limit = limitOf(measured, workload.limits)
    return { workload: name, sizes, limit, lines: linesOf(measured, limit), expected, compared, differing }
  } finally {
    await server.close()
    clean()
    process.off('exit', clean)
  }
}

function differencesOf(contender: string, found: Findings, expected: Findings): readonly string[] {
  return Object.entries(expected).flatMap(([name, wanted]) => {
    const [one, other] = [found[name], wanted].map((contents) => JSON.stringify(contents))
    return one === other ? [] : [`${contender}, ${name}: ${one}, not ${other}`]
  })
}

export function describe(result: Result): string {
  const { workload, sizes, limit, lines } = result
  return [WORKLOADS[workload].title(sizes), tableOf(lines, limit), ...describeData(result), noiseWarning(lines)]
    .filter((part) => part !== undefined)
    .join('\n\n')
}

function describeData({ lines, expected, compared, differing }: Result): readonly string[] {
  if (differing.length > 0) return [`DATA DIFFER\n  ${differing.join('\n  ')}`]
  const findings = Object.entries(expected).map(
    ([name, { rows, checksum, queued }]) =>
      `  ${name}: ${count(rows)} rows, checksum ${checksum}${queued > 0 ? `; ${count(queued)} writes are queued` : ''}`,
  )
  const same = `Every run of ${compared.join(', ')} ended with the same, complete data:\n${findings.join('\n')}`
  const idle = lines.find(({ contender }) => !compared.includes(contender))
  return [
    ...(compared.length > 0 ? [same] : []),
    ...(idle ? [`${idle.contender} reads and parses every page and keeps nothing: it has no data to compare.`] : []),
  ]
}
