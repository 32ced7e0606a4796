import type { Org } from './org.ts'
import type { RowStore } from './rows/row-store.ts'
import { computeColumns } from './rows/row-values.ts'
import type { User } from './rows/user.ts'
import { isLookupColumn, targetKey } from './schema.ts'
import type { Seed, StoredValue, StoredValues, TableDefinition } from './schema.ts'

type Draft = Record<string, StoredValue>

// A seed writes the id of an owner into each of a hundred thousand rows as a text of its own; here they share one.
function idSharing(store: RowStore, table: TableDefinition): (draft: Draft) => void {
  const lookups = table.columns
    .filter(isLookupColumn)
    .map(({ logicalName: name, targets: [target = ''] }) => ({ name, key: targetKey(name), target }))
  return (draft) => {
    for (const { name, key, target } of lookups) {
      const id = draft[name]
      if (typeof id !== 'string') continue
      const stored = draft[key]
      const row = store.rows(typeof stored === 'string' ? stored : target).get(id)
      if (row !== undefined) draft[name] = row.id
    }
  }
}

function fill(draft: Draft, values: StoredValues, table: string): void {
  for (const column in values) {
    if (!(column in draft))
      throw new RangeError(`the seed has a value for ${table}.${column}, which is no stored column`)
    draft[column] = values[column] ?? null
  }
}

/** Loads a seed's rows as they are, adding only what the server computes. */
export function loadSeed(org: Org, seed: Seed, user: User): void {
  const { store, organization, tracking } = org
  const context = { store, organization, tracking, user, enforcePrivileges: false }
  const sharing = new Map<TableDefinition, (draft: Draft) => void>()
  for (const row of seed.rows) {
    const { table: name } = row
    const table = org.schema.table(name)
    if (table === undefined) throw new RangeError(`the seed has a row of ${name}, which is no table`)
    const draft: Draft = store.blank(table)
    for (const values of row.parts ?? [row.values]) fill(draft, values, name)
    const id = draft[table.primaryId]
    if (typeof id !== 'string') throw new RangeError(`the seed has a row of ${name} without ${table.primaryId}`)
    const shareIds = sharing.get(table) ?? idSharing(store, table)
    sharing.set(table, shareIds)
    shareIds(draft)
    computeColumns(context, table, draft)
    store.insert(name, id, draft)
  }
}
