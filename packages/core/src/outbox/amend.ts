import jsonPatch from 'fast-json-patch'
import type { Change } from '../change.ts'
import type { ConfiguredTable } from '../configuration.ts'
import { OutpostError } from '../errors.ts'
import { knownMaster } from '../local-rows.ts'
import type { StoreReader } from '../ports/store.ts'
import type { ColumnValue } from '../row.ts'
import { validateValues } from '../validate-values.ts'
import type { OfflineTransaction } from './offline-transaction.ts'

/** The changes of a transaction with corrected values in one of them. Throws `invalid` when the correction is none. */
export async function amendChange(
  tx: StoreReader,
  transaction: OfflineTransaction,
  values: Readonly<Record<string, ColumnValue>>,
  row: { readonly table: string; readonly id: string } | undefined,
  tables: ReadonlyMap<string, ConfiguredTable>,
): Promise<readonly Change[]> {
  const writable = transaction.changes.filter((change) => change.kind === 'create' || change.kind === 'update')
  const meant = row ? writable.filter((change) => change.table === row.table && change.id === row.id) : writable
  const [change] = meant
  if (!change || meant.length > 1) {
    const rows = writable.map((candidate) => `${candidate.table} ${candidate.id}`).join(', ')
    throw new OutpostError(
      'invalid',
      `amend of #${transaction.seq}: say which row is meant (${rows || 'it writes no columns'})`,
      {
        place: { rule: 'unknown-row' },
      },
    )
  }
  const table = tables.get(change.table)
  if (!table)
    throw new OutpostError('invalid', `table '${change.table}' is no longer configured`, {
      place: { table: change.table, rule: 'unknown-table' },
    })
  const columns = new Set(table.columns)
  if (change.kind === 'create') {
    const checked = validateValues(table.metadata, values, { kind: 'create', columns, id: change.id })
    return transaction.changes.map((other) =>
      other === change ? { ...change, values: { ...change.values, ...checked } } : other,
    )
  }
  const [base] = await tx.bases(change.table, [change.id])
  const [stored] = await tx.rows(change.table, [change.id])
  const current = knownMaster(change.id, base, stored).row
  const checked = validateValues(table.metadata, values, {
    kind: 'update',
    columns,
    id: change.id,
    ...(current ? { current: current.values } : {}),
  })
  const amended = { ...change.values, ...checked }
  const before = Object.fromEntries(Object.keys(amended).map((name) => [name, current?.values[name] ?? null]))
  const next: Change = {
    ...change,
    values: amended,
    before,
    patch: jsonPatch.compare(before, amended),
    version: current?.version ?? null,
  }
  return transaction.changes.map((other) => (other === change ? next : other))
}
