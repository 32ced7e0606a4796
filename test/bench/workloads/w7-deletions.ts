import { contentsOf } from '../data/contents.ts'
import type { Findings } from '../data/contents.ts'
import { countOf, rowsAfter } from '../data/history.ts'
import type { Round } from '../data/history.ts'
import { happen } from '../server/control.ts'
import { BY_HAND, count, taken } from './workload.ts'
import type { Measures, Sizes, Workload } from './workload.ts'

/** Rows were deleted on the server: by the mobile-tracking table, which names them, and by the list of all ids. */
export const deletions: Workload = {
  title: ({ rows, deletions: deleted }) =>
    `W7  ${count(deleted)} deletions are found; ${count(rows)} rows in the store`,
  contenders: ['outpost', 'raw', 'rxdb', 'watermelon', 'pouch'],
  inBrowser: ['outpost', 'raw', 'outpost-opfs', 'raw-opfs', 'rxdb', 'pouch'],
  limits: BY_HAND,
  leastRows: (sizes) => countOf(roundsOf(sizes)) + 2,
  expected: async (sizes) => {
    const held = await contentsOf(rowsAfter(sizes, roundsOf(sizes)), 0)
    return Object.fromEntries(WAYS.map((way) => [way, held]))
  },
  run: async (run) => {
    const { place, open, sizes } = run
    const contenders = await Promise.all(
      WAYS.map(async (way) => {
        const contender = await open({ ...place, folder: `${place.folder}/${way}`, deletions: way })
        return { way, contender }
      }),
    )
    for (const { contender } of contenders) await contender.pull()
    for (const round of roundsOf(sizes)) await happen(place.url, { ...round, prepare: 'ids' })
    let measures: Measures = {}
    let findings: Findings = {}
    for (const { way, contender } of contenders) {
      measures = { ...measures, ...(await taken(way, run, contender.pull)) }
      findings = { ...findings, [way]: await contender.contents() }
      await contender.close()
    }
    return { measures, findings }
  },
}

const WAYS = ['tracking', 'sweep'] as const

function roundsOf({ deletions: deleted }: Sizes): readonly Round[] {
  return [{ changed: 0, deleted }]
}
