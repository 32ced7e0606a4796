import { badQuery, noSuchProperty, notImplemented } from '../errors.ts'
import type { Row } from '../rows/row.ts'
import { displayName } from '../rows/formatted-value.ts'
import type { RowStore } from '../rows/row-store.ts'
import { lookupTarget } from '../rows/row-values.ts'
import { isLookupColumn } from '../schema.ts'
import type { ColumnDefinition, LookupColumn, TableDefinition } from '../schema.ts'
import { columnReader } from '../conditions/query-column.ts'
import { columnKind } from './column-kind.ts'
import type { ColumnKind } from './column-kind.ts'
import { comparison } from './compare-values.ts'
import type { QueryValue } from './compare-values.ts'

/** One term of an order. */
export interface OrderTerm {
  readonly column: ColumnDefinition
  readonly kind: ColumnKind
  readonly direction: 'asc' | 'desc'
  readonly value: (row: Row) => QueryValue
}

/** Lookups are ordered by the name of what they lead to; the service has no order by their ids. */
function targetName(store: RowStore, column: LookupColumn): (row: Row) => QueryValue {
  return ({ values }) => {
    const target = lookupTarget(column, values)
    return target === undefined ? null : (displayName(store, target.table, target.id) ?? null)
  }
}

function term(
  store: RowStore,
  table: TableDefinition,
  column: ColumnDefinition | undefined,
  name: string,
  direction: 'asc' | 'desc',
): OrderTerm {
  if (column === undefined) throw noSuchProperty(name, table.logicalName)
  const kind = columnKind(column)
  if (kind === undefined) throw notImplemented(`ordering by a ${column.type} column`)
  if (isLookupColumn(column)) return { column, kind: 'text', direction, value: targetName(store, column) }
  return { column, kind, direction, value: columnReader(column) }
}

/** The column that a term names, an alias's value where it is one. */
function columnNamed(name: string, aliases: ReadonlyMap<string, string>): string {
  return name.startsWith('@') ? (aliases.get(name)?.trim() ?? '') : name
}

/**
 * Reads `$orderby`. The primary key is always the last term, so that the order is total and a cookie can name a place
 * in it; without `$orderby` it is the only one. `aliases` holds the `@name` options of the query.
 */
export function parseOrderBy(
  store: RowStore,
  table: TableDefinition,
  text: string | undefined,
  aliases: ReadonlyMap<string, string> = new Map(),
): readonly OrderTerm[] {
  const { schema } = store
  const terms: OrderTerm[] = []
  for (const part of text === undefined ? [] : text.split(',')) {
    const [written = '', direction = 'asc', ...rest] = part.trim().split(/\s+/)
    const name = columnNamed(written, aliases)
    if (name.includes('/')) throw notImplemented('lookup paths in $orderby')
    if (name.includes('(')) throw notImplemented('functions in $orderby')
    if (rest.length > 0 || name === '' || (direction !== 'asc' && direction !== 'desc')) {
      throw badQuery(`Syntax error at position ${(text ?? '').length} in '${text ?? ''}'.`)
    }
    terms.push(term(store, table, schema.columnByWireName(table.logicalName, name), name, direction))
  }
  if (terms.some(({ column }) => column.isPrimaryId)) return terms
  return [...terms, term(store, table, schema.column(table.logicalName, table.primaryId), table.primaryId, 'asc')]
}

/** Compares the places of two value lists in an order; nulls come first ascending, last descending. */
export function compareInOrder(
  terms: readonly OrderTerm[],
  a: readonly QueryValue[],
  b: readonly QueryValue[],
): number {
  for (const [index, { kind, direction }] of terms.entries()) {
    const left = a[index] ?? null
    const right = b[index] ?? null
    const order =
      left === null || right === null ? Number(left !== null) - Number(right !== null) : comparison(kind)(left, right)
    if (order !== 0) return direction === 'asc' ? order : -order
  }
  return 0
}
