import type { CheckName } from '@outpost/simulation'

/** A text in a source file, to be found there exactly once, and what stands there instead. */
export interface Edit {
  /** From the root of the repository. */
  readonly file: string
  readonly find: string
  readonly replace: string
}

/** A mistake that somebody could make, and the check of the simulation that has to find it. */
export interface Mutant extends Edit {
  readonly name: string
  /** The mistake, in one sentence. */
  readonly about: string
  /** What has to report it: a problem that another check reports does not count. One of several counts where they are named. */
  readonly check: CheckName | readonly CheckName[]
  /** What has to go with it where the mistake takes more than one place. */
  readonly also?: readonly Edit[]
}

/** Everything that the mutant changes. */
export function editsOf(mutant: Mutant): readonly Edit[] {
  return [mutant, ...(mutant.also ?? [])]
}

/** The checks of which one has to report the mutant. */
export function checksOf({ check }: Mutant): readonly CheckName[] {
  return typeof check === 'string' ? [check] : check
}

/** The source with the edit made. Throws where the text is not there, or there more than once: the mutant has lost its place. */
export function edited(source: string, { file, find, replace }: Edit, mutant: string): string {
  const parts = source.split(find)
  if (parts.length === 2) return parts.join(replace)
  const times = parts.length === 1 ? 'not there any more' : `there ${parts.length - 1} times`
  throw new Error(`mutant '${mutant}': what it replaces in ${file} is ${times}:\n${find}`)
}
