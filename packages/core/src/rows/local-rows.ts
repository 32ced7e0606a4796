import type { Change } from '../change.ts'
import type { ConfiguredTable } from '../copy/configuration.ts'
import { relationshipOf } from '../metadata.ts'
import { split } from '../write/local-effects.ts'
import { inParts } from '../outbox/in-parts.ts'
import { goneLacking } from '../pull/lacking.ts'
import { marksOf } from '../pull/quarantine.ts'
import { doubt } from '../pull/recheck-list.ts'
import type { MasterRow } from '../ports/master-org.ts'
import type { BaseRow, StoredRow, StoreReader, StoreWriter } from '../ports/store.ts'
import { rowKey } from '../row.ts'
import { fits } from '../store/stored-values.ts'
import type { ColumnValue, Row } from '../row.ts'

/** What the master is known to hold of a row; `row: null` where it holds none. */
export interface KnownMaster {
  readonly id: string
  readonly row: { readonly values: Row; readonly version: string | null } | null
}

/**
 * Makes rows of a table what they must be: the master's row with the unsent changes of the outbox on top.
 *
 * Every path that changes a row ends here (a local write, an answer of the master, a page of a pull, an archived or
 * amended transaction), so a row with unsent changes always keeps its base and always shows their effect. `masters` says
 * what the master now holds; for a row that is not in it, what was known before stays true.
 */
export async function refreshRows(
  tx: StoreWriter,
  table: ConfiguredTable,
  ids: readonly string[],
  masters: ReadonlyMap<string, KnownMaster> = new Map(),
): Promise<void> {
  const name = table.metadata.name
  const changes = await shownChanges(tx, name, ids)
  const bases = new Map((await tx.bases(name, ids)).map((base) => [base.id, base]))
  const rows = await tx.rows(name, ids)
  const aside = await putAside(tx, table, ids, rows)
  const shown = ids.map((id, position): ShownRow => {
    const master = (masters.get(id) ?? knownMaster(id, bases.get(id), rows[position])).row
    const own = changes.get(id) ?? []
    const local = own.reduce((row, change) => applyChange(table, row, change), master?.values ?? null)
    const stays = aside.get(id) ?? localValues(table, rows[position], bases.get(id))
    return { id, master, local, stays, dirty: own.length > 0, base: bases.get(id) }
  })
  await keepRows(tx, table, shown, aside)
}

/** How many rows are shown anew at a time where all with unsent changes are. */
const PART = 500

/** Shows all rows with unsent changes anew: a column that was not there, or was another one, shows what is unsent of it. */
export async function refreshUnsent(tx: StoreWriter, table: ConfiguredTable): Promise<void> {
  const ids = (await tx.bases(table.metadata.name)).map(({ id }) => id)
  for (let at = 0; at < ids.length; at += PART) await refreshRows(tx, table, ids.slice(at, at + PART))
}

/**
 * Shows changes that were just added at the end of the outbox. They come on top of whatever their rows are shown with, so
 * what else is unsent needs no reading.
 */
export async function showOnTop(
  tx: StoreWriter,
  changes: readonly Change[],
  tables: ReadonlyMap<string, ConfiguredTable>,
): Promise<void> {
  for (const [name, ids] of idsByTable(changes)) {
    const table = tables.get(name)
    if (!table) continue
    const bases = new Map((await tx.bases(name, ids)).map((base) => [base.id, base]))
    const rows = await tx.rows(name, ids)
    const aside = await putAside(tx, table, ids, rows)
    const shown = ids.map((id, position): ShownRow => {
      const own = changes.filter((change) => change.table === name && change.id === id)
      const local = own.reduce((row, change) => applyChange(table, row, change), rows[position]?.values ?? null)
      const { row: master } = knownMaster(id, bases.get(id), rows[position])
      const stays = aside.get(id) ?? localValues(table, rows[position], bases.get(id))
      return { id, master, local, stays, dirty: true, base: bases.get(id) }
    })
    await keepRows(tx, table, shown, aside)
  }
}

interface ShownRow {
  readonly id: string
  readonly master: KnownMaster['row']
  /** The row with what is unsent; null where there is none then. */
  readonly local: Row | null
  /** The values of the columns that only this client org has: nothing that the master does touches them. */
  readonly stays: Row
  readonly dirty: boolean
  /** What was below its unsent changes before. */
  readonly base: BaseRow | undefined
}

async function keepRows(
  tx: StoreWriter,
  table: ConfiguredTable,
  shown: readonly ShownRow[],
  aside: ReadonlyMap<string, Row>,
): Promise<void> {
  const name = table.metadata.name
  const put: StoredRow[] = []
  const remove: string[] = []
  const putBases: BaseRow[] = []
  const removeBases: string[] = []
  const isBack: string[] = []
  for (const each of shown) {
    const { id, master, local, stays, dirty, base } = each
    if (aside.has(id) || isAside(each)) await tx.setValue(asideKey(name, id), isAside(each) ? stays : undefined)
    if (local && base?.local === 'deleted') isBack.push(id)
    if (local) {
      const values = { ...keptValues(table, local), ...stays }
      put.push({ id, version: dirty ? null : (master?.version ?? null), values })
    } else remove.push(id)
    if (dirty) {
      const effect = master === null ? 'created' : local === null ? 'deleted' : 'updated'
      // In the base they outlast the deletion of the row, which can be taken back.
      const values = master && { ...master.values, ...stays }
      putBases.push({ id, version: master?.version ?? null, values, local: effect })
    } else if (base) removeBases.push(id)
  }
  if (put.length > 0) await tx.putRows(name, put)
  if (remove.length > 0) await tx.deleteRows(name, remove)
  if (putBases.length > 0) await tx.putBases(name, putBases)
  if (removeBases.length > 0) await settle(tx, name, removeBases)
  await goneLacking(
    tx,
    name,
    shown.flatMap(({ id, local, dirty }) => (local === null && !dirty ? [id] : [])),
  )
  // As long as a row is deleted here, nothing notes that the master no longer shows it.
  await doubt(tx, name, isBack, 'settled')
}

/** Rows of which nothing is unsent any more. Those that stayed for that alone are looked at again with the next pull. */
async function settle(tx: StoreWriter, table: string, ids: readonly string[]): Promise<void> {
  await tx.deleteBases(table, ids)
  const stayed = await marksOf(tx, table, ids)
  await doubt(
    tx,
    table,
    stayed.map(({ id }) => id),
    'settled',
  )
}

const asideKey = (table: string, id: string): string => `aside/${table}/${id}`

/** Whether the row is deleted here before the master had it: nothing else has a place for its local values then. */
function isAside({ master, local, stays, dirty }: ShownRow): boolean {
  return dirty && local === null && master === null && Object.values(stays).some((value) => value !== null)
}

/** The local values that were put aside, of those of the rows that are not shown. */
async function putAside(
  tx: StoreReader,
  table: ConfiguredTable,
  ids: readonly string[],
  rows: readonly (StoredRow | undefined)[],
): Promise<ReadonlyMap<string, Row>> {
  const found = new Map<string, Row>()
  if (table.localColumns.length === 0) return found
  for (const [at, id] of ids.entries()) {
    const values = rows[at] ? undefined : await tx.value(asideKey(table.metadata.name, id))
    if (values !== undefined) found.set(id, split(table, values as Row).local)
  }
  return found
}

function localValues(table: ConfiguredTable, row: StoredRow | undefined, base: BaseRow | undefined): Row {
  if (table.localColumns.length === 0) return {}
  return split(table, row?.values ?? base?.values ?? {}).local
}

/** The master's rows by table and id. */
export type MasterRows = ReadonlyMap<string, ReadonlyMap<string, KnownMaster>>

/** What the master must hold after it took the change, where it did not say so itself. The version is not known then. */
export async function assumedMaster(tx: StoreReader, table: ConfiguredTable, change: Change): Promise<KnownMaster> {
  const [base] = await tx.bases(change.table, [change.id])
  const [row] = await tx.rows(change.table, [change.id])
  const known = knownMaster(change.id, base, row)
  // What an action did only the master knows. A row that it changed is pulled, one that it left alone is not. So it is with
  // a link that was there already: the master leaves it as it is.
  if (change.kind === 'action' || (change.kind === 'associate' && known.row)) return known
  const values = applyChange(table, known.row?.values ?? null, change)
  return { id: change.id, row: values && { values, version: null } }
}

/** What the client org last knew of the master's row. */
export function knownMaster(id: string, base: BaseRow | undefined, row: StoredRow | undefined): KnownMaster {
  if (base) return { id, row: base.values && { values: base.values, version: base.version } }
  return { id, row: row ? { values: row.values, version: row.version } : null }
}

/**
 * A row in the shape the store keeps: every kept column, null where there is no value. A value that does not suit its
 * column is none: the master retyped the column, and the value comes from a change that was made before, which it refuses in
 * its turn, or from an answer, and the copy of the metadata is behind: the column is read anew with that.
 */
function keptValues(table: ConfiguredTable, values: Row): Row {
  const kept: Record<string, ColumnValue> = {}
  for (const { name, type } of table.store.columns) {
    const value = values[name] ?? null
    kept[name] = value !== null && fits(value, type) ? value : null
  }
  return kept
}

/** The row as it was read: what else was asked for because unsent changes write it is there beside the kept columns. */
export function masterRow(table: ConfiguredTable, row: MasterRow): KnownMaster {
  return { id: row.id, row: { values: { ...row.values, ...keptValues(table, row.values) }, version: row.version } }
}

/** The row after one change; null when there is none. */
function applyChange(table: ConfiguredTable, row: Row | null, change: Change): Row | null {
  switch (change.kind) {
    case 'create': {
      // Where the row is there, it is this one whose answer is missing: what others have written since is not hidden by that.
      const there = change.chosenId ? null : row
      return keptValues(table, { ...there, ...change.values, [table.metadata.primaryId]: change.id })
    }
    case 'update':
      return row && { ...row, ...change.values }
    case 'delete':
    case 'disassociate':
      return null
    case 'action':
      return row && { ...row, ...change.effect }
    case 'associate': {
      const relationship = relationshipOf(table.metadata)
      if (!relationship) return row
      return (
        row ??
        keptValues(table, {
          [relationship.first.column]: change.first.id,
          [relationship.second.column]: change.second.id,
        })
      )
    }
  }
}

/**
 * The changes that rows are shown with, by row, in the order of the outbox: those that are not settled yet (pending or
 * error), and those that were put away with their effect kept.
 */
async function shownChanges(
  tx: StoreReader,
  table: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, readonly Change[]>> {
  const touching = ids.map((id) => rowKey(table, id))
  const shown: Shown[] = []
  for await (const transaction of inParts(tx, { statuses: ['pending', 'error', 'archived'], touching })) {
    const { seq, status, kept = false } = transaction
    if (status === 'archived' && !kept) continue
    // Most of what touches a row may only point to it.
    const own = transaction.changes.filter((change) => change.table === table)
    shown.push(...own.map((change) => ({ seq, kept, change })))
  }
  const written = await writtenSince(tx, table, shown)
  const found = new Map<string, Change[]>()
  for (const { seq, kept, change } of shown) {
    const left = kept ? withoutNewer(change, seq, written.get(change.id) ?? []) : change
    const own = found.get(change.id)
    if (own) own.push(left)
    else found.set(change.id, [left])
  }
  return found
}

interface Shown {
  readonly seq: number
  readonly kept: boolean
  readonly change: Change
}

interface Written {
  readonly seq: number
  readonly values: Row
}

/** What was delivered to the rows of kept transactions after those were written: it is the newer value. */
async function writtenSince(
  tx: StoreReader,
  table: string,
  shown: readonly Shown[],
): Promise<ReadonlyMap<string, readonly Written[]>> {
  const kept = shown.filter((each) => each.kept)
  const written = new Map<string, Written[]>()
  const [first] = kept
  if (!first) return written
  const touching = [...new Set(kept.map(({ change }) => rowKey(table, change.id)))]
  const query = { statuses: ['processed', 'archived'], touching, after: first.seq } as const
  for await (const { seq, changes, history } of inParts(tx, query)) {
    if (!history.some(({ event }) => event === 'delivered')) continue
    for (const change of changes) {
      if (change.table !== table || change.kind !== 'update') continue
      written.set(change.id, [...(written.get(change.id) ?? []), { seq, values: change.values }])
    }
  }
  return written
}

function withoutNewer(change: Change, seq: number, written: readonly Written[]): Change {
  const newer = written.filter((other) => other.seq > seq)
  if (change.kind !== 'update' || newer.length === 0) return change
  const left = Object.entries(change.values).filter(([name]) => newer.every(({ values }) => !(name in values)))
  return { ...change, values: Object.fromEntries(left) }
}

/**
 * The row as the master will have it when the open transactions, those before `seq` where it is given, are delivered:
 * without what only archived ones still show. Null when there is no such row.
 */
export async function rowToCome(
  tx: StoreReader,
  table: ConfiguredTable,
  id: string,
  seq: number = Number.POSITIVE_INFINITY,
): Promise<Row | null> {
  const name = table.metadata.name
  const [base] = await tx.bases(name, [id])
  const [row] = await tx.rows(name, [id])
  const master = knownMaster(id, base, row).row?.values ?? null
  if (!base) return master
  let values = master
  for await (const open of inParts(tx, { statuses: ['pending', 'error'], touching: [rowKey(name, id)] })) {
    if (open.seq >= seq) break
    const own = open.changes.filter((change) => change.table === name && change.id === id)
    values = own.reduce((row, change) => applyChange(table, row, change), values)
  }
  return values
}

/** Shows the effect of changes that were added to, or taken from, the open part of the outbox. */
export async function refreshChanged(
  tx: StoreWriter,
  changes: readonly Change[],
  tables: ReadonlyMap<string, ConfiguredTable>,
): Promise<void> {
  for (const [table, ids] of idsByTable(changes)) {
    const configured = tables.get(table)
    if (configured) await refreshRows(tx, configured, ids)
  }
}

export function idsByTable(
  changes: readonly { readonly table: string; readonly id: string }[],
): ReadonlyMap<string, readonly string[]> {
  const ids = new Map<string, Set<string>>()
  for (const { table, id } of changes) ids.set(table, (ids.get(table) ?? new Set()).add(id))
  return new Map([...ids].map(([table, set]) => [table, [...set]]))
}
