import type { ConfiguredTable } from '../copy/configuration.ts'
import type { Env } from '../env.ts'
import { concernsOneTable, throwIfAborted } from '../errors.ts'
import type { OutpostEvent } from '../events.ts'
import type { MasterOrg, MasterRow } from '../ports/master-org.ts'
import type { Store, StoreWriter } from '../ports/store.ts'
import { noteAnchors } from './anchor-list.ts'
import { applyPage } from './apply-page.ts'
import { rowColumns } from './checkpoint.ts'
import { dependentsDue } from './dependents.ts'
import { masterWentBack } from './distrust-past.ts'
import { heldOnce, heldVersions } from './held-versions.ts'
import type { HeldVersions } from './held-versions.ts'
import { shownWhole } from './lacking.ts'
import { marksOf, quarantine } from './quarantine.ts'
import type { QuarantinedRow, QuarantineReason } from './quarantine.ts'
import { looked } from './recheck-list.ts'
import type { Doubt, DoubtedRow } from './recheck-list.ts'
import { learnTracked } from './tracking.ts'
import { isOlderVersion } from './version-order.ts'

/** What is needed to find out which rows are still wanted. */
export interface MembershipContext {
  readonly store: Store
  readonly master: MasterOrg
  readonly env: Pick<Env, 'now'>
  /** All configured tables, by logical name. */
  readonly tables: ReadonlyMap<string, ConfiguredTable>
  /** The mobile-tracking table, where one is configured. */
  readonly mobileTracking?: string | undefined
  emit(event: OutpostEvent): void
}

/** What looking at rows did, in rows. */
export interface Membership {
  /** Removed, because the master no longer shows them under the table's scope. */
  readonly pruned: number
  /** No longer shown, and kept because they have unsent changes. */
  readonly kept: number
  readonly added: number
  readonly refreshed: number
}

/** Rows that are looked at in one store transaction. Few large ones write far less of a store's pages than many small. */
const CHUNK = 1000

export const NOTHING: Membership = { pruned: 0, kept: 0, added: 0, refreshed: 0 }

/**
 * Looks at the rows on the table's list again, which are given: reads them by id under its scope, applies those that come back and removes
 * the others, a thousand at a time, each thousand in one store transaction. A row with unsent changes stays and is
 * quarantined; once nothing of it is unsent any more, it is looked at again.
 */
export async function lookAgain(
  context: MembershipContext,
  table: ConfiguredTable,
  rows: readonly DoubtedRow[],
  signal: AbortSignal,
): Promise<Membership> {
  const list = new Map(rows.map((each): [string, Doubt] => [each.id, each.doubt]))
  let sum = NOTHING
  const ids = [...list.keys()]
  for (let from = 0; from < ids.length; from += CHUNK) {
    throwIfAborted(signal)
    const chunk = ids.slice(from, from + CHUNK)
    const result = await readAndApply(context, table, chunk, { signal, leave: true, doubts: list })
    sum = inSum(sum, result)
  }
  return sum
}

/**
 * Reads rows by id under the table's scope and applies them in one store transaction, unless what is held of them has
 * moved since they were asked for. With `leave`, those that do not come back are removed, or quarantined. One in an older
 * version than was held before it was asked for shows that the master went back in time: nothing else need show it any more.
 */
export async function readAndApply(
  context: MembershipContext,
  table: ConfiguredTable,
  ids: readonly string[],
  how: { readonly signal: AbortSignal; readonly leave: boolean; readonly doubts?: ReadonlyMap<string, Doubt> },
): Promise<Membership> {
  const name = table.metadata.name
  const { store, master } = context
  const before = await store.read(`versions of ${name}`, (tx) => heldVersions(tx, name, ids))
  const request = { table: table.metadata, columns: rowColumns(table), scope: table.scope, ids }
  const rows = ids.length === 0 ? [] : await master.read(request, how.signal)
  const shown = new Set(rows.map((row) => row.id))
  const absent = how.leave ? ids.filter((id) => !shown.has(id)) : []
  const reasons = await whyAbsent(context, table, absent, how)
  const { marked, ...done } = await store.write(
    `look at rows of ${name}`,
    async (tx) => {
      const held = heldOnce(tx, name, ids)
      const now = await held()
      const moved = (id: string): boolean => now.get(id) !== before.get(id)
      const again = await shownWhole(tx, name, shown)
      const fresh = rows.filter(({ id, version }) => !moved(id) && (now.get(id) !== version || again.has(id)))
      await noteAnchors(tx, name, fresh)
      // No pass will bring as news what is held by then.
      if (name === context.mobileTracking) await learnTracked(tx, table, { rows: fresh, held }, context.tables)
      await applyPage(tx, table, fresh, { older: true, again, held })
      if (fresh.some(({ id, version }) => isOlderVersion(version, now.get(id) ?? version)))
        await masterWentBack(tx, context.tables.keys())
      if (fresh.length > 0) await dependentsDue(tx, context.tables, name)
      const gone = absent.filter((id) => !moved(id))
      const left = await leave(tx, name, new Map(gone.map((id) => [id, reasons.get(id) ?? 'unreadable'])), now, context)
      // What was pushed or pulled meanwhile is looked at once more with the next pull.
      await looked(
        tx,
        name,
        ids.filter((id) => shown.has(id) || !moved(id)),
      )
      const added = fresh.filter((row) => !now.has(row.id)).length
      return { ...left, added, refreshed: fresh.length - added }
    },
    { durability: 'relaxed' },
  )
  for (const row of marked) context.emit({ type: 'row.quarantined', ...row })
  return done
}

/** What became of rows that left. `marked` are to be told with events once they are committed. */
export interface Left {
  readonly pruned: number
  readonly kept: number
  readonly marked: readonly QuarantinedRow[]
}

/**
 * Removes rows that the master no longer shows, each with the reason known, in the given store transaction. Those with
 * unsent changes stay and are marked. A row that was created here and never sent is no leaver. `held` are the versions that
 * are held of the rows, as they were read in this transaction.
 */
export async function leave(
  tx: StoreWriter,
  table: string,
  rows: ReadonlyMap<string, QuarantineReason>,
  held: HeldVersions,
  { env, tables }: Pick<MembershipContext, 'env' | 'tables'>,
): Promise<Left> {
  const ids = [...rows.keys()]
  if (ids.length === 0) return { pruned: 0, kept: 0, marked: [] }
  const bases = new Map((await tx.bases(table, ids)).map((base) => [base.id, base]))
  const gone = ids.filter((id) => held.has(id) && !bases.has(id))
  await tx.deleteRows(table, gone)
  if (gone.length > 0) await dependentsDue(tx, tables, table)
  await shownWhole(tx, table, new Set(ids.filter((id) => !bases.has(id))))
  const kept = new Map([...rows].filter(([id]) => bases.get(id)?.local === 'updated'))
  const marked = await quarantine(tx, table, kept, env.now())
  return { pruned: gone.length, kept: kept.size, marked }
}

/**
 * Why rows did not come back. Only for those with unsent changes, which are few: the others are removed whatever the
 * reason.
 */
export async function whyAbsent(
  context: MembershipContext,
  table: ConfiguredTable,
  ids: readonly string[],
  how: { readonly signal: AbortSignal; readonly doubts?: ReadonlyMap<string, Doubt> },
): Promise<ReadonlyMap<string, QuarantineReason>> {
  const name = table.metadata.name
  const bases = ids.length === 0 ? [] : await context.store.read(`bases of ${name}`, (tx) => tx.bases(name, ids))
  const dirty = bases.filter((base) => base.local === 'updated').map((base) => base.id)
  if (dirty.length === 0) return new Map()
  const request = { table: table.metadata, columns: [table.metadata.primaryId], ids: dirty }
  const there = new Set((await context.master.read(request, how.signal)).map((row: MasterRow) => row.id))
  const marked = await context.store.read('quarantined rows', (tx) => marksOf(tx, name, dirty))
  const known = new Map(marked.map(({ id, reason }) => [id, reason]))
  const reasons = new Map<string, QuarantineReason>()
  for (const id of dirty) {
    const before = known.get(id)
    if (there.has(id)) reasons.set(id, 'left-scope')
    else if (how.doubts?.get(id) === 'deleted') reasons.set(id, 'deleted')
    // What was found out once is not asked with each pull.
    else if (before === 'deleted' || before === 'unreadable') reasons.set(id, before)
    else reasons.set(id, (await isGone(context, table, id, how.signal)) ? 'deleted' : 'unreadable')
  }
  return reasons
}

/** Whether the master says that the row was deleted; where it does not say anything about it, nothing is concluded. */
async function isGone(
  { master }: Pick<MembershipContext, 'master'>,
  { metadata }: ConfiguredTable,
  id: string,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    return (await master.isGone?.({ table: metadata, id }, signal)) === true
  } catch (error) {
    if (concernsOneTable(error)) return false
    throw error
  }
}

export function inSum(one: Membership, other: Membership): Membership {
  return {
    pruned: one.pruned + other.pruned,
    kept: one.kept + other.kept,
    added: one.added + other.added,
    refreshed: one.refreshed + other.refreshed,
  }
}
