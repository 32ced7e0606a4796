import type { Privilege, PrivilegeDepth, SeedUser } from '../schema.ts'

/** Somebody who sends requests. `privileges` may be changed at run time. */
export interface User {
  readonly id: string
  readonly name: string
  readonly businessUnitId: string
  readonly teamIds: readonly string[]
  /** The depth of a privilege on a table. */
  depth(table: string, privilege: Privilege): PrivilegeDepth
  /** Changes the depth of a privilege on a table from now on. */
  setDepth(table: string, privilege: Privilege, depth: PrivilegeDepth): void
}

/** A user with the privileges the seed gives. */
export function userFromSeed(seed: SeedUser): User {
  const changed = new Map<string, PrivilegeDepth>()
  return {
    id: seed.id.toLowerCase(),
    name: seed.name,
    businessUnitId: seed.businessUnitId.toLowerCase(),
    teamIds: seed.teamIds.map((id) => id.toLowerCase()),
    depth: (table, privilege) =>
      changed.get(`${table} ${privilege}`) ?? seed.tablePrivileges[table]?.[privilege] ?? seed.privileges[privilege],
    setDepth: (table, privilege, depth) => {
      changed.set(`${table} ${privilege}`, depth)
    },
  }
}
