import type { FailureClass, ListedTransaction, ListOptions, TransactionStatus } from '@outpost/core'
import { InvalidArgumentError } from 'commander'
import type { Command } from 'commander'
import type { Action } from '../../action.ts'
import { nameList, rowReference, wholeNumber } from '../../arguments.ts'
import { describeError, describeReason, describeTransaction } from '../../describe-transaction.ts'
import { reply } from '../../invocation.ts'
import type { Invocation } from '../../invocation.ts'
import { labelled, linesFor, tableLines } from '../../text.ts'
import { withOrg } from '../../with-org.ts'
import { requireMasterTable, usage } from './arguments.ts'

interface Flags extends Omit<ListOptions, 'statuses' | 'class'> {
  readonly status?: ListOptions['statuses']
  readonly class?: readonly FailureClass[]
}

/** How many are listed where nothing else is said. */
const LIMIT = 500

export function addList(tx: Command, action: Action): void {
  tx.command('list', { isDefault: true })
    .description('List transactions; those in Error unless --status says otherwise.')
    .option('--status <list>', `${STATUSES.join(',')}, or all`, statuses)
    .option('--table <name>', 'only those that change rows of this table')
    .option('--row <table/id>', 'only those that touch this row', rowReference)
    .option(
      '--class <list>',
      "only those that failed so, such as conflict,key-clash; 'offline' and other codes",
      classes,
    )
    .option('--text <words>', 'only those with these words in their changes, history or error')
    .option('--after <seq>', 'continue behind this transaction', wholeNumber)
    .option('--limit <n>', `at most this many, from the first on (default: ${LIMIT})`, wholeNumber)
    .addHelpText(
      'after',
      `
Every filter that is given must match.

Examples:
  $ outpost tx list
  $ outpost tx list --status pending,error --table account
  $ outpost tx list --class conflict,key-clash --text nordlys
  $ outpost tx list --status all --json`,
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
        return list(invocation, command.opts<Flags>())
      }),
    )
}

async function list(invocation: Invocation, { status, ...filters }: Flags): Promise<number> {
  const options = { limit: LIMIT, ...filters, ...(status === undefined ? {} : { statuses: status }) }
  const transactions = await withOrg(invocation, async (org) => {
    const found = await org.outbox.list(options)
    const table = filters.table ?? filters.row?.table
    // Not before: what was written to a table that the master has no more is still to be found.
    if (found.length === 0 && table !== undefined) await requireMasterTable(org, table)
    return found
  })
  reply(invocation, { transactions }, () => {
    if (transactions.length === 0) return [nothing(status, filters)]
    const [heading = '', ...lines] = tableLines(
      ['SEQ', 'STATUS', 'MADE', 'CHANGES'],
      transactions.map((transaction) => [
        String(transaction.seq),
        transaction.kept ? 'archived, kept' : transaction.status,
        new Date(transaction.createdAt).toISOString().slice(0, 19).replace('T', ' '),
        describeTransaction(transaction),
      ]),
    )
    // On a line of its own the reason can be read however long the rest is.
    const reasons = transactions.map(reasonOf)
    const { stdout } = invocation.io
    const shown = lines.flatMap((line, at) => [
      ...linesFor(stdout, [line]),
      ...(reasons[at] ? labelled(stdout, '      ', reasons[at]) : []),
    ])
    const more = `There may be more: add --after ${transactions.at(-1)?.seq}.`
    return [...linesFor(stdout, [heading]), ...shown, ...(transactions.length === options.limit ? [more] : [])]
  })
  return 0
}

function nothing(status: Flags['status'], filters: object): string {
  const matching = Object.keys(filters).length > 0 ? ' that match' : ''
  return `No transactions${status === undefined ? ' in Error' : ''}${matching}.`
}

function reasonOf({ status, lastError, reason }: ListedTransaction): string {
  return status === 'error' && lastError ? describeError(lastError) : describeReason(reason)
}

export const STATUSES: readonly TransactionStatus[] = ['pending', 'processed', 'error', 'archived']

export function statuses(text: string): readonly TransactionStatus[] | 'all' {
  if (text === 'all') return 'all'
  return text.split(',').map((part) => {
    const status = STATUSES.find((known) => known === part.trim().toLowerCase())
    if (status) return status
    throw new InvalidArgumentError(`Choose from ${STATUSES.join(', ')}, or all.`)
  })
}

/** Every class and code, so that a misspelled one is not taken for one that nothing has. */
const CLASSES: Readonly<Record<FailureClass, true>> = {
  permission: true,
  invalid: true,
  business: true,
  conflict: true,
  policy: true,
  gone: true,
  'key-clash': true,
  duplicate: true,
  state: true,
  size: true,
  unknown: true,
  offline: true,
  timeout: true,
  unavailable: true,
  throttled: true,
  unauthenticated: true,
  forbidden: true,
  'not-found': true,
  rejected: true,
  protocol: true,
  expired: true,
  'wrong-master': true,
  refused: true,
  store: true,
  'store-full': true,
  'store-readonly': true,
  'store-busy': true,
  'store-foreign': true,
  'store-newer': true,
  aborted: true,
  closed: true,
}

function classes(text: string): readonly FailureClass[] {
  const known = Object.keys(CLASSES)
  const names = nameList(text)
  const found = known.filter((name) => names.some((given) => given.toLowerCase() === name))
  if (names.length > 0 && found.length === new Set(names.map((name) => name.toLowerCase())).size)
    return found as readonly FailureClass[]
  throw new InvalidArgumentError(`Choose from ${known.join(', ')}.`)
}
