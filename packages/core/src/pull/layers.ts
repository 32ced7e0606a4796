import type { ConfiguredTable } from '../copy/configuration.ts'
import { MasterError, throwIfAborted } from '../errors.ts'
import type { LayerReport } from '../events.ts'
import type { PullPage } from '../ports/master-org.ts'
import type { StoreReader } from '../ports/store.ts'
import { patchRows } from './patch-rows.ts'
import { pullBodies } from './pull-bodies.ts'
import { largeColumns, missingOf, nameOfTyped, readCheckpoint, wantedKey, writeCheckpoint } from './checkpoint.ts'
import type { ColumnLayer } from './checkpoint.ts'
import { markLacking } from './lacking.ts'
import type { PullContext } from './pull-context.ts'

/** Whether columns of rows that are here have still to be brought. */
export async function areLayersWanted(tx: StoreReader, table: ConfiguredTable): Promise<boolean> {
  if (largeColumns(table).length > 0) return true
  const checkpoint = await readCheckpoint(tx, table.metadata.name)
  return checkpoint !== undefined && missingOf(table, checkpoint.columns).length > 0
}

/**
 * Brings the columns that the rows of a table lack: those that were added to the configuration, in pages that read nothing
 * else, and then large ones, a few rows at a time. Each page is committed with where it stands. What rows hold otherwise
 * stays.
 */
export async function pullLayers(
  context: PullContext,
  table: ConfiguredTable,
  signal: AbortSignal,
): Promise<LayerReport> {
  const added = await pullAddedColumns(context, table, signal)
  const bodies = await pullBodies(context, table, signal)
  return { received: added.received + bodies.received, written: added.written + bodies.written }
}

async function pullAddedColumns(
  context: PullContext,
  table: ConfiguredTable,
  signal: AbortSignal,
): Promise<LayerReport> {
  const { store } = context
  const name = table.metadata.name
  let received = 0
  let written = 0
  // What the running pass has shown, as far as it was followed from here.
  let shown = new Set<string>()
  let at: string | undefined
  for (;;) {
    throwIfAborted(signal)
    const checkpoint = await store.read('read checkpoint', (tx) => readCheckpoint(tx, name))
    const missing = checkpoint ? missingOf(table, checkpoint.columns) : []
    if (!checkpoint || missing.length === 0 || checkpoint.scope !== wantedKey(table)) return { received, written }
    if (at !== JSON.stringify(checkpoint.layer)) shown = new Set()
    const layer: ColumnLayer = checkpoint.layer ?? { columns: missing, master: null }
    const page = await layerPage(context, table, layer, signal)
    throwIfAborted(signal)
    const isOver = page !== 'expired' && !page.more
    if (page !== 'expired') for (const { id } of page.rows) shown.add(id)
    if (isOver) await markLacking(store, table, layer.columns.map(nameOfTyped), shown)
    const next: ColumnLayer = { columns: layer.columns, master: page === 'expired' ? null : page.checkpoint }
    at = JSON.stringify(next)
    written += await store.write(
      `apply columns of ${name}`,
      async (tx) => {
        const stored = await readCheckpoint(tx, name)
        if (!stored) return 0
        const count = page === 'expired' ? 0 : await patchRows(tx, table, page.rows)
        const { layer: _, ...rest } = stored
        const leadsOn = JSON.stringify(stored.layer ?? null) === JSON.stringify(checkpoint.layer ?? null)
        if (!leadsOn || stored.scope !== checkpoint.scope) return count
        const columns = [...new Set([...stored.columns, ...layer.columns])]
        await writeCheckpoint(tx, name, isOver ? { ...rest, columns } : { ...rest, layer: next })
        return count
      },
      { durability: 'relaxed' },
    )
    if (page === 'expired') continue
    received += page.rows.length
    context.emit({ type: 'pull.page', table: name, rows: received, columns: layer.columns.map(nameOfTyped) })
  }
}

async function layerPage(
  { master, pageSize }: PullContext,
  table: ConfiguredTable,
  layer: ColumnLayer,
  signal: AbortSignal,
): Promise<PullPage | 'expired'> {
  const columns = [...new Set([table.metadata.primaryId, ...layer.columns.map(nameOfTyped)])]
  const { metadata, scope } = table
  try {
    return await master.pull({ table: metadata, columns, scope, checkpoint: layer.master, pageSize }, signal)
  } catch (error) {
    if (error instanceof MasterError && error.code === 'expired' && layer.master !== null) return 'expired'
    throw error
  }
}
