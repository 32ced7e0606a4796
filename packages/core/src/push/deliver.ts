import type { Change } from '../change.ts'
import type { ConfiguredTable } from '../copy/configuration.ts'
import type { Env } from '../env.ts'
import { assumedMaster, masterRow, refreshRows } from '../rows/local-rows.ts'
import type { KnownMaster, MasterRows } from '../rows/local-rows.ts'
import { awaitEchoes, awaitLink, refuseEcho } from '../outbox/echoes.ts'
import { inParts } from '../outbox/in-parts.ts'
import type { HistoryEntry, OfflineTransaction } from '../outbox/offline-transaction.ts'
import { transition } from '../outbox/transitions.ts'
import type { PushedRow } from '../ports/master-org.ts'
import type { StoreWriter } from '../ports/store.ts'
import { dependentsDue } from '../pull/dependents.ts'
import { doubt } from '../pull/recheck-list.ts'
import { rowKey } from '../row.ts'
import { standOnMaster } from '../rows/stack.ts'

export interface SettleContext {
  readonly tables: ReadonlyMap<string, ConfiguredTable>
  readonly env: Env
  /** The tables whose rows the master refused to show when it was asked what they are now. */
  readonly refused?: ReadonlySet<string>
  /** The id that the master gave the request in the answer that is being recorded. */
  readonly masterRequestId?: string
}

/** What a history entry says besides its event, with the id of the answer it came from. */
export type Said = Omit<HistoryEntry, 'at' | 'event'>

export function said({ masterRequestId }: SettleContext, more: Said = {}): Said {
  return masterRequestId === undefined ? more : { ...more, masterRequestId }
}

/**
 * The master has every change: shows its rows, and lets later transactions on the same rows stand on them. `found` says how
 * that is known where the answer was lost, and the rows are what they were when they were looked for.
 */
export async function deliver(
  tx: StoreWriter,
  transaction: OfflineTransaction,
  masters: MasterRows,
  context: SettleContext,
  found?: string,
): Promise<OfflineTransaction> {
  const versions = versionsOf(transaction.changes, masters)
  const entry = said(context, {
    ...(found === undefined ? {} : { note: found }),
    ...(Object.keys(versions).length > 0 ? { versions } : {}),
  })
  const delivered = await keep(tx, settledAs(transaction, 'delivered', context.env.now(), entry))
  await awaitEchoes(tx, delivered, versions)
  await arrived(tx, transaction, transaction.changes, masters, context, found !== undefined)
  return delivered
}

/**
 * Shows on the rows what the master made of some of a transaction's changes. `isFound` says that the rows are what they were
 * when they were looked for.
 */
export async function arrived(
  tx: StoreWriter,
  transaction: OfflineTransaction,
  changes: readonly Change[],
  masters: MasterRows,
  context: SettleContext,
  isFound: boolean,
): Promise<void> {
  for (const change of changes) {
    const table = context.tables.get(change.table)
    if (!table) continue
    const read = masters.get(change.table)?.get(change.id)
    const isHeld = read?.row === null && (await isUnderEdits(tx, transaction, change))
    // Out of its user's sight, or deleted since: a pull looks which, and what is unsent has the last word.
    if (isHeld) await doubt(tx, change.table, [change.id], 'changed')
    const known = isHeld || !read ? await assumedMaster(tx, table, change) : read
    if (change.kind === 'associate' && known.row?.version === null) await awaitLink(tx, change, transaction.seq)
    if (known.row) await standOnMaster(tx, transaction.seq, change, { row: known.row, found: isFound })
    else await refuseLateEcho(tx, change)
    await refreshRows(tx, table, [change.id], new Map([[change.id, known]]))
    await dependentsDue(tx, context.tables, change.table)
  }
}

/** Whether the change leaves a row behind that has later unsent changes. */
async function isUnderEdits(tx: StoreWriter, { seq, changes }: OfflineTransaction, change: Change): Promise<boolean> {
  if ('relationship' in change) return false
  const isOnRow = (other: Change): boolean => other.table === change.table && other.id === change.id
  if (changes.some((other) => isOnRow(other) && goes(other))) return false
  const touching = [rowKey(change.table, change.id)]
  for await (const later of inParts(tx, { statuses: ['pending', 'error'], touching, after: seq }))
    if (later.changes.some(isOnRow)) return true
  return false
}

/** Whether there is to be no row any more. */
function goes(change: Change): boolean {
  if (change.kind !== 'action') return change.kind === 'delete'
  const { table, id, evidence } = change
  return evidence.kind === 'row-gone' && evidence.table === table && evidence.id === id
}

async function refuseLateEcho(tx: StoreWriter, { table, id }: Change): Promise<void> {
  const [base] = await tx.bases(table, [id])
  if (base?.version) await refuseEcho(tx, table, id, base.version)
}

/** The versions that the master's rows have after it took the changes, by row key, as far as they are known. */
export function versionsOf(changes: readonly Change[], masters: MasterRows): Readonly<Record<string, string>> {
  const known = changes.flatMap(({ table, id }): readonly [string, string][] => {
    const version = masters.get(table)?.get(id)?.row?.version
    return version ? [[rowKey(table, id), version]] : []
  })
  return Object.fromEntries(known)
}

/** What the master made of the changed rows, by its answer to a push. */
export function pushedMasters(rows: readonly PushedRow[], tables: ReadonlyMap<string, ConfiguredTable>): MasterRows {
  const known = new Map<string, Map<string, KnownMaster>>()
  for (const row of rows) {
    const table = tables.get(row.table)
    if (table)
      known.set(row.table, (known.get(row.table) ?? new Map<string, KnownMaster>()).set(row.id, masterRow(table, row)))
  }
  return known
}

/** The end of a transaction's way, as a transition. */
export function settledAs(
  transaction: OfflineTransaction,
  event: 'delivered',
  now: number,
  entry: Said = {},
): OfflineTransaction {
  return transition(
    transaction,
    event,
    now,
    { lease: null, outcome: 'known', lastError: null, nextAttemptAt: null },
    entry,
  )
}

export async function keep(tx: StoreWriter, transaction: OfflineTransaction): Promise<OfflineTransaction> {
  await tx.putTransactions([transaction])
  return transaction
}
