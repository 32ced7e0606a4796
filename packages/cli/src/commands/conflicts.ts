import type { ConflictDecision, ConflictQuery, ListedConflict } from '@outpost/core'
import { InvalidArgumentError, Option } from 'commander'
import type { Command } from 'commander'
import type { Action } from '../action.ts'
import { rowReference, wholeNumber } from '../arguments.ts'
import { describeConflict } from '../describe-transaction.ts'
import { reply } from '../invocation.ts'
import type { Invocation } from '../invocation.ts'
import { withOrg } from '../with-org.ts'
import { requireMasterTable } from './transactions/arguments.ts'

const RESOLVED: readonly ConflictDecision['resolved'][] = ['local', 'remote', 'merged', 'undecided']

export function addConflicts(program: Command, action: Action): void {
  program
    .command('conflicts')
    .description('List what was decided where both sides had changed a row, and what waits for a decision.')
    .option('--table <name>', 'only those in this table')
    .option('--row <table/id>', 'only those in this row', rowReference)
    .option('--policy <name>', "only those decided by this policy or rule: merge, max, 'function <name>' …")
    .addOption(new Option('--resolved <how>', 'only those that ended so').choices(RESOLVED))
    .option('--open', 'only those that still wait for a person')
    .option(
      '--since <time>',
      'only those decided at this time or later, as 2026-05-01 or 2026-05-01T08:00:00Z',
      instant,
    )
    .option('--after <seq>', 'continue behind this transaction', wholeNumber)
    .option('--limit <n>', 'stop with the transaction that reaches this number', wholeNumber)
    .addHelpText(
      'after',
      '\nExamples:\n  $ outpost conflicts --open\n  $ outpost conflicts --table account --policy max --since 2026-05-01 --json',
    )
    .action(action((invocation, command) => conflicts(invocation, command.opts<ConflictQuery>())))
}

async function conflicts(invocation: Invocation, query: ConflictQuery): Promise<number> {
  const found = await withOrg(invocation, async (org) => {
    const listed = await org.conflicts.list(query)
    const table = query.table ?? query.row?.table
    if (listed.length === 0 && table !== undefined) await requireMasterTable(org, table)
    return listed
  })
  reply(invocation, { conflicts: found }, () => (found.length === 0 ? ['No conflicts.'] : found.flatMap(linesOf)))
  return 0
}

function linesOf(conflict: ListedConflict): readonly string[] {
  const { seq, status, at, id, resolved, answered } = conflict
  const answer = answered
    ? `, then ${answered.event}`
    : resolved === 'undecided'
      ? `: see 'outpost tx show ${seq}'`
      : ''
  return [
    `#${seq} ${status}  ${new Date(at).toISOString().slice(0, 19)}Z  row ${id}`,
    `    ${describeConflict(conflict)}${answer}`,
  ]
}

const INSTANT = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/

function instant(text: string): number {
  const time = INSTANT.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(time)) throw new InvalidArgumentError('Give a time such as 2026-05-01T08:00:00Z.')
  return time
}
