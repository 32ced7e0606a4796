import type { ConfiguredTable } from '../copy/configuration.ts'
import { masterRow, refreshRows } from '../rows/local-rows.ts'
import type { MasterRow } from '../ports/master-org.ts'
import type { StoredRow, StoreWriter } from '../ports/store.ts'

/**
 * Writes a page of the master's rows in the given store transaction and gives back how many changed anything.
 *
 * A row whose version is held already is skipped (our own echo, and the overlap of pulls), unless `everyRow` says that
 * the kept columns have changed. A row with unsent changes gets a new base, and keeps those changes on top of it.
 */
export async function applyPage(
  tx: StoreWriter,
  table: ConfiguredTable,
  page: readonly MasterRow[],
  everyRow: boolean,
): Promise<number> {
  const name = table.metadata.name
  const rows = [...new Map(page.map((row) => [row.id, row])).values()]
  const ids = rows.map((row) => row.id)
  const versions = await tx.versions(name, ids)
  const bases = new Map((await tx.bases(name, ids)).map((base) => [base.id, base]))
  const held = (id: string): string | null | undefined => bases.get(id)?.version ?? versions.get(id)
  const fresh = everyRow ? rows : rows.filter((row) => held(row.id) !== row.version)
  const dirty = fresh.filter((row) => bases.has(row.id))
  const clean = fresh.filter((row) => !bases.has(row.id))
  // A page's rows hold just the asked columns already: copying each of them would be a fifth of the time of a download.
  const put = clean.map((row): StoredRow => ({ id: row.id, version: row.version, values: row.values }))
  await tx.putRows(name, put)
  if (dirty.length > 0) {
    await refreshRows(
      tx,
      table,
      dirty.map((row) => row.id),
      new Map(dirty.map((row) => [row.id, masterRow(table, row)])),
    )
  }
  return fresh.length
}
