import type { CheckName } from './checks/problem.ts'
import type { Coverage } from './coverage.ts'
import { NAMES } from './coverage-names.ts'
import { planOf } from './plan.ts'
import type { Scenario } from './scenario.ts'
import { laneOf, search } from './search.ts'
import type { FoundSeed, Lane, RunShape, SearchProgress } from './search.ts'
import { shrink } from './shrink.ts'
import type { Shrunk } from './shrink.ts'

export interface SimulateOptions {
  /** The first seed; 1 when absent. */
  readonly first?: number
  /** How many seeds are run, from the first on; 100 when absent. */
  readonly seeds?: number
  /** Devices of each run; 3 when absent. */
  readonly devices?: number
  /** Steps of each run; 200 when absent. */
  readonly steps?: number
  /** Checks that are left out. */
  readonly without?: readonly CheckName[]
  /** Goes on after a seed in which something was found. The first one is shrunk all the same. */
  readonly keepGoing?: boolean
  /** The most runs that shrinking takes; 300 when absent, 0 for none. */
  readonly shrinkRuns?: number
  /** Ends the search, or the shrinking, with what there is. */
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: SearchProgress) => void
  readonly onShrinking?: (runs: number, steps: number) => void
}

/** What many runs have found. */
export interface SimulationReport {
  readonly first: number
  /** How many seeds were asked for, and how many were run. */
  readonly seeds: number
  readonly runs: number
  readonly devices: number
  readonly steps: number
  /** The seeds in whose runs something was found, ascending. */
  readonly found: readonly FoundSeed[]
  /** The first of them with as few steps as fail; null where nothing was found, or nothing when it was run again. */
  readonly shrunk: Shrunk | null
  readonly coverage: Coverage
  /** By group, what no run has met. */
  readonly never: Readonly<Record<string, readonly string[]>>
}

/**
 * Runs the plans of many seeds, one after another, and shrinks the first that fails. The report is the same for the same
 * scenario and numbers. Rejects only for a scenario that is wrong itself.
 */
export function simulate(scenario: Scenario, options: SimulateOptions = {}): Promise<SimulationReport> {
  return simulateWith(scenario, (shape) => [laneOf(scenario, shape)], options)
}

/** The same with lanes of one's own. */
export async function simulateWith(
  scenario: Scenario,
  lanesOf: (shape: RunShape) => readonly Lane[],
  options: SimulateOptions & { readonly isOver?: () => boolean },
): Promise<SimulationReport> {
  const { first = 1, seeds = 100, devices = 3, steps = 200, without = [], keepGoing = false } = options
  const { signal, shrinkRuns = 300, onProgress, onShrinking } = options
  const isAborted = (): boolean => signal?.aborted ?? false
  const lanes = lanesOf({ devices, steps, without, keepGoing })
  const { runs, found, coverage } = await search({
    ...{ first, seeds, keepGoing, lanes },
    isOver: () => isAborted() || (options.isOver?.() ?? false),
    ...(onProgress ? { onProgress } : {}),
  })
  const [bad] = found
  const [problem] = bad?.problems ?? []
  const shrunk =
    bad && problem && shrinkRuns > 0
      ? await shrink(scenario, planOf({ seed: bad.seed, devices, steps }), problem.check, {
          ...{ runs: shrinkRuns, without, isOver: isAborted },
          ...(onShrinking ? { onTried: onShrinking } : {}),
        })
      : null
  return { first, seeds, runs, devices, steps, found, shrunk, coverage, never: coverage.lacking(NAMES) }
}
