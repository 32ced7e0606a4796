import { contentsOf } from '../data/contents.ts'
import { rowsWritten, writesTo } from '../data/writes.ts'
import { able, BY_HAND, count, elapsed, heldAgain, taken } from './workload.ts'
import type { Sizes, Workload } from './workload.ts'

/** Of these and so many at once, code is compiled and files have grown before anything is measured. */
const MOST_WARM_UP = 200

/** What a user waits for when a form is saved: the row and its place in the queue are durable. */
export const durableWrites: Workload = {
  title: ({ rows, writes, burst }) =>
    `W3  ${count(writes)} durable writes one by one, then ${count(burst)} at once; ${count(rows)} rows in the store`,
  contenders: ['outpost', 'raw', 'watermelon', 'powersync', 'pouch'],
  inBrowser: ['outpost', 'raw', 'outpost-opfs', 'raw-opfs', 'rxdb', 'pouch'],
  limits: BY_HAND,
  leastRows: countOf,
  expected: async (sizes) => {
    const writes = writesTo(sizes.seed, countOf(sizes))
    return { held: await contentsOf(rowsWritten(sizes, writes), writes.length) }
  },
  run: async (run) => {
    const { place, open, sizes } = run
    const contender = await open(place)
    const [write, burst] = [able(contender, 'write'), able(contender, 'burst')]
    await contender.pull()
    const writes = writesTo(sizes.seed, countOf(sizes))
    const warmUp = warmUpOf(sizes)
    for (const one of writes.splice(0, warmUp)) await write(one)
    await burst(writes.splice(0, warmUp))
    const times: number[] = []
    for (const one of writes.splice(0, sizes.writes)) times.push(await elapsed(() => write(one)))
    times.sort((one, other) => one - other)
    const at = (share: number): number => times[Math.floor(share * (times.length - 1))] ?? 0
    const ofBurst = await taken('burst', run, () => burst(writes))
    await contender.close()
    const measures = { 'write p50 ms': at(0.5), 'write p99 ms': at(0.99), ...ofBurst }
    return { measures, findings: { held: await heldAgain(run) } }
  },
}

function warmUpOf({ writes }: Sizes): number {
  return Math.min(MOST_WARM_UP, writes)
}

function countOf(sizes: Sizes): number {
  return 2 * warmUpOf(sizes) + sizes.writes + sizes.burst
}
