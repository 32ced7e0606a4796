import { isLookupColumn, isStoredColumn, targetKey } from '../schema.ts'
import type { StoredValue, TableDefinition } from '../schema.ts'

/**
 * Makes empty rows for a table: every column in the same order, without a value. All rows of a table then share one
 * layout in the engine, which is what keeps a million of them small and quick to read.
 */
export function rowShape(table: TableDefinition): () => Record<string, StoredValue> {
  const names: string[] = []
  for (const column of table.columns) {
    if (!isStoredColumn(column) || column.logicalName === 'versionnumber') continue
    names.push(column.logicalName)
    if (isLookupColumn(column) && column.targets.length > 1) names.push(targetKey(column.logicalName))
  }
  // Filled property by property it would become a hash table in V8, and so would every copy: ten times slower to make.
  const empty: Record<string, StoredValue> = Object.fromEntries(names.map((name) => [name, null]))
  return () => ({ ...empty })
}
