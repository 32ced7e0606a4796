import type { StoreReader } from '../ports/store.ts'

/** The master version that is held of each row, under any unsent changes; rows that are not held are missing. */
export type HeldVersions = ReadonlyMap<string, string | null>

export async function heldVersions(tx: StoreReader, table: string, ids: readonly string[]): Promise<HeldVersions> {
  const versions = new Map(await tx.versions(table, ids))
  for (const base of await tx.bases(table, ids)) versions.set(base.id, base.version)
  return versions
}
