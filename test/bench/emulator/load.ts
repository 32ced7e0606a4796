import type { Measures } from '../workloads/workload.ts'
import { forked } from '../run/forked.ts'

/** What loading so many rows into an emulator takes. */
export interface LoadResult {
  readonly workload: 'load'
  readonly rows: number
  readonly measures: Measures
}

/** Loads the field-service organisation in a process that may use 4 GiB. */
export function benchLoad(rows: number): Promise<LoadResult> {
  return new Promise((resolve, reject) => {
    const program = new URL('load-child.js', import.meta.url)
    const child = forked(program, [String(rows)], { execArgv: ['--max-old-space-size=4096'] })
    child.on('message', (message) => resolve({ workload: 'load', ...(message as Omit<LoadResult, 'workload'>) }))
    child.on('error', reject)
    child.on('exit', (code) => reject(new Error(`loading ended with exit code ${code}`)))
  })
}

export function describeLoad({ rows, measures }: LoadResult): string {
  const lines = Object.entries(measures).map(
    ([name, value]) => `  ${name.padEnd(14)}${Math.round(value).toLocaleString('en').padStart(10)}`,
  )
  return [`LOAD  an emulator of ${rows.toLocaleString('en')} rows, heap limited to 4 GiB`, lines.join('\n')].join(
    '\n\n',
  )
}
