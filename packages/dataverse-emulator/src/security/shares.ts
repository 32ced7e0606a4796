import type { RowStore } from '../rows/row-store.ts'
import type { Reference } from '../rows/reference.ts'
import type { Row } from '../rows/row.ts'
import type { User } from '../rows/user.ts'
import { wholeSeconds } from '../rows/date-time.ts'
import { targetKey } from '../schema.ts'
import type { Privilege, StoredValue, TableDefinition } from '../schema.ts'

/** A right on one row and its bit in an access mask. */
export const RIGHTS: Readonly<Record<Privilege, { readonly name: string; readonly bit: number }>> = {
  read: { name: 'ReadAccess', bit: 1 },
  write: { name: 'WriteAccess', bit: 2 },
  append: { name: 'AppendAccess', bit: 4 },
  appendTo: { name: 'AppendToAccess', bit: 16 },
  create: { name: 'CreateAccess', bit: 32 },
  delete: { name: 'DeleteAccess', bit: 65536 },
  share: { name: 'ShareAccess', bit: 262144 },
  assign: { name: 'AssignAccess', bit: 524288 },
}

/** The rights of a mask as the service writes them: `ReadAccess, WriteAccess`, or `None`. */
export function rightsText(mask: number): string {
  const names = Object.values(RIGHTS).filter(({ bit }) => (mask & bit) !== 0)
  return names.length === 0 ? 'None' : names.map(({ name }) => name).join(', ')
}

const TABLE = 'principalobjectaccess'

function maskOf(share: Row): number {
  return Number(share.values['accessrightsmask'] ?? 0) | Number(share.values['inheritedaccessrightsmask'] ?? 0)
}

/** Everybody a row is shared with, and their rights on it. */
export interface Share {
  readonly principal: Reference
  readonly mask: number
}

/** The shares of a row, those it has from its parents included. */
export function sharesOf(store: RowStore, id: string): readonly Share[] {
  return store
    .rows(TABLE)
    .holding('objectid', id)
    .map((share) => ({
      principal: { table: String(share.values['principaltypecode']), id: String(share.values['principalid']) },
      mask: maskOf(share),
    }))
    .filter(({ mask }) => mask !== 0)
}

/** The rows of a table that are shared with a user or a team of theirs with a right; undefined where there are none. */
export function sharedRows(
  store: RowStore,
  table: TableDefinition,
  user: User,
  privilege: Privilege,
): ReadonlySet<string> | undefined {
  const shares = store.rows(TABLE)
  if (shares.size === 0) return undefined
  const { bit } = RIGHTS[privilege]
  const ids = new Set<string>()
  for (const principal of [user.id, ...user.teamIds]) {
    for (const share of shares.holding('principalid', principal)) {
      if (share.values['objecttypecode'] !== table.logicalName || (maskOf(share) & bit) === 0) continue
      ids.add(String(share.values['objectid']))
    }
  }
  return ids.size === 0 ? undefined : ids
}

/** Sets what a principal's share of a row gives by itself and through parents; without any right the share goes. */
function setShare(
  store: RowStore,
  row: Reference,
  principal: Reference,
  change: (masks: { own: number; inherited: number }) => { own: number; inherited: number },
): void {
  const shares = store.rows(TABLE)
  const before = shares.holding('objectid', row.id).find((share) => share.values['principalid'] === principal.id)
  const { own, inherited } = change({
    own: Number(before?.values['accessrightsmask'] ?? 0),
    inherited: Number(before?.values['inheritedaccessrightsmask'] ?? 0),
  })
  if (own === 0 && inherited === 0) {
    if (before !== undefined) store.delete(TABLE, before)
    return
  }
  const table = store.schema.table(TABLE)
  const id = before?.id ?? store.newId()
  const values: Record<string, StoredValue> = {
    ...(before?.values ?? (table === undefined ? {} : store.blank(table))),
    principalobjectaccessid: id,
    objectid: row.id,
    objecttypecode: row.table,
    principalid: principal.id,
    principaltypecode: principal.table,
    accessrightsmask: own,
    inheritedaccessrightsmask: inherited,
    changedon: wholeSeconds(store.now()),
  }
  if (before === undefined) store.insert(TABLE, id, values)
  else store.update(TABLE, before, values)
}

function* childrenOf(store: RowStore, row: Reference, behavior: 'share' | 'unshare'): Generator<Reference> {
  for (const relationship of store.schema.relationshipsOf(row.table).oneToMany) {
    const kind = relationship.cascade[behavior]
    if (kind !== 'Cascade' && kind !== 'Active' && kind !== 'UserOwned') continue
    const child = store.schema.table(relationship.referencingTable)
    if (child === undefined || child.ownership !== 'UserOwned') continue
    const column = relationship.referencingColumn
    const owner = store.rows(row.table).get(row.id)?.values['ownerid']
    for (const one of store.rows(child.logicalName).holding(column, row.id)) {
      if ((one.values[targetKey(column)] ?? row.table) !== row.table) continue
      if (kind === 'Active' && (one.values['statecode'] ?? 0) !== 0) continue
      if (kind === 'UserOwned' && one.values['ownerid'] !== owner) continue
      yield { table: child.logicalName, id: one.id }
    }
  }
}

function inherit(store: RowStore, row: Reference, principal: Reference, mask: number, seen: Set<string>): void {
  for (const child of childrenOf(store, row, mask === 0 ? 'unshare' : 'share')) {
    if (seen.has(child.id)) continue
    seen.add(child.id)
    setShare(store, child, principal, ({ own, inherited }) => ({ own, inherited: mask === 0 ? 0 : inherited | mask }))
    inherit(store, child, principal, mask, seen)
  }
}

/** Adds rights to a principal's share of a row, and to the rows below it where the relationship says Cascade. */
export function grantAccess(store: RowStore, row: Reference, principal: Reference, mask: number): void {
  setShare(store, row, principal, ({ own, inherited }) => ({ own: own | mask, inherited }))
  inherit(store, row, principal, mask, new Set([row.id]))
}

/** Replaces the rights of a principal's share of a row; what the row has from its parents stays. */
export function modifyAccess(store: RowStore, row: Reference, principal: Reference, mask: number): void {
  setShare(store, row, principal, ({ inherited }) => ({ own: mask, inherited }))
  inherit(store, row, principal, 0, new Set([row.id]))
  if (mask !== 0) inherit(store, row, principal, mask, new Set([row.id]))
}

/** Ends a principal's share of a row, and what rows below it had through it. */
export function revokeAccess(store: RowStore, row: Reference, principal: Reference): void {
  setShare(store, row, principal, () => ({ own: 0, inherited: 0 }))
  inherit(store, row, principal, 0, new Set([row.id]))
}

/** Gives a new row, or one with a new parent, the shares its parents have. */
export function inheritShares(store: RowStore, table: TableDefinition, row: Row): void {
  if (table.ownership !== 'UserOwned' || store.rows(TABLE).size === 0) return
  for (const relationship of store.schema.relationshipsOf(table.logicalName).manyToOne) {
    if (relationship.cascade.reparent !== 'Cascade') continue
    const parent = row.values[relationship.referencingColumn]
    const type = row.values[targetKey(relationship.referencingColumn)] ?? relationship.referencedTable
    if (typeof parent !== 'string' || type !== relationship.referencedTable) continue
    for (const { principal, mask } of sharesOf(store, parent)) {
      const reference = { table: table.logicalName, id: row.id }
      setShare(store, reference, principal, ({ own, inherited }) => ({ own, inherited: inherited | mask }))
    }
  }
}

/** Forgets the shares of a row that is deleted. */
export function forgetShares(store: RowStore, id: string): void {
  const shares = store.rows(TABLE)
  if (shares.size === 0) return
  for (const share of [...shares.holding('objectid', id), ...shares.holding('principalid', id)]) {
    store.delete(TABLE, share)
  }
}
