import { CHECKS } from './checks/problem.ts'
import type { CheckName } from './checks/problem.ts'
import type { Plan, Step } from './plan.ts'
import { STEP_KINDS } from './steps/step-kinds.ts'

/**
 * A plan that is kept: whole, so that it stays what it is when plans are drawn in another way. Plain JSON.
 */
export interface PlanFile extends Plan {
  /** What it once found, in one sentence. */
  readonly about: string
  /** The check that found it. */
  readonly check: CheckName
}

/** The text as a kept plan. Throws RangeError, naming what is wrong, where it is none, or has steps of an unknown kind. */
export function planFileFrom(text: string): PlanFile {
  const { about, check, seed, devices, steps, staysQuiet } = fieldsOf(jsonOf(text), 'a plan')
  if (typeof about !== 'string' || about === '') throw new RangeError("a plan says in 'about' what it once found")
  const known = CHECKS.find((name) => name === check)
  if (!known) throw new RangeError(`'check' is one of ${CHECKS.join(', ')}`)
  const count = whole(devices, 'devices', 1)
  if (!Array.isArray(steps)) throw new RangeError("'steps' is a list")
  return {
    about,
    check: known,
    seed: whole(seed, 'seed', 0),
    devices: count,
    ...(staysQuiet === true ? { staysQuiet } : {}),
    steps: (steps as readonly unknown[]).map((step, index) => stepFrom(step, `step ${index}`, count)),
  }
}

/** The text of the file. */
export function textOfPlan({ about, check, seed, devices, steps, staysQuiet }: PlanFile): string {
  const lines = steps.map((step) => `    ${JSON.stringify(step)}`).join(',\n')
  const head = JSON.stringify({ about, check, seed, devices, staysQuiet }, null, 2).slice(0, -2)
  return `${head},\n  "steps": [\n${lines}\n  ]\n}\n`
}

function stepFrom(json: unknown, name: string, devices: number): Step {
  const { at, kind, device, seed, isCalm } = fieldsOf(json, name)
  if (!STEP_KINDS.some((known) => known.name === kind))
    throw new RangeError(`${name}: there are no steps of the kind '${String(kind)}'`)
  const number = whole(device, `${name}: device`, 0)
  if (number >= devices) throw new RangeError(`${name}: there is no device ${number}`)
  return {
    at: whole(at, `${name}: at`, 0),
    kind: String(kind),
    device: number,
    seed: whole(seed, `${name}: seed`, 0),
    ...(isCalm === true ? { isCalm } : {}),
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch (error) {
    throw new RangeError(`it is no JSON: ${error instanceof Error ? error.message : ''}`, { cause: error })
  }
}

function fieldsOf(json: unknown, name: string): Readonly<Record<string, unknown>> {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new RangeError(`${name} is an object`)
  return json as Readonly<Record<string, unknown>>
}

function whole(value: unknown, name: string, least: number): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return value
  throw new RangeError(`${name} is a whole number from ${least}`)
}
