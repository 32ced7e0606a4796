import { isMisunderstanding, wasReadAnew } from '../copy/catalogue.ts'
import type { Change } from '../change.ts'
import { ruleOf } from '../conflicts/conflict-policy.ts'
import { concernsOneTable } from '../errors.ts'
import type { OutpostError } from '../errors.ts'
import { afterActions, standingOf, takeBases } from './evidence.ts'
import type { Happened } from './evidence.ts'
import { columnOf } from '../metadata.ts'
import type { MasterRows } from '../rows/local-rows.ts'
import { letGo } from '../outbox/let-go.ts'
import type { OfflineTransaction, TransactionError } from '../outbox/offline-transaction.ts'
import { transition } from '../outbox/transitions.ts'
import type { StoreWriter } from '../ports/store.ts'
import { delayMs } from '../delivery/retry.ts'
import { arrived, deliver, keep, versionsOf } from './deliver.ts'
import type { SettleContext } from './deliver.ts'
import { isSameRequest, refuse, STALE_LIMIT } from './settle.ts'
import type { Settled } from './settle.ts'
import { ANOTHER_ROW, conflictError, errorOf, keyClash, wasRefusedUnread } from './transaction-errors.ts'
import { isAnswered } from './unread-actions.ts'

/**
 * Resolves transactions whose answer was lost, by what was read of their rows and of the evidence of their actions:
 * delivered, to be sent again, or left to a person.
 */
export async function settleVerified(
  tx: StoreWriter,
  unknown: readonly OfflineTransaction[],
  masters: MasterRows,
  context: SettleContext,
  happened: Happened = new Map(),
): Promise<readonly Settled[]> {
  const settled: Settled[] = []
  for (const asked of unknown) {
    const [transaction] = await tx.transactions([asked.seq])
    if (!isStillLost(asked, transaction)) continue
    settled.push({ transaction: await settleOne(tx, transaction, masters, happened, context), conflicts: 0 })
  }
  return settled
}

/** Whether it still is the same answer that is missing: another client org on the store may have found it, or sent again. */
function isStillLost(asked: OfflineTransaction, now: OfflineTransaction | undefined): now is OfflineTransaction {
  return now?.status === 'pending' && now.outcome === 'unknown' && isSameRequest(asked, now)
}

const DOUBTFUL = {
  code: 'conflict',
  rejection: 'conflict',
  message: 'The answer was lost, and the rows of the master do not tell whether all of this has happened.',
  remedy: 'Compare the rows. Archive this transaction, and write anew what is missing.',
  fix: 'user',
} as const

const SAME_AMOUNT = {
  ...DOUBTFUL,
  message: 'The row was changed on the master to what this would have made of it: whose amount that is cannot be told.',
  remedy: 'Compare the rows. Archive this transaction, and add the amount anew where it is missing.',
} as const

async function settleOne(
  tx: StoreWriter,
  transaction: OfflineTransaction,
  masters: MasterRows,
  happened: Happened,
  context: SettleContext,
): Promise<OfflineTransaction> {
  const now = context.env.now()
  if (isAnswered(transaction)) {
    return deliver(tx, transaction, afterActions(transaction.changes, masters, masters), context)
  }
  const standing = standingOf(transaction.changes, masters, happened, context.tables)
  const isAnybodys = standing === 'delivered' && wasRefusedUnread(transaction) && addsAmounts(transaction, context)
  if (standing === 'delivered' && !isAnybodys) {
    return deliver(tx, transaction, masters, context, 'found on the master; the answer was lost')
  }
  if (standing === 'doubtful' || isAnybodys) {
    const lastError = { ...(isAnybodys ? SAME_AMOUNT : DOUBTFUL), at: now, attempt: transaction.attempts }
    const open = { lease: null, outcome: 'unknown', lastError } as const
    return keep(tx, transition(transaction, 'refused', now, open, { note: lastError.message }))
  }
  const withoutName = refusedWithoutName(transaction)
  const there = withoutName === null ? [] : transaction.changes.filter((change) => isAsWanted(change, masters))
  if (there.length > 0) return leaveOut(tx, transaction, there, masters, context)
  if (withoutName !== null && transaction.attempts % STALE_LIMIT === 0)
    return refuse(tx, transaction, withoutName(transaction, now), context)
  await takeBases(tx, transaction.changes, masters, context.tables)
  const versions = versionsOf(transaction.changes, masters)
  const note = {
    note: 'not found on the master; to be sent again',
    ...(Object.keys(versions).length > 0 ? { versions } : {}),
  }
  return keep(tx, transition(transaction, 'verified', now, { lease: null, outcome: 'not-sent' }, note))
}

/**
 * The error of a transaction that was refused as a whole because a row or a link is there, or is not, without a word about
 * which; null of one whose answer was lost.
 */
function refusedWithoutName({
  history,
}: OfflineTransaction): ((transaction: OfflineTransaction, now: number) => TransactionError) | null {
  // What came of reading its rows since says nothing about the request.
  const sent = history.findLastIndex(({ event }) => event === 'sent')
  const error = history.slice(sent + 1).find(({ event }) => event === 'deferred')?.error
  if (error?.status === undefined) return null
  if (error.code === 'conflict') return (transaction, now) => keyClash(transaction, ANOTHER_ROW, now)
  return error.code === 'not-found' ? (transaction, now) => conflictError(transaction, 'gone', now) : null
}

/** Whether the values of the transaction are what a rule of the table would add up: the same amount may come twice. */
function addsAmounts({ changes }: OfflineTransaction, { tables }: SettleContext): boolean {
  return changes.some((change) => {
    const table = tables.get(change.table)
    if (change.kind !== 'update' || !table) return false
    return Object.keys(change.values).some(
      (name) => ruleOf(table.conflicts, table.metadata, columnOf(table.metadata, name)) === 'sum',
    )
  })
}

/** Whether a link that is to be made is there, or what is to be removed is gone. */
function isAsWanted(change: Change, masters: MasterRows): boolean {
  const known = masters.get(change.table)?.get(change.id)
  if (!known) return false
  if (change.kind === 'associate') return known.row !== null
  return (change.kind === 'disassociate' || change.kind === 'delete') && known.row === null
}

/** Sends the transaction again without what is on the master as it is to be: that is what it was refused for. */
async function leaveOut(
  tx: StoreWriter,
  transaction: OfflineTransaction,
  there: readonly Change[],
  masters: MasterRows,
  context: SettleContext,
): Promise<OfflineTransaction> {
  const changes = transaction.changes.filter((change) => !there.includes(change))
  const rest = { lease: null, outcome: 'not-sent', changes } as const
  const note = { note: 'refused for what is on the master already; the rest is sent again' }
  const next = await keep(tx, transition(transaction, 'merged', context.env.now(), rest, note))
  await arrived(tx, transaction, there, masters, context, true)
  await takeBases(tx, changes, masters, context.tables)
  await letGo(tx, transaction, next, context.tables)
  return next
}

/**
 * Leaves transactions unknown whose rows could not be read; they wait, and hold nothing else up. One that the master has
 * answered is settled where it refuses to show them: what an action did there is never seen here.
 */
export async function settleUnverified(
  tx: StoreWriter,
  unknown: readonly OfflineTransaction[],
  failure: OutpostError,
  context: SettleContext,
): Promise<readonly Settled[]> {
  const settled: Settled[] = []
  const now = context.env.now()
  const found = await tx.transactions(unknown.map(({ seq }) => seq))
  // What an old copy of the metadata keeps from being read will be read by the new one.
  const isFinal = concernsOneTable(failure) && (!isMisunderstanding(failure) || (await wasReadAnew(tx)))
  for (const [index, asked] of unknown.entries()) {
    const transaction = found[index]
    if (!isStillLost(asked, transaction)) continue
    if (isAnswered(transaction) && isFinal) {
      settled.push({ transaction: await deliver(tx, transaction, new Map(), context), conflicts: 0 })
      continue
    }
    const attempts = transaction.attempts + 1
    const lastError = errorOf(failure, { ...transaction, attempts }, now)
    const nextAttemptAt = now + delayMs(attempts, context.env.random())
    const waiting = { lease: null, attempts, lastError, nextAttemptAt }
    const put = transition(transaction, 'deferred', now, waiting, { note: 'could not be verified' })
    settled.push({ transaction: await keep(tx, put), conflicts: 0 })
  }
  return settled
}
