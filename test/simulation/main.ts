import { parseArgs } from 'node:util'
import { planOf, runPlan } from '@outpost/simulation'
import { scenario } from './field-scenario.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100' },
    first: { type: 'string', default: '1' },
    devices: { type: 'string', default: '3' },
    steps: { type: 'string', default: '200' },
  },
})

const [first, seeds, devices, steps] = [values.first, values.seeds, values.devices, values.steps].map(Number) as [
  number,
  number,
  number,
  number,
]
const begun = process.hrtime.bigint()
for (let seed = first; seed < first + seeds; seed += 1) {
  const { problems, story } = await runPlan(scenario, planOf({ seed, devices, steps }))
  if (problems.length === 0) continue
  process.stdout.write(`${story.join('\n')}\n`)
  for (const { check, step, words } of problems.slice(0, 20)) process.stdout.write(`${check} after ${step}: ${words}\n`)
  process.stdout.write(`seed ${seed}\n`)
  process.exit(1)
}
const { user, system } = process.cpuUsage()
process.stdout.write(
  `${seeds} runs, ${Number((process.hrtime.bigint() - begun) / 1_000_000n) / seeds} ms each, ${(user + system) / 1000 / seeds} ms CPU each\n`,
)
