import type { ConfiguredTable } from '../copy/configuration.ts'
import { concernsOneTable, throwIfAborted } from '../errors.ts'
import type { OutpostError } from '../errors.ts'
import type { LayerReport } from '../events.ts'
import type { MasterRow } from '../ports/master-org.ts'
import { keepBodies, nextBodies, putOffBodies, takeUpBodies } from './bodies.ts'
import { largeColumns } from './checkpoint.ts'
import { patchRows } from './patch-rows.ts'
import type { PullContext } from './pull-context.ts'

/** Rows whose bodies are read with one request, and written together: what is in memory at a time. */
const TOGETHER = 10

/**
 * Reads the large columns of the rows that wait for them. A body that the master refuses is left for the next run and does
 * not keep the others waiting; the first refusal is thrown when they are there.
 */
export async function pullBodies(
  context: PullContext,
  table: ConfiguredTable,
  signal: AbortSignal,
): Promise<LayerReport> {
  const { store } = context
  const name = table.metadata.name
  let received = 0
  let written = 0
  let failure: OutpostError | undefined
  if (largeColumns(table).length === 0) return { received, written }
  await store.write(`take up bodies of ${name}`, (tx) => takeUpBodies(tx, table), { durability: 'relaxed' })
  for (;;) {
    const part = await store.write(`next bodies of ${name}`, (tx) => nextBodies(tx, table), { durability: 'relaxed' })
    if (part.length === 0) break
    for (let at = 0; at < part.length; at += TOGETHER) {
      throwIfAborted(signal)
      const { rows, refused, error } = await readBodies(context, table, part.slice(at, at + TOGETHER), signal)
      failure ??= error
      written += await store.write(
        `apply bodies of ${name}`,
        async (tx) => {
          const count = await patchRows(tx, table, rows)
          await putOffBodies(tx, name, refused)
          await keepBodies(tx, name, part.slice(at + TOGETHER))
          return count
        },
        { durability: 'relaxed' },
      )
      received += rows.length
      context.emit({ type: 'pull.page', table: name, rows: received, columns: largeColumns(table) })
    }
  }
  if (failure) throw failure
  return { received, written }
}

interface Bodies {
  readonly rows: readonly MasterRow[]
  readonly refused: readonly string[]
  readonly error?: OutpostError
}

/** The rows with their large columns; where the master refuses them together, one by one. */
async function readBodies(
  context: PullContext,
  table: ConfiguredTable,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<Bodies> {
  try {
    const columns = [table.metadata.primaryId, ...largeColumns(table)]
    return { rows: await context.master.read({ table: table.metadata, columns, ids }, signal), refused: [] }
  } catch (error) {
    if (!concernsOneTable(error)) throw error
    if (ids.length === 1) return { rows: [], refused: ids, error }
  }
  const alone: Bodies[] = []
  for (const id of ids) alone.push(await readBodies(context, table, [id], signal))
  const error = alone.find((each) => each.error)?.error
  return {
    rows: alone.flatMap((each) => each.rows),
    refused: alone.flatMap((each) => each.refused),
    ...(error ? { error } : {}),
  }
}
