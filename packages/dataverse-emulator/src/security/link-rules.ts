import { privilegeDenied } from '../errors.ts'
import { requireReach } from '../rows/access.ts'
import type { Reference } from '../rows/reference.ts'
import type { WriteContext } from '../rows/write-context.ts'

const NEEDED: Readonly<Record<string, string>> = {
  systemuserroles_association: 'prvAssignRole',
  teamroles_association: 'prvAssignRole',
  systemuserprofiles_association: 'prvWriteFieldSecurityProfile',
  teamprofiles_association: 'prvWriteFieldSecurityProfile',
}

/**
 * Refuses (403) N:N links that decide what somebody may do: roles and column security profiles take a privilege of
 * their own, membership of a team the right to write the team.
 */
export function requireLinkRight(context: WriteContext, relationship: string, ends: readonly Reference[]): void {
  const { store, user } = context
  if (!context.enforcePrivileges) return
  const needed = NEEDED[relationship]
  if (needed !== undefined && !user.has(needed)) throw privilegeDenied(user.id, needed)
  if (relationship !== 'teammembership_association') return
  const table = store.schema.table('team')
  const team = store.rows('team').get(ends.find((end) => end.table === 'team')?.id ?? '')
  if (table !== undefined && team !== undefined) requireReach(store, table, user, 'write', team)
}
