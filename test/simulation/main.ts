import { fileURLToPath } from 'node:url'
import { simulateCommand } from '@outpost/simulation/command'
import { mutantsCommand } from './mutants/command.ts'
import { repositoryRoot } from './mutants/repository-root.ts'

const USAGE = 'npm run simulate --'
const CORPUS = `${repositoryRoot()}test/simulation/corpus`
const module = new URL('field-scenario.js', import.meta.url)

/**
 * The seeds of CI. Of a thousand runs about one still finds something (decisions/015, "What is open"): until that is settled
 * CI takes a range in which nothing is found, so that whatever is found there is new.
 */
const [CI_FIRST, CI_SEEDS] = [701, 2000]

/** The seeds that are tried for each deliberate bug. */
const [MUTANTS_FIRST, MUTANTS_SEEDS] = [401, 280]

const MORE_HELP = `
Of this repository:

  ${USAGE} --corpus     the runs of all plans in ${fileURLToPath(new URL(`file://${CORPUS}`)).replace(repositoryRoot(), '')}
  ${USAGE} mutants …    puts deliberate bugs into the sources and looks for each; mutants --help
  ${USAGE} ci           what CI runs: the corpus, ${CI_SEEDS} seeds from ${CI_FIRST} on, the deliberate bugs
`

const simulate = (args: readonly string[]): Promise<number> => simulateCommand(args, { usage: USAGE, module })
const mutants = (args: readonly string[]): Promise<number> =>
  mutantsCommand(args, (text) => void process.stdout.write(text))

/** One after the other, whatever comes of each; gives the worst exit code. */
async function all(parts: readonly (() => Promise<number>)[]): Promise<number> {
  let worst = 0
  for (const part of parts) worst = Math.max(worst, await part())
  return worst
}

async function command([first, ...rest]: readonly string[]): Promise<number> {
  switch (first) {
    case 'mutants':
      return mutants(rest)
    case 'ci':
      return all([
        () => simulate(['--corpus', CORPUS]),
        () => simulate(['--first', String(CI_FIRST), '--seeds', String(CI_SEEDS), ...rest]),
        () => mutants(['--first', String(MUTANTS_FIRST), '--seeds', String(MUTANTS_SEEDS), '--known']),
      ])
    case '--corpus':
      return simulate(['--corpus', rest[0] ?? CORPUS, ...rest.slice(1)])
    case undefined:
      return simulate([])
    default: {
      const code = await simulate([first, ...rest])
      if (first === '--help' || first === '-h') process.stdout.write(MORE_HELP)
      return code
    }
  }
}

process.exitCode = await command(process.argv.slice(2))
