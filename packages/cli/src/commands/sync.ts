import type { ClientOrg, ListedTransaction, SyncOptions, SyncReport, TableReport } from '@outpost/core'
import type { Command } from 'commander'
import { EXIT } from '../exit-codes.ts'
import { reply } from '../invocation.ts'
import type { Invocation } from '../invocation.ts'
import type { Action } from '../action.ts'
import { nameList } from '../arguments.ts'
import { driftLines } from '../describe-drift.ts'
import { progressOf } from '../progress.ts'
import { count, counted, oneLine, tableLines } from '../text.ts'
import type { Paint } from '../text.ts'
import { withConnectedOrg } from '../with-org.ts'

interface Options {
  readonly table?: readonly string[]
  readonly scope?: string
}

export function addSync(program: Command, action: Action): void {
  program
    .command('sync')
    .description('Send what the outbox holds, then bring in what has changed on the master.')
    .option('--table <a,b>', 'bring in only these tables', nameList)
    .option('--scope <name>', 'bring in only the tables of a scope of the configuration, in its direction')
    .addHelpText(
      'after',
      `
Interrupting is safe at any time: what has been received stays, the next sync goes on from there.
Exit code 1 when transactions are in Error afterwards, when a table could not be finished, or when a change of the
master's metadata could not be taken over.

RECEIVED counts rows that come again, too: pulls overlap, so that nothing slips through; WRITTEN are new or changed ones.
ADDED and REFRESHED are rows that only a comparison with the master found, REMOVED those that it no longer shows, KEPT those
of them that stay because of their unsent changes ('outpost quarantined').

Examples:
  $ outpost sync
  $ outpost sync --table account,contact
  $ outpost sync --scope visits
  $ outpost sync --json | jq '.tables.account.received'`,
    )
    .action(
      action((invocation, command) =>
        withConnectedOrg(invocation, async (org) => {
          const { table: tables, scope } = command.opts<Options>()
          const asked = { ...(tables ? { tables } : {}), ...(scope === undefined ? {} : { scope }) }
          const report = await syncShowingProgress(invocation, org, asked)
          const failed = await org.outbox.list({ limit: 10 })
          const { transactions } = await org.status()
          reply(invocation, { ...report, transactions }, () =>
            reportLines(invocation, report, transactions.error, failed),
          )
          const unfinished = Object.values(report.tables).some((table) => table.error)
          return transactions.error > 0 || unfinished ? EXIT.refused : EXIT.ok
        }),
      ),
    )
}

async function syncShowingProgress(
  invocation: Invocation,
  org: ClientOrg,
  asked: Omit<SyncOptions, 'signal'>,
): Promise<SyncReport> {
  const progress = progressOf(invocation)
  const unsubscribe = org.subscribe((event) => progress.show(event))
  try {
    return await org.sync({ ...asked, signal: invocation.io.signal })
  } finally {
    unsubscribe()
    progress.end()
  }
}

function reportLines(
  { paint }: Invocation,
  { metadata, pushed, tables, ...took }: SyncReport,
  errors: number,
  failed: readonly ListedTransaction[],
): readonly string[] {
  const names = Object.entries(tables)
  return [
    ...(metadata && metadata.changes.length > 0
      ? [paint.yellow("The master's metadata has changed:"), ...driftLines(metadata).map((line) => `  ${line}`)]
      : []),
    `Sent: ${pushText(pushed)}`,
    ...(names.length === 0
      ? ["No tables are kept; choose some with 'outpost configure'."]
      : tableLines(
          ['TABLE', 'RECEIVED', 'WRITTEN', 'ADDED', 'REFRESHED', 'REMOVED', 'KEPT', ''],
          names.map(([name, table]) => [
            name,
            ...[table.received, table.written, table.added, table.refreshed, table.pruned, table.kept].map(count),
            table.error ? 'not finished' : '',
          ]),
        )),
    paint.dim(costText(took)),
    ...names.flatMap(([name, { error }]) => (error ? failureLines(name, error, paint) : [])),
    ...(names.some(([, { kept }]) => kept > 0) ? ["What is kept is listed by 'outpost quarantined'."] : []),
    ...errorLines({ paint }, errors, failed),
  ]
}

function failureLines(name: string, error: NonNullable<TableReport['error']>, paint: Paint): readonly string[] {
  const remedy = error.remedy === undefined ? [] : [`  remedy  ${oneLine(error.remedy)}`]
  return [`${paint.red(name)}: ${oneLine(error.message)}`, ...remedy]
}

/** What a run took, and in which of its parts. */
function costText({ ms, requests, bytes, phases }: Pick<SyncReport, 'ms' | 'requests' | 'bytes' | 'phases'>): string {
  const seconds = (span: number): string => `${(span / 1000).toFixed(1)} s`
  const parts = Object.entries(phases).filter((part) => part[1].ms >= 50)
  const listed = parts.map(([phase, cost]) => `${phase} ${seconds(cost.ms)}`).join(', ')
  return `${seconds(ms)}, ${counted(requests, 'request')}, ${count(bytes)} bytes${listed === '' ? '' : ` (${listed})`}`
}

/** What is in Error, by number and message; nothing where nothing is. */
export function errorLines(
  { paint }: Pick<Invocation, 'paint'>,
  errors: number,
  failed: readonly ListedTransaction[],
): readonly string[] {
  if (errors === 0) return []
  return [
    paint.yellow(`${counted(errors, 'transaction')} in Error:`),
    ...failed.map(
      ({ seq, lastError }) =>
        `  #${seq}  ${lastError?.rejection ?? lastError?.code ?? ''}: ${oneLine(lastError?.message ?? '')}`,
    ),
    "See 'outpost tx show <seq>'.",
  ]
}

/** What has changed in the master's metadata, and what came of it, in words. */
export function metadataText({ changes, refused, stopped }: NonNullable<SyncReport['metadata']>): string {
  const tables = [...new Set(changes.map(({ table }) => table))]
  const parts = [
    `the master's metadata has changed: ${counted(changes.length, 'change')} in ${tables.join(', ')}`,
    stopped.length > 0 && `not pulled any more: ${stopped.map(({ table }) => table).join(', ')}`,
    refused.length > 0 && `${counted(refused.length, 'transaction')} in Error for it`,
  ]
  return oneLine(parts.filter(Boolean).join('; '))
}

/** What a push did, in words. */
export function pushText(pushed: SyncReport['pushed']): string {
  const parts = [
    `${count(pushed.processed)} processed`,
    pushed.refused > 0 && `${count(pushed.refused)} refused`,
    pushed.overruled > 0 && `${count(pushed.overruled)} overruled by the master's changes`,
    pushed.conflicts > 0 && counted(pushed.conflicts, 'conflicting column'),
    pushed.left > 0 && `${count(pushed.left)} still pending`,
  ]
  return parts.filter(Boolean).join(', ')
}
