import { badPayload, duplicateInsert, rowDoesNotExist } from '../errors.ts'
import type { CollectionNavigation, TableDefinition } from '../schema.ts'
import { requireLinkRight } from '../security/link-rules.ts'
import type { Row } from './row.ts'
import { leadsTo, updateRow } from './update-row.ts'
import type { Reference } from './reference.ts'
import type { WriteContext } from './write-context.ts'

type ManyToMany = CollectionNavigation & { kind: 'ManyToMany' }

function requireTarget(context: WriteContext, navigation: CollectionNavigation, target: Reference): Row {
  const expected = navigation.kind === 'ManyToMany' ? navigation.otherTable : navigation.relationship.referencingTable
  if (target.table !== expected) {
    throw badPayload(
      `A resource of type 'Microsoft.Dynamics.CRM.${target.table}' cannot be added to '${navigation.navigation}', which holds '${expected}'.`,
    )
  }
  const row = context.store.rows(target.table).get(target.id)
  if (row === undefined) throw rowDoesNotExist(target.table, target.id)
  return row
}

function findLink(
  context: WriteContext,
  { relationship, thisColumn, otherColumn }: ManyToMany,
  id: string,
  other: string,
): Row | undefined {
  const { store } = context
  const ends = { [thisColumn]: id, [otherColumn]: other }
  const link = store.holder(relationship.intersectTable, [thisColumn, otherColumn], ends)
  return link === undefined ? undefined : store.rows(relationship.intersectTable).get(link)
}

function endsOf({ relationship, thisColumn }: ManyToMany, row: Row, target: Reference): readonly Reference[] {
  const table = thisColumn === relationship.column1 ? relationship.table1 : relationship.table2
  return [{ table, id: row.id }, target]
}

/** Adds a row to a collection: an N:N link (412 when it exists) or the lookup of the "many" row. */
export function associate(
  context: WriteContext,
  table: TableDefinition,
  row: Row,
  navigation: CollectionNavigation,
  target: Reference,
): void {
  const { store } = context
  const other = requireTarget(context, navigation, target)
  if (navigation.kind === 'OneToMany') {
    const child = store.schema.table(target.table)
    if (child === undefined) throw new RangeError(`no table ${target.table}`)
    const lookups = new Map([[navigation.relationship.referencingColumn, { table: table.logicalName, id: row.id }]])
    updateRow(context, child, other, { values: new Map(), lookups })
    return
  }
  if (context.pipeline === undefined) return link(context, row, navigation, target)
  const write = { message: 'Associate', navigation, row: { table: table.logicalName, id: row.id }, target } as const
  context.pipeline.link(context, write, () => {
    link(context, row, navigation, target)
    return true
  })
}

function link(context: WriteContext, row: Row, navigation: ManyToMany, target: Reference): void {
  const { store } = context
  const ends = endsOf(navigation, row, target)
  for (const { table, id } of ends) {
    store.pointTo(table, id)
    if (store.rows(table).get(id) === undefined) throw rowDoesNotExist(table, id)
  }
  requireLinkRight(context, navigation.relationship.schemaName, ends)
  if (findLink(context, navigation, row.id, target.id) !== undefined) throw duplicateInsert()
  const { relationship, thisColumn, otherColumn } = navigation
  const intersect = store.schema.table(relationship.intersectTable)
  if (intersect === undefined) throw new RangeError(`no table ${relationship.intersectTable}`)
  const id = store.newId()
  const values = store.blank(intersect)
  values[intersect.primaryId] = id
  values[thisColumn] = row.id
  values[otherColumn] = target.id
  store.insert(intersect.logicalName, id, values)
}

/** Takes a row out of a collection; false where it is not in it. */
export function disassociate(
  context: WriteContext,
  table: TableDefinition,
  row: Row,
  navigation: CollectionNavigation,
  target: Reference,
): boolean {
  const { store } = context
  if (navigation.kind === 'OneToMany') {
    const other = requireTarget(context, navigation, target)
    const column = navigation.relationship.referencingColumn
    const child = store.schema.table(target.table)
    if (child === undefined || !leadsTo(other, column, table.logicalName, row.id)) return false
    updateRow(context, child, other, { values: new Map(), lookups: new Map([[column, null]]) })
    return true
  }
  if (context.pipeline === undefined) return unlink(context, row, navigation, target)
  const write = { message: 'Disassociate', navigation, row: { table: table.logicalName, id: row.id }, target } as const
  return context.pipeline.link(context, write, () => unlink(context, row, navigation, target))
}

function unlink(context: WriteContext, row: Row, navigation: ManyToMany, target: Reference): boolean {
  const { store, tracking, user } = context
  requireLinkRight(context, navigation.relationship.schemaName, endsOf(navigation, row, target))
  const found = findLink(context, navigation, row.id, target.id)
  if (found === undefined) return false
  const { relationship } = navigation
  store.delete(relationship.intersectTable, found)
  const end = (name: string, column: string): Reference => ({ table: name, id: String(found.values[column]) })
  tracking.record(
    {
      kind: 'disassociate',
      intersectTable: relationship.intersectTable,
      relationship: relationship.schemaName,
      row: end(relationship.table1, relationship.column1),
      related: end(relationship.table2, relationship.column2),
    },
    user.id,
  )
  return true
}
