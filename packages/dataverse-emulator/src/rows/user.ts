import type { Privilege, PrivilegeDepth, Privileges, SeedUser } from '../schema.ts'
import { DEPTHS, depthOf } from '../security/rights.ts'
import type { Grant, Rights } from '../security/rights.ts'
import type { RowStore } from './row-store.ts'

/** Somebody who sends requests. What they may do follows from roles and teams as the rows say now. */
export interface User {
  readonly id: string
  readonly name: string
  /** Entra object id, for `CallerObjectId`. */
  readonly objectId: string
  readonly businessUnitId: string
  readonly teamIds: readonly string[]
  /** The roles the user has, the teams' roles included. */
  readonly roleIds: readonly string[]
  /** System administrators see every column and have every privilege that belongs to no table. */
  readonly isAdministrator: boolean
  /** Disabled users are refused with 403, whatever they ask. */
  readonly isDisabled: boolean
  /** The caller who acts as this user, where there is one. */
  readonly actor?: User
  /** The greatest depth of a privilege on a table. */
  depth(table: string, privilege: Privilege): PrivilegeDepth
  /** Changes the depth of a privilege on a table from now on, whatever the roles say. */
  setDepth(table: string, privilege: Privilege, depth: PrivilegeDepth): void
  /** Takes such a change back. */
  resetDepth(table: string, privilege: Privilege): void
  /** Every way in which the user has a privilege on a table; none where the user lacks it. */
  grants(table: string, privilege: Privilege): readonly Grant[]
  /** Whether the user has a privilege that belongs to no table. */
  has(special: string): boolean
  /** Rows of a table that were put out of the user's reach, whatever else holds. */
  hidden(table: string): ReadonlySet<string> | undefined
}

/** What is known of a user besides the rows. */
export type UserSource = Omit<SeedUser, 'privileges' | 'tablePrivileges'> & Partial<Rights>

/** Finds what a role allows. */
export type RoleRights = (roleId: string) => Rights | undefined

/** Without roles, whoever may do everything with every table is the administrator. */
function isUnlimited(privileges: Privileges, tablePrivileges: Rights['tablePrivileges']): boolean {
  return (
    Object.values(privileges).every((depth) => depth === 'organization') && Object.keys(tablePrivileges).length === 0
  )
}

/** What a user has besides what the roles allow, or as the user's share of one role. */
function givenBy({ privileges, tablePrivileges = {}, special, administrator, roleId }: UserSource): Rights | undefined {
  if (privileges === undefined) return undefined
  return {
    privileges,
    tablePrivileges,
    ...(special === undefined ? {} : { special }),
    ...(roleId === undefined ? { administrator: administrator ?? isUnlimited(privileges, tablePrivileges) } : {}),
  }
}

interface Held {
  readonly roleId: string
  readonly rights: Rights
  readonly team: string | undefined
  readonly self: boolean
}

/** A user of the organisation; business unit, teams and roles are read from the rows when they are needed. */
export class OrgUser implements User {
  readonly id: string
  readonly objectId: string
  readonly #source: UserSource
  readonly #store: RowStore
  readonly #rightsOf: RoleRights
  readonly #given: Rights | undefined
  readonly #changed = new Map<string, PrivilegeDepth>()
  readonly #hidden = new Map<string, Set<string>>()
  readonly name: string

  constructor(source: UserSource, store: RowStore, rightsOf: RoleRights) {
    this.id = source.id.toLowerCase()
    this.objectId = source.objectId.toLowerCase()
    this.name = source.name
    this.#source = source
    this.#store = store
    this.#rightsOf = rightsOf
    this.#given = givenBy(source)
  }

  get businessUnitId(): string {
    const unit = this.#store.rows('systemuser').get(this.id)?.values['businessunitid']
    return typeof unit === 'string' ? unit : this.#source.businessUnitId.toLowerCase()
  }

  get teamIds(): readonly string[] {
    if (this.#store.schema.table('teammembership') === undefined) {
      return this.#source.teamIds.map((id) => id.toLowerCase())
    }
    const member = this.#linked('teammembership', 'systemuserid', this.id, 'teamid')
    const unit = this.businessUnitId
    // Everybody in a business unit is a member of its default team.
    for (const team of this.#store.rows('team').holding('businessunitid', unit)) {
      if (team.values['isdefault'] === true && !member.includes(team.id)) member.push(team.id)
    }
    return member
  }

  get roleIds(): readonly string[] {
    return [...new Set(this.#held().flatMap(({ roleId }) => (roleId === '' ? [] : [roleId])))]
  }

  get isAdministrator(): boolean {
    return this.#held().some(({ rights }) => rights.administrator === true)
  }

  get isDisabled(): boolean {
    return this.#store.rows('systemuser').get(this.id)?.values['isdisabled'] === true
  }

  depth(table: string, privilege: Privilege): PrivilegeDepth {
    const deepest = Math.max(0, ...this.grants(table, privilege).map(({ depth }) => DEPTHS.indexOf(depth)))
    return DEPTHS[deepest] ?? 'none'
  }

  setDepth(table: string, privilege: Privilege, depth: PrivilegeDepth): void {
    this.#changed.set(`${table} ${privilege}`, depth)
  }

  resetDepth(table: string, privilege: Privilege): void {
    this.#changed.delete(`${table} ${privilege}`)
  }

  grants(table: string, privilege: Privilege): readonly Grant[] {
    const own = this.#changed.get(`${table} ${privilege}`)
    const unit = this.businessUnitId
    if (own !== undefined) return own === 'none' ? [] : [{ depth: own, unit, team: undefined, self: true }]
    const grants: Grant[] = []
    const ownership = this.#store.schema.table(table)?.ownership
    for (const { rights, team, self } of this.#held()) {
      const depth = depthOf(rights, table, privilege)
      if (depth === 'none') continue
      // What reaches a team's rows only reaches nothing where rows have no owners.
      if (team !== undefined && !self && depth === 'user' && ownership !== 'UserOwned') continue
      const from = team === undefined ? unit : this.#store.rows('team').get(team)?.values['businessunitid']
      grants.push({ depth, unit: typeof from === 'string' ? from : unit, team, self })
    }
    return grants
  }

  has(special: string): boolean {
    return this.#held().some(
      ({ rights }) => rights.administrator === true || rights.special?.includes(special) === true,
    )
  }

  hidden(table: string): ReadonlySet<string> | undefined {
    return this.#hidden.get(table)
  }

  /** Puts a row out of the user's reach. */
  hide(table: string, id: string): void {
    const rows = this.#hidden.get(table) ?? new Set()
    this.#hidden.set(table, rows.add(id))
  }

  /** Takes `hide` back for a row, or for all rows of the table. */
  unhide(table: string, id?: string): void {
    const rows = this.#hidden.get(table)
    if (id !== undefined) rows?.delete(id)
    if (id === undefined || rows?.size === 0) this.#hidden.delete(table)
  }

  #linked(intersect: string, column: string, id: string, other: string): string[] {
    return this.#store
      .rows(intersect)
      .holding(column, id)
      .map((link) => String(link.values[other]))
  }

  /** Whose rights hold now: those of the user's roles and of the teams' roles. */
  #held(): readonly Held[] {
    const given = this.#given
    const { roleId } = this.#source
    const held: Held[] = []
    if (given !== undefined && roleId === undefined) {
      held.push({ roleId: '', rights: given, team: undefined, self: true })
    }
    for (const role of this.#linked('systemuserroles', 'systemuserid', this.id, 'roleid')) {
      const known = this.#rightsOf(role)
      // What a seed gives a user is the user's share of the role: it holds while the user has the role.
      const rights = role === roleId && given !== undefined ? { ...known, ...given } : known
      if (rights !== undefined) held.push({ roleId: role, rights, team: undefined, self: true })
    }
    for (const team of this.teamIds) {
      for (const role of this.#linked('teamroles', 'teamid', team, 'roleid')) {
        const rights = this.#rightsOf(role)
        // 1: "Direct User (Basic) access level and Team privileges".
        const self = this.#store.rows('role').get(role)?.values['isinherited'] === 1
        if (rights !== undefined) held.push({ roleId: role, rights, team, self })
      }
    }
    return held
  }
}
