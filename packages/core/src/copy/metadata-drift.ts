import type { Configuration, TableConfiguration } from './configuration.ts'
import { suitsRule } from '../conflicts/conflict-policy.ts'
import type { ConflictRule } from '../conflicts/conflict-policy.ts'
import { columnChanges, isRemadeTable } from './column-drift.ts'
import type { ColumnChange } from './column-drift.ts'
import { columnOf } from '../metadata.ts'
import type { TableMetadata } from '../metadata.ts'

/** One difference between the copy and the master that concerns a configured table. */
export type MetadataChange =
  | ColumnChange
  /** `table-added`: the master has a table again that had been retired. */
  | { readonly kind: 'table-added' | 'table-removed'; readonly table: string }
  /** It was removed and made anew under its name, or is that of another copy of the organisation. */
  | { readonly kind: 'table-remade'; readonly table: string }
  | { readonly kind: 'table-renamed'; readonly table: string; readonly from: string; readonly to: string }
  | { readonly kind: 'key-added' | 'key-removed'; readonly table: string; readonly key: string }
  | {
      readonly kind: 'relationship-added' | 'relationship-removed' | 'relationship-changed'
      readonly table: string
      readonly relationship: string
    }

/**
 * A part of a table's configuration that names what the master no longer has, and is left out from now on; or a rule for
 * conflicts in a column that has become another, which it does not suit: the policy of the table decides there.
 */
export interface DroppedOption {
  readonly table: string
  readonly option: 'columns' | 'indexes' | 'conflictRules'
  readonly column: string
}

/** A table that cannot be pulled with the metadata of now; its rows stay as they are. */
export interface StoppedByDrift {
  readonly table: string
  readonly code: string
  readonly message: string
  readonly remedy: string
}

/** What a new copy of the metadata changes for this client org. */
export interface MetadataDrift {
  readonly changes: readonly MetadataChange[]
  /** The configuration without the columns that the master no longer has, and the rules that do not suit any more. */
  readonly configuration: Configuration
  /** What of the configuration is left out. */
  readonly dropped: readonly DroppedOption[]
  /** Tables that are not pulled from now on, or still not. */
  readonly stopped: readonly StoppedByDrift[]
  /** The seqs of pending transactions that become Errors, because what they write has no place any more. */
  readonly refused: readonly number[]
  /** The seqs of pending transactions whose values are kept in the form that their columns have now. */
  readonly migrated: readonly number[]
}

/** Compares the configured tables of two copies of the metadata. */
export function metadataDrift(
  configuration: Configuration,
  before: ReadonlyMap<string, TableMetadata>,
  after: ReadonlyMap<string, TableMetadata>,
): Pick<MetadataDrift, 'changes' | 'configuration' | 'dropped'> {
  const changes: MetadataChange[] = []
  const dropped: DroppedOption[] = []
  const tables: Record<string, TableConfiguration> = {}
  for (const [name, table] of Object.entries(configuration.tables)) {
    const [old, fresh] = [before.get(name), after.get(name)]
    changes.push(...changesOf(name, old, fresh))
    tables[name] = fresh ? withoutRemoved(name, table, fresh, dropped) : table
  }
  return { changes, dropped, configuration: dropped.length === 0 ? configuration : { ...configuration, tables } }
}

function changesOf(
  table: string,
  old: TableMetadata | undefined,
  fresh: TableMetadata | undefined,
): readonly MetadataChange[] {
  if (old && fresh) return tableChanges(old, fresh)
  if (old) return [{ kind: 'table-removed', table }]
  return fresh ? [{ kind: 'table-added', table }] : []
}

/** What differs between two definitions of a table. */
function tableChanges(old: TableMetadata, fresh: TableMetadata): readonly MetadataChange[] {
  const table = fresh.name
  const renamed: readonly MetadataChange[] =
    old.label === fresh.label ? [] : [{ kind: 'table-renamed', table, from: old.label, to: fresh.label }]
  const remade: readonly MetadataChange[] = isRemadeTable(old, fresh) ? [{ kind: 'table-remade', table }] : []
  return [
    ...remade,
    ...renamed,
    ...columnChanges(old, fresh),
    ...keyChanges(old, fresh),
    ...relationshipChanges(old, fresh),
  ]
}

function keyChanges(old: TableMetadata, fresh: TableMetadata): readonly MetadataChange[] {
  const table = fresh.name
  const { added, gone } = compared(
    old.keys.map((key) => [key.name, key.columns.join()]),
    fresh.keys.map((key) => [key.name, key.columns.join()]),
  )
  return [
    ...added.map((key): MetadataChange => ({ kind: 'key-added', table, key })),
    ...gone.map((key): MetadataChange => ({ kind: 'key-removed', table, key })),
  ]
}

function relationshipChanges(old: TableMetadata, fresh: TableMetadata): readonly MetadataChange[] {
  const table = fresh.name
  const named = ({ oneToMany, manyToMany }: TableMetadata): readonly (readonly [string, string])[] =>
    [...oneToMany, ...manyToMany].map((one) => [one.name, JSON.stringify(one)])
  const { added, gone, changed } = compared(named(old), named(fresh))
  const as =
    (kind: Extract<MetadataChange, { relationship: string }>['kind']) =>
    (relationship: string): MetadataChange => ({ kind, table, relationship })
  return [
    ...added.map(as('relationship-added')),
    ...gone.map(as('relationship-removed')),
    ...changed.map(as('relationship-changed')),
  ]
}

interface Compared {
  readonly added: readonly string[]
  readonly gone: readonly string[]
  readonly changed: readonly string[]
}

function compared(
  old: readonly (readonly [string, string])[],
  fresh: readonly (readonly [string, string])[],
): Compared {
  const [before, after] = [new Map(old), new Map(fresh)]
  return {
    added: [...after.keys()].filter((name) => !before.has(name)),
    gone: [...before.keys()].filter((name) => !after.has(name)),
    changed: [...after].flatMap(([name, text]) => (before.has(name) && before.get(name) !== text ? [name] : [])),
  }
}

function withoutRemoved(
  table: string,
  given: TableConfiguration,
  fresh: TableMetadata,
  dropped: DroppedOption[],
): TableConfiguration {
  const local = given.localColumns ?? {}
  const known = (name: string): boolean => (columnOf(fresh, name)?.readable ?? false) || Object.hasOwn(local, name)
  const kept = (option: DroppedOption['option'], names: readonly string[]): boolean => {
    const missing = names.filter((name) => !known(name.replace(/\$table$/, '')))
    dropped.push(...missing.map((column) => ({ table, option, column })))
    return missing.length === 0
  }
  const suits = (name: string, rule: ConflictRule): boolean => {
    if (Object.hasOwn(local, name) || suitsRule(fresh, name, rule)) return true
    dropped.push({ table, option: 'conflictRules', column: name })
    return false
  }
  const { columns, conflictRules, indexes } = given
  return {
    ...given,
    ...(columns ? { columns: columns.filter((name) => kept('columns', [name])) } : {}),
    ...(conflictRules
      ? {
          conflictRules: Object.fromEntries(
            Object.entries(conflictRules).filter(([name, rule]) => kept('conflictRules', [name]) && suits(name, rule)),
          ),
        }
      : {}),
    ...(indexes ? { indexes: indexes.filter((index) => kept('indexes', index)) } : {}),
  }
}
