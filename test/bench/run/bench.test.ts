import { mkdirSync } from 'node:fs'
import type { Row } from '@outpost/core'
import { expect, test } from 'vitest'
import type { Contender, Place } from '../contenders/contender.ts'
import { NO_DELAYS } from '../server/page-server.ts'
import type { Sizes, Workload } from '../workloads/workload.ts'
import { WORKLOADS } from '../workloads/workloads.ts'
import type { WorkloadName } from '../workloads/workloads.ts'
import { bench } from './bench.ts'
import { nodeRun } from './node-run.ts'
import type { Runner } from './runner.ts'

const SIZES: Sizes = {
  seed: 1,
  rows: 300,
  pageSize: 200,
  changes: [],
  deletions: 10,
  writes: 5,
  burst: 20,
  pending: 20,
  delays: NO_DELAYS,
}

type Change = (contender: Required<Contender>, place: Place) => Contender

/** Runs what is written by hand, changed like that, in this process. */
const wrong = (change: Change): Runner => ({
  files: new Map(),
  run: async ({ workload: name, place, prepare, sizes }) => {
    const workload: Workload = WORKLOADS[name]
    mkdirSync(place.folder, { recursive: true })
    const run = nodeRun('raw', place, sizes)
    const open = async (where: Place): Promise<Contender> =>
      change((await run.open(where)) as Required<Contender>, where)
    if (!prepare) return workload.run({ ...run, open })
    await workload.prepare?.(run)
    return null
  },
})

async function differing(workload: WorkloadName, change: Change): Promise<readonly string[]> {
  const plan = { workload, contenders: ['raw'], sizes: SIZES, runs: 1, warmUp: false, timeLimit: 60 }
  return (await bench(plan, wrong(change))).differing
}

const mistakes: readonly { mistake: string; workload: WorkloadName; change: Change; found: readonly string[] }[] = [
  {
    mistake: 'a first query in another order',
    workload: 'w5',
    change: (raw) => ({ ...raw, query: async () => (await raw.query()).toReversed() }),
    found: ['shown'],
  },
  {
    mistake: 'a first query with another value in one row',
    workload: 'w5',
    change: (raw) => ({
      ...raw,
      query: async () => (await raw.query()).map((row, at) => (at === 7 ? { ...row, revenue: 1 } : row)),
    }),
    found: ['shown'],
  },
  {
    mistake: 'a live list in another order',
    workload: 'w6',
    change: (raw) => ({ ...raw, watch: (listener) => raw.watch((rows) => listener(rows.toReversed())) }),
    found: ['shown'],
  },
  {
    mistake: 'a live list without its last row',
    workload: 'w6',
    change: (raw) => ({ ...raw, watch: (listener) => raw.watch((rows) => listener(rows.slice(0, -1))) }),
    found: ['shown'],
  },
  {
    mistake: 'a query that does not see what was written',
    workload: 'w6',
    change: (raw) => {
      let first: readonly Row[] | undefined
      return { ...raw, query: async () => (first ??= await raw.query()) }
    },
    found: ['queried'],
  },
  {
    mistake: 'writes that are not there when it is opened again',
    workload: 'w3',
    change: (raw, { again }) => (again ? raw : { ...raw, burst: async () => {} }),
    found: ['held'],
  },
  {
    mistake: 'a queue from which nothing is removed',
    workload: 'w4',
    change: (raw) => ({
      ...raw,
      contents: async () => ({ ...(await raw.contents()), queued: SIZES.pending }),
    }),
    found: ['held'],
  },
  {
    mistake: 'a row that is not what was written when it is sent',
    workload: 'w4',
    change: (raw) => ({
      ...raw,
      contents: async () => ({ ...(await raw.contents()), checksum: '0000000000000000' }),
    }),
    found: ['held'],
  },
  {
    mistake: 'a queue that is not sent',
    workload: 'w4',
    change: (raw) => ({ ...raw, push: async () => {} }),
    found: ['sent', 'held'],
  },
  {
    mistake: 'a list of all ids that is not looked at',
    workload: 'w7',
    change: (raw, { deletions }) => (deletions === 'sweep' ? { ...raw, pull: async () => {} } : raw),
    found: ['sweep'],
  },
]

test.each(mistakes)('finds $mistake', async ({ workload, change, found }) => {
  const told = await differing(workload, change)
  expect(told.map((text) => text.split(':')[0])).toEqual(found.map((name) => `raw, ${name}`))
})

test('finds nothing in what is right', async () => {
  for (const workload of ['w3', 'w4', 'w5', 'w6', 'w7'] as const) {
    expect(await differing(workload, (raw) => raw)).toEqual([])
  }
})
