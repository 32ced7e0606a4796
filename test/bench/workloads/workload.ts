import type { Contender, Place } from '../contenders/contender.ts'
import type { BrowserContenderName } from '../browser/names.ts'
import type { ContenderName } from '../contenders/contenders.ts'
import type { Contents, Findings } from '../data/contents.ts'
import type { Delays } from '../server/page-server.ts'

/** How much of everything there is; each workload takes what concerns it. */
export interface Sizes {
  readonly seed: number
  readonly rows: number
  readonly pageSize: number
  /** Changes on the server before each incremental pull. */
  readonly changes: readonly number[]
  readonly deletions: number
  readonly writes: number
  readonly burst: number
  readonly pending: number
  readonly delays: Delays
}

/** What one run took, by name and unit. Less is better everywhere. */
export type Measures = Readonly<Record<string, number>>

/** What a run is given: a place, and the contender that is opened there or elsewhere. */
export interface Run {
  readonly sizes: Sizes
  readonly place: Place
  readonly open: (place: Place) => Promise<Contender>
  /** Starts to measure; what it gives tells what was taken since then besides time. */
  readonly meter: () => () => Promise<Measures>
}

export interface Outcome {
  readonly measures: Measures
  readonly findings: Findings
}

export interface Workload {
  readonly title: (sizes: Sizes) => string
  /** Who takes part, in the order of the turns. */
  readonly contenders: readonly ContenderName[]
  /** The same in a browser. */
  readonly inBrowser?: readonly BrowserContenderName[]
  /** Takes part only to show what nobody can do without: it keeps nothing, so nobody looks at what it holds. */
  readonly floor?: ContenderName & BrowserContenderName
  /** The others are compared with the fastest of the first of these groups that takes part. */
  readonly limits: readonly (readonly (ContenderName | BrowserContenderName)[])[]
  /** What is to be measured one after the other, where that is more than one thing. */
  readonly cases?: (sizes: Sizes) => readonly Sizes[]
  /** Done once for each contender in a process of its own; the runs begin with what it leaves. */
  readonly prepare?: (run: Run) => Promise<void>
  readonly run: (run: Run) => Promise<Outcome>
  /** What every contender must end with. */
  readonly expected: (sizes: Sizes) => Promise<Findings>
  /** The fewest rows that it can be run with. */
  readonly leastRows: (sizes: Sizes) => number
}

/** What is written by hand; that for the other store where nothing else is measured. */
export const BY_HAND: Workload['limits'] = [['raw'], ['raw-opfs']]

export async function elapsed(action: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await action()
  return performance.now() - start
}

/**
 * What the action takes under that name: time, and where that can be told the time of processors, which says more than time
 * does on a machine that others use.
 */
export async function taken(name: string, { meter }: Run, action: () => Promise<unknown>): Promise<Measures> {
  const stop = meter()
  const ms = await elapsed(action)
  const { 'CPU ms': cpu } = await stop()
  return { [`${name} ms`]: ms, ...(cpu === undefined ? {} : { [`${name} CPU ms`]: cpu }) }
}

export function count(number: number): string {
  return number.toLocaleString('en')
}

/** What is there when the contender is opened once more. */
export async function heldAgain({ open, place }: Run): Promise<Contents> {
  const contender = await open({ ...place, again: true })
  const held = await contender.contents()
  await contender.close()
  return held
}

/** Something that a contender can do; throws where it cannot, which is a mistake in the list of contenders. */
export function able<K extends keyof Contender>(contender: Contender, what: K): NonNullable<Contender[K]> {
  const ability = contender[what]
  if (ability === undefined) throw new Error(`this contender has no '${what}'`)
  return ability
}
