import { accessDenied, badPayload, badQuery } from '../errors.ts'
import { emptyReply, jsonReply } from '../http/reply.ts'
import { isJsonObject } from '../json/read.ts'
import type { Json } from '../json/read.ts'
import type { Operation, OperationCall } from '../operations/operation.ts'
import { entityReference, findEntity, findReferenced } from '../operations/entity-parameter.ts'
import type { Found } from '../operations/entity-parameter.ts'
import type { WriteReply } from '../operations/write-reply.ts'
import { reach, requireReach } from '../rows/access.ts'
import type { Reference } from '../rows/reference.ts'
import type { User } from '../rows/user.ts'
import type { Privilege } from '../schema.ts'
import { noSuchMessage } from './errors.ts'
import { PRIVILEGES } from './rights.ts'
import { grantAccess, modifyAccess, revokeAccess, RIGHTS, rightsText, sharesOf } from './shares.ts'
import { teamPrincipal } from './team-principal.ts'

/** The rights somebody has on a row, as the bits of a mask. */
function rightsOn({ org }: OperationCall, user: User, { table, row }: Found): number {
  let mask = 0
  for (const privilege of PRIVILEGES) {
    const lacks = user.grants(table.logicalName, privilege).length === 0
    const actorLacks = user.actor?.grants(table.logicalName, privilege).length === 0
    if (lacks || actorLacks || !reach(org.store, table, user, privilege)(row)) continue
    mask |= RIGHTS[privilege].bit
  }
  return mask
}

function maskFrom(value: Json | undefined): number {
  if (typeof value !== 'string') throw badPayload("The property 'AccessMask' of 'PrincipalAccess' is not valid.")
  let mask = 0
  for (const name of value.split(',').map((one) => one.trim())) {
    const right = Object.values(RIGHTS).find((one) => one.name === name)
    if (right === undefined && name !== 'None') {
      throw badPayload(`The string '${name}' is not a valid enum value of type 'Microsoft.Dynamics.CRM.AccessRights'.`)
    }
    mask |= right?.bit ?? 0
  }
  return mask
}

function target(call: OperationCall, message: string): Found {
  const found = findEntity(call.org, call.parameters.get('Target'), call.request)
  if (found.table.ownership !== 'UserOwned') throw noSuchMessage(message, found.table.logicalName)
  return found
}

function principal(call: OperationCall, value: Json | undefined): Reference {
  const reference = entityReference(call.org, value, call.request)
  if (reference.table !== 'systemuser' && reference.table !== 'team') {
    throw badQuery(`The entity '${reference.table}' is no security principal; a user or a team is.`)
  }
  const { row } = findReferenced(call.org, reference)
  return { table: reference.table, id: row.id }
}

/** Whoever shares needs Share on the row, and cannot give away what they do not have themselves. */
function requireSharing(call: OperationCall, found: Found, mask: number): void {
  const { org, request } = call
  requireReach(org.store, found.table, request.user, 'share', found.row)
  const own = rightsOn(call, request.user, found)
  const excess = PRIVILEGES.find((one: Privilege) => (mask & RIGHTS[one].bit & ~own) !== 0)
  if (excess === undefined) return
  throw accessDenied(request.user.id, RIGHTS[excess].name, found.table.logicalName, found.row.id)
}

function share(message: 'GrantAccess' | 'ModifyAccess'): (call: OperationCall) => WriteReply {
  return (call) => {
    const found = target(call, message)
    const access = call.parameters.get('PrincipalAccess')
    if (!isJsonObject(access)) throw badPayload("The parameter 'PrincipalAccess' is not valid.")
    const strange = [...access.keys()].find((name) => !name.includes('@') && !/^(?:Principal|AccessMask)$/.test(name))
    if (strange !== undefined) {
      throw badPayload(
        `The property '${strange}' does not exist on type 'Microsoft.Dynamics.CRM.PrincipalAccess'. Make sure to only use property names that are defined by the type.`,
      )
    }
    const to = principal(call, access.get('Principal'))
    const mask = maskFrom(access.get('AccessMask'))
    requireSharing(call, found, mask)
    const row = { table: found.table.logicalName, id: found.row.id }
    const change = message === 'GrantAccess' ? grantAccess : modifyAccess
    change(call.org.store, row, to, mask)
    return { reply: emptyReply() }
  }
}

function revoke(call: OperationCall): WriteReply {
  const found = target(call, 'RevokeAccess')
  const from = principal(call, call.parameters.get('Revokee'))
  requireReach(call.org.store, found.table, call.request.user, 'share', found.row)
  revokeAccess(call.org.store, { table: found.table.logicalName, id: found.row.id }, from)
  return { reply: emptyReply() }
}

function readable(call: OperationCall): Found {
  const found = findEntity(call.org, call.parameters.get('Target'), call.request)
  requireReach(call.org.store, found.table, call.request.user, 'read', found.row)
  return found
}

function principalAccess(call: OperationCall): WriteReply {
  const { org, row, table, request } = call
  if (row === undefined) throw new RangeError('RetrievePrincipalAccess is bound to a user or a team')
  const found = readable(call)
  const who = table?.logicalName === 'team' ? teamPrincipal(org.store, org.security, row) : org.security.user(row.id)
  return {
    reply: jsonReply({
      '@odata.context': `${request.root}$metadata#Microsoft.Dynamics.CRM.RetrievePrincipalAccessResponse`,
      AccessRights: rightsText(rightsOn(call, who, found)),
    }),
  }
}

function sharedPrincipals(call: OperationCall): WriteReply {
  const { row } = readable(call)
  return {
    reply: jsonReply({
      '@odata.context': `${call.request.root}$metadata#Microsoft.Dynamics.CRM.RetrieveSharedPrincipalsAndAccessResponse`,
      PrincipalAccesses: sharesOf(call.org.store, row.id).map(({ principal: to, mask }) => ({
        AccessMask: rightsText(mask),
        Principal: { '@odata.type': `#Microsoft.Dynamics.CRM.${to.table}`, ownerid: to.id },
      })),
    }),
  }
}

const entity = { type: 'mscrm.crmbaseentity' }

/** Sharing of rows, and who has which rights on one. */
export const sharingOperations: readonly Operation[] = [
  {
    name: 'GrantAccess',
    kind: 'action',
    parameters: { Target: entity, PrincipalAccess: { type: 'mscrm.PrincipalAccess' } },
    run: share('GrantAccess'),
  },
  {
    name: 'ModifyAccess',
    kind: 'action',
    parameters: { Target: entity, PrincipalAccess: { type: 'mscrm.PrincipalAccess' } },
    run: share('ModifyAccess'),
  },
  { name: 'RevokeAccess', kind: 'action', parameters: { Target: entity, Revokee: entity }, run: revoke },
  ...(['systemuser', 'team'] as const).map((table): Operation => ({
    name: 'RetrievePrincipalAccess',
    kind: 'function',
    binding: { to: 'row', table },
    parameters: { Target: entity },
    returns: 'mscrm.RetrievePrincipalAccessResponse',
    response: { AccessRights: 'mscrm.AccessRights' },
    run: principalAccess,
  })),
  {
    name: 'RetrieveSharedPrincipalsAndAccess',
    kind: 'function',
    parameters: { Target: entity },
    returns: 'mscrm.RetrieveSharedPrincipalsAndAccessResponse',
    response: { PrincipalAccesses: 'Collection(mscrm.PrincipalAccess)' },
    run: sharedPrincipals,
  },
]
