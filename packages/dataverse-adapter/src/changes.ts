import {
  canonicalGuid,
  type ChangesPage,
  type ChangesRequest,
  type Json,
  MasterError,
  OutpostError,
  relationshipOf,
  type RowVersion,
  type TableMetadata,
} from '@outpost/core'
import { jsonAnswer, notDataverse } from './answer.ts'
import type { BatchRequest } from './batch.ts'
import { jsonObject, type JsonObject } from './json.ts'
import { pathOfLink, query, type ReadContext } from './read-page.ts'
import type { WireResponse } from './transport.ts'
import { malformed, rowId, selectList } from './values.ts'
import { wireTable } from './wire-table.ts'

/** Where a reading of changes stands: in the middle of its pages, or at the end of them. Plain JSON. */
type Token = { readonly page: string } | { readonly since: string }

/** One page of what change tracking has to tell of a table. The contract is `MasterOrg.changes`. */
export async function changesPage(
  context: ReadContext,
  request: ChangesRequest,
  signal: AbortSignal,
): Promise<ChangesPage> {
  const { transport, timeoutMs } = context
  const response = await transport.send({ ...changesGet(request), timeoutMs }, signal)
  return changesIn(context, request.table, response)
}

/** The request for a page of changes, as it can be sent alone or in a batch. Throws `rejected` for links. */
export function changesGet({ table, pageSize, token: given }: ChangesRequest): BatchRequest {
  if (relationshipOf(table)) throw unnamedLinks(table)
  const token = readToken(table, given)
  const path =
    token === null ? wireTable(table).entitySetName + query({ $select: selectList(table, []) }) : pathOf(token)
  const tracked = token === null || 'page' in token ? 'odata.track-changes,' : ''
  return { method: 'GET', path, headers: { Prefer: `${tracked}odata.maxpagesize=${pageSize}` } }
}

/** What the answer to `changesGet` says. Throws the `MasterError` that it means. */
export function changesIn(
  context: Pick<ReadContext, 'root'>,
  table: TableMetadata,
  response: WireResponse,
): ChangesPage {
  const body = jsonAnswer(response)
  const { value: rows, '@odata.nextLink': next, '@odata.deltaLink': delta } = body
  if (!Array.isArray(rows)) throw notDataverse(response, 'a collection without rows')
  const changed: RowVersion[] = []
  const deleted: string[] = []
  for (const wire of rows as readonly Json[]) {
    const row = jsonObject(wire)
    if (!row) throw malformed(table, 'a row that is not an object')
    if (isDeletion(row)) deleted.push(deletedId(table, row))
    else changed.push({ id: rowId(table, row), version: versionOf(row) })
  }
  if (typeof next === 'string') {
    return { changed, deleted, token: { page: pathOfLink(context.root, next, response) }, more: true }
  }
  if (typeof delta !== 'string') throw notDataverse(response, 'changes without a link to what comes after them')
  return { changed, deleted, token: { since: pathOfLink(context.root, delta, response) }, more: false }
}

function pathOf(token: Token): string {
  return 'page' in token ? token.page : token.since
}

function readToken(table: TableMetadata, token: Json): Token | null {
  if (token === null) return null
  const kept = jsonObject(token)
  const { page, since } = kept ?? {}
  const path = page ?? since
  // A link that was kept is followed only to where this table is.
  if (typeof path === 'string' && path.startsWith(`${wireTable(table).entitySetName}?`)) {
    return page === undefined ? { since: path } : { page: path }
  }
  throw new OutpostError('invalid', `the token for changes of table "${table.name}" was not made by this adapter`, {
    place: { table: table.name, rule: 'foreign-checkpoint' },
  })
}

/** Deletions are told by the key of the row in the table of links, which nobody keeps: links are known by their ends. */
function unnamedLinks(table: TableMetadata): MasterError {
  return new MasterError('rejected', `change tracking does not tell which links of "${table.name}" were removed`, {
    place: { table: table.name, rule: 'tracked-links' },
    remedy: 'Leave change tracking of this table off; its removed links are found by comparison.',
    mayHaveArrived: false,
  })
}

function isDeletion(row: JsonObject): boolean {
  const context = row['@odata.context']
  return typeof context === 'string' && context.endsWith('/$deletedEntity')
}

function deletedId(table: TableMetadata, row: JsonObject): string {
  const id = typeof row['id'] === 'string' ? canonicalGuid(row['id']) : null
  if (id === null) throw malformed(table, 'a deletion without its id')
  return id
}

function versionOf(row: JsonObject): string | null {
  const etag = row['@odata.etag']
  return typeof etag === 'string' && etag !== '' ? etag : null
}
