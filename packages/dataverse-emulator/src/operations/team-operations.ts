import { noSuchResource } from '../errors.ts'
import { emptyReply } from '../http/reply.ts'
import { isJsonArray } from '../json/read.ts'
import { requireReach } from '../rows/access.ts'
import { associate, disassociate } from '../rows/associate.ts'
import { findEntity } from './entity-parameter.ts'
import type { Operation, OperationCall } from './operation.ts'
import { requestContext } from './write-row-request.ts'
import type { WriteReply } from './write-reply.ts'

function changeMembers(call: OperationCall, adds: boolean): WriteReply {
  const { org, request, table, row, parameters } = call
  const navigation = org.schema.collections('team').get('teammembership_association')
  if (table === undefined || row === undefined || navigation?.kind !== 'ManyToMany') {
    throw noSuchResource('teammembership_association')
  }
  requireReach(org.store, table, request.user, 'write', row)
  const members = parameters.get('Members')
  const context = requestContext(org, request)
  for (const member of isJsonArray(members) ? members : []) {
    const user = findEntity(org, member, request, ['systemuser'])
    const target = { table: 'systemuser', id: user.row.id }
    const { relationship, thisColumn } = navigation
    const links = org.store.rows(relationship.intersectTable).holding(thisColumn, row.id)
    const isMember = links.some((link) => link.values[navigation.otherColumn] === target.id)
    // Who is a member stays one, who is none stays out.
    if (adds && !isMember) associate(context, table, row, navigation, target)
    if (!adds && isMember) disassociate(context, table, row, navigation, target)
  }
  return { reply: emptyReply() }
}

const members = { Members: { type: 'Collection(mscrm.systemuser)' } }

/** Who is in a team. */
export const teamOperations: readonly Operation[] = [
  {
    name: 'AddMembersTeam',
    kind: 'action',
    binding: { to: 'row', table: 'team' },
    parameters: members,
    run: (call) => changeMembers(call, true),
  },
  {
    name: 'RemoveMembersTeam',
    kind: 'action',
    binding: { to: 'row', table: 'team' },
    parameters: members,
    run: (call) => changeMembers(call, false),
  },
]
