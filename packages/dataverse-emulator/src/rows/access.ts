import { accessDenied, privilegeDenied } from '../errors.ts'
import { targetKey } from '../schema.ts'
import type { Privilege, TableDefinition } from '../schema.ts'
import type { RowStore } from './row-store.ts'
import type { Row } from './row.ts'
import type { User } from './user.ts'

const RIGHTS: Readonly<Record<Privilege, string>> = {
  create: 'CreateAccess',
  read: 'ReadAccess',
  write: 'WriteAccess',
  delete: 'DeleteAccess',
  append: 'AppendAccess',
  appendTo: 'AppendToAccess',
  assign: 'AssignAccess',
  share: 'ShareAccess',
}

function privilegeName(table: TableDefinition, privilege: Privilege): string {
  return `prv${privilege[0]?.toUpperCase() ?? ''}${privilege.slice(1)}${table.schemaName}`
}

function unitsBelow(store: RowStore, unit: string): ReadonlySet<string> {
  const units = new Set([unit])
  let before = 0
  while (units.size > before) {
    before = units.size
    for (const row of store.rows('businessunit').all()) {
      const parent = row.values['parentbusinessunitid']
      if (typeof parent === 'string' && units.has(parent)) units.add(row.id)
    }
  }
  return units
}

function isOwn(row: Row, user: User): boolean {
  const owner = row.values['ownerid']
  if (owner === user.id) return true
  return row.values[targetKey('ownerid')] === 'team' && typeof owner === 'string' && user.teamIds.includes(owner)
}

/** Whether rows of the table belong to somebody, so that a privilege can reach some of them only. */
function hasOwners(table: TableDefinition): boolean {
  return table.ownership === 'UserOwned' || table.ownership === 'BusinessOwned'
}

/** The test whether a user's privilege reaches a row; a user without the privilege is refused at once (403). */
export function reach(
  store: RowStore,
  table: TableDefinition,
  user: User,
  privilege: Privilege,
): (row: Row) => boolean {
  // Links of an N:N have no privileges of their own.
  if (table.isIntersect) return () => true
  const depth = user.depth(table.logicalName, privilege)
  if (depth === 'none') throw privilegeDenied(user.id, privilegeName(table, privilege))
  if (depth === 'organization' || !hasOwners(table)) return () => true
  const unitColumn = table.ownership === 'BusinessOwned' ? 'businessunitid' : 'owningbusinessunit'
  if (depth === 'user') return (row) => isOwn(row, user) || row.id === user.id
  const units = depth === 'businessUnit' ? new Set([user.businessUnitId]) : unitsBelow(store, user.businessUnitId)
  return (row) => {
    const unit = row.values[unitColumn]
    return (typeof unit === 'string' && units.has(unit)) || isOwn(row, user) || row.id === user.id
  }
}

/** Whether the user may read every row of the table, which change tracking demands. */
function readsWholeTable(table: TableDefinition, user: User): boolean {
  return table.isIntersect || !hasOwners(table) || user.depth(table.logicalName, 'read') === 'organization'
}

/** Refuses (403) a user whose privilege on the whole table falls short of the organisation. */
export function requireWholeTable(table: TableDefinition, user: User): void {
  if (!readsWholeTable(table, user) || (!table.isIntersect && user.depth(table.logicalName, 'read') === 'none')) {
    throw privilegeDenied(user.id, privilegeName(table, 'read'))
  }
}

/** Refuses (403) when the user's privilege does not reach the row. */
export function requireReach(
  store: RowStore,
  table: TableDefinition,
  user: User,
  privilege: Privilege,
  row: Row,
): void {
  if (!reach(store, table, user, privilege)(row)) {
    throw accessDenied(user.id, RIGHTS[privilege], table.logicalName, row.id)
  }
}
