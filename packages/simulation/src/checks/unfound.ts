import { rowKey } from '@outpost/core'
import type { Configuration, OfflineTransaction, Row, StoredRow } from '@outpost/core'
import type { Device } from '../device.ts'
import type { Scenario } from '../scenario.ts'
import { wantedRows } from '../wanted.ts'
import type { World } from '../world.ts'

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

/**
 * The rows that a device need not have found out about because it did not notice that a backup was restored: what came back
 * with it, and what has changed since without a time of its own, in a version that was given out before. A pull asks for what
 * is newer than all that it has seen, by version or by time (decisions/012).
 */
function unnoticedBy(world: World, number: number): ReadonlySet<string> {
  const { back, givenOut } = doubtsOf(world)
  const revived = back.get(number) ?? new Set()
  if (revived.size === 0 || givenOut.untimed.size === 0) return revived
  const there = versionsThere(world)
  const passed = [...givenOut.untimed].flatMap(([key, version]) => (there.get(key) === version ? [key] : []))
  return new Set([...revived, ...passed])
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

/**
 * Whether the device had the row in this version before a backup was restored that has never heard of it: when the version
 * comes again, nothing tells it from the one that is held (decisions/012).
 */
export function isGivenAgain(world: World, { number }: Device, table: string, id: string, version: string): boolean {
  return (
    doubtsOf(world)
      .never.get(number)
      ?.has(`${rowKey(table, id)} ${versionOf(version)}`) === true
  )
}

/**
 * Whether the row has a choice again that it had lost with its option. Neither changes its version: that a backup brought it back
 * shows in the metadata alone, until its stamps have been given out again (decisions/012).
 */
export function isChosenAgain(world: World, table: string, id: string, version: string): boolean {
  const lost = doubtsOf(world).unchosen.get(rowKey(table, id))
  if (!lost || lost.version !== versionOf(version) || world.emulator.schema.stamp < lost.stamp) return false
  return rowThere(world, table, id)?.values[lost.column] !== null
}

/** Removes the option of a choice, and notes which rows lose it. */
export function removeOption(world: World, table: string, column: string, option: number): void {
  const { master, schema } = world.emulator
  const having = master.rows(table).filter(({ values }) => values[column] === option)
  schema.removeOption(table, column, option)
  for (const { id, version } of having)
    doubtsOf(world).unchosen.set(rowKey(table, id), { version, column, stamp: schema.stamp })
}

/**
 * Whether any row is again at a version in which the device had it before a backup was restored: then the row by which it
 * would have noticed that is for it as it was (decisions/012).
 */
function wasFooled(world: World, { number }: Device): boolean {
  const never = doubtsOf(world).never.get(number)
  if (!never || never.size === 0) return false
  return [...versionsThere(world)].some(([key, version]) => never.has(`${key} ${version}`))
}

/**
 * Whether the row was deleted behind a restored backup that the device did not notice, in a version that was given out before:
 * its token can be from then, and the master tells what is newer than the token (decisions/012).
 */
function wentBelowToken(world: World, { number }: Device, key: string): boolean {
  const { unwatched, givenOut } = doubtsOf(world)
  return unwatched.has(number) && givenOut.gone.has(key)
}

/** Who may see it may have changed without anything having happened to it. */
function wasShared(world: World, id: string): boolean {
  return doubtsOf(world).shown.has(id)
}

/** Whether it changed in a transaction that lasted longer than a pull reaches back. */
function wasLate(world: World, id: string): boolean {
  return doubtsOf(world).late.has(id)
}

/** By what a device can notice that a backup was restored, and what that and earlier ones brought back unnoticed. */
interface Told {
  /** The rows that it had in newer versions, in which they have not come again yet. */
  readonly older: Map<string, bigint>
  readonly revived: readonly string[]
  /** By table: the newest version of its rows that are gone. */
  readonly gone: ReadonlyMap<string, bigint>
}

/** Rows to which something has happened that not every strategy finds out. */
interface Doubts {
  /** The master took its time over a request of a device: its answer can be lost while it is still worked on. */
  isSlow: boolean
  /** A share of theirs was made or taken back, or they were hidden from somebody. */
  readonly shown: Set<string>
  /** They were stamped longer before their commit than a pull reaches back; or a while before it, and with no time of their own. */
  readonly late: Set<string>
  /** By device: rows that a restored backup brought back, where nothing that the device had showed that it was restored. */
  readonly back: Map<number, ReadonlySet<string>>
  /** By device that has not noticed yet that a backup was restored last. */
  readonly told: Map<number, Told>
  /** By device: rows that it had in versions that have never been given out when a backup was restored, as `<key> <version>`. */
  readonly never: Map<number, Set<string>>
  /** Rows that lost a choice with its option, in the versions that they had, and the stamp that the metadata got with it. */
  readonly unchosen: Map<string, { readonly version: bigint; readonly column: string; readonly stamp: number }>
  /**
   * By device and table: the newest version of rows that were gone behind a restored backup that it did not notice. Until
   * newer ones are seen none is expected to come back (decisions/012).
   */
  readonly unwatched: Map<number, Map<string, bigint>>
  /**
   * The newest version that was given out before a backup was restored, what is there until it comes again, what went by then,
   * and the versions of what changed by then without a time of its own.
   */
  givenOut: {
    readonly newest: bigint
    readonly there: ReadonlyMap<string, Stamp>
    readonly gone: Set<string>
    readonly untimed: Map<string, bigint>
  }
}

const doubts = new WeakMap<World, Doubts>()

export function doubtsOf(world: World): Doubts {
  const found = doubts.get(world) ?? {
    isSlow: false,
    shown: new Set<string>(),
    late: new Set<string>(),
    back: new Map<number, ReadonlySet<string>>(),
    told: new Map<number, Told>(),
    never: new Map<number, Set<string>>(),
    unchosen: new Map(),
    unwatched: new Map<number, Map<string, bigint>>(),
    givenOut: {
      newest: 0n,
      there: new Map<string, Stamp>(),
      gone: new Set<string>(),
      untimed: new Map<string, bigint>(),
    },
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

/**
 * Restores the backup, and notes what comes back with it. What a device has in a newer version than the backup shows that the
 * master went back, and everything is compared. What the backup has never heard of may have been deleted, and deletions since
 * the backup leave nothing behind: who has neither in a newer version cannot know that rows are back (decisions/012). Nor that
 * a row is what it was before it left what the device is to have.
 */
export function restoreBackup(world: World, held: HeldByDevice): void {
  const { emulator } = world
  // What is under way commits before the restore takes it back: a deletion, too.
  emulator.settle()
  const before = versionsThere(world)
  emulator.restoreBackup()
  const after = versionsThere(world)
  const revived = [...after].flatMap(([key, version]) => (before.get(key) === version ? [] : [key]))
  const noted = doubtsOf(world)
  const { back, never, told, unwatched, givenOut } = noted
  const unnoticed = new Map(told)
  told.clear()
  noted.givenOut = { ...givenOut, newest: newestIn(before, givenOut.newest), there: stampsThere(world) }
  for (const key of after.keys()) givenOut.gone.delete(key)
  for (const [number, rows] of held) {
    const unheard = [...rows].filter(([key, here]) => here !== after.get(key))
    never.set(number, new Set([...(never.get(number) ?? []), ...unheard.map(([key, here]) => `${key} ${here}`)]))
    const newest = unwatched.get(number)
    const isWatched = (key: string, here: bigint): boolean => here > (newest?.get(tableOf(key)) ?? 0n)
    const older = new Map([...rows].filter(([key, here]) => (after.get(key) ?? here) < here && isWatched(key, here)))
    const gone = newestOf([...rows].filter(([key, here]) => !after.has(key) && isWatched(key, here)))
    const unseen = [...(back.get(number) ?? []), ...(unnoticed.get(number)?.revived ?? [])]
    const known = { older, revived: [...unseen, ...revived], gone }
    back.set(number, new Set())
    if (older.size > 0) told.set(number, known)
    else isUnnoticed(world, number, known)
  }
}

/** A device does not learn that a backup was restored. */
function isUnnoticed(world: World, number: number, { revived, gone }: Omit<Told, 'older'>): void {
  const { back, unwatched } = doubtsOf(world)
  back.set(number, new Set([...(back.get(number) ?? []), ...revived]))
  unwatched.set(number, new Map([...(unwatched.get(number) ?? []), ...gone]))
}

/** The newest version of each table, of rows by their keys. */
function newestOf(rows: readonly (readonly [string, bigint])[]): ReadonlyMap<string, bigint> {
  const newest = new Map<string, bigint>()
  for (const [key, version] of rows) if (version > (newest.get(tableOf(key)) ?? 0n)) newest.set(tableOf(key), version)
  return newest
}

/**
 * Looks who is shown by what the master has that a backup was restored: a row that the device's user may not see any more is
 * for it as if it were gone. To be called before the devices look, where nothing keeps the master from answering.
 */
export async function lookWhoIsTold(world: World): Promise<void> {
  const { told } = doubtsOf(world)
  for (const device of world.devices) {
    const { number } = device
    const known = told.get(number)
    if (!known) continue
    const shown = await shownRows(world, device, Object.keys(device.org.configuration.tables))
    if (![...known.older.keys()].some((key) => shown.has(key))) isUnnoticed(world, number, known)
  }
}

/** The rows of these tables that the user of a device is shown, by their keys, whatever it is to have of them. */
async function shownRows(
  { emulator }: World,
  { user }: Device,
  tables: Iterable<string>,
): Promise<ReadonlySet<string>> {
  const shown = new Set<string>()
  for (const table of tables) {
    const rows = await wantedRows(emulator, user, { tables: { [table]: { columns: [] } } }, table)
    for (const id of rows.keys()) shown.add(rowKey(table, id))
  }
  return shown
}

/**
 * Looks who can still notice that a backup was restored. A row that changes again until it is in the version in which the
 * device has it, or in a newer one, before the device has looked at it, is for it one that changed as rows do, also where it
 * has changed by an action of the device; one that is deleted is gone (decisions/012), and one that is no longer shown to
 * its user, or not kept any more, went without having been seen. To be called after every step.
 */
export async function lookWhoCanNotice(world: World): Promise<void> {
  lookWhatGoes(world)
  const { told } = doubtsOf(world)
  if (told.size === 0) return
  const there = versionsThere(world)
  for (const device of world.devices) {
    const known = told.get(device.number)
    if (!known) continue
    const { older } = known
    const here = await versionsUnderEdits(device, [...older.keys()])
    const called = await calledRows(device)
    const left = new Set([...older.keys()].filter((key) => !here.has(key) && there.has(key)))
    const { tables: kept } = device.org.configuration
    const shown = await shownRows(world, device, new Set([...left].map(tableOf).filter((name) => name in kept)))
    const isNews = ([key, version]: readonly [string, bigint]): boolean => {
      if (left.has(key)) return shown.has(key)
      const now = here.get(key)
      return now !== version && !(now !== undefined && now > version && called.has(key))
    }
    const hasLooked = [...older].some(isNews)
    for (const [key, version] of older) if (left.has(key) || (there.get(key) ?? version) >= version) older.delete(key)
    if (!hasLooked && older.size > 0) continue
    told.delete(device.number)
    if (!hasLooked) isUnnoticed(world, device.number, known)
  }
}

/** Notes what goes in versions that are given out once more. */
function lookWhatGoes(world: World): void {
  const noted = doubtsOf(world)
  const { newest, there, gone, untimed } = noted.givenOut
  if (newest === 0n) return
  const now = stampsThere(world)
  for (const [key, before] of there) {
    const stamp = now.get(key)
    if (!stamp) gone.add(key)
    else if (stamp.version !== before.version && stamp.version <= newest && stamp.modifiedOn === before.modifiedOn)
      untimed.set(key, stamp.version)
  }
  const isOver = [...now.values()].some(({ version }) => version > newest)
  noted.givenOut = { ...noted.givenOut, ...(isOver ? { newest: 0n, there: new Map() } : { there: now }) }
}

function newestIn(versions: ReadonlyMap<string, bigint>, least: bigint): bigint {
  return [...versions.values()].reduce((newest, version) => (version > newest ? version : newest), least)
}

/** The rows that actions of a device were called on: nothing keeps them from that where the row is an older one. */
async function calledRows({ store }: Device): Promise<ReadonlySet<string>> {
  const transactions = await store.bare.read('actions', (tx) => tx.findTransactions({ statuses: ['processed'] }))
  const actions = transactions.flatMap(({ changes }) => changes.filter(({ kind }) => kind === 'action'))
  return new Set(actions.map(({ table, id }) => rowKey(table, id)))
}

/** The versions of these rows that a device has, under what is unsent. */
async function versionsUnderEdits(
  { store, tables: kept }: Device,
  keys: readonly string[],
): Promise<ReadonlyMap<string, bigint>> {
  const stored = new Set(kept)
  const names = keys.flatMap((key) => {
    const [table = '', id = ''] = key.split('/')
    return stored.has(table) ? [[table, id] as const] : []
  })
  return store.bare.read('restored', async (tx) => {
    const found = new Map<string, bigint>()
    for (const [table, id] of names) {
      const [base] = await tx.bases(table, [id])
      const version = versionOf(base?.version ?? (await tx.versions(table, [id])).get(id) ?? null)
      if (version !== null) found.set(rowKey(table, id), version)
    }
    return found
  })
}

function tableOf(key: string): string {
  return key.slice(0, key.indexOf('/'))
}

/** The versions of the rows that each device has, by the device's number and the row's key. */
export type HeldByDevice = ReadonlyMap<number, ReadonlyMap<string, bigint>>

export async function heldByDevice({ devices }: World): Promise<HeldByDevice> {
  const held = new Map<number, ReadonlyMap<string, bigint>>()
  for (const { number, org, store, tables: kept } of devices) {
    const stored = new Set(kept)
    const names = Object.keys(org.configuration.tables).filter((name) => stored.has(name))
    const rows = await store.bare.read('restored', async (tx) => {
      const found = await Promise.all(names.map(async (name) => ({ name, rows: await tx.scan(name, {}) })))
      return found.flatMap(({ name, rows: own }) =>
        own.map(({ id, version }) => [rowKey(name, id), versionOf(version)] as const),
      )
    })
    held.set(number, new Map(rows.flatMap(([key, version]) => (version === null ? [] : [[key, version] as const]))))
  }
  return held
}

/** What says of a row that it has changed. */
interface Stamp {
  readonly version: bigint
  readonly modifiedOn: unknown
}

/** The stamps of all rows of the scenario's tables. */
function stampsThere(world: World): ReadonlyMap<string, Stamp> {
  const { master, schema } = world.emulator
  return new Map(
    [...tablesOf(world)].flatMap((table) => {
      const link = schema.manyToManyByIntersect(table)
      return master.rows(table).map(({ id, version, values }): [string, Stamp] => {
        const ends = link && `${String(values[link.column1])}:${String(values[link.column2])}`
        return [rowKey(table, ends ?? id), { version, modifiedOn: values['modifiedon'] }]
      })
    }),
  )
}

function versionsThere(world: World): ReadonlyMap<string, bigint> {
  return new Map([...stampsThere(world)].map(([key, { version }]) => [key, version]))
}

/** The rows that are others, or gone, behind what is done; those that go with others included. */
export function changedIn(world: World, does: () => void): readonly string[] {
  const before = versionsThere(world)
  does()
  const after = versionsThere(world)
  const keys = new Set([...before.keys(), ...after.keys()])
  return [...keys].flatMap((key) => (before.get(key) === after.get(key) ? [] : [key.slice(key.indexOf('/') + 1)]))
}

const tables = new WeakMap<Scenario, readonly string[]>()

function tablesOf({ scenario }: World): readonly string[] {
  const found = tables.get(scenario) ?? [
    ...new Set(scenario.configurations.flatMap((each) => Object.keys(each.tables))),
  ]
  tables.set(scenario, found)
  return found
}

function rowThere(
  { emulator }: World,
  table: string,
  id: string,
): { readonly version: bigint; readonly values: Readonly<Record<string, unknown>> } | undefined {
  const link = emulator.schema.manyToManyByIntersect(table)
  if (!link) return emulator.master.rows(table).find((row) => row.id === id)
  return emulator.master
    .rows(table)
    .find(({ values }) => `${String(values[link.column1])}:${String(values[link.column2])}` === id)
}

function versionOf(etag: string | null): bigint | null {
  const digits = /\d+/.exec(etag ?? '')?.[0]
  return digits === undefined ? null : BigInt(digits)
}
