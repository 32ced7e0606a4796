import { targetKey } from '../schema.ts'
import type { CollectionNavigation, StoredValue, StoredValues, TableDefinition } from '../schema.ts'
import type { Reference } from './reference.ts'

/** What is done to a row. */
export type Verb = 'create' | 'update'

/** A lookup's new value: a row, or nothing. */
export type LookupValue = Reference | null

/** Rows that are created, and rows that are bound, together with the row they stand in. */
export interface Related {
  /** New rows that lookups of the row lead to, by lookup column. */
  readonly parents: readonly { readonly column: string; readonly table: TableDefinition; readonly changes: Changes }[]
  /** New rows of its collections. */
  readonly children: readonly {
    readonly navigation: CollectionNavigation
    readonly table: TableDefinition
    readonly changes: Changes
  }[]
  /** Existing rows that are put into its collections. */
  readonly members: readonly { readonly navigation: CollectionNavigation; readonly target: Reference }[]
}

/** What a write asks for: plain values and lookups by logical column name, and on a create what is nested in it. */
export interface Changes {
  readonly values: ReadonlyMap<string, StoredValue>
  readonly lookups: ReadonlyMap<string, LookupValue>
  readonly related?: Related
  /** When the change is said to have been made, where code of the server back-dates it. */
  readonly modifiedOn?: string
}

/** Lookups in their stored form. */
export function lookupValues(lookups: Changes['lookups']): StoredValues {
  const stored: Record<string, StoredValue> = {}
  for (const [column, target] of lookups) {
    stored[column] = target?.id ?? null
    stored[targetKey(column)] = target?.table ?? null
  }
  return stored
}

/** The table on the other side of a collection. */
export function memberOf(navigation: CollectionNavigation): string {
  return navigation.kind === 'ManyToMany' ? navigation.otherTable : navigation.relationship.referencingTable
}
