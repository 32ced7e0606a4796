import type { ExportOptions, ImportReport, TransactionStatus } from '@outpost/core'
import { InvalidArgumentError } from 'commander'
import type { Command } from 'commander'
import type { Action } from '../../action.ts'
import { nameList, wholeNumber } from '../../arguments.ts'
import { EXIT } from '../../exit-codes.ts'
import { reply } from '../../invocation.ts'
import type { Invocation } from '../../invocation.ts'
import { parseJson, readText } from '../../read-input.ts'
import { counted, oneLine } from '../../text.ts'
import { withConnectedOrg } from '../../with-org.ts'
import { writeWhole } from '../../write-whole.ts'
import { numbers, usage } from './arguments.ts'
import { STATUSES, statuses } from './list.ts'

interface Flags {
  readonly only?: readonly number[]
  readonly status?: readonly TransactionStatus[] | 'all'
}

/** The commands that write transactions to a file and read them from one. */
export function addQueueFiles(tx: Command, action: Action): void {
  tx.command('export')
    .argument('[file]', 'where to write; stdout when absent')
    .option('--only <list>', 'only these transactions, by number: 3,4', seqsFrom)
    .option('--status <list>', 'only those in these statuses, or all (default: all but processed)', statuses)
    .description(
      'Write transactions as JSON: to keep them safe, to show them to somebody, to take them to another device.',
    )
    .addHelpText(
      'after',
      `
The file holds what was written, with the rows it was made on; no token. Whoever can help with an Error may put a
"decision" beside a transaction in it, which 'tx import' carries out on the device that has the transaction:
  {"kind":"set-pending"}, {"kind":"amend","values":{…}}, {"kind":"archive"}, {"kind":"discard"}

Examples:
  $ outpost tx export queue.json
  $ outpost tx export --only 7 | mail support@example.com`,
    )
    .action(action((invocation, command) => exportTo(invocation, command.args[0], command.opts<Flags>())))
  tx.command('import')
    .argument('<file>', 'what tx export wrote; - is stdin')
    .description('Take over the transactions of such a file that are not here, and carry out the decisions in it.')
    .addHelpText(
      'after',
      `
Only of the same user and organisation. What is here already is not doubled. Exit code 1 when something was not taken over
or not carried out; the rest is.

Examples:
  $ outpost tx import queue.json
  $ ssh van cat queue.json | outpost tx import -`,
    )
    .action(action((invocation, command) => importFrom(invocation, String(command.args[0]))))
}

async function exportTo(invocation: Invocation, file: string | undefined, { only, status }: Flags): Promise<number> {
  if (only && status) throw usage('--only and --status exclude each other', "See 'outpost tx export --help'.")
  const options: ExportOptions = {
    ...(only === undefined ? {} : { seqs: only }),
    ...(status === undefined ? {} : { statuses: status === 'all' ? STATUSES : status }),
  }
  const queue = await withConnectedOrg(invocation, (org) => org.outbox.exportQueue(options))
  const text = `${JSON.stringify(queue, null, 2)}\n`
  if (file === undefined) {
    invocation.io.stdout.write(text)
    return 0
  }
  await writeWhole(file, [text])
  const { length } = queue.transactions
  reply(invocation, { file, transactions: length }, () => [`Wrote ${counted(length, 'transaction')} to ${file}.`])
  return 0
}

async function importFrom(invocation: Invocation, file: string): Promise<number> {
  const queue = parseJson(await readText(file, invocation.io), file)
  const report = await withConnectedOrg(invocation, (org) => org.outbox.importQueue(queue))
  reply(invocation, report, () => reportLines(report))
  return report.refused.length > 0 ? EXIT.refused : EXIT.ok
}

function reportLines({ imported, decided, known, refused }: ImportReport): readonly string[] {
  return [
    ...(imported.length > 0 ? [`Took over ${counted(imported.length, 'transaction')}: ${numbers(imported)}.`] : []),
    ...(decided.length > 0 ? [`Carried out the decisions about ${numbers(decided)}.`] : []),
    ...(known.length > 0 ? [`${counted(known.length, 'transaction')} known already.`] : []),
    ...(refused.length > 0 ? ['Not taken, by the numbers of the file:'] : []),
    ...refused.map(({ seq, reason }) => `  #${seq}  ${oneLine(reason)}`),
    ...(imported.length + decided.length + known.length + refused.length === 0
      ? ['The file has no transactions.']
      : []),
  ]
}

function seqsFrom(text: string): readonly number[] {
  const names = nameList(text)
  if (names.length === 0) throw new InvalidArgumentError('Give the numbers of transactions.')
  return names.map(wholeNumber)
}
