import type { Change } from '../change.ts'
import type { ConfiguredTable } from '../copy/configuration.ts'
import { idsByTable } from '../rows/local-rows.ts'
import type { StoreReader, StoreWriter } from '../ports/store.ts'
import { rowKey } from '../row.ts'
import { inOneUnit } from '../store/unit-of-work.ts'
import type { OfflineTransaction } from './offline-transaction.ts'

/**
 * Runs steps that go through these transactions one by one. They, what else touches the rows that they change and what is
 * held of those are read with one look for all, not with one for each, and what is made of them is written together.
 */
export function together<T>(
  writer: StoreWriter,
  transactions: readonly OfflineTransaction[],
  tables: Tables,
  body: (tx: StoreWriter) => Promise<T>,
): Promise<T> {
  return inOneUnit(writer, async (tx) => {
    const changed = transactions.flatMap(({ changes }) => changes)
    await tx.readTouching(keysOf(changed))
    await readHeld(tx, changesOf(await tx.transactions(seqsOf(transactions))), tables)
    return body(tx)
  })
}

/**
 * The same for steps that claim transactions: they look at the rows themselves only where the master's row is not the one
 * that was changed any more, or an upload filter asks for it.
 */
export function claimedTogether<T>(
  writer: StoreWriter,
  transactions: readonly OfflineTransaction[],
  tables: ReadonlyMap<string, ConfiguredTable>,
  body: (tx: StoreWriter) => Promise<T>,
): Promise<T> {
  return inOneUnit(writer, async (tx) => {
    const changed = changesOf(await tx.transactions(seqsOf(transactions)))
    const versions = new Map<string, string | null>()
    for (const [table, ids] of idsByTable(changed)) {
      if (!tables.has(table)) continue
      for (const { id, version } of await tx.bases(table, ids)) versions.set(rowKey(table, id), version)
    }
    const isLookedAt = (change: Change): boolean =>
      Boolean(tables.get(change.table)?.uploadFilter) ||
      ('version' in change && versions.get(rowKey(change.table, change.id)) !== change.version)
    const looked = changed.filter(isLookedAt)
    if (looked.length > 0) {
      await tx.readTouching(keysOf(looked))
      await readHeld(tx, looked, tables)
    }
    return body(tx)
  })
}

type Tables = ReadonlyMap<string, unknown>

async function readHeld(tx: StoreReader, changes: readonly Change[], tables: Tables): Promise<void> {
  for (const [table, ids] of idsByTable(changes)) {
    if (!tables.has(table)) continue
    await tx.bases(table, ids)
    await tx.rows(table, ids)
  }
}

function changesOf(transactions: readonly (OfflineTransaction | undefined)[]): readonly Change[] {
  return transactions.flatMap((transaction) => transaction?.changes ?? [])
}

function seqsOf(transactions: readonly OfflineTransaction[]): readonly number[] {
  return transactions.map(({ seq }) => seq)
}

function keysOf(changes: readonly Change[]): readonly string[] {
  return [...new Set(changes.map(({ table, id }) => rowKey(table, id)))]
}
