import { canonicalGuid, type MasterRow, OutpostError, relationshipOf, type TableMetadata } from '@outpost/core'
import { inText } from './filter-text.ts'
import { query, readPage, type ReadContext } from './read-page.ts'
import { LOOKUP_TABLE, masterRow, needsLookupTables, selectList } from './values.ts'
import { wireTable } from './wire-table.ts'

/** So many ids keep the URL below what plain GETs and the proxies on their way take. */
const IDS_PER_REQUEST = 100
/** A link needs two conditions, and a query takes about five hundred. */
const LINKS_PER_REQUEST = 40

/** The rows with these ids, as far as they exist and may be read. The contract is `MasterOrg.read`. */
export async function readRows(
  context: ReadContext,
  request: { readonly table: TableMetadata; readonly columns: readonly string[]; readonly ids: readonly string[] },
  signal: AbortSignal,
): Promise<readonly MasterRow[]> {
  const { table, columns } = request
  const ids = [...new Set(request.ids)]
  const rows: MasterRow[] = []
  const size = relationshipOf(table) ? LINKS_PER_REQUEST : IDS_PER_REQUEST
  for (let from = 0; from < ids.length; from += size) {
    const chunk = ids.slice(from, from + size)
    let path: string | null =
      wireTable(table).entitySetName +
      query({ $select: selectList(table, columns), $filter: oneOf(table, chunk), $orderby: `${table.primaryId} asc` })
    const annotations = needsLookupTables(table, columns) ? [LOOKUP_TABLE] : []
    while (path !== null) {
      const page = await readPage(context, { path, pageSize: size, annotations }, signal)
      rows.push(...page.rows.map((row) => masterRow(table, columns, row)))
      path = page.next
    }
  }
  return rows
}

function oneOf(table: TableMetadata, ids: readonly string[]): string {
  const relationship = relationshipOf(table)
  if (!relationship)
    return inText(
      table.primaryId,
      ids.map((id) => guid(table, id)),
    )
  const { first, second } = relationship
  return ids
    .map((id) => {
      const [firstId = '', secondId = ''] = id.split(':')
      return `(${first.column} eq ${guid(table, firstId)} and ${second.column} eq ${guid(table, secondId)})`
    })
    .join(' or ')
}

function guid(table: TableMetadata, text: string): string {
  const canonical = canonicalGuid(text)
  if (canonical !== null) return canonical
  throw new OutpostError('invalid', `"${text}" is not the id of a row of table "${table.name}"`, {
    place: { table: table.name, row: text, rule: 'row-id' },
  })
}
