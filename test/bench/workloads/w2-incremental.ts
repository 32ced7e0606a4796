import { contentsOf } from '../data/contents.ts'
import { countOf, rowsAfter } from '../data/history.ts'
import type { Round } from '../data/history.ts'
import { happen } from '../server/control.ts'
import { BY_HAND, count, taken } from './workload.ts'
import type { Measures, Sizes, Workload } from './workload.ts'

/** What has changed since the last pull, one in a hundred deleted; the mobile-tracking table tells of those. */
export const incremental: Workload = {
  title: ({ rows, changes }) =>
    `W2  pull of ${changes.map(count).join(' and ')} changes; ${count(rows)} rows in the store`,
  contenders: ['outpost', 'raw', 'rxdb', 'watermelon', 'pouch'],
  inBrowser: ['outpost', 'raw', 'outpost-opfs', 'raw-opfs', 'rxdb', 'pouch'],
  limits: BY_HAND,
  leastRows: (sizes) => countOf(roundsOf(sizes)) + 2,
  expected: async (sizes) => ({ held: await contentsOf(rowsAfter(sizes, roundsOf(sizes)), 0) }),
  run: async (run) => {
    const { place, open, sizes } = run
    const contender = await open({ ...place, deletions: 'tracking' })
    await contender.pull()
    let measures: Measures = {}
    for (const [at, round] of roundsOf(sizes).entries()) {
      await happen(place.url, round)
      const costs = await taken(`${count(sizes.changes[at - 1] ?? 0)} changes`, run, contender.pull)
      // The first round only warms up what pulls changes.
      if (at > 0) measures = { ...measures, ...costs }
    }
    const held = await contender.contents()
    await contender.close()
    return { measures, findings: { held } }
  },
}

function roundsOf({ changes }: Sizes): readonly Round[] {
  return [WARM_UP, ...changes].map((number) => {
    const deleted = Math.ceil(number / 100)
    return { changed: number - deleted, deleted }
  })
}

const WARM_UP = 50
