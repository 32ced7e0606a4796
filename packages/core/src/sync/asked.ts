import type { ConfiguredTable } from '../copy/configuration.ts'
import type { KeptTables } from '../copy/kept-tables.ts'
import { OutpostError } from '../errors.ts'

export interface CallOptions {
  readonly signal?: AbortSignal
}

export interface SyncOptions extends CallOptions {
  /** The tables to pull; all that are configured when absent. */
  readonly tables?: readonly string[]
  /** The name of a scope of the configuration: its tables, in its direction. Instead of `tables`. */
  readonly scope?: string
}

/** What a sync was asked for. */
export interface Asked {
  /** The tables to pull, as they are configured at that moment. */
  readonly tables: () => readonly ConfiguredTable[]
  readonly isDownOnly: boolean
}

/** Throws `invalid` for tables that are not configured, and for a scope that is not there or in the way of `tables`. */
export function askedOf(kept: KeptTables, { tables, scope: name }: Omit<SyncOptions, 'signal'>): Asked {
  const scope = name === undefined ? undefined : kept.configuration.scopes?.[name]
  if (name !== undefined && (!scope || tables)) {
    const message = scope ? `a scope and tables were both given` : `the configuration has no scope '${name}'`
    throw new OutpostError('invalid', message, { place: { rule: scope ? 'scope-and-tables' : 'unknown-scope' } })
  }
  const names = scope?.tables ?? tables
  for (const each of names ?? []) configured(kept.byName, each)
  const all = (): readonly ConfiguredTable[] => [...kept.byName.values()]
  return {
    tables: () => (names ? all().filter(({ metadata }) => names.includes(metadata.name)) : all()),
    isDownOnly: scope?.direction === 'down',
  }
}

/** The table as it is configured now. Throws `invalid` when it is not. */
export function configured(tables: ReadonlyMap<string, ConfiguredTable>, name: string): ConfiguredTable {
  const table = tables.get(name)
  if (table) return table
  throw new OutpostError('invalid', `table '${name}' is not among the tables this client org keeps`, {
    place: { table: name, rule: 'unknown-table' },
    remedy: 'Add the table to the configuration.',
  })
}
