import { masterRows } from './master-rows.ts'
import type { StepKind } from './step.ts'
import { sync } from './sync.ts'
import { write } from './write.ts'

/** Everything that can happen in a run. */
export const STEP_KINDS: readonly StepKind[] = [write, sync, masterRows]
