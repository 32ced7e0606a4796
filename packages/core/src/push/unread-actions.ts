import type { ConfiguredTable } from '../copy/configuration.ts'
import type { MasterRows } from '../rows/local-rows.ts'
import type { OfflineTransaction } from '../outbox/offline-transaction.ts'

/**
 * Whether the row of an action was not read behind it. Until it is, nobody can tell what the action did from what somebody
 * else did, so it is not settled: later changes of the row would take the one for the other.
 */
export function hasUnreadAction(
  { changes }: OfflineTransaction,
  masters: MasterRows,
  tables: ReadonlyMap<string, ConfiguredTable>,
): boolean {
  return changes.some(({ kind, table, id }) => kind === 'action' && tables.has(table) && !masters.get(table)?.has(id))
}

/** Whether the master has said that it has the transaction, and only its rows are still to be read. */
export function isAnswered({ history }: OfflineTransaction): boolean {
  return history.findLast(({ event }) => DECISIVE.has(event))?.event === 'answered'
}

const DECISIVE: ReadonlySet<string> = new Set(['sent', 'answered', 'amended'])
