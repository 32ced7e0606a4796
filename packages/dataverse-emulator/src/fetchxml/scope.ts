import { columnReader, queryColumn } from '../conditions/query-column.ts'
import type { ConditionContext, QueryColumn } from '../conditions/condition.ts'
import { notImplemented } from '../errors.ts'
import type { QueryValue } from '../odata/compare-values.ts'
import { displayName, formattedValue } from '../rows/formatted-value.ts'
import type { RowStore } from '../rows/row-store.ts'
import { lookupTarget } from '../rows/row-values.ts'
import type { Row } from '../rows/row.ts'
import { isLookupColumn } from '../schema.ts'
import type { ColumnDefinition, Schema, SeedOrganization, TableDefinition } from '../schema.ts'
import type { FetchNode } from './fetch.ts'
import { noSuchAttribute, noSuchEntity } from './refusals.ts'

/** One combination of rows: that of the entity first, then one for each link. Filled and emptied while joining. */
export type Tuple = Row[]

/** Stands where a link has no row: every column of it is null. */
export const NO_ROW: Row = { id: '', version: 0n, values: {} }

/** The place of the entity or of a link in a tuple. */
export interface Slot {
  readonly index: number
  readonly table: TableDefinition
  readonly node: FetchNode
  /** What its columns are called by in the answer: the alias, or a name made up. */
  readonly name: string
  readonly visible: Visible
}

/** A row as the user sees it, without the values of columns withheld; undefined where the user may not see it. */
export type Visible = (row: Row) => Row | undefined

/** What a query needs of the organisation. */
export interface FetchOrg {
  readonly schema: Schema
  readonly store: RowStore
  readonly organization: SeedOrganization
}

/** What a query is bound against. */
export interface Scope {
  readonly org: FetchOrg
  readonly context: ConditionContext
  /** All slots so far, by index. */
  readonly slots: Slot[]
  /** The slots that conditions and orders may name. */
  readonly names: Map<string, Slot>
  /** What the user sees of a table; made once for each. */
  readonly visibleOf: (table: TableDefinition) => Visible
}

/** The table of an entity or link. */
export function tableOf({ org }: Scope, name: string): TableDefinition {
  const table = org.schema.table(name)
  if (table === undefined) throw noSuchEntity(name)
  return table
}

/** A column by the logical name that FetchXML uses. */
export function columnOf({ org }: Scope, { table }: Pick<Slot, 'table'>, name: string): ColumnDefinition {
  const column = org.schema.column(table.logicalName, name)
  if (column === undefined) throw noSuchAttribute(table.schemaName, name)
  return column
}

/** The text that people see for a value of the row: the name of what is looked up, the label of a choice. */
export function displayReader(store: RowStore, column: ColumnDefinition): (row: Row) => QueryValue {
  const name = column.logicalName
  if (isLookupColumn(column)) {
    return ({ values }) => {
      const target = lookupTarget(column, values)
      return target === undefined ? null : (displayName(store, target.table, target.id) ?? null)
    }
  }
  return ({ values }) => {
    const value = values[name] ?? null
    return value === null ? null : (formattedValue(store, column, value, values) ?? null)
  }
}

/** A column as conditions read it, the platform's `xname` companions of lookups and choices among them. */
export function conditionColumn(scope: Scope, slot: Slot, name: string): QueryColumn {
  const { org } = scope
  const definition = columnOf(scope, slot, name)
  if (definition.attributeOf !== null) {
    const shown = org.schema.column(slot.table.logicalName, definition.attributeOf)
    if (shown === undefined || name !== `${shown.logicalName}name`) {
      throw notImplemented(`filtering by the column '${name}'`)
    }
    const { attributeOf: _, ...facts } = definition
    const text: ColumnDefinition = { ...facts, attributeOf: null, type: 'String', maxLength: 4000, format: 'Text' }
    return { table: slot.table, definition: text, kind: 'text', value: displayReader(org.store, shown) }
  }
  const column = queryColumn(slot.table, definition)
  if (name !== 'versionnumber') return column
  const read = columnReader(definition)
  return { ...column, value: (row) => (row === NO_ROW ? null : read(row)) }
}
