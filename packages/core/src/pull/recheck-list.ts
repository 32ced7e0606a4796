import type { StoreReader, StoreWriter } from '../ports/store.ts'

/** Who doubts that a row is still wanted. `deleted` comes from somebody who says that the master has deleted it. */
export type Doubt = 'deleted' | 'owner-changed' | 'link-removed' | 'changed' | 'settled'

/** A row to look at again. */
export interface DoubtedRow {
  readonly id: string
  readonly doubt: Doubt
}

const prefix = (table: string): string => `recheck/${table}/`

/**
 * Puts rows on the list of those that are read by id under their table's scope with the next pull. Belongs into the store
 * transaction that keeps what taught the doubt, so that a death in between forgets neither.
 */
export async function doubt(tx: StoreWriter, table: string, ids: Iterable<string>, reason: Doubt): Promise<void> {
  await doubtEach(tx, table, new Map(Array.from(ids, (id) => [id, reason])))
}

/** The same, each for a reason of its own. */
export async function doubtEach(tx: StoreWriter, table: string, rows: ReadonlyMap<string, Doubt>): Promise<void> {
  if (rows.size > 0) await tx.setValues(new Map(Array.from(rows, ([id, reason]) => [prefix(table) + id, reason])))
}

/** The rows of a table that are on the list. */
export async function doubted(tx: StoreReader, table: string): Promise<readonly DoubtedRow[]> {
  const start = prefix(table)
  return (await tx.values(start)).map(({ key, value }) => ({ id: key.slice(start.length), doubt: value as Doubt }))
}

/** Takes rows from the list. */
export async function looked(tx: StoreWriter, table: string, ids: Iterable<string>): Promise<void> {
  const removed = new Map(Array.from(ids, (id) => [prefix(table) + id, undefined]))
  if (removed.size > 0) await tx.setValues(removed)
}

/** Forgets the list of a table that is no longer kept. */
export async function forgetDoubts(tx: StoreWriter, table: string): Promise<void> {
  const rows = await doubted(tx, table)
  await looked(
    tx,
    table,
    rows.map(({ id }) => id),
  )
}
