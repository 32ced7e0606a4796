import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Hunted } from './check-mutants.ts'
import { MUTANTS } from './mutants.ts'
import { repositoryRoot } from './repository-root.ts'

/** The seed in which each deliberate bug was found last, by the bug's name. */
export type Found = Readonly<Record<string, number>>

const FILE = join(repositoryRoot(), 'test/simulation/mutants/found.json')

/** What was found last. */
export function readFound(): Found {
  return JSON.parse(readFileSync(FILE, 'utf8')) as Found
}

/** Keeps where these were found; of others what was known before, as long as there are such bugs. */
export function writeFound(hunted: readonly Hunted[]): void {
  const found = new Map(Object.entries(readFound()))
  for (const { mutant, hunt } of hunted) if (hunt.found) found.set(mutant.name, hunt.found.seed)
  const lines = MUTANTS.flatMap(({ name }) => (found.has(name) ? [[name, found.get(name)] as const] : []))
  writeFileSync(FILE, `${JSON.stringify(Object.fromEntries(lines), null, 2)}\n`)
}
