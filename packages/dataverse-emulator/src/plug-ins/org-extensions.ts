import type { Knobs } from '../knobs.ts'
import { builtInOperations } from '../operations/built-in-operations.ts'
import type { Operation } from '../operations/operation.ts'
import { RecordCounts } from '../operations/record-counts.ts'
import type { RowStore } from '../rows/row-store.ts'
import { JobQueue } from './jobs.ts'
import { Plugins } from './plugins.ts'

/** What tests add to an organisation: functions and actions, plug-ins, and the jobs that both leave behind. */
export interface OrgExtensions {
  /** Functions and actions: the built-in ones and those that were registered. */
  readonly operations: Operation[]
  readonly plugins: Plugins
  readonly jobs: JobQueue
  /** How many rows tables had, some time ago. */
  readonly counts: RecordCounts
}

/** An organisation's own operations, plug-ins and jobs. */
export function orgExtensions(store: RowStore, knobs: Knobs): OrgExtensions {
  const operations = [...builtInOperations]
  const jobs = new JobQueue(store.now)
  const isOperation = (name: string): boolean => operations.some((one) => one.name === name)
  return {
    operations,
    jobs,
    counts: new RecordCounts(store),
    plugins: new Plugins({ store, jobs, knobs, isOperation }),
  }
}
