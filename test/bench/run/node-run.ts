import { mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Place } from '../contenders/contender.ts'
import { CONTENDERS } from '../contenders/contenders.ts'
import type { ContenderName } from '../contenders/contenders.ts'
import type { Run, Sizes } from '../workloads/workload.ts'
import { peakMemory } from './peak-memory.ts'

/** What a run of that contender is given in a process of Node. */
export function nodeRun(contender: ContenderName, place: Place, sizes: Sizes): Run {
  return {
    sizes,
    place,
    open: (where) => {
      mkdirSync(where.folder, { recursive: true })
      return CONTENDERS[contender](where)
    },
    meter: () => {
      const before = process.cpuUsage()
      return async () => {
        const { user, system } = process.cpuUsage(before)
        return {
          'CPU ms': (user + system) / 1000,
          'peak RSS MB': peakMemory(),
          'stored MB': bytesIn(place.folder) / 1e6,
        }
      }
    },
  }
}

function bytesIn(folder: string): number {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  return names.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
}
