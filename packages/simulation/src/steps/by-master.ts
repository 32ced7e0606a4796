import { allowed } from '../allowed.ts'
import type { StepContext, StepKind } from './step.ts'

/** A step of the master's side. What its rules refuse is told, not thrown. */
export function byMaster(name: string, weight: number, does: (context: StepContext) => string): StepKind {
  return { name, weight, run: async (context) => allowed(() => does(context)) }
}
