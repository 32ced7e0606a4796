import type { StoreReader, StoreWriter } from '../ports/store.ts'

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

const ALL = 'quarantine/'
const prefix = (table: string): string => `${ALL}${table}/`
/** How many marks there are is kept beside them, so that where there are none nothing is looked for. */
const countKey = (table: string): string => `quarantined/${table}`

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
  const before = new Map((await marksOf(tx, table, new Set(rows.keys()))).map((row) => [row.id, row]))
  const marked: QuarantinedRow[] = []
  for (const [id, reason] of rows) {
    const known = before.get(id)
    if (known?.reason === reason) continue
    const mark: Mark = { reason, since: known?.since ?? now }
    await tx.setValue(prefix(table) + id, mark)
    marked.push({ table, id, ...mark })
  }
  await count(tx, table, marked.filter(({ id }) => !before.has(id)).length)
  return marked
}

/** Those of the rows that are quarantined. What that takes grows with the rows given, and not with those that are marked. */
export async function marksOf(
  tx: StoreReader,
  table: string,
  ids: ReadonlySet<string>,
): Promise<readonly QuarantinedRow[]> {
  const all = await countOf(tx, table)
  if (all === 0) return []
  if (all <= ids.size) return (await quarantinedRows(tx, table)).filter(({ id }) => ids.has(id))
  const found: QuarantinedRow[] = []
  for (const id of ids) {
    const mark = (await tx.value(prefix(table) + id)) as Mark | undefined
    if (mark) found.push({ table, id, ...mark })
  }
  return found
}

/**
 * Takes the marks from rows that the master shows again, or that are here no more, and gives back which had one. One look where
 * nothing is marked.
 */
export async function release(tx: StoreWriter, table: string, ids: ReadonlySet<string>): Promise<ReadonlySet<string>> {
  const marked = await marksOf(tx, table, ids)
  for (const { id } of marked) await tx.setValue(prefix(table) + id, undefined)
  await count(tx, table, -marked.length)
  return new Set(marked.map(({ id }) => id))
}

async function countOf(tx: StoreReader, table: string): Promise<number> {
  return ((await tx.value(countKey(table))) as number | undefined) ?? 0
}

async function count(tx: StoreWriter, table: string, more: number): Promise<void> {
  if (more !== 0) await tx.setValue(countKey(table), (await countOf(tx, table)) + more || undefined)
}

/** Forgets the marks of a table that is no longer kept. */
export async function forgetQuarantine(tx: StoreWriter, table: string): Promise<void> {
  for (const { key } of await tx.values(prefix(table))) await tx.setValue(key, undefined)
  await tx.setValue(countKey(table), undefined)
}
