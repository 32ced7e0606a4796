import type { MasterRow } from '../ports/master-org.ts'
import type { StoreReader } from '../ports/store.ts'

/** The master version that is held of each row, under any unsent changes; rows that are not held are missing. */
export type HeldVersions = ReadonlyMap<string, string | null>

/** Rows that the master has shown, on their way into the store, and what is held of them there until then. */
export interface MetRows {
  readonly rows: readonly MasterRow[]
  readonly held: () => Promise<HeldVersions>
}

/** Reads what is held of some rows when it is first asked for, and not again: several steps of one transaction ask for it. */
export function heldOnce(tx: StoreReader, table: string, ids: readonly string[]): () => Promise<HeldVersions> {
  let held: Promise<HeldVersions> | undefined
  return () => (held ??= heldVersions(tx, table, ids))
}

export async function heldVersions(tx: StoreReader, table: string, ids: readonly string[]): Promise<HeldVersions> {
  if (ids.length === 0) return new Map()
  const versions = new Map(await tx.versions(table, ids))
  for (const base of await tx.bases(table, ids)) versions.set(base.id, base.version)
  return versions
}
