import { OutpostError, TARGET_SUFFIX } from '@outpost/core'
import type { Change, ColumnMetadata, ColumnValue, ListedTransaction, Row } from '@outpost/core'
import type { Command } from 'commander'
import type { Action } from '../../action.ts'
import { nameList, rowReference, wholeNumber } from '../../arguments.ts'
import { reply } from '../../invocation.ts'
import type { Invocation } from '../../invocation.ts'
import { withOrg } from '../../with-org.ts'
import { SEND, seqsOf, unknownTransaction, usage } from './arguments.ts'

interface Flags {
  readonly drop?: readonly string[]
  readonly row?: { readonly table: string; readonly id: string }
}

export function addAmend(tx: Command, action: Action): void {
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
        const { row, drop = [] } = command.opts<Flags>()
        const pairs = ((command.processedArgs[1] as readonly string[] | undefined) ?? []).map(pairFrom)
        refuseDoubtful([...pairs.map(([column]) => column), ...drop])
        return amend(invocation, seqsOf(command)[0] ?? 0, { pairs, drop, row })
      }),
    )
}

type Pair = readonly [column: string, text: string]

interface Amendment {
  readonly pairs: readonly Pair[]
  readonly drop: readonly string[]
  readonly row: Flags['row']
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
function writtenChange({ changes }: ListedTransaction, row: Flags['row']): Written | undefined {
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

function columnList(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...nameList(text)]
}
