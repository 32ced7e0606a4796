import { WORKLOADS } from '../workloads/workloads.ts'
import type { Result } from './bench.ts'

/** What becomes of each measure from the fewest rows to the most, each case by itself; none where there is one size only. */
export function describeGrowth(results: readonly Result[]): readonly string[] {
  const caseOf = ({ sizes }: Result): string => JSON.stringify(sizes.delays)
  const cases = new Set(results.map(caseOf))
  return [...cases].flatMap((each) => growthOf(results.filter((result) => caseOf(result) === each)) ?? [])
}

function growthOf(results: readonly Result[]): string | undefined {
  const ordered = results.toSorted((one, other) => one.sizes.rows - other.sizes.rows)
  const [fewest] = ordered
  const most = ordered.at(-1)
  if (!fewest || !most || fewest.sizes.rows === most.sizes.rows) return undefined
  const lines = most.lines.flatMap(({ measure, contender, median }) => {
    const before = fewest.lines.find((line) => line.measure === measure && line.contender === contender)
    if (!before) return []
    const growth = (median / before.median).toFixed(2)
    return [`  ${measure.padEnd(20)}${contender.padEnd(14)}${growth.padStart(8)}`]
  })
  const [much, little] = [most, fewest].map(({ sizes }) => sizes.rows.toLocaleString('en'))
  const title = `${WORKLOADS[most.workload].title(most.sizes)}\n    medians at ${much} rows ÷ those at ${little}`
  return [title, lines.join('\n')].join('\n\n')
}
