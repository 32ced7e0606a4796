import { CONFLICT_MUTANTS } from './conflict-mutants.ts'
import { LOOP_MUTANTS } from './loop-mutants.ts'
import type { Mutant } from './mutant.ts'
import { OUTBOX_MUTANTS } from './outbox-mutants.ts'
import { PULL_MUTANTS } from './pull-mutants.ts'
import { PUSH_MUTANTS } from './push-mutants.ts'
import { WIRE_MUTANTS } from './wire-mutants.ts'

/** All deliberate mistakes that the simulation has to find. */
export const MUTANTS: readonly Mutant[] = [
  ...OUTBOX_MUTANTS,
  ...PUSH_MUTANTS,
  ...CONFLICT_MUTANTS,
  ...PULL_MUTANTS,
  ...WIRE_MUTANTS,
  ...LOOP_MUTANTS,
]
