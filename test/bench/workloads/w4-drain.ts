import { contentsOf } from '../data/contents.ts'
import { writesTo } from '../data/writes.ts'
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
  limits: ['batch-100', 'batch-100-x4', 'batch-25-x8', 'batch-1000', 'single-x8'],
  cases: (sizes) => [
    { ...sizes, delays: { latencyMs: 50, operationMs: 0 } },
    { ...sizes, delays: { latencyMs: 50, operationMs: 20 } },
  ],
  leastRows: ({ pending }) => pending,
  /** What the server has been sent, each update once, and nothing is left to be sent. */
  expected: ({ seed, pending }) =>
    contentsOf(
      writesTo(seed, pending).map(({ id, telephone1 }) => ({ accountid: id, telephone1 })),
      0,
    ),
  run: async ({ place, open, sizes }) => {
    const contender = await open(place)
    await contender.pull()
    await able(contender, 'burst')(writesTo(sizes.seed, sizes.pending))
    const ms = await elapsed(able(contender, 'push'))
    const { queued: left } = await contender.contents()
    const written = await writtenTo(place.url)
    await contender.close()
    return { measures: { 'drain ms': ms }, contents: { ...written, queued: written.queued + left } }
  },
}
