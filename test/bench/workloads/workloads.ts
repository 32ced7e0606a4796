import { firstDownload } from './w1-first-download.ts'
import { incremental } from './w2-incremental.ts'
import { durableWrites } from './w3-writes.ts'
import { drain } from './w4-drain.ts'
import { coldStart } from './w5-cold-start.ts'
import { liveQuery } from './w6-live-query.ts'
import { deletions } from './w7-deletions.ts'
import type { Workload } from './workload.ts'

export const WORKLOADS = {
  w1: firstDownload,
  w2: incremental,
  w3: durableWrites,
  w4: drain,
  w5: coldStart,
  w6: liveQuery,
  w7: deletions,
} as const satisfies Record<string, Workload>

export type WorkloadName = keyof typeof WORKLOADS
