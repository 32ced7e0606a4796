import { planOf, runPlan } from '@outpost/simulation'
import { expect, test } from 'vitest'
import { scenario } from './field-scenario.ts'

test('how tables are pulled is counted as the steps have left it, before all ids are compared', async () => {
  const plan = planOf({ seed: 1, devices: 3, steps: 200 })
  const steps = plan.steps.filter(({ kind }) => kind === 'configure' || kind === 'sync')
  const { coverage, problems } = await runPlan(scenario, { ...plan, steps })
  expect(problems).toEqual([])
  const { due, strategy = {} } = coverage.toJSON()
  expect(due).toHaveProperty('filter-changed')
  expect(strategy['reconciliation']).toBeLessThan(strategy['floor'] ?? 0)
})
