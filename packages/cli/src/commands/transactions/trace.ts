import type { Command } from 'commander'
import type { Action } from '../../action.ts'
import { rowReference } from '../../arguments.ts'
import { traceLines } from '../../describe-trace.ts'
import { reply } from '../../invocation.ts'
import type { Invocation } from '../../invocation.ts'
import { withOrg } from '../../with-org.ts'
import { requireMasterTable, rowOf } from './arguments.ts'

export function addTrace(tx: Command, action: Action): void {
  tx.command('trace')
    .argument('<table/id>', 'a row', rowReference)
    .description(
      'Tell everything that happened to a row: writes, requests and answers, conflicts, decisions, its return.',
    )
    .addHelpText(
      'after',
      `
The ids of requests are what the master's logs know them by: ours (sent), and its own (answers).

Examples:
  $ outpost tx trace account/5d3a6b9e-2f6e-4c5b-9d0a-1a2b3c4d5e6f
  $ outpost tx trace account/5d3a6b9e-2f6e-4c5b-9d0a-1a2b3c4d5e6f --json | jq '.entries[].event'`,
    )
    .action(action((invocation, command) => trace(invocation, rowOf(command))))
}

async function trace(invocation: Invocation, row: { readonly table: string; readonly id: string }): Promise<number> {
  const entries = await withOrg(invocation, async (org) => {
    const found = await org.outbox.trace(row)
    if (found.length === 0) await requireMasterTable(org, row.table)
    return found
  })
  reply(invocation, { row, entries }, () =>
    entries.length === 0
      ? [`Nothing was written to ${row.table} ${row.id} on this device.`]
      : traceLines(entries, invocation.paint),
  )
  return 0
}
