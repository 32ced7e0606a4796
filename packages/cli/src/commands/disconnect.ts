import type { Command } from 'commander'
import { reply } from '../invocation.ts'
import type { Invocation } from '../invocation.ts'
import type { Action } from '../action.ts'
import { removeDatabase, withOrg } from '../with-org.ts'

export function addDisconnect(program: Command, action: Action): void {
  program
    .command('disconnect')
    .description('Remove the client org from this device, its file included. The master is not touched.')
    .option('--discard-unsent', 'remove it even though there are unsent transactions; they are lost then')
    .addHelpText(
      'after',
      `
Refused (exit code 1) while transactions are pending or in Error, unless --discard-unsent is given.

Examples:
  $ outpost disconnect
  $ outpost disconnect --discard-unsent --db ./old.db`,
    )
    .action(
      action((invocation, command) =>
        disconnect(invocation, command.opts<{ discardUnsent?: boolean }>().discardUnsent === true),
      ),
    )
}

async function disconnect(invocation: Invocation, discardUnsent: boolean): Promise<number> {
  const { database } = invocation
  const { identity } = await withOrg(invocation, async (org) => {
    const before = await org.status()
    await org.signOut({ unsent: discardUnsent ? 'discard' : 'refuse' })
    return before
  })
  await removeDatabase(database)
  reply(invocation, { database, removed: true, url: identity?.url ?? null }, () => [
    `Removed ${database}${identity ? `, the copy of ${identity.url}` : ''}.`,
  ])
  return 0
}
