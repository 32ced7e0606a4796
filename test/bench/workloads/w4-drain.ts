import { contentsOf } from '../data/contents.ts'
import type { Contents } from '../data/contents.ts'
import { rowsWritten, writesTo } from '../data/writes.ts'
import { writtenTo } from '../server/control.ts'
import { able, count, elapsed } from './workload.ts'
import type { Workload } from './workload.ts'

/**
 * A queue is sent to a server that answers late, and to one that also takes its time for every operation. The settings by
 * hand are fixed: the fastest of them in each world is the limit, and nobody tells Outpost which world it is in.
 */
export const drain: Workload = {
  title: ({ pending, delays: { latencyMs, operationMs } }) =>
    `W4  ${count(pending)} pending updates are sent; ${latencyMs} ms latency, ${operationMs} ms server time an operation`,
  contenders: [
    'outpost',
    'batch-100',
    'batch-100-x4',
    'batch-25-x8',
    'batch-1000',
    'single-x8',
    'by-hand',
    'rxdb-push',
  ],
  limits: [['batch-100', 'batch-100-x4', 'batch-25-x8', 'batch-1000', 'single-x8']],
  cases: (sizes) => [
    { ...sizes, delays: { latencyMs: 50, operationMs: 0 } },
    { ...sizes, delays: { latencyMs: 50, operationMs: 20 } },
  ],
  leastRows: ({ pending }) => pending,
  /** The server has been sent each update once, and here is what was written, with nothing left to be sent. */
  expected: async (sizes) => {
    const writes = writesTo(sizes.seed, sizes.pending)
    const updates = writes.map(({ id, telephone1 }) => ({ accountid: id, telephone1 }))
    return { sent: await contentsOf(updates, 0), held: unversioned(await contentsOf(rowsWritten(sizes, writes), 0)) }
  },
  run: async ({ place, open, sizes }) => {
    const contender = await open(place)
    await contender.pull()
    await able(contender, 'burst')(writesTo(sizes.seed, sizes.pending))
    const ms = await elapsed(able(contender, 'push'))
    const held = unversioned(await contender.contents())
    const sent = await writtenTo(place.url)
    await contender.close()
    return { measures: { 'drain ms': ms }, findings: { sent, held } }
  },
}

/** Not everybody asks which version a row has on the server once it was sent. */
function unversioned(contents: Contents): Contents {
  return { ...contents, versions: '' }
}
