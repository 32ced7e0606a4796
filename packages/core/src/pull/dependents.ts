import type { ConfiguredTable } from '../copy/configuration.ts'
import type { RelatedRows, RowScope } from '../ports/master-org.ts'
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
    dependents.map(({ metadata }) => metadata.name),
    'related-changed',
  )
}

/**
 * The tables whose rows, by being related to them, decide which rows of a table are wanted; it can be among them itself. Of
 * FetchXML only the names are known here.
 */
export function relatedTables({ scope }: ConfiguredTable): ReadonlySet<string> {
  const linked = [...(scope.fetchXml ?? '').matchAll(/<link-entity\b[^>]*?\bname\s*=\s*(["'])([^"']+)\1/g)]
  const names = [...linked.map((match) => match[2] ?? ''), ...allRelated(scope).map(({ table }) => table.name)]
  return new Set(names)
}

/** The related rows of a scope, and those that are wanted because of these, and so on. */
export function allRelated({ related = [] }: Pick<RowScope, 'related'>): readonly RelatedRows[] {
  return related.flatMap((one) => [one, ...allRelated(one)])
}
