import type { Measures } from '../workloads/workload.ts'
import { answerOf } from '../run/forked.ts'

/** What a long queue takes: how often the store is read, how many requests are sent, and how much is held at a time. */
export interface QueueResult {
  readonly workload: 'queue'
  readonly pending: number
  readonly measures: Measures
}

/** Writes so many transactions over SQLite and sends them to the emulator, in a process of its own. */
export async function benchQueue(pending: number, seconds: number): Promise<QueueResult> {
  const program = new URL('queue-child.js', import.meta.url)
  const told = await answerOf<Omit<QueueResult, 'workload'>>('queue:', program, [String(pending)], seconds)
  return { workload: 'queue', ...told }
}

export function describeQueue({ pending, measures }: QueueResult): string {
  const line = ([name, value]: [string, number]): string =>
    `  ${name.padEnd(18)}${Math.round(value).toLocaleString('en').padStart(10)}${(value / pending).toFixed(3).padStart(12)}`
  const head = `  ${''.padEnd(18)}${'in all'.padStart(10)}${'of one'.padStart(12)}`
  return [
    `QUEUE  ${pending.toLocaleString('en')} pending transactions, written at once over SQLite, sent to the emulator`,
    [head, ...Object.entries(measures).map(line)].join('\n'),
  ].join('\n\n')
}
