import type { ConfiguredTable } from '../copy/configuration.ts'
import { printFilter } from '../filter/print.ts'
import { columnKind, columnOf } from '../metadata.ts'
import type { Json } from '../metadata.ts'
import { forgetEchoes } from '../outbox/echoes.ts'
import type { RelatedRows, RowScope } from '../ports/master-org.ts'
import type { Store, StoreReader, StoreWriter } from '../ports/store.ts'
import { followBodies, forgetBodies } from './bodies.ts'

/**
 * Why all rows of a table have to be compared with the master's:
 *
 * - `filter-changed`: rows may be held that are no longer wanted, and wanted ones missing.
 * - `token-expired`: the master no longer knows where the pulls before had ended.
 * - `restored`: the master went back in time.
 * - `standing-changed`: the user may see other rows than before.
 * - `time-passed`: the filter depends on the time.
 * - `related-changed`: the rows that the wanted ones are related to have changed.
 * - `asked`: somebody wants it. `tracking-enabled`: what happened before is not in the tracking table.
 */
export type DueReason =
  | 'filter-changed'
  | 'token-expired'
  | 'restored'
  | 'standing-changed'
  | 'time-passed'
  | 'related-changed'
  | 'asked'
  | 'tracking-enabled'

/** Where a table's pull stands. Stored together with the rows of each page, so that a pull goes on where it stopped. */
export type TableCheckpoint = {
  /** Where the pass over new and changed rows stands: the adapter's own. Null to begin from the start. */
  readonly master: Json
  /** True once a pass over the whole filter has been finished. */
  readonly complete: boolean
  /** True while a pass rewrites all rows, those of a version that is held too. */
  readonly everyRow?: boolean
  /** Which rows are asked for. Null in what an older version stored: those of the configuration it was stored with. */
  readonly scope: string | null
  /**
   * The columns, with their types, that every row held has in the version that is held, but for those that are marked: they
   * are read whole when they are shown.
   */
  readonly columns: readonly string[]
  /** The pass that brings columns that were added later. */
  readonly layer?: ColumnLayer | undefined
  /** Reasons to compare all rows, which the end of a comparison takes away. */
  readonly due?: readonly DueReason[]
}

/** Where a pass stands that reads some columns of all rows. */
export type ColumnLayer = {
  readonly columns: readonly string[]
  readonly master: Json
}

/** What versions stored that marked no rows: which columns came when rows were here already, that nobody wanted then. */
type UnmarkedCheckpoint = TableCheckpoint & { readonly added: readonly string[] }

/** What versions before the layers stored. An empty fingerprint asked for a pass over everything. */
type FormerCheckpoint = {
  readonly fingerprint: string
  readonly master: Json
  readonly everyRow: boolean
  readonly sweepDue: boolean
  readonly complete: boolean
}

/** Where the checkpoint of a table is stored. */
export const checkpointKey = (table: string): string => `checkpoint/${table}`

/** The columns that pages of rows have: all selected ones but the large, which come by themselves. */
export function rowColumns(table: ConfiguredTable): readonly string[] {
  return table.columns.filter((name) => !isLarge(table, name))
}

/** The selected columns that are too large for pages of rows. */
export function largeColumns(table: ConfiguredTable): readonly string[] {
  return table.columns.filter((name) => isLarge(table, name))
}

function isLarge({ metadata }: ConfiguredTable, name: string): boolean {
  return columnOf(metadata, name)?.large === true
}

/** The columns of pages of rows as checkpoints name them: a column of another kind is another column. */
export function typedColumns(table: ConfiguredTable): readonly string[] {
  return rowColumns(table).map((name) => {
    const column = columnOf(table.metadata, name)
    return `${name}:${column ? columnKind(column) : ''}`
  })
}

/** The columns that not all rows have, those being the ones that they have. What the running pass brings comes first. */
export function missingOf(table: ConfiguredTable, columns: readonly string[]): readonly string[] {
  return typedColumns(table).filter((column) => !columns.includes(column))
}

export function nameOfTyped(column: string): string {
  return column.slice(0, column.lastIndexOf(':'))
}

/** A scope as text: the same text means the same rows. */
function scopeKey({ filter, fetchXml, related }: RowScope): string {
  return JSON.stringify([filter && printFilter(filter), fetchXml ?? null, related?.map(relatedKey) ?? null])
}

/** What is configured to be wanted of a table, as text: whatever of it the user may be shown. */
export function wantedKey({ scope, wanted = scope }: ConfiguredTable): string {
  return scopeKey(wanted)
}

function relatedKey({ direction, table, lookup, filter, related }: RelatedRows): Json {
  const own = [direction, table.name, lookup, filter && printFilter(filter)]
  return related ? [...own, related.map(relatedKey)] : own
}

/** A table that has not been pulled: the first pass brings all columns. */
export function firstCheckpoint(table: ConfiguredTable): TableCheckpoint {
  return { master: null, complete: false, scope: wantedKey(table), columns: typedColumns(table) }
}

/** The stored checkpoint; undefined where the table has not been pulled. */
export async function readCheckpoint(tx: StoreReader, table: string): Promise<TableCheckpoint | undefined> {
  const stored = (await tx.value(checkpointKey(table))) as
    | TableCheckpoint
    | UnmarkedCheckpoint
    | FormerCheckpoint
    | undefined
  if (stored && 'fingerprint' in stored) return upgraded(stored)
  return stored && 'added' in stored ? withoutAdded(stored) : stored
}

export async function writeCheckpoint(tx: StoreWriter, table: string, checkpoint: TableCheckpoint): Promise<void> {
  await tx.setValue(checkpointKey(table), checkpoint)
}

/** A checkpoint of an older version. Where it asked for everything anew, that is what happens. */
function upgraded({ fingerprint, master, everyRow, sweepDue, complete }: FormerCheckpoint): TableCheckpoint {
  if (fingerprint === '') {
    return { master: null, complete: false, everyRow: true, scope: '', columns: [], due: ['filter-changed'] }
  }
  const [, typed] = JSON.parse(fingerprint) as readonly [string | null, readonly string[]]
  const columns = typed.map((column) => `${nameOfTyped(column)}:`)
  return {
    master,
    complete,
    ...(everyRow ? { everyRow } : {}),
    scope: null,
    columns,
    ...(sweepDue ? { due: ['filter-changed'] } : {}),
  }
}

/** The columns come once more, with marks. */
function withoutAdded({ added, columns, ...stored }: UnmarkedCheckpoint): TableCheckpoint {
  return { ...stored, columns: columns.filter((column) => !added.includes(column)) }
}

/** The checkpoint with what an older version left unsaid: that it was made for this configuration. */
export function resolved(checkpoint: TableCheckpoint, table: ConfiguredTable): TableCheckpoint {
  if (checkpoint.scope !== null) return checkpoint
  const typed = new Map(typedColumns(table).map((column) => [nameOfTyped(column), column]))
  const columns = checkpoint.columns.map((column) => typed.get(nameOfTyped(column)) ?? column)
  return { ...checkpoint, scope: wantedKey(table), columns }
}

/** Asks for a comparison of all rows of these tables, as far as they have been pulled before. */
export async function makeDue(tx: StoreWriter, tables: Iterable<string>, reason: DueReason): Promise<void> {
  for (const table of tables) {
    const stored = await readCheckpoint(tx, table)
    // A master can go back once more before the comparison that is due for the first time has come to its end.
    const hasBegun = reason !== 'restored' || stored?.master === null
    if (!stored || (hasBegun && stored.due?.includes(reason))) continue
    await writeCheckpoint(tx, table, withDue(stored, reason))
  }
}

/** The checkpoint with one more reason. A master that went back in time gives versions
 * anew that were passed before, and to other values. */
function withDue(checkpoint: TableCheckpoint, reason: DueReason): TableCheckpoint {
  const due = [...new Set([...(checkpoint.due ?? []), reason])]
  return { ...checkpoint, due, ...(reason === 'restored' ? { master: null, everyRow: true } : {}) }
}

/** Why all rows of the table have to be compared; none where they have not. */
export async function dueOf(tx: StoreReader, table: string): Promise<readonly DueReason[]> {
  return (await readCheckpoint(tx, table))?.due ?? []
}

/** Takes back the reasons that a comparison has answered: those that were there when it began. */
export async function clearDue(tx: StoreWriter, table: string, reasons: readonly DueReason[]): Promise<void> {
  const stored = await readCheckpoint(tx, table)
  if (!stored?.due) return
  const { due, ...rest } = stored
  const left = due.filter((reason) => !reasons.includes(reason))
  await writeCheckpoint(tx, table, left.length === 0 ? rest : { ...rest, due: left })
}

/**
 * Makes the checkpoints fit what is configured, in the store transaction that configures it. Other rows are found by a
 * comparison. Columns that are dropped are forgotten at once, so that they come anew when they are taken back.
 */
export async function followConfiguration(
  tx: StoreWriter,
  before: ReadonlyMap<string, ConfiguredTable>,
  after: ReadonlyMap<string, ConfiguredTable>,
): Promise<void> {
  for (const [name, table] of after) {
    const found = await readCheckpoint(tx, name)
    if (!found) continue
    const stored = resolved(found, before.get(name) ?? table)
    const scope = wantedKey(table)
    const selected = new Set(typedColumns(table))
    const columns = stored.columns.filter((column) => selected.has(column))
    // It has gone over the rows that were wanted until now.
    const running = stored.scope === scope ? stored.layer : undefined
    const layer = running && { ...running, columns: running.columns.filter((each) => selected.has(each)) }
    const next: TableCheckpoint = {
      ...stored,
      scope,
      columns,
      layer: layer && layer.columns.length > 0 ? layer : undefined,
    }
    await writeCheckpoint(tx, name, stored.scope === scope ? next : withDue(next, 'filter-changed'))
    await followBodies(tx, table)
  }
}

/** Makes the next pull of these tables read and write every row, and compare them all; unsent changes stay. */
export async function startAnew(tx: StoreWriter, tables: Iterable<string>): Promise<void> {
  for (const table of tables) {
    const stored = await readCheckpoint(tx, table)
    if (!stored) continue
    const { layer: _, ...rest } = withDue(stored, 'asked')
    await writeCheckpoint(tx, table, { ...rest, master: null, everyRow: true, complete: false })
    await forgetBodies(tx, table)
  }
}

/** Forgets where the pulls of these tables stood, and what they were to bring back. */
export async function forgetPulls(tx: StoreWriter, tables: Iterable<string>): Promise<void> {
  for (const table of tables) {
    await tx.setValue(checkpointKey(table), undefined)
    await forgetEchoes(tx, table)
    await forgetBodies(tx, table)
  }
}

/** Whether all wanted rows are here: the first pass is finished, and no other rows have been wanted since. */
export async function isComplete(store: Store, table: string): Promise<boolean> {
  const checkpoint = await store.read('read checkpoint', (tx) => readCheckpoint(tx, table))
  return checkpoint !== undefined && checkpoint.complete && !checkpoint.due?.includes('filter-changed')
}
