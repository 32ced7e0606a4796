import type { Place } from '../contenders/contender.ts'
import { CONTENDERS } from '../contenders/contenders.ts'
import type { ContenderName } from '../contenders/contenders.ts'
import type { Run, Sizes, Workload } from '../workloads/workload.ts'
import { WORKLOADS } from '../workloads/workloads.ts'
import type { WorkloadName } from '../workloads/workloads.ts'

/** One run of one contender, as it is told to this program: the process of its own that a run has. */
export interface Order {
  readonly workload: WorkloadName
  readonly contender: ContenderName
  /** Only what comes before all runs. */
  readonly prepare: boolean
  readonly place: Place
  readonly sizes: Sizes
}

const { workload: name, contender, prepare, place, sizes } = JSON.parse(process.argv[2] ?? '') as Order
const workload: Workload = WORKLOADS[name]
const run: Run = { sizes, place, open: CONTENDERS[contender] }
if (prepare) await workload.prepare?.(run)
else process.send?.(await workload.run(run))
