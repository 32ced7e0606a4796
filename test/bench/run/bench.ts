import { fork } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ContenderName } from '../contenders/contenders.ts'
import type { Contents } from '../data/contents.ts'
import { servePages } from '../server/page-server.ts'
import type { PageServer } from '../server/page-server.ts'
import type { Measures, Outcome, Sizes, Workload } from '../workloads/workload.ts'
import { WORKLOADS } from '../workloads/workloads.ts'
import type { WorkloadName } from '../workloads/workloads.ts'
import { limitOf, linesOf, noiseWarning, tableOf } from './report.ts'
import type { Line } from './report.ts'
import type { Order } from './run-once.ts'

export interface Result {
  readonly workload: WorkloadName
  readonly sizes: Sizes
  /** What the others are compared with. */
  readonly limit: string
  readonly lines: readonly Line[]
  readonly expected: Contents
  readonly differing: readonly string[]
}

/** Runs a workload with these contenders in turn, round by round. */
export async function bench(
  name: WorkloadName,
  names: readonly ContenderName[],
  sizes: Sizes,
  { runs, warmUp }: { readonly runs: number; readonly warmUp: boolean },
): Promise<Result> {
  const workload: Workload = WORKLOADS[name]
  const server = await servePages(sizes)
  const folder = mkdtempSync(join(tmpdir(), 'outpost-bench-'))
  const prepared = workload.prepare !== undefined
  const order = (contender: ContenderName, turn: string, prepare: boolean): Order => {
    const place = {
      url: server.url,
      folder: join(folder, turn),
      pageSize: sizes.pageSize,
      deletions: 'unseen' as const,
    }
    return { workload: name, contender, prepare, place: { ...place, again: prepared && !prepare }, sizes }
  }
  try {
    const expected = await workload.expected(sizes)
    const measured = names.map((contender) => ({ contender, measures: [] as Measures[] }))
    const differing: string[] = []
    if (prepared) for (const contender of names) await runOnce(server, order(contender, contender, true))
    for (let round = warmUp ? 0 : 1; round <= runs; round++) {
      for (const { contender, measures } of measured) {
        const turn = prepared ? contender : `${round} ${contender}`
        const outcome = await runOnce(server, order(contender, turn, false))
        if (!outcome) throw new Error(`the run of ${contender} told nothing`)
        if (!prepared) rmSync(join(folder, turn), { recursive: true })
        if (round > 0) measures.push(outcome.measures)
        if (JSON.stringify(outcome.contents) === JSON.stringify(expected)) continue
        differing.push(`${contender}: ${JSON.stringify(outcome.contents)}, not ${JSON.stringify(expected)}`)
      }
    }
    const limit = limitOf(measured, workload.limits)
    return { workload: name, sizes, limit, lines: linesOf(measured, limit), expected, differing }
  } finally {
    await server.close()
    rmSync(folder, { recursive: true })
  }
}

function runOnce(server: PageServer, order: Order): Promise<Outcome | null> {
  server.reset(order.sizes.delays)
  mkdirSync(order.place.folder, { recursive: true })
  return new Promise((resolve, reject) => {
    const run = fork(fileURLToPath(new URL('run-once.js', import.meta.url)), [JSON.stringify(order)], {
      // Some peers talk much; what they said counts where a run fails.
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    let outcome: Outcome | null = null
    let said = ''
    run.stderr?.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-5000)))
    run.on('message', (message) => (outcome = message as Outcome))
    run.on('error', reject)
    run.on('exit', (code) => {
      if (code === 0) resolve(outcome)
      else reject(new Error(`the run of ${order.contender} ended with exit code ${code}\n${said}`))
    })
  })
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
