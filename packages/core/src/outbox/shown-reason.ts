import type { ConnectionState } from '../events.ts'
import type { StoreReader } from '../ports/store.ts'
import { isSignedOut, isSignInMissing } from '../settings.ts'
import type { OfflineTransaction, TransactionStatus } from './offline-transaction.ts'
import { pendingReason } from './readiness.ts'
import type { PendingReason, ReadinessContext } from './readiness.ts'

export interface ShownReasonContext extends ReadinessContext {
  readonly connection: ConnectionState
}

/**
 * Tells of pending transactions why they are not delivered yet, as people are told: what only waits for the connection
 * says so, and what is on its way is in flight for whoever looks. A missing sign-in is known across processes.
 */
export async function shownReasons(
  tx: StoreReader,
  context: ShownReasonContext,
): Promise<(transaction: OfflineTransaction) => Promise<PendingReason | null>> {
  const statuses = new Map<number, TransactionStatus | undefined>()
  const obstacle = await obstacleOf(tx, context)
  const everyone = { ...context, owner: '' }
  return async (transaction) => {
    if (transaction.status !== 'pending') return null
    const reason = await pendingReason(tx, transaction, everyone, statuses)
    return reason.kind === 'ready' || reason.kind === 'verifying' ? (obstacle ?? reason) : reason
  }
}

/** What keeps everything from being sent; null when nothing is known to. */
async function obstacleOf(tx: StoreReader, { connection, now }: ShownReasonContext): Promise<PendingReason | null> {
  if (connection.kind === 'signed-out') return { kind: 'waiting-for-sign-in' }
  if (connection.kind !== 'connected' && ((await isSignInMissing(tx)) || (await isSignedOut(tx)))) {
    return { kind: 'waiting-for-sign-in' }
  }
  return connection.kind === 'paused' && connection.until > now
    ? { kind: 'backing-off', until: connection.until }
    : null
}
