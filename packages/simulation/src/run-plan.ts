import type { OfflineTransaction, StoredRow } from '@outpost/core'
import { drawFrom } from '@outpost/core/testing'
import { afterStep } from './checks/after-step.ts'
import { Broken } from './checks/problem.ts'
import type { CheckName, Problem } from './checks/problem.ts'
import type { Coverage } from './coverage.ts'
import type { Device } from './device.ts'
import { Ground } from './ground.ts'
import type { Committed } from './ledger.ts'
import { countLives, countReasons } from './met.ts'
import type { Plan, Step } from './plan.ts'
import { becomesQuiet } from './quiet.ts'
import type { Scenario } from './scenario.ts'
import { ScenarioError } from './scenario-error.ts'
import { STEP_KINDS } from './steps/step-kinds.ts'
import { World } from './world.ts'

/** A problem and the step after which it was found; null where everything was quiet. */
export interface FoundProblem extends Problem {
  readonly step: number | null
}

export interface RunResult {
  /** What was found at the first place where anything was found; none where everything held. */
  readonly problems: readonly FoundProblem[]
  /** What happened, a line each. */
  readonly story: readonly string[]
  readonly coverage: Coverage
  /** What was there in the end, where it was asked for. */
  readonly left?: RunLeft
}

/** What the master has committed, and what each device has, when a run is over. Plain JSON. */
export interface RunLeft {
  readonly commits: readonly Committed[]
  readonly devices: readonly {
    readonly rows: Readonly<Record<string, readonly StoredRow[]>>
    readonly transactions: readonly OfflineTransaction[]
  }[]
}

export interface RunOptions {
  /** Checks that are left out. */
  readonly without?: readonly CheckName[]
  /** Whether the result has what was there in the end. */
  readonly withLeft?: boolean
}

const grounds = new WeakMap<Scenario, Promise<Ground>>()

const kinds = new Map(STEP_KINDS.map((kind) => [kind.name, kind]))

/** How many steps there are between two looks at what transactions wait for. */
const STEPS_BETWEEN_LOOKS = 8

/**
 * Does what the plan says, and holds it against everything that must hold. The same plan gives the same result, whatever
 * ran before. Runs of one scenario must come one after another. Rejects only for a scenario (ScenarioError) or a plan
 * (RangeError) that is wrong itself.
 */
export async function runPlan(scenario: Scenario, plan: Plan, options: RunOptions = {}): Promise<RunResult> {
  for (const { kind, at } of plan.steps)
    if (!kinds.has(kind)) throw new RangeError(`step ${at}: there are no steps of the kind '${kind}'`)
  const ground = grounds.get(scenario) ?? Ground.of(scenario)
  grounds.set(scenario, ground)
  const world = await World.begin(await orScenarioError(ground), plan.seed, plan.devices)
  const story: string[] = []
  const isAsked = ({ check }: Problem): boolean => !options.without?.includes(check)
  const at = (step: number | null, problems: readonly Problem[]): readonly FoundProblem[] =>
    problems.filter(isAsked).map((problem) => ({ ...problem, step }))
  const end = async (problems: readonly FoundProblem[]): Promise<RunResult> => {
    const left = options.withLeft === true ? { left: await leftBy(world) } : {}
    const stuck = await quietly(world, () => world.end().then(() => []))
    return { problems: problems.length > 0 ? problems : at(null, stuck), story, coverage: world.coverage, ...left }
  }
  for (const step of plan.steps) {
    const found = at(step.at, await does(world, step, story))
    if (found.length > 0) return end(found)
  }
  const found = at(null, await quietly(world, () => becomesQuiet(world, plan, (words) => story.push(words))))
  if (found.length === 0) await countLives(world.coverage, world.devices)
  return end(found)
}

async function does(world: World, step: Step, story: string[]): Promise<readonly Problem[]> {
  const kind = kinds.get(step.kind)
  if (!kind) throw new RangeError(`there are no steps of the kind '${step.kind}'`)
  const device = world.device(step.device)
  return quietly(world, async () => {
    const words = await kind.run({ world, device, draw: drawFrom(step.seed), isCalm: step.isCalm ?? false })
    story.push(`${step.at}. ${words}`)
    world.coverage.count('step', step.kind)
    if (step.at % STEPS_BETWEEN_LOOKS === 0) await countReasons(world.coverage, device)
    return afterStep(world)
  })
}

/** What the body finds, and who sends requests without end in it. */
async function quietly(world: World, body: () => Promise<readonly Problem[]>): Promise<readonly Problem[]> {
  for (const { line } of world.devices) line.beginAnew()
  const found = await problemsOf(body)
  return [...storms(world), ...found]
}

/** What is thrown, but by a step that has found something, is no failure that anybody is told how to mend. */
async function problemsOf(body: () => Promise<readonly Problem[]>): Promise<readonly Problem[]> {
  try {
    return await body()
  } catch (error) {
    if (error instanceof Broken) return [{ check: error.check, words: error.message }]
    return [{ check: 'liveness', words: error instanceof Error ? (error.stack ?? error.message) : String(error) }]
  }
}

function storms({ devices }: World): readonly Problem[] {
  return devices
    .filter(({ line }) => line.storms)
    .map(({ number }) => ({ check: 'liveness', words: `device ${number} sends requests without end` }))
}

/** What goes wrong before there is any run is the scenario's own. */
async function orScenarioError(ground: Promise<Ground>): Promise<Ground> {
  try {
    return await ground
  } catch (error) {
    if (error instanceof ScenarioError) throw error
    throw new ScenarioError(error instanceof Error ? error.message : String(error), { cause: error })
  }
}

async function leftBy({ devices, ledger }: World): Promise<RunLeft> {
  const look = ({ tables, store }: Device): Promise<RunLeft['devices'][number]> =>
    store.bare.read('look', async (tx) => {
      const rows: Record<string, readonly StoredRow[]> = {}
      for (const table of tables) rows[table] = await tx.scan(table, {})
      return { rows, transactions: await tx.findTransactions({}) }
    })
  return { commits: [...ledger.commits], devices: await Promise.all(devices.map(look)) }
}
