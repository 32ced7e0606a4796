import type { ConfiguredTable } from '../copy/configuration.ts'
import { columnOf } from '../metadata.ts'
import type { StoreReader, StoreWriter } from '../ports/store.ts'

/*
 * The values of large columns (the bodies of notes and attachments) are read row by row, after everything else. Which rows
 * are to be read is kept in parts under `bodies/<table>/<n>`, so that neither a look at it nor a change of it grows with
 * the table. `bodies/<table>` says which parts there are, and for which columns every row is in them or has been read.
 */

type BodyQueue = {
  /** The large columns, with their types, that no row has missed. */
  readonly columns: readonly string[]
  /** The row up to which those held are put in because of a new column; absent when that is done. */
  readonly after?: string | undefined
  readonly from: number
  readonly to: number
}

const queueKey = (table: string): string => `bodies/${table}`
const partKey = (table: string, n: number): string => `bodies/${table}/${n}`

const putOffKey = (table: string): string => `bodies/${table}/put-off`

const typed = ({ metadata, columns }: ConfiguredTable): readonly string[] =>
  columns.flatMap((name) => {
    const column = columnOf(metadata, name)
    return column?.large ? [`${name}:${column.type}`] : []
  })

/** A table of which no row is held: every row that comes is put in. */
export async function beginBodies(tx: StoreWriter, table: ConfiguredTable): Promise<void> {
  const columns = typed(table)
  if (columns.length === 0) return
  await tx.setValue(queueKey(table.metadata.name), { columns, from: 0, to: 0 })
}

/** The bodies of these rows are not, or no longer, those of the versions held. */
export async function awaitBodies(tx: StoreWriter, table: ConfiguredTable, ids: readonly string[]): Promise<void> {
  if (ids.length === 0 || typed(table).length === 0) return
  const name = table.metadata.name
  const queue = (await tx.value(queueKey(name))) as BodyQueue | undefined
  // Without a queue, or while it has not gone by them, all rows held are put in.
  if (!queue) return
  await tx.setValue(partKey(name, queue.to), ids)
  await tx.setValue(queueKey(name), { ...queue, to: queue.to + 1 })
}

/** Leaves rows whose bodies could not be read for the next run. */
export async function putOffBodies(tx: StoreWriter, table: string, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  const before = (await tx.value(putOffKey(table))) as readonly string[] | undefined
  await tx.setValue(putOffKey(table), [...new Set([...(before ?? []), ...ids])])
}

/** Asks once more for the bodies that the run before could not read. */
export async function takeUpBodies(tx: StoreWriter, table: ConfiguredTable): Promise<void> {
  const name = table.metadata.name
  const ids = (await tx.value(putOffKey(name))) as readonly string[] | undefined
  if (!ids) return
  await awaitBodies(tx, table, ids)
  await tx.setValue(putOffKey(name), undefined)
}

/** Drops what is no longer selected, so that it comes anew when it is taken back. */
export async function followBodies(tx: StoreWriter, table: ConfiguredTable): Promise<void> {
  const name = table.metadata.name
  const queue = (await tx.value(queueKey(name))) as BodyQueue | undefined
  if (!queue) return
  const selected = typed(table)
  if (selected.length === 0) return forgetBodies(tx, name)
  await tx.setValue(queueKey(name), { ...queue, columns: queue.columns.filter((each) => selected.includes(each)) })
}

export async function forgetBodies(tx: StoreWriter, table: string): Promise<void> {
  const queue = (await tx.value(queueKey(table))) as BodyQueue | undefined
  if (!queue) return
  for (let n = queue.from; n < queue.to; n += 1) await tx.setValue(partKey(table, n), undefined)
  await tx.setValue(putOffKey(table), undefined)
  await tx.setValue(queueKey(table), undefined)
}

const WALKED = 500

/** The rows whose bodies are to be read next; none when all are there. Rows held are put in first where a column is new. */
export async function nextBodies(tx: StoreWriter, table: ConfiguredTable): Promise<readonly string[]> {
  const name = table.metadata.name
  let queue = (await tx.value(queueKey(name))) as BodyQueue | undefined
  const columns = typed(table)
  if (columns.length === 0) return []
  if (!queue || columns.some((column) => !queue?.columns.includes(column))) {
    queue = { from: 0, to: 0, ...queue, columns, after: '' }
  }
  if (queue.from < queue.to) {
    await tx.setValue(queueKey(name), queue)
    return firstPart(tx, name, queue)
  }
  if (queue.after === undefined) return []
  const held = await tx.ids(name, { after: queue.after, limit: WALKED })
  const after = held.length < WALKED ? undefined : held.at(-1)
  const to = held.length > 0 ? queue.to + 1 : queue.to
  if (held.length > 0) await tx.setValue(partKey(name, queue.to), held)
  await tx.setValue(queueKey(name), { ...queue, after, to })
  return held
}

async function firstPart(tx: StoreReader, table: string, queue: BodyQueue): Promise<readonly string[]> {
  return ((await tx.value(partKey(table, queue.from))) as readonly string[] | undefined) ?? []
}

/** Leaves of the first part what has not been read. */
export async function keepBodies(tx: StoreWriter, table: string, left: readonly string[]): Promise<void> {
  const queue = (await tx.value(queueKey(table))) as BodyQueue | undefined
  if (!queue || queue.from >= queue.to) return
  if (left.length > 0) return tx.setValue(partKey(table, queue.from), left)
  await tx.setValue(partKey(table, queue.from), undefined)
  await tx.setValue(queueKey(table), { ...queue, from: queue.from + 1 })
}
