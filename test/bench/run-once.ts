import { statSync } from 'node:fs'
import type { Contents, Place } from './contender.ts'
import { CONTENDERS } from './contenders.ts'
import type { ContenderName } from './contenders.ts'
import { WORKLOADS } from './workloads.ts'
import type { Measures, Sizes, WorkloadName } from './workloads.ts'

/** One run of one contender, as it is told to this program: the process of its own that a run has. */
export interface Order {
  readonly workload: WorkloadName
  readonly contender: ContenderName
  readonly place: Place
  readonly sizes: Sizes
}

export interface Outcome {
  readonly measures: Measures
  readonly contents: Contents
}

const { workload, contender: name, place, sizes } = JSON.parse(process.argv[2] ?? '') as Order
const contender = await CONTENDERS[name](place)
const times = await WORKLOADS[workload].run(contender, sizes)
// Before the check, which takes memory of its own.
const peak = (process.resourceUsage().maxRSS * 1024) / 1e6
const contents = await contender.contents()
await contender.close()
const file = statSync(place.path).size / 1e6
const measures = workload === 'w1' ? { ...times, 'peak RSS MB': peak, 'file MB': file } : times
process.send?.({ measures, contents } satisfies Outcome)
