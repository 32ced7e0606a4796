import type { Delivery } from './delivery/delivery.ts'
import type { Env } from './env.ts'
import type { Eviction } from './identity/canary.ts'
import type { IdentityGuard } from './identity/identity-guard.ts'
import { oldestPending } from './identity/unsent-watch.ts'
import type { PendingAge, UnsentWatch } from './identity/unsent-watch.ts'
import type { KeptTables } from './copy/kept-tables.ts'
import type { ConfiguredTable } from './copy/configuration.ts'
import type { StoppedTable } from './copy/stopped-table.ts'
import type { ConnectionState } from './events.ts'
import type { TransactionStatus } from './outbox/offline-transaction.ts'
import type { Outbox } from './outbox/outbox.ts'
import type { MasterIdentity } from './ports/master-org.ts'
import type { Store } from './ports/store.ts'
import { isComplete } from './pull/checkpoint.ts'
import { isOfAnother } from './settings.ts'

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

export interface StatusContext {
  readonly store: Store
  readonly env: Pick<Env, 'now'>
  readonly kept: KeptTables
  readonly delivery: Delivery
  readonly identity: IdentityGuard
  readonly watch: UnsentWatch
  readonly outbox: Outbox
}

/** The contract is `ClientOrg.status`. */
export async function orgStatus(context: StatusContext): Promise<OrgStatus> {
  const { store, env, kept, delivery, identity, watch, outbox } = context
  await watch.warn()
  // In another tab the tables can have become others.
  await delivery.follow()
  const { bound } = identity
  const { signedOut, isGone } = await store.read('status', async (tx) => ({
    signedOut: await identity.hasLeft(tx),
    // In another tab the store can have been cleared, or have become somebody else's.
    isGone: bound !== null && (await isOfAnother(tx, bound)),
  }))
  return {
    identity: bound,
    signedOut,
    catalogueStamp: kept.catalogue.stamp,
    connection: delivery.connection,
    tables: isGone ? {} : await tableStatus(store, kept.byName),
    transactions: await outbox.counts(),
    oldestPending: await oldestPending(store, env.now()),
    evicted: watch.evicted,
  }
}

async function tableStatus(store: Store, tables: ReadonlyMap<string, ConfiguredTable>): Promise<OrgStatus['tables']> {
  const found: Record<string, TableStatus> = {}
  for (const [name, { stopped }] of tables) {
    const rows = await store.read('status', (tx) => tx.count(name))
    found[name] = { rows, complete: await isComplete(store, name), ...(stopped ? { stopped } : {}) }
  }
  return found
}
