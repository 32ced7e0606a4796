import type { Command } from 'commander'
import type { Action } from '../../action.ts'
import { wholeNumber } from '../../arguments.ts'
import { transactionLines } from '../../describe-transaction.ts'
import { reply } from '../../invocation.ts'
import type { Invocation } from '../../invocation.ts'
import { withOrg } from '../../with-org.ts'
import { seqsOf, unknownTransaction } from './arguments.ts'

export function addShow(tx: Command, action: Action): void {
  tx.command('show')
    .argument('<seq>', 'the number of the transaction', wholeNumber)
    .description(
      'Show one transaction: its changes beside what the master has, its history, its error with the remedy.',
    )
    .addHelpText(
      'after',
      `
Of each column there are three values: what it was when it was changed (BASE), what was made of it here (MINE), and what
the master had when its row was last read (THEIRS). An asterisk marks what differs from the base.

Examples:
  $ outpost tx show 7
  $ outpost tx show 7 --json | jq '.comparison[].columns'`,
    )
    .action(action((invocation, command) => show(invocation, seqsOf(command)[0] ?? 0)))
}

async function show(invocation: Invocation, seq: number): Promise<number> {
  const [transaction, comparison] = await withOrg(invocation, async (org) => {
    const found = await org.outbox.get(seq)
    if (!found) throw unknownTransaction(seq)
    return [found, await org.outbox.compare(seq)] as const
  })
  reply(invocation, { ...transaction, comparison }, () =>
    transactionLines(transaction, comparison, invocation.paint, invocation.io.stdout),
  )
  return 0
}
