import type { Eviction } from './identity/canary.ts'
import type { ConfiguredTable } from './copy/configuration.ts'
import type { StoppedTable } from './copy/stopped-table.ts'
import type { ConnectionState } from './events.ts'
import type { TransactionStatus } from './outbox/offline-transaction.ts'
import type { MasterIdentity } from './ports/master-org.ts'
import type { Store } from './ports/store.ts'
import { isComplete } from './pull/checkpoint.ts'

/** What a client org is and holds at this moment. */
export interface OrgStatus {
  /** Null before `connect`. */
  readonly identity: MasterIdentity | null
  /** True after a sign-out that kept everything, until the same user connects again. */
  readonly signedOut: boolean
  readonly catalogueStamp: string | null
  readonly connection: ConnectionState
  readonly tables: Readonly<Record<string, TableStatus>>
  readonly transactions: Readonly<Record<TransactionStatus, number>>
  /** The pending transaction that has waited longest, by the device clock; null when none is pending. */
  readonly oldestPending: PendingAge | null
  /** What was unsent when the database was lost, where a canary tells of it; null otherwise. */
  readonly evicted: Eviction | null
}

/** What is held of one table. */
export interface TableStatus {
  readonly rows: number
  readonly complete: boolean
  /** Why the table is not pulled any more, with what can be done about it. */
  readonly stopped?: StoppedTable
}

/** How long the first of the pending transactions has been waiting. */
export interface PendingAge {
  readonly seq: number
  readonly ageMs: number
}

export async function tableStatus(
  store: Store,
  tables: ReadonlyMap<string, ConfiguredTable>,
): Promise<OrgStatus['tables']> {
  const found: Record<string, TableStatus> = {}
  for (const [name, { stopped }] of tables) {
    const rows = await store.read('status', (tx) => tx.count(name))
    found[name] = { rows, complete: await isComplete(store, name), ...(stopped ? { stopped } : {}) }
  }
  return found
}

export async function oldestPending(store: Store, now: number): Promise<PendingAge | null> {
  const [oldest] = await store.read('oldest pending', (tx) => tx.findTransactions({ statuses: ['pending'], limit: 1 }))
  return oldest ? { seq: oldest.seq, ageMs: Math.max(0, now - oldest.createdAt) } : null
}
