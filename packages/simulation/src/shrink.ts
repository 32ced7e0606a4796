import type { CheckName } from './checks/problem.ts'
import type { Plan, Step } from './plan.ts'
import { runPlan } from './run-plan.ts'
import type { FoundProblem, RunOptions, RunResult } from './run-plan.ts'
import type { Scenario } from './scenario.ts'

export interface ShrinkOptions extends Pick<RunOptions, 'without'> {
  /** The most runs that it may take. */
  readonly runs: number
  /** Called after each run with the number of runs so far, and of the steps that are left. */
  readonly onTried?: (runs: number, steps: number) => void
  /** Asked before each run: whether it should end with what it has. */
  readonly isOver?: () => boolean
}

/** A plan that fails, with as few steps as were found to fail. */
export interface Shrunk {
  readonly plan: Plan
  readonly problems: readonly FoundProblem[]
  readonly story: readonly string[]
  readonly runs: number
}

/**
 * Leaves out steps of a failing plan as long as the same check fails: all of a device, then halves, quarters, and so on down
 * to single ones; then it tries which steps can be calm. Null where the plan does not fail when it is run again: a run then
 * depends on something besides its plan.
 */
export async function shrink(
  scenario: Scenario,
  plan: Plan,
  check: CheckName,
  options: ShrinkOptions,
): Promise<Shrunk | null> {
  const shrinking = new Shrinking(scenario, plan, check, options)
  if (!(await shrinking.begin())) return null
  await shrinking.withoutDevices()
  await shrinking.withoutParts()
  if (await shrinking.withCalm()) await shrinking.withoutParts()
  return shrinking.result()
}

class Shrinking {
  readonly #scenario: Scenario
  readonly #check: CheckName
  readonly #options: ShrinkOptions
  #plan: Plan
  #result: RunResult | undefined
  #runs = 0

  constructor(scenario: Scenario, plan: Plan, check: CheckName, options: ShrinkOptions) {
    this.#scenario = scenario
    this.#plan = plan
    this.#check = check
    this.#options = options
  }

  begin(): Promise<boolean> {
    return this.#fails(this.#steps)
  }

  result(): Shrunk | null {
    if (!this.#result) return null
    const { problems, story } = this.#result
    return { plan: this.#plan, problems, story, runs: this.#runs }
  }

  async withoutDevices(): Promise<void> {
    for (let device = 0; device < this.#plan.devices; device += 1) {
      const others = this.#steps.filter((step) => step.device !== device)
      if (others.length < this.#steps.length) await this.#fails(others)
    }
  }

  async withoutParts(): Promise<void> {
    let size = Math.ceil(this.#steps.length / 2)
    while (size >= 1) {
      const before = this.#steps.length
      // From the end: what comes later needs what came before, not the other way round.
      for (let end = before; end > 0; end -= size) {
        const [from, to] = [Math.max(0, end - size), Math.min(end, this.#steps.length)]
        if (from < to) await this.#fails(this.#steps.toSpliced(from, to - from))
      }
      if (this.#isOver || (size === 1 && this.#steps.length === before)) return
      size = Math.max(1, Math.floor(size / 2))
    }
  }

  /** Gives whether any step is calm now that was not. */
  async withCalm(): Promise<boolean> {
    const calm = (step: Step): Step => ({ ...step, isCalm: true })
    const isCalm = (step: Step): boolean => step.isCalm ?? false
    const before = this.#steps.filter(isCalm).length
    if (!(await this.#fails(this.#steps.map(calm))))
      for (const { at } of this.#steps)
        await this.#fails(this.#steps.map((step) => (step.at === at ? calm(step) : step)))
    return this.#steps.filter(isCalm).length > before
  }

  get #steps(): readonly Step[] {
    return this.#plan.steps
  }

  get #isOver(): boolean {
    return this.#runs >= this.#options.runs || (this.#options.isOver?.() ?? false)
  }

  /** Whether it fails with these steps as it did; it is the plan from now on then, up to where it failed. */
  async #fails(steps: readonly Step[]): Promise<boolean> {
    if (this.#runs > 0 && this.#isOver) return false
    const { without, onTried } = this.#options
    const result = await runPlan(this.#scenario, { ...this.#plan, steps }, without ? { without } : {})
    this.#runs += 1
    const found = result.problems.find(({ check }) => check === this.#check)
    if (found) {
      const last = found.step === null ? steps.length : steps.findIndex(({ at }) => at === found.step) + 1
      this.#plan = { ...this.#plan, steps: steps.slice(0, last) }
      this.#result = result
    }
    onTried?.(this.#runs, this.#steps.length)
    return found !== undefined
  }
}
