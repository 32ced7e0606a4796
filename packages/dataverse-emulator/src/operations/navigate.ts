import { noSuchResource, rowDoesNotExist } from '../errors.ts'
import type { ApiRequest } from '../http/request.ts'
import { parseKey } from '../odata/resource-path.ts'
import type { PathSegment } from '../odata/resource-path.ts'
import type { Org } from '../org.ts'
import { requireReach } from '../rows/access.ts'
import { requireRow } from '../rows/find-row.ts'
import { relatedRows, tableOfCollection } from '../rows/related-rows.ts'
import { lookupTarget } from '../rows/row-values.ts'
import type { Row } from '../rows/row.ts'
import type { TableDefinition } from '../schema.ts'

/** A row on the way of a path, and the segments behind it. */
export interface Station {
  readonly table: TableDefinition
  readonly row: Row
  readonly rest: readonly PathSegment[]
}

/**
 * The next row on the way of a path: through a lookup that more segments follow, or to one row of a collection by its
 * key. Undefined where the path goes on in another way. The reader needs every row on the way.
 */
export function nextStation(
  org: Org,
  { user }: Pick<ApiRequest, 'user'>,
  table: TableDefinition,
  find: () => Row,
  [next, ...rest]: readonly PathSegment[],
): Station | undefined {
  if (next === undefined) return undefined
  const { schema, store } = org
  const binding = schema.lookupBindings(table.logicalName).get(next.name)
  if (binding !== undefined && next.inner === undefined) {
    const [after] = rest
    if (after === undefined || after.name === '$ref' || after.name === '$value') return undefined
    const row = find()
    requireReach(store, table, user, 'read', row)
    const target = lookupTarget(binding.column, row.values)
    if (target === undefined || !binding.targets.includes(target.table)) throw noSuchResource(after.name)
    const other = schema.table(target.table)
    const found = store.rows(target.table).get(target.id)
    if (other === undefined || found === undefined) throw rowDoesNotExist(target.table, target.id)
    return { table: other, row: found, rest }
  }
  const collection = schema.collections(table.logicalName).get(next.name)
  if (collection === undefined || next.inner === undefined || rest[0]?.name === '$ref') return undefined
  const row = find()
  requireReach(store, table, user, 'read', row)
  const other = tableOfCollection(schema, collection)
  const member = requireRow(store, other, parseKey(next.inner, other.primaryId))
  if (!relatedRows(store, table, row, collection).some(({ id }) => id === member.id)) {
    throw rowDoesNotExist(other.logicalName, member.id)
  }
  return { table: other, row: member, rest }
}
