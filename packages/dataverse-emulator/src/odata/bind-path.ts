import { queryColumn } from '../conditions/query-column.ts'
import type { QueryColumn } from '../conditions/condition.ts'
import { badQuery, noSuchProperty, notImplemented } from '../errors.ts'
import type { Readable } from '../rows/readable-rows.ts'
import { lookupTarget } from '../rows/row-values.ts'
import type { Row } from '../rows/row.ts'
import { isStoredColumn } from '../schema.ts'
import type { ColumnDefinition, LookupBinding, Schema, TableDefinition } from '../schema.ts'
import type { Property } from './expression.ts'
import { isPrincipal } from './select.ts'

/** The row at the end of a way, or nothing where there is none that the reader may see. */
export type Follow = (row: Row) => Row | undefined

/** A way along single-valued navigation properties. */
export interface Way {
  readonly table: TableDefinition
  /** Undefined for the way of no steps. */
  readonly follow: Follow | undefined
}

/** What names are looked up in. */
export interface PathScope {
  readonly schema: Schema
  readonly readable: Readable
  readonly table: TableDefinition
}

function singleTarget(schema: Schema, { navigation, targets }: LookupBinding): TableDefinition {
  const [name = '', ...others] = targets
  const table = schema.table(name)
  if (others.length > 0 || table === undefined) {
    // `ownerid` leads to the abstract type `principal`, which has no columns that users and teams share.
    throw notImplemented(`a path through '${navigation}', which leads to several tables`)
  }
  return table
}

/** Finds a navigation property that leads to one row; collections and unknown names are refused. */
function binding(schema: Schema, table: TableDefinition, name: string): LookupBinding {
  const found = schema.lookupBindings(table.logicalName).get(name)
  if (found !== undefined) return found
  if (schema.collections(table.logicalName).has(name)) {
    throw badQuery(
      `The parent value for a property access of a property '${name}' is not a single value. Property access can only be applied to a single value.`,
    )
  }
  throw noSuchProperty(name, table.logicalName)
}

function step({ schema, readable }: PathScope, table: TableDefinition, name: string): Way {
  const { column, ...rest } = binding(schema, table, name)
  const other = singleTarget(schema, { column, ...rest })
  const { get } = readable(other)
  return {
    table: other,
    follow: (row) => {
      const target = lookupTarget(column, row.values)
      return target?.table === other.logicalName ? get(target.id) : undefined
    },
  }
}

/** The way that navigation properties lead; those who may not read a table on it at all are refused (403). */
function bindPath(scope: PathScope, path: readonly string[]): Way {
  let way: Way = { table: scope.table, follow: undefined }
  for (const name of path) {
    const { follow: before } = way
    const { table, follow } = step(scope, way.table, name)
    way = {
      table,
      follow:
        before === undefined || follow === undefined
          ? follow
          : (row) => {
              const at = before(row)
              return at === undefined ? undefined : follow(at)
            },
    }
  }
  return way
}

/** A column at the end of a way: where the way ends early there is no value. */
function atEnd({ table, follow }: Way, definition: ColumnDefinition): QueryColumn {
  const column = queryColumn(table, definition)
  if (follow === undefined) return column
  const { value } = column
  return {
    ...column,
    value: (row) => {
      const at = follow(row)
      return at === undefined ? null : value(at)
    },
  }
}

/** A column by its name on the wire. Users and teams also have `ownerid`, the key that both inherit. */
export function wireColumn(schema: Schema, table: TableDefinition, name: string): ColumnDefinition | undefined {
  const column = schema.columnByWireName(table.logicalName, name)
  if (column !== undefined || name !== 'ownerid' || !isPrincipal(table)) return column
  return schema.column(table.logicalName, table.primaryId)
}

/** The column a property of a filter means; unknown names are refused. */
export function bindProperty(scope: PathScope, { path, name }: Property): QueryColumn {
  const way = bindPath(scope, path)
  const definition = wireColumn(scope.schema, way.table, name)
  if (definition === undefined) throw noSuchProperty(name, way.table.logicalName)
  return atEnd(way, definition)
}

/** Query functions take a column's logical name; the wire name of a lookup is accepted as well. */
export function bindNamedProperty(scope: PathScope, property: Property): QueryColumn {
  const way = bindPath(scope, property.path)
  const column = scope.schema.column(way.table.logicalName, property.name)
  if (column !== undefined && isStoredColumn(column)) return atEnd(way, column)
  return bindProperty(scope, property)
}
