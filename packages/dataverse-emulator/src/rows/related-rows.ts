import { targetKey } from '../schema.ts'
import type { CollectionNavigation, Schema, TableDefinition } from '../schema.ts'
import { noSuchResource } from '../errors.ts'
import type { RowStore } from './row-store.ts'
import type { Row } from './row.ts'

/** The table on the other side of a collection-valued navigation property. */
export function tableOfCollection(schema: Schema, navigation: CollectionNavigation): TableDefinition {
  const name = navigation.kind === 'ManyToMany' ? navigation.otherTable : navigation.relationship.referencingTable
  const table = schema.table(name)
  if (table === undefined) throw noSuchResource(navigation.navigation)
  return table
}

/** The rows behind a collection-valued navigation property of a row, in no particular order; not yet those somebody may see. */
export function relatedRows(
  store: RowStore,
  table: TableDefinition,
  row: Row,
  navigation: CollectionNavigation,
): readonly Row[] {
  if (navigation.kind === 'OneToMany') {
    const { referencingTable, referencingColumn } = navigation.relationship
    const holders = store.rows(referencingTable).holding(referencingColumn, row.id)
    const key = targetKey(referencingColumn)
    return holders.filter(({ values }) => (values[key] ?? table.logicalName) === table.logicalName)
  }
  const others = store.rows(navigation.otherTable)
  return store
    .rows(navigation.relationship.intersectTable)
    .holding(navigation.thisColumn, row.id)
    .flatMap(({ values }) => others.get(String(values[navigation.otherColumn])) ?? [])
}
