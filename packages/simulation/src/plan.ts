import { drawFrom } from '@outpost/core/testing'
import { STEP_KINDS } from './steps/step-kinds.ts'

/** One step of a run. */
export interface Step {
  /** Its place in the plan that it was drawn in. */
  readonly at: number
  readonly kind: string
  readonly device: number
  /** What its own choices are drawn from. */
  readonly seed: number
  /** Nothing goes wrong in it by itself. */
  readonly isCalm?: true
}

/** Everything that decides a run. Plain JSON. */
export interface Plan {
  readonly seed: number
  readonly devices: number
  readonly steps: readonly Step[]
}

/** The plan of a seed: the same for the same numbers, whatever is done with it. */
export function planOf(from: { readonly seed: number; readonly devices: number; readonly steps: number }): Plan {
  const { seed, devices } = from
  const draw = drawFrom(seed)
  const weights = Object.fromEntries(STEP_KINDS.map(({ name, weight }) => [name, weight]))
  const steps = Array.from({ length: from.steps }, (_, at) => ({
    at,
    kind: draw.weighted(weights),
    device: draw.below(devices),
    seed: draw.below(2 ** 31),
  }))
  return { seed, devices, steps }
}
