import type { Command } from 'commander'
import type { Action } from '../action.ts'
import { reply } from '../invocation.ts'
import { withConnectedOrg } from '../with-org.ts'

export function addResync(program: Command, action: Action): void {
  program
    .command('resync')
    .argument('[tables...]', 'tables that are kept; all of them when absent')
    .description('Have the next sync read every row of these tables anew and remove what is gone. Unsent changes stay.')
    .addHelpText(
      'after',
      `
Sends nothing by itself. Where only some rows are doubtful, 'outpost repair' is cheaper.

Examples:
  $ outpost resync account && outpost sync`,
    )
    .action(
      action((invocation, command) =>
        withConnectedOrg(invocation, async (org) => {
          const tables = command.args.length > 0 ? command.args : Object.keys(org.configuration.tables)
          await org.resync(tables)
          reply(invocation, { resync: tables }, () =>
            tables.length === 0
              ? ['No tables are kept.']
              : [`The next sync reads ${tables.join(', ')} from the start.`],
          )
          return 0
        }),
      ),
    )
}
