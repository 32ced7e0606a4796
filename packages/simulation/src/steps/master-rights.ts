import type { PrivilegeDepth } from '@outpost/dataverse-emulator'
import { byMaster } from './by-master.ts'
import { anyRow, writtenTables } from './master-values.ts'
import type { StepContext, StepKind } from './step.ts'

const SECOND_MS = 1000

const DEPTHS: readonly PrivilegeDepth[] = ['none', 'user', 'businessUnit', 'organization']

/** Who may see and do what changes, and no row does. */
export const masterRights: StepKind = byMaster('master rights', 7, (context) => {
  const kind = context.draw.weighted({
    share: 5,
    unshare: 3,
    hide: 2,
    show: 2,
    depth: 2,
    role: 3,
    'role of a team': 1,
    team: 3,
    unit: 1,
    disable: 1,
  })
  context.world.coverage.count('rights', kind)
  if (kind === 'share' || kind === 'unshare') return changeShares(context, kind)
  if (kind === 'hide' || kind === 'show') return changeSight(context, kind)
  return changeUser(context, kind)
})

function changeShares({ world, draw }: StepContext, kind: 'share' | 'unshare'): string {
  const { security, master } = world.emulator
  const user = draw.pick(world.scenario.users)
  if (kind === 'unshare') {
    const shares = master.rows('principalobjectaccess')
    if (shares.length === 0) return 'nothing is shared'
    const { values } = draw.pick(shares)
    const row = { table: String(values['objecttypecode']), id: String(values['objectid']) }
    const principal = { table: String(values['principaltypecode']), id: String(values['principalid']) }
    security.revoke(row, principal)
    return `${row.table} ${row.id} is no longer shared with ${principal.table} ${principal.id}`
  }
  const table = draw.pick(writtenTables(world))
  const id = anyRow({ world, draw, master }, table)
  const teams = master.rows('team')
  const team = draw.chance(0.3) && teams.length > 0 ? draw.pick(teams).id : undefined
  const rights = draw.pick([['read'], ['read', 'write']] as const)
  if (id === null) return `there is no ${table}`
  security.grant({ table, id }, team === undefined ? user : { table: 'team', id: team }, rights)
  return `${table} ${id} is shared with ${team ?? user}`
}

function changeSight({ world, draw }: StepContext, kind: 'hide' | 'show'): string {
  const { security, master } = world.emulator
  const user = draw.pick(world.scenario.users)
  const table = draw.pick(writtenTables(world))
  const hidden = [...(world.emulator.users.find(({ name }) => name === user)?.hidden(table) ?? [])]
  const id = kind === 'show' && hidden.length > 0 ? draw.pick(hidden) : anyRow({ world, draw, master }, table)
  if (id === null) return `there is no ${table}`
  if (kind === 'show') security.restoreReadAccess(user, { table, id })
  else {
    security.revokeReadAccess(user, { table, id })
    world.undo.push(() => security.restoreReadAccess(user, { table, id }))
  }
  return `${table} ${id} is ${kind === 'show' ? 'shown to' : 'hidden from'} ${user}`
}

/** The privileges that are changed together. */
const PRIVILEGES = [['read'], ['write'], ['create'], ['delete'], ['write', 'delete'], ['append', 'appendTo']] as const

function changeUser(
  { world, draw }: StepContext,
  kind: 'depth' | 'role' | 'role of a team' | 'team' | 'unit' | 'disable',
): string {
  const { security, master, users } = world.emulator
  const user = draw.pick(world.scenario.users)
  const teams = master.rows('team')
  const team = teams.length === 0 ? undefined : draw.pick(teams).id
  switch (kind) {
    case 'depth': {
      const table = draw.pick(writtenTables(world))
      const depth = draw.pick(DEPTHS)
      const privileges = draw.pick(PRIVILEGES)
      const who = users.find(({ name }) => name === user)
      security.privilegeDepth(user, table, depth, privileges)
      world.undo.push(() => privileges.forEach((privilege) => who?.resetDepth(table, privilege)))
      return `${user} may ${privileges.join(', ')} ${table} to depth ${depth}`
    }
    case 'role':
    case 'role of a team': {
      const role = draw.pick(master.rows('role')).id
      const to = kind === 'role' || team === undefined ? user : { table: 'team', id: team }
      const gives = draw.chance(0.7)
      if (gives) security.assignRole(to, role)
      else security.removeRole(to, role)
      return `${typeof to === 'string' ? to : `team ${to.id}`} ${gives ? 'is given' : 'loses'} role ${role}`
    }
    case 'team': {
      const joins = draw.chance(0.6)
      if (team === undefined) return 'there is no team'
      if (joins) security.joinTeam(user, team)
      else security.leaveTeam(user, team)
      return `${user} ${joins ? 'joins' : 'leaves'} team ${team}`
    }
    case 'unit': {
      const unit = draw.pick(master.rows('businessunit')).id
      const keepRoles = draw.chance(0.8)
      security.moveUser(user, unit, { keepRoles })
      return `${user} moves to unit ${unit}${keepRoles ? '' : ', without roles'}`
    }
    case 'disable': {
      const ms = (10 + draw.below(590)) * SECOND_MS
      security.disableUser(user)
      world.outages.later(ms, () => security.enableUser(user))
      return `${user} is disabled for ${ms} ms`
    }
  }
}
