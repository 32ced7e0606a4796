import type { Knobs } from '../knobs.ts'
import { builtInOperations } from '../operations/built-in-operations.ts'
import type { OperationFacts } from '../operations/operation-facts.ts'
import { RecordCounts } from '../operations/record-counts.ts'
import type { Org } from '../org.ts'
import type { RowStore } from '../rows/row-store.ts'
import { JobQueue } from './jobs.ts'
import { Plugins } from './plugins.ts'

/** An organisation's own operations, plug-ins and jobs. */
export function orgExtensions(store: RowStore, knobs: Knobs): Pick<Org, 'operations' | 'plugins' | 'jobs' | 'counts'> {
  const operations: OperationFacts[] = [...builtInOperations]
  const jobs = new JobQueue(store.now)
  const isOperation = (name: string): boolean => operations.some((one) => one.name === name)
  return {
    operations,
    jobs,
    counts: new RecordCounts(store),
    plugins: new Plugins({ store, jobs, knobs, isOperation }),
  }
}
