import type { Measures } from '../workloads/workload.ts'
import { answerOf } from '../run/forked.ts'

/** What loading so many rows into an emulator takes. */
export interface LoadResult {
  readonly workload: 'load'
  readonly rows: number
  readonly measures: Measures
}

/** Loads the field-service organisation in a process that may use 4 GiB. */
export async function benchLoad(rows: number, seconds: number): Promise<LoadResult> {
  const program = new URL('load-child.js', import.meta.url)
  const options = { execArgv: ['--max-old-space-size=4096'] }
  const told = await answerOf<Omit<LoadResult, 'workload'>>('load:', program, [String(rows)], seconds, options)
  return { workload: 'load', ...told }
}

export function describeLoad({ rows, measures }: LoadResult): string {
  const lines = Object.entries(measures).map(
    ([name, value]) => `  ${name.padEnd(14)}${Math.round(value).toLocaleString('en').padStart(10)}`,
  )
  return [`LOAD  an emulator of ${rows.toLocaleString('en')} rows, heap limited to 4 GiB`, lines.join('\n')].join(
    '\n\n',
  )
}
