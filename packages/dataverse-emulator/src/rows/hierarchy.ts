import { WebApiError } from '../errors.ts'
import { isLookupColumn } from '../schema.ts'
import type { TableDefinition } from '../schema.ts'
import type { LookupValue } from './changes.ts'
import { lookupTarget } from './row-values.ts'
import type { WriteContext } from './write-context.ts'

function loop(): WebApiError {
  return new WebApiError(
    400,
    '0x80040387',
    'Creating this parental association would create a loop in this entity hierarchy.',
  )
}

/** Refuses parents within one table that would make a row its own ancestor, where the relationship is a hierarchy. */
export function refuseLoops(
  { store }: WriteContext,
  table: TableDefinition,
  id: string,
  lookups: ReadonlyMap<string, LookupValue>,
): void {
  for (const relationship of store.schema.relationshipsOf(table.logicalName).manyToOne) {
    const { referencedTable, referencingColumn, isHierarchical, cascade } = relationship
    const isTree = referencedTable === table.logicalName && (isHierarchical || cascade.reparent === 'Cascade')
    const target = lookups.get(referencingColumn)
    const column = store.schema.column(table.logicalName, referencingColumn)
    if (!isTree || target === null || target?.table !== table.logicalName) continue
    if (column === undefined || !isLookupColumn(column)) continue
    const seen = new Set<string>()
    let ancestor: string | undefined = target.id
    while (ancestor !== undefined && !seen.has(ancestor)) {
      if (ancestor === id) throw loop()
      seen.add(ancestor)
      const row = store.rows(table.logicalName).get(ancestor)
      const next = row === undefined ? undefined : lookupTarget(column, row.values)
      ancestor = next?.table === table.logicalName ? next.id : undefined
    }
  }
}
