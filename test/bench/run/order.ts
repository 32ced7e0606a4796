import type { Place } from '../contenders/contender.ts'
import type { Sizes } from '../workloads/workload.ts'
import type { WorkloadName } from '../workloads/workloads.ts'

/** One run of one contender, as it is told to the process, or the page, that it has for itself. */
export interface Order {
  readonly workload: WorkloadName
  readonly contender: string
  /** Only what comes before all runs. */
  readonly prepare: boolean
  readonly place: Place
  readonly sizes: Sizes
}

/** Says whose order failed, and in what. */
export function failed({ workload, contender, prepare }: Order, stage: string, how: string): Error {
  return new Error(`${workload}, ${contender}: '${stage}'${prepare ? ' before the runs' : ''} ${how}`)
}
