import type { ClientOrg, Dependent, ListedTransaction } from '@outpost/core'
import type { Command } from 'commander'
import type { Action } from '../../action.ts'
import { rowReference } from '../../arguments.ts'
import { describeTransaction } from '../../describe-transaction.ts'
import { reply } from '../../invocation.ts'
import type { Invocation } from '../../invocation.ts'
import { withOrg } from '../../with-org.ts'
import { numbers, rowOf, seqList, seqsOf } from './arguments.ts'

interface Flags {
  readonly keep?: boolean
  readonly preview?: boolean
  readonly withDependents?: boolean
}

const PREVIEW = 'change nothing; show what would go along, and what would no longer wait'

/** The commands that take unsent work away: archive, discard and revert. */
export function addPutAway(tx: Command, action: Action): void {
  tx.command('archive')
    .argument('<seq...>', 'the numbers of transactions', seqList)
    .option('--keep', 'let the local rows go on showing what the master will never have')
    .option('--with-dependents', 'archive also the transactions that need a row these create')
    .option('--preview', PREVIEW)
    .description('Put transactions away: they are never sent, and their effect on the local rows is taken back.')
    .addHelpText(
      'after',
      `
A transaction that the master has taken is only put away: what it did stays, and it cannot be sent again. To take it back,
make a new change. One that was archived with --keep loses its effect when it is archived again without it.

Examples:
  $ outpost tx archive 7
  $ outpost tx archive 7 9 --preview
  $ outpost tx archive 7 --with-dependents
  $ outpost tx archive 7 --keep`,
    )
    .action(action((invocation, command) => archive(invocation, seqsOf(command), command.opts<Flags>())))
  tx.command('discard')
    .argument('<seq...>', 'the numbers of unsent transactions', seqList)
    .option('--with-dependents', 'discard also the transactions that need a row these create')
    .option('--preview', PREVIEW)
    .description('Delete unsent transactions without a trace, their effect on the local rows included.')
    .addHelpText(
      'after',
      `
Nothing of a discarded transaction can be brought back; 'tx archive' keeps it, and 'tx export' writes it to a file before.
Refused while it is not known whether the master has it.

Examples:
  $ outpost tx discard 7
  $ outpost tx discard 7 --preview`,
    )
    .action(action((invocation, command) => discard(invocation, seqsOf(command), command.opts<Flags>())))
  tx.command('revert')
    .argument('<table/id>', 'a row', rowReference)
    .option('--with-dependents', 'also what was written together with it, or needs it')
    .description("Archive everything unsent that was done to a row: it shows the master's values again.")
    .addHelpText(
      'after',
      `
Refused where an unsent transaction of it changes other rows as well, unless --with-dependents takes those along.

Example:
  $ outpost tx revert account/5d3a6b9e-2f6e-4c5b-9d0a-1a2b3c4d5e6f`,
    )
    .action(action((invocation, command) => revert(invocation, rowOf(command), command.opts<Flags>())))
}

async function archive(
  invocation: Invocation,
  seqs: readonly number[],
  { keep, preview: asked, withDependents }: Flags,
): Promise<number> {
  const local = keep ? 'keep' : 'revert'
  if (asked) return preview(invocation, seqs, 'archived', local)
  const dependents = withDependents ? 'archive' : 'refuse'
  const { archived, doubtful } = await withOrg(invocation, async (org) =>
    withDoubtful(org, await org.outbox.archive(seqs, { dependents, local })),
  )
  const how = keep ? '; the local rows stay as they are' : ''
  reply(invocation, { archived }, () => [`Archived ${numbers(archived)}${how}.`, ...doubtLines(doubtful)])
  return 0
}

async function discard(
  invocation: Invocation,
  seqs: readonly number[],
  { preview: asked, withDependents }: Flags,
): Promise<number> {
  if (asked) return preview(invocation, seqs, 'discarded', 'revert')
  const dependents = withDependents ? 'discard' : 'refuse'
  const discarded = await withOrg(invocation, (org) => org.outbox.discard(seqs, { dependents }))
  reply(invocation, { discarded }, () => [`Discarded ${numbers(discarded)}.`])
  return 0
}

async function revert(
  invocation: Invocation,
  row: { readonly table: string; readonly id: string },
  { withDependents }: Flags,
): Promise<number> {
  const dependents = withDependents ? 'archive' : 'refuse'
  const { archived, doubtful } = await withOrg(invocation, async (org) =>
    withDoubtful(org, await org.outbox.revert(row, { dependents })),
  )
  reply(invocation, { archived }, () => [
    archived.length === 0
      ? `Nothing unsent was done to ${row.table} ${row.id}.`
      : `Reverted ${row.table} ${row.id}: archived ${numbers(archived)}.`,
    ...doubtLines(doubtful),
  ])
  return 0
}

interface PutAway {
  readonly archived: readonly number[]
  /** Those of them that the master may have all the same. */
  readonly doubtful: readonly number[]
}

async function withDoubtful(org: ClientOrg, archived: readonly number[]): Promise<PutAway> {
  const doubtful: number[] = []
  for (const seq of archived) if ((await org.outbox.get(seq))?.outcome === 'unknown') doubtful.push(seq)
  return { archived, doubtful }
}

function doubtLines(doubtful: readonly number[]): readonly string[] {
  if (doubtful.length === 0) return []
  return [
    `The master may have ${numbers(doubtful)} all the same: the answer never came. The next sync shows what it has.`,
  ]
}

async function preview(
  invocation: Invocation,
  seqs: readonly number[],
  what: 'archived' | 'discarded',
  local: 'revert' | 'keep',
): Promise<number> {
  const { dependents, involved } = await withOrg(invocation, async (org) => {
    const found = await org.outbox.dependents(seqs, { local })
    const all = new Map<number, ListedTransaction>()
    for (const seq of [...seqs, ...found.map((dependent) => dependent.seq)]) {
      const transaction = await org.outbox.get(seq)
      if (transaction) all.set(seq, transaction)
    }
    return { dependents: found, involved: all }
  })
  const line = (seq: number): string => {
    const transaction = involved.get(seq)
    return `  #${seq}  ${transaction ? describeTransaction(transaction) : ''}`
  }
  const along = dependents.filter(({ because }) => because === 'needs-row')
  const freed = dependents.filter(({ because }) => because === 'after')
  const refused = [...new Set([...seqs, ...along.map(({ seq }) => seq)])].flatMap((seq) => {
    const transaction = involved.get(seq)
    const reason = transaction && obstacle(transaction, what, local)
    return reason ? [{ seq, reason }] : []
  })
  reply(invocation, { preview: true, seqs, dependents, refused }, () => [
    `Would be ${what}:`,
    ...[...new Set(seqs)].map(line),
    ...(along.length > 0 ? ['', 'Only with --with-dependents, and with it:', ...along.flatMap(withReason(line))] : []),
    ...(freed.length > 0 ? ['', 'Would no longer wait:', ...freed.flatMap(withReason(line))] : []),
    ...(refused.length > 0 ? ['', 'All of it would be refused:'] : []),
    ...refused.map(({ seq, reason }) => `  #${seq}  ${reason}`),
    '',
    'Nothing was changed.',
  ])
  return 0
}

/** Why the operation would be refused; null where nothing is known against it. */
function obstacle(
  { status, outcome, reason, kept }: ListedTransaction,
  what: 'archived' | 'discarded',
  local: 'revert' | 'keep',
): string | null {
  if (reason?.kind === 'in-flight') return 'is being sent'
  if (what === 'archived') return status === 'archived' && !(kept && local === 'revert') ? 'is archived already' : null
  if (status === 'processed') return 'the master has it'
  return outcome === 'unknown' ? "it is not known whether the master has it: run 'outpost sync' first" : null
}

function withReason(line: (seq: number) => string): (dependent: Dependent) => readonly string[] {
  return ({ seq, of, row }) => [
    line(seq),
    row ? `      needs ${row.table} ${row.id}, which #${of} creates` : `      was told to wait for #${of}`,
  ]
}
