import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { CheckName } from '@outpost/simulation'
import type { Said, Search } from './program.ts'

/** What became of the search for a mistake. */
export interface Hunt {
  /** The check that found it, in the run of this seed; null where none of those asked for has. */
  readonly found: { readonly check: CheckName; readonly seed: number; readonly words: string } | null
  /** How many runs there were. */
  readonly seeds: number
  /** What other checks reported on the way, the first time for each. */
  readonly beside: readonly { readonly check: CheckName; readonly seed: number; readonly words: string }[]
  /** Why the search ended before its time: the program died, or one run did not end. */
  readonly broken: string | null
  readonly ms: number
}

/** How long one run may take. */
const PATIENCE_MS = 60_000

/** Runs a bundled simulation until one of the checks reports a problem, or there are no seeds left. */
export async function hunt(program: string, search: Search): Promise<Hunt> {
  const begun = performance.now()
  const child = spawn(process.execPath, [program, JSON.stringify(search)], { stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve(code))
  })
  let patience = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
  let errors = ''
  child.stderr.on('data', (part: Buffer) => (errors = (errors + part.toString()).slice(-2000)))
  const beside: { check: CheckName; seed: number; words: string }[] = []
  let [found, seed, isOver]: [Hunt['found'], number, boolean] = [null, search.first - 1, false]
  for await (const line of createInterface({ input: child.stdout })) {
    clearTimeout(patience)
    patience = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
    const said = JSON.parse(line) as Said
    if ('found' in said) found = { check: said.found, seed: said.seed, words: said.words }
    else if ('beside' in said) beside.push({ check: said.beside, seed: said.seed, words: said.words })
    else if ('seed' in said) seed = said.seed
    else isOver = true
  }
  const code = await ended
  clearTimeout(patience)
  const broken = found || isOver ? null : code === null ? `the run of seed ${seed} does not end` : `it died: ${errors}`
  return { found, seeds: seed - search.first + 1, beside, broken, ms: performance.now() - begun }
}
