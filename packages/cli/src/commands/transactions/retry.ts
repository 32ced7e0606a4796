import type { Command } from 'commander'
import type { Action } from '../../action.ts'
import { EXIT } from '../../exit-codes.ts'
import { reply } from '../../invocation.ts'
import type { Invocation } from '../../invocation.ts'
import { progressOf } from '../../progress.ts'
import { counted } from '../../text.ts'
import { withConnectedOrg, withOrg } from '../../with-org.ts'
import { errorLines, pushText } from '../sync.ts'
import { SEND, seqList, seqsOf, usage } from './arguments.ts'

export function addRetry(tx: Command, action: Action): void {
  tx.command('retry')
    .argument('[seq...]', 'the numbers of transactions in Error or Archived', seqList)
    .option('--all', 'all that are in Error')
    .description('Make transactions pending again. They are sent by the next sync.')
    .addHelpText('after', '\nExamples:\n  $ outpost tx retry 7 9\n  $ outpost tx retry --all')
    .action(
      action((invocation, command) =>
        retry(invocation, seqsOf(command), command.opts<{ all?: boolean }>().all === true),
      ),
    )
  tx.command('retry-all')
    .description('Make all transactions in Error pending again, and send what the outbox holds now.')
    .addHelpText(
      'after',
      `
Exit code 1 when transactions are in Error afterwards. Where the master cannot be reached they stay pending.

Example:
  $ outpost tx retry-all`,
    )
    .action(action((invocation) => retryAll(invocation)))
}

async function retry(invocation: Invocation, seqs: readonly number[], all: boolean): Promise<number> {
  if (all === seqs.length > 0) {
    throw usage('retry needs either the numbers of transactions or --all', "See 'outpost tx retry --help'.")
  }
  const retried = await withOrg(invocation, async (org) => {
    if (all) return org.outbox.setAllPending()
    await org.outbox.setPending(seqs)
    return new Set(seqs).size
  })
  reply(invocation, { pending: retried }, () => [
    `${counted(retried, 'transaction')} set to pending.${retried > 0 ? ` ${SEND}` : ''}`,
  ])
  return 0
}

function retryAll(invocation: Invocation): Promise<number> {
  return withConnectedOrg(invocation, async (org) => {
    const progress = progressOf(invocation)
    const unsubscribe = org.subscribe((event) => progress.show(event))
    const pushed = await org.outbox.retryAll({ signal: invocation.io.signal }).finally(() => {
      unsubscribe()
      progress.end()
    })
    const failed = await org.outbox.list({ limit: 10 })
    const transactions = await org.outbox.counts()
    reply(invocation, { pushed, transactions }, () => [
      `Sent: ${pushText(pushed)}`,
      ...errorLines(invocation, transactions.error, failed),
    ])
    return transactions.error > 0 ? EXIT.refused : EXIT.ok
  })
}
