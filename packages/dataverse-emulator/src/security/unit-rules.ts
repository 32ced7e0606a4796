import { mirrorActivity } from '../rows/activity-pointer.ts'
import type { Row } from '../rows/row.ts'
import type { WriteContext } from '../rows/write-context.ts'
import { targetKey } from '../schema.ts'
import type { TableDefinition } from '../schema.ts'
import { grantAccess, RIGHTS } from './shares.ts'

/** Gives a new business unit its default team, of which everybody in the unit is a member. */
export function completeBusinessUnit({ store, user }: WriteContext, table: TableDefinition, unit: Row): void {
  const team = table.logicalName === 'businessunit' ? store.schema.table('team') : undefined
  if (team === undefined) return
  const id = store.newId()
  store.insert('team', id, {
    ...store.blank(team),
    teamid: id,
    name: unit.values['name'] ?? null,
    teamtype: 0,
    isdefault: true,
    administratorid: user.id,
    businessunitid: unit.id,
    createdon: unit.values['createdon'] ?? null,
    modifiedon: unit.values['modifiedon'] ?? null,
    createdby: user.id,
    modifiedby: user.id,
  })
}

/**
 * What follows when a user goes to another business unit: the rows they own go along, each with a new version, and
 * their roles are taken away, since roles belong to business units.
 */
export function followMovedUser({ store }: WriteContext, table: TableDefinition, before: Row, after: Row): void {
  const unit = after.values['businessunitid'] ?? null
  if (table.logicalName !== 'systemuser' || before.values['businessunitid'] === unit) return
  for (const link of store.rows('systemuserroles').holding('systemuserid', after.id)) {
    store.delete('systemuserroles', link)
  }
  for (const owned of store.schema.tables()) {
    if (owned.ownership !== 'UserOwned') continue
    for (const row of store.rows(owned.logicalName).holding('ownerid', after.id)) {
      const moved = store.update(owned.logicalName, row, { ...row.values, owningbusinessunit: unit })
      mirrorActivity(store, owned, moved)
    }
  }
}

/** Shares an assigned row with its former owner, with all rights, where the organisation is set up to do so. */
export function sharePreviousOwner({ store, organization }: WriteContext, table: TableDefinition, before: Row): void {
  const settings = store.rows('organization').get(organization.id)
  const owner = before.values['ownerid']
  if (settings?.values['sharetopreviousowneronassign'] !== true || typeof owner !== 'string') return
  const principal = before.values[targetKey('ownerid')] === 'team' ? 'team' : 'systemuser'
  const all = Object.values(RIGHTS).reduce((mask, { bit }) => mask | bit, 0)
  grantAccess(store, { table: table.logicalName, id: before.id }, { table: principal, id: owner }, all)
}
