import type { ConfiguredTable } from '../copy/configuration.ts'
import { abortError, MasterError, throwIfAborted } from '../errors.ts'
import type { Json } from '../metadata.ts'
import { recordEchoes, withoutDeleted, writtenRows } from '../outbox/echoes.ts'
import type { MasterRow, PullPage, PullRequest } from '../ports/master-org.ts'
import type { StoreWriter } from '../ports/store.ts'
import { applyPage } from './apply-page.ts'
import { beginBodies } from './bodies.ts'
import { dueOf, firstCheckpoint, readCheckpoint, resolved, rowColumns, writeCheckpoint } from './checkpoint.ts'
import type { DueReason, TableCheckpoint } from './checkpoint.ts'
import type { Sightings } from './anchors.ts'
import { heldOnce, heldVersions } from './held-versions.ts'
import { noteLacking } from './lacking.ts'
import type { PullContext } from './pull-context.ts'
import { withPage } from './strategies.ts'
import type { Before } from './strategies.ts'

/** What a pass over the new and changed rows of a table did so far. */
export interface RowsPulled {
  readonly received: number
  readonly written: number
}

export interface PullTableOptions {
  /** The first page, where it has been read already, for the checkpoint that is stored. */
  readonly first?: { readonly checkpoint: Json; readonly page: PullPage }
  /** What the store has of the table. */
  readonly before: Pick<Before, 'stored' | 'sightings'>
  /** Called when a page is committed. */
  readonly committed?: (done: RowsPulled, page: PullPage) => void
}

/** What the next page of a table's new and changed rows is asked for with. */
export function pullRequest(
  table: ConfiguredTable,
  { checkpoint, pageSize }: { readonly checkpoint: Json; readonly pageSize: number },
): PullRequest {
  return { table: table.metadata, columns: rowColumns(table), scope: table.scope, checkpoint, pageSize }
}

/**
 * Pulls the new and changed rows of one table page by page, each committed with its checkpoint, so that a pull that ends
 * anywhere goes on behind the last committed page. While a page is written the next one is on its way, never more.
 * Whatever the outbox holds, a pull may run.
 */
export async function pullTable(
  context: PullContext,
  table: ConfiguredTable,
  signal: AbortSignal,
  options: PullTableOptions,
): Promise<RowsPulled> {
  const { store, pageSize } = context
  let checkpoint = await startingPoint(context, table, options.before.stored, signal)
  let at = checkpoint.master
  let done: RowsPulled = { received: 0, written: 0 }
  const ahead = new Ahead(signal, async (from, asked) => {
    const { first } = options
    if (first && JSON.stringify(first.checkpoint) === JSON.stringify(from)) return first.page
    return context.master.pull(pullRequest(table, { checkpoint: from, pageSize }), asked())
  })
  try {
    ahead.ask(at)
    for (let more = true; more;) {
      const page = await ahead.answer()
      throwIfAborted(signal)
      if (page === 'expired') {
        checkpoint = {
          ...checkpoint,
          master: null,
          due: [...new Set([...(checkpoint.due ?? []), 'token-expired' as const])],
        }
        const anew = checkpoint
        await store.write(`begin ${table.metadata.name} anew`, (tx) => writeCheckpoint(tx, table.metadata.name, anew))
        at = null
        ahead.ask(at)
        continue
      }
      more = page.more
      if (more) ahead.ask(page.checkpoint)
      const asked = { from: at, page }
      at = page.checkpoint
      const { next, written } = await commitPage(context, table, checkpoint, asked, options.before.sightings)
      checkpoint = next
      done = { received: done.received + page.rows.length, written: done.written + written }
      options.committed?.(done, page)
    }
    return done
  } finally {
    await ahead.end()
  }
}

async function commitPage(
  context: PullContext,
  table: ConfiguredTable,
  checkpoint: TableCheckpoint,
  { from, page }: { readonly from: Json; readonly page: PullPage },
  sightings: Sightings,
): Promise<{ readonly next: TableCheckpoint; readonly written: number }> {
  const { store, env } = context
  const name = table.metadata.name
  return store.write(
    `apply page of ${name}`,
    async (tx) => {
      const older = (await dueOf(tx, name)).includes('restored')
      const { rows, deleted } = older ? { rows: page.rows, deleted: [] } : await withoutDeleted(tx, name, page.rows)
      sightings.deleted.push(...deleted)
      // Before the checkpoint is read: it can make a comparison of this very table due.
      const held = heldOnce(
        tx,
        name,
        rows.map(({ id }) => id),
      )
      const again = await withPage(tx, context, table, { rows, held }, sightings)
      const stored = await readCheckpoint(tx, name)
      if (!stored) await beginBodies(tx, table)
      const missed = stored ? {} : await missedBefore(tx, table, rows)
      const { everyRow, ...kept } = resolved({ ...checkpoint, ...stored, ...missed }, table)
      const mostlyNew = !kept.complete && !everyRow
      const written = await applyPage(tx, table, rows, { everyRow: everyRow ?? false, again, held, older, mostlyNew })
      await recordEchoes(tx, name, page.rows, { last: !page.more, now: env.now() })
      // Another client org on the store can have gone on meanwhile, or begun anew: then the page leads on from nowhere.
      const leadsOn = JSON.stringify(stored?.master ?? null) === JSON.stringify(from)
      const next: TableCheckpoint = leadsOn
        ? {
            ...kept,
            master: page.checkpoint,
            complete: kept.complete || !page.more,
            ...(everyRow && page.more ? { everyRow } : {}),
          }
        : { ...firstCheckpoint(table), ...missed, ...stored }
      await writeCheckpoint(tx, name, next)
      return { next, written }
    },
    { durability: 'relaxed' },
  )
}

/**
 * What a first pass has to make up for where rows were sent from here before it: they may lack columns that were selected
 * since, and of what was deleted until now nobody tells. Others were brought by a repair, and may not be shown any more.
 */
async function missedBefore(
  tx: StoreWriter,
  table: ConfiguredTable,
  page: readonly MasterRow[],
): Promise<Pick<TableCheckpoint, 'everyRow' | 'due'>> {
  const { metadata, tracking, changeTracking } = table
  const { name } = metadata
  // A row with an unsent deletion is not shown, but it is there again when that is taken back.
  const bases = await tx.bases(name)
  const created = bases.filter(({ local }) => local === 'created')
  const deleted = bases.filter(({ local }) => local === 'deleted')
  const rows = (await tx.count(name)) - created.length + deleted.length
  if (rows <= 0) return {}
  const sent = await heldVersions(tx, name, [...(await writtenRows(tx, name))])
  const isTold = tracking.deletes || tracking.links || tracking.owners || changeTracking
  const due: DueReason[] = [
    ...(isTold ? ['tracking-enabled' as const] : []),
    ...(rows > sent.size ? ['asked' as const] : []),
  ]
  const shown = new Set(page.map(({ id }) => id))
  // The pages to come take the marks from theirs.
  await noteLacking(
    tx,
    name,
    [...sent.keys()].filter((id) => !shown.has(id)),
  )
  return { everyRow: true, ...(due.length > 0 ? { due } : {}) }
}

/** The stored checkpoint, as far as it is still good, or a fresh one. */
async function startingPoint(
  context: PullContext,
  table: ConfiguredTable,
  stored: TableCheckpoint | undefined,
  signal: AbortSignal,
): Promise<TableCheckpoint> {
  const name = table.metadata.name
  if (!stored) return firstCheckpoint(table)
  const kept = resolved(stored, table)
  if (kept.master === null || !kept.due?.includes('filter-changed')) return kept
  if (!(await areMostNew(context, table, signal))) return kept
  // From the start in large pages; the comparison that is due removes what is no longer wanted.
  const anew: TableCheckpoint = { ...kept, master: null }
  await context.store.write(`begin ${name} anew`, (tx) => writeCheckpoint(tx, name, anew))
  return anew
}

/**
 * Whether another filter selects so many more rows than are held that most of them must be new. The comparison reads what
 * is missing by ids, a hundred with a query, and beside them lists all rows; a pass from the start reads thousands with
 * one, but also those that are here. So the pass is better once half of all rows are missing. Without an estimate
 * nothing is known, and the comparison is right in any case.
 */
export async function areMostNew(context: PullContext, table: ConfiguredTable, signal: AbortSignal): Promise<boolean> {
  const estimate = await context.master.estimate?.({ table: table.metadata, scope: table.scope }, signal)
  if (!estimate) return false
  const held = await context.store.read('count rows', (tx) => tx.count(table.metadata.name))
  return estimate.rows - held > estimate.rows / 2
}

/** At most one request on its way, which ends with whoever waits for it. */
class Ahead {
  readonly #caller: AbortSignal
  readonly #given = new AbortController()
  #signal: AbortSignal | undefined
  readonly #ask: (from: Json, signal: () => AbortSignal) => Promise<PullPage>
  #page: Promise<PullPage | 'expired'> | undefined

  constructor(signal: AbortSignal, ask: (from: Json, signal: () => AbortSignal) => Promise<PullPage>) {
    this.#caller = signal
    this.#ask = ask
  }

  ask(from: Json): void {
    const page = unlessExpired(from, () => this.#ask(from, this.#either))
    // Its failure is met where the page is wanted; a page that nobody wants any more may fail.
    page.catch(() => {})
    this.#page = page
  }

  // Made only where something is asked: an idle pull has its page already.
  readonly #either = (): AbortSignal => (this.#signal ??= AbortSignal.any([this.#caller, this.#given.signal]))

  async answer(): Promise<PullPage | 'expired'> {
    const page = this.#page
    if (!page) throw abortError(this.#either())
    const answer = await page
    this.#page = undefined
    return answer
  }

  /** Takes back what is on its way, and waits until it has ended. */
  async end(): Promise<void> {
    const page = this.#page
    if (!page) return
    this.#given.abort()
    await Promise.allSettled([page])
  }
}

/** A checkpoint that is too old for the master is no failure: everything is read anew, and what is gone is found. */
async function unlessExpired<T>(from: Json, ask: () => Promise<T>): Promise<T | 'expired'> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof MasterError && error.code === 'expired' && from !== null) return 'expired'
    throw error
  }
}
