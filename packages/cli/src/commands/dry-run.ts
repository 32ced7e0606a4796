import type { DryChange, DryRun, DryTransaction } from '@outpost/core'
import type { Command } from 'commander'
import type { Action } from '../action.ts'
import { nameList } from '../arguments.ts'
import { describeConflict, describeReason } from '../describe-transaction.ts'
import { EXIT } from '../exit-codes.ts'
import { reply } from '../invocation.ts'
import type { Invocation } from '../invocation.ts'
import { errorAsJson } from '../report-error.ts'
import { count, counted, oneLine, tableLines } from '../text.ts'
import { withConnectedOrg } from '../with-org.ts'

/** How many transactions are told one by one. */
const SHOWN = 30

export function addDryRun(program: Command, action: Action): void {
  program
    .command('dry-run')
    .description('Say what a sync would create, update, delete and conflict on both sides. Changes nothing on either.')
    .option('--table <a,b>', 'only these tables on the way down', nameList)
    .addHelpText(
      'after',
      `
What only the master knows (its rules, its plug-ins, privileges on single rows) shows when it is really asked.
Exit code 1 when a transaction would become Error, or when a table could not be looked at.

Examples:
  $ outpost dry-run
  $ outpost dry-run --table account --json | jq '.down.account.delete'`,
    )
    .action(
      action((invocation, command) => {
        const { table: tables } = command.opts<{ table?: readonly string[] }>()
        const { signal } = invocation.io
        return withConnectedOrg(invocation, async (org) => {
          const found = await org.dryRun({ signal, ...(tables ? { tables } : {}) })
          reply(invocation, asJson(found, invocation), () => lines(found, invocation))
          const isRefused = found.up.some(({ becomes }) => becomes === 'error')
          return isRefused || Object.values(found.down).some(({ error }) => error) ? EXIT.refused : EXIT.ok
        })
      }),
    )
}

/** An error is an object of a class, whose message JSON would leave out. */
function asJson({ up, down }: DryRun, invocation: Invocation): unknown {
  const tables = Object.entries(down).map(([name, table]): [string, unknown] => [
    name,
    table.error ? { ...table, error: errorAsJson(table.error, { ...invocation, url: undefined }) } : table,
  ])
  return { up, down: Object.fromEntries<unknown>(tables) }
}

function lines({ up, down }: DryRun, { paint }: Invocation): readonly string[] {
  const tables = Object.entries(down)
  const more = up.length - SHOWN
  return [
    paint.bold('Up'),
    ...(up.length === 0 ? ['  nothing to send'] : up.slice(0, SHOWN).flatMap(transactionLines)),
    ...(more > 0 ? [`  and ${counted(more, 'more transaction')} (--json has all)`] : []),
    paint.bold('Down'),
    ...(tables.length === 0
      ? ['  no tables']
      : tableLines(
          ['TABLE', 'CREATE', 'UPDATE', 'DELETE', 'CONFLICTS', 'STAY', ''],
          tables.map(([name, table]) => [
            name,
            ...[table.create, table.update, table.delete, table.conflicts, table.stay].map((ids) => count(ids.length)),
            table.error?.message ?? '',
          ]),
        ).map((line) => `  ${line}`)),
    'Nothing was changed.',
  ]
}

function transactionLines({ seq, becomes, changes, conflicts, error, reason }: DryTransaction): readonly string[] {
  const text = {
    sent: changes.map(changeText).join(', '),
    'nothing-left': 'nothing is left to send: the master has it, or its values stand',
    error: `would become Error: ${error?.message ?? ''}`,
    waits: describeReason(reason ?? null),
  }[becomes]
  return [
    `  #${seq}  ${oneLine(text)}`,
    ...conflicts.map((conflict) => `        ${oneLine(describeConflict(conflict))}`),
  ]
}

function changeText({ kind, table, id, columns }: DryChange): string {
  return `${kind} ${table}/${id}${columns.length === 0 ? '' : ` (${columns.join(', ')})`}`
}
