import { doubtCatalogue } from '../copy/catalogue.ts'
import type { ConfiguredTable } from '../copy/configuration.ts'
import { masterRow, refreshRows } from '../rows/local-rows.ts'
import type { MasterRow } from '../ports/master-org.ts'
import type { BaseRow, StoredRow, StoreWriter } from '../ports/store.ts'
import { TARGET_SUFFIX } from '../row.ts'
import type { Row } from '../row.ts'
import { fitsTable } from '../store/stored-values.ts'
import { awaitBodies } from './bodies.ts'
import { rowColumns } from './checkpoint.ts'
import { heldVersions } from './held-versions.ts'
import type { HeldVersions } from './held-versions.ts'
import { isSame } from './patch-rows.ts'
import { isOlderVersion } from './version-order.ts'

export interface ApplyOptions {
  /** Writes rows of a version that is held, too. */
  readonly everyRow?: boolean
  /**
   * Rows that are shown again after they were not: written also in the version that is held, in which they may lack columns
   * that came to the others by then.
   */
  readonly again?: ReadonlySet<string>
  /** What is held of the rows, where other steps of the transaction ask for that, too. */
  readonly held?: () => Promise<HeldVersions>
  /** Writes rows of a version older than the one held, too: the master is known to have gone back. */
  readonly older?: boolean
  /** Most rows are not here yet, as in a first pass: they are added without a look at what is held. */
  readonly mostlyNew?: boolean
}

/**
 * Writes rows of the master, each with the columns of `rowColumns`, in the given store transaction and gives back how many
 * changed anything that is kept.
 *
 * A row whose version is held already is skipped (our own echo, and the overlap of pulls); where its values are not of the
 * types that are known, the copy of the metadata is doubted as it is where they are written. Skipped is also one of an older
 * version: it was on its way when the row was written. A row that was only touched gets its version without being a
 * change. Columns that are not among those of pages, large ones and local ones, stay as they are. A row with unsent
 * changes gets a new base, and keeps those changes on top of it.
 */
export async function applyPage(
  tx: StoreWriter,
  table: ConfiguredTable,
  page: readonly MasterRow[],
  options: ApplyOptions = {},
): Promise<number> {
  const name = table.metadata.name
  const rows = [...new Map(page.map((row) => [row.id, row])).values()]
  if (rows.length === 0) return 0
  const bases = new Map((await tx.bases(name, rows.map(idOf))).map((base) => [base.id, base]))
  const withoutBase = rows.filter((row) => !bases.has(row.id))
  const added = options.mostlyNew ? await addUnknown(tx, name, withoutBase) : new Set<string>()
  const known = rows.filter((row) => !added.has(row.id))
  const held = added.size === 0 ? options.held : undefined
  const versions = await (held?.() ?? heldVersions(tx, name, known.map(idOf)))
  const fresh = known.filter((row) => {
    const held = versions.get(row.id)
    if (held === row.version) return options.everyRow === true || options.again?.has(row.id) === true
    return typeof held !== 'string' || options.older === true || !isOlderVersion(row.version, held)
  })
  const isHeld = ({ id, version }: MasterRow): boolean => versions.get(id) === version
  if (fresh.length < known.length && known.some((row) => isHeld(row) && !fitsTable(table.store, row.values))) {
    await doubtCatalogue(tx)
  }
  const clean = fresh.filter((row) => !bases.has(row.id))
  const dirty = fresh.filter((row) => bases.has(row.id))
  const written =
    (await putClean(tx, table, clean, versions)) + (dirty.length > 0 ? await putDirty(tx, table, dirty, bases) : 0)
  await awaitBodies(tx, table, [...added, ...fresh.map(idOf)])
  return added.size + written
}

/** Adds the rows that are not here, and gives back their ids. */
async function addUnknown(tx: StoreWriter, table: string, rows: readonly MasterRow[]): Promise<ReadonlySet<string>> {
  if (rows.length === 0) return new Set()
  const held = new Set(await tx.addRows(table, rows.map(asStored)))
  return new Set(rows.map(idOf).filter((id) => !held.has(id)))
}

async function putClean(
  tx: StoreWriter,
  table: ConfiguredTable,
  rows: readonly MasterRow[],
  held: ReadonlyMap<string, string | null>,
): Promise<number> {
  const name = table.metadata.name
  // A page's rows hold just the asked columns already: copying each of them would be a fifth of the time of a download.
  const added = rows.filter((row) => !held.has(row.id)).map(asStored)
  const known = rows.filter((row) => held.has(row.id))
  const before = await tx.rows(
    name,
    known.map((row) => row.id),
  )
  const changed: StoredRow[] = []
  const touched = new Map<string, string>()
  for (const [at, row] of known.entries()) {
    const values = before[at]?.values
    if (values && isSame(values, row.values)) touched.set(row.id, row.version)
    else changed.push({ ...asStored(row), values: { ...outsideOf(table, values), ...row.values } })
  }
  const put = [...added, ...changed]
  if (put.length > 0) await tx.putRows(name, put, { same: sameIn(table, changed, before) })
  if (touched.size > 0) await tx.setVersions(name, touched)
  return put.length
}

/** New bases below unsent changes. One whose values are the same gets the version alone: its row shows nothing new. */
async function putDirty(
  tx: StoreWriter,
  table: ConfiguredTable,
  rows: readonly MasterRow[],
  bases: ReadonlyMap<string, BaseRow>,
): Promise<number> {
  const touched: BaseRow[] = []
  const changed = rows.flatMap((row) => {
    const base = bases.get(row.id)
    const values = { ...outsideOf(table, base?.values ?? undefined), ...row.values }
    const below = masterRow(table, { ...row, values })
    if (base?.values && isSame(base.values, row.values)) {
      // What else it holds, that is not kept any more, was read with another version.
      touched.push({ ...base, ...below.row })
      return []
    }
    return [below]
  })
  if (touched.length > 0) await tx.putBases(table.metadata.name, touched)
  if (changed.length > 0) {
    await refreshRows(
      tx,
      table,
      changed.map((row) => row.id),
      new Map(changed.map((row) => [row.id, row])),
    )
  }
  return changed.length
}

function idOf(row: MasterRow): string {
  return row.id
}

/** The indexed columns that are in all changed rows what they were. */
function sameIn(
  { store }: ConfiguredTable,
  changed: readonly StoredRow[],
  before: readonly (StoredRow | undefined)[],
): readonly string[] {
  const same = new Set(store.indexes.flatMap(({ columns }) => columns))
  const kept = new Map(before.map((row) => [row?.id, row?.values]))
  for (const { id, values } of changed) {
    const held = kept.get(id)
    for (const name of same) if (held?.[name] !== (values[name] ?? null)) same.delete(name)
  }
  return [...same]
}

function asStored(row: MasterRow): StoredRow {
  return { id: row.id, version: row.version, values: row.values }
}

/** The values of the columns that pages of rows do not have. */
function outsideOf(table: ConfiguredTable, values: Row | undefined): Row {
  if (!values) return {}
  const inPages = new Set(rowColumns(table))
  const outside = table.store.columns.filter(({ name }) => !inPages.has(name.replace(TARGET_SUFFIX, '')))
  return Object.fromEntries(outside.map(({ name }) => [name, values[name] ?? null]))
}
