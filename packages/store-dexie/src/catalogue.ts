import { checkTables, OutpostError } from '@outpost/core'
import type { StoreColumn, StoreTable } from '@outpost/core'

/*
 * Tables and indexes are numbered, and a column has a slot in the array of its row's values. Numbers and slots are never
 * used again, so that what is left of a dropped one cannot be taken for another's, and most changes touch no row.
 */

/** An index and the number its keys begin with. */
export interface KeptIndex {
  readonly name: string
  readonly columns: readonly string[]
  readonly number: number
}

/** One table as IndexedDB keeps it. */
export interface KeptTable {
  readonly definition: StoreTable
  readonly number: number
  /** The column in each slot; null where it was dropped. */
  readonly slots: readonly (StoreColumn | null)[]
  readonly indexes: readonly KeptIndex[]
}

export interface KeptCatalogue {
  readonly tables: readonly KeptTable[]
  /** The number that the next table or index gets. */
  readonly next: number
}

export const EMPTY_CATALOGUE: KeptCatalogue = { tables: [], next: 1 }

/** What has to be done to the rows when the tables change. */
export interface CatalogueChange {
  readonly catalogue: KeptCatalogue
  /** Tables whose rows and bases go. */
  readonly dropped: readonly KeptTable[]
  /** Tables whose rows must get new index keys: how they were kept, and how they are kept now. */
  readonly reindexed: readonly { readonly before: KeptTable; readonly after: KeptTable }[]
  /** The names of all tables that are not what they were. */
  readonly changed: readonly string[]
}

/** The catalogue that the definitions make of the one before. */
export function redefine(before: KeptCatalogue, definitions: readonly StoreTable[]): CatalogueChange {
  checkTables(definitions)
  let { next } = before
  const dropped = before.tables.filter((old) => !definitions.some(({ name }) => name === old.definition.name))
  const changed = dropped.map((table) => table.definition.name)
  const reindexed: { before: KeptTable; after: KeptTable }[] = []
  const tables = definitions.map((definition): KeptTable => {
    const old = before.tables.find((table) => table.definition.name === definition.name)
    if (old && JSON.stringify(old.definition) === JSON.stringify(definition)) return old
    changed.push(definition.name)
    const kept = (old?.slots ?? []).map((slot) => (slot && definition.columns.some(same(slot)) ? slot : null))
    const added = definition.columns.filter((column) => !kept.some((slot) => slot && same(slot)(column)))
    const number = old?.number ?? next++
    const isNew = (column: string): boolean => added.some(({ name }) => name === column)
    const indexes = definition.indexes.map(({ name, columns }): KeptIndex => {
      const known = old?.indexes.find((index) => index.name === name && index.columns.join('\n') === columns.join('\n'))
      return known && !columns.some(isNew) ? known : { name, columns, number: next++ }
    })
    const table = { definition, number, slots: [...kept, ...added], indexes }
    if (old && !indexes.every((index) => old.indexes.includes(index))) reindexed.push({ before: old, after: table })
    return table
  })
  return { catalogue: { tables, next }, dropped, reindexed, changed }
}

export function tableOf(catalogue: KeptCatalogue, name: string): KeptTable {
  const table = catalogue.tables.find((candidate) => candidate.definition.name === name)
  if (table) return table
  throw new OutpostError('invalid', `the store has no table ${name}`, { place: { table: name, rule: 'unknown-table' } })
}

function same(column: StoreColumn): (other: StoreColumn) => boolean {
  return ({ name, type }) => name === column.name && type === column.type
}
