import {
  canonicalGuid,
  type Filter,
  MasterError,
  type MasterRow,
  OutpostError,
  relationshipOf,
  type RowScope,
  type TableMetadata,
} from '@outpost/core'
import { jsonAnswer } from './answer.ts'
import { isVerdict } from './identify.ts'
import { query, readPage, type ReadContext, type WirePage } from './read-page.ts'
import { rowsPath } from './rows-path.ts'
import { LOOKUP_TABLE, needsLookupTables, rowReader } from './values.ts'
import { wireTable } from './wire-table.ts'

/** So many ids keep the URL below what plain GETs and the proxies on their way take. */
const IDS_PER_REQUEST = 100
/** A link needs two conditions, and a query takes about five hundred. */
const LINKS_PER_REQUEST = 40

const EVERYTHING: RowScope = { filter: null }

/** The rows with these ids, as far as they exist, may be read and are wanted. The contract is `MasterOrg.read`. */
export async function readRows(
  context: ReadContext,
  request: {
    readonly table: TableMetadata
    readonly columns: readonly string[]
    readonly ids: readonly string[]
    readonly scope?: RowScope
  },
  signal: AbortSignal,
): Promise<readonly MasterRow[]> {
  const { table, columns, scope = EVERYTHING } = request
  const ids = [...new Set(request.ids)]
  const rows = new Map<string, MasterRow>()
  const pageSize = relationshipOf(table) ? LINKS_PER_REQUEST : IDS_PER_REQUEST
  const annotations = needsLookupTables(table, columns) ? [LOOKUP_TABLE] : []
  for (let from = 0; from < ids.length; from += pageSize) {
    const conditions = [oneOf(table, ids.slice(from, from + pageSize))]
    const order = [table.primaryId]
    let path: string | null = rowsPath({ table, scope, columns, conditions, order, pageSize, linked: true })
    while (path !== null) {
      const page: WirePage = await readPage(context, { path, pageSize, annotations }, signal)
      const read = rowReader(table, columns, page)
      for (const row of page.rows.map(read)) rows.set(row.id, row)
      path = page.next
    }
  }
  return [...rows.values()]
}

/** Asks for the one row: a collection leaves out what is hidden as if it were not there. The contract is `MasterOrg.isGone`. */
export async function isGone(
  context: Pick<ReadContext, 'transport' | 'timeoutMs'>,
  { table, id }: { readonly table: TableMetadata; readonly id: string },
  signal: AbortSignal,
): Promise<boolean | null> {
  // Links have no key of their own.
  if (relationshipOf(table)) return null
  const path = `${wireTable(table).entitySetName}(${guid(table, id)})${query({ $select: table.primaryId })}`
  const response = await context.transport.send({ method: 'GET', path, timeoutMs: context.timeoutMs }, signal)
  try {
    jsonAnswer(response)
    return false
  } catch (error) {
    if (!isVerdict(error)) throw error
    return error instanceof MasterError && error.code === 'not-found'
  }
}

function oneOf(table: TableMetadata, ids: readonly string[]): Filter {
  const relationship = relationshipOf(table)
  if (!relationship) {
    const values = ids.map((id) => guid(table, id))
    return { kind: 'function', function: 'In', column: table.primaryId, values, position: 0 }
  }
  const { first, second } = relationship
  const parts = ids.map((id): Filter => {
    const [firstId = '', secondId = ''] = id.split(':')
    return {
      kind: 'and',
      parts: [isGuid(first.column, guid(table, firstId)), isGuid(second.column, guid(table, secondId))],
      position: 0,
    }
  })
  return { kind: 'or', parts, position: 0 }
}

function isGuid(column: string, value: string): Filter {
  return { kind: 'compare', column, operator: 'eq', value: { type: 'guid', value }, position: 0 }
}

function guid(table: TableMetadata, text: string): string {
  const canonical = canonicalGuid(text)
  if (canonical !== null) return canonical
  throw new OutpostError('invalid', `"${text}" is not the id of a row of table "${table.name}"`, {
    place: { table: table.name, row: text, rule: 'row-id' },
  })
}
