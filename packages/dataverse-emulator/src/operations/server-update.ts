import { mirrorActivity } from '../rows/activity-pointer.ts'
import { stamp } from '../rows/apply-changes.ts'
import { computeColumns } from '../rows/row-values.ts'
import type { Draft } from '../rows/row-values.ts'
import type { Row } from '../rows/row.ts'
import type { WriteContext } from '../rows/write-context.ts'
import type { StoredValues, TableDefinition } from '../schema.ts'

/** Puts values into a row that only the server writes; those of columns the table does not have are left out. */
export function serverUpdate(context: WriteContext, table: TableDefinition, row: Row, values: StoredValues): Row {
  const { store } = context
  const current = store.rows(table.logicalName).get(row.id) ?? row
  const draft: Draft = { ...current.values }
  for (const [name, value] of Object.entries(values)) {
    if (store.schema.column(table.logicalName, name.replace(/@table$/, '')) !== undefined) draft[name] = value
  }
  stamp(context, table, draft, 'update')
  computeColumns(context, table, draft)
  const updated = store.update(table.logicalName, current, draft)
  mirrorActivity(store, table, updated)
  return updated
}
