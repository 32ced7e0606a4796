import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { planOf, runPlan } from '@outpost/simulation'
import type { Scenario } from '@outpost/simulation'
import { expect, test } from 'vitest'
import { scenario } from './field-scenario.ts'
import { fingerprintOf } from './fingerprint.ts'

const STEPS = 60
const seeds = Array.from({ length: 25 }, (_, index) => index + 1)

async function fingerprints(of: readonly number[]): Promise<ReadonlyMap<number, string>> {
  const found = new Map<number, string>()
  for (const seed of of) found.set(seed, await fingerprintOf(seed, STEPS))
  return found
}

test('a run depends on its plan alone: not on what ran before, nor on the process', { timeout: 300_000 }, async () => {
  const child = fileURLToPath(new URL('dist/fingerprint-child.js', import.meta.url))
  const apart = promisify(execFile)(process.execPath, [child, String(STEPS), ...seeds.map(String)])
  const first = await fingerprints(seeds)
  expect(new Set(first.values()).size).toBe(seeds.length)
  const again = await fingerprints(seeds.toReversed())
  expect([...again].toReversed()).toEqual([...first])
  const { stdout } = await apart
  expect(stdout.trim().split('\n')).toEqual([...first.values()])
})

test('what a run has left to be done later is not done in the next one', { timeout: 60_000 }, async () => {
  const worksLater: Scenario = {
    ...scenario,
    prepare: (emulator) => {
      scenario.prepare?.(emulator)
      for (const message of ['Create', 'Update'])
        emulator.plugins.register({
          ...{ name: 'works later', message, table: 'contact', stage: 'postOperation', mode: 'async' },
          run: ({ depth, systemService }) => {
            if (depth === 1) systemService.create('contact', { lastname: 'later' })
          },
        })
    },
  }
  const plan = planOf({ seed: 1, devices: 3, steps: 100 })
  const writes = { ...plan, steps: plan.steps.filter(({ kind }) => kind === 'write' || kind === 'sync') }
  const first = await runPlan(worksLater, writes, { withLeft: true })
  expect(first.left?.commits.some(({ table, depth }) => table === 'contact' && depth === 1)).toBe(true)
  const waits = Array.from({ length: 60 }, (_, at) => ({ at, kind: 'wait', device: 0, seed: at }))
  const next = await runPlan(worksLater, { ...plan, steps: waits }, { withLeft: true })
  expect(next.left?.commits).toEqual([])
})
