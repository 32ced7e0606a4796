import type { ConfiguredTable } from '../copy/configuration.ts'
import type { StoreWriter } from '../ports/store.ts'
import { TARGET_SUFFIX } from '../row.ts'
import type { Row } from '../row.ts'

/**
 * What a write does to a row beside the outbox: to a row of a table, or to columns of a row, that only this client org
 * has. `values` has the whole row in a local table, only the local columns elsewhere; null where the row goes.
 */
export interface LocalEffect {
  readonly table: ConfiguredTable
  readonly id: string
  readonly values: Row | null
}

/**
 * Makes the effects in the given store transaction, after the changes of the same write are shown. Local columns of a row
 * that is not there, because the same write takes it away, are nobody's.
 */
export async function applyLocalEffects(tx: StoreWriter, effects: readonly LocalEffect[]): Promise<void> {
  for (const { table, id, values } of effects) {
    const { name } = table.metadata
    if (values === null) {
      await tx.deleteRows(name, [id])
      continue
    }
    const [row] = await tx.rows(name, [id])
    if (table.isLocal) await tx.putRows(name, [{ id, version: null, values }])
    else if (row) await tx.putRows(name, [{ ...row, values: { ...row.values, ...values } }])
  }
}

/** The columns of a row that the master has too. */
export function masterPart(table: ConfiguredTable, row: Row): Row {
  return split(table, row).master
}

/** What is written to columns of the master, and to columns that only this client org has. */
export function split(table: ConfiguredTable, values: Row): { readonly master: Row; readonly local: Row } {
  if (table.localColumns.length === 0) return { master: values, local: {} }
  const own = new Set(table.localColumns)
  const entries = Object.entries(values)
  return {
    master: Object.fromEntries(entries.filter(([name]) => !own.has(ownerOf(name)))),
    local: Object.fromEntries(entries.filter(([name]) => own.has(ownerOf(name)))),
  }
}

/** The column that a value belongs to: the target of a lookup goes with it. */
function ownerOf(name: string): string {
  return name.endsWith(TARGET_SUFFIX) ? name.slice(0, -TARGET_SUFFIX.length) : name
}
