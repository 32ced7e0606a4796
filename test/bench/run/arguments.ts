import { parseArgs } from 'node:util'
import { BROWSER_CONTENDER_NAMES, BROWSER_STORES } from '../browser/names.ts'
import { CONTENDERS } from '../contenders/contenders.ts'
import { GREATEST_SEED } from '../data/account-rows.ts'
import type { Sizes, Workload } from '../workloads/workload.ts'
import { WORKLOADS } from '../workloads/workloads.ts'
import type { WorkloadName } from '../workloads/workloads.ts'
import { LONGEST_SECONDS } from './time-limit.ts'

/** What is measured beside the workloads: the engine's requests and reads, and the emulator. */
export const MEASUREMENTS = ['cycle', 'queue', 'serve', 'load'] as const
export type Measurement = (typeof MEASUREMENTS)[number]

/** Where Outpost keeps its rows: in Node, and in a browser. */
const NODE_STORES = ['sqlite'] as const

export interface Arguments {
  readonly help: boolean
  readonly names: readonly (WorkloadName | Measurement)[]
  /** Undefined where each has a number of its own. */
  readonly rows: readonly number[] | undefined
  /** Whether Chromium is the place, and not Node. */
  readonly browser: boolean
  /** Where Outpost, and the limit, keep their rows. */
  readonly stores: readonly string[]
  readonly contenders: readonly string[] | undefined
  readonly runs: number
  /** Whether a round comes before those that count. */
  readonly warmUp: boolean
  readonly changes: readonly number[] | undefined
  readonly pending: number | undefined
  /** Without what is another number for each workload. */
  readonly sizes: Omit<Sizes, 'rows' | 'delays' | 'changes' | 'pending'>
  readonly json: string | undefined
  readonly profile: string | undefined
  /** Seconds that one run may take; undefined where that follows from the sizes. */
  readonly timeLimit: number | undefined
}

export class UsageError extends Error {}

/** Reads the command line. Throws what `isUsageError` knows. */
export function readArguments(argv: readonly string[]): Arguments {
  const text = { type: 'string' } as const
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      rows: text,
      store: text,
      browser: { type: 'boolean', default: false },
      contenders: text,
      runs: { ...text, default: '5' },
      'page-size': { ...text, default: '5000' },
      changes: text,
      deletions: { ...text, default: '1000' },
      writes: { ...text, default: '300' },
      burst: { ...text, default: '1000' },
      pending: text,
      seed: { ...text, default: '1' },
      json: text,
      profile: text,
      'time-limit': text,
      'no-warm-up': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const isProfiled = values.profile !== undefined
  if (values.browser && isProfiled) throw new UsageError('--profile is for runs in Node alone')
  const measurement = positionals.find((name) => MEASUREMENTS.some((one) => one === name))
  if (isProfiled && measurement !== undefined)
    throw new UsageError(`--profile is for workloads, not for ${measurement}`)
  const number = (name: keyof typeof values, most?: number): number => wholeNumber(name, String(values[name]), 1, most)
  const stores: readonly string[] = values.browser ? BROWSER_STORES : NODE_STORES
  const names: readonly string[] = values.browser ? BROWSER_CONTENDER_NAMES : Object.keys(CONTENDERS)
  return {
    help: values.help,
    names: namesIn(positionals, values.browser),
    browser: values.browser,
    stores: values.store?.split(',').map((name) => oneOf('store', name.trim(), stores)) ?? stores,
    rows: values.rows === undefined ? undefined : wholeNumbers('rows', values.rows, 1),
    contenders: values.contenders?.split(',').map((name) => oneOf('contenders', name.trim(), names)),
    runs: number('runs'),
    warmUp: !values['no-warm-up'],
    changes: values.changes === undefined ? undefined : wholeNumbers('changes', values.changes, 0),
    pending: values.pending === undefined ? undefined : number('pending'),
    sizes: {
      seed: number('seed', GREATEST_SEED),
      pageSize: number('page-size'),
      deletions: number('deletions'),
      writes: number('writes'),
      burst: number('burst'),
    },
    json: values.json,
    profile: values.profile,
    timeLimit: values['time-limit'] === undefined ? undefined : number('time-limit', LONGEST_SECONDS),
  }
}

export function isUsageError(error: unknown): error is Error {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return error instanceof UsageError || code.startsWith('ERR_PARSE_ARGS')
}

function namesIn(positionals: readonly string[], browser: boolean): Arguments['names'] {
  const all = Object.entries(WORKLOADS).filter(([, workload]: [string, Workload]) => !browser || workload.inBrowser)
  const workloads = all.map(([name]) => name as WorkloadName)
  return (positionals.length === 0 ? ['all'] : positionals).flatMap((name) => {
    if (name === 'all') return workloads
    return oneOf('workload', name, browser ? workloads : [...workloads, ...MEASUREMENTS])
  })
}

function oneOf<T extends string>(what: string, text: string, known: readonly T[]): T {
  const found = known.find((name) => name === text)
  if (found !== undefined) return found
  throw new UsageError(`${what}: '${text}' is none of ${known.join(', ')}`)
}

function wholeNumber(name: string, text: string, least: number, most = Number.MAX_SAFE_INTEGER): number {
  const number = Number(text)
  if (text !== '' && Number.isSafeInteger(number) && number >= least && number <= most) return number
  throw new UsageError(`--${name} takes a whole number from ${least} to ${most}, not '${text}'`)
}

function wholeNumbers(name: string, text: string, least: number): readonly number[] {
  const numbers = text.split(',').map((part) => wholeNumber(name, part.trim(), least))
  // What they measure is told by them.
  if (new Set(numbers).size === numbers.length) return numbers
  throw new UsageError(`--${name} takes each number once, not '${text}'`)
}
