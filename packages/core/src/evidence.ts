import type { Change, CreateChange } from './change.ts'
import type { ConfiguredTable } from './configuration.ts'
import { refreshRows } from './local-rows.ts'
import type { MasterRows } from './local-rows.ts'
import { isApplied } from './merge.ts'
import type { StoreWriter } from './ports/store.ts'

type Tables = ReadonlyMap<string, ConfiguredTable>

/**
 * A transaction is delivered as a whole or not at all, so one row that only it can have created proves all of it. The
 * effect of an update or a deletion can also be somebody else's: it takes all of them, and no link, which is not read.
 */
export function isOnMaster(changes: readonly Change[], masters: MasterRows, tables: Tables): boolean {
  const creates = changes.filter((change) => change.kind === 'create')
  if (creates.length > 0) return creates.some((change) => isOurs(change, masters, tables, true))
  return changes.every((change) => {
    const table = tables.get(change.table)
    const known = masters.get(change.table)?.get(change.id)
    if (!table || !known) return false
    if (change.kind === 'delete') return known.row === null
    return change.kind === 'update' && known.row !== null && isApplied(change, known.row.values, table)
  })
}

/** Whether the master's row is the one that the change creates. */
export function isOurs(change: CreateChange, masters: MasterRows, tables: Tables, sentBefore: boolean): boolean {
  const row = masters.get(change.table)?.get(change.id)?.row
  if (!row) return false
  if (!change.chosenId) return true
  const table = tables.get(change.table)
  return sentBefore && table !== undefined && isApplied(change, row.values, table)
}

/** Takes what was read of the master as the base of rows it still has. A row it no longer has keeps what we know of it. */
export async function takeBases(
  tx: StoreWriter,
  changes: readonly Change[],
  masters: MasterRows,
  tables: Tables,
): Promise<void> {
  for (const change of changes) {
    const table = tables.get(change.table)
    const known = masters.get(change.table)?.get(change.id)
    if (table && known?.row) await refreshRows(tx, table, [change.id], new Map([[change.id, known]]))
  }
}
