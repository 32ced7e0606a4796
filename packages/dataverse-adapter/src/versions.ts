import type { Json, RowScope, RowVersion, TableMetadata } from '@outpost/core'
import { filterText } from './filter-text.ts'
import { jsonObject } from './json.ts'
import { query, readPage, type ReadContext, type WirePage } from './read-page.ts'
import { linkColumns, malformed, rowId, selectList } from './values.ts'
import { wireTable } from './wire-table.ts'

/** Ids and versions of all wanted rows, page by page, in the order of their keys. The contract is `MasterOrg.versions`. */
export async function* versionPages(
  context: ReadContext & { readonly pageSize: number },
  request: { readonly table: TableMetadata; readonly scope: RowScope },
  signal: AbortSignal,
): AsyncGenerator<readonly RowVersion[], void, undefined> {
  const { table, scope } = request
  let path: string | null =
    wireTable(table).entitySetName +
    query({
      $select: selectList(table, linkColumns(table)),
      $filter: scope.filter === null ? undefined : filterText(table, scope.filter),
      $orderby: `${table.primaryId} asc`,
    })
  while (path !== null) {
    const page: WirePage = await readPage(context, { path, pageSize: context.pageSize }, signal)
    yield page.rows.map((row) => versionOf(table, row))
    path = page.next
  }
}

function versionOf(table: TableMetadata, row: Json): RowVersion {
  const object = jsonObject(row)
  if (!object) throw malformed(table, 'a row that is not an object')
  const version = object['@odata.etag']
  return { id: rowId(table, object), version: typeof version === 'string' ? version : null }
}
