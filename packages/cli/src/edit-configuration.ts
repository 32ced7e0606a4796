import { OutpostError } from '@outpost/core'
import type { Configuration, ConflictPolicy, TableConfiguration } from '@outpost/core'

/** What `configure` changes in one table; null takes an option away. */
export type TableEdit = { readonly [name in keyof TableConfiguration]?: TableConfiguration[name] | null }

/** The configuration with one table added or edited. */
export function withTable(configuration: Configuration, name: string, edit: TableEdit): Configuration {
  const merged = { ...configuration.tables[name], ...edit }
  const kept = Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null))
  return { ...configuration, tables: { ...configuration.tables, [name]: kept } }
}

/** The configuration without a table. Throws `invalid` when it is not there. */
export function withoutTable(configuration: Configuration, name: string): Configuration {
  if (!Object.hasOwn(configuration.tables, name)) {
    throw new OutpostError('invalid', `table '${name}' is not configured`, {
      place: { table: name, rule: 'unknown-table' },
    })
  }
  const tables = Object.fromEntries(Object.entries(configuration.tables).filter(([table]) => table !== name))
  return { ...configuration, tables }
}

export const CONFLICT_POLICIES: readonly ConflictPolicy[] = [
  'merge',
  'server-wins',
  'client-wins',
  'client-row-wins',
  'manual',
]
