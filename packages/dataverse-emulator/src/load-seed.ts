import type { Org } from './org.ts'
import type { RowStore } from './rows/row-store.ts'
import { computeColumns, lookupTarget } from './rows/row-values.ts'
import type { User } from './rows/user.ts'
import { isLookupColumn } from './schema.ts'
import type { LookupColumn, Seed, StoredValue, TableDefinition } from './schema.ts'

type Draft = Record<string, StoredValue>

// A seed writes the id of an owner into each of a hundred thousand rows as a text of its own; here they share one.
function shareIds(store: RowStore, lookups: readonly LookupColumn[], draft: Draft): void {
  for (const column of lookups) {
    const target = lookupTarget(column, draft)
    const row = target === undefined ? undefined : store.rows(target.table).get(target.id)
    if (row !== undefined) draft[column.logicalName] = row.id
  }
}

/** Loads a seed's rows as they are, adding only what the server computes. */
export function loadSeed(org: Org, seed: Seed, user: User): void {
  const { store, organization, tracking } = org
  const context = { store, organization, tracking, user, enforcePrivileges: false }
  const lookupsOf = new Map<TableDefinition, readonly LookupColumn[]>()
  for (const { table: name, values } of seed.rows) {
    const table = org.schema.table(name)
    if (table === undefined) throw new RangeError(`the seed has a row of ${name}, which is no table`)
    const id = values[table.primaryId]
    if (typeof id !== 'string') throw new RangeError(`the seed has a row of ${name} without ${table.primaryId}`)
    const draft: Draft = store.blank(table)
    for (const column of Object.keys(values)) {
      if (!(column in draft))
        throw new RangeError(`the seed has a value for ${name}.${column}, which is no stored column`)
      draft[column] = values[column] ?? null
    }
    const lookups = lookupsOf.get(table) ?? table.columns.filter(isLookupColumn)
    lookupsOf.set(table, lookups)
    shareIds(store, lookups, draft)
    computeColumns(context, table, draft)
    store.insert(name, id, draft)
  }
}
