import { doubtCatalogue } from '../copy/catalogue.ts'
import type { ConfiguredTable } from '../copy/configuration.ts'
import { concernsOneTable } from '../errors.ts'
import { overdueEchoes } from '../outbox/echoes.ts'
import type { StoreReader, StoreWriter } from '../ports/store.ts'
import { anchorsOf, keepAnchors, KEPT, noteAnchors } from './anchor-list.ts'
import type { Anchors } from './anchor-list.ts'
import { makeDue, rowColumns } from './checkpoint.ts'
import { masterWentBack } from './distrust-past.ts'
import type { HeldVersions, MetRows } from './held-versions.ts'
import { heldVersions } from './held-versions.ts'
import type { PullContext } from './pull-context.ts'
import { doubt, doubted } from './recheck-list.ts'
import { fitsTable } from '../store/stored-values.ts'
import { isOlderVersion } from './version-order.ts'

/*
 * A master that was restored from a backup has older versions of rows, or has not heard of them. Nothing says so, and pulls
 * by version would wait for versions that come again much later.
 *
 * The newest rows seen of each table are its anchors. A pass asks from the newest version on, so its row comes back as long
 * as nothing happened to it. When it does not, the anchors are read by id.
 *
 * Rows that are read by id may be newer than all that the passes have brought: they are anchors, too.
 *
 * What was written from here is an anchor as well until a pull has brought it back: a master that went back before then
 * shows every row that was pulled as it was.
 */

/** A row, and the version in which it was last seen. */
export interface Anchor {
  readonly id: string
  readonly version: string
}

/** What one pass over a table showed of its past. */
export interface Sightings {
  /** Whether the pass goes on from an earlier one, so that rows can come again. */
  readonly goesOn: boolean
  /** The row that has to come back with this pass, unless something happened to it. */
  readonly expected: Anchor | null
  /** The newest rows that had been seen before the pass: its pages can have newer ones, so many that these are forgotten. */
  readonly before: readonly Anchor[]
  /** The newest version that the passes before had seen, where a push has met newer ones since. */
  readonly provenTo: string | undefined
  isBack: boolean
  /** Whether the row came in a newer version, which a master that went back can have given to it since. */
  hasChanged: boolean
  /** Rows that came in an older version than was held. */
  readonly regressed: Anchor[]
  /** Rows that came although they had been deleted from here, in the versions they had then: late, or there again. */
  readonly deleted: Anchor[]
  /** Rows that were written from here and have not come back yet, though they should have by now. */
  overdue: readonly Anchor[]
}

/**
 * Begins to watch a pass. Only one that goes on from an earlier one has to bring anything back; one that reads everything anew
 * shows rows in older versions, too.
 */
export async function watchPass(tx: StoreReader, table: string, goesOn: boolean): Promise<Sightings> {
  const { rows, expected, provenTo } = await anchorsOf(tx, table)
  const overdue = goesOn ? await overdueEchoes(tx, table) : []
  const awaited = (goesOn && expected && rows[0]) || null
  return {
    goesOn,
    expected: awaited,
    before: rows,
    provenTo: goesOn ? provenTo : undefined,
    isBack: false,
    hasChanged: false,
    regressed: [],
    deleted: [],
    overdue,
  }
}

/**
 * Takes a page into account, in its store transaction and before it is applied. Writes only where it has newer rows. Gives
 * back whether the page has anything that is not held.
 */
export async function sightPage(
  tx: StoreWriter,
  table: string,
  { rows: page, held: heldOf }: MetRows,
  sightings: Sightings,
): Promise<boolean> {
  await noteAnchors(tx, table, page)
  // Nothing was seen before a first download.
  if (!sightings.goesOn && sightings.before.length === 0) return page.length > 0
  if (sightings.overdue.length > 0) {
    const there = new Map(page.map((row) => [row.id, row.version]))
    sightings.overdue = sightings.overdue.filter(({ id, version }) => {
      const found = there.get(id)
      return found === undefined || isOlderVersion(found, version)
    })
  }
  const held = await heldOf()
  const { expected } = sightings
  const again = expected && page.find((row) => row.id === expected.id)
  // What was written from here was written onto what it was, but in a past that is another its version is a lower one.
  if (again && isOlderVersion(again.version, expected.version)) {
    sightings.hasChanged = true
    sightings.regressed.push(expected)
  } else if (again && [expected.version, held.get(again.id)].includes(again.version)) sightings.isBack = true
  else if (again) sightings.hasChanged = true
  for (const { id, version } of page) {
    const before = held.get(id)
    if (before && isOlderVersion(version, before)) sightings.regressed.push({ id, version: before })
  }
  return !sightings.goesOn || page.some((row) => held.get(row.id) !== row.version)
}

/** What was seen of a table, to be judged together with the other tables. */
export interface Seen {
  readonly table: ConfiguredTable
  readonly sightings: Sightings
}

/**
 * Finds out whether the master went back in time, after the passes over its tables. No request where every expected row
 * came back. One that did go back has every table compared, and every pass begun from the start.
 *
 * A row that is gone without a trace may have been deleted, or never have been made in the past that is now: where no
 * newer row is known to be as it was, its table alone is begun anew, if deletions are told of there: this one was not. Else
 * the row is looked at again: it may have been written in a transaction that had not ended when the backup was made.
 *
 * What is concluded is stored together with the anchors that are left: the others were the evidence.
 */
export async function judgePast(context: PullContext, seen: readonly Seen[], signal: AbortSignal): Promise<boolean> {
  const intact: string[] = []
  const missing: { readonly table: ConfiguredTable; readonly anchor: Anchor }[] = []
  const concluded: ((tx: StoreWriter) => Promise<void>)[] = []
  const anew = new Set<string>()
  for (const { table, sightings } of seen) {
    const { expected, isBack, regressed, deleted, overdue, provenTo } = sightings
    if (expected && isBack && provenTo === undefined) intact.push(expected.version)
    const doubtful = [...regressed, ...deleted, ...overdue]
    if ((!expected || isBack) && doubtful.length === 0 && provenTo === undefined) continue
    const found = await readAnchors(context, table, sightings, signal).catch(unlessOfOneTable)
    if (!found) continue
    if (found.isOlder) {
      await beginAnew(context, [...context.tables.keys()])
      return true
    }
    if (found.isPassedBy) anew.add(table.metadata.name)
    if (found.keep) concluded.push(found.keep)
    intact.push(...found.intact)
    missing.push(...found.missing.map((anchor) => ({ table, anchor })))
  }
  for (const { table, anchor } of missing) {
    const { name } = table.metadata
    const isOfThisPast = intact.some((version) => isOlderVersion(anchor.version, version))
    if (name === context.mobileTracking && !isOfThisPast) concluded.push((tx) => compareTracked(tx, context))
    if (!table.tracking.deletes && !table.tracking.links && !table.changeTracking) continue
    if (isOfThisPast) concluded.push((tx) => doubt(tx, name, [anchor.id], 'changed'))
    else anew.add(name)
  }
  if (anew.size > 0) concluded.push((tx) => masterWentBack(tx, [...anew]))
  if (concluded.length === 0) return false
  const store = async (tx: StoreWriter): Promise<void> => {
    for (const each of concluded) await each(tx)
  }
  await context.store.write('what the anchors tell', store, { durability: 'relaxed' })
  return false
}

/** Entries of the mobile-tracking table may never have been made: rows that went because of them can be back. */
async function compareTracked(tx: StoreWriter, { tables }: PullContext): Promise<void> {
  const tracked = [...tables.values()].filter(({ tracking }) => tracking.deletes || tracking.owners || tracking.links)
  await makeDue(
    tx,
    tracked.map(({ metadata }) => metadata.name),
    'token-expired',
  )
}

/** A table that cannot be read tells nothing, and has said so in its own report. */
function unlessOfOneTable(error: unknown): null {
  if (concernsOneTable(error)) return null
  throw error
}

interface Found {
  readonly isOlder: boolean
  /**
   * A row that is wanted is in a newer version than is held, and an older one than had been seen before: no pass will bring it.
   * It was changed in a transaction that has lasted long, or the version was given out once more.
   */
  readonly isPassedBy: boolean
  readonly intact: readonly string[]
  readonly missing: readonly Anchor[]
  /** Keeps the anchors that are there as they were, unless the newest has come back; null where they stay. */
  readonly keep: ((tx: StoreWriter) => Promise<void>) | null
}

/** Reads the anchors that are still held, and the rows in doubt, whatever the scope. */
async function readAnchors(
  context: PullContext,
  table: ConfiguredTable,
  { before, regressed, deleted, overdue, isBack, hasChanged, provenTo }: Sightings,
  signal: AbortSignal,
): Promise<Found> {
  const name = table.metadata.name
  const doubtful = [...regressed, ...deleted, ...overdue]
  const { known, anchors, held, explained } = await context.store.read(`anchors of ${name}`, async (tx) => {
    const newest = (await anchorsOf(tx, name)).rows
    const rows =
      isBack && provenTo === undefined
        ? newest
        : [...newest, ...before.filter(({ id }) => newest.every((row) => row.id !== id))]
    const ids = rows.map(({ id }) => id)
    const versions: HeldVersions = await heldVersions(tx, name, ids)
    const doubts = await doubted(tx, name)
    return {
      known: newest,
      // What was removed here tells nothing about the master.
      anchors: rows.filter((row) => versions.has(row.id)),
      held: versions,
      explained: new Set(doubts.map(({ id }) => id)),
    }
  })
  const asked = [...new Map([...anchors, ...doubtful].map((row) => [row.id, row])).values()]
  const request = { table: table.metadata, columns: rowColumns(table), ids: asked.map(({ id }) => id) }
  const rows = asked.length === 0 ? [] : await context.master.read(request, signal)
  const there = new Map(rows.map((row) => [row.id, row.version]))
  // With the newest row gone no pass may show how the columns are now.
  if (rows.some(({ values }) => !fitsTable(table.store, values))) {
    await context.store.write('doubt the metadata', doubtCatalogue, { durability: 'relaxed' })
  }
  const seen = new Map(before.map((row) => [row.id, row.version]))
  // What is there again in the version in which it was deleted, or in an older one, was never deleted in this past.
  const isRevived = ({ id, version }: Anchor): boolean => {
    const now = there.get(id)
    return now !== undefined && (now === version || isOlderVersion(now, version))
  }
  const isMet = (version: string): boolean => provenTo !== undefined && isOlderVersion(provenTo, version)
  const isOlder =
    asked.some(({ id, version }) => isOlderVersion(there.get(id) ?? version, version)) || deleted.some(isRevived)
  const present = anchors.filter(({ id, version }) => there.get(id) === version)
  const [newestBefore] = before
  const isPassedBy = ({ id }: Anchor): boolean => {
    const [now, here] = [there.get(id), held.get(id)]
    if (!now || !here || !newestBefore || explained.has(id)) return false
    return isOlderVersion(here, now) && isOlderVersion(now, newestBefore.version)
  }
  // Who has left the scope is brought by no pass, either: only what is still wanted was passed by.
  const passed = anchors.filter(isPassedBy).map(({ id }) => id)
  const scoped = { table: table.metadata, columns: [table.metadata.primaryId], scope: table.scope, ids: passed }
  const wanted = passed.length === 0 ? [] : await context.master.read(scoped, signal)
  let keep: Found['keep'] = null
  if (!isOlder && !isBack && !hasChanged) {
    // The newest row seen is gone from the scope: until a newer one is seen, as perhaps with this pass, none is expected.
    const [newest] = present
    const isNewer = newest !== undefined && before.every(({ version }) => isOlderVersion(version, newest.version))
    const next: Anchors = {
      rows: present.slice(0, KEPT).map(({ id, version }) => ({ id, version })),
      expected: isNewer,
    }
    keep = async (tx) => {
      // What was seen meanwhile has still to come back.
      const isKnown = JSON.stringify((await anchorsOf(tx, name)).rows) === JSON.stringify(known)
      if (isKnown) await keepAnchors(tx, name, next)
    }
  } else if (provenTo !== undefined && !isOlder) {
    keep = async (tx) => {
      const { provenTo: _, ...rest } = await anchorsOf(tx, name)
      await keepAnchors(tx, name, rest)
    }
  }
  return {
    isOlder,
    isPassedBy: wanted.length > 0,
    keep,
    // What this pass has brought tells nothing about the past, nor what a push has met.
    intact: present.flatMap(({ id, version }) => (seen.get(id) === version && !isMet(version) ? [version] : [])),
    missing: asked.filter(({ id }) => !there.has(id) && !explained.has(id) && !deleted.some((row) => row.id === id)),
  }
}

/** Compares these tables and begins their passes, their anchors and their change tracking from the start. */
async function beginAnew({ store }: PullContext, tables: readonly string[]): Promise<void> {
  await store.write('the master went back in time', (tx) => masterWentBack(tx, tables), { durability: 'relaxed' })
}
