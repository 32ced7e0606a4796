import { contentsOf } from '../data/contents.ts'
import { rowsAfter } from '../data/history.ts'
import { BY_HAND, count, elapsed } from './workload.ts'
import type { Workload } from './workload.ts'

/** Everything the server has, until it can be queried by three indexes. */
export const firstDownload: Workload = {
  title: ({ rows, pageSize }) => `W1  first download of ${count(rows)} rows in pages of ${count(pageSize)}, 3 indexes`,
  contenders: ['outpost', 'raw', 'by-hand', 'rxdb', 'rxdb-push', 'watermelon', 'powersync', 'pouch'],
  inBrowser: ['outpost', 'raw', 'outpost-opfs', 'raw-opfs', 'rxdb', 'rxdb-push', 'pouch'],
  floor: 'floor',
  limits: BY_HAND,
  leastRows: () => 1,
  expected: async (sizes) => ({ held: await contentsOf(rowsAfter(sizes, []), 0) }),
  run: async ({ place, open, meter }) => {
    const contender = await open(place)
    const taken = meter()
    const ms = await elapsed(contender.pull)
    // Before the check, which takes memory of its own.
    const measures = { 'download ms': ms, ...(await taken()) }
    const held = await contender.contents()
    await contender.close()
    return { measures, findings: { held } }
  },
}
