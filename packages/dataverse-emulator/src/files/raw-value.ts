import { methodNotAllowed } from '../errors.ts'
import { allowConditions } from '../http/headers.ts'
import { emptyReply } from '../http/reply.ts'
import type { Reply } from '../http/reply.ts'
import type { ApiRequest } from '../http/request.ts'
import { allowOptions } from '../odata/query-options.ts'
import type { Org } from '../org.ts'
import { requireReach } from '../rows/access.ts'
import { readableBy } from '../rows/readable-rows.ts'
import type { Row } from '../rows/row.ts'
import { valueText } from '../rows/write-row.ts'
import type { ColumnDefinition, TableDefinition } from '../schema.ts'

/** GET of `/set(id)/column/$value`: the value itself as text, 204 for null. */
export function readRawValue(
  org: Org,
  request: ApiRequest,
  table: TableDefinition,
  row: Row,
  column: ColumnDefinition,
): Reply {
  if (request.method !== 'GET') throw methodNotAllowed(request.method)
  allowConditions(request.headers)
  allowOptions(request.query, [])
  requireReach(org.store, table, request.user, 'read', row)
  const { mask } = readableBy(org.store, request.user)(table)
  const seen = mask === undefined ? row : mask(row)
  const written = valueText(org.store, column, seen)
  if (written === undefined) return emptyReply()
  const value: unknown = written.startsWith('"') ? JSON.parse(written) : written
  return { status: 200, headers: { 'Content-Type': 'text/plain', 'OData-Version': '4.0' }, body: String(value) }
}
