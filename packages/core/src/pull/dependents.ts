import type { ConfiguredTable } from '../copy/configuration.ts'
import type { StoreWriter } from '../ports/store.ts'
import { makeDue } from './checkpoint.ts'

/**
 * Makes a comparison due for the tables whose wanted rows depend on rows of this one, in the store transaction that changes
 * those: a row can come into or fall out of what is wanted without having changed itself.
 */
export async function dependentsDue(
  tx: StoreWriter,
  tables: ReadonlyMap<string, ConfiguredTable>,
  table: string,
): Promise<void> {
  const dependents = [...tables.values()].filter((other) => relatedTables(other).has(table))
  await makeDue(
    tx,
    dependents.map(({ metadata }) => metadata.name).filter((name) => name !== table),
    'related-changed',
  )
}

/** The other tables whose rows decide which rows of a table are wanted. Of FetchXML only the names are known here. */
export function relatedTables({ scope, metadata }: ConfiguredTable): ReadonlySet<string> {
  const linked = [...(scope.fetchXml ?? '').matchAll(/<link-entity\b[^>]*?\bname\s*=\s*(["'])([^"']+)\1/g)]
  const names = [...linked.map((match) => match[2] ?? ''), ...(scope.related ?? []).map(({ table }) => table.name)]
  return new Set(names.filter((name) => name !== metadata.name))
}
