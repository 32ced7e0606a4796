import type { TableMetadata } from '@outpost/core'

/** The function, done once for each table and list of columns: for what a batch needs with every one of its rows. */
export function onceForColumns<T extends object>(
  make: (table: TableMetadata, columns: readonly string[]) => T,
): (table: TableMetadata, columns: readonly string[]) => T {
  const made = new WeakMap<TableMetadata, WeakMap<readonly string[], T>>()
  return (table, columns) => {
    const ofTable = made.get(table) ?? new WeakMap<readonly string[], T>()
    made.set(table, ofTable)
    const known = ofTable.get(columns) ?? make(table, columns)
    ofTable.set(columns, known)
    return known
  }
}
