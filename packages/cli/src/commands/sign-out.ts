import type { UnsentChoice } from '@outpost/core'
import { OutpostError } from '@outpost/core'
import type { Command } from 'commander'
import type { Action } from '../action.ts'
import { reply } from '../invocation.ts'
import type { Invocation } from '../invocation.ts'
import { counted } from '../text.ts'
import { removeDatabase, withConnectedOrg } from '../with-org.ts'

interface Flags {
  readonly keep?: boolean
  readonly discard?: boolean
}

export function addSignOut(program: Command, action: Action): void {
  program
    .command('sign-out')
    .description('End the work of this user on this device. Refused while something is unsent, unless told what to do.')
    .option(
      '--keep',
      'keep everything, unsent work included, for the return of the same user; nothing is sent till then',
    )
    .option('--discard', 'remove everything; what is unsent is lost then')
    .addHelpText(
      'after',
      `
With nothing unsent, or with --discard, the client org is removed from this device, its file included. With --keep it stays,
sends nothing, and takes no writes, until 'outpost connect' is run with a token of the same user.

Examples:
  $ outpost sign-out
  $ outpost sign-out --keep
  $ outpost tx export queue.json && outpost sign-out --discard`,
    )
    .action(
      action((invocation, command) => {
        const { keep, discard } = command.opts<Flags>()
        if (keep && discard) {
          throw new OutpostError('invalid', '--keep and --discard exclude each other', { place: { rule: 'usage' } })
        }
        return signOut(invocation, keep ? 'keep' : discard ? 'discard' : 'refuse')
      }),
    )
}

async function signOut(invocation: Invocation, unsent: UnsentChoice): Promise<number> {
  const { database } = invocation
  const { identity, transactions } = await withConnectedOrg(invocation, async (org) => {
    const before = await org.status()
    await org.signOut({ unsent })
    return before
  })
  const left = transactions.pending + transactions.error
  const removed = unsent !== 'keep'
  if (removed) await removeDatabase(database)
  reply(invocation, { database, removed, unsent: left, url: identity?.url ?? null }, () => [
    removed
      ? `Signed out; removed ${database}${left > 0 ? `, with ${counted(left, 'unsent transaction')}` : ''}.`
      : `Signed out; ${counted(left, 'unsent transaction')} kept for the return of user ${identity?.userId ?? ''}.`,
  ])
  return 0
}
