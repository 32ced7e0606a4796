import { rowKey } from '@outpost/core'
import type { Configuration, OfflineTransaction, Row, StoredRow } from '@outpost/core'
import type { Device } from '../device.ts'
import type { World } from '../world.ts'
import { isGivenAgain, unnoticedBy, wasFooled, wentBelowToken } from './restores.ts'
import { rowThere, tablesOf, versionOf } from './rows-there.ts'

/*
 * What the strategy of a table is documented not to find out. Everything else, and everything of tables of which all ids
 * are compared, must be found.
 */

interface RowName {
  readonly table: string
  readonly id: string
}

/** Whether the device need not have found out that a row of its is to go. */
export function excusesExtra(
  world: World,
  device: Device,
  table: string,
  row: StoredRow,
  { tracked: changeTracking, held }: { readonly tracked: boolean; readonly held: ReadonlySet<string> },
): boolean {
  const { org, user } = device
  const { configuration } = org
  const { syncDeletion = false, tracking = {} } = configuration.tables[table] ?? {}
  if (syncDeletion) return false
  if (wasFooled(world, device) && isGivenAgain(world, device, table, row.id, row.version ?? '')) return true
  const there = rowThere(world, table, row.id)
  // A link comes and goes as a whole.
  const isLink = world.emulator.schema.manyToManyByIntersect(table) !== undefined
  // Change tracking tells removed links by keys that nobody keeps. Of those that go with a row at one of their ends nobody
  // tells, but that row can be told of.
  if (!there && isLink) {
    const areTold =
      tracking.links === true && row.id.split(':').every((end) => isThereOrTold(world, configuration, end))
    return !areTold || wasLate(world, row.id)
  }
  const isTold = changeTracking && !wentBelowToken(world, device, rowKey(table, row.id))
  if (!there) return !(isTold || (tracking.deletes === true && !wasLate(world, row.id)))
  // Nothing happened to the row itself: another configuration, another standing of the user, another day, other related
  // rows make a comparison due; a share, or one that is taken back, does not.
  if (versionOf(row.version) === there.version) {
    // What a push has met outside of the filter stays in the version in which it was met, as it would in an older one.
    const isMet = metBy(device).has(`${rowKey(table, row.id)} ${row.version ?? ''}`)
    if (wasShared(world, row.id) || isJoinedUnseen(world, device, { table, id: row.id }, held)) return true
    return !changeTracking && (isMet || isOwnWork(world, device, table, row.id))
  }
  if (changeTracking) return false
  const wasGiven = tracking.owners === true && row.values['ownerid'] !== undefined && user !== ''
  return !(wasGiven && row.values['ownerid'] !== there.values['ownerid'] && !wasLate(world, row.id))
}

/** A row that the device should not have. */
export interface Extra {
  readonly table: string
  readonly row: StoredRow
  /** What it is under unsent changes. */
  readonly below: Row
  /** It need not have found out that it is to go. */
  readonly isExcused: boolean
}

/**
 * Those that the device must have found out about. A row that is kept because of another one stays as long as that one: the
 * device learns that it is to go when it learns that of the other.
 */
export function unexcused({ tables }: Configuration, extra: readonly Extra[]): readonly Extra[] {
  const staying = extra.filter(({ isExcused }) => isExcused)
  let open = extra.filter(({ isExcused }) => !isExcused)
  const isBecauseOf = ({ table, row, below }: Extra, other: Extra): boolean => {
    const { syncDeletion = false, syncFetchXml = '', related = [] } = tables[table] ?? {}
    if (syncDeletion) return false
    if (syncFetchXml.includes(`<link-entity name="${other.table}"`)) return true
    return related.some(({ direction, table: name, lookup }) => {
      if (name !== other.table) return false
      const [from, to] = direction === 'children' ? [{ row, below }, other.row] : [other, row]
      return from.row.values[lookup] === to.id || from.below[lookup] === to.id
    })
  }
  for (let last = -1; last !== staying.length;) {
    last = staying.length
    staying.push(...open.filter((each) => staying.some((other) => isBecauseOf(each, other))))
    open = open.filter((each) => !staying.includes(each))
  }
  return open
}

const met = new WeakMap<Device, Set<string>>()

/** The versions of rows that the pushes of a device have met, as `<key> <version>`; also of what was discarded since. */
function metBy(device: Device): Set<string> {
  const versions = met.get(device) ?? new Set<string>()
  met.set(device, versions)
  return versions
}

/** Notes what the pushes of a device have met. To be called after every step, and before what it has is judged. */
export function noteMet(device: Device, transactions: Iterable<OfflineTransaction>): void {
  const versions = metBy(device)
  for (const { history } of transactions)
    for (const entry of history)
      for (const [key, version] of Object.entries(entry.versions ?? {})) versions.add(`${key} ${version}`)
}

/** Whether the row is as it is because of this device: what it wrote need not fit its own filter, and nobody tells it so. */
function isOwnWork({ ledger, emulator }: World, { book, user }: Device, table: string, id: string): boolean {
  const last = ledger.commits.findLast((commit) => commit.table === table && commit.id === id)
  const userId = emulator.users.find(({ name }) => name === user)?.id
  // What the store kept although the write failed is sent as well.
  const written = [...[...book.entries.values()].map(({ deeds }) => deeds), ...book.perhaps]
  const isWritten = written.some((deeds) => deeds.some((deed) => deed.table === table && deed.id === id))
  return isWritten && last !== undefined && last.userId === userId
}

/** The entries of the mobile-tracking table that tell of deleted rows. */
const DELETED = 2

/** Whether the row at an end of a link is there, or the mobile-tracking table tells that it was deleted. */
function isThereOrTold({ emulator }: World, { mobileTracking }: Configuration, id: string): boolean {
  const { master, schema } = emulator
  if (schema.tables().some(({ logicalName }) => master.rows(logicalName).some((row) => row.id === id))) return true
  const entries = mobileTracking === undefined ? [] : master.rows(mobileTracking)
  return entries.some(({ values }) => values['resco_kind'] === DELETED && values['resco_rowid'] === id)
}

/** Whether the device is told of the table's deletions by change tracking: the master refuses it to who may not read all rows. */
export async function isTracked({ emulator }: World, { org, user }: Device, table: string): Promise<boolean> {
  const definition = emulator.schema.table(table)
  if (org.configuration.tables[table]?.changeTracking !== true || !definition) return false
  const path = `${definition.entitySetName}?$select=${definition.primaryId}`
  const { ok } = await emulator.as(user)(path, { headers: { Prefer: 'odata.track-changes,odata.maxpagesize=1' } })
  return ok
}

/** What has become of a row that the device should not have. */
export function whereabouts(world: World, table: string, row: StoredRow): string {
  const there = rowThere(world, table, row.id)
  if (!there) return 'and gone on the master'
  return versionOf(row.version) === there.version ? 'and the same on the master' : `changed since ${row.version}`
}

/** Whether the device need not have found out that it is to have a row, or that it is another one now. */
export function excusesMissing(
  world: World,
  device: Device,
  { table, id }: RowName,
  held: ReadonlySet<string>,
): boolean {
  const { number, org } = device
  const { configuration } = org
  if (configuration.tables[table]?.syncDeletion === true) return false
  const unnoticed = unnoticedBy(world, number)
  if (unnoticed.has(rowKey(table, id)) || isLedToBy(world, configuration, { table, id }, unnoticed)) return true
  if (wasShared(world, id) || wasLate(world, id)) return true
  return !held.has(rowKey(table, id)) && isJoinedUnseen(world, device, { table, id }, held)
}

/**
 * Whether a row that the device does not have has changed since this one, and FetchXML joins the two: that may be why this one
 * is wanted, or not any more. A device learns that a joined row has changed where it keeps that as well (decisions/012).
 */
function isJoinedUnseen(
  { emulator }: World,
  { org }: Device,
  { table, id }: RowName,
  held: ReadonlySet<string>,
): boolean {
  const { syncFetchXml = '' } = org.configuration.tables[table] ?? {}
  const row = emulator.master.rows(table).find((each) => each.id === id)
  const joins = [...syncFetchXml.matchAll(/<link-entity name="([^"]*)" from="([^"]*)" to="([^"]*)"/g)]
  return joins.some(([, name = '', from = '', to = '']) => {
    const joined = emulator.master.rows(name).filter(({ values }) => values[from] === row?.values[to])
    return joined.some((other) => other.version > (row?.version ?? 0n) && !held.has(rowKey(name, other.id)))
  })
}

/** Whether a row is wanted because of one of these, or may be. */
function isLedToBy(
  world: World,
  { tables }: Configuration,
  { table, id }: RowName,
  keys: ReadonlySet<string>,
): boolean {
  const { syncFetchXml = '', related = [] } = tables[table] ?? {}
  return [...keys].some((key) => {
    const [other = '', otherId = ''] = key.split('/')
    if (syncFetchXml.includes(`<link-entity name="${other}"`)) return true
    return related.some(({ direction, table: name, lookup }) => {
      if (name !== other) return false
      const [from, to] =
        direction === 'children' ? [rowThere(world, table, id), otherId] : [rowThere(world, other, otherId), id]
      return from?.values[lookup] === to
    })
  })
}

/** Who may see it may have changed without anything having happened to it. */
function wasShared(world: World, id: string): boolean {
  return doubtsOf(world).shown.has(id)
}

/** Whether it changed in a transaction that lasted longer than a pull reaches back. */
function wasLate(world: World, id: string): boolean {
  return doubtsOf(world).late.has(id)
}

/** Rows to which something has happened that not every strategy finds out. */
interface Doubts {
  /** The master took its time over a request of a device: its answer can be lost while it is still worked on. */
  isSlow: boolean
  /** A share of theirs was made or taken back, or they were hidden from somebody. */
  readonly shown: Set<string>
  /** They were stamped longer before their commit than a pull reaches back; or a while before it, and with no time of their own. */
  readonly late: Set<string>
}

const doubts = new WeakMap<World, Doubts>()

export function doubtsOf(world: World): Doubts {
  const found = doubts.get(world) ?? {
    isSlow: false,
    shown: new Set<string>(),
    late: new Set<string>(),
  }
  doubts.set(world, found)
  return found
}

/** Looks whether the sight of rows has changed. To be called after every step: what was taken back is not told of later. */
export function lookForShares(world: World): void {
  const { shown } = doubtsOf(world)
  const { emulator } = world
  for (const { values } of emulator.master.rows('principalobjectaccess')) shown.add(String(values['objectid']))
  for (const user of emulator.users)
    for (const table of tablesOf(world)) for (const id of user.hidden(table) ?? []) shown.add(id)
}
