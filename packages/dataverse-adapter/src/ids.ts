import type { Filter, Json, TableMetadata } from '@outpost/core'
import { filterText } from './filter-text.ts'
import { jsonObject } from './json.ts'
import { query, readPage, type ReadContext, type WirePage } from './read-page.ts'
import { linkColumns, malformed, rowId, selectList } from './values.ts'
import { wireTable } from './wire-table.ts'

/** The ids of all matching rows, page by page, in the order of their keys. The contract is `MasterOrg.ids`. */
export async function* idPages(
  context: ReadContext & { readonly pageSize: number },
  request: { readonly table: TableMetadata; readonly filter: Filter | null },
  signal: AbortSignal,
): AsyncGenerator<readonly string[], void, undefined> {
  const { table, filter } = request
  let path: string | null =
    wireTable(table).entitySetName +
    query({
      $select: selectList(table, linkColumns(table)),
      $filter: filter === null ? undefined : filterText(table, filter),
      $orderby: `${table.primaryId} asc`,
    })
  while (path !== null) {
    const page: WirePage = await readPage(context, { path, pageSize: context.pageSize }, signal)
    yield page.rows.map((row) => idOf(table, row))
    path = page.next
  }
}

function idOf(table: TableMetadata, row: Json): string {
  const object = jsonObject(row)
  if (!object) throw malformed(table, 'a row that is not an object')
  return rowId(table, object)
}
