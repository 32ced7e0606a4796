import { OutpostError, throwIfAborted } from '@outpost/core'
import type { ClientOrg, Configuration, ConfigurationPlan } from '@outpost/core'
import { planLines } from './describe-plan.ts'
import { EXIT } from './exit-codes.ts'
import type { Invocation } from './invocation.ts'
import type { Io } from './io.ts'
import { count, counted, paintFor } from './text.ts'

/**
 * Has somebody confirm a configuration under which rows would leave this device. On a terminal the plan is shown and a
 * yes is asked for; false when the answer is another one. Elsewhere such a change throws `refused`. The master is asked
 * only where other rows of tables that hold some are selected.
 */
export async function isConfirmed(invocation: Invocation, org: ClientOrg, after: Configuration): Promise<boolean> {
  const plan = await rowsThatLeave(invocation, org, after)
  if (plan === null || plan.drop + plan.dirty === 0) return true
  const { io, json } = invocation
  if (json || !io.stdin.isTTY || !io.stderr.isTTY) throw unconfirmed(plan)
  for (const line of planLines(plan, paintFor(io.stderr, io.variables))) io.stderr.write(`${line}\n`)
  return isYes(await answerTo(io, `Remove ${counted(plan.drop, 'row')} from this device with the next sync? [y/N] `))
}

/** Says that the answer was no. The exit code of that. */
export function nothingChanged({ io }: Invocation): number {
  io.stderr.write('Nothing was changed.\n')
  return EXIT.refused
}

async function rowsThatLeave(
  { io }: Invocation,
  org: ClientOrg,
  after: Configuration,
): Promise<ConfigurationPlan | null> {
  const before = org.configuration
  // Which rows of one table are wanted can depend on the rows of another.
  const names = Object.keys(before.tables)
  const isOther = names.some((name) => rowsAskedFor(before, name) !== rowsAskedFor(after, name))
  if (!isOther) return null
  const { tables } = await org.status()
  return names.some((name) => (tables[name]?.rows ?? 0) > 0) ? org.plan(after, { signal: io.signal }) : null
}

/** What says which rows of a table are kept; undefined where the table is not. */
function rowsAskedFor({ tables }: Configuration, name: string): string | undefined {
  const table = tables[name]
  if (!table) return undefined
  return JSON.stringify([table.syncFilter, table.syncFetchXml, table.related])
}

function unconfirmed({ drop, dirty }: ConfigurationPlan): OutpostError {
  const leave = dirty === 0 ? '' : ` and leave ${count(dirty)} with unsent changes outside of the selection`
  return new OutpostError('refused', `this would remove ${counted(drop, 'row')} from this device${leave}`, {
    place: { rule: 'unconfirmed' },
    remedy: 'See what would happen with --plan; add --yes to have it so.',
  })
}

function isYes(answer: string): boolean {
  return /^y(es)?$/i.test(answer.trim())
}

/** One line from the terminal. Throws when the run is ended meanwhile. */
async function answerTo({ stdin, stderr, signal }: Io, question: string): Promise<string> {
  stderr.write(question)
  const ended = new Promise<null>((resolve) => signal.addEventListener('abort', () => resolve(null), { once: true }))
  const parts = stdin[Symbol.asyncIterator]()
  let line = ''
  while (!line.includes('\n')) {
    throwIfAborted(signal)
    const next = await Promise.race([parts.next(), ended])
    if (next === null || next.done) break
    line += Buffer.from(next.value).toString('utf8')
  }
  if (!line.includes('\n')) stderr.write('\n')
  throwIfAborted(signal)
  return line
}
