import type { TableDefinition } from '../schema.ts'
import type { RowStore } from './row-store.ts'
import type { Row } from './row.ts'

const POINTER = 'activitypointer'

/** Every activity is also a row of `activitypointer` under the same id; this writes it anew. */
export function mirrorActivity(store: RowStore, table: TableDefinition, row: Row): void {
  const pointer = store.schema.table(POINTER)
  if (!table.isActivity || table.logicalName === POINTER || pointer === undefined) return
  const values = store.blank(pointer)
  for (const name of Object.keys(values)) values[name] = row.values[name] ?? null
  values[pointer.primaryId] = row.id
  values['activitytypecode'] = table.logicalName
  const before = store.rows(POINTER).get(row.id)
  if (before === undefined) store.insert(POINTER, row.id, values)
  else store.update(POINTER, before, values)
}

/** The other side of an activity: its pointer, or the activity a pointer stands for. */
export function activityTwin(
  store: RowStore,
  table: TableDefinition,
  row: Row,
): { readonly table: TableDefinition; readonly row: Row } | undefined {
  const name = table.logicalName === POINTER ? row.values['activitytypecode'] : table.isActivity ? POINTER : undefined
  const twin = typeof name === 'string' ? store.schema.table(name) : undefined
  const found = twin === undefined ? undefined : store.rows(twin.logicalName).get(row.id)
  return twin === undefined || found === undefined ? undefined : { table: twin, row: found }
}
