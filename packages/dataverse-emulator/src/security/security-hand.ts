import type { Master } from '../master.ts'
import type { Org } from '../org.ts'
import type { Reference } from '../rows/reference.ts'
import type { OrgUser, User } from '../rows/user.ts'
import type { Privilege, PrivilegeDepth } from '../schema.ts'
import { ALLOWED } from './column-security.ts'
import { PRIVILEGES, privilegesOf } from './rights.ts'
import type { Rights } from './rights.ts'
import { grantAccess, revokeAccess, RIGHTS } from './shares.ts'

/** A user to be made. Without roles and privileges they may do nothing. */
export interface NewUser extends Partial<Rights> {
  readonly name: string
  /** Id of the business unit; the root one by default. */
  readonly businessUnit?: string
  /** Names or ids of roles. */
  readonly roles?: readonly string[]
  /** Entra object id. */
  readonly objectId?: string
}

/** A role to be made. Without privileges it allows nothing. */
export interface NewRole extends Partial<Rights> {
  readonly name: string
  readonly businessUnit?: string
  /** What a team's role gives its members: the team's rows only, or (default) their own rows as well. */
  readonly inheritance?: 'teamOnly' | 'teamAndUser'
}

export interface NewTeam {
  readonly name: string
  readonly businessUnit?: string
  /** Access teams have rows shared with them and own none; default `owner`. */
  readonly kind?: 'owner' | 'access'
}

/** What a field permission allows of a secured column. */
export interface ColumnPermission {
  readonly read?: boolean
  readonly create?: boolean
  readonly update?: boolean
}

/** Name or id of a user, or a user. */
export type Who = string | User

/**
 * Changes who may do what while the emulator runs, as an administrator would. None of it raises the version of a row
 * that becomes visible or invisible, and none of it is an event to anybody.
 */
export interface SecurityHand {
  addUser(user: NewUser): User
  /** Gives the id of the role. */
  addRole(role: NewRole): string
  /** Gives the id of the team. */
  addTeam(team: NewTeam): string
  /** Gives the id of the business unit; it comes with its default team. */
  addBusinessUnit(name: string, parent?: string): string
  /** Gives a role to a user, or to a team (`{ table: 'team', id }`). */
  assignRole(to: Who | Reference, role: string): void
  removeRole(from: Who | Reference, role: string): void
  /**
   * Moves a user to another business unit, and the rows they own with them. Their roles are taken away, as the service
   * does it, unless they shall be kept.
   */
  moveUser(user: Who, businessUnit: string, options?: { readonly keepRoles?: boolean }): void
  joinTeam(user: Who, team: string): void
  leaveTeam(user: Who, team: string): void
  disableUser(user: Who): void
  enableUser(user: Who): void
  /** Shares a row with a user or a team. */
  grant(row: Reference, principal: Who | Reference, rights: readonly Privilege[]): void
  revoke(row: Reference, principal: Who | Reference): void
  /** Takes every row of a table, or one row, out of a user's sight; nobody is told. */
  revokeReadAccess(user: Who, what: string | Reference): void
  /** Undoes `revokeReadAccess`. */
  restoreReadAccess(user: Who, what: string | Reference): void
  /** The depth of a user's privilege on a table from now on: read, unless others are named. */
  privilegeDepth(user: Who, table: string, depth: PrivilegeDepth, privileges?: readonly Privilege[]): void
  /** Puts a column under column security. */
  secureColumn(table: string, column: string): void
  unsecureColumn(table: string, column: string): void
  /** Allows a secured column to a user, or to everybody who has a field security profile (its id). */
  allowColumn(to: Who, table: string, column: string, permission: ColumnPermission): void
}

type Principal = Reference & { readonly table: 'systemuser' | 'team' }

/** Makes the hand that changes security for an organisation. */
export function createSecurityHand(org: Org, master: Master): SecurityHand {
  const { security, store, schema } = org
  const userOf = (who: Who): OrgUser => security.user(typeof who === 'string' ? who : who.id)
  const rootUnit = (): string => {
    for (const unit of store.rows('businessunit').all()) {
      if ((unit.values['parentbusinessunitid'] ?? null) === null) return unit.id
    }
    throw new RangeError('the organisation has no business unit')
  }
  const roleOf = (nameOrId: string): string => {
    const roles = store.rows('role')
    if (roles.get(nameOrId.toLowerCase()) !== undefined) return nameOrId.toLowerCase()
    for (const role of roles.all()) if (role.values['name'] === nameOrId) return role.id
    throw new RangeError(`no role ${nameOrId}`)
  }
  const principalOf = (who: Who | Reference): Principal => {
    if (typeof who === 'object' && 'table' in who) {
      if (who.table !== 'team' && who.table !== 'systemuser') throw new RangeError(`${who.table} cannot be a principal`)
      return { table: who.table, id: who.id.toLowerCase() }
    }
    return { table: 'systemuser', id: userOf(who).id }
  }
  const roleLink = (to: Who | Reference): { principal: Principal; navigation: string } => {
    const principal = principalOf(to)
    return {
      principal,
      navigation: principal.table === 'team' ? 'teamroles_association' : 'systemuserroles_association',
    }
  }
  const assignRole: SecurityHand['assignRole'] = (to, role) => {
    const { principal, navigation } = roleLink(to)
    master.associate(principal.table, principal.id, navigation, { table: 'role', id: roleOf(role) })
  }
  const rightsFrom = (given: Partial<Rights>): Rights => ({
    privileges: given.privileges ?? privilegesOf('none'),
    tablePrivileges: given.tablePrivileges ?? {},
    ...(given.special === undefined ? {} : { special: given.special }),
    ...(given.administrator === undefined ? {} : { administrator: given.administrator }),
  })
  const lower = (row: Reference): Reference => ({ table: row.table, id: row.id.toLowerCase() })
  const setSecured = (table: string, column: string, isSecured: boolean): void => {
    const found = schema.column(table, column)
    if (
      found?.isPrimaryId === true ||
      found?.isPrimaryName === true ||
      /^(?:State|Status|Owner)$/.test(found?.type ?? '')
    ) {
      throw new RangeError(`${table}.${column} cannot be secured`)
    }
    schema.changeColumn(table, column, (before) => ({ ...before, isSecured }))
  }
  const profileOf = (to: Who): string => {
    if (typeof to === 'string' && store.rows('fieldsecurityprofile').get(to.toLowerCase()) !== undefined) {
      return to.toLowerCase()
    }
    const user = userOf(to)
    const name = `Columns of ${user.name}`
    for (const row of store.rows('fieldsecurityprofile').all()) if (row.values['name'] === name) return row.id
    const id = master.create('fieldsecurityprofile', { name })
    master.associate('fieldsecurityprofile', id, 'systemuserprofiles_association', {
      table: 'systemuser',
      id: user.id,
    })
    return id
  }
  return {
    addUser: ({ name, businessUnit = rootUnit(), roles = [], objectId = store.newId(), ...rights }) => {
      const [first = name, ...rest] = name.split(' ')
      const login = name
        .normalize('NFD')
        .replace(/[^A-Za-z]/g, '')
        .toLowerCase()
      const id = master.create('systemuser', {
        firstname: first,
        lastname: rest.length === 0 ? null : rest.join(' '),
        domainname: `${login}@users.example`,
        internalemailaddress: `${login}@users.example`,
        azureactivedirectoryobjectid: objectId,
        businessunitid: businessUnit,
      })
      const user = security.add({
        ...rightsFrom(rights),
        id,
        name,
        objectId,
        businessUnitId: businessUnit,
        teamIds: [],
      })
      for (const role of roles) assignRole(user, role)
      return user
    },
    addRole: ({ name, businessUnit = rootUnit(), inheritance = 'teamAndUser', ...rights }) => {
      const id = master.create('role', {
        name,
        businessunitid: businessUnit,
        isinherited: inheritance === 'teamOnly' ? 0 : 1,
      })
      security.setRole(id, rightsFrom(rights))
      return id
    },
    addTeam: ({ name, businessUnit = rootUnit(), kind = 'owner' }) => {
      const administratorid = security.users[0]?.id ?? null
      const id = master.create('team', {
        name,
        businessunitid: businessUnit,
        teamtype: kind === 'access' ? 1 : 0,
        administratorid,
      })
      return id
    },
    addBusinessUnit: (name, parent = rootUnit()) =>
      master.create('businessunit', { name, parentbusinessunitid: parent }),
    assignRole,
    removeRole: (from, role) => {
      const { principal, navigation } = roleLink(from)
      master.disassociate(principal.table, principal.id, navigation, { table: 'role', id: roleOf(role) })
    },
    moveUser: (user, businessUnit, { keepRoles = false } = {}) => {
      const { id } = userOf(user)
      const roles = store
        .rows('systemuserroles')
        .holding('systemuserid', id)
        .map((link) => String(link.values['roleid']))
      master.update('systemuser', id, { businessunitid: businessUnit })
      if (keepRoles) for (const role of roles) assignRole(id, role)
    },
    joinTeam: (user, team) => {
      const { id } = userOf(user)
      master.associate('systemuser', id, 'teammembership_association', { table: 'team', id: team })
    },
    leaveTeam: (user, team) => {
      const { id } = userOf(user)
      master.disassociate('systemuser', id, 'teammembership_association', { table: 'team', id: team })
    },
    disableUser: (user) => {
      master.update('systemuser', userOf(user).id, { isdisabled: true })
    },
    enableUser: (user) => {
      master.update('systemuser', userOf(user).id, { isdisabled: false })
    },
    grant: (row, principal, rights) => {
      const mask = rights.reduce((sum, right) => sum | RIGHTS[right].bit, 0)
      store.atomically(() => grantAccess(store, lower(row), principalOf(principal), mask))
    },
    revoke: (row, principal) => {
      store.atomically(() => revokeAccess(store, lower(row), principalOf(principal)))
    },
    revokeReadAccess: (user, what) => {
      if (typeof what === 'string') userOf(user).setDepth(what, 'read', 'none')
      else userOf(user).hide(what.table, what.id.toLowerCase())
    },
    restoreReadAccess: (user, what) => {
      if (typeof what === 'string') userOf(user).resetDepth(what, 'read')
      else userOf(user).unhide(what.table, what.id.toLowerCase())
    },
    privilegeDepth: (user, table, depth, privileges = ['read']) => {
      for (const privilege of privileges) {
        if (!PRIVILEGES.includes(privilege)) throw new RangeError(`no privilege ${privilege}`)
        userOf(user).setDepth(table, privilege, depth)
      }
    },
    secureColumn: (table, column) => setSecured(table, column, true),
    unsecureColumn: (table, column) => setSecured(table, column, false),
    allowColumn: (to, table, column, { read = false, create = false, update = false }) => {
      if (schema.column(table, column)?.isSecured !== true) throw new RangeError(`${table}.${column} is not secured`)
      const value = (is: boolean): number => (is ? ALLOWED : 0)
      const profile = profileOf(to)
      const permission = { canread: value(read), cancreate: value(create), canupdate: value(update) }
      const [before] = store
        .rows('fieldpermission')
        .holding('fieldsecurityprofileid', profile)
        .filter((one) => one.values['entityname'] === table && one.values['attributelogicalname'] === column)
      if (before !== undefined) master.update('fieldpermission', before.id, permission)
      else {
        master.create('fieldpermission', {
          fieldsecurityprofileid: profile,
          entityname: table,
          attributelogicalname: column,
          ...permission,
        })
      }
    },
  }
}
