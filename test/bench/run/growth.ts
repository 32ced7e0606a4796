import type { Result } from './bench.ts'

/** What becomes of each measure from the fewest rows to the most; undefined where there is one size only. */
export function describeGrowth(results: readonly Result[]): string | undefined {
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
  const title = `${most.workload.toUpperCase()}  medians at ${most.sizes.rows.toLocaleString('en')} rows ÷ those at ${fewest.sizes.rows.toLocaleString('en')}`
  return [title, lines.join('\n')].join('\n\n')
}
