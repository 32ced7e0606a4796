import type { Privilege, PrivilegeDepth, Privileges } from '../schema.ts'

/** What a role allows: privileges for every table, others for some, and privileges that belong to no table. */
export interface Rights {
  /** For every table without an entry in `tablePrivileges`. */
  readonly privileges: Privileges
  readonly tablePrivileges: Readonly<Record<string, Partial<Privileges>>>
  /** Names such as `prvActOnBehalfOfAnotherUser`. */
  readonly special?: readonly string[]
  /** Every privilege that belongs to no table, and every secured column. */
  readonly administrator?: boolean
}

/** One way in which a privilege on a table came to a user. */
export interface Grant {
  readonly depth: Exclude<PrivilegeDepth, 'none'>
  /** The business unit that `businessUnit` and `parentChild` are counted from: the user's own, or the team's. */
  readonly unit: string
  /** The team whose role it is; undefined for the user's own. */
  readonly team: string | undefined
  /** Whether it reaches the user's own rows at depth `user`. A team's role may reach the team's rows only. */
  readonly self: boolean
}

export const DEPTHS: readonly PrivilegeDepth[] = ['none', 'user', 'businessUnit', 'parentChild', 'organization']

export const PRIVILEGES: readonly Privilege[] = [
  'create',
  'read',
  'write',
  'delete',
  'append',
  'appendTo',
  'assign',
  'share',
]

/** The lesser of two depths. */
export function shallower<D extends PrivilegeDepth>(a: D, b: PrivilegeDepth): PrivilegeDepth {
  return DEPTHS.indexOf(a) < DEPTHS.indexOf(b) ? a : b
}

/** The depth of a privilege on a table by these rights. */
export function depthOf(rights: Rights, table: string, privilege: Privilege): PrivilegeDepth {
  return rights.tablePrivileges[table]?.[privilege] ?? rights.privileges[privilege]
}

/** The same depth for all eight privileges, but for some. */
export function privilegesOf(depth: PrivilegeDepth, except: Partial<Privileges> = {}): Privileges {
  return {
    create: depth,
    read: depth,
    write: depth,
    delete: depth,
    append: depth,
    appendTo: depth,
    assign: depth,
    share: depth,
    ...except,
  }
}
