import { badQuery, privilegeDenied } from '../errors.ts'
import { isGuid } from '../rows/guid.ts'
import type { User } from '../rows/user.ts'
import type { Privilege, PrivilegeDepth } from '../schema.ts'
import { notMember, userDisabled } from './errors.ts'
import { shallower } from './rights.ts'
import type { Grant } from './rights.ts'
import type { Security } from './security.ts'

const PRIVILEGE = 'prvActOnBehalfOfAnotherUser'

/** A user as somebody else acts for them: privileges are those that both have, at the lesser depth. */
class ImpersonatedUser implements User {
  readonly actor: User
  readonly #user: User

  constructor(user: User, actor: User) {
    this.#user = user
    this.actor = actor
  }

  get id(): string {
    return this.#user.id
  }
  get name(): string {
    return this.#user.name
  }
  get objectId(): string {
    return this.#user.objectId
  }
  get businessUnitId(): string {
    return this.#user.businessUnitId
  }
  get teamIds(): readonly string[] {
    return this.#user.teamIds
  }
  get roleIds(): readonly string[] {
    return this.#user.roleIds
  }
  get isAdministrator(): boolean {
    return this.#user.isAdministrator
  }
  get isDisabled(): boolean {
    return this.#user.isDisabled
  }

  depth(table: string, privilege: Privilege): PrivilegeDepth {
    return shallower(this.#user.depth(table, privilege), this.actor.depth(table, privilege))
  }

  setDepth(table: string, privilege: Privilege, depth: PrivilegeDepth): void {
    this.#user.setDepth(table, privilege, depth)
  }

  resetDepth(table: string, privilege: Privilege): void {
    this.#user.resetDepth(table, privilege)
  }

  grants(table: string, privilege: Privilege): readonly Grant[] {
    const most = this.actor.depth(table, privilege)
    const grants: Grant[] = []
    for (const grant of this.#user.grants(table, privilege)) {
      const depth = shallower(grant.depth, most)
      if (depth !== 'none') grants.push({ ...grant, depth })
    }
    return grants
  }

  has(special: string): boolean {
    return this.#user.has(special) && this.actor.has(special)
  }

  hidden(table: string): ReadonlySet<string> | undefined {
    return this.#user.hidden(table)
  }
}

function requested(security: Security, headers: Headers): User | null {
  const objectId = headers.get('CallerObjectId')
  const callerId = headers.get('MSCRMCallerID')
  for (const [name, id] of [
    ['CallerObjectId', objectId],
    ['MSCRMCallerID', callerId],
  ] as const) {
    if (id !== null && !isGuid(id)) throw badQuery(`The value '${id}' of the header '${name}' is not a valid GUID.`)
  }
  if (objectId !== null) {
    const user = security.byObjectId(objectId)
    if (user === undefined) throw notMember()
    return user
  }
  if (callerId === null) return null
  const user = security.find(callerId)
  if (user === undefined) throw notMember()
  return user
}

/** The name of the user whom a request's headers name, if they name one, for the log. */
export function namedIn(security: Security, headers: Headers): { readonly actingAs?: string } {
  const objectId = headers.get('CallerObjectId')
  const callerId = headers.get('MSCRMCallerID')
  if (objectId === null && callerId === null) return {}
  const user = objectId === null ? security.find(callerId ?? '') : security.byObjectId(objectId)
  return user === undefined ? {} : { actingAs: user.name }
}

/**
 * Who a request is answered as: the caller, or the user that `CallerObjectId` (Entra object id) or `MSCRMCallerID`
 * (systemuserid) names, which needs the caller's `prvActOnBehalfOfAnotherUser`. Naming oneself is no impersonation.
 */
export function actingUser(security: Security, organization: string, caller: User, headers: Headers): User {
  if (!security.isMember(caller)) throw notMember()
  if (caller.isDisabled) throw userDisabled(caller.id, organization)
  const user = requested(security, headers)
  const self = caller.actor ?? caller
  if (user === null || user.id === caller.id) return caller
  if (!security.isMember(user)) throw notMember()
  if (user.id === self.id) return self
  if (!self.has(PRIVILEGE)) throw privilegeDenied(self.id, PRIVILEGE)
  if (user.isDisabled) throw userDisabled(user.id, organization)
  return new ImpersonatedUser(user, self)
}
