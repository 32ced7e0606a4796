import type { Measures } from '../workloads/workload.ts'

/** The runs of one contender, in order. */
export interface Runs {
  readonly contender: string
  readonly measures: readonly Measures[]
}

/** One line of the table. Ratios are to the limit, each run to the limit's run of its own round. */
export interface Line {
  readonly measure: string
  readonly contender: string
  readonly values: readonly number[]
  readonly median: number
  /** From the fastest to the slowest run, as a share of the median. */
  readonly spread: number
  readonly ratio: number
  readonly ratios: readonly number[]
}

/** A measure that spreads further than this says nothing about a ratio near it. */
const NOISE_BOUND = 0.3

/**
 * The fastest of those that took part, by the first thing that is measured. Where none did, what is written by hand for the
 * other store, and the first contender where there is no such.
 */
export function limitOf(runs: readonly Runs[], limits: readonly string[]): string {
  const time = ({ measures }: Runs): number => median(measures.map((run) => Object.values(run)[0] ?? Number.NaN))
  const [fastest] = runs
    .filter(({ contender }) => limits.includes(contender))
    .toSorted((one, other) => time(one) - time(other))
  const other = runs.find(({ contender }) => contender === 'raw-opfs')
  return (fastest ?? other ?? runs[0])?.contender ?? ''
}

export function linesOf(runs: readonly Runs[], limit: string): readonly Line[] {
  const raw = runs.find(({ contender }) => contender === limit)
  const names = [...new Set(runs.flatMap(({ measures }) => Object.keys(measures[0] ?? {})))]
  return names.flatMap((measure) =>
    runs.flatMap(({ contender, measures }): Line | readonly Line[] => {
      // Not every contender can do everything that is measured.
      if (!measures.some((run) => measure in run)) return []
      const values = measures.map((run) => run[measure] ?? Number.NaN)
      const ratios = values.map((value, round) => value / (raw?.measures[round]?.[measure] ?? Number.NaN))
      const middle = median(values)
      const spread = middle === 0 ? 0 : (Math.max(...values) - Math.min(...values)) / middle
      return { measure, contender, values, median: middle, spread, ratio: median(ratios), ratios }
    }),
  )
}

export function tableOf(lines: readonly Line[], limit: string): string {
  const cells = lines.map(({ measure, contender, median: middle, spread, ratio, ratios }) => [
    measure,
    contender,
    middle.toFixed(middle < 100 ? 2 : 0),
    `${Math.round(spread * 100)} %`,
    `${ratio.toFixed(2)}`,
    `${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}`,
  ])
  const table = [['measure', 'contender', 'median', 'spread', `÷ ${limit}`, 'from–to'], ...cells]
  const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? []
  const pad = (cell: string, column: number): string =>
    column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)
  return table.map((row) => `  ${row.map(pad).join('   ')}`.trimEnd()).join('\n')
}

/** A warning when times spread too far to tell; undefined when they do not. */
export function noiseWarning(lines: readonly Line[]): string | undefined {
  const noisy = lines.filter(({ measure, spread }) => measure.endsWith('ms') && spread > NOISE_BOUND)
  if (noisy.length === 0) return undefined
  const names = noisy.map(({ measure, contender }) => `${measure} of ${contender}`).join(', ')
  return `NOISY: spread above ${NOISE_BOUND * 100} % in ${names}. Too noisy to tell: use more --runs or a quieter machine.`
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle)] ?? Number.NaN)) / 2
}
