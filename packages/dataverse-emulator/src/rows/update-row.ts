import { targetKey } from '../schema.ts'
import type { TableDefinition } from '../schema.ts'
import { requireReach } from './access.ts'
import { mirrorActivity } from './activity-pointer.ts'
import { applyChanges, checkKeys, stamp } from './create-row.ts'
import type { Changes } from './read-payload.ts'
import { computeColumns } from './row-values.ts'
import type { Draft } from './row-values.ts'
import { settleState } from './state.ts'
import type { Row } from './row.ts'
import type { Reference } from './reference.ts'
import type { WriteContext } from './write-context.ts'

/**
 * Updates a row; the version rises even where no value changes. A new owner is an assignment and cascades as one.
 * Plug-ins run around it.
 */
export function updateRow(context: WriteContext, table: TableDefinition, row: Row, changes: Changes): Row {
  const store = (current: Row, ready: Changes): Row => storeUpdate(context, table, current, ready)
  return context.pipeline === undefined
    ? store(row, changes)
    : context.pipeline.update(context, table, row, changes, store)
}

function storeUpdate(context: WriteContext, table: TableDefinition, row: Row, changes: Changes): Row {
  const { store, user } = context
  const owner = changes.lookups.get('ownerid')
  const others = changes.values.size + changes.lookups.size - (owner === undefined ? 0 : 1)
  if (context.enforcePrivileges) {
    if (owner !== undefined) requireReach(store, table, user, 'assign', row)
    if (owner === undefined || others > 0) requireReach(store, table, user, 'write', row)
  }
  const draft: Draft = { ...row.values }
  applyChanges(context, table, row.id, changes, draft, 'update')
  settleState(store.schema, table, row.id, { ...row.values }, draft, {
    state: changes.values.has('statecode'),
    status: changes.values.has('statuscode'),
  })
  stamp(context, table, draft, 'update')
  computeColumns(context, table, draft)
  checkKeys(context, table, row.id, draft)
  const updated = store.update(table.logicalName, row, draft)
  mirrorActivity(store, table, updated)
  if (owner !== undefined && owner !== null && isOtherOwner(row, owner)) {
    recordOwner(context, table, row)
    cascadeOwner(context, table, row.id, owner, new Set([row.id]))
  }
  return updated
}

function isOtherOwner(row: Row, owner: Reference): boolean {
  return row.values['ownerid'] !== owner.id
}

function recordOwner({ tracking, user }: WriteContext, table: TableDefinition, before: Row): void {
  tracking.record({ kind: 'owner', row: { table: table.logicalName, id: before.id } }, user.id)
}

function cascadeOwner(
  context: WriteContext,
  table: TableDefinition,
  id: string,
  owner: Reference,
  seen: Set<string>,
): void {
  const { store } = context
  for (const relationship of store.schema.relationshipsOf(table.logicalName).oneToMany) {
    const child = store.schema.table(relationship.referencingTable)
    if (child === undefined || child.ownership !== 'UserOwned' || relationship.cascade.assign !== 'Cascade') continue
    for (const row of store.rows(child.logicalName).holding(relationship.referencingColumn, id)) {
      if (seen.has(row.id) || !leadsTo(row, relationship.referencingColumn, table.logicalName, id)) continue
      seen.add(row.id)
      const draft: Draft = { ...row.values, ownerid: owner.id, [targetKey('ownerid')]: owner.table }
      stamp(context, child, draft, 'update')
      computeColumns(context, child, draft)
      mirrorActivity(store, child, store.update(child.logicalName, row, draft))
      if (isOtherOwner(row, owner)) recordOwner(context, child, row)
      cascadeOwner(context, child, row.id, owner, seen)
    }
  }
}

/** Whether a row's lookup leads to this row; a polymorphic lookup must name the table too. */
export function leadsTo(row: Row, column: string, table: string, id: string): boolean {
  return row.values[column] === id && (row.values[targetKey(column)] ?? table) === table
}
