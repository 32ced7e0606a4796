import type { ContenderName } from '../contenders/contenders.ts'
import type { Workload } from '../workloads/workload.ts'
import { WORKLOADS } from '../workloads/workloads.ts'
import { nodeRun } from './node-run.ts'
import type { Order } from './order.ts'

const { workload: name, contender, prepare, place, sizes } = JSON.parse(process.argv[2] ?? '') as Order
const workload: Workload = WORKLOADS[name]
const run = nodeRun(contender as ContenderName, place, sizes)
if (prepare) await workload.prepare?.(run)
else process.send?.(await workload.run(run))
