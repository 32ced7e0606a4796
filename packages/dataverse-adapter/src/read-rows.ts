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
import { type PageRequest, query, readPage, readPages, type ReadContext } from './read-page.ts'
import { rowsPath } from './rows-path.ts'
import { LOOKUP_TABLE, needsLookupTables, rowReader } from './values.ts'
import { wireTable } from './wire-table.ts'

/** So many ids keep the URL below what plain GETs and the proxies on their way take. */
const IDS_PER_QUERY = 100
/** A link needs two conditions, and a query takes about five hundred. */
const LINKS_PER_QUERY = 40
/** Queries that go together: a round trip less for each, and still a small batch, as the master wishes them. */
const QUERIES_PER_REQUEST = 10

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
  const pageSize = relationshipOf(table) ? LINKS_PER_QUERY : IDS_PER_QUERY
  const annotations = needsLookupTables(table, columns) ? [LOOKUP_TABLE] : []
  const order = [table.primaryId]
  const queries = partsOf(ids, pageSize).map((part): PageRequest => {
    const conditions = [oneOf(table, part)]
    return {
      path: rowsPath({ table, scope, columns, conditions, order, pageSize, linked: true }),
      pageSize,
      annotations,
    }
  })
  for (const together of partsOf(queries, QUERIES_PER_REQUEST)) {
    for (const first of await readPages(context, together, signal)) {
      for (let page = first; ;) {
        for (const row of page.rows.map(rowReader(table, columns, page))) rows.set(row.id, row)
        if (page.next === null) break
        page = await readPage(context, { path: page.next, pageSize, annotations }, signal)
      }
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

function partsOf<T>(all: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, nth) => all.slice(nth * size, (nth + 1) * size))
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
