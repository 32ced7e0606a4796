import type { CheckName } from './checks/problem.ts'
import { Coverage } from './coverage.ts'
import { planOf } from './plan.ts'
import { runPlan } from './run-plan.ts'
import type { FoundProblem } from './run-plan.ts'
import type { Scenario } from './scenario.ts'

/** What each run of a search is like. */
export interface RunShape {
  readonly devices: number
  readonly steps: number
  readonly without: readonly CheckName[]
  /** Whether the search goes on after a seed in which something was found. */
  readonly keepGoing: boolean
}

/** Some seeds in a row. */
export interface Chunk {
  readonly first: number
  readonly count: number
}

/** A seed in whose run something was found. */
export interface FoundSeed {
  readonly seed: number
  readonly problems: readonly FoundProblem[]
}

/** What came of a chunk: up to its end, or with the first seed in which something was found. Plain JSON. */
export interface Searched {
  readonly runs: number
  readonly found: readonly FoundSeed[]
  readonly coverage: ReturnType<Coverage['toJSON']>
}

/** Searches one chunk after another, telling each run as it ends. */
export type Lane = (chunk: Chunk, onRun: (seed: number, isBad: boolean) => void) => Promise<Searched>

/** A lane in this very thread. */
export function laneOf(scenario: Scenario, shape: RunShape): Lane {
  return async ({ first, count }, onRun) => {
    const coverage = new Coverage()
    const found: FoundSeed[] = []
    let runs = 0
    while (runs < count && (shape.keepGoing || found.length === 0)) {
      const seed = first + runs
      const run = await runPlan(scenario, planOf({ ...shape, seed }), { without: shape.without })
      coverage.add(run.coverage)
      if (run.problems.length > 0) found.push({ seed, problems: run.problems })
      runs += 1
      onRun(seed, run.problems.length > 0)
    }
    return { runs, found, coverage: coverage.toJSON() }
  }
}

/** How far a search is. */
export interface SearchProgress {
  readonly runs: number
  readonly of: number
  /** The seeds in whose runs something was found, as they came. */
  readonly bad: readonly number[]
}

export interface SearchOptions {
  readonly first: number
  readonly seeds: number
  readonly keepGoing: boolean
  readonly lanes: readonly Lane[]
  readonly onProgress?: (progress: SearchProgress) => void
  /** Asked before each chunk: whether the search should end with what it has. */
  readonly isOver?: () => boolean
}

export interface SearchResult {
  readonly runs: number
  readonly found: readonly FoundSeed[]
  readonly coverage: Coverage
}

/** Small enough that lanes end together, and that a search ends soon when it should. */
const CHUNK = 4

/**
 * Shares the seeds among the lanes. The result is that of one lane going through all seeds, whatever the number of lanes:
 * what others did behind the first seed in which something was found does not count.
 */
export async function search(options: SearchOptions): Promise<SearchResult> {
  const { first, seeds, keepGoing, lanes, onProgress, isOver = () => false } = options
  const chunks = Array.from({ length: Math.ceil(seeds / CHUNK) }, (_, index) => index)
  const searched: (Searched | undefined)[] = []
  const bad: number[] = []
  let [last, runs] = [chunks.length - 1, 0]
  const onRun = (seed: number, isBad: boolean): void => {
    runs += 1
    if (isBad) bad.push(seed)
    onProgress?.({ runs, of: seeds, bad })
  }
  const work = async (lane: Lane): Promise<void> => {
    for (let index = chunks.shift(); index !== undefined && index <= last; index = chunks.shift()) {
      if (isOver()) return
      const count = Math.min(CHUNK, seeds - index * CHUNK)
      const done = await lane({ first: first + index * CHUNK, count }, onRun)
      searched[index] = done
      if (done.found.length > 0 && !keepGoing) last = Math.min(last, index)
    }
  }
  await Promise.all(lanes.map(work))
  const coverage = new Coverage()
  const counted = searched.slice(0, last + 1).filter((done) => done !== undefined)
  for (const done of counted) coverage.add(new Coverage(done.coverage))
  return {
    runs: counted.reduce((sum, done) => sum + done.runs, 0),
    found: counted.flatMap(({ found }) => found),
    coverage,
  }
}
