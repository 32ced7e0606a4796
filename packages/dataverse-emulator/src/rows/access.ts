import { accessDenied, privilegeDenied } from '../errors.ts'
import { privilegeName } from '../security/privilege-names.ts'
import { RIGHTS, sharedRows } from '../security/shares.ts'
import type { Privilege, TableDefinition } from '../schema.ts'
import type { RowStore } from './row-store.ts'
import type { Row } from './row.ts'
import type { User } from './user.ts'

function unitsBelow(store: RowStore, unit: string, units: Set<string>): void {
  if (units.has(unit)) return
  units.add(unit)
  for (const child of store.rows('businessunit').holding('parentbusinessunitid', unit)) {
    unitsBelow(store, child.id, units)
  }
}

/** Whether rows of the table belong to somebody, so that a privilege can reach some of them only. */
function hasOwners(table: TableDefinition): boolean {
  return table.ownership === 'UserOwned' || table.ownership === 'BusinessOwned'
}

// Nobody's privileges on these reach further than their own, not even an administrator's.
const PERSONAL: ReadonlySet<string> = new Set(['userquery'])

const everything = (): boolean => true

/** What owners and business units decide, without shares. */
function ownedReach(store: RowStore, table: TableDefinition, user: User, privilege: Privilege): (row: Row) => boolean {
  const granted = user.grants(table.logicalName, privilege)
  const grants = PERSONAL.has(table.logicalName) ? granted.map((one) => ({ ...one, depth: 'user' as const })) : granted
  if (grants.length === 0) throw privilegeDenied(user.id, privilegeName(table, privilege))
  if (!hasOwners(table) || grants.some(({ depth }) => depth === 'organization')) return everything
  const units = new Set<string>()
  const owners = new Set<string>()
  for (const { depth, unit, team, self } of grants) {
    if (self) owners.add(user.id)
    if (team !== undefined) owners.add(team)
    else for (const one of user.teamIds) owners.add(one)
    if (depth === 'businessUnit') units.add(unit)
    else if (depth === 'parentChild') unitsBelow(store, unit, units)
  }
  const unitColumn = table.ownership === 'BusinessOwned' ? 'businessunitid' : 'owningbusinessunit'
  return (row) => {
    const { ownerid: owner, [unitColumn]: unit } = row.values
    if (units.size > 0 && typeof unit === 'string' && units.has(unit)) return true
    return (typeof owner === 'string' && owners.has(owner)) || row.id === user.id
  }
}

/**
 * The test whether a user's privilege reaches a row: by owner, business unit, team, or share. A user without the
 * privilege is refused at once (403), whatever is shared. Make it once per request and table.
 */
export function reach(
  store: RowStore,
  table: TableDefinition,
  user: User,
  privilege: Privilege,
): (row: Row) => boolean {
  // Links of an N:N have no privileges of their own.
  if (table.isIntersect) return everything
  // Who acts for somebody else needs the privilege too.
  if (user.actor?.grants(table.logicalName, privilege).length === 0) {
    throw privilegeDenied(user.actor.id, privilegeName(table, privilege))
  }
  const owned = ownedReach(store, table, user, privilege)
  const hidden = user.hidden(table.logicalName)
  const shared = owned === everything ? undefined : sharedRows(store, table, user, privilege)
  const reached = shared === undefined ? owned : (row: Row): boolean => owned(row) || shared.has(row.id)
  return hidden === undefined ? reached : (row) => !hidden.has(row.id) && reached(row)
}

/** Whether the user may read every row of the table, which change tracking demands. Shares do not help. */
function readsWholeTable(table: TableDefinition, user: User): boolean {
  if (table.isIntersect) return true
  if (PERSONAL.has(table.logicalName) || user.hidden(table.logicalName) !== undefined) return false
  const depth = user.depth(table.logicalName, 'read')
  return depth === 'organization' || (depth !== 'none' && !hasOwners(table))
}

/** Refuses (403) a user whose privilege on the whole table falls short of the organisation. */
export function requireWholeTable(table: TableDefinition, user: User): void {
  if (!readsWholeTable(table, user)) throw privilegeDenied(user.id, privilegeName(table, 'read'))
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
    throw accessDenied(user.id, RIGHTS[privilege].name, table.logicalName, row.id)
  }
}
