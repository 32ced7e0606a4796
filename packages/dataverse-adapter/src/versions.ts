import type { Json, RowScope, RowVersion, TableMetadata } from '@outpost/core'
import { jsonObject, type JsonObject } from './json.ts'
import { readPage, type ReadContext, type WirePage } from './read-page.ts'
import { rowsPath } from './rows-path.ts'
import { malformed, rowIdReader } from './values.ts'
import { canRead, VERSION_COLUMN, wireTable } from './wire-table.ts'

/** Ids and versions of all wanted rows, page by page, in the order of their keys. The contract is `MasterOrg.versions`. */
export async function* versionPages(
  context: ReadContext & { readonly pageSize: number },
  request: { readonly table: TableMetadata; readonly scope: RowScope },
  signal: AbortSignal,
): AsyncGenerator<readonly RowVersion[], void, undefined> {
  const { table, scope } = request
  const { pageSize } = context
  wireTable(table)
  const idOf = rowIdReader(table)
  let path: string | null = rowsPath({ table, scope, columns: [], order: [table.primaryId], pageSize, linked: true })
  let last: string | undefined
  while (path !== null) {
    const page: WirePage = await readPage(context, { path, pageSize }, signal)
    const rows: RowVersion[] = []
    for (const wire of page.rows) {
      const row = versionOf(table, idOf, wire)
      // Joins give a row once for each that is joined to it, one after the other.
      if (row.id !== last) rows.push(row)
      last = row.id
    }
    yield rows
    path = page.next
  }
}

function versionOf(table: TableMetadata, idOf: (row: JsonObject) => string, row: Json): RowVersion {
  const object = jsonObject(row)
  if (!object) throw malformed(table, 'a row that is not an object')
  const version = object['@odata.etag'] ?? stampOf(table, object)
  return { id: idOf(object), version: typeof version === 'string' ? version : null }
}

function stampOf(table: TableMetadata, row: Readonly<Record<string, Json | undefined>>): string | null {
  const stamp = canRead(table, VERSION_COLUMN) ? row[VERSION_COLUMN] : undefined
  return typeof stamp === 'number' || typeof stamp === 'string' ? `W/"${stamp}"` : null
}
