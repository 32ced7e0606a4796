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
  /** From the fastest to the slowest run, as a share of the median; null for one run, which cannot tell. */
  readonly spread: number | null
  readonly ratio: number
  readonly ratios: readonly number[]
}

/** A measure that spreads further than this says nothing about a ratio near it. */
const NOISE_BOUND = 0.3

const UNKNOWN = '–'

/**
 * The fastest of the first group of which somebody took part, by the first thing that is measured; the first contender where
 * nobody of any did.
 */
export function limitOf(runs: readonly Runs[], limits: readonly (readonly string[])[]): string {
  const time = ({ measures }: Runs): number => median(measures.map((run) => Object.values(run)[0] ?? Number.NaN))
  const groups = limits.map((group) => runs.filter(({ contender }) => group.includes(contender)))
  const group = groups.find(({ length }) => length > 0) ?? runs.slice(0, 1)
  return group.toSorted((one, other) => time(one) - time(other))[0]?.contender ?? ''
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
      return { measure, contender, values, median: middle, spread: spreadOf(values), ratio: median(ratios), ratios }
    }),
  )
}

function spreadOf(values: readonly number[]): number | null {
  if (values.length < 2) return null
  const widest = Math.max(...values) - Math.min(...values)
  return widest === 0 ? 0 : widest / median(values)
}

export function tableOf(lines: readonly Line[], limit: string): string {
  const cells = lines.map(({ measure, contender, median: middle, spread, ratio, ratios }) => [
    measure,
    contender,
    middle.toFixed(middle < 100 ? 2 : 0),
    spread === null ? UNKNOWN : `${Math.round(spread * 100)} %`,
    ratioText(ratio),
    spread === null ? UNKNOWN : [Math.min(...ratios), Math.max(...ratios)].map(ratioText).join('–'),
  ])
  const table = [['measure', 'contender', 'median', 'spread', `÷ ${limit}`, 'from–to'], ...cells]
  const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? []
  const pad = (cell: string, column: number): string =>
    column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)
  return table.map((row) => `  ${row.map(pad).join('   ')}`.trimEnd()).join('\n')
}

/** Nothing can be told where the limit has none of it. */
function ratioText(ratio: number): string {
  return Number.isFinite(ratio) ? ratio.toFixed(2) : UNKNOWN
}

/** A warning when times spread too far to tell, or nothing tells how far they do; undefined when they do not. */
export function noiseWarning(lines: readonly Line[]): string | undefined {
  if (lines.some(({ spread }) => spread === null)) {
    return 'ONE RUN: nothing tells how far times spread, so that no ratio can be trusted. Use more --runs.'
  }
  const noisy = lines.filter(({ measure, spread }) => measure.endsWith('ms') && Number(spread) > NOISE_BOUND)
  if (noisy.length === 0) return undefined
  const names = noisy.map(({ measure, contender }) => `${measure} of ${contender}`).join(', ')
  return `NOISY: spread above ${NOISE_BOUND * 100} % in ${names}. Too noisy to tell: use more --runs or a quieter machine.`
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle)] ?? Number.NaN)) / 2
}
