import { OutpostError } from '../errors.ts'
import type { StoreColumn, StoredRow, StoreTable } from '../ports/store.ts'
import type { ColumnValue } from '../row.ts'

/** The row's values in the order of the table's columns, null where absent. Throws `invalid` for a column it lacks. */
export function valuesInOrder(table: StoreTable, row: StoredRow): ColumnValue[] {
  const { columns } = table
  const { values } = row
  const ordered: ColumnValue[] = new Array<ColumnValue>(columns.length)
  let found = 0
  for (let at = 0; at < columns.length; at++) {
    const value = values[(columns[at] as StoreColumn).name]
    if (value === undefined) {
      ordered[at] = null
    } else {
      found++
      ordered[at] = value
    }
  }
  mustHaveAll(table, row, found)
  return ordered
}

function mustHaveAll(table: StoreTable, row: StoredRow, found: number): void {
  let given = 0
  for (const name in row.values) if (row.values[name] !== undefined) given++
  if (given === found) return
  const known = new Set(table.columns.map((column) => column.name))
  const column = Object.keys(row.values).find((name) => !known.has(name))
  throw new OutpostError('invalid', `table ${table.name} has no column ${column}`, {
    place: { table: table.name, row: row.id, ...(column === undefined ? {} : { column }), rule: 'unknown-column' },
  })
}
