import { applyPage } from './apply-page.ts'
import type { ConfiguredTable } from '../copy/configuration.ts'
import type { Env } from '../env.ts'
import { MasterError, throwIfAborted } from '../errors.ts'
import type { OutpostEvent, TableReport } from '../events.ts'
import type { Json } from '../metadata.ts'
import { forgetEchoes, recordEchoes } from '../outbox/echoes.ts'
import type { MasterOrg } from '../ports/master-org.ts'
import type { Store, StoreWriter } from '../ports/store.ts'
import { sweep } from './sweep.ts'

export interface PullContext {
  readonly store: Store
  readonly master: MasterOrg
  readonly env: Pick<Env, 'now'>
  readonly pageSize: number
  emit(event: OutpostEvent): void
}

/**
 * Where a table's pull stands. Stored together with the rows of each page, so that a pull goes on where it stopped.
 *
 * `everyRow` is true while a pass rewrites all rows because the kept columns have changed; `sweepDue` while rows may be
 * held that the present filter does not select.
 */
type TableCheckpoint = {
  readonly fingerprint: string
  readonly master: Json
  readonly everyRow: boolean
  readonly sweepDue: boolean
  /** True once a pass over the whole filter has been finished. */
  readonly complete: boolean
}

const key = (table: string): string => `checkpoint/${table}`

/**
 * Pulls one table: pages of new and changed rows, each committed with its checkpoint, then, where it is switched on or
 * due, the comparison of ids that finds what is gone. Whatever the outbox holds, a pull may run.
 */
export async function pullTable(
  context: PullContext,
  table: ConfiguredTable,
  signal: AbortSignal,
): Promise<TableReport> {
  const name = table.metadata.name
  let checkpoint = await startingPoint(context.store, table)
  let received = 0
  let written = 0
  let estimate: { readonly rows: number; readonly atLeast: boolean } | undefined
  for (let more = true; more;) {
    throwIfAborted(signal)
    const request = {
      table: table.metadata,
      columns: table.columns,
      scope: table.scope,
      checkpoint: checkpoint.master,
      pageSize: context.pageSize,
    }
    const page = await unlessExpired(checkpoint, () => context.master.pull(request, signal))
    if (page === 'expired') {
      checkpoint = { ...checkpoint, master: null, sweepDue: true }
      continue
    }
    const { everyRow } = checkpoint
    const next: TableCheckpoint = {
      ...checkpoint,
      master: page.checkpoint,
      everyRow: everyRow && page.more,
      complete: checkpoint.complete || !page.more,
    }
    written += await context.store.write(
      `apply page of ${name}`,
      async (tx) => {
        const count = await applyPage(tx, table, page.rows, everyRow)
        await recordEchoes(tx, name, page.rows, { last: !page.more, now: context.env.now() })
        await tx.setValue(key(name), next)
        return count
      },
      { durability: 'relaxed' },
    )
    checkpoint = next
    received += page.rows.length
    estimate = page.estimate ?? estimate
    more = page.more
    context.emit({ type: 'pull.page', table: name, rows: received, ...(estimate ? { estimate } : {}) })
  }
  const gone = table.syncDeletion || checkpoint.sweepDue ? await sweep(context, table, signal) : { pruned: 0, kept: 0 }
  if (checkpoint.sweepDue) {
    const settled: TableCheckpoint = { ...checkpoint, sweepDue: false }
    await context.store.write(`sweep of ${name} done`, (tx) => tx.setValue(key(name), settled), {
      durability: 'relaxed',
    })
  }
  return { received, written, ...gone }
}

/** Whether the table's first download is finished. */
export async function isComplete(store: Store, table: string): Promise<boolean> {
  const value = (await store.read('read checkpoint', (tx) => tx.value(key(table)))) as TableCheckpoint | undefined
  return value?.complete ?? false
}

/**
 * Makes the next pull of these tables a full one. Needed as soon as filter or columns change, not only when the next pull
 * finds them changed: dropping a column and taking it back would leave it empty.
 */
export async function restartPulls(tx: StoreWriter, tables: readonly string[]): Promise<void> {
  for (const table of tables) {
    const stored = (await tx.value(key(table))) as TableCheckpoint | undefined
    if (stored) await tx.setValue(key(table), { ...stored, fingerprint: '' })
  }
}

/** Forgets where the pulls of these tables stood, and what they were to bring back. */
export async function forgetPulls(tx: StoreWriter, tables: readonly string[]): Promise<void> {
  for (const table of tables) {
    await tx.setValue(key(table), undefined)
    await forgetEchoes(tx, table)
  }
}

/** The stored checkpoint, or a fresh one when there is none or when filter or columns are no longer those it was made with. */
async function startingPoint(store: Store, table: ConfiguredTable): Promise<TableCheckpoint> {
  const name = table.metadata.name
  const stored = (await store.read('read checkpoint', (tx) => tx.value(key(name)))) as TableCheckpoint | undefined
  if (stored?.fingerprint === table.fingerprint) return stored
  const anew = stored !== undefined
  return { fingerprint: table.fingerprint, master: null, everyRow: anew, sweepDue: anew, complete: false }
}

/** A checkpoint that is too old for the master is no failure: everything is read anew, and what is gone is swept. */
async function unlessExpired<T>(checkpoint: TableCheckpoint, ask: () => Promise<T>): Promise<T | 'expired'> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof MasterError && error.code === 'expired' && checkpoint.master !== null) return 'expired'
    throw error
  }
}
