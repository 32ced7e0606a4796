import { columnReader } from '../conditions/query-column.ts'
import { notImplemented } from '../errors.ts'
import { columnKind } from '../odata/column-kind.ts'
import type { ColumnKind } from '../odata/column-kind.ts'
import { comparison } from '../odata/compare-values.ts'
import type { QueryValue } from '../odata/compare-values.ts'
import { isLookupColumn } from '../schema.ts'
import type { ColumnDefinition } from '../schema.ts'
import type { Fetch, FetchOrder } from './fetch.ts'
import { noSuchOrderLink } from './refusals.ts'
import { columnOf, displayReader, NO_ROW } from './scope.ts'
import type { Scope, Slot, Tuple } from './scope.ts'

/** One term of a bound order. */
export interface OrderTerm {
  readonly slot: Slot
  readonly column: ColumnDefinition
  /** The element of the paging cookie that holds its values. */
  readonly name: string
  readonly kind: ColumnKind
  readonly compare: (a: QueryValue, b: QueryValue) => number
  readonly descending: boolean
  readonly value: (tuple: Tuple) => QueryValue
}

/** Where a combination of rows stands in the order. */
export type Place = readonly QueryValue[]

// Lookups are sorted by the name of what they lead to, choices by their labels unless raw values are asked for.
function sortsByText(column: ColumnDefinition, raw: boolean): boolean {
  if (isLookupColumn(column)) return true
  return !raw && (column.type === 'Picklist' || column.type === 'State' || column.type === 'Status')
}

function term(scope: Scope, slot: Slot, order: Pick<FetchOrder, 'attribute' | 'descending'>, raw: boolean): OrderTerm {
  const named = columnOf(scope, slot, order.attribute)
  const shown =
    named.attributeOf === null ? undefined : scope.org.schema.column(slot.table.logicalName, named.attributeOf)
  const column = shown !== undefined && named.logicalName === `${shown.logicalName}name` ? shown : named
  const byText = column !== named || sortsByText(column, raw)
  const kind = byText ? 'text' : columnKind(column)
  if (kind === undefined || column.attributeOf !== null)
    throw notImplemented(`ordering by the column '${order.attribute}'`)
  const read = byText ? displayReader(scope.org.store, column) : columnReader(column)
  return {
    slot,
    column,
    name: byText ? `${column.logicalName}name` : column.logicalName,
    kind,
    compare: comparison(kind),
    descending: order.descending,
    value: (tuple) => {
      const row = tuple[slot.index] ?? NO_ROW
      return row === NO_ROW ? null : read(row)
    },
  }
}

/**
 * The order of a query: the terms of the entity, in which links can be named, then those of the links. The primary key
 * is the last term, so that the order is total and a cookie can name a place in it; distinct rows have none.
 */
export function bindOrder(scope: Scope, root: Slot, fetch: Fetch): readonly OrderTerm[] {
  const raw = fetch.useRawOrderBy
  const terms = root.node.orders.map((order) => {
    const slot = order.entityName === undefined ? root : scope.names.get(order.entityName)
    if (slot === undefined) throw noSuchOrderLink()
    return term(scope, slot, order, raw)
  })
  for (const slot of scope.slots) {
    if (slot === root) continue
    for (const order of slot.node.orders) {
      if (order.entityName !== undefined) throw noSuchOrderLink()
      terms.push(term(scope, slot, order, raw))
    }
  }
  const hasKey = terms.some(({ slot, column }) => slot === root && column.isPrimaryId)
  if (hasKey || fetch.distinct) return terms
  return [...terms, term(scope, root, { attribute: root.table.primaryId, descending: false }, raw)]
}

/** Compares two places; nulls come first ascending, last descending. */
export function comparePlaces(terms: readonly OrderTerm[], a: Place, b: Place): number {
  for (let index = 0; index < terms.length; index++) {
    const term = terms[index]
    const left = a[index] ?? null
    const right = b[index] ?? null
    if (term === undefined || left === right) continue
    const order =
      left === null || right === null ? Number(left !== null) - Number(right !== null) : term.compare(left, right)
    if (order !== 0) return term.descending ? -order : order
  }
  return 0
}

/** The place of a combination of rows. */
export function placeOf(terms: readonly OrderTerm[], tuple: Tuple): Place {
  return terms.map(({ value }) => value(tuple))
}
