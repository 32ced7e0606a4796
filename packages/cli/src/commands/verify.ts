import { OutpostError } from '@outpost/core'
import type { ClientOrg, RepairReport, VerifyReport } from '@outpost/core'
import type { Command } from 'commander'
import type { Action } from '../action.ts'
import { EXIT, exitCodeOf } from '../exit-codes.ts'
import { reply } from '../invocation.ts'
import type { Invocation } from '../invocation.ts'
import { progressOf } from '../progress.ts'
import { errorAsJson } from '../report-error.ts'
import { count, counted, oneLine } from '../text.ts'
import { withConnectedOrg } from '../with-org.ts'

/** How many rows of a kind are named. */
const NAMED = 10

export function addVerify(program: Command, action: Action): void {
  program
    .command('verify')
    .argument('[tables...]', 'tables that are kept; all of them when absent')
    .description("Compare ids and versions with the master's, without reading rows, and name the rows that differ.")
    .addHelpText(
      'after',
      `
Changes nothing. Rows with unsent changes are compared by what is known of the master's row below them.
Exit code 1 when something differs, or when a table could not be compared.

Examples:
  $ outpost verify
  $ outpost verify account --json | jq '.tables[0].missing'`,
    )
    .action(
      action((invocation, command) =>
        overTables(invocation, command.args, async (org, table) => {
          const report = await org.verify(table, { signal: invocation.io.signal })
          return { report, same: report.same, lines: differenceLines(report, invocation) }
        }),
      ),
    )
}

export function addRepair(program: Command, action: Action): void {
  program
    .command('repair')
    .argument('[tables...]', 'tables that are kept; all of them when absent')
    .description(
      'Read what is missing or of another version, remove what the master no longer shows. Unsent changes stay.',
    )
    .addHelpText(
      'after',
      `
Exit code 1 when something differs even afterwards, or when a table could not be compared.

Examples:
  $ outpost repair account`,
    )
    .action(
      action((invocation, command) =>
        overTables(invocation, command.args, async (org, table) => {
          const report = await org.repair(table, { signal: invocation.io.signal })
          return { report, same: report.after.same, lines: repairLines(report, invocation) }
        }),
      ),
    )
}

interface Compared {
  readonly report: VerifyReport | RepairReport
  readonly same: boolean
  readonly lines: readonly string[]
}

/** One table after another: what the master refuses of one does not stop the others. */
async function overTables(
  invocation: Invocation,
  given: readonly string[],
  compare: (org: ClientOrg, table: string) => Promise<Compared>,
): Promise<number> {
  return withConnectedOrg(invocation, async (org) => {
    const tables = given.length > 0 ? given : Object.keys(org.configuration.tables)
    const progress = progressOf(invocation)
    const found: { readonly report: unknown; readonly same: boolean; readonly lines: readonly string[] }[] = []
    for (const table of tables) {
      if (invocation.io.stderr.isTTY) progress.say(`comparing ${table} …`)
      try {
        found.push(await compare(org, table))
      } catch (error) {
        if (!(error instanceof OutpostError) || exitCodeOf(error.code) !== EXIT.refused) throw error
        const lines = [`${invocation.paint.red('✗')} ${table}: not compared: ${oneLine(error.message)}`]
        found.push({
          report: { table, error: errorAsJson(error, { ...invocation, url: undefined }) },
          same: false,
          lines,
        })
      } finally {
        progress.end()
      }
    }
    reply(invocation, { tables: found.map(({ report }) => report) }, () =>
      found.length === 0 ? ['No tables are kept.'] : found.flatMap(({ lines }) => lines),
    )
    return found.every(({ same }) => same) ? EXIT.ok : EXIT.refused
  })
}

function differenceLines(report: VerifyReport, { paint }: Pick<Invocation, 'paint'>): readonly string[] {
  const { table, same, rows, buckets, dirty, requests } = report
  const unsent = dirty.length === 0 ? '' : `, ${count(dirty.length)} of them with unsent changes`
  const cost = requests === 0 ? '' : ` (${counted(requests, 'request')})`
  if (same) return [`${paint.green('✓')} ${table}: the same, ${counted(rows.here, 'row')}${unsent}${cost}`]
  const different = buckets.filter((bucket) => !bucket.same).length
  return [
    `${paint.red('✗')} ${table}: ${count(rows.here)} rows here, ${count(rows.there)} on the master; ${count(different)} of ${count(buckets.length)} ranges differ${unsent}${cost}`,
    ...named('missing here', report.missing),
    ...named('not shown by the master', report.extra),
    ...named('of another version', report.stale),
  ]
}

function repairLines(
  { before, after, added, refreshed, pruned, kept }: RepairReport,
  invocation: Invocation,
): readonly string[] {
  if (before.same && after.same) return differenceLines(after, invocation)
  const done = [
    added > 0 && `${count(added)} added`,
    refreshed > 0 && `${count(refreshed)} read again`,
    pruned > 0 && `${count(pruned)} removed`,
    kept > 0 && `${count(kept)} kept for their unsent changes`,
  ].filter(Boolean)
  return [
    `  ${after.table}: ${done.length === 0 ? 'nothing was mended' : done.join(', ')}`,
    ...differenceLines(after, invocation),
  ]
}

function named(what: string, ids: readonly string[]): readonly string[] {
  if (ids.length === 0) return []
  const more = ids.length > NAMED ? [`      and ${counted(ids.length - NAMED, 'more row')} (--json names all)`] : []
  return [`    ${count(ids.length)} ${what}:`, ...ids.slice(0, NAMED).map((id) => `      ${id}`), ...more]
}
