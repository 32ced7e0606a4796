import type { SchemaDraft } from '../schema.ts'
import { mergeSchemas } from './merge-schemas.ts'

/** A schema with the tables and columns that another has besides; what both have is taken from the first. */
export function completeSchema(schema: SchemaDraft, other: SchemaDraft): SchemaDraft {
  const more = new Map(other.tables.map((table) => [table.schemaName.toLowerCase(), table]))
  const tables = schema.tables.map((table) => {
    const columns = more.get(table.schemaName.toLowerCase())?.columns ?? []
    const known = new Set(table.columns.map((column) => column.logicalName))
    const added = columns.filter((column) => !known.has(column.logicalName) && !column.isPrimaryId)
    return added.length === 0 ? table : { ...table, columns: [...table.columns, ...added] }
  })
  // A column that was there already keeps its own relationships, or has none.
  const had = new Set(
    schema.tables.flatMap((table) =>
      table.columns.map((column) => `${table.schemaName.toLowerCase()}.${column.logicalName}`),
    ),
  )
  const oneToMany = (other.oneToMany ?? []).filter(
    (one) => !had.has(`${one.referencingTable}.${one.referencingColumn}`),
  )
  return mergeSchemas({ ...schema, tables }, { ...other, oneToMany })
}
