import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Place } from '../contenders/contender.ts'
import { nodeRun } from '../run/node-run.ts'
import { servePages } from '../server/page-server.ts'
import type { PageServer } from '../server/page-server.ts'
import type { Sizes, Workload } from './workload.ts'
import { WORKLOADS } from './workloads.ts'

const SIZES: Sizes = {
  seed: 1,
  rows: 600,
  pageSize: 200,
  changes: [20, 120],
  deletions: 30,
  writes: 10,
  burst: 40,
  pending: 100,
  delays: { latencyMs: 1, operationMs: 0 },
}

const folder = mkdtempSync(join(tmpdir(), 'outpost-bench-test-'))
let server: PageServer

beforeAll(async () => {
  server = await servePages(SIZES)
})

afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true })
})

const everyRun = Object.entries(WORKLOADS).flatMap(([name, workload]: [string, Workload]) =>
  workload.contenders.map((contender) => ({ name, workload, contender })),
)

test.each(everyRun)('$name ends with what the generator says: $contender', async ({ name, workload, contender }) => {
  const place: Place = {
    url: server.url,
    folder: join(folder, `${name} ${contender}`),
    pageSize: SIZES.pageSize,
    deletions: 'unseen',
  }
  mkdirSync(place.folder)
  const run = nodeRun(contender, place, SIZES)
  server.reset(SIZES.delays)
  await workload.prepare?.(run)
  server.reset(SIZES.delays)
  const { measures, findings } = await workload.run({
    ...run,
    place: { ...place, again: workload.prepare !== undefined },
  })
  expect(findings).toEqual(await workload.expected(SIZES))
  expect(Object.values(measures).every((value) => value >= 0)).toBe(true)
})
