import { countChanges, isTracked, readChanges } from '../changes/read-changes.ts'
import { answerCsdl } from '../csdl/answer-csdl.ts'
import { methodNotAllowed, noSuchResource, notImplemented, rowDoesNotExist } from '../errors.ts'
import { answerFile } from '../files/file-requests.ts'
import { readRawValue } from '../files/raw-value.ts'
import { allowConditions, refuseFileHeaders } from '../http/headers.ts'
import { emptyReply, jsonTextReply } from '../http/reply.ts'
import type { Reply } from '../http/reply.ts'
import type { ApiRequest } from '../http/request.ts'
import { isPredefined, readPredefined } from '../fetchxml/read-fetch.ts'
import { answerMetadata } from '../metadata/answer.ts'
import type { PathSegment, RowKey } from '../odata/resource-path.ts'
import { schemaAsAsked } from '../metadata-cache.ts'
import { allowOptions } from '../odata/query-options.ts'
import { parseKey } from '../odata/resource-path.ts'
import { daysSetting } from '../org.ts'
import type { Org } from '../org.ts'
import { requireReach } from '../rows/access.ts'
import { keyName, refuseUnsafeKey, requireRow } from '../rows/find-row.ts'
import { relatedRows } from '../rows/related-rows.ts'
import { unknownContentId } from '../rows/resolve-reference.ts'
import { lookupTarget } from '../rows/row-values.ts'
import type { Row } from '../rows/row.ts'
import type { TableDefinition } from '../schema.ts'
import { countCollection, readCollection } from './read-collection.ts'
import { nextStation } from './navigate.ts'
import { readProperty, readRow } from './read-row.ts'
import { answerReference, memberTable } from './references.ts'
import { runOperation } from './run-operation.ts'
import { serviceDocument } from './service-document.ts'
import { patchRow, postRow, removeRow, writeProperty } from './write-row-request.ts'
import { writeRelated } from './write-related.ts'
import type { WriteReply } from './write-reply.ts'

/** Whether a segment behind a set or a row names a function or action rather than a property. */
function isOperation({ operations }: Org, name: string): boolean {
  return name.startsWith('Microsoft.Dynamics.CRM.') || operations.some((one) => one.name === name)
}

function listRows(org: Org, request: ApiRequest, table: TableDefinition, within?: readonly Row[]): Reply {
  return (isPredefined(request) ? readPredefined : readCollection)(org, request, table, within)
}

function trackedElsewhere(): Error {
  return notImplemented('change tracking of anything but a whole table')
}

function onCollection(org: Org, request: ApiRequest, table: TableDefinition, rest: readonly PathSegment[]): WriteReply {
  const [next, ...more] = rest
  const isRead = request.method === 'GET' && (next === undefined || next.name === '$count')
  if (request.preferences.trackChanges && !isRead) throw trackedElsewhere()
  if (next !== undefined) {
    const answer =
      more.length === 0 && isOperation(org, next.name)
        ? runOperation(org, request, next.name, next.inner, { table })
        : undefined
    if (answer !== undefined) return answer
    if (next.name !== '$count' || next.inner !== undefined || more.length > 0)
      throw notImplemented(`'${next.name}' on a collection`)
    if (request.method !== 'GET') throw methodNotAllowed(request.method)
    allowConditions(request.headers)
    const tracked = request.query.options.has('$deltatoken')
    if (request.preferences.trackChanges && !tracked) throw notImplemented('change tracking of a count')
    return { reply: tracked ? countChanges(org, request, table) : countCollection(org, request, table) }
  }
  if (request.method === 'POST') return postRow(org, request, table)
  if (request.method !== 'GET') throw methodNotAllowed(request.method)
  allowConditions(request.headers)
  return { reply: isTracked(request) ? readChanges(org, request, table) : listRows(org, request, table) }
}

function relatedRow(org: Org, request: ApiRequest, table: TableDefinition, row: Row, name: string): WriteReply {
  requireReach(org.store, table, request.user, 'read', row)
  const binding = org.schema.lookupBindings(table.logicalName).get(name)
  const target = binding === undefined ? undefined : lookupTarget(binding.column, row.values)
  if (binding === undefined || target === undefined || !binding.targets.includes(target.table)) {
    allowOptions(request.query, ['$select', '$expand', '@'])
    return { reply: emptyReply() }
  }
  const other = org.schema.table(target.table)
  const found = other === undefined ? undefined : org.store.rows(target.table).get(target.id)
  if (other === undefined || found === undefined) throw rowDoesNotExist(target.table, target.id)
  return { reply: readRow(org, request, other, found) }
}

// File and image columns, and the raw value (`/$value`) of any column.
function contentOf(
  org: Org,
  request: ApiRequest,
  table: TableDefinition,
  key: RowKey,
  [next, last, ...more]: readonly PathSegment[],
): WriteReply | undefined {
  const isRaw = last?.name === '$value' && more.length === 0
  const plain = next === undefined || next.inner !== undefined ? undefined : next.name
  const column = plain === undefined ? undefined : org.schema.columnByWireName(table.logicalName, plain)
  const isContent = column?.type === 'File' || (column?.type === 'Image' && request.method !== 'PUT')
  const isFile = isContent && (last === undefined || isRaw)
  if (!isFile) refuseFileHeaders(request.headers)
  if (column === undefined || (!isFile && !isRaw)) return undefined
  const row = requireRow(org.store, table, key)
  if (isFile && (column.type === 'File' || column.type === 'Image')) {
    return answerFile(org, request, { table, row, column }, isRaw)
  }
  return { reply: readRawValue(org, request, table, row, column) }
}

function underRow(
  org: Org,
  request: ApiRequest,
  table: TableDefinition,
  key: RowKey,
  rest: readonly PathSegment[],
): WriteReply {
  const [next, last, ...more] = rest
  if (request.preferences.trackChanges) throw trackedElsewhere()
  if (next === undefined) return onRow(org, request, table, key)
  const onward =
    request.method === 'GET'
      ? nextStation(org, request, table, () => requireRow(org.store, table, key), rest)
      : undefined
  if (onward !== undefined) return underRow(org, request, onward.table, { kind: 'id', id: onward.row.id }, onward.rest)
  const content = contentOf(org, request, table, key, rest)
  if (content !== undefined) return content
  if (last?.name === '$ref' && more.length === 0) {
    return answerReference(org, request, table, requireRow(org.store, table, key), next.name, next.inner)
  }
  const collection = org.schema.collections(table.logicalName).get(next.name)
  const isCount = last?.name === '$count' && more.length === 0
  if (collection !== undefined && next.inner === undefined && (last === undefined || isCount)) {
    const row = requireRow(org.store, table, key)
    if (request.method !== 'GET') {
      if (isCount) throw methodNotAllowed(request.method)
      return writeRelated(org, request, table, row, collection)
    }
    allowConditions(request.headers)
    requireReach(org.store, table, request.user, 'read', row)
    const within = relatedRows(org.store, table, row, collection)
    const other = memberTable(org, collection)
    return { reply: (isCount ? countCollection : listRows)(org, request, other, within) }
  }
  if (last !== undefined) throw notImplemented(`the path '${request.path}'`)
  if (isOperation(org, next.name)) {
    const answer = runOperation(org, request, next.name, next.inner, { table, row: requireRow(org.store, table, key) })
    if (answer !== undefined) return answer
  }
  if (next.inner !== undefined) throw notImplemented(`the path '${request.path}'`)
  if (org.schema.lookupBindings(table.logicalName).has(next.name)) {
    if (request.method !== 'GET') throw methodNotAllowed(request.method)
    return relatedRow(org, request, table, requireRow(org.store, table, key), next.name)
  }
  const column = org.schema.columnByWireName(table.logicalName, next.name)
  if (column === undefined) throw noSuchResource(next.name)
  if (request.method === 'PUT' || request.method === 'DELETE') return writeProperty(org, request, table, key, next.name)
  if (request.method !== 'GET') throw methodNotAllowed(request.method)
  return { reply: readProperty(org, request, table, requireRow(org.store, table, key), next.name) }
}

function onRow(org: Org, request: ApiRequest, table: TableDefinition, key: RowKey): WriteReply {
  switch (request.method) {
    case 'GET':
      return { reply: readRow(org, request, table, requireRow(org.store, table, key)) }
    case 'PATCH':
      return patchRow(org, request, table, key)
    case 'DELETE':
      return removeRow(org, request, table, key)
    case 'PUT':
      throw notImplemented('PUT on a row')
    default:
      throw methodNotAllowed(request.method)
  }
}

function onContentId(org: Org, request: ApiRequest, name: string, rest: readonly PathSegment[]): WriteReply {
  const reference = request.contents(name.slice(1))
  const table = reference === undefined ? undefined : org.schema.table(reference.table)
  if (reference === undefined || table === undefined) throw unknownContentId(name.slice(1))
  return underRow(org, request, table, { kind: 'id', id: reference.id }, rest)
}

/**
 * Answers one request of the Web API. Writes happen inside one transaction of the row store: what fails half way has
 * changed nothing.
 */
export function route(org: Org, request: ApiRequest): WriteReply {
  const [first, ...rest] = request.segments
  if (first === undefined) {
    if (request.preferences.trackChanges) throw trackedElsewhere()
    return { reply: serviceDocument(org, request) }
  }
  const { name, inner } = first
  if (
    inner === undefined &&
    (/^\$\d+$/.test(name) || (name.startsWith('$') && request.contents(name.slice(1)) !== undefined))
  )
    return org.store.atomically(() => onContentId(org, request, name, rest))
  const table = org.schema.tableBySet(name)
  if (table !== undefined) {
    return org.store.atomically(() => {
      if (inner === undefined) return onCollection(org, request, table, rest)
      const key = parseKey(inner, keyName(table))
      refuseUnsafeKey(key)
      return underRow(org, request, table, key, rest)
    })
  }
  refuseFileHeaders(request.headers)
  if (request.preferences.trackChanges) throw trackedElsewhere()
  const answer = rest.length === 0 ? runOperation(org, request, name, inner) : undefined
  if (answer !== undefined) return answer
  const schema = schemaAsAsked(org, request.headers)
  if (name === '$metadata' && inner === undefined && rest.length === 0) {
    return { reply: answerCsdl(org, request, schema) }
  }
  allowConditions(request.headers)
  const metadata = answerMetadata(schema, {
    ...request,
    nowMs: org.store.now(),
    stampLifetimeDays: daysSetting(org, 'expiresubscriptionsindays', 90),
  })
  if (metadata !== undefined) return { reply: jsonTextReply(metadata) }
  // Functions, actions and metadata sets begin with a capital or a dollar sign; entity sets do not.
  if (/^[A-Z$]/.test(name)) throw notImplemented(`'${name}'`)
  throw noSuchResource(name)
}
