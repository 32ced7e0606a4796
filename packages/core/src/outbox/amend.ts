import type { Change } from '../change.ts'
import type { ConfiguredTable } from '../configuration.ts'
import { OutpostError } from '../errors.ts'
import { knownMaster } from '../local-rows.ts'
import type { StoreReader } from '../ports/store.ts'
import { TARGET_SUFFIX } from '../row.ts'
import type { ColumnValue, Row } from '../row.ts'
import { onValues } from '../stack.ts'
import { validateValues } from '../validate-values.ts'
import type { OfflineTransaction } from './offline-transaction.ts'

/** The changes of a transaction with corrected values in one of them. Throws `invalid` when the correction is none. */
export async function amendChange(
  tx: StoreReader,
  transaction: OfflineTransaction,
  values: Readonly<Record<string, ColumnValue | undefined>>,
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
  const replace = (next: Change): readonly Change[] =>
    transaction.changes.map((other) => (other === change ? next : other))
  const rules = { columns: new Set(table.columns), id: change.id }
  const given = Object.fromEntries(Object.entries(values).filter(isGiven))
  if (change.kind === 'create') {
    const checked = validateValues(table.metadata, given, { ...rules, kind: 'create' })
    // What was to be updated is no longer what is to be created.
    const { recreates: _, ...create } = change
    return replace({ ...create, values: { ...without(change.values, values), ...checked } })
  }
  const [base] = await tx.bases(change.table, [change.id])
  const [stored] = await tx.rows(change.table, [change.id])
  const master = knownMaster(change.id, base, stored).row
  const left = without(change.values, values)
  const checked = validateValues(table.metadata, given, {
    ...rules,
    kind: 'update',
    current: { ...master?.values, ...left },
  })
  const amended = { ...left, ...checked }
  const before = Object.fromEntries(Object.keys(amended).map((name) => [name, master?.values[name] ?? null]))
  return replace(onValues({ ...change, values: amended, version: master?.version ?? null }, before))
}

function isGiven(entry: [string, ColumnValue | undefined]): entry is [string, ColumnValue] {
  return entry[1] !== undefined
}

/** The values without the columns that are to be taken out, and without their `$table`. */
function without(values: Row, taken: Readonly<Record<string, ColumnValue | undefined>>): Row {
  const out = Object.keys(taken).filter((name) => taken[name] === undefined)
  return Object.fromEntries(Object.entries(values).filter(([name]) => !out.includes(name.replace(TARGET_SUFFIX, ''))))
}
