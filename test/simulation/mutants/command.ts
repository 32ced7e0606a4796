import { parseArgs } from 'node:util'
import { CHECKS } from '@outpost/simulation'
import type { CheckName } from '@outpost/simulation'
import { checkMutants } from './check-mutants.ts'
import { MUTANTS } from './mutants.ts'
import { readFound, writeFound } from './record.ts'
import { lineOf, summaryOf } from './report.ts'

const MUTANTS_HELP = `npm run simulate -- mutants [options]

Puts one deliberate bug after another into the sources, and runs the simulation until the check that must find it does.

  --name X          only this bug; can be given several times
  --seeds N         runs for each bug at the most (2,000)
  --first N         the first seed (1)
  --devices N       devices in each run (3)
  --steps N         steps of each run (200)
  --known           tries the seed that found it last (found.json) before all others
  --record          keeps the seeds that found them there
  --without CHECK   leaves a check out of the simulation: what only it finds is not found then
  --json            prints one JSON object, not a table

The exit code is 1 when a bug was not found, or when anything was found in the sources as they are.
`

/** The mutation check as a command: prints a line for each bug as it is found, gives the exit code. */
export async function mutantsCommand(args: readonly string[], print: (text: string) => void): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      name: { type: 'string', multiple: true, default: [] },
      seeds: { type: 'string', default: '2000' },
      first: { type: 'string', default: '1' },
      devices: { type: 'string', default: '3' },
      steps: { type: 'string', default: '200' },
      known: { type: 'boolean', default: false },
      record: { type: 'boolean', default: false },
      without: { type: 'string', multiple: true, default: [] },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    print(MUTANTS_HELP)
    return 0
  }
  const unknown = values.name.find((name) => !MUTANTS.some((mutant) => mutant.name === name))
  if (unknown !== undefined) throw new RangeError(`there is no mutant '${unknown}'`)
  const first = numberIn('first', values.first)
  const report = await checkMutants({
    mutants: MUTANTS.filter(({ name }) => values.name.length === 0 || values.name.includes(name)),
    first,
    seeds: numberIn('seeds', values.seeds),
    devices: numberIn('devices', values.devices),
    steps: numberIn('steps', values.steps),
    without: values.without.map(checkIn),
    known: values.known ? readFound() : {},
    onHunted: (hunted) => {
      if (!values.json) print(`${lineOf(hunted)}\n`)
    },
  })
  if (values.record) writeFound(report.hunted)
  print(values.json ? `${JSON.stringify(report, null, 2)}\n` : `${summaryOf(report)}\n`)
  return report.isGood ? 0 : 1
}

function numberIn(option: string, text: string): number {
  const number = Number(text)
  if (Number.isSafeInteger(number) && number > 0) return number
  throw new RangeError(`--${option} takes a whole number from 1, not '${text}'`)
}

function checkIn(text: string): CheckName {
  const check = CHECKS.find((name) => name === text)
  if (check !== undefined) return check
  throw new RangeError(`there is no check '${text}': ${CHECKS.join(', ')}`)
}
