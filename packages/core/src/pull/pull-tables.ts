import { doubtMisunderstood } from '../copy/catalogue.ts'
import type { ConfiguredTable } from '../copy/configuration.ts'
import { MasterError, throwIfAborted } from '../errors.ts'
import type { SyncPhase, TableReport } from '../events.ts'
import type { Json } from '../metadata.ts'
import type { PullPage, RowEstimate } from '../ports/master-org.ts'
import type { StoreReader } from '../ports/store.ts'
import { clearDue, dueOf, readCheckpoint } from './checkpoint.ts'
import type { DueReason } from './checkpoint.ts'
import { forgetExpected, heldOf, keepExpected } from './download.ts'
import { areLayersWanted, pullLayers } from './layers.ts'
import { lookAgain } from './membership.ts'
import { Progress } from './progress.ts'
import type { Seen, Sightings } from './anchors.ts'
import type { FirstChanges } from './delta.ts'
import type { PullContext } from './pull-context.ts'
import { pullTable } from './pull-table.ts'
import { reconcile } from './reconcile.ts'
import { doubted } from './recheck-list.ts'
import type { DoubtedRow } from './recheck-list.ts'
import { beforeRows, behindAllRows, behindRows, readBefore, refusedRows } from './strategies.ts'
import type { Before } from './strategies.ts'
import { TableRun } from './table-run.ts'

/** A first page that was read together with others, and the checkpoint it was asked for with. */
export interface FirstPage {
  readonly checkpoint: Json
  readonly page: PullPage | MasterError
  /** What change tracking told behind it. */
  readonly changes?: FirstChanges
}

export interface PullTablesOptions {
  readonly tables: readonly ConfiguredTable[]
  readonly firstPages?: ReadonlyMap<string, FirstPage>
  /** Runs a part of the run. */
  inPhase(phase: SyncPhase, part: () => Promise<void>): Promise<void>
}

/**
 * Pulls tables one after another, those of greater priority first: the new and changed rows of all of them, then what is
 * gone, then columns that rows lack. A table can be used as soon as its rows are here.
 *
 * A failure that concerns one table is in its report and does not stop the others; one that concerns the connection or the
 * store ends the run.
 */
export async function pullTables(
  context: PullContext,
  options: PullTablesOptions,
  signal: AbortSignal,
): Promise<Readonly<Record<string, TableReport>>> {
  // What the mobile-tracking table tells counts from its first pass on, so that one comes first.
  const isTracking = ({ metadata }: ConfiguredTable): number => Number(metadata.name === context.mobileTracking)
  const inOrder = options.tables.toSorted(
    (one, other) => isTracking(other) - isTracking(one) || other.priority - one.priority,
  )
  const runs = inOrder.map((table) => new TableRun(table))
  const progress = new Progress(
    runs.map(({ name }) => name),
    (event) => context.emit(event),
  )
  let expected: readonly string[] = []
  await options.inPhase('rows', async () => {
    expected = await expectRows(context, runs, progress, signal)
    const ahead = await readAhead(context, runs, options.firstPages)
    const seen: Seen[] = []
    for (const run of runs) {
      const known = { first: options.firstPages?.get(run.name), before: ahead.get(run) }
      const sightings = await pullRows(context, run, progress, signal, known)
      if (sightings && !run.hasFailed) seen.push({ table: run.table, sightings })
    }
    await behindAllRows(context, seen, signal)
    // What shows one table that the master went back in time sends all of them back to their start.
    for (const run of await thatMustGoBack(context, runs)) await pullRows(context, run, progress, signal)
  })
  await options.inPhase('deletions', async () => {
    let open = await stillOpen(context, runs)
    for (const [nth, run] of runs.entries()) {
      if (!run.hasFailed) {
        await run.run(context, 'deletions', async () => {
          const left = open.get(run) ?? (await stillOpen(context, [run])).get(run) ?? NOTHING_LEFT
          // What goes from this table can be a reason to look at others.
          if (run.table.syncDeletion || left.doubts.length + left.due.length > 0) open = new Map()
          await pullDeletions(context, run, left, signal)
        })
      }
      progress.after('deletions', run.name, nth + 1)
    }
  })
  const lacking = await thatLackColumns(context, runs)
  const layered: TableRun[] = []
  for (const run of runs) {
    if (lacking.has(run)) layered.push(run)
    else context.emit({ type: 'pull.table', table: run.name, report: run.report })
  }
  if (layered.length > 0) {
    await options.inPhase('layers', async () => {
      for (const [nth, run] of layered.entries()) {
        await run.run(context, 'layers', async () => run.addLayers(await pullLayers(context, run.table, signal)))
        progress.after('layers', run.name, runs.length - layered.length + nth + 1)
        context.emit({ type: 'pull.table', table: run.name, report: run.report })
      }
    })
  }
  if (expected.length > 0) {
    await context.store.write('download ended', (tx) => forgetExpected(tx, expected), { durability: 'relaxed' })
  }
  progress.end()
  // In the order of the configuration, whatever their priority.
  const reports = new Map(runs.map((run) => [run.name, run.report]))
  return Object.fromEntries(
    options.tables.flatMap(({ metadata: { name } }) => {
      const report = reports.get(name)
      return report ? [[name, report]] : []
    }),
  )
}

/**
 * Asks for the numbers of rows of all tables that are to be downloaded, before the first of them is. A download that goes
 * on expects what it did. Gives back the tables of which something is expected.
 */
async function expectRows(
  context: PullContext,
  runs: readonly TableRun[],
  progress: Progress,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const expected: string[] = []
  const asked = new Map<ConfiguredTable, RowEstimate | null>()
  const here = await ofEach(context, 'how much is here', runs, (tx, { table }) => heldOf(tx, table))
  for (const [run, held] of here) {
    const { name, table } = run
    if (held.expected !== undefined) {
      progress.expect(name, held.expected, held.rows)
      if (!held.isNew) progress.isHere(name)
    }
    if (held.isNew || held.expected !== undefined) expected.push(name)
    if (!held.isNew || held.expected !== undefined) continue
    await reading(context, run, signal, async () => {
      const estimate = (await context.master.estimate?.({ table: table.metadata, scope: table.scope }, signal)) ?? null
      progress.expect(name, estimate, held.rows)
      asked.set(table, estimate)
    })
  }
  if (asked.size > 0) {
    await context.store.write('expect rows', (tx) => keepExpected(tx, asked), { durability: 'relaxed' })
  }
  progress.begin('rows')
  return expected
}

async function pullRows(
  context: PullContext,
  run: TableRun,
  progress: Progress,
  signal: AbortSignal,
  { first, before: known }: { readonly first?: FirstPage | undefined; readonly before?: Before | undefined } = {},
): Promise<Sightings | undefined> {
  let sightings: Sightings | undefined
  if (!run.hasFailed) {
    const part = async (): Promise<void> => {
      if (first?.page instanceof MasterError && first.page.code !== 'expired') throw first.page
      const before = await beforeRows(context, run.table, signal, known)
      sightings = before.sightings
      let counted = { received: 0, written: 0 }
      await pullTable(context, run.table, signal, {
        before,
        ...(first && !(first.page instanceof MasterError)
          ? { first: { checkpoint: first.checkpoint, page: first.page } }
          : {}),
        committed: (done, page) => {
          run.add({ received: done.received - counted.received, written: done.written - counted.written })
          counted = done
          if (page.estimate) progress.expectAtLeast(run.name, page.estimate)
          const estimate = page.estimate ? { estimate: page.estimate } : {}
          context.emit({ type: 'pull.page', table: run.name, rows: done.received, ...estimate })
          progress.came(run.name, page.rows.length)
        },
      })
      await behindRows(context, run.table, signal, first?.changes)
    }
    await reading(context, run, signal, part)
  }
  progress.over(run.name)
  return sightings
}

/**
 * Runs a part that reads rows of the table. Where the master refuses that, what is here is looked at; where the two do not
 * understand each other, what is known of the table may not be the master's metadata any more.
 */
function reading(context: PullContext, run: TableRun, signal: AbortSignal, part: () => Promise<void>): Promise<void> {
  return run.run(context, 'rows', () =>
    part().catch(async (error: unknown) => {
      await doubtMisunderstood(context.store, error)
      run.add(await refusedRows(context, run.table, error, signal))
      throw error
    }),
  )
}

/**
 * What the store has of the tables, read at once where their first pages have come already, so that nothing is waited for
 * before the last of them is written. None elsewhere: another tab can pull the last table while this one waits for the first.
 */
async function readAhead(
  context: PullContext,
  runs: readonly TableRun[],
  firstPages: ReadonlyMap<string, FirstPage> = new Map(),
): Promise<ReadonlyMap<TableRun, Before>> {
  const asked = runs.filter(({ hasFailed }) => !hasFailed)
  const isHere = ({ name }: TableRun): boolean => {
    const page = firstPages.get(name)?.page
    return page !== undefined && !(page instanceof MasterError) && !page.more
  }
  if (!asked.every(isHere)) return new Map()
  return ofEach(context, 'before a pass', asked, (tx, { table }) => readBefore(tx, context, table))
}

/** What is left to do of a table behind its pass. */
interface Left {
  readonly doubts: readonly DoubtedRow[]
  readonly due: readonly DueReason[]
}

const NOTHING_LEFT: Left = { doubts: [], due: [] }

function stillOpen(context: PullContext, runs: readonly TableRun[]): Promise<ReadonlyMap<TableRun, Left>> {
  return ofEach(context, 'what is to be looked at again', runs, async (tx, { name }) => ({
    doubts: await doubted(tx, name),
    due: await dueOf(tx, name),
  }))
}

/** Looks at doubtful rows, then compares all where that is switched on or due. */
async function pullDeletions(
  context: PullContext,
  run: TableRun,
  { doubts, due }: Left,
  signal: AbortSignal,
): Promise<void> {
  const { name, table } = run
  throwIfAborted(signal)
  if (doubts.length > 0) run.add(await lookAgain(context, table, doubts, signal))
  const reasons = doubts.length === 0 ? due : await context.store.read('what is due', (tx) => dueOf(tx, name))
  if (!table.syncDeletion && reasons.length === 0) return
  run.add(await reconcile(context, table, signal))
  if (reasons.length === 0) return
  await context.store.write(`comparison of ${name} done`, (tx) => clearDue(tx, name, reasons), {
    durability: 'relaxed',
  })
}

async function thatMustGoBack(context: PullContext, runs: readonly TableRun[]): Promise<readonly TableRun[]> {
  const asked = runs.filter(({ hasFailed }) => !hasFailed)
  const stored = await ofEach(context, 'read checkpoints', asked, (tx, { name }) => readCheckpoint(tx, name))
  return asked.filter((run) => {
    const checkpoint = stored.get(run)
    return checkpoint?.master === null && checkpoint.due?.includes('restored') === true
  })
}

async function thatLackColumns(context: PullContext, runs: readonly TableRun[]): Promise<ReadonlySet<TableRun>> {
  const asked = runs.filter(({ hasFailed }) => !hasFailed)
  const wanted = await ofEach(context, 'look for columns', asked, (tx, { table }) => areLayersWanted(tx, table))
  return new Set(asked.filter((run) => wanted.get(run)))
}

/** What one look at the store says of each table. */
function ofEach<T>(
  { store }: PullContext,
  name: string,
  runs: readonly TableRun[],
  look: (tx: StoreReader, run: TableRun) => Promise<T>,
): Promise<ReadonlyMap<TableRun, T>> {
  return store.read(name, async (tx) => {
    const found = new Map<TableRun, T>()
    for (const run of runs) found.set(run, await look(tx, run))
    return found
  })
}
