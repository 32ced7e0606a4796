import { referencesOf } from '../write/dependencies.ts'
import type { Change, RowReference } from '../change.ts'
import type { ConfiguredTable } from '../copy/configuration.ts'
import { OutpostError } from '../errors.ts'
import { rowToCome } from '../rows/local-rows.ts'
import type { BaseRow, StoredRow, StoreReader } from '../ports/store.ts'
import { rowKey } from '../row.ts'
import type { Row } from '../row.ts'
import { inParts } from './in-parts.ts'
import type { OfflineTransaction } from './offline-transaction.ts'

/*
 * The effect of an archived transaction can be kept on the local rows. Nothing new may be built on it: the master will
 * never have it.
 */

/** The archived transactions that change the row and whose effect it is still shown with, in the order of the outbox. */
export async function keptOn(tx: StoreReader, { table, id }: RowReference): Promise<readonly OfflineTransaction[]> {
  const found: OfflineTransaction[] = []
  for await (const archived of inParts(tx, { statuses: ['archived'], touching: [rowKey(table, id)] })) {
    const changesRow = archived.changes.some((change) => change.table === table && change.id === id)
    if (archived.kept && changesRow) found.push(archived)
  }
  return found
}

/**
 * The row as a new change is made on it: what is shown, but for what only archived transactions still show. Null when there
 * is no row. Throws `refused`, naming the transaction, where the row is there, or gone, only for such a one.
 */
export async function rowToChange(
  tx: StoreReader,
  table: ConfiguredTable,
  { id, row, base }: { readonly id: string; readonly row: StoredRow | undefined; readonly base: BaseRow | undefined },
): Promise<Row | null> {
  const name = table.metadata.name
  const shown = row?.values ?? null
  const last = base && (await keptOn(tx, { table: name, id })).at(-1)
  if (!last) return shown
  const toCome = await rowToCome(tx, table, id)
  if ((shown === null) === (toCome === null)) return toCome
  const message = `${name} ${id} is ${shown ? 'there' : 'gone'} only by transaction #${last.seq}, which will not be sent`
  throw new OutpostError('refused', message, {
    place: { table: name, row: id, rule: 'kept-row' },
    remedy: `Set #${last.seq} to pending, or take its effect back: revert the row, or archive it again without keeping it.`,
  })
}

/** Throws `refused` where changes are made to, or point to, rows that are there only by archived transactions. */
export async function refuseKeptRows(
  tx: StoreReader,
  changes: readonly Change[],
  tables: ReadonlyMap<string, ConfiguredTable>,
): Promise<void> {
  for (const { table: name, id } of changes.flatMap((change) => [change, ...referencesOf(change, tables)])) {
    const table = tables.get(name)
    const [base] = table ? await tx.bases(name, [id]) : []
    const [row] = base ? await tx.rows(name, [id]) : []
    if (table && row) await rowToChange(tx, table, { id, row, base })
  }
}
