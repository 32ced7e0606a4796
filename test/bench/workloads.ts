import type { Row } from '@outpost/core'
import { accountRow } from './account-rows.ts'
import { contentsOf } from './contender.ts'
import type { Contender, Contents, Write } from './contender.ts'

export interface Sizes {
  readonly rows: number
  readonly writes: number
  readonly burst: number
  readonly seed: number
}

/** What one run took, by name and unit. Less is better everywhere. */
export type Measures = Readonly<Record<string, number>>

export interface Workload {
  readonly title: (sizes: Sizes) => string
  readonly run: (contender: Contender, sizes: Sizes) => Promise<Measures>
  /** What every contender must hold afterwards. */
  readonly expected: (sizes: Sizes) => Promise<Contents>
  /** The fewest rows that it can be run with. */
  readonly leastRows: (sizes: Sizes) => number
}

export type WorkloadName = 'w1' | 'w3'

/** So many writes, and so many at once, that code is compiled and files have grown before anything is measured. */
const WARM_UP = 200

const count = (number: number): string => number.toLocaleString('en')

export const WORKLOADS: Readonly<Record<WorkloadName, Workload>> = {
  w1: {
    title: ({ rows }) => `W1  first download of ${count(rows)} rows, SQLite on disk, 3 indexes`,
    run: runDownload,
    expected: (sizes) => expectedContents(sizes, []),
    leastRows: () => 1,
  },
  w3: {
    title: ({ rows, writes, burst }) =>
      `W3  ${count(writes)} durable writes one by one, then ${count(burst)} at once; ${count(rows)} rows in the store`,
    run: runWrites,
    expected: (sizes) => expectedContents(sizes, allWrites(sizes)),
    leastRows: (sizes) => allWrites(sizes).length,
  },
}

async function runDownload(contender: Contender): Promise<Measures> {
  const before = process.cpuUsage()
  const wall = await elapsed(contender.download)
  const { user, system } = process.cpuUsage(before)
  return { 'download ms': wall, 'download CPU ms': (user + system) / 1000 }
}

async function runWrites(contender: Contender, sizes: Sizes): Promise<Measures> {
  await contender.download()
  const writes = allWrites(sizes)
  for (const write of writes.splice(0, WARM_UP)) await contender.write(write)
  await contender.burst(writes.splice(0, WARM_UP))
  const times: number[] = []
  for (const write of writes.splice(0, sizes.writes)) times.push(await elapsed(() => contender.write(write)))
  times.sort((a, b) => a - b)
  const at = (share: number): number => times[Math.floor(share * (times.length - 1))] ?? 0
  return { 'write p50 ms': at(0.5), 'write p99 ms': at(0.99), 'burst ms': await elapsed(() => contender.burst(writes)) }
}

/** The writes of a run, each to a row of its own. */
function allWrites({ writes, burst, seed }: Sizes): Write[] {
  return Array.from({ length: 2 * WARM_UP + writes + burst }, (_, index) => ({
    id: String(accountRow(seed, index)['accountid']),
    telephone1: `+00 ${index}`,
  }))
}

function expectedContents({ rows, seed }: Sizes, writes: readonly Write[]): Promise<Contents> {
  function* rowsAfterWrites(): Generator<readonly Row[]> {
    for (let index = 0; index < rows; index++) {
      const { telephone1 } = writes[index] ?? {}
      yield [{ ...accountRow(seed, index), ...(telephone1 === undefined ? {} : { telephone1 }) }]
    }
  }
  return contentsOf(rowsAfterWrites(), writes.length)
}

async function elapsed(action: () => Promise<void>): Promise<number> {
  const start = performance.now()
  await action()
  return performance.now() - start
}
