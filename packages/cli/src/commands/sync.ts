import type { ClientOrg, ListedTransaction, SyncReport } from '@outpost/core'
import type { Command } from 'commander'
import { EXIT } from '../exit-codes.ts'
import { reply } from '../invocation.ts'
import type { Invocation } from '../invocation.ts'
import type { Action } from '../action.ts'
import { progressOf } from '../progress.ts'
import { count, counted, oneLine, tableLines } from '../text.ts'
import { withConnectedOrg } from '../with-org.ts'

export function addSync(program: Command, action: Action): void {
  program
    .command('sync')
    .description('Send what the outbox holds, then bring in what has changed on the master.')
    .addHelpText(
      'after',
      `
Interrupting is safe at any time: what has been received stays, the next sync goes on from there.
Exit code 1 when transactions are in Error afterwards, when a table could not be finished, or when a change of the
master's metadata could not be taken over.

Examples:
  $ outpost sync
  $ outpost sync --json | jq '.tables.account.received'`,
    )
    .action(
      action((invocation) =>
        withConnectedOrg(invocation, async (org) => {
          const report = await syncShowingProgress(invocation, org)
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

async function syncShowingProgress(invocation: Invocation, org: ClientOrg): Promise<SyncReport> {
  const progress = progressOf(invocation)
  const unsubscribe = org.subscribe((event) => progress.show(event))
  try {
    return await org.sync({ signal: invocation.io.signal })
  } finally {
    unsubscribe()
    progress.end()
  }
}

function reportLines(
  { paint }: Invocation,
  { metadata, pushed, tables }: SyncReport,
  errors: number,
  failed: readonly ListedTransaction[],
): readonly string[] {
  const names = Object.entries(tables)
  return [
    ...(metadata && metadata.changes.length > 0 ? [paint.yellow(metadataText(metadata))] : []),
    `Sent: ${pushText(pushed)}`,
    ...(names.length === 0
      ? ["No tables are kept; choose some with 'outpost configure'."]
      : tableLines(
          ['TABLE', 'RECEIVED', 'WRITTEN', 'REMOVED', 'KEPT', ''],
          names.map(([name, table]) => [
            name,
            ...[table.received, table.written, table.pruned, table.kept].map(count),
            table.error?.message ?? '',
          ]),
        )),
    ...errorLines({ paint }, errors, failed),
  ]
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
