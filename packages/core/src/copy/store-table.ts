import { columnOf, isPolymorphic } from '../metadata.ts'
import type { ColumnMetadata, TableMetadata } from '../metadata.ts'
import type { StoreColumnType, StoreTable } from '../ports/store.ts'
import { TARGET_SUFFIX } from '../row.ts'
import { wrongTable } from './check-shape.ts'
import type { Report } from './check-shape.ts'

/** The table as the store keeps it: the columns, the targets of polymorphic lookups, the indexes that can be made. */
export function storeTable(
  metadata: TableMetadata,
  columns: readonly string[],
  indexes: readonly (readonly string[])[],
  report: Report,
): StoreTable {
  const kept = columns.flatMap((name) => {
    const column = columnOf(metadata, name)
    const own = { name, type: column ? storeType(column) : ('text' as const) }
    return column && isPolymorphic(column) ? [own, { name: name + TARGET_SUFFIX, type: 'text' as const }] : [own]
  })
  for (const index of indexes) {
    if (index.length < 1 || index.length > 3) report(wrongTable(metadata, 'index', 'an index has one to three columns'))
    for (const name of index) {
      const column = kept.find((candidate) => candidate.name === name)
      if (!column) {
        report(wrongTable(metadata, 'not-selected', `an index needs column '${name}', which is not selected`, name))
      } else if (column.type === 'decimal') {
        const message = `column '${name}' holds exact decimals, which cannot be indexed`
        report(wrongTable(metadata, 'index', message, name))
      }
    }
  }
  return {
    name: metadata.name,
    columns: kept,
    indexes: indexes.map((index) => ({ name: index.join('+'), columns: index })),
  }
}

function storeType(column: ColumnMetadata): StoreColumnType {
  switch (column.type) {
    case 'integer':
    case 'double':
    case 'choice':
    case 'state':
    case 'status':
      return 'number'
    case 'boolean':
      return 'boolean'
    case 'decimal':
    case 'money':
    case 'bigint':
      return 'decimal'
    default:
      return 'text'
  }
}
