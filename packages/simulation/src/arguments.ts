import { parseArgs } from 'node:util'
import { CHECKS } from './checks/problem.ts'
import type { CheckName } from './checks/problem.ts'

/** What the command line was asked for cannot be done as it was asked for. */
export class UsageError extends Error {
  override readonly name: string = 'UsageError'
}

export interface Arguments {
  /** What is not an option: the module of the scenario. */
  readonly module: string | null
  readonly seeds: number
  readonly first: number
  readonly devices: number
  readonly steps: number
  /** Null for one per core. */
  readonly workers: number | null
  readonly budgetMs: number | null
  readonly without: readonly CheckName[]
  readonly keepGoing: boolean
  readonly shrinkRuns: number
  readonly json: boolean
  readonly seed: number | null
  readonly only: string | null
  readonly calm: string | null
  readonly replay: string | null
  readonly corpus: string | null
  readonly save: string | null
  readonly help: boolean
}

/** `usage` is what is typed before the options. */
export function helpOf(usage: string): string {
  return `${usage} [options]

Runs a simulation: devices with users, a master, lines that fail, stores that fail, crashes; all of it drawn from a seed.
Ends with what the runs have met, what they never met, and the first failure with as few steps as still fail.

  --seeds N           how many runs, each of its own seed (10,000)
  --first N           the first seed (1)
  --devices N         devices in each run (3)
  --steps N           steps of each run (200)
  --workers N         threads that run (one per core); the result does not depend on it
  --budget TIME       begins no more runs after this time: 90s, 4m, 1h
  --keep-going        goes on after a run in which something was found
  --without CHECK     leaves a check out: ${CHECKS.join(', ')}; can be given several times
  --shrink-runs N     the most runs to make the first failure smaller (300); 0 for none
  --json              prints one JSON object

One run again, told step by step:

  --seed N            the run of this seed
  --only 3,17c,40     only these of its steps; c makes a step calm: nothing goes wrong in it by itself
  --calm 17           these steps calm
  --save FILE         keeps its plan in a file
  --replay FILE       the run of a plan in a file
  --corpus FOLDER     the runs of all plans (*.json) in a folder

The exit code is 0 when nothing was found, 1 when something was, 2 when it was asked for wrongly.
`
}

/** Throws UsageError for an option that is none, or for a value that it cannot have. */
export function readArguments(args: readonly string[]): Arguments {
  const { values, positionals } = parsed(args)
  const [module = null, ...more] = positionals
  if (more.length > 0) throw new UsageError(`one module is enough: ${positionals.join(' ')}`)
  const { seed, only, calm, replay, corpus, save } = values
  for (const [name, value] of Object.entries({ only, calm, save }))
    if (value !== undefined && seed === undefined) throw new UsageError(`--${name} is about the run of one --seed`)
  const runs = Object.entries({ seed, replay, corpus }).filter(([, value]) => value !== undefined)
  if (runs.length > 1) throw new UsageError(`one of ${runs.map(([name]) => `--${name}`).join(' and ')} is enough`)
  return {
    module,
    seeds: wholeIn('seeds', values.seeds, 1),
    first: wholeIn('first', values.first, 0),
    devices: wholeIn('devices', values.devices, 1),
    steps: wholeIn('steps', values.steps, 0),
    workers: values.workers === undefined ? null : wholeIn('workers', values.workers, 1),
    budgetMs: values.budget === undefined ? null : durationIn('budget', values.budget),
    without: values.without.map(checkIn),
    keepGoing: values['keep-going'],
    shrinkRuns: wholeIn('shrink-runs', values['shrink-runs'], 0),
    json: values.json,
    seed: seed === undefined ? null : wholeIn('seed', seed, 0),
    ...{ only: only ?? null, calm: calm ?? null, replay: replay ?? null, corpus: corpus ?? null, save: save ?? null },
    help: values.help,
  }
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        seeds: { type: 'string', default: '10000' },
        first: { type: 'string', default: '1' },
        devices: { type: 'string', default: '3' },
        steps: { type: 'string', default: '200' },
        workers: { type: 'string' },
        budget: { type: 'string' },
        without: { type: 'string', multiple: true, default: [] },
        'keep-going': { type: 'boolean', default: false },
        'shrink-runs': { type: 'string', default: '300' },
        json: { type: 'boolean', default: false },
        seed: { type: 'string' },
        only: { type: 'string' },
        calm: { type: 'string' },
        replay: { type: 'string' },
        corpus: { type: 'string' },
        save: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error })
  }
}

function wholeIn(option: string, text: string, least: number): number {
  const number = Number(text.replaceAll(/[,_]/g, ''))
  if (text.trim() !== '' && Number.isSafeInteger(number) && number >= least) return number
  throw new UsageError(`--${option} takes a whole number from ${least}, not '${text}'`)
}

const MS = { s: 1000, m: 60_000, h: 3_600_000 }

function durationIn(option: string, text: string): number {
  const parts = /^(\d+(?:\.\d+)?)([smh])$/.exec(text)
  const unit = parts?.[2] as keyof typeof MS | undefined
  if (!unit) throw new UsageError(`--${option} takes a time such as 90s, 4m or 1h, not '${text}'`)
  return Number(parts?.[1]) * MS[unit]
}

function checkIn(text: string): CheckName {
  const check = CHECKS.find((name) => name === text)
  if (check !== undefined) return check
  throw new UsageError(`there is no check '${text}': ${CHECKS.join(', ')}`)
}
