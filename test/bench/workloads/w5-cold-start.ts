import { contentsOf, listOf } from '../data/contents.ts'
import { newestOpen, rowsWritten, writesTo } from '../data/writes.ts'
import { able, BY_HAND, count } from './workload.ts'
import type { Workload } from './workload.ts'

/** A program starts over what an earlier one has left: until its first list is there, the start of Node included, or in a browser the loading of the page. */
export const coldStart: Workload = {
  title: ({ rows, pending }) =>
    `W5  cold start to the first query; ${count(rows)} rows and ${count(pending)} pending in the store`,
  contenders: ['outpost', 'raw', 'watermelon', 'powersync'],
  inBrowser: ['outpost', 'raw', 'outpost-opfs', 'raw-opfs', 'rxdb'],
  limits: BY_HAND,
  leastRows: ({ pending }) => pending,
  expected: async (sizes) => {
    const writes = writesTo(sizes.seed, sizes.pending)
    return {
      shown: await listOf(newestOpen(sizes, writes)),
      held: await contentsOf(rowsWritten(sizes, writes), writes.length),
    }
  },
  prepare: async ({ place, open, sizes }) => {
    const contender = await open(place)
    await contender.pull()
    await able(contender, 'burst')(writesTo(sizes.seed, sizes.pending))
    await contender.close()
  },
  run: async ({ place, open, meter }) => {
    const taken = meter()
    const contender = await open(place)
    const rows = await able(contender, 'query')()
    // Counted from when the process, or the loading of the page, began.
    const ms = performance.now()
    const costs = await taken()
    const findings = { shown: await listOf(rows), held: await contender.contents() }
    await contender.close()
    return { measures: { 'first query ms': ms, ...costs }, findings }
  },
}
