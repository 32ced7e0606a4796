import type { ClientOrg, Configuration } from '@outpost/core'
import type { Command } from 'commander'
import type { Action } from '../action.ts'
import { planLines } from '../describe-plan.ts'
import { EXIT } from '../exit-codes.ts'
import { reply } from '../invocation.ts'
import type { Invocation } from '../invocation.ts'
import { parseJson, readText } from '../read-input.ts'
import { withConnectedOrg } from '../with-org.ts'

export function addPlan(program: Command, action: Action): void {
  program
    .command('plan')
    .argument('<file>', 'a configuration as JSON; - is stdin')
    .description('Show what a configuration and a sync would add, drop and read again. Changes nothing.')
    .addHelpText(
      'after',
      `
Ids and versions are listed on the master; requests and bytes are estimates. Rows with unsent changes never leave: those that
the configuration does not select are named. 'outpost configure --table <name> … --plan' plans the edit of one table.

Examples:
  $ outpost plan outpost.json && outpost configure outpost.json --yes
  $ outpost plan outpost.json --json | jq '.drop'`,
    )
    .action(
      action(async (invocation, command) => {
        const file = String(command.args[0])
        const given = parseJson(await readText(file, invocation.io), file)
        return withConnectedOrg(invocation, async (org) =>
          replyWithPlan(invocation, org, (await org.readConfiguration(given)).configuration),
        )
      }),
    )
}

/** Shows what a configuration would do. Gives back the exit code. */
export async function replyWithPlan(invocation: Invocation, org: ClientOrg, after: Configuration): Promise<number> {
  const plan = await org.plan(after, { signal: invocation.io.signal })
  reply(invocation, plan, () => [...planLines(plan, invocation.paint), 'Nothing was changed.'])
  return EXIT.ok
}
