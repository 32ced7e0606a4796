import type { Change } from '../change.ts'
import { delayMs } from '../delivery/retry.ts'
import type { Env } from '../env.ts'
import { concernsOneTable, OutpostError } from '../errors.ts'
import { columnsNotKept } from './asked-columns.ts'
import { takeBases } from './evidence.ts'
import { idsByTable } from '../rows/local-rows.ts'
import type { MasterRows } from '../rows/local-rows.ts'
import { NO_VERSION } from '../rows/stack.ts'
import type { OfflineTransaction } from '../outbox/offline-transaction.ts'
import { together } from '../outbox/together.ts'
import { transition } from '../outbox/transitions.ts'
import type { StoreWriter } from '../ports/store.ts'
import type { PushContext } from './push-context.ts'
import { rowKey } from '../row.ts'
import { readEvidence, readRows, withoutHidden } from './read-masters.ts'
import { isSameRequest, SUSPECT_ATTEMPTS } from './settle.ts'
import type { Settled } from './settle.ts'
import { errorOf } from './transaction-errors.ts'
import { isAnswered } from './unread-actions.ts'
import { settleUnverified, settleVerified } from './verify.ts'

/**
 * Where a table's rows cannot be written on condition of their version, the master's present rows are read before, so that
 * a conflict is still seen and the policy still decides. What changes between the reading and the writing is not seen.
 *
 * The same goes for a deletion of a row of which no version is known, as where the master did not show what it made of an
 * earlier change: it is made on the row as it is found now. And for an update without a version of a row that is not kept,
 * as one that was put away until it left the filter: nothing would tell whose newer values it writes over. And for an update
 * of columns that are not kept any more where the row is a newer one now: no page brings them; or of columns that no pull had
 * brought when they were written. Where the master
 * refuses to show a table, those wait whom it concerns, and nobody else.
 */
export async function lookAtUnversioned(
  context: PushContext,
  ready: readonly OfflineTransaction[],
  signal: AbortSignal,
): Promise<void> {
  const unknown = await unknownRows(context, ready)
  const isBlind = (change: Change): boolean =>
    isUnfounded(change) ||
    (change.kind === 'update' && unknown.has(rowKey(change.table, change.id))) ||
    ((change.kind === 'update' || change.kind === 'delete') &&
      context.tables.get(change.table)?.metadata.versioned === false)
  const looking = ready.filter(({ changes }) => changes.some(isBlind))
  const [first] = looking
  if (!first) return
  try {
    await look(context, looking, isBlind, signal)
  } catch (error) {
    if (!concernsOneTable(error)) throw error
    if (looking.length > 1) for (const transaction of looking) await lookAtUnversioned(context, [transaction], signal)
    else await context.store.write('put off', (tx) => putOff(tx, first, error, context.env))
  }
}

/**
 * The rows of which not enough is known here to see whose values an update writes over: nothing where it is to be made
 * whatever the version is, or not the columns that it writes.
 */
async function unknownRows(
  { store, tables }: PushContext,
  ready: readonly OfflineTransaction[],
): Promise<ReadonlySet<string>> {
  const updates = ready.flatMap(({ changes }) =>
    changes.flatMap((change) => {
      const table = tables.get(change.table)
      if (change.kind !== 'update' || !table) return []
      const notKept = columnsNotKept(change, table)
      const isUnfit = change.version === null || change.version === NO_VERSION
      return isUnfit || notKept.length > 0 ? [{ ...change, notKept }] : []
    }),
  )
  if (updates.length === 0) return new Set()
  return store.read('look for rows that are not kept', async (tx) => {
    const unknown = new Set<string>()
    for (const [table, ids] of idsByTable(updates)) {
      const bases = new Map((await tx.bases(table, ids)).map((base) => [base.id, base]))
      for (const { id, version, notKept } of updates.filter((update) => update.table === table)) {
        const { values = null, version: known = null } = bases.get(id) ?? {}
        const isUnseen = version !== known && notKept.some((column) => values && !(column in values))
        if (isUnseen || version === NO_VERSION || (version === null && !values)) unknown.add(rowKey(table, id))
      }
    }
    return unknown
  })
}

/** Lets a transaction wait whose rows cannot be looked at: the claim that follows passes it by. */
async function putOff(tx: StoreWriter, { seq }: OfflineTransaction, failure: OutpostError, env: Env): Promise<void> {
  const [transaction] = await tx.transactions([seq])
  if (transaction?.status !== 'pending' || transaction.outcome !== 'not-sent' || transaction.lease) return
  const attempts = transaction.attempts + 1
  const now = env.now()
  const lastError = errorOf(failure, { ...transaction, attempts }, now)
  const waiting = { attempts, lastError, nextAttemptAt: now + delayMs(attempts, env.random()) }
  const note = { note: 'its row could not be looked at before it was sent' }
  await tx.putTransactions([transition(transaction, 'deferred', now, waiting, note)])
}

async function look(
  context: PushContext,
  ready: readonly OfflineTransaction[],
  isBlind: (change: Change) => boolean,
  signal: AbortSignal,
): Promise<void> {
  const masters = await readRows(
    context,
    ready.flatMap(({ changes }) => changes.filter(isBlind)),
    signal,
  )
  await context.store.write('look at unversioned rows', async (tx) => {
    const waiting = await stillWaiting(tx, ready)
    const blind = waiting.flatMap(({ changes }) => changes.filter(isBlind))
    await takeBases(tx, blind, masters, context.tables)
    await foundOnRows(tx, waiting, masters)
  })
}

/** Those that nobody has sent since: behind another client org's write the rows are not any more what was read of them. */
async function stillWaiting(
  tx: StoreWriter,
  ready: readonly OfflineTransaction[],
): Promise<readonly OfflineTransaction[]> {
  const found = await tx.transactions(ready.map(({ seq }) => seq))
  return found.flatMap((now, at) => {
    const asked = ready[at]
    if (!asked || now?.status !== 'pending' || now.outcome !== 'not-sent') return []
    return isSameRequest(asked, now) ? [now] : []
  })
}

function isUnfounded(change: Change): boolean {
  return change.kind === 'delete' && change.version === null
}

async function foundOnRows(
  tx: StoreWriter,
  waiting: readonly OfflineTransaction[],
  masters: MasterRows,
): Promise<void> {
  const founded = (change: Change): Change => {
    const row = isUnfounded(change) ? masters.get(change.table)?.get(change.id)?.row : null
    return row && change.kind === 'delete' ? { ...change, before: row.values, version: row.version } : change
  }
  const unfounded = waiting.filter(({ changes }) => changes.some(isUnfounded))
  for (const transaction of await tx.transactions(unfounded.map(({ seq }) => seq))) {
    if (!transaction) continue
    await tx.putTransactions([{ ...transaction, changes: transaction.changes.map(founded) }])
  }
}

/** Failures that say that the master is down, or that one table or row cannot be read: a plug-in that fails, or is slow. */
const MAY_BE_OF_ONE_ROW: ReadonlySet<string> = new Set(['timeout', 'unavailable'])

/** Counts a verification that failed, so that one that keeps failing does not hold up all the others. */
async function countVain(tx: StoreWriter, unknown: readonly OfflineTransaction[]): Promise<void> {
  for (const transaction of await tx.transactions(unknown.map(({ seq }) => seq))) {
    if (transaction?.status !== 'pending' || transaction.outcome !== 'unknown') continue
    await tx.putTransactions([{ ...transaction, attempts: transaction.attempts + 1 }])
  }
}

/**
 * Finds out what became of transactions whose answer was lost, by reading their rows. Where the master refuses to show
 * rows, or the reading has failed several times, it is asked for one transaction at a time, so that only those wait which it
 * concerns.
 */
export async function verify(
  context: PushContext,
  unknown: readonly OfflineTransaction[],
  signal: AbortSignal,
): Promise<readonly Settled[]> {
  const settling = { tables: context.tables, env: context.env }
  try {
    const changes = unknown.flatMap((transaction) => transaction.changes)
    const found = await readRows(context, changes, signal)
    const lost = unknown.filter((transaction) => !isAnswered(transaction)).flatMap((transaction) => transaction.changes)
    const masters = await withoutHidden(context, lost, found, signal)
    const happened = await readEvidence(context, lost, signal)
    return await context.store.write('verify transactions', (writer) =>
      together(writer, unknown, context.tables, (tx) => settleVerified(tx, unknown, masters, settling, happened)),
    )
  } catch (error) {
    const passing = error instanceof OutpostError && MAY_BE_OF_ONE_ROW.has(error.code)
    if (passing && !unknown.some(({ attempts }) => attempts >= SUSPECT_ATTEMPTS)) {
      await context.store.write('count verification', (tx) => countVain(tx, unknown))
      throw error
    }
    if (!passing && !concernsOneTable(error)) throw error
    if (unknown.length === 1) {
      return context.store.write('put off verification', (tx) => settleUnverified(tx, unknown, error, settling))
    }
    const settled: Settled[] = []
    for (const transaction of unknown) {
      const one = await verify(context, [transaction], signal)
      const isPutOff = one.some(({ transaction: { outcome } }) => outcome === 'unknown')
      // A master that is down would fail for each of them.
      if (passing && isPutOff && settled.length === 0) throw error
      settled.push(...one)
      if (passing && isPutOff) break
    }
    return settled
  }
}
