import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { helpOf, readArguments, UsageError } from './arguments.ts'
import type { Arguments } from './arguments.ts'
import { planFileFrom, textOfPlan } from './plan-file.ts'
import type { PlanFile } from './plan-file.ts'
import { planOf, planWithCalm, planWithOnly } from './plan.ts'
import type { Plan } from './plan.ts'
import { durationInWords, ProgressLine, progressInWords } from './progress.ts'
import { argumentsOf, counted, reportInWords, runInWords } from './report.ts'
import { runPlan } from './run-plan.ts'
import { ScenarioError } from './scenario-error.ts'
import { scenarioOf } from './scenario-module.ts'
import type { Scenario } from './scenario.ts'
import { simulateWith } from './simulate.ts'
import { Workers } from './workers.ts'

export interface SimulateCommand {
  /** What is typed before the options, as help and the command of a failure name it. */
  readonly usage: string
  /** The module that exports the scenario; the first argument names it when absent. */
  readonly module?: URL
}

/**
 * The command line: prints to standard output, and progress to standard error. Gives the exit code: 0 when nothing was
 * found, 1 when something was, 2 when it was asked for wrongly, which it says.
 */
export async function simulateCommand(args: readonly string[], command: SimulateCommand): Promise<number> {
  try {
    return await commanded(readArguments(args), command)
  } catch (error) {
    if (error instanceof UsageError)
      process.stderr.write(`${error.message}\n${command.usage} --help says what there is\n`)
    else if (error instanceof ScenarioError) process.stderr.write(`the scenario is wrong: ${error.message}\n`)
    else throw error
    return 2
  }
}

async function commanded(given: Arguments, command: SimulateCommand): Promise<number> {
  if (given.help) {
    process.stdout.write(helpOf(command.module ? command.usage : `${command.usage} <module>`))
    return 0
  }
  const module = moduleOf(given, command)
  const usage = command.module ? command.usage : `${command.usage} ${given.module ?? ''}`
  const scenario = await orUsage(() => scenarioOf(module))
  if (given.corpus !== null) return replayAll(scenario, given.corpus)
  if (given.replay !== null) {
    const { plan } = await planIn(given.replay)
    return tell(scenario, plan, given)
  }
  if (given.seed !== null) return runAgain(scenario, { ...given, seed: given.seed })
  return simulateAll(scenario, module, given, usage)
}

function moduleOf({ module }: Arguments, command: SimulateCommand): string {
  if (command.module) {
    if (module !== null) throw new UsageError(`'${module}' is no option`)
    return command.module.href
  }
  if (module === null) throw new UsageError('which module exports the scenario?')
  return pathToFileURL(resolve(module)).href
}

async function simulateAll(scenario: Scenario, module: string, given: Arguments, usage: string): Promise<number> {
  const { json, budgetMs, seeds } = given
  const begun = process.hrtime.bigint()
  const passed = (): number => Number((process.hrtime.bigint() - begun) / 1_000_000n)
  const line = new ProgressLine({
    write: (text) => void process.stderr.write(text),
    isTerminal: process.stderr.isTTY,
    begun: 0,
  })
  const abort = new AbortController()
  const interrupt = (): void => abort.abort()
  process.once('SIGINT', interrupt)
  let workers: Workers | undefined
  try {
    const report = await simulateWith(
      scenario,
      (shape) => {
        workers = new Workers(Math.min(given.workers ?? availableParallelism(), seeds), { module, shape })
        return workers.lanes
      },
      {
        ...given,
        signal: abort.signal,
        isOver: () => budgetMs !== null && passed() > budgetMs,
        onProgress: (progress) => line.show(() => progressInWords(progress, passed()), passed()),
        onShrinking: (runs, left) =>
          line.show(() => `shrinking: ${counted(left, 'step')} left after ${counted(runs, 'run')}`, passed()),
      },
    )
    line.end()
    const ms = passed()
    if (json) {
      const again = report.shrunk && `${usage} ${argumentsOf(report.shrunk.plan, given.steps)}`
      process.stdout.write(`${JSON.stringify({ ...report, seconds: ms / 1000, again }, null, 2)}\n`)
    } else {
      const perSecond = ((report.runs * 1000) / Math.max(1, ms)).toFixed(1)
      process.stdout.write(`${reportInWords(report, usage)}${durationInWords(ms)}, ${perSecond} runs/s\n`)
    }
    return report.found.length > 0 ? 1 : 0
  } finally {
    process.off('SIGINT', interrupt)
    await workers?.end()
  }
}

async function runAgain(scenario: Scenario, given: Arguments & { readonly seed: number }): Promise<number> {
  const { seed, devices, steps, only, calm } = given
  const plan = await orUsage(() => {
    const whole = planOf({ seed, devices, steps })
    const some = only === null ? whole : planWithOnly(whole, only)
    return calm === null ? some : planWithCalm(some, calm)
  })
  return tell(scenario, plan, given)
}

async function tell(scenario: Scenario, plan: Plan, { json, save, without }: Arguments): Promise<number> {
  const { story, problems, coverage } = await runPlan(scenario, plan, { without })
  process.stdout.write(
    json ? `${JSON.stringify({ plan, story, problems, coverage }, null, 2)}\n` : runInWords(story, problems),
  )
  if (save !== null) {
    const [problem] = problems
    if (!problem) throw new UsageError(`nothing was found: there is no reason to keep the plan in ${save}`)
    writeFileSync(save, textOfPlan({ about: problem.words.split('\n')[0] ?? '', check: problem.check, ...plan }))
  }
  return problems.length > 0 ? 1 : 0
}

async function replayAll(scenario: Scenario, folder: string): Promise<number> {
  const files = await orUsage(() => readdirSync(folder).filter((name) => name.endsWith('.json')))
  let bad = 0
  for (const name of files.toSorted()) {
    const { about, plan } = await planIn(join(folder, name))
    const { story, problems } = await runPlan(scenario, plan)
    process.stdout.write(`${problems.length === 0 ? 'ok  ' : 'FAIL'} ${name}: ${about}\n`)
    if (problems.length === 0) continue
    bad += 1
    process.stdout.write(runInWords(story, problems))
  }
  process.stdout.write(`corpus: ${counted(files.length, 'plan')}, something found in ${bad}\n`)
  return bad > 0 ? 1 : 0
}

async function planIn(file: string): Promise<{ readonly about: string; readonly plan: Plan }> {
  const { about, seed, devices, steps }: PlanFile = await orUsage(
    () => planFileFrom(readFileSync(file, 'utf8')),
    `${file}: `,
  )
  return { about, plan: { seed, devices, steps } }
}

/** What was wrong with what was given: a RangeError of ours, or a file that cannot be read. */
async function orUsage<T>(body: () => T | Promise<T>, where = ''): Promise<T> {
  try {
    return await body()
  } catch (error) {
    if (error instanceof RangeError || (error instanceof Error && 'syscall' in error))
      throw new UsageError(`${where}${error.message}`, { cause: error })
    throw error
  }
}
