import type { Hunted, MutationReport } from './check-mutants.ts'
import { checksOf } from './mutant.ts'

/** One line of the table: bug, check, seeds needed, time. */
export function lineOf({ mutant, hunt, needed }: Hunted): string {
  const { found, broken, seeds, beside } = hunt
  const by = seeds === needed ? '' : `, by the last of them alone`
  const what = found
    ? `${found.check} after ${counted(needed ?? seeds)}${by}`
    : (broken ?? `NOT FOUND in ${counted(seeds)}`)
  const others = found ? [] : beside.map(({ check, seed }) => `${check} in seed ${seed}`)
  const besides = others.length > 0 ? ` (beside its check: ${others.join(', ')})` : ''
  const wanted = checksOf(mutant).join(' or ')
  return `${mutant.name.padEnd(32)} ${wanted.padEnd(12)} ${what}${besides}, ${inSeconds(hunt.ms)}`
}

/** What is said at the end. */
export function summaryOf({ hunted, control, ms }: MutationReport): string {
  const found = hunted.filter(({ hunt }) => hunt.found)
  const missed = hunted.filter(({ hunt }) => !hunt.found).map(({ mutant }) => mutant.name)
  const untouched = control.found
    ? `the sources as they are FAIL ${control.found.check} in seed ${control.found.seed}: ${control.found.words}`
    : (control.broken ?? `nothing found in ${counted(control.seeds)} of the sources as they are`)
  const not = missed.length > 0 ? `; not found: ${missed.join(', ')}` : ''
  return `${found.length} of ${hunted.length} deliberate bugs found${not}; ${untouched}; ${inSeconds(ms)}`
}

function counted(seeds: number): string {
  return seeds === 1 ? '1 seed' : `${seeds} seeds`
}

function inSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
