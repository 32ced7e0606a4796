import type { Coverage } from './coverage.ts'
import { NAMES } from './coverage-names.ts'
import { stepsInWords } from './plan.ts'
import type { Plan } from './plan.ts'
import type { FoundProblem } from './run-plan.ts'
import type { SimulationReport } from './simulate.ts'

const WIDTH = 120
const MOST_PROBLEMS = 20
const MOST_SEEDS = 20
const TELLING_RUNS = 100

/** The report for people to read: coverage, what was never met, what was found, and the command that shows it again. */
export function reportInWords(report: SimulationReport, command: string): string {
  const { runs, seeds, steps, devices, found, first } = report
  const part = runs < seeds && found.length === 0 ? ` of ${counted(seeds, 'run')} that were asked for` : ''
  // What a few runs up to a failure have not met says nothing.
  const isTelling = found.length === 0 || runs >= TELLING_RUNS
  const lines = [
    ...(isTelling ? [coverageInWords(report.coverage), neverInWords(report.never)] : []),
    `${counted(runs, 'run')}${part} of ${counted(steps, 'step')} with ${counted(devices, 'device')}, from seed ${first}: ${
      found.length === 0 ? 'nothing found' : `something found in ${counted(found.length, 'run')}`
    }`,
  ]
  for (const { seed, problems } of found.slice(0, MOST_SEEDS)) lines.push(`seed ${seed}: ${inShort(problems)}`)
  if (found.length > MOST_SEEDS) lines.push(`and ${found.length - MOST_SEEDS} more`)
  return `${[...lines.filter((line) => line !== ''), ...shrunkInWords(report, command)].join('\n')}\n`
}

/** What a run did and what was found in it. */
export function runInWords(story: readonly string[], problems: readonly FoundProblem[]): string {
  const lines = problems.slice(0, MOST_PROBLEMS).map(problemInWords)
  if (problems.length > MOST_PROBLEMS) lines.push(`and ${problems.length - MOST_PROBLEMS} more`)
  if (lines.length === 0) lines.push('nothing found')
  return `${[...story, ...lines].join('\n')}\n`
}

/** The arguments that make the plan of a run out of its seed. */
export function argumentsOf(plan: Plan, steps: number): string {
  return `--seed ${plan.seed} --devices ${plan.devices} --steps ${steps} --only ${stepsInWords(plan)}`
}

function shrunkInWords({ found, shrunk, steps, devices }: SimulationReport, command: string): readonly string[] {
  const [first] = found
  if (!first) return []
  const whole = `${command} --seed ${first.seed} --devices ${devices} --steps ${steps}`
  if (!shrunk) return ['', `The run again: ${whole}`]
  const { plan, story, problems, runs } = shrunk
  return [
    '',
    `seed ${first.seed} with ${plan.steps.length} of ${counted(steps, 'step')}, found in ${counted(runs, 'run')}:`,
    runInWords(story, problems),
    'The same again:',
    `  ${command} ${argumentsOf(plan, steps)}`,
  ]
}

/** The counted names, a group to a paragraph, in the order in which they are listed. */
function coverageInWords(coverage: Coverage): string {
  const counts = coverage.toJSON()
  const groups = [...new Set([...Object.keys(NAMES), ...Object.keys(counts).toSorted()])]
  return groups
    .flatMap((group) => {
      const names = Object.entries(counts[group] ?? {}).toSorted(([, a], [, b]) => b - a)
      return names.length === 0
        ? []
        : [
            paragraph(
              group,
              names.map(([name, times]) => `${name} ${grouped(times)}`),
            ),
          ]
    })
    .join('\n')
}

function neverInWords(never: Readonly<Record<string, readonly string[]>>): string {
  const groups = Object.entries(never)
  if (groups.length === 0) return 'never: nothing; everything that is listed was met'
  return ['never met:', ...groups.map(([group, names]) => paragraph(group, names))].join('\n')
}

const INDENT = 16

/** The name of the group, then its items, broken into lines. */
function paragraph(group: string, items: readonly string[]): string {
  const lines: string[] = []
  let line = group.padEnd(INDENT - 1)
  for (const [index, item] of items.entries()) {
    const text = index < items.length - 1 ? `${item},` : item
    if (line.length + 1 + text.length > WIDTH) {
      lines.push(line)
      line = ' '.repeat(INDENT - 1)
    }
    line += ` ${text}`
  }
  return [...lines, line].join('\n')
}

function inShort(problems: readonly FoundProblem[]): string {
  const [problem] = problems
  if (!problem) return 'nothing found'
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : ''
  return `${problemInWords(problem).split('\n')[0] ?? ''}${more}`
}

function problemInWords({ check, step, words }: FoundProblem): string {
  return `${check} ${step === null ? 'when everything was quiet' : `after step ${step}`}: ${words}`
}

/** A number with what is counted: `1 run`, `2,000 runs`. */
export function counted(number: number, noun: string): string {
  return `${grouped(number)} ${noun}${number === 1 ? '' : 's'}`
}

function grouped(number: number): string {
  return number.toLocaleString('en-US')
}
