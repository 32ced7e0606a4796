import { badPayload, rowDoesNotExist } from '../errors.ts'
import { emptyReply, jsonReply } from '../http/reply.ts'
import { isJsonArray } from '../json/read.ts'
import { RawJson } from '../json/write.ts'
import { findEntity } from '../operations/entity-parameter.ts'
import type { Operation, OperationCall } from '../operations/operation.ts'
import type { WriteReply } from '../operations/write-reply.ts'
import { writeContext } from '../org.ts'
import type { Org } from '../org.ts'
import { requireReach } from '../rows/access.ts'
import { associate, disassociate } from '../rows/associate.ts'
import type { User } from '../rows/user.ts'
import { guidFrom } from '../schema.ts'
import type { Privilege, PrivilegeDepth, TableDefinition } from '../schema.ts'
import { privilegeId, privilegeName } from './privilege-names.ts'
import { DEPTHS, PRIVILEGES } from './rights.ts'
import type { Grant } from './rights.ts'
import { teamPrincipal } from './team-principal.ts'

const DEPTH_NAMES: Readonly<Record<PrivilegeDepth, string>> = {
  none: 'None',
  user: 'Basic',
  businessUnit: 'Local',
  parentChild: 'Deep',
  organization: 'Global',
}

interface NamedPrivilege {
  readonly id: string
  readonly name: string
  readonly lowerName: string
}

function named(id: string, name: string): NamedPrivilege {
  return { id, name, lowerName: name.toLowerCase() }
}

const SPECIAL = [
  'prvActOnBehalfOfAnotherUser',
  'prvAssignRole',
  'prvBypassCustomPlugins',
  'prvBypassCustomBusinessLogic',
  'prvReadAuditSummary',
].map((name) => named(guidFrom(`privilege|${name}`), name))

/** Whether the answer is to tell of a privilege. */
type Wanted = (privilege: NamedPrivilege) => boolean

interface Held {
  readonly id: string
  readonly name: string
  readonly depth: PrivilegeDepth
  readonly unit: string
}

interface TablePrivilege extends NamedPrivilege {
  readonly table: string
  readonly privilege: Privilege
}

const ofTable = new WeakMap<TableDefinition, readonly TablePrivilege[]>()

/** The privileges on a table; definitions never change in place. */
function privilegesOn(table: TableDefinition): readonly TablePrivilege[] {
  let known = ofTable.get(table)
  if (known === undefined) {
    known = PRIVILEGES.map((privilege) => ({
      table: table.logicalName,
      privilege,
      ...named(privilegeId(table, privilege), privilegeName(table, privilege)),
    }))
    ofTable.set(table, known)
  }
  return known
}

function deeper(a: Grant, b: Grant): Grant {
  return DEPTHS.indexOf(b.depth) > DEPTHS.indexOf(a.depth) ? b : a
}

function* heldBy(org: Org, who: User, wanted: Wanted): Generator<Held> {
  const told = new Set<string>()
  for (const table of org.schema.tables()) {
    if (table.isIntersect) continue
    for (const one of privilegesOn(table)) {
      if (!wanted(one) || told.has(one.name)) continue
      const [first, ...more] = who.grants(one.table, one.privilege)
      if (first === undefined) continue
      const deepest = more.reduce(deeper, first)
      told.add(one.name)
      yield { id: one.id, name: one.name, depth: deepest.depth, unit: deepest.unit }
    }
  }
  for (const one of SPECIAL) {
    const { id, name } = one
    if (wanted(one) && who.has(name)) yield { id, name, depth: 'organization', unit: who.businessUnitId }
  }
}

function whoOf({ org, row, table, request }: OperationCall): User {
  if (row === undefined || table === undefined) throw new RangeError('the operation is bound to a user or a team')
  requireReach(org.store, table, request.user, 'read', row)
  return table.logicalName === 'team' ? teamPrincipal(org.store, org.security, row) : org.security.user(row.id)
}

function answer(call: OperationCall, response: string, wanted: Wanted): WriteReply {
  const told: Readonly<Record<string, string>>[] = []
  for (const held of heldBy(call.org, whoOf(call), wanted)) {
    told.push({
      Depth: DEPTH_NAMES[held.depth],
      PrivilegeId: held.id,
      BusinessUnitId: held.unit,
      PrivilegeName: held.name,
    })
  }
  const context = `${call.request.root}$metadata#Microsoft.Dynamics.CRM.${response}`
  // There are hundreds of them, and nothing but texts in them.
  const RolePrivileges = new RawJson(JSON.stringify(told))
  return { reply: jsonReply({ '@odata.context': context, RolePrivileges }) }
}

function texts(call: OperationCall, name: string): ReadonlySet<string> {
  const value = call.parameters.get(name)
  const list = value !== undefined && isJsonArray(value) ? value : [value]
  const found = new Set<string>()
  for (const one of list) {
    if (typeof one !== 'string') throw badPayload(`The parameter '${name}' is not valid.`)
    found.add(one.toLowerCase())
  }
  return found
}

function wantedBy(call: OperationCall, key: string, parameter: 'id' | 'name' | undefined): Wanted {
  if (parameter === undefined) return () => true
  const given = texts(call, key)
  return parameter === 'id' ? ({ id }) => given.has(id) : ({ lowerName }) => given.has(lowerName)
}

function lookup(name: string, table: 'systemuser' | 'team', parameter?: 'id' | 'name', several = false): Operation {
  const kind = parameter === 'id' ? 'Edm.Guid' : 'Edm.String'
  const type = several ? `Collection(${kind})` : kind
  const given = parameter === 'id' ? 'PrivilegeId' : 'PrivilegeName'
  const key = several ? `${given}s` : given
  return {
    name,
    kind: 'function',
    binding: { to: 'row', table },
    parameters: parameter === undefined ? {} : { [key]: { type } },
    returns: `mscrm.${name}Response`,
    response: { RolePrivileges: 'Collection(mscrm.RolePrivilege)' },
    run: (call) => {
      return answer(call, `${name}Response`, wantedBy(call, key, parameter))
    },
  }
}

function members(name: 'AddMembersTeam' | 'RemoveMembersTeam'): Operation {
  return {
    name,
    kind: 'action',
    binding: { to: 'row', table: 'team' },
    parameters: { Members: { type: 'Collection(mscrm.systemuser)' } },
    run: (call) => {
      const { org, request, row, table, parameters } = call
      const list = parameters.get('Members')
      const navigation = org.schema.collections('team').get('teammembership_association')
      if (row === undefined || table === undefined || navigation === undefined) throw rowDoesNotExist('team', '')
      if (list === undefined || !isJsonArray(list)) throw badPayload("The parameter 'Members' is not valid.")
      const context = writeContext(org, request.user)
      requireReach(org.store, table, request.user, 'write', row)
      for (const one of list) {
        const { row: user } = findEntity(org, one, request, ['systemuser'])
        const is = org.store
          .rows('teammembership')
          .holding('systemuserid', user.id)
          .some((link) => link.values['teamid'] === row.id)
        const target = { table: 'systemuser', id: user.id }
        // Who is a member already, or none, is passed over.
        if (name === 'AddMembersTeam' && !is) associate(context, table, row, navigation, target)
        else if (name === 'RemoveMembersTeam' && is) disassociate(context, table, row, navigation, target)
      }
      return { reply: emptyReply() }
    },
  }
}

/** What users and teams may do by their roles, and who is in a team. */
export const privilegeOperations: readonly Operation[] = [
  lookup('RetrieveUserPrivileges', 'systemuser'),
  lookup('RetrieveUserPrivilegeByPrivilegeName', 'systemuser', 'name'),
  lookup('RetrieveUserPrivilegeByPrivilegeId', 'systemuser', 'id'),
  lookup('RetrieveUserSetOfPrivilegesByNames', 'systemuser', 'name', true),
  lookup('RetrieveUserSetOfPrivilegesByIds', 'systemuser', 'id', true),
  lookup('RetrieveTeamPrivileges', 'team'),
  members('AddMembersTeam'),
  members('RemoveMembersTeam'),
]
