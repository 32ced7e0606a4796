import { indexKey, valuesInOrder } from '@outpost/core'
import type { ColumnValue, StoredRow } from '@outpost/core'
import type { KeptTable } from './catalogue.ts'
import type { RowRecord } from './schema.ts'

/** The record of the row. Throws `invalid` when the row does not fit its table. */
export function recordOf(table: KeptTable, row: StoredRow): RowRecord {
  const ordered = valuesInOrder(table.definition, row)
  const positions = slotPositions(table)
  const values = new Array<ColumnValue>(table.slots.length).fill(null)
  for (let at = 0; at < ordered.length; at++) values[positions[at] ?? at] = ordered[at] ?? null
  const keys = table.indexes.map(({ number, columns }) => [number, ...indexKey(row, columns)])
  return { t: table.number, id: row.id, v: row.version, r: values, k: keys }
}

/** The row of the record. */
export function rowOf(table: KeptTable, record: RowRecord): StoredRow {
  const { columns } = table.definition
  const positions = slotPositions(table)
  const values: Record<string, ColumnValue> = {}
  for (let at = 0; at < columns.length; at++) {
    const column = columns[at]
    if (column) values[column.name] = record.r[positions[at] ?? at] ?? null
  }
  return { id: record.id, version: record.v, values }
}

const positionsOf = new WeakMap<KeptTable, readonly number[]>()

/** The slot of each column of the definition. */
function slotPositions(table: KeptTable): readonly number[] {
  let positions = positionsOf.get(table)
  if (!positions) {
    positions = table.definition.columns.map(({ name }) => table.slots.findIndex((slot) => slot?.name === name))
    positionsOf.set(table, positions)
  }
  return positions
}
