import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CheckName } from '@outpost/simulation'
import { bundleOf } from './bundle.ts'
import { hunt } from './hunt.ts'
import type { Hunt } from './hunt.ts'
import { checksOf } from './mutant.ts'
import type { Mutant } from './mutant.ts'
import type { Search } from './program.ts'

export interface MutationCheckOptions {
  readonly mutants: readonly Mutant[]
  /** Where the search begins, and how many seeds it may take for each mutant. */
  readonly first: number
  readonly seeds: number
  readonly devices: number
  readonly steps: number
  /** Checks that are left out: what only they find is not found then. */
  readonly without?: readonly CheckName[]
  /** The seeds that are tried before all others, by the name of the mutant: where one finds it, those before it are not run. */
  readonly known?: Readonly<Record<string, number>>
  /** How many programs run at the same time. */
  readonly lanes?: number
  /** Called with each mutant as soon as its search has ended. */
  readonly onHunted?: (hunted: Hunted) => void
}

/** The search for one mutant. */
export interface Hunted {
  readonly mutant: Mutant
  readonly hunt: Hunt
  /** How many seeds it takes, from the first one on, until it is found; null where it was not. */
  readonly needed: number | null
}

export interface MutationReport {
  readonly hunted: readonly Hunted[]
  /** The same runs without a mistake, in which no check may find anything. */
  readonly control: Hunt
  readonly isGood: boolean
  readonly ms: number
}

/** Where the known seed is one of those searched and still finds it, that is all; otherwise they are searched in order. */
async function knownFirst(program: string, search: Search, known: number | undefined): Promise<Hunt> {
  if (known !== undefined && known >= search.first && known < search.first + search.seeds) {
    const again = await hunt(program, { ...search, first: known, seeds: 1 })
    if (again.found) return again
  }
  return hunt(program, search)
}

/** The most runs of the control. */
const CONTROL_SEEDS = 50

/** Runs the simulation with each of the mistakes in the sources, until the mistake's own check finds it. */
export async function checkMutants(options: MutationCheckOptions): Promise<MutationReport> {
  const { mutants, first, seeds, devices, steps, without = [], known = {}, lanes = 2 } = options
  const begun = performance.now()
  const folder = mkdtempSync(join(tmpdir(), 'mutants-'))
  try {
    const hunted: Hunted[] = []
    const left = [...mutants]
    const lane = async (): Promise<void> => {
      for (let mutant = left.shift(); mutant; mutant = left.shift()) {
        const program = await bundleOf(mutant, folder)
        const all = { first, seeds, devices, steps, checks: checksOf(mutant), without }
        const result = await knownFirst(program, all, known[mutant.name])
        const one = { mutant, hunt: result, needed: result.found && result.found.seed - first + 1 }
        hunted.push(one)
        options.onHunted?.(one)
      }
    }
    await Promise.all(Array.from({ length: lanes }, lane))
    const slowest = Math.max(1, ...hunted.map((one) => one.needed ?? seeds))
    const control = await hunt(await bundleOf(null, folder), {
      ...{ first, devices, steps, without, checks: [] },
      seeds: Math.min(CONTROL_SEEDS, slowest),
    })
    const isGood = !control.found && !control.broken && hunted.every((one) => one.hunt.found)
    return { hunted, control, isGood, ms: performance.now() - begun }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
