import type {
  ConflictDecision,
  FixedBy,
  ListedTransaction,
  PendingReason,
  RowComparison,
  TransactionError,
} from '@outpost/core'
import { columnNames, describeChange } from './describe-change.ts'
import { comparisonLines } from './comparison-lines.ts'
import type { Output } from './io.ts'
import { placeText } from './report-error.ts'
import { moment, oneLine, valueText } from './text.ts'
import type { Paint } from './text.ts'

/** What a transaction does, on one line. */
export function describeTransaction({ changes }: Pick<ListedTransaction, 'changes'>): string {
  const [first] = changes
  if (!first) return 'nothing'
  return changes.length === 1 ? describeChange(first) : `${describeChange(first)} and ${changes.length - 1} more`
}

/** Why a transaction is still pending; empty for one that is not. */
export function describeReason(reason: PendingReason | null): string {
  switch (reason?.kind) {
    case undefined:
      return ''
    case 'ready':
      return 'ready to be sent'
    case 'in-flight':
      return 'being sent'
    case 'verifying':
      return 'sent without an answer; the master is asked first'
    case 'blocked':
      return `waits for #${reason.by}`
    case 'held':
      return `held by the upload filter of ${reason.table}`
    case 'backing-off':
      return `waits until ${moment(reason.until)}`
    case 'waiting-for-sign-in':
      return 'waits for a sign-in'
    case 'other-user':
      return `belongs to user ${reason.userId}`
  }
}

/** An error with its class, on one line. */
export function describeError(error: TransactionError): string {
  return `${error.rejection ?? error.code}: ${oneLine(error.message)}`
}

/** What was decided about one column, on one line. */
export function describeConflict(conflict: ConflictDecision): string {
  const { table, column, kind, base, local, remote, resolved, value, policy, reason } = conflict
  const here = kind === 'deleted-here' ? 'deleted' : valueText(local)
  const there = kind === 'deleted-on-master' ? 'deleted' : valueText(remote)
  const verdict = {
    local: 'chose what is here',
    remote: 'chose the master',
    merged: `made it ${valueText(value)}`,
    undecided: 'left it to you',
  }[resolved]
  const why = reason === undefined ? '' : ` (${oneLine(reason)})`
  return `${table}.${column}: was ${valueText(base)}, here ${here}, master ${there}; ${policy} ${verdict}${why}`
}

/** Everything about a transaction, for people. */
export function transactionLines(
  transaction: ListedTransaction,
  comparison: readonly RowComparison[],
  paint: Paint,
  output: Output,
): readonly string[] {
  const { seq, status, reason, attempts, lastError, changes, history } = transaction
  const why = describeReason(reason)
  return [
    `${paint.bold(`Transaction #${seq}`)}  ${status}${transaction.kept ? ', its effect kept' : ''}${why ? `, ${why}` : ''}`,
    `  id        ${transaction.id}`,
    `  made      ${moment(transaction.createdAt)} by user ${transaction.userId}`,
    `  outcome   ${outcomeText(transaction)}`,
    `  attempts  ${attempts}`,
    ...(transaction.dependsOn.length > 0
      ? [`  after     ${transaction.dependsOn.map((other) => `#${other}`).join(', ')}`]
      : []),
    ...(lastError ? errorLines(lastError, paint) : []),
    ...(status === 'error' ? thenLines(transaction) : []),
    '',
    paint.bold('Changes'),
    ...comparison.flatMap((row, at) => comparisonLines(row, at, changes[at], output)),
    '',
    paint.bold('History'),
    ...history.flatMap((entry) => [
      `  ${moment(entry.at)}  ${entry.event}${entryNote(entry)}`,
      ...(entry.conflicts ?? []).map((conflict) => `    ${describeConflict(conflict)}`),
    ]),
  ]
}

function errorLines(error: TransactionError, paint: Paint): readonly string[] {
  const answer = [
    error.status !== undefined && `HTTP ${error.status}`,
    error.masterCode,
    error.requestId && `request ${error.requestId}`,
  ].filter(Boolean)
  const place = placeText({ ...(error.column === undefined ? {} : { column: error.column }) })
  return [
    `  ${paint.red('error')}     ${describeError(error)}`,
    ...(error.change === undefined ? [] : [`  where     change ${error.change + 1}${place ? `, ${place}` : ''}`]),
    ...(answer.length > 0 ? [`  answer    ${answer.join(', ')}`] : []),
    ...(error.cause === undefined ? [] : [`  cause     ${oneLine(error.cause)}`]),
    // What was no verdict is sent by the next sync; nothing else of this program sends.
    `  remedy    ${error.rejection ? oneLine(error.remedy) : "Nothing to decide: the next 'outpost sync' sends it again."}`,
    ...(error.fix === undefined || error.fix === 'nobody' ? [] : [`  mended by ${MENDERS[error.fix]}`]),
  ]
}

const MENDERS: Readonly<Record<Exclude<FixedBy, 'nobody'>, string>> = {
  user: 'you',
  administrator: 'an administrator of the organisation',
  developer: 'a developer',
}

/** What a person can do about an Error here, and what each of it comes to. */
function thenLines({ seq, changes, lastError }: ListedTransaction): readonly string[] {
  const conflict = lastError?.rejection === 'conflict'
  const written = changes.filter(({ kind }) => kind === 'create' || kind === 'update').length
  const writes = written > 0
  const amend = `tx amend ${seq}${written > 1 ? ' --row table/id' : ''}`
  const ways: readonly (readonly [string, string])[] = [
    [`tx retry ${seq}`, conflict ? `${writes ? 'sends MINE' : 'sends it'} all the same` : 'sends it again as it is'],
    ...(writes ? [[`${amend} column=value`, 'corrects it and sends it again'] as const] : []),
    ...(writes && conflict ? [[`${amend} --drop column`, 'takes THEIRS there, sends the rest'] as const] : []),
    [`tx archive ${seq}`, conflict ? 'takes THEIRS for all of it' : 'gives it up; --keep leaves the row here as it is'],
  ]
  const width = Math.max(...ways.map(([way]) => way.length))
  return ways.map(([way, what], at) => `  ${at === 0 ? 'then' : '    '}      outpost ${way.padEnd(width)}  ${what}`)
}

function entryNote({ event, note, wrote }: ListedTransaction['history'][number]): string {
  if (note !== undefined) return `: ${oneLine(note)}`
  if ((event !== 'amended' && event !== 'migrated') || !wrote) return ''
  const columns = wrote.flatMap(({ values, dropped = [] }) => [
    ...columnNames(values),
    ...dropped.map((name) => `${name} taken out`),
  ])
  return `: ${columns.join(', ')}`
}

function outcomeText({ outcome, status, history }: ListedTransaction): string {
  if (outcome === 'unknown') {
    return status === 'archived'
      ? 'sent, the answer never came; the master may have it'
      : 'sent, the answer never came; the master is asked before anything is sent again'
  }
  const delivered = history.some(({ event }) => event === 'delivered')
  return delivered ? 'the master has it' : 'no effect on the master'
}
