import { contentsOf } from '../data/contents.ts'
import type { Contents } from '../data/contents.ts'
import { countOf, rowsAfter } from '../data/history.ts'
import type { Round } from '../data/history.ts'
import { happen } from '../server/control.ts'
import { count, taken } from './workload.ts'
import type { Measures, Sizes, Workload } from './workload.ts'

/** Rows were deleted on the server: by the mobile-tracking table, which names them, and by the list of all ids. */
export const deletions: Workload = {
  title: ({ rows, deletions: deleted }) =>
    `W7  ${count(deleted)} deletions are found; ${count(rows)} rows in the store`,
  contenders: ['outpost', 'raw'],
  inBrowser: ['outpost', 'raw', 'outpost-opfs', 'raw-opfs'],
  limits: ['raw'],
  leastRows: (sizes) => countOf(roundsOf(sizes)) + 2,
  expected: (sizes) => contentsOf(rowsAfter(sizes, roundsOf(sizes)), 0),
  run: async (run) => {
    const { place, open, sizes } = run
    const contenders = await Promise.all(
      WAYS.map(async (way) => {
        return open({ ...place, folder: `${place.folder}/${way}`, deletions: way })
      }),
    )
    for (const contender of contenders) await contender.pull()
    for (const round of roundsOf(sizes)) await happen(place.url, { ...round, prepare: 'ids' })
    let measures: Measures = {}
    const contents: Contents[] = []
    for (const [at, contender] of contenders.entries()) {
      measures = { ...measures, ...(await taken(WAYS[at] ?? '', run, contender.pull)) }
      contents.push(await contender.contents())
      await contender.close()
    }
    const [one, other] = contents
    if (!one || JSON.stringify(one) !== JSON.stringify(other)) throw new Error('not the same rows are left')
    return { measures, contents: one }
  },
}

const WAYS = ['tracking', 'sweep'] as const

function roundsOf({ deletions: deleted }: Sizes): readonly Round[] {
  return [{ changed: 0, deleted }]
}
