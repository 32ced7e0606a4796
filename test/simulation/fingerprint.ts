import { createHash } from 'node:crypto'
import { planOf, runPlan } from '@outpost/simulation'
import { scenario } from './field-scenario.ts'

/** Everything that a run told and left behind, as one text that differs where anything does. */
export async function fingerprintOf(seed: number, steps: number): Promise<string> {
  const { story, problems, coverage, left } = await runPlan(scenario, planOf({ seed, devices: 3, steps }), {
    withLeft: true,
  })
  const told = problems.map(({ check, step }) => ({ check, step }))
  return createHash('sha256').update(JSON.stringify({ story, told, coverage, left })).digest('hex')
}
