import {
  badPayload,
  invalidArgument,
  methodNotAllowed,
  noSuchResource,
  notImplemented,
  WebApiError,
} from '../errors.ts'
import { emptyReply, jsonReply } from '../http/reply.ts'
import { allowConditions } from '../http/headers.ts'
import type { ApiRequest } from '../http/request.ts'
import { isJsonObject, readJson } from '../json/read.ts'
import { allowOptions } from '../odata/query-options.ts'
import type { Org } from '../org.ts'
import { associate, disassociate } from '../rows/associate.ts'
import { reach, requireReach } from '../rows/access.ts'
import { requireAppendTo } from '../rows/append.ts'
import { memberOf } from '../rows/changes.ts'
import { compareGuids } from '../rows/guid.ts'
import { relatedRows } from '../rows/related-rows.ts'
import { resolveReference } from '../rows/resolve-reference.ts'
import type { WriteContext } from '../rows/write-context.ts'
import { lookupTarget } from '../rows/row-values.ts'
import type { Row } from '../rows/row.ts'
import { updateRow } from '../rows/update-row.ts'
import type { Reference } from '../rows/reference.ts'
import type { CollectionNavigation, LookupBinding, TableDefinition } from '../schema.ts'
import { MAX_ROWS } from './read-collection.ts'
import { requestContext } from './write-row-request.ts'
import type { WriteReply } from './write-reply.ts'

function referenceInBody(org: Org, request: ApiRequest): Reference {
  const body = readJson(request.body)
  const members = isJsonObject(body) ? [...body.keys()] : []
  const strange = members.find((name) => !name.startsWith('@'))
  if (strange !== undefined) throw badPayload(`The property '${strange}' has no place in the payload of a reference.`)
  const url = isJsonObject(body) ? body.get('@odata.id') : undefined
  if (typeof url !== 'string') throw badPayload("The payload of a reference needs '@odata.id'.")
  return resolveReference(org.store, url, request)
}

/** The member a DELETE names: as a key behind the navigation property, or in `$id`. */
function referenceToRemove(org: Org, request: ApiRequest, memberTable: string, inner: string | undefined): Reference {
  const url = request.query.options.get('$id')
  if (inner !== undefined) {
    const set = org.schema.table(memberTable)?.entitySetName ?? memberTable
    return resolveReference(org.store, `${set}(${inner})`, request)
  }
  if (url === undefined) throw invalidArgument('The $id of the reference to remove is missing.')
  return resolveReference(org.store, url, request)
}

/** An N:N link takes Append on this row and AppendTo on the other; a 1:N one is an update of the other row. */
function requireLinkRights(
  context: WriteContext,
  table: TableDefinition,
  row: Row,
  navigation: CollectionNavigation,
  target: Reference,
): void {
  if (navigation.kind !== 'ManyToMany') return
  requireReach(context.store, table, context.user, 'append', row)
  const other = context.store.schema.table(target.table)
  const found = context.store.rows(target.table).get(target.id)
  if (other !== undefined && found !== undefined) requireAppendTo(context, other, found)
}

function writeCollection(
  org: Org,
  request: ApiRequest,
  table: TableDefinition,
  row: Row,
  navigation: CollectionNavigation,
  inner: string | undefined,
): WriteReply {
  const context = requestContext(org, request)
  if (request.method === 'POST') {
    allowOptions(request.query, [])
    const target = referenceInBody(org, request)
    requireLinkRights(context, table, row, navigation, target)
    associate(context, table, row, navigation, target)
  } else if (request.method === 'DELETE') {
    allowOptions(request.query, inner === undefined ? ['$id'] : [])
    const member = memberOf(navigation)
    const target = referenceToRemove(org, request, member, inner)
    requireLinkRights(context, table, row, navigation, target)
    const removed = disassociate(context, table, row, navigation, target)
    if (!removed && org.knobs.absentLinkStatus === 404) throw notAssociated()
  } else throw methodNotAllowed(request.method)
  return { reply: emptyReply() }
}

function notAssociated(): WebApiError {
  return new WebApiError(404, '0x80040217', 'The specified object was not found: the rows are not associated.')
}

function writeSingle(
  org: Org,
  request: ApiRequest,
  table: TableDefinition,
  row: Row,
  binding: LookupBinding,
): WriteReply {
  if (request.method !== 'PUT' && request.method !== 'DELETE') throw methodNotAllowed(request.method)
  allowOptions(request.query, [])
  const target = request.method === 'PUT' ? referenceInBody(org, request) : null
  if (target !== null && !binding.targets.includes(target.table)) {
    throw badPayload(
      `A resource of type 'Microsoft.Dynamics.CRM.${target.table}' cannot be bound to the navigation property '${binding.navigation}', which leads to '${binding.targets.join(', ')}'.`,
    )
  }
  const lookups = new Map([[binding.column.logicalName, target]])
  updateRow(requestContext(org, request), table, row, { values: new Map(), lookups })
  return { reply: emptyReply(), row: { table: table.logicalName, id: row.id } }
}

/** The table on the other side of a collection-valued navigation property. */
export function memberTable(org: Org, navigation: CollectionNavigation): TableDefinition {
  const name = navigation.kind === 'ManyToMany' ? navigation.otherTable : navigation.relationship.referencingTable
  const table = org.schema.table(name)
  if (table === undefined) throw noSuchResource(navigation.navigation)
  return table
}

function readReferences(
  org: Org,
  request: ApiRequest,
  table: TableDefinition,
  row: Row,
  navigation: CollectionNavigation,
): WriteReply {
  allowOptions(request.query, [])
  requireReach(org.store, table, request.user, 'read', row)
  const other = memberTable(org, navigation)
  const members = relatedRows(org.store, table, row, navigation).filter(reach(org.store, other, request.user, 'read'))
  if (members.length > MAX_ROWS) throw notImplemented('paging of references')
  const value = members
    .toSorted((a, b) => compareGuids(a.id, b.id))
    .map(({ id }) => ({ '@odata.id': `${request.root}${other.entitySetName}(${id})` }))
  return { reply: jsonReply({ '@odata.context': `${request.root}$metadata#Collection($ref)`, value }) }
}

function readReference(
  org: Org,
  request: ApiRequest,
  source: TableDefinition,
  row: Row,
  binding: LookupBinding,
): WriteReply {
  allowOptions(request.query, [])
  requireReach(org.store, source, request.user, 'read', row)
  const target = lookupTarget(binding.column, row.values)
  const table = target === undefined ? undefined : org.schema.table(target.table)
  if (target === undefined || table === undefined || !binding.targets.includes(target.table))
    return { reply: emptyReply() }
  const id = `${request.root}${table.entitySetName}(${target.id})`
  return { reply: jsonReply({ '@odata.context': `${request.root}$metadata#$ref`, '@odata.id': id }) }
}

/** Everything under `set(key)/navigation[(member)]/$ref`. */
export function answerReference(
  org: Org,
  request: ApiRequest,
  table: TableDefinition,
  row: Row,
  name: string,
  inner: string | undefined,
): WriteReply {
  allowConditions(request.headers)
  const binding = org.schema.lookupBindings(table.logicalName).get(name)
  const collection = org.schema.collections(table.logicalName).get(name)
  if (binding !== undefined && inner === undefined) {
    return request.method === 'GET'
      ? readReference(org, request, table, row, binding)
      : writeSingle(org, request, table, row, binding)
  }
  if (collection === undefined) throw noSuchResource(name)
  return request.method === 'GET'
    ? readReferences(org, request, table, row, collection)
    : writeCollection(org, request, table, row, collection, inner)
}
