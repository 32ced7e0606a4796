import type { Filter, RowScope, TableMetadata } from '@outpost/core'
import { type FetchElement, fetchElement, fetchText } from './fetch-element.ts'
import { filterConditions } from './filter-conditions.ts'
import { allOf, filterText } from './filter-text.ts'
import { query } from './read-page.ts'
import { canRepeat, inFilter, needsFetchXml, scopeConditions } from './scope-conditions.ts'
import { selectedColumns } from './values.ts'
import { wireColumn, wireTable } from './wire-table.ts'

export interface RowsQuery {
  readonly table: TableMetadata
  readonly scope: RowScope
  /** Columns to read; with the key, and what the rows of links are known by. */
  readonly columns: readonly string[]
  /** What is asked of the rows besides. */
  readonly conditions?: readonly Filter[]
  /** Columns to sort by, ascending. */
  readonly order: readonly string[]
  readonly count?: boolean
  readonly pageSize: number
  /** True where the pages are read along their links, so that the order has to tell each row from all others. */
  readonly linked?: boolean
}

/** The path of the first page of some rows: a `$filter` where that can say what is wanted, FetchXML where not. */
export function rowsPath(request: RowsQuery): string {
  const { table, scope, conditions = [], order, count = false } = request
  const set = wireTable(table).entitySetName
  if (needsFetchXml(scope)) return set + query({ fetchXml: fetchText(fetch(request)) })
  const filters = [...(scope.filter === null ? [] : [scope.filter]), ...conditions]
  return (
    set +
    query({
      $select: selectedColumns(table, request.columns).map(wireColumn).join(','),
      $filter: allOf(filters.map((filter) => filterText(table, filter))),
      $orderby: order.map((name) => `${name} asc`).join(','),
      $count: count ? 'true' : undefined,
    })
  )
}

function fetch({ table, scope, columns, conditions = [], order, count, pageSize, linked }: RowsQuery): FetchElement {
  const { filters, links } = scopeConditions(table, scope)
  const asked = [...filters, ...conditions.map((filter) => inFilter(filterConditions(table, filter)))]
  const entity = fetchElement('entity', { name: table.name }, [
    ...selectedColumns(table, columns).map(({ name }) => fetchElement('attribute', { name })),
    ...order.map((attribute) => fetchElement('order', { attribute })),
    ...(asked.length > 1 ? [fetchElement('filter', { type: 'and' }, asked)] : asked),
    ...links,
  ])
  return fetchElement(
    'fetch',
    {
      count: String(pageSize),
      // Distinct rows have no place that the next page could begin behind.
      ...(linked !== true && canRepeat(links) ? { distinct: 'true' } : {}),
      ...(count === true ? { returntotalrecordcount: 'true' } : {}),
    },
    [entity],
  )
}
