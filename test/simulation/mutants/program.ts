import { planOf, runPlan } from '@outpost/simulation'
import type { CheckName } from '@outpost/simulation'
import { scenario } from '../field-scenario.ts'

/** What the program is asked to do, as the one argument it is given. */
export interface Search {
  readonly first: number
  readonly seeds: number
  readonly devices: number
  readonly steps: number
  /** A problem of one of these checks ends the search; of any where none is named. */
  readonly checks: readonly CheckName[]
  /** Checks that are left out of the simulation. */
  readonly without: readonly CheckName[]
}

/** What it says, one to a line: each seed that it begins, what other checks have found, and the end. */
export type Said =
  | { readonly seed: number }
  | { readonly beside: CheckName; readonly seed: number; readonly words: string }
  | { readonly found: CheckName; readonly seed: number; readonly words: string }
  | { readonly seeds: number }

async function search({ first, seeds, devices, steps, checks, without }: Search): Promise<void> {
  const said = new Set<CheckName>()
  for (let seed = first; seed < first + seeds; seed += 1) {
    say({ seed })
    const { problems } = await runPlan(scenario, planOf({ seed, devices, steps }), { without })
    for (const { check, words } of problems) {
      if (checks.length === 0 || checks.includes(check)) return say({ found: check, seed, words })
      if (said.has(check)) continue
      said.add(check)
      say({ beside: check, seed, words })
    }
  }
  say({ seeds })
}

function say(said: Said): void {
  process.stdout.write(`${JSON.stringify(said)}\n`)
}

// A mistake may leave a promise that nobody waits for; what it does to rows and transactions is what is looked for.
process.on('unhandledRejection', () => {})
await search(JSON.parse(process.argv[2] ?? '') as Search)
process.exit(0)
