import type { StoreReader, StoreWriter } from '../ports/store.ts'
import { allMarked, forgetMarks, marksAmong, putMarks, takeMarks } from './row-marks.ts'
import type { MarkKind } from './row-marks.ts'

/**
 * Why the master no longer shows a row that has unsent changes here.
 *
 * - `deleted`: it was deleted.
 * - `left-scope`: it is there, and the sync filter or the related rows no longer select it.
 * - `unreadable`: it is not shown to the user, and the master does not say that it was deleted.
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

const QUARANTINED: MarkKind = { marks: 'quarantine', counts: 'quarantined' }

/** The quarantined rows of one table, or of all. */
export async function quarantinedRows(tx: StoreReader, table?: string): Promise<readonly QuarantinedRow[]> {
  const marked = await allMarked(tx, QUARANTINED, table)
  return marked.map(({ mark, ...row }) => ({ ...row, ...(mark as Mark) }))
}

/** Marks rows, and gives back those that were not marked for this reason before. What was marked keeps its time. */
export async function quarantine(
  tx: StoreWriter,
  table: string,
  rows: ReadonlyMap<string, QuarantineReason>,
  now: number,
): Promise<readonly QuarantinedRow[]> {
  if (rows.size === 0) return []
  const before = await marksAmong(tx, QUARANTINED, table, rows.keys())
  const marks = new Map<string, Mark>()
  for (const [id, reason] of rows) {
    const known = before.get(id) as Mark | undefined
    if (known?.reason !== reason) marks.set(id, { reason, since: known?.since ?? now })
  }
  await putMarks(tx, QUARANTINED, table, marks)
  return [...marks].map(([id, mark]) => ({ table, id, ...mark }))
}

/** Those of the rows that are quarantined. */
export async function marksOf(
  tx: StoreReader,
  table: string,
  ids: Iterable<string>,
): Promise<readonly QuarantinedRow[]> {
  const marks = await marksAmong(tx, QUARANTINED, table, ids)
  return [...marks].map(([id, mark]) => ({ table, id, ...(mark as Mark) }))
}

/** Takes the marks from rows that the master shows again, or that are here no more, and gives back which had one. */
export function release(tx: StoreWriter, table: string, ids: ReadonlySet<string>): Promise<ReadonlySet<string>> {
  return takeMarks(tx, QUARANTINED, table, ids)
}

/** Forgets the marks of a table that is no longer kept. */
export function forgetQuarantine(tx: StoreWriter, table: string): Promise<void> {
  return forgetMarks(tx, QUARANTINED, table)
}
