import { emptyReply, JSON_TYPE, jsonReply, jsonTextReply } from '../http/reply.ts'
import type { Reply } from '../http/reply.ts'
import { allowConditions, readCondition } from '../http/headers.ts'
import type { ApiRequest } from '../http/request.ts'
import { RawJson, writeJson } from '../json/write.ts'
import { allowOptions } from '../odata/query-options.ts'
import { parseSelect } from '../odata/select.ts'
import type { Projection } from '../expand/projection.ts'
import { projectionOf } from '../expand/projection.ts'
import { projectionWriter } from '../expand/write-projection.ts'
import type { Org } from '../org.ts'
import { requireReach } from '../rows/access.ts'
import { noSuchProperty, notImplemented } from '../errors.ts'
import { readableBy } from '../rows/readable-rows.ts'
import type { Row } from '../rows/row.ts'
import { etagOf, rowText, valueText } from '../rows/write-row.ts'
import type { TableDefinition } from '../schema.ts'
import { wireName } from '../schema.ts'
import { applied, appliedAnnotations, rowQuery } from './read-scope.ts'

/** A row as the body of an answer, with its context. */
export function rowBody(org: Org, request: ApiRequest, row: Row, projection: Projection): string {
  const { table, context: columns } = projection
  const set = `${table.entitySetName}${columns === undefined ? '' : `(${columns})`}`
  const context = writeJson(`${request.root}$metadata#${set}/$entity`)
  const text = rowText(projectionWriter(org, request, projection), row)
  return `{"@odata.context":${context},${text.slice(1)}`
}

/** GET of one row. 304 for a version the caller has, unless annotations or rows around it were asked for. */
export function readRow(org: Org, request: ApiRequest, table: TableDefinition, row: Row): Reply {
  allowOptions(request.query, ['$select', '$expand', '$filter', '@'])
  allowConditions(request.headers, 'If-None-Match')
  requireReach(org.store, table, request.user, 'read', row)
  // A sample of the documentation filters a single row, by what is true of it; what else happens is told nowhere.
  if (request.query.options.has('$filter') && rowQuery(org, request, table).condition(row) !== true)
    throw notImplemented('$filter of a single row that it leaves out')
  const projection = projectionOf(org, request, table, { one: true })
  const condition = readCondition(request.headers.get('If-None-Match'))
  if (condition.kind === 'any') throw notImplemented('If-None-Match: * on a read')
  const etag = etagOf(row)
  const plain =
    request.preferences.annotations.length === 0 && projection.expansions.length === 0 && table.optimisticConcurrency
  if (condition.kind === 'etag' && condition.etag === etag && plain)
    return emptyReply({ 'Content-Type': JSON_TYPE }, 304)
  return jsonTextReply(rowBody(org, request, row, projection), {
    ETag: etag,
    ...applied(appliedAnnotations(request)),
  })
}

/** GET of one property: its value in an object, or 204 for null. */
export function readProperty(org: Org, request: ApiRequest, table: TableDefinition, row: Row, name: string): Reply {
  allowOptions(request.query, [])
  allowConditions(request.headers)
  requireReach(org.store, table, request.user, 'read', row)
  const { mask } = readableBy(org.store, request.user)(table)
  const seen = mask === undefined ? row : mask(row)
  const column = parseSelect(org.schema, table, name).columns.find((one) => wireName(one) === name)
  if (column === undefined) throw noSuchProperty(name, table.logicalName)
  const value = valueText(org.store, column, seen)
  if (value === undefined) return emptyReply()
  const context = `${request.root}$metadata#${table.entitySetName}(${row.id})/${name}`
  return jsonReply({ '@odata.context': context, value: new RawJson(value) })
}
