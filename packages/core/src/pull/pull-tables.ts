import type { ConfiguredTable } from '../copy/configuration.ts'
import { MasterError, throwIfAborted } from '../errors.ts'
import type { SyncPhase, TableReport } from '../events.ts'
import type { Json } from '../metadata.ts'
import type { PullPage, RowEstimate } from '../ports/master-org.ts'
import { clearDue, dueOf, readCheckpoint } from './checkpoint.ts'
import { forgetExpected, heldOf, keepExpected } from './download.ts'
import { areLayersWanted, pullLayers } from './layers.ts'
import { lookAgain } from './membership.ts'
import { Progress } from './progress.ts'
import type { Seen, Sightings } from './anchors.ts'
import type { FirstChanges } from './delta.ts'
import type { PullContext } from './pull-context.ts'
import { pullTable } from './pull-table.ts'
import { reconcile } from './reconcile.ts'
import { beforeRows, behindAllRows, behindRows, refusedRows } from './strategies.ts'
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
    const seen: Seen[] = []
    for (const run of runs) {
      const sightings = await pullRows(context, run, progress, signal, options.firstPages?.get(run.name))
      if (sightings && !run.hasFailed) seen.push({ table: run.table, sightings })
    }
    await behindAllRows(context, seen, signal)
    // What shows one table that the master went back in time sends all of them back to their start.
    for (const run of runs) if (await mustGoBack(context, run)) await pullRows(context, run, progress, signal)
  })
  await options.inPhase('deletions', async () => {
    for (const [nth, run] of runs.entries()) {
      if (!run.hasFailed) await run.run(context, 'deletions', () => pullDeletions(context, run, signal))
      progress.after('deletions', run.name, nth + 1)
    }
  })
  const layered: TableRun[] = []
  for (const run of runs) {
    if (!run.hasFailed && (await areLayersWanted(context, run.table))) layered.push(run)
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
  for (const run of runs) {
    const { name, table } = run
    const held = await context.store.read('how much is here', (tx) => heldOf(tx, table))
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
  first?: FirstPage,
): Promise<Sightings | undefined> {
  let sightings: Sightings | undefined
  if (!run.hasFailed) {
    const part = async (): Promise<void> => {
      if (first?.page instanceof MasterError && first.page.code !== 'expired') throw first.page
      sightings = await beforeRows(context, run.table, signal)
      let before = { received: 0, written: 0 }
      await pullTable(context, run.table, signal, {
        sightings,
        ...(first && !(first.page instanceof MasterError)
          ? { first: { checkpoint: first.checkpoint, page: first.page } }
          : {}),
        committed: (done, page) => {
          run.add({ received: done.received - before.received, written: done.written - before.written })
          before = done
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

/** Runs a part that reads rows of the table. Where the master refuses that, what is here is looked at. */
function reading(context: PullContext, run: TableRun, signal: AbortSignal, part: () => Promise<void>): Promise<void> {
  return run.run(context, 'rows', () =>
    part().catch(async (error: unknown) => {
      run.add(await refusedRows(context, run.table, error, signal))
      throw error
    }),
  )
}

/** Looks at doubtful rows, then compares all where that is switched on or due. */
async function pullDeletions(context: PullContext, run: TableRun, signal: AbortSignal): Promise<void> {
  const { name, table } = run
  throwIfAborted(signal)
  run.add(await lookAgain(context, table, signal))
  const reasons = await context.store.read('what is due', (tx) => dueOf(tx, name))
  if (!table.syncDeletion && reasons.length === 0) return
  run.add(await reconcile(context, table, signal))
  if (reasons.length === 0) return
  await context.store.write(`comparison of ${name} done`, (tx) => clearDue(tx, name, reasons), {
    durability: 'relaxed',
  })
}

async function mustGoBack({ store }: PullContext, { name, hasFailed }: TableRun): Promise<boolean> {
  if (hasFailed) return false
  const checkpoint = await store.read('read checkpoint', (tx) => readCheckpoint(tx, name))
  return checkpoint?.master === null && checkpoint.due?.includes('restored') === true
}
