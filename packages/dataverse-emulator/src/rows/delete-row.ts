import { WebApiError } from '../errors.ts'
import { isLookupColumn } from '../schema.ts'
import type { OneToManyRelationship, TableDefinition } from '../schema.ts'
import { forgetShares } from '../security/shares.ts'
import { requireReach } from './access.ts'
import { activityTwin, mirrorActivity } from './activity-pointer.ts'
import { PARTY } from './activity-party.ts'
import { stamp } from './apply-changes.ts'
import { computeColumns, setLookup } from './row-values.ts'
import type { Draft } from './row-values.ts'
import type { Row } from './row.ts'
import { leadsTo } from './update-row.ts'
import type { WriteContext } from './write-context.ts'

function restricted(): WebApiError {
  return new WebApiError(
    405,
    '0x80040227',
    'The object you tried to delete is associated with another object and cannot be deleted.',
  )
}

function referencing(
  context: WriteContext,
  relationship: OneToManyRelationship,
  table: string,
  id: string,
): readonly Row[] {
  const holders = context.store.rows(relationship.referencingTable).holding(relationship.referencingColumn, id)
  return holders.filter((row) => leadsTo(row, relationship.referencingColumn, table, id))
}

function unlink(context: WriteContext, relationship: OneToManyRelationship, row: Row): void {
  const { store } = context
  const table = store.schema.table(relationship.referencingTable)
  const column = store.schema.column(relationship.referencingTable, relationship.referencingColumn)
  const current = store.rows(relationship.referencingTable).get(row.id)
  if (table === undefined || column === undefined || current === undefined || !isLookupColumn(column)) return
  const draft: Draft = { ...current.values }
  setLookup(column, draft, null)
  if (table.logicalName === PARTY) draft['ispartydeleted'] = true
  stamp(context, table, draft, 'update')
  computeColumns(context, table, draft)
  mirrorActivity(store, table, store.update(table.logicalName, current, draft))
}

function deleteLinks({ store }: WriteContext, table: TableDefinition, id: string): void {
  for (const relationship of store.schema.relationshipsOf(table.logicalName).manyToMany) {
    const columns: string[] = []
    if (relationship.table1 === table.logicalName) columns.push(relationship.column1)
    if (relationship.table2 === table.logicalName) columns.push(relationship.column2)
    for (const column of columns) {
      for (const link of store.rows(relationship.intersectTable).holding(column, id)) {
        store.delete(relationship.intersectTable, link)
      }
    }
  }
}

function removeRow(context: WriteContext, table: TableDefinition, row: Row, seen: Set<string>): void {
  const key = `${table.logicalName} ${row.id}`
  if (seen.has(key)) return
  seen.add(key)
  const remove = (current: Row): void => removeWithRelated(context, table, current, seen)
  if (context.pipeline === undefined) remove(row)
  else context.pipeline.delete(context, table, row, remove)
}

function removeWithRelated(context: WriteContext, table: TableDefinition, row: Row, seen: Set<string>): void {
  const { store } = context
  for (const relationship of store.schema.relationshipsOf(table.logicalName).oneToMany) {
    const behavior = relationship.cascade.delete
    if (behavior !== 'Restrict' && behavior !== 'Cascade' && behavior !== 'RemoveLink') continue
    const child = store.schema.table(relationship.referencingTable)
    for (const one of referencing(context, relationship, table.logicalName, row.id)) {
      if (seen.has(`${relationship.referencingTable} ${one.id}`)) continue
      if (behavior === 'Restrict') throw restricted()
      if (behavior === 'RemoveLink') unlink(context, relationship, one)
      else if (child !== undefined) removeRow(context, child, one, seen)
    }
  }
  deleteLinks(context, table, row.id)
  const current = store.rows(table.logicalName).get(row.id)
  if (current === undefined) return
  store.delete(table.logicalName, current)
  forgetShares(store, row.id)
  context.tracking.record({ kind: 'delete', row: { table: table.logicalName, id: row.id } }, context.user.id)
  const twin = activityTwin(store, table, current)
  if (twin !== undefined) removeRow(context, twin.table, twin.row, seen)
}

/**
 * Deletes a row and does to the rows that refer to it what each relationship says: Cascade deletes them, RemoveLink
 * clears their lookup (a new version of theirs), Restrict refuses the whole delete (405). Its N:N links go with it.
 */
export function deleteRow(context: WriteContext, table: TableDefinition, row: Row): void {
  if (context.enforcePrivileges) requireReach(context.store, table, context.user, 'delete', row)
  removeRow(context, table, row, new Set())
}
