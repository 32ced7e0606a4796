import type { DetachChoice } from '@outpost/core'
import { OutpostError } from '@outpost/core'
import type { Command } from 'commander'
import type { Action } from '../action.ts'
import { reply } from '../invocation.ts'
import type { Invocation } from '../invocation.ts'
import { counted } from '../text.ts'
import { withConnectedOrg } from '../with-org.ts'

interface Flags {
  readonly keep?: boolean
  readonly discard?: boolean
}

export function addDetach(program: Command, action: Action): void {
  program
    .command('detach')
    .description('Cut the client org off from its master: its tables and rows go on as a local database.')
    .option('--keep', 'with unsent work: the rows stay as they are shown; nothing of it is sent')
    .option('--discard', 'with unsent work: the rows go back to what the master was last known to have')
    .addHelpText(
      'after',
      `
Refused while something is unsent, unless --keep or --discard says what becomes of it. Nothing is sent or pulled afterwards;
query, export and import go on. There is no way back for what is here: 'outpost connect' adds a master's tables beside it.

Examples:
  $ outpost sync && outpost detach
  $ outpost tx export queue.json && outpost detach --keep`,
    )
    .action(
      action((invocation, command) => {
        const { keep, discard } = command.opts<Flags>()
        if (keep && discard) {
          throw new OutpostError('invalid', '--keep and --discard exclude each other', { place: { rule: 'usage' } })
        }
        return detach(invocation, keep ? 'keep' : discard ? 'discard' : 'refuse')
      }),
    )
}

async function detach(invocation: Invocation, unsent: DetachChoice): Promise<number> {
  const { database } = invocation
  return withConnectedOrg(invocation, async (org) => {
    const { identity, transactions } = await org.status()
    await org.detach({ unsent })
    const left = transactions.pending + transactions.error
    const tables = Object.keys(org.configuration.localTables ?? {})
    reply(invocation, { database, url: identity?.url ?? null, tables, unsent: left }, () => [
      `Detached from ${identity?.url ?? ''}; ${counted(tables.length, 'table')} in ${database} now local.`,
      ...(left === 0
        ? []
        : [`${counted(left, 'unsent transaction')} ${unsent === 'keep' ? 'kept in the rows' : 'taken back'}.`]),
    ])
    return 0
  })
}
