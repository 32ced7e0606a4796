import { OutpostError, TARGET_SUFFIX } from '@outpost/core'
import type {
  Change,
  ColumnMetadata,
  ColumnValue,
  ListedTransaction,
  ListOptions,
  Row,
  TransactionStatus,
} from '@outpost/core'
import { InvalidArgumentError } from 'commander'
import type { Command } from 'commander'
import { describeError, describeReason, describeTransaction, transactionLines } from '../describe-transaction.ts'
import { reply } from '../invocation.ts'
import type { Invocation } from '../invocation.ts'
import type { Action } from '../action.ts'
import { nameList, rowReference, wholeNumber } from '../arguments.ts'
import { counted, linesFor, tableLines } from '../text.ts'
import { withOrg } from '../with-org.ts'

const STATUSES: readonly TransactionStatus[] = ['pending', 'processed', 'error', 'archived']
const SEND = "Run 'outpost sync' to send."

interface ListFlags {
  readonly status?: ListOptions['statuses']
  readonly row?: { readonly table: string; readonly id: string }
  readonly limit?: number
}

export function addTransactions(program: Command, action: Action): void {
  const tx = program
    .command('tx')
    .description('Inspect and decide about offline transactions: what was written here and is to be sent.')
  tx.command('list', { isDefault: true })
    .description('List transactions; those in Error unless --status says otherwise.')
    .option('--status <list>', `${STATUSES.join(',')}, or all`, statuses)
    .option('--row <table/id>', 'only those that touch this row', rowReference)
    .option('--limit <n>', 'at most this many, from the first on', wholeNumber)
    .addHelpText(
      'after',
      '\nExamples:\n  $ outpost tx list\n  $ outpost tx list --status pending,error\n  $ outpost tx list --status all --json',
    )
    .allowExcessArguments(true)
    .action(
      action((invocation, command) => {
        const [extra] = command.args
        // Commander takes what is no command of `tx` for an argument of its default command.
        if (extra !== undefined) {
          const named = command.parent?.args[0] === command.name()
          throw usage(
            named ? `'${extra}' is too much for tx list` : `unknown command 'tx ${extra}'`,
            "See 'outpost tx --help'.",
          )
        }
        return list(invocation, command.opts<ListFlags>())
      }),
    )
  tx.command('show')
    .argument('<seq>', 'the number of the transaction', wholeNumber)
    .description('Show one transaction: its changes, the values before, its history, and its error with the remedy.')
    .addHelpText('after', '\nExample:\n  $ outpost tx show 7')
    .action(action((invocation, command) => show(invocation, seqsOf(command)[0] ?? 0)))
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
  tx.command('amend')
    .argument('<seq>', 'the number of an unsent transaction', wholeNumber)
    .argument('[column=value...]', 'corrected values; an empty value clears the column on the master')
    .option('--drop <column>', 'take a column out of the change, so that it stays as it is; repeatable', columnList)
    .option('--row <table/id>', 'which row is meant, where the transaction writes several', rowReference)
    .description('Correct the values of an unsent transaction and make it pending again.')
    .addHelpText(
      'after',
      "\nExamples:\n  $ outpost tx amend 7 accountnumber=A-900001\n  $ outpost tx amend 7 'name=Nordlys ApS' creditonhold=false\n  $ outpost tx amend 7 --drop telephone1",
    )
    .action(
      action((invocation, command) => {
        const { row, drop = [] } = command.opts<ListFlags & { readonly drop?: readonly string[] }>()
        const pairs = ((command.processedArgs[1] as readonly string[] | undefined) ?? []).map(pairFrom)
        refuseDoubtful([...pairs.map(([column]) => column), ...drop])
        return amend(invocation, seqsOf(command)[0] ?? 0, { pairs, drop, row })
      }),
    )
  tx.command('archive')
    .argument('<seq...>', 'the numbers of transactions', seqList)
    .option('--with-dependents', 'archive also the transactions that need a row these create')
    .description('Put transactions away: they are never sent, and their effect on the local rows is taken back.')
    .addHelpText(
      'after',
      `
A transaction that the master has taken is only put away: what it did stays, and it cannot be sent again. To take it back,
make a new change.
` + '\nExamples:\n  $ outpost tx archive 7\n  $ outpost tx archive 7 --with-dependents',
    )
    .action(
      action((invocation, command) =>
        archive(invocation, seqsOf(command), command.opts<{ withDependents?: boolean }>().withDependents === true),
      ),
    )
}

async function list(invocation: Invocation, { status, row, limit }: ListFlags): Promise<number> {
  const options = {
    ...(status === undefined ? {} : { statuses: status }),
    ...(row === undefined ? {} : { row }),
    ...(limit === undefined ? {} : { limit }),
  }
  const transactions = await withOrg(invocation, (org) => org.outbox.list(options))
  reply(invocation, { transactions }, () => {
    if (transactions.length === 0) return [`No transactions${status === undefined ? ' in Error' : ''}.`]
    const [heading = '', ...lines] = tableLines(
      ['SEQ', 'STATUS', 'MADE', 'CHANGES'],
      transactions.map((transaction) => [
        String(transaction.seq),
        transaction.status,
        new Date(transaction.createdAt).toISOString().slice(0, 19).replace('T', ' '),
        describeTransaction(transaction),
      ]),
    )
    // On a line of its own the reason can be read however long the rest is.
    const reasons = transactions.map(reasonOf)
    return linesFor(invocation.io.stdout, [
      heading,
      ...lines.flatMap((line, at) => (reasons[at] ? [line, `      ${reasons[at]}`] : [line])),
    ])
  })
  return 0
}

function reasonOf({ status, lastError, reason }: ListedTransaction): string {
  return status === 'error' && lastError ? describeError(lastError) : describeReason(reason)
}

async function show(invocation: Invocation, seq: number): Promise<number> {
  const transaction = await withOrg(invocation, (org) => org.outbox.get(seq))
  if (!transaction) throw unknownTransaction(seq)
  reply(invocation, transaction, () => transactionLines(transaction, invocation.paint))
  return 0
}

async function retry(invocation: Invocation, seqs: readonly number[], all: boolean): Promise<number> {
  if (all === seqs.length > 0) {
    throw new OutpostError('invalid', 'retry needs either the numbers of transactions or --all', {
      place: { rule: 'usage' },
    })
  }
  const retried = await withOrg(invocation, async (org) => {
    if (all) return org.outbox.setAllPending()
    await org.outbox.setPending(seqs)
    return seqs.length
  })
  reply(invocation, { pending: retried }, () => [
    `${counted(retried, 'transaction')} set to pending.${retried > 0 ? ` ${SEND}` : ''}`,
  ])
  return 0
}

async function archive(invocation: Invocation, seqs: readonly number[], withDependents: boolean): Promise<number> {
  const archived = await withOrg(invocation, (org) =>
    org.outbox.archive(seqs, { dependents: withDependents ? 'archive' : 'refuse' }),
  )
  reply(invocation, { archived }, () => [`Archived ${archived.map((seq) => `#${seq}`).join(', ')}.`])
  return 0
}

type Pair = readonly [column: string, text: string]

interface Amendment {
  readonly pairs: readonly Pair[]
  readonly drop: readonly string[]
  readonly row: ListFlags['row']
}

async function amend(invocation: Invocation, seq: number, { pairs, drop, row }: Amendment): Promise<number> {
  const amended = await withOrg(invocation, async (org) => {
    const transaction = await org.outbox.get(seq)
    if (!transaction) throw unknownTransaction(seq)
    const change = writtenChange(transaction, row)
    if (change) refuseEmptying(seq, change.values, drop, pairs.length > 0 || change.kind === 'create')
    const name = change?.table
    const columns = name === undefined ? undefined : (await org.masterTable(name))?.columns
    const values = Object.fromEntries(
      pairs.map(([column, text]) => [
        column,
        valueFrom(
          text,
          columns?.find((known) => known.name === column),
        ),
      ]),
    )
    const dropped = Object.fromEntries(drop.map((column) => [column, undefined]))
    await org.outbox.amend(seq, { ...values, ...dropped }, row)
    return org.outbox.get(seq)
  })
  reply(invocation, amended, () => [`Amended #${seq}; it is pending again. ${SEND}`])
  return 0
}

type Written = Extract<Change, { kind: 'create' | 'update' }>

/** The change that writes the row; undefined where there is none, or several and no row says which. */
function writtenChange({ changes }: ListedTransaction, row: ListFlags['row']): Written | undefined {
  const written = changes.filter((change) => change.kind === 'create' || change.kind === 'update')
  const meant = row ? written.filter((change) => change.table === row.table && change.id === row.id) : written
  return meant.length === 1 ? meant[0] : undefined
}

function refuseDoubtful(columns: readonly string[]): void {
  if (columns.length === 0) throw usage('amend needs column=value, or --drop', "See 'outpost tx amend --help'.")
  const twice = columns.find((column, at) => columns.indexOf(column) !== at)
  if (twice !== undefined) throw usage(`column ${twice} is given twice`, 'Give each column once.')
}

/** What is to be taken out must be there, and something must be left. */
function refuseEmptying(seq: number, values: Row, drop: readonly string[], filled: boolean): void {
  const missing = drop.find((column) => !(column in values))
  if (missing !== undefined) {
    throw new OutpostError('invalid', `transaction #${seq} does not write the column ${missing}`, {
      place: { column: missing, rule: 'unknown-column' },
      remedy: `'outpost tx show ${seq}' lists its columns.`,
    })
  }
  const left = Object.keys(values).filter((name) => !drop.includes(name.replace(TARGET_SUFFIX, '')))
  if (left.length > 0 || filled) return
  throw new OutpostError('invalid', `nothing would be left of transaction #${seq}`, {
    place: { rule: 'empty-change' },
    remedy: `Put it away with 'outpost tx archive ${seq}'.`,
  })
}

/** The value that a text means for a column. What does not fit is left as text, for the client org to refuse. */
function valueFrom(text: string, column: ColumnMetadata | undefined): ColumnValue {
  if (text === '') return null
  switch (column?.type) {
    case 'integer':
    case 'double':
    case 'choice':
    case 'state':
    case 'status':
      return text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text)
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : text
    default:
      return text
  }
}

function pairFrom(text: string): Pair {
  const at = text.indexOf('=')
  if (at > 0) return [text.slice(0, at).trim(), text.slice(at + 1)]
  throw usage(`'${text}' is not column=value`, "See 'outpost tx amend --help'.")
}

function usage(message: string, remedy: string): OutpostError {
  return new OutpostError('invalid', message, { place: { rule: 'usage' }, remedy })
}

function unknownTransaction(seq: number): OutpostError {
  return new OutpostError('invalid', `there is no transaction #${seq}`, {
    place: { rule: 'unknown-transaction' },
    remedy: "'outpost tx list --status all' lists them.",
  })
}

function seqsOf(command: Command): readonly number[] {
  const given = command.processedArgs[0] as number | readonly number[] | undefined
  return given === undefined ? [] : typeof given === 'number' ? [given] : given
}

function seqList(text: string, before: readonly number[] = []): readonly number[] {
  return [...before, wholeNumber(text)]
}

function columnList(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...nameList(text)]
}

function statuses(text: string): ListOptions['statuses'] {
  if (text === 'all') return 'all'
  return text.split(',').map((part) => {
    const status = STATUSES.find((known) => known === part.trim().toLowerCase())
    if (status) return status
    throw new InvalidArgumentError(`Choose from ${STATUSES.join(', ')}, or all.`)
  })
}
