import type { RowStore } from '../rows/row-store.ts'
import type { Row } from '../rows/row.ts'
import type { User } from '../rows/user.ts'
import { DEPTHS, depthOf } from './rights.ts'
import type { Grant, Rights } from './rights.ts'
import type { Security } from './security.ts'

/** A team seen as somebody with rights of its own: those of its roles, from its business unit. Nobody signs in as it. */
export function teamPrincipal(store: RowStore, security: Security, team: Row): User {
  const unit = String(team.values['businessunitid'] ?? '')
  const roleIds = store
    .rows('teamroles')
    .holding('teamid', team.id)
    .map((link) => String(link.values['roleid']))
  const held = (): readonly Rights[] =>
    roleIds.map((role) => security.rightsOf(role)).filter((rights) => rights !== undefined)
  const grants: User['grants'] = (table, privilege) => {
    const found: Grant[] = []
    for (const rights of held()) {
      const depth = depthOf(rights, table, privilege)
      if (depth !== 'none') found.push({ depth, unit, team: team.id, self: false })
    }
    return found
  }
  return {
    id: team.id,
    name: String(team.values['name'] ?? ''),
    objectId: '',
    businessUnitId: unit,
    teamIds: [],
    roleIds,
    isAdministrator: false,
    isDisabled: false,
    grants,
    depth: (table, privilege) =>
      DEPTHS[Math.max(0, ...grants(table, privilege).map(({ depth }) => DEPTHS.indexOf(depth)))] ?? 'none',
    setDepth: () => {
      throw new RangeError('the depth of a team’s privileges follows from its roles')
    },
    resetDepth: () => {
      throw new RangeError('the depth of a team’s privileges follows from its roles')
    },
    has: (special) => held().some((rights) => rights.administrator === true || rights.special?.includes(special)),
    hidden: () => undefined,
  }
}
