import type { Change, RowReference } from '../change.ts'
import type { ConfiguredTable } from '../copy/configuration.ts'
import { columnOf } from '../metadata.ts'
import type { TableMetadata } from '../metadata.ts'
import { inParts } from '../outbox/in-parts.ts'
import type { OfflineTransaction } from '../outbox/offline-transaction.ts'
import type { StoreReader } from '../ports/store.ts'
import { rowsNamedIn, tablesNamedIn } from './row-parameters.ts'
import { rowKey, TARGET_SUFFIX } from '../row.ts'
import type { Row } from '../row.ts'

type Tables = ReadonlyMap<string, ConfiguredTable>

/** The rows that a change points to: targets of lookups it sets, both ends of a link, the rows that an action names. */
export function referencesOf(change: Change, tables: Tables): readonly RowReference[] {
  switch (change.kind) {
    case 'create':
    case 'update':
      return lookupsOf(change.table, change.values, tables)
    case 'delete':
      return []
    case 'action':
      return [...rowsNamedIn(change.parameters), ...('id' in change.evidence ? [change.evidence] : [])]
    case 'associate':
    case 'disassociate':
      return [change.first, change.second]
  }
}

/** The tables whose definitions are needed to send a change: its own, and those it points to. */
export function tablesOf(change: Change, tables: Tables): readonly string[] {
  const named = change.kind === 'action' ? tablesNamedIn(change.parameters) : []
  return [change.table, ...named, ...referencesOf(change, tables).map((reference) => reference.table)]
}

/**
 * The row keys that a transaction touches: changed rows, rows they point to, and rows they pointed to before. Besides,
 * `#<seq>` of each transaction that it was told to wait for.
 */
export function touchesOf(
  changes: readonly Change[],
  tables: Tables,
  after: readonly number[] = [],
): readonly string[] {
  const rows = changes.flatMap((change) => [change, ...referencesOf(change, tables), ...leftBehind(change, tables)])
  return [...new Set([...rows.map((row) => rowKey(row.table, row.id)), ...after.map(waitingKey)])]
}

/** What a transaction that was told to wait for another one touches, as if it were a row. */
export function waitingKey(seq: number): string {
  return `#${seq}`
}

/**
 * The seqs of the open transactions, before `seq` where it is given, that must be settled before these changes can be
 * sent: the last one that changes a same row (it waits for those before it), those that create what is pointed to, and,
 * for a deletion, every one that points or pointed to the deleted row. Of `after`, those that are open.
 */
export async function dependenciesOf(
  tx: StoreReader,
  changes: readonly Change[],
  tables: Tables,
  seq: number = Number.POSITIVE_INFINITY,
  after: readonly number[] = [],
): Promise<readonly number[]> {
  const found = new Set<number>()
  for (const named of after.length > 0 ? await tx.transactions(after) : []) {
    if (named?.status === 'pending' || named?.status === 'error') found.add(named.seq)
  }
  for (const change of changes) {
    const key = rowKey(change.table, change.id)
    if (await mayHaveChanges(tx, change, tables)) {
      const last = await firstThat(tx, key, 'descending', (other) => other.seq < seq && changesRow(other, key))
      if (last) found.add(last.seq)
    }
    for (const reference of referencesOf(change, tables)) {
      const creator = await creatorOf(tx, reference, tables)
      if (creator && creator.seq < seq) found.add(creator.seq)
    }
    if (change.kind !== 'delete') continue
    for await (const other of inParts(tx, { statuses: OPEN, touching: [key] })) {
      if (other.seq < seq && hasToDoWith(other, key, tables)) found.add(other.seq)
    }
  }
  return [...found].toSorted((one, other) => one - other)
}

/** Whether a transaction that touched a row still does: what was dropped from it, or corrected, does not count. */
function hasToDoWith({ changes, after }: OfflineTransaction, key: string, tables: Tables): boolean {
  const isKnown = changes.every(({ table }) => tables.has(table))
  return !isKnown || touchesOf(changes, tables, after).includes(key)
}

/** Whether a row can have unsent changes: one that has is never without a base. */
async function mayHaveChanges(tx: StoreReader, { table, id }: RowReference, tables: Tables): Promise<boolean> {
  if (!tables.has(table)) return true
  return (await tx.bases(table, [id])).length > 0
}

/** The open transaction that creates the row; undefined where the master has the row, or nobody makes it. */
export async function creatorOf(
  tx: StoreReader,
  { table, id }: RowReference,
  tables: Tables,
): Promise<OfflineTransaction | undefined> {
  if (!tables.has(table)) return undefined
  const [base] = await tx.bases(table, [id])
  if (!base || base.values !== null) return undefined
  const key = rowKey(table, id)
  return firstThat(tx, key, 'ascending', (other) =>
    other.changes.some((change) => change.kind === 'create' && rowKey(change.table, change.id) === key),
  )
}

const OPEN = ['pending', 'error'] as const

/** The open transactions that touch a row are read part by part: there can be thousands, and the wanted one is near an end. */
async function firstThat(
  tx: StoreReader,
  key: string,
  direction: 'ascending' | 'descending',
  wanted: (transaction: OfflineTransaction) => boolean,
): Promise<OfflineTransaction | undefined> {
  for await (const other of inParts(tx, { statuses: OPEN, touching: [key], direction })) {
    if (wanted(other)) return other
  }
  return undefined
}

function changesRow(transaction: OfflineTransaction, key: string): boolean {
  return transaction.changes.some((change) => rowKey(change.table, change.id) === key)
}

/** The rows that a changed or deleted row pointed to: they must not be deleted before it has let go of them. */
export function leftBehind(change: Change, tables: Tables): readonly RowReference[] {
  return change.kind === 'update' || change.kind === 'delete' ? lookupsOf(change.table, change.before, tables) : []
}

/** The rows that lookups among the values point to, each with its column. */
export function lookupsOf(
  table: string,
  values: Row,
  tables: Tables,
): readonly (RowReference & { readonly column: string })[] {
  const metadata = tables.get(table)?.metadata
  if (!metadata) return []
  return Object.entries(values).flatMap(([name, id]) => {
    const target = targetTable(metadata, name, values)
    return typeof id === 'string' && target !== undefined ? [{ table: target, id, column: name }] : []
  })
}

function targetTable(metadata: TableMetadata, name: string, values: Row): string | undefined {
  const targets = columnOf(metadata, name)?.targets
  if (!targets) return undefined
  const named = values[name + TARGET_SUFFIX]
  return typeof named === 'string' ? named : targets[0]?.table
}
