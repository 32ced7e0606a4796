import type { Configuration, TableConfiguration } from './configuration.ts'
import { columnOf } from '../metadata.ts'
import type { TableMetadata } from '../metadata.ts'

/** One difference between the copy and the master that concerns a configured table. */
export type MetadataChange =
  | { readonly kind: 'column-added' | 'column-removed'; readonly table: string; readonly column: string }
  | {
      readonly kind: 'column-retyped'
      readonly table: string
      readonly column: string
      readonly from: string
      readonly to: string
    }

/** What a new copy of the metadata changes for this client org. */
export interface MetadataDrift {
  readonly changes: readonly MetadataChange[]
  /** The configuration without the columns that the master no longer has. */
  readonly configuration: Configuration
}

/** Compares the configured tables of two copies of the metadata. */
export function metadataDrift(
  configuration: Configuration,
  before: ReadonlyMap<string, TableMetadata>,
  after: ReadonlyMap<string, TableMetadata>,
): MetadataDrift {
  const changes: MetadataChange[] = []
  const tables: Record<string, TableConfiguration> = {}
  for (const [name, table] of Object.entries(configuration.tables)) {
    const [old, fresh] = [before.get(name), after.get(name)]
    if (old && fresh) changes.push(...tableChanges(old, fresh))
    tables[name] = fresh ? withoutRemoved(table, fresh) : table
  }
  return { changes, configuration: { ...configuration, tables } }
}

function tableChanges(old: TableMetadata, fresh: TableMetadata): readonly MetadataChange[] {
  const table = fresh.name
  const added = fresh.columns
    .filter((column) => column.readable && !columnOf(old, column.name))
    .map((column): MetadataChange => ({ kind: 'column-added', table, column: column.name }))
  const rest = old.columns.flatMap((column): readonly MetadataChange[] => {
    const now = columnOf(fresh, column.name)
    if (!now) return [{ kind: 'column-removed', table, column: column.name }]
    if (now.type === column.type) return []
    return [{ kind: 'column-retyped', table, column: column.name, from: column.type, to: now.type }]
  })
  return [...added, ...rest]
}

function withoutRemoved(table: TableConfiguration, fresh: TableMetadata): TableConfiguration {
  const known = (name: string): boolean => columnOf(fresh, name) !== undefined
  return {
    ...table,
    ...(table.columns ? { columns: table.columns.filter(known) } : {}),
    ...(table.conflictRules ? { conflictRules: onlyKnown(table.conflictRules, known) } : {}),
    ...(table.indexes ? { indexes: table.indexes.filter((index) => index.every(known)) } : {}),
  }
}

function onlyKnown<T>(byColumn: Readonly<Record<string, T>>, known: (name: string) => boolean): Record<string, T> {
  return Object.fromEntries(Object.entries(byColumn).filter(([name]) => known(name)))
}
