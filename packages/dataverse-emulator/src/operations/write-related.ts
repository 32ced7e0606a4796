import { badPayload, methodNotAllowed } from '../errors.ts'
import { allowConditions } from '../http/headers.ts'
import { emptyReply } from '../http/reply.ts'
import type { ApiRequest } from '../http/request.ts'
import { isJsonArray, isJsonObject } from '../json/read.ts'
import type { Json } from '../json/read.ts'
import { allowOptions } from '../odata/query-options.ts'
import type { Org } from '../org.ts'
import { requireReach } from '../rows/access.ts'
import { PARTY, repeatAddresses } from '../rows/activity-party.ts'
import { createRow } from '../rows/create-row.ts'
import { deleteRow } from '../rows/delete-row.ts'
import { readPayload } from '../rows/read-payload.ts'
import type { Row } from '../rows/row.ts'
import { updateRow } from '../rows/update-row.ts'
import type { CollectionNavigation, TableDefinition } from '../schema.ts'
import { memberTable } from './references.ts'
import { bodyObject, postRow, requestContext, requireMessage } from './write-row-request.ts'
import type { WriteReply } from './write-reply.ts'

function members(value: Json | undefined): readonly Json[] {
  if (value === undefined || value === null || !isJsonArray(value)) {
    throw badPayload("The payload of a collection needs a list named 'value'.")
  }
  return value
}

/** PUT of an activity's parties: those in the body take the place of all it has. No other collection can be put. */
function replaceParties(
  org: Org,
  request: ApiRequest,
  table: TableDefinition,
  row: Row,
  navigation: CollectionNavigation & { readonly kind: 'OneToMany' },
): WriteReply {
  allowOptions(request.query, [])
  allowConditions(request.headers)
  requireReach(org.store, table, request.user, 'write', row)
  const parties = memberTable(org, navigation)
  const body = bodyObject(request)
  const strange = [...body.keys()].find((name) => name !== 'value' && !name.startsWith('@'))
  if (strange !== undefined) throw badPayload(`The property '${strange}' has no place in the payload of a collection.`)
  const column = navigation.relationship.referencingColumn
  const here = { table: table.logicalName, id: row.id }
  // Parties are written with the rights on their activity.
  const context = { ...requestContext(org, request), enforcePrivileges: false }
  for (const before of org.store.rows(PARTY).holding(column, row.id)) deleteRow(context, parties, before)
  for (const one of members(body.get('value'))) {
    if (one === null || !isJsonObject(one)) throw badPayload("A member of 'value' is not a JSON object.")
    const { values, lookups } = readPayload(org.store, parties, one, request)
    createRow(context, parties, org.store.newId(), { values, lookups: new Map(lookups).set(column, here) })
  }
  updateRow(requestContext(org, request), table, row, { values: new Map(), lookups: new Map() })
  repeatAddresses(context, table, row.id)
  return { reply: emptyReply(), row: here }
}

/** Writes on a collection of a row: POST creates a row in it, PUT replaces the parties of an activity. */
export function writeRelated(
  org: Org,
  request: ApiRequest,
  table: TableDefinition,
  row: Row,
  navigation: CollectionNavigation,
): WriteReply {
  const other = memberTable(org, navigation)
  if (request.method === 'POST') return postRow(org, request, other, { table, row, navigation })
  if (request.method === 'PUT' && navigation.kind === 'OneToMany' && other.logicalName === PARTY) {
    requireMessage('Update', table)
    return replaceParties(org, request, table, row, navigation)
  }
  throw methodNotAllowed(request.method)
}
