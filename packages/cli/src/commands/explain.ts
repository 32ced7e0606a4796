import type { PullExplanation } from '@outpost/core'
import type { Command } from 'commander'
import type { Action } from '../action.ts'
import { reply } from '../invocation.ts'
import type { Invocation } from '../invocation.ts'
import { labelled, oneLine } from '../text.ts'
import { withConnectedOrg } from '../with-org.ts'

export function addExplain(program: Command, action: Action): void {
  program
    .command('explain')
    .argument('<table>', 'a table that is kept')
    .description('Say how a table is pulled, what is not used and why, and what is not found so. Asks the device only.')
    .addHelpText(
      'after',
      "\nExamples:\n  $ outpost explain account\n  $ outpost explain account --json | jq -r '.mayBeStale[]'",
    )
    .action(
      action((invocation, command) =>
        withConnectedOrg(invocation, async (org) => {
          const found = await org.explainPull(command.args[0] ?? '')
          reply(invocation, found, () => lines(invocation, found))
          return 0
        }),
      ),
    )
}

function lines({ io, paint }: Invocation, found: PullExplanation): readonly string[] {
  const said = (label: string, text: string): readonly string[] =>
    labelled(io.stdout, `  ${label.padEnd(15)} `, oneLine(text))
  const listed = (heading: string, reasons: PullExplanation['strategies']): readonly string[] =>
    reasons.length === 0 ? [] : [paint.bold(heading), ...reasons.flatMap(({ name, why }) => said(name, why))]
  return [
    `${paint.bold(found.table)}: ${found.checkpoint}`,
    ...listed('Used', found.strategies),
    ...listed('Not used', found.notUsed),
    ...(found.mayBeStale.length === 0
      ? ['Nothing is missed between two syncs.']
      : [
          paint.yellow('Not found until all rows are compared'),
          ...found.mayBeStale.map((text) => `  ${oneLine(text)}`),
        ]),
  ]
}
