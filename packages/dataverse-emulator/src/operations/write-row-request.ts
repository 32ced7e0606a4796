import {
  badPayload,
  concurrencyNotEnabled,
  invalidArgument,
  messageNotSupported,
  noSuchProperty,
  notImplemented,
  recordExists,
  rowDoesNotExist,
  undeclaredProperty,
  versionMismatch,
} from '../errors.ts'
import { projectionOf } from '../expand/projection.ts'
import { allowConditions, readCondition } from '../http/headers.ts'
import { emptyReply, jsonTextReply } from '../http/reply.ts'
import type { ApiRequest } from '../http/request.ts'
import { isJsonObject, readJson } from '../json/read.ts'
import type { Json, JsonObject } from '../json/read.ts'
import { allowOptions } from '../odata/query-options.ts'
import type { RowKey } from '../odata/resource-path.ts'
import { writeContext } from '../org.ts'
import type { Org } from '../org.ts'
import { requireReach } from '../rows/access.ts'
import { associate } from '../rows/associate.ts'
import { createRow } from '../rows/create-row.ts'
import { deleteRow } from '../rows/delete-row.ts'
import { findRow, keyValues, requireRow } from '../rows/find-row.ts'
import { isEmptyGuid } from '../rows/guid.ts'
import { readPayload } from '../rows/read-payload.ts'
import type { Changes } from '../rows/changes.ts'
import type { Row } from '../rows/row.ts'
import { updateRow } from '../rows/update-row.ts'
import type { WriteContext } from '../rows/write-context.ts'
import { etagOf } from '../rows/write-row.ts'
import { isLookupColumn } from '../schema.ts'
import type { CollectionNavigation, TableDefinition } from '../schema.ts'
import { rowBody } from './read-row.ts'
import { annotationsOf, applied, appliedAnnotations } from './read-scope.ts'
import type { WriteReply } from './write-reply.ts'

export type { WriteReply } from './write-reply.ts'

/** The body as a JSON object. */
export function bodyObject(request: ApiRequest): JsonObject {
  const body = readJson(request.body)
  if (!isJsonObject(body)) throw badPayload('The payload is not a JSON object.')
  return body
}

function entityUrl(request: ApiRequest, table: TableDefinition, id: string): string {
  return `${request.root}${table.entitySetName}(${id})`
}

/** The context of a write that a request asks for, its headers included. */
export function requestContext(org: Org, request: ApiRequest): WriteContext {
  const suppressed = request.headers.get('MSCRM.SuppressDuplicateDetection')
  return { ...writeContext(org, request.user), detectDuplicates: suppressed?.toLowerCase() === 'false' }
}

function answer(
  org: Org,
  request: ApiRequest,
  table: TableDefinition,
  row: Row,
  status: 200 | 201 | 204,
  entityId: string | undefined,
): WriteReply {
  const written = { table: table.logicalName, id: row.id }
  if (status === 204) {
    return { reply: emptyReply(entityId === undefined ? {} : { 'OData-EntityId': entityId }), row: written }
  }
  // The row comes from a retrieve of its own, which needs the right to read it.
  requireReach(org.store, table, request.user, 'read', row)
  const projection = projectionOf(org, request, table, { one: true, expand: status === 201 })
  const headers = { ETag: etagOf(row), ...applied('return=representation', appliedAnnotations(request)) }
  return { reply: jsonTextReply(rowBody(org, request, row, projection), headers, status), row: written }
}

function allowWriteOptions(org: Org, request: ApiRequest, table: TableDefinition, ...also: readonly '$expand'[]): void {
  allowOptions(request.query, request.preferences.representation ? ['$select', ...also] : [])
  // A selection that cannot be answered refuses the write before anything is changed.
  projectionOf(org, request, table, { one: true })
  annotationsOf(request)
}

type Message = 'Create' | 'Update' | 'Delete'

// Links have `$ref`, parties and pointers their activities, shares GrantAccess; users are disabled rather than deleted, and
// there is one organisation.
const UNSUPPORTED: Readonly<Record<string, readonly Message[]>> = {
  activityparty: ['Create', 'Update', 'Delete'],
  activitypointer: ['Create', 'Update', 'Delete'],
  organization: ['Create', 'Delete'],
  principalobjectaccess: ['Create', 'Update', 'Delete'],
  systemuser: ['Delete'],
}

/** Refuses a message that a table does not take. */
export function requireMessage(message: Message, table: TableDefinition): void {
  if (table.isIntersect || UNSUPPORTED[table.logicalName]?.includes(message)) {
    throw messageNotSupported(message, table.logicalName)
  }
}

/** The collection of a row that a new row is created in. */
export interface Container {
  readonly table: TableDefinition
  readonly row: Row
  readonly navigation: CollectionNavigation
}

function contained(changes: Changes, container: Container | undefined): Changes {
  if (container?.navigation.kind !== 'OneToMany') return changes
  const column = container.navigation.relationship.referencingColumn
  const here = { table: container.table.logicalName, id: container.row.id }
  return { ...changes, lookups: new Map(changes.lookups).set(column, here) }
}

/** POST on a collection, of the table or of a row: 204 with the row's URL, or 201 with the row where asked for. */
export function postRow(org: Org, request: ApiRequest, table: TableDefinition, container?: Container): WriteReply {
  allowWriteOptions(org, request, table, '$expand')
  allowConditions(request.headers)
  requireMessage('Create', table)
  const changes = contained(readPayload(org.store, table, bodyObject(request), request), container)
  const given = changes.values.get(table.primaryId)
  const id = typeof given === 'string' ? given : org.store.newId()
  const context = requestContext(org, request)
  const row = createRow(context, table, id, changes)
  if (container?.navigation.kind === 'ManyToMany') {
    associate(context, container.table, container.row, container.navigation, { table: table.logicalName, id })
  }
  const status = request.preferences.representation ? 201 : 204
  return answer(org, request, table, row, status, entityUrl(request, table, id))
}

/** What a new row takes from the alternate key in its URL: the columns that the body does not have itself. */
export function withKey(org: Org, table: TableDefinition, key: RowKey, changes: Changes): Changes {
  if (key.kind === 'id') return changes
  const { values } = keyValues(org.store, table, key)
  const plain = new Map(changes.values)
  const lookups = new Map(changes.lookups)
  for (const [name, value] of Object.entries(values)) {
    const column = org.schema.column(table.logicalName, name)
    if (column === undefined || plain.has(name) || lookups.has(name)) continue
    if (!isLookupColumn(column)) plain.set(name, value)
    else if (column.targets.length > 1) throw notImplemented('an upsert by a key with a lookup of several targets')
    else lookups.set(name, { table: column.targets[0] ?? '', id: String(value) })
  }
  return { ...changes, values: plain, lookups }
}

/** The columns of the key that addressed a row do not change through that same key. */
export function withoutKey(org: Org, table: TableDefinition, key: RowKey, changes: Changes): Changes {
  if (key.kind === 'id') return changes
  const { columns } = keyValues(org.store, table, key)
  const keep = ([name]: readonly [string, unknown]): boolean => !columns.includes(name)
  return { values: new Map([...changes.values].filter(keep)), lookups: new Map([...changes.lookups].filter(keep)) }
}

/** PATCH on a row: updates it, or creates it where it is missing, as the conditions allow. */
export function patchRow(org: Org, request: ApiRequest, table: TableDefinition, key: RowKey): WriteReply {
  // "The $expand query option will be ignored if used", says the documentation of an update with data returned.
  allowWriteOptions(org, request, table, '$expand')
  requireMessage('Update', table)
  const match = readCondition(request.headers.get('If-Match'))
  const noneMatch = readCondition(request.headers.get('If-None-Match'))
  if (match.kind === 'etag' && !table.optimisticConcurrency) throw concurrencyNotEnabled(table.logicalName)
  const row = findRow(org.store, table, key)
  const context = requestContext(org, request)
  const { representation } = request.preferences
  const keyUrl =
    key.kind === 'alternate' ? `${request.root}${request.path.replace(/[^!-~]+/g, encodeURIComponent)}` : undefined
  if (row === undefined) {
    if (match.kind === 'etag' && org.knobs.missingRowWithEtagStatus === 412) throw versionMismatch()
    if (match.kind !== 'none') throw requireRowError(org, table, key)
    requireMessage('Create', table)
    if (key.kind === 'id' && isEmptyGuid(key.id)) throw invalidArgument('Expected non-empty Guid.')
    const changes = readPayload(org.store, table, bodyObject(request), request, 'create')
    if (changes.related !== undefined) throw notImplemented('deep insert by an upsert')
    const given = changes.values.get(table.primaryId)
    const id = key.kind === 'id' ? key.id : typeof given === 'string' ? given : org.store.newId()
    const created = createRow(context, table, id, withKey(org, table, key, changes))
    return answer(org, request, table, created, representation ? 201 : 204, keyUrl ?? entityUrl(request, table, id))
  }
  if (noneMatch.kind === 'any') throw recordExists()
  if (noneMatch.kind === 'etag' && noneMatch.etag === etagOf(row)) throw versionMismatch()
  if (match.kind === 'etag' && match.etag !== etagOf(row)) throw versionMismatch()
  const changes = readPayload(org.store, table, bodyObject(request), request, 'update')
  const updated = updateRow(context, table, row, withoutKey(org, table, key, changes))
  const entityId = org.knobs.patch204WithEntityId ? (keyUrl ?? entityUrl(request, table, row.id)) : undefined
  return answer(org, request, table, updated, representation ? 200 : 204, entityId)
}

function requireRowError(org: Org, table: TableDefinition, key: RowKey): Error {
  requireRow(org.store, table, key)
  return rowDoesNotExist(table.logicalName, key.kind === 'id' ? key.id : '')
}

function checkMatch(request: ApiRequest, table: TableDefinition, row: Row): void {
  allowConditions(request.headers, 'If-Match')
  const match = readCondition(request.headers.get('If-Match'))
  if (match.kind !== 'etag') return
  if (!table.optimisticConcurrency) throw concurrencyNotEnabled(table.logicalName)
  if (match.etag !== etagOf(row)) throw versionMismatch()
}

/** DELETE of a row. */
export function removeRow(org: Org, request: ApiRequest, table: TableDefinition, key: RowKey): WriteReply {
  allowOptions(request.query, [])
  requireMessage('Delete', table)
  const row = requireRow(org.store, table, key)
  checkMatch(request, table, row)
  deleteRow(requestContext(org, request), table, row)
  return { reply: emptyReply() }
}

function onlyMember(body: JsonObject, name: string, table: TableDefinition): Json | undefined {
  for (const member of body.keys()) {
    if (member !== name && !member.startsWith('@')) throw undeclaredProperty(member, table.logicalName)
  }
  return body.get(name)
}

/** PUT or DELETE of one property. */
export function writeProperty(
  org: Org,
  request: ApiRequest,
  table: TableDefinition,
  key: RowKey,
  name: string,
): WriteReply {
  allowOptions(request.query, [])
  requireMessage('Update', table)
  const row = requireRow(org.store, table, key)
  checkMatch(request, table, row)
  const column = org.schema.columnByWireName(table.logicalName, name)
  if (column === undefined) throw noSuchProperty(name, table.logicalName)
  const value = request.method === 'DELETE' ? null : onlyMember(bodyObject(request), 'value', table)
  if (value === undefined) throw badPayload("The payload has no member 'value'.")
  const changes = readPayload(org.store, table, new Map([[name, value]]), request, 'update')
  updateRow(requestContext(org, request), table, row, changes)
  return { reply: emptyReply(), row: { table: table.logicalName, id: row.id } }
}
