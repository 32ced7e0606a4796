import type { ConfiguredTable } from '../copy/configuration.ts'
import { refreshRows } from '../rows/local-rows.ts'
import type { KnownMaster } from '../rows/local-rows.ts'
import type { MasterRow } from '../ports/master-org.ts'
import type { StoredRow, StoreWriter } from '../ports/store.ts'
import type { Row } from '../row.ts'

/**
 * Adds some columns to rows that are held in just the version they were read in, in the given store transaction, and gives
 * back how many that changed. Rows of other versions come whole with the next pull. Below unsent changes it is the master's
 * row that gets them.
 */
export async function patchRows(tx: StoreWriter, table: ConfiguredTable, page: readonly MasterRow[]): Promise<number> {
  const name = table.metadata.name
  const ids = page.map((row) => row.id)
  if (ids.length === 0) return 0
  const bases = new Map((await tx.bases(name, ids)).map((base) => [base.id, base]))
  const held = await tx.rows(name, ids)
  const put: StoredRow[] = []
  const below = new Map<string, KnownMaster>()
  for (const [at, row] of page.entries()) {
    const base = bases.get(row.id)
    const known = base ?? held[at]
    if (!known?.values || known.version !== row.version || isSame(known.values, row.values)) continue
    const values: Row = { ...known.values, ...row.values }
    if (base) below.set(row.id, { id: row.id, row: { values, version: base.version } })
    else put.push({ id: row.id, version: row.version, values })
  }
  if (put.length > 0) await tx.putRows(name, put)
  if (below.size > 0) await refreshRows(tx, table, [...below.keys()], below)
  return put.length + below.size
}

/** Whether the row holds the given values already. */
export function isSame(held: Row, given: Row): boolean {
  return Object.entries(given).every(([name, value]) => (held[name] ?? null) === value)
}
