import type { ConfiguredTable } from '../copy/configuration.ts'
import { OutpostError, throwIfAborted } from '../errors.ts'
import { clearDue, dueOf, makeDue } from '../pull/checkpoint.ts'
import { costing } from '../pull/cost.ts'
import type { Membership } from '../pull/membership.ts'
import type { PullContext } from '../pull/pull-context.ts'
import { reconcile } from '../pull/reconcile.ts'
import type { RowVersion } from '../ports/master-org.ts'
import { bucketOf, Buckets, rangeOf } from './buckets.ts'
import type { BucketSum } from './buckets.ts'
import { differs, heldRows } from './held-rows.ts'

export interface VerifyOptions {
  readonly signal?: AbortSignal
  /** Into how many ranges of ids the rows are sorted; from 1 to 65,536. The default is 256. */
  readonly buckets?: number
}

/** One range of ids, by their first eight digits, and what each side holds in it. */
export interface VerifiedBucket {
  readonly from: string
  readonly to: string
  readonly here: BucketSum
  readonly there: BucketSum
  readonly same: boolean
}

/** How a table differs from what the master shows of it under its scope. */
export interface VerifyReport {
  readonly table: string
  /** True where nothing is missing, extra or stale. */
  readonly same: boolean
  readonly rows: { readonly here: number; readonly there: number }
  readonly buckets: readonly VerifiedBucket[]
  /** Shown by the master and not held. */
  readonly missing: readonly string[]
  /** Held and not shown by the master. */
  readonly extra: readonly string[]
  /** Held in another version. */
  readonly stale: readonly string[]
  /** Rows with unsent changes. They are compared by what is held of the master's row below those. */
  readonly dirty: readonly string[]
  /** How many requests it took; 0 where the master does not count them. */
  readonly requests: number
}

/** What a repair did, in rows, and what is left: what it could not mend, or what changed meanwhile. */
export interface RepairReport extends Membership {
  readonly before: VerifyReport
  readonly after: VerifyReport
}

/**
 * Compares ids and versions of a table with the master's, without reading any row. Nothing is changed.
 *
 * Both sides are summed up in ranges of ids, so that it takes the same memory whatever the size of the table; the ids of
 * ranges that differ are then listed once more to name the rows. A row that changes while it runs can be named.
 */
export async function verify(
  context: PullContext,
  table: ConfiguredTable,
  signal: AbortSignal,
  count = 256,
): Promise<VerifyReport> {
  if (!Number.isInteger(count) || count < 1 || count > 65_536) {
    throw new OutpostError('invalid', `there cannot be ${count} buckets`, { place: { rule: 'buckets' } })
  }
  let requests = 0
  const tell = (cost: { readonly requests: number }): void => void (requests += cost.requests)
  const [here, there, dirty] = await costing(context, tell, () => summed(context, table, count, signal))
  const buckets: VerifiedBucket[] = []
  const different = new Set<number>()
  for (let bucket = 0; bucket < count; bucket += 1) {
    const [mine, theirs] = [here.sum(bucket), there.sum(bucket)]
    const same = mine.rows === theirs.rows && mine.hash === theirs.hash
    if (!same) different.add(bucket)
    if (mine.rows + theirs.rows > 0) buckets.push({ ...rangeOf(bucket, count), here: mine, there: theirs, same })
  }
  const among = (row: RowVersion): boolean => different.has(bucketOf(row.id, count))
  const none = { missing: [], extra: [], stale: [] }
  const named =
    different.size === 0 ? none : await costing(context, tell, () => difference(context, table, among, signal))
  const same = named.missing.length + named.extra.length + named.stale.length === 0
  const rows = { here: here.rows, there: there.rows }
  return { table: table.metadata.name, same, rows, buckets, ...named, dirty, requests }
}

/**
 * Makes a table what the master shows of it, by comparing all rows: reads what is missing or of another version and removes
 * what is not shown. Unsent changes stay, on top of the master's present row; rows that have them and are no longer shown
 * are quarantined.
 */
export async function repair(
  context: PullContext,
  table: ConfiguredTable,
  signal: AbortSignal,
  count?: number,
): Promise<RepairReport> {
  const name = table.metadata.name
  const before = await verify(context, table, signal, count)
  // What it cannot finish now, the next pull does.
  await context.store.write('repair is due', (tx) => makeDue(tx, [name], 'asked'))
  const due = await context.store.read('what is due', (tx) => dueOf(tx, name))
  const done = await reconcile(context, table, signal)
  await context.store.write('repair is done', (tx) => clearDue(tx, name, due))
  return { ...done, before, after: await verify(context, table, signal, count) }
}

async function summed(
  { store, master }: PullContext,
  table: ConfiguredTable,
  count: number,
  signal: AbortSignal,
): Promise<readonly [Buckets, Buckets, readonly string[]]> {
  const [here, there] = [new Buckets(count), new Buckets(count)]
  // Where the master gives no versions, what is held of them says nothing either.
  let isVersioned = true
  for await (const page of master.versions({ table: table.metadata, scope: table.scope }, signal)) {
    throwIfAborted(signal)
    for (const row of page) {
      if (row.version === null) isVersioned = false
      there.add(row)
    }
  }
  const dirty: string[] = []
  for await (const page of heldRows(store, table, signal)) {
    for (const row of page) {
      if (row.isDirty) dirty.push(row.id)
      here.add(isVersioned ? row : { id: row.id, version: null })
    }
  }
  const created = await store.read('rows that are only here', (tx) => tx.bases(table.metadata.name))
  dirty.push(...created.filter(({ local }) => local === 'created').map(({ id }) => id))
  return [here, there, dirty.toSorted()]
}

/** The rows that differ, among those that are looked at. */
async function difference(
  { store, master }: PullContext,
  table: ConfiguredTable,
  among: (row: RowVersion) => boolean,
  signal: AbortSignal,
): Promise<Pick<VerifyReport, 'missing' | 'extra' | 'stale'>> {
  const held = new Map<string, string | null>()
  for await (const page of heldRows(store, table, signal)) {
    for (const row of page) if (among(row)) held.set(row.id, row.version)
  }
  const missing = new Set<string>()
  const stale: string[] = []
  const seen = new Set<string>()
  for await (const page of master.versions({ table: table.metadata, scope: table.scope }, signal)) {
    throwIfAborted(signal)
    for (const row of page) {
      if (!among(row) || seen.has(row.id)) continue
      seen.add(row.id)
      const version = held.get(row.id)
      if (version === undefined) missing.add(row.id)
      else if (differs(version, row.version)) stale.push(row.id)
    }
  }
  const extra = [...held.keys()].filter((id) => !seen.has(id))
  return { missing: [...missing].toSorted(), extra: extra.toSorted(), stale: stale.toSorted() }
}
