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
  /** Nothing more happens once everything is delivered and quiet. */
  readonly staysQuiet?: true
}

/** Of so many runs one has more happen once everything is delivered and quiet. */
const RUNS_PER_LAST_CHANGES = 2

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
  return { seed, devices, steps, ...(seed % RUNS_PER_LAST_CHANGES === 0 ? {} : { staysQuiet: true }) }
}

/**
 * The plan with only the listed steps, as `stepsInWords` lists them: `3,17c,40` are the steps 3, 17 (calm) and 40. Throws
 * RangeError for what is no list, and for a step that the plan does not have.
 */
export function planWithOnly(plan: Plan, list: string): Plan {
  const wanted = new Map(listed(list).map(({ at, isCalm }) => [at, isCalm]))
  mustHave(plan, wanted.keys())
  const steps = plan.steps
    .filter(({ at }) => wanted.has(at))
    .map((step) => (wanted.get(step.at) ? { ...step, isCalm: true as const } : step))
  return { ...plan, steps }
}

/** The plan with the listed steps calm. Throws as `planWithOnly` does. */
export function planWithCalm(plan: Plan, list: string): Plan {
  const calm = new Set(listed(list).map(({ at }) => at))
  mustHave(plan, calm)
  return { ...plan, steps: plan.steps.map((step) => (calm.has(step.at) ? { ...step, isCalm: true as const } : step)) }
}

/** The steps of a plan by their places: `3,17c,40`; `none` where it has none. */
export function stepsInWords({ steps }: Plan): string {
  return steps.length === 0 ? NONE : steps.map(({ at, isCalm }) => `${at}${isCalm ? 'c' : ''}`).join(',')
}

/** The list of no steps. */
const NONE = 'none'

function listed(list: string): readonly { readonly at: number; readonly isCalm: boolean }[] {
  if (list === NONE) return []
  return list.split(',').map((text) => {
    const parts = /^(\d+)(c?)$/.exec(text.trim())
    if (!parts) throw new RangeError(`'${text}' is no step: steps are listed as in 3,17c,40`)
    return { at: Number(parts[1]), isCalm: parts[2] === 'c' }
  })
}

function mustHave({ steps }: Plan, places: Iterable<number>): void {
  const known = new Set(steps.map(({ at }) => at))
  for (const at of places) if (!known.has(at)) throw new RangeError(`there is no step ${at} among ${steps.length}`)
}
