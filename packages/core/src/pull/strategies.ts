import type { ConfiguredTable } from '../copy/configuration.ts'
import { MasterError } from '../errors.ts'
import type { StoreReader, StoreWriter } from '../ports/store.ts'
import { forgetAnchors } from './anchor-list.ts'
import { judgePast, sightPage, watchPass } from './anchors.ts'
import type { Seen, Sightings } from './anchors.ts'
import { dueOf, firstCheckpoint, readCheckpoint, writeCheckpoint } from './checkpoint.ts'
import type { TableCheckpoint } from './checkpoint.ts'
import { areChangesToBegin, beginChanges, changeTrackingOf, followChanges, forgetChanges } from './delta.ts'
import type { ChangeTracking, FirstChanges } from './delta.ts'
import { forgetExpected } from './download.ts'
import { dependentsDue } from './dependents.ts'
import { forgetLacking, noteLacking, shownWhole } from './lacking.ts'
import type { MetRows } from './held-versions.ts'
import { NOTHING } from './membership.ts'
import type { Membership } from './membership.ts'
import { forgetTime, hasTimePassed, noteTime } from './passing-time.ts'
import type { PullContext } from './pull-context.ts'
import { forgetQuarantine } from './quarantine.ts'
import { removeAll } from './reconcile.ts'
import { doubted, forgetDoubts } from './recheck-list.ts'
import { forgetTracked, learnTracked, noteTracked } from './tracking.ts'

/*
 * What the strategies of a pull do beside the pass over new and changed rows: each has its moment before it, with each of
 * its pages, behind it, and behind the passes over all tables. They find out which rows to look at again, and which tables
 * to compare.
 */

/** What the store has of a table before a pass over it: all that is read of it in advance. */
export interface Before {
  readonly stored: TableCheckpoint | undefined
  /** What is to be watched for in the pages. */
  readonly sightings: Sightings
  /** Whether rows may be wanted now, or not any more, because time has passed. */
  readonly isLater: boolean
  readonly tracking: ChangeTracking | undefined
}

export async function readBefore(tx: StoreReader, context: PullContext, table: ConfiguredTable): Promise<Before> {
  const { name } = table.metadata
  const stored = await readCheckpoint(tx, name)
  return {
    stored,
    sightings: await watchPass(tx, name, stored?.complete === true),
    isLater: await hasTimePassed(tx, table, clockOf(context)),
    tracking: await changeTrackingOf(tx, name),
  }
}

/** Before the pass over a table. `known` is what the store has of it, where it was read in advance. */
export async function beforeRows(
  context: PullContext,
  table: ConfiguredTable,
  signal: AbortSignal,
  known?: Before,
): Promise<Before> {
  const { store } = context
  const read = (): Promise<Before> =>
    store.read(`before a pass over ${table.metadata.name}`, (tx) => readBefore(tx, context, table))
  const before = known ?? (await read())
  const areToBegin = areChangesToBegin(context, table, before.tracking)
  if (!before.isLater && !areToBegin) return before
  if (before.isLater) {
    await store.write('time has passed', (tx) => noteTime(tx, table, clockOf(context)), { durability: 'relaxed' })
  }
  if (areToBegin) await beginChanges(context, table, signal)
  return read()
}

function clockOf({ userId, env }: PullContext): { readonly userId: string; readonly now: number } {
  return { userId, now: env.now() }
}

/** With each page of a pass, in its store transaction and before it is applied. Gives back the rows that are to be read whole. */
export async function withPage(
  tx: StoreWriter,
  context: PullContext,
  table: ConfiguredTable,
  page: MetRows,
  sightings: Sightings,
): Promise<ReadonlySet<string>> {
  const name = table.metadata.name
  if (page.rows.length === 0) return new Set()
  if (name === context.mobileTracking) await learnTracked(tx, table, page, context.tables)
  // What was pushed from here, or met by a push, has made that due already.
  if (await sightPage(tx, name, page, sightings)) await dependentsDue(tx, context.tables, name)
  return shownWhole(tx, name, new Set(page.rows.map((row) => row.id)))
}

/** Behind the pass over a table. */
export async function behindRows(
  context: PullContext,
  table: ConfiguredTable,
  signal: AbortSignal,
  first?: FirstChanges,
): Promise<void> {
  await followChanges(context, table, signal, first)
  if (table.metadata.name === context.mobileTracking) await noteTracked(context)
}

/**
 * When the master refuses a pass. One that refuses the table as a whole shows none of its rows any more: where rows that
 * are gone are to go here too, all without unsent changes do, and the others are quarantined, and the next pass that is
 * allowed begins from the start. Elsewhere only rows in doubt go, such as those that stayed for what was unsent then; they
 * stay on the list, so that they come back when the table is shown again.
 */
export async function refusedRows(
  context: PullContext,
  table: ConfiguredTable,
  error: unknown,
  signal: AbortSignal,
): Promise<Membership> {
  if (!(error instanceof MasterError) || error.code !== 'forbidden') return NOTHING
  const name = table.metadata.name
  const { due, list } = await context.store.read('what is due', async (tx) => ({
    due: await dueOf(tx, name),
    list: new Set((await doubted(tx, name)).map(({ id }) => id)),
  }))
  if (!table.syncDeletion && due.length === 0) {
    return list.size === 0 ? NOTHING : removeAll(context, table, signal, list)
  }
  const gone = await removeAll(context, table, signal)
  await context.store.write(
    `access to ${name} is gone`,
    async (tx) => {
      if (await readCheckpoint(tx, name)) await writeCheckpoint(tx, name, firstCheckpoint(table))
      // The others that stay are quarantined. What is deleted here can be taken back, and columns may not have come to it.
      const deleted = (await tx.bases(name)).filter(({ local }) => local === 'deleted')
      await noteLacking(
        tx,
        name,
        deleted.map(({ id }) => id),
      )
      await forgetAnchors(tx, name)
    },
    { durability: 'relaxed' },
  )
  return gone
}

/** Behind the passes over all tables, before rows are looked at again. */
export async function behindAllRows(context: PullContext, seen: readonly Seen[], signal: AbortSignal): Promise<void> {
  if (context.mobileTracking === undefined) await noteTracked(context)
  await judgePast(context, seen, signal)
}

/** Forgets what the strategies keep of tables that are no longer kept. */
export async function forgetStrategies(tx: StoreWriter, tables: Iterable<string>): Promise<void> {
  await forgetExpected(tx, tables)
  for (const table of tables) {
    await forgetAnchors(tx, table)
    await forgetChanges(tx, table)
    await forgetTime(tx, table)
    await forgetQuarantine(tx, table)
    await forgetLacking(tx, table)
    await forgetDoubts(tx, table)
    await forgetTracked(tx, table)
  }
}
