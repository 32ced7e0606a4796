import { rowKey } from '@outpost/core'
import type { Device } from '../device.ts'
import { wantedRows } from '../wanted.ts'
import type { World } from '../world.ts'
import { rowThere, stampsThere, versionOf, versionsThere } from './rows-there.ts'
import type { Stamp } from './rows-there.ts'

/*
 * What devices can know of a backup that was restored, and what it brought where they could not.
 */

/** By what a device can notice that a backup was restored, and what that and earlier ones brought back unnoticed. */
interface Told {
  /** The rows that it had in newer versions, in which they have not come again yet. */
  readonly older: Map<string, bigint>
  readonly revived: readonly string[]
  /** By table: the newest version of its rows that are gone. */
  readonly gone: ReadonlyMap<string, bigint>
}

/** What restored backups have brought, by who can know of it. */
interface Restores {
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

const restores = new WeakMap<World, Restores>()

function restoresOf(world: World): Restores {
  const found = restores.get(world) ?? {
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
  restores.set(world, found)
  return found
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
  const noted = restoresOf(world)
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
  const { back, unwatched } = restoresOf(world)
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
  const { told } = restoresOf(world)
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
  const { told } = restoresOf(world)
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
  const noted = restoresOf(world)
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

/**
 * The rows that a device need not have found out about because it did not notice that a backup was restored: what came back
 * with it, and what has changed since without a time of its own, in a version that was given out before. A pull asks for what
 * is newer than all that it has seen, by version or by time (decisions/012).
 */
export function unnoticedBy(world: World, number: number): ReadonlySet<string> {
  const { back, givenOut } = restoresOf(world)
  const revived = back.get(number) ?? new Set()
  if (revived.size === 0 || givenOut.untimed.size === 0) return revived
  const there = versionsThere(world)
  const passed = [...givenOut.untimed].flatMap(([key, version]) => (there.get(key) === version ? [key] : []))
  return new Set([...revived, ...passed])
}

/**
 * Whether the device had the row in this version before a backup was restored that has never heard of it: when the version
 * comes again, nothing tells it from the one that is held (decisions/012).
 */
export function isGivenAgain(world: World, { number }: Device, table: string, id: string, version: string): boolean {
  return (
    restoresOf(world)
      .never.get(number)
      ?.has(`${rowKey(table, id)} ${versionOf(version)}`) === true
  )
}

/**
 * Whether the row has a choice again that it had lost with its option. Neither changes its version: that a backup brought it back
 * shows in the metadata alone, until its stamps have been given out again (decisions/012).
 */
export function isChosenAgain(world: World, table: string, id: string, version: string): boolean {
  const lost = restoresOf(world).unchosen.get(rowKey(table, id))
  if (!lost || lost.version !== versionOf(version) || world.emulator.schema.stamp < lost.stamp) return false
  return rowThere(world, table, id)?.values[lost.column] !== null
}

/** Removes the option of a choice, and notes which rows lose it. */
export function removeOption(world: World, table: string, column: string, option: number): void {
  const { master, schema } = world.emulator
  const having = master.rows(table).filter(({ values }) => values[column] === option)
  schema.removeOption(table, column, option)
  for (const { id, version } of having)
    restoresOf(world).unchosen.set(rowKey(table, id), { version, column, stamp: schema.stamp })
}

/**
 * Whether any row is again at a version in which the device had it before a backup was restored: then the row by which it
 * would have noticed that is for it as it was (decisions/012).
 */
export function wasFooled(world: World, { number }: Device): boolean {
  const never = restoresOf(world).never.get(number)
  if (!never || never.size === 0) return false
  return [...versionsThere(world)].some(([key, version]) => never.has(`${key} ${version}`))
}

/**
 * Whether the row was deleted behind a restored backup that the device did not notice, in a version that was given out before:
 * its token can be from then, and the master tells what is newer than the token (decisions/012).
 */
export function wentBelowToken(world: World, { number }: Device, key: string): boolean {
  const { unwatched, givenOut } = restoresOf(world)
  return unwatched.has(number) && givenOut.gone.has(key)
}
