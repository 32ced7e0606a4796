import { OutpostError } from '../errors.ts'
import type { StoreColumn, StoreColumnType, StoredRow, StoreTable } from '../ports/store.ts'
import type { ColumnValue, Row } from '../row.ts'
import { decimalText } from '../rows/decimal.ts'

/** The row's values in the order of the table's columns, as `placeValues` gives them. */
export function valuesInOrder(table: StoreTable, row: StoredRow): ColumnValue[] {
  const ordered = new Array<ColumnValue>(table.columns.length)
  placeValues(table, row, (value, at) => (ordered[at] = value))
  return ordered
}

/**
 * Gives the row's values one by one, with the place of their column among the table's columns, null where absent. Throws
 * `invalid` for a column that the table does not have and for a value that is not of its column's type.
 */
export function placeValues(table: StoreTable, row: StoredRow, place: (value: ColumnValue, at: number) => void): void {
  const { columns } = table
  const { values } = row
  let found = 0
  for (let at = 0; at < columns.length; at++) {
    const column = columns[at] as StoreColumn
    const value = values[column.name]
    if (value === undefined) {
      place(null, at)
      continue
    }
    if (value !== null && !fits(value, column.type)) throw misfit(table, row, column)
    place(value, at)
    found++
  }
  let given = 0
  for (const name in values) if (values[name] !== undefined) given++
  if (given !== found) throw stranger(table, row)
}

/** Whether each value is of the type of its column. */
export function fitsTable({ columns }: StoreTable, values: Row): boolean {
  return columns.every(({ name, type }) => {
    const value = values[name] ?? null
    return value === null || fits(value, type)
  })
}

/** Whether a column of the type can hold the value. */
export function fits(value: string | number | boolean, type: StoreColumnType): boolean {
  if (type === 'text') return typeof value === 'string'
  if (type === 'boolean') return typeof value === 'boolean'
  // NaN and the infinities are not JSON, and no store could give them back.
  if (typeof value === 'number') return Number.isFinite(value)
  return type === 'decimal' && typeof value === 'string' && decimalText(value) !== ''
}

function misfit(table: StoreTable, row: StoredRow, { name, type }: StoreColumn): OutpostError {
  const value = JSON.stringify(row.values[name])
  return new OutpostError('invalid', `column ${name} of table ${table.name} holds ${type}, not ${value}`, {
    place: { table: table.name, row: row.id, column: name, rule: 'value-type' },
  })
}

function stranger(table: StoreTable, row: StoredRow): OutpostError {
  const known = new Set(table.columns.map((column) => column.name))
  const column = Object.keys(row.values).find((name) => !known.has(name)) ?? ''
  return new OutpostError('invalid', `table ${table.name} has no column ${column}`, {
    place: { table: table.name, row: row.id, column, rule: 'unknown-column' },
  })
}
