/** What a run is held against: the five invariants, legal transitions, and that everything drains in the end. */
export const CHECKS = ['I1', 'I2', 'I3', 'I4', 'I5', 'moves', 'liveness'] as const

export type CheckName = (typeof CHECKS)[number]

/** Where a run broke what it is held against. */
export interface Problem {
  readonly check: CheckName
  readonly words: string
}

/** Thrown by a step in which something that must hold did not. */
export class Broken extends Error {
  override readonly name: string = 'Broken'
  readonly check: CheckName

  constructor(check: CheckName, words: string) {
    super(words)
    this.check = check
  }
}
