import type { StoreReader, StoreWriter } from '../ports/store.ts'

/**
 * Why the master no longer shows a row that has unsent changes here.
 *
 * - `deleted`: it was deleted.
 * - `left-scope`: it is there, and the sync filter or the related rows no longer select it.
 * - `unreadable`: it is not shown to the user at all: it was deleted, or may not be read any more.
 */
export type QuarantineReason = 'deleted' | 'left-scope' | 'unreadable'

/** A row that would have been removed if it had no unsent changes. They are sent like any others. */
export interface QuarantinedRow {
  readonly table: string
  readonly id: string
  readonly reason: QuarantineReason
  /** When that was found, by the device clock. */
  readonly since: number
}

type Mark = { readonly reason: QuarantineReason; readonly since: number }

const ALL = 'quarantine/'
const prefix = (table: string): string => `${ALL}${table}/`

/** The quarantined rows of one table, or of all. */
export async function quarantinedRows(tx: StoreReader, table?: string): Promise<readonly QuarantinedRow[]> {
  const marks = await tx.values(table === undefined ? ALL : prefix(table))
  return marks.map(({ key, value }) => {
    const [name = '', ...id] = key.slice(ALL.length).split('/')
    return { table: name, id: id.join('/'), ...(value as Mark) }
  })
}

/** Marks rows, and gives back those that were not marked for this reason before. What was marked keeps its time. */
export async function quarantine(
  tx: StoreWriter,
  table: string,
  rows: ReadonlyMap<string, QuarantineReason>,
  now: number,
): Promise<readonly QuarantinedRow[]> {
  if (rows.size === 0) return []
  const before = new Map((await quarantinedRows(tx, table)).map((row) => [row.id, row]))
  const marked: QuarantinedRow[] = []
  for (const [id, reason] of rows) {
    const known = before.get(id)
    if (known?.reason === reason) continue
    const mark: Mark = { reason, since: known?.since ?? now }
    await tx.setValue(prefix(table) + id, mark)
    marked.push({ table, id, ...mark })
  }
  return marked
}

/** Takes the marks from rows that the master shows again, or that are here no more. One look where nothing is marked. */
export async function release(tx: StoreWriter, table: string, ids: ReadonlySet<string>): Promise<void> {
  for (const { id } of await quarantinedRows(tx, table)) {
    if (ids.has(id)) await tx.setValue(prefix(table) + id, undefined)
  }
}

/** Forgets the marks of a table that is no longer kept. */
export async function forgetQuarantine(tx: StoreWriter, table: string): Promise<void> {
  for (const { key } of await tx.values(prefix(table))) await tx.setValue(key, undefined)
}
