import type { Order } from '../run/order.ts'
import { telling } from '../run/stages.ts'
import type { Run, Workload } from '../workloads/workload.ts'
import { WORKLOADS } from '../workloads/workloads.ts'
import { BROWSER_CONTENDERS } from './contenders.ts'
import type { BrowserContenderName } from './names.ts'

/** The program in the page: its address has the order, as a process of Node is started with one. */
async function carryOut({ workload: name, contender, prepare, place, sizes }: Order): Promise<unknown> {
  const workload: Workload = WORKLOADS[name]
  const openContender = BROWSER_CONTENDERS[contender as BrowserContenderName]
  // oxlint-disable-next-line no-console -- what a page tells there is heard even while it is too busy to be asked
  const open = telling(openContender, (stage) => console.debug(stage))
  const run: Run = { sizes, place, open, meter }
  if (!prepare) return workload.run(run)
  await workload.prepare?.(run)
  return null
}

/** What the origin stores is all that a page can tell. */
const meter: Run['meter'] = () => async () => ({
  'stored MB': ((await navigator.storage.estimate()).usage ?? 0) / 1e6,
})

const order = JSON.parse(decodeURIComponent(location.hash.slice(1))) as Order
Object.assign(globalThis, { outcome: carryOut(order) })
