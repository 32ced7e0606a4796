import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { contentsOf } from '../data/contents.ts'
import { rowsAfter } from '../data/history.ts'
import { count, elapsed } from './workload.ts'
import type { Workload } from './workload.ts'

/** Everything the server has, until it can be queried by three indexes. */
export const firstDownload: Workload = {
  title: ({ rows, pageSize }) => `W1  first download of ${count(rows)} rows in pages of ${count(pageSize)}, 3 indexes`,
  contenders: ['outpost', 'raw', 'by-hand', 'rxdb', 'rxdb-push', 'watermelon', 'powersync', 'pouch'],
  limits: ['raw'],
  leastRows: () => 1,
  expected: (sizes) => contentsOf(rowsAfter(sizes, []), 0),
  run: async ({ place, open }) => {
    const contender = await open(place)
    const cpu = process.cpuUsage()
    const ms = await elapsed(contender.pull)
    const { user, system } = process.cpuUsage(cpu)
    // Before the check, which takes memory of its own.
    const peak = (process.resourceUsage().maxRSS * 1024) / 1e6
    const contents = await contender.contents()
    await contender.close()
    const measures = { 'download ms': ms, 'download CPU ms': (user + system) / 1000, 'peak RSS MB': peak }
    return { measures: { ...measures, 'files MB': bytesIn(place.folder) / 1e6 }, contents }
  },
}

function bytesIn(folder: string): number {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  return names.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
}
