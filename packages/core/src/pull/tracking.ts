import type { ConfiguredTable, TrackingConfiguration } from '../copy/configuration.ts'
import { OutpostError } from '../errors.ts'
import { columnOf, relationshipOf } from '../metadata.ts'
import type { MasterRow } from '../ports/master-org.ts'
import type { StoreReader, StoreWriter } from '../ports/store.ts'
import { canonicalGuid, linkId } from '../row.ts'
import { makeDue, readCheckpoint } from './checkpoint.ts'
import type { MetRows } from './held-versions.ts'
import type { PullContext } from './pull-context.ts'
import { doubtEach } from './recheck-list.ts'
import type { Doubt } from './recheck-list.ts'

/*
 * The mobile-tracking table is filled on the master by plug-ins: an entry for each row that was deleted or got another
 * owner, and for each many-to-many link that was removed. It is pulled like any other table; what is new in it names rows
 * to look at again. It tells only of what happened after it was switched on.
 */

/** The columns of the mobile-tracking table, by their logical names. */
export const TRACKING_COLUMNS = {
  kind: 'resco_kind',
  table: 'resco_tablename',
  row: 'resco_rowid',
  relatedTable: 'resco_relatedtablename',
  relatedRow: 'resco_relatedrowid',
  relationship: 'resco_relationship',
} as const

const KIND = { linkRemoved: 1, deleted: 2, ownerChanged: 3 } as const

type Tables = ReadonlyMap<string, ConfiguredTable>

/** Since when which kinds of entries are followed for a table. */
export type Tracked = {
  readonly kinds: readonly (keyof TrackingConfiguration)[]
  /** By the device clock. */
  readonly since: number
}

const key = (table: string): string => `tracked/${table}`

/**
 * Takes what a page of the mobile-tracking table tells that was not known yet, in the page's store transaction and before
 * the page is applied. Of a pass from the start it cannot be said which entries are new: behind it the tables that it tells
 * of are compared, as when it was switched on.
 */
export async function learnTracked(
  tx: StoreWriter,
  trackingTable: ConfiguredTable,
  page: MetRows,
  tables: Tables,
): Promise<void> {
  const { name } = trackingTable.metadata
  requireColumns(trackingTable)
  if (!(await readCheckpoint(tx, name))?.complete) {
    for (const { key: tracked } of await tx.values('tracked/')) await tx.setValue(tracked, undefined)
    return
  }
  const held = await page.held()
  const told = page.rows.filter((entry) => !held.has(entry.id))
  for (const [table, rows] of await doubtsOf(tx, told, tables)) await doubtEach(tx, table, rows)
}

/** The rows that the entries name, by table. */
async function doubtsOf(
  tx: StoreReader,
  entries: readonly MasterRow[],
  tables: Tables,
): Promise<ReadonlyMap<string, ReadonlyMap<string, Doubt>>> {
  const doubts = new Map<string, Map<string, Doubt>>()
  const note = ({ metadata }: ConfiguredTable, ids: readonly string[], reason: Doubt): void => {
    const rows = doubts.get(metadata.name) ?? new Map<string, Doubt>()
    doubts.set(metadata.name, rows)
    for (const id of ids) rows.set(id, reason)
  }
  const linked = [...tables.values()].filter(({ tracking }) => tracking.links)
  const deleted: { readonly table: string; readonly id: string }[] = []
  for (const { values } of entries) {
    const text = (column: string): string => (typeof values[column] === 'string' ? values[column] : '').toLowerCase()
    const named = text(TRACKING_COLUMNS.table)
    const table = tables.get(named)
    const id = canonicalGuid(text(TRACKING_COLUMNS.row))
    if (id === null) continue
    const kind = values[TRACKING_COLUMNS.kind]
    if (kind === KIND.deleted) deleted.push({ table: named, id })
    if (kind === KIND.deleted && table?.tracking.deletes) note(table, [id], 'deleted')
    if (kind === KIND.ownerChanged && table?.tracking.owners) note(table, [id], 'owner-changed')
    const other = canonicalGuid(text(TRACKING_COLUMNS.relatedRow))
    if (kind !== KIND.linkRemoved || other === null) continue
    for (const links of linked) {
      const ids = linkIds(links, text(TRACKING_COLUMNS.relationship), { table: named, id, other })
      note(links, ids, 'link-removed')
    }
  }
  for (const links of linked) note(links, await linksOf(tx, links, deleted), 'link-removed')
  return doubts
}

/** The ids under which the link of an entry can be held; none where it is of another relationship. */
function linkIds(
  { metadata }: ConfiguredTable,
  name: string,
  ends: { readonly table: string; readonly id: string; readonly other: string },
): readonly string[] {
  const relationship = relationshipOf(metadata)
  if (!relationship || (relationship.name.toLowerCase() !== name && metadata.name !== name)) return []
  const { first, second } = relationship
  const forth = linkId(ends.id, ends.other)
  const back = linkId(ends.other, ends.id)
  // Within one table either end may be the first.
  if (first.table === second.table) return [forth, back]
  return ends.table === first.table ? [forth] : [back]
}

const WALKED = 1000

/** The held links of rows that were deleted: they went with these, and nobody tells of them. */
async function linksOf(
  tx: StoreReader,
  { metadata }: ConfiguredTable,
  deleted: readonly { readonly table: string; readonly id: string }[],
): Promise<readonly string[]> {
  const relationship = relationshipOf(metadata)
  const ends = [relationship?.first.table, relationship?.second.table]
  const gone = new Set(deleted.flatMap(({ table, id }) => (ends.includes(table) ? [id] : [])))
  if (gone.size === 0) return []
  const found: string[] = []
  for (let after: string | undefined; ;) {
    const ids = await tx.ids(metadata.name, { limit: WALKED, ...(after === undefined ? {} : { after }) })
    found.push(...ids.filter((link) => link.split(':').some((end) => gone.has(end))))
    after = ids.at(-1)
    if (ids.length < WALKED) return found
  }
}

/**
 * Notes which kinds are followed for each table, and since when. Where a kind is new and rows are held already, what
 * happened before is found by one comparison of all rows, which becomes due. Belongs behind each pass of the
 * mobile-tracking table: rows that come later than its first one are told of from their beginning.
 */
export async function noteTracked({
  store,
  env,
  tables,
  mobileTracking,
}: Pick<PullContext, 'store' | 'env' | 'tables' | 'mobileTracking'>): Promise<void> {
  const changed = await store.read('what is tracked', async (tx) => {
    const known = new Map((await tx.values('tracked/')).map(({ key: name, value }) => [name, value as Tracked]))
    const follows = mobileTracking !== undefined && (await readCheckpoint(tx, mobileTracking))?.complete === true
    return [...tables].flatMap(([name, table]) => {
      const before = known.get(key(name))?.kinds ?? []
      const kinds = follows ? kindsOf(table) : []
      return kinds.join() === before.join()
        ? []
        : [{ name, kinds, isMore: kinds.some((kind) => !before.includes(kind)) }]
    })
  })
  if (changed.length === 0) return
  await store.write('note what is tracked', async (tx) => {
    for (const { name, kinds, isMore } of changed) {
      const tracked: Tracked = { kinds, since: env.now() }
      await tx.setValue(key(name), kinds.length === 0 ? undefined : tracked)
      if (isMore) await makeDue(tx, [name], 'tracking-enabled')
    }
  })
}

/** Since when which kinds of entries are followed for the table; undefined where none is. */
export async function trackedSince(tx: StoreReader, table: string): Promise<Tracked | undefined> {
  return (await tx.value(key(table))) as Tracked | undefined
}

/** Forgets it for a table that is no longer kept. */
export async function forgetTracked(tx: StoreWriter, table: string): Promise<void> {
  await tx.setValue(key(table), undefined)
}

function kindsOf({ tracking }: ConfiguredTable): readonly (keyof TrackingConfiguration)[] {
  return (['deletes', 'links', 'owners'] as const).filter((kind) => tracking[kind])
}

function requireColumns(table: ConfiguredTable): void {
  const { name } = table.metadata
  for (const column of Object.values(TRACKING_COLUMNS)) {
    if (table.columns.includes(column)) continue
    const exists = columnOf(table.metadata, column) !== undefined
    const message = `table '${name}' is to be the mobile-tracking table, but ${exists ? `column '${column}' is not selected` : `it has no column '${column}'`}`
    throw new OutpostError('invalid', message, { place: { table: name, column, rule: 'tracking-columns' } })
  }
}
