import { tablesOf } from '../write/dependencies.ts'
import { MasterError, OutpostError } from '../errors.ts'
import type { OfflineTransaction } from '../outbox/offline-transaction.ts'
import { claimedTogether, together } from '../outbox/together.ts'
import { LEASE_MS } from '../outbox/readiness.ts'
import type { OutgoingTransaction, PushOutcome } from '../ports/master-org.ts'
import { askedColumns } from './asked-columns.ts'
import { prepare } from './prepare.ts'
import { readinessOf } from './push-context.ts'
import type { PushContext } from './push-context.ts'
import { readMasters } from './read-masters.ts'
import { settle, settleUnanswered } from './settle.ts'
import type { Settled } from './settle.ts'

export interface SentBatch {
  readonly settled: readonly Settled[]
  /** Columns that both sides had changed and that were decided before anything was sent. */
  readonly conflicts: number
  /** Absent where nothing was left to be sent. */
  readonly answered?: AnsweredBatch
}

/** How much a request carried that was answered, and how long the answer took. */
export interface AnsweredBatch {
  readonly transactions: number
  readonly tookMs: number
}

/**
 * Sends transactions in one request: claims them in the store, sends them, and settles each by its answer. Where there is
 * no answer they stay pending, and the failure is thrown.
 */
export async function sendBatch(
  context: PushContext,
  ready: readonly OfflineTransaction[],
  signal: AbortSignal,
): Promise<SentBatch> {
  const { store, env, tables } = context
  const requestId = env.newId()
  const claim = await store.write('claim transactions', (writer) =>
    claimedTogether(writer, ready, tables, (tx) =>
      prepare(tx, ready, {
        ...readinessOf(context),
        leaseUntil: env.now() + LEASE_MS,
        requestId,
        catalogueStamp: context.catalogue.stamp ?? '',
      }),
    ),
  )
  if (claim.sending.length === 0) return claim
  context.emit({ type: 'push.sent', transactions: claim.sending.map((transaction) => transaction.seq) })
  let outcomes: readonly PushOutcome[]
  let sentAt: number
  try {
    const outgoing = await Promise.all(claim.sending.map((each) => outgoingTransaction(context, each, requestId)))
    sentAt = env.now()
    outcomes = await context.master.push(outgoing, signal)
  } catch (error) {
    const failure = error instanceof MasterError ? error : OutpostError.from(error, 'protocol')
    await store.write('release transactions', (tx) => settleUnanswered(tx, claim.sending, failure, env))
    throw failure
  }
  const answered = { transactions: claim.sending.length, tookMs: env.now() - sentAt }
  const { masters, refused } = await readMasters(context, claim.sending, outcomes, signal)
  const settled = await store.write('settle transactions', (writer) =>
    together(writer, claim.sending, tables, (tx) =>
      settle(tx, claim.sending, outcomes, masters, { tables, env, refused }),
    ),
  )
  return { settled: [...claim.settled, ...settled], conflicts: claim.conflicts, answered }
}

async function outgoingTransaction(
  context: PushContext,
  transaction: OfflineTransaction,
  requestId: string,
): Promise<OutgoingTransaction> {
  const named = transaction.changes.flatMap((change) => tablesOf(change, context.tables))
  const columns = new Map<string, readonly string[]>()
  for (const { table: name } of transaction.changes) {
    const table = context.tables.get(name)
    columns.set(name, table ? askedColumns(table, transaction.changes) : [])
  }
  const tables = await context.catalogue.tables(named)
  return { id: transaction.id, requestId, changes: transaction.changes, tables, columns }
}
