import { columnReader } from '../conditions/query-column.ts'
import { columnKind } from '../odata/column-kind.ts'
import type { QueryValue } from '../odata/compare-values.ts'
import type { TableRows } from '../rows/table-rows.ts'
import type { Row } from '../rows/row.ts'
import { isLookupColumn } from '../schema.ts'
import type { ColumnDefinition, ManyToManyRelationship, TableDefinition } from '../schema.ts'
import type { FetchLink } from './fetch.ts'
import { attributePairMismatch, invalidLinkColumn, noManyToMany } from './refusals.ts'
import { columnOf } from './scope.ts'
import type { Scope, Slot } from './scope.ts'

/** The rows of a link that belong to a row of the table it is linked to. */
export type FindRows = (parent: Row) => Iterable<Row>

const NONE: readonly Row[] = []

function joinable(scope: Scope, slot: Pick<Slot, 'table'>, name: string): ColumnDefinition {
  const column = columnOf(scope, slot, name)
  const kind = columnKind(column)
  if (kind === undefined || column.type === 'MultiSelectPicklist' || column.attributeOf !== null) {
    throw invalidLinkColumn(name)
  }
  return column
}

/** The one column of a pair that was not given, from the relationship between the tables. */
function otherEnd(given: ColumnDefinition, table: TableDefinition, otherTable: TableDefinition): string {
  if (isLookupColumn(given) && given.targets.includes(otherTable.logicalName)) return otherTable.primaryId
  const lookups = otherTable.columns.filter((one) => isLookupColumn(one) && one.targets.includes(table.logicalName))
  const [lookup] = lookups
  if (!given.isPrimaryId || lookup === undefined || lookups.length > 1) throw attributePairMismatch()
  return lookup.logicalName
}

function keyOf(value: QueryValue): string {
  return typeof value === 'string' ? value.toLowerCase().trimEnd() : String(value)
}

/** Rows by a value that no index of the store knows; gathered once for the query. */
function gathered(rows: TableRows, column: ColumnDefinition): (key: string) => readonly Row[] {
  let byKey: Map<string, Row[]> | undefined
  const read = columnReader(column)
  return (key) => {
    if (byKey === undefined) {
      byKey = new Map()
      for (const row of rows.all()) {
        const value = read(row)
        if (value === null) continue
        const known = byKey.get(keyOf(value))
        if (known === undefined) byKey.set(keyOf(value), [row])
        else known.push(row)
      }
    }
    return byKey.get(key) ?? NONE
  }
}

function byColumns({ org }: Scope, table: TableDefinition, from: ColumnDefinition, to: ColumnDefinition): FindRows {
  const rows = org.store.rows(table.logicalName)
  const value = columnReader(to)
  if (from.isPrimaryId) {
    return (parent) => {
      const found = rows.get(keyOf(value(parent)))
      return found === undefined ? NONE : [found]
    }
  }
  const isId = isLookupColumn(from) || from.type === 'Uniqueidentifier'
  const find = isId ? (key: string) => rows.holding(from.logicalName, key) : gathered(rows, from)
  return (parent) => {
    const wanted = value(parent)
    return wanted === null ? NONE : find(keyOf(wanted))
  }
}

function throughIntersect(scope: Scope, one: TableDefinition, other: TableDefinition): FindRows {
  const { schema, store } = scope.org
  const connects = ({ table1, table2 }: ManyToManyRelationship): boolean =>
    (table1 === one.logicalName && table2 === other.logicalName) ||
    (table2 === one.logicalName && table1 === other.logicalName)
  const relationship = schema.relationshipsOf(one.logicalName).manyToMany.find(connects)
  if (relationship === undefined) throw noManyToMany(one.logicalName, other.logicalName)
  const forward = relationship.table1 === one.logicalName
  const here = forward ? relationship.column1 : relationship.column2
  const there = forward ? relationship.column2 : relationship.column1
  const links = store.rows(relationship.intersectTable)
  const rows = store.rows(other.logicalName)
  return (parent) => {
    const found: Row[] = []
    for (const link of links.holding(here, parent.id)) {
      const row = rows.get(String(link.values[there]))
      if (row !== undefined) found.push(row)
    }
    return found
  }
}

/**
 * How the rows of a link are found: by the columns given, by the one given and the relationship it belongs to, or
 * through the N:N relationship between the tables where none is given.
 */
export function findRows(scope: Scope, parent: Slot, table: TableDefinition, { from, to }: FetchLink): FindRows {
  if (from === undefined && to === undefined) return throughIntersect(scope, parent.table, table)
  const own = from === undefined ? undefined : joinable(scope, { table }, from)
  const other = to === undefined ? undefined : joinable(scope, parent, to)
  if (own !== undefined && other !== undefined) return byColumns(scope, table, own, other)
  if (own !== undefined) {
    return byColumns(scope, table, own, joinable(scope, parent, otherEnd(own, table, parent.table)))
  }
  if (other === undefined) throw attributePairMismatch()
  return byColumns(scope, table, joinable(scope, { table }, otherEnd(other, parent.table, table)), other)
}
