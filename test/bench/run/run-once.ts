import type { ContenderName } from '../contenders/contenders.ts'
import type { Workload } from '../workloads/workload.ts'
import { WORKLOADS } from '../workloads/workloads.ts'
import { nodeRun } from './node-run.ts'
import type { Order } from './order.ts'
import type { Message } from './runner.ts'
import { telling } from './stages.ts'

const { workload: name, contender, prepare, place, sizes } = JSON.parse(process.argv[2] ?? '') as Order
const workload: Workload = WORKLOADS[name]
const send = (message: Message): void => void process.send?.(message)
const silent = nodeRun(contender as ContenderName, place, sizes)
const run = { ...silent, open: telling(silent.open, (stage) => send({ stage })) }
if (prepare) await workload.prepare?.(run)
else send(await workload.run(run))
