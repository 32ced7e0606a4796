import type { QuarantineReason } from '@outpost/core'
import type { Command } from 'commander'
import type { Action } from '../action.ts'
import { reply } from '../invocation.ts'
import { moment, tableLines } from '../text.ts'
import { keptTable, withConnectedOrg } from '../with-org.ts'

export function addQuarantined(program: Command, action: Action): void {
  program
    .command('quarantined')
    .argument('[table]', 'only rows of this table')
    .description('List rows that the master no longer shows and that stay because of their unsent changes.')
    .addHelpText(
      'after',
      `
Their transactions are sent like any others; afterwards the rows go, or stay, as the master shows them.

Examples:
  $ outpost quarantined
  $ outpost quarantined account --json | jq '.rows[].id'
  $ outpost tx revert account/8f1c…      takes back what was done to one of them`,
    )
    .action(
      action((invocation, command) =>
        withConnectedOrg(invocation, async (org) => {
          const [table] = command.args
          if (table !== undefined) keptTable(org, table)
          const rows = await org.quarantined(table)
          reply(invocation, { rows }, () =>
            rows.length === 0
              ? ['No rows are quarantined.']
              : tableLines(
                  ['ROW', 'SINCE', 'REASON'],
                  rows.map(({ id, since, reason, ...row }) => [`${row.table}/${id}`, moment(since), REASONS[reason]]),
                ),
          )
          return 0
        }),
      ),
    )
}

const REASONS: Readonly<Record<QuarantineReason, string>> = {
  deleted: 'deleted on the master',
  'left-scope': 'the filter, or related rows, no longer select it',
  unreadable: 'not shown to this user: deleted, or not to be read any more',
}
