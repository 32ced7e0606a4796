import { type Json, MasterError, type MetadataChanges, type MetadataChangesRequest } from '@outpost/core'
import { type JsonObject, jsonObject, jsonObjects } from './json.ts'
import { type MetadataContext, readDefinitions, readMetadataStamp, serverStamp, tablesIn } from './metadata.ts'
import { CHANGES } from './metadata-query.ts'
import { query, readPage } from './read-page.ts'
import { hasPart, keysOf, markOf, marksOf, readParts, type TableParts } from './table-parts.ts'

/**
 * What has changed since a copy that was read with `readMetadata` or completed by this.
 *
 * RetrieveMetadataChanges tells which tables are concerned, and no more is taken from it: they are read whole, as for a
 * fresh copy. What it does not tell (a key that was removed, a table whose ids are others because it was restored) shows
 * in the short list of all tables.
 */
export async function readMetadataChanges(
  context: MetadataContext,
  { since, known }: MetadataChangesRequest,
  signal: AbortSignal,
): Promise<MetadataChanges> {
  const stamp = await readMetadataStamp(context, signal)
  const answer = await context.messages.callFunction(
    'RetrieveMetadataChanges',
    {
      Query: { ...CHANGES },
      DeletedMetadataFilters: { enumType: 'Microsoft.Dynamics.CRM.DeletedMetadataFilters', member: DELETED },
      ClientVersionStamp: since,
    },
    signal,
  )
  const copy = partsByName(await known())
  const there = await readTableList(context, signal)
  const deleted = deletedIn(answer)
  const names = withCompanions(
    new Set([
      ...tablesIn(answer).flatMap(concernedBy),
      ...(deleted.size === 0 ? [] : concernedByDeleted(copy, deleted)),
      ...differing(copy, there),
    ]),
    copy,
  )
  const tables = await readDefinitions(context, [...names].toSorted(), signal)
  const found = new Set(tables.map(({ name }) => name))
  const removed = [...names].filter((name) => copy.has(name) && !found.has(name)).toSorted()
  return { stamp, since: serverStamp(answer), tables, removed }
}

/** `Default` are tables. Labels are left out: with one that is removed, what it is the label of has changed. */
const DELETED = 'Default,Attribute,Relationship,OptionSet'

type Copy = ReadonlyMap<string, TableParts>

function partsByName(known: ReadonlyMap<string, Json>): Copy {
  return new Map(
    [...known].map(([name, parts]) => [name, readParts(parts) ?? { id: '', marks: '', keys: '', with: [] }] as const),
  )
}

/** Tables that a changed table, or a relationship that came with it, concerns. */
function concernedBy(entity: JsonObject): readonly string[] {
  const relationships = ['OneToManyRelationships', 'ManyToOneRelationships', 'ManyToManyRelationships'].flatMap(
    (list) => jsonObjects(entity[list]),
  )
  const sides = relationships.flatMap((one) => [
    one['ReferencedEntity'],
    one['ReferencingEntity'],
    one['Entity1LogicalName'],
    one['Entity2LogicalName'],
    one['IntersectEntityName'],
  ])
  return [entity['LogicalName'], ...sides].filter((name): name is string => typeof name === 'string')
}

/** The marks of everything that was deleted. */
function deletedIn(answer: JsonObject): ReadonlySet<string> {
  const deleted = jsonObject(answer['DeletedMetadata'])
  const ids = jsonObjects(deleted?.['Values']).flatMap(({ Items: items }): readonly Json[] =>
    Array.isArray(items) ? (items as readonly Json[]) : [],
  )
  return new Set(ids.filter((id): id is string => typeof id === 'string').map(markOf))
}

/** A table that is gone takes its relationships along: those to whom they led are concerned, too. */
function concernedByDeleted(copy: Copy, deleted: ReadonlySet<string>): readonly string[] {
  const gone = [...copy.values()].filter(({ id }) => deleted.has(id))
  const all = new Set([...deleted, ...gone.flatMap(marksOf)])
  return [...copy].filter(([, parts]) => hasPart(parts, all)).map(([name]) => name)
}

type TableList = ReadonlyMap<string, { readonly id: string; readonly keys: string }>

async function readTableList(context: MetadataContext, signal: AbortSignal): Promise<TableList> {
  const path = `EntityDefinitions${query({
    $select: 'LogicalName,EntitySetName,PrimaryIdAttribute',
    $expand: 'Keys($select=LogicalName,EntityKeyIndexStatus)',
  })}`
  const { rows } = await readPage(context, { path, pageSize: 5_000, fresh: true }, signal)
  const entries = jsonObjects(rows).flatMap((entity) => {
    const { LogicalName: name, MetadataId: id, EntitySetName: set, PrimaryIdAttribute: key } = entity
    const hasRows = typeof set === 'string' && set !== '' && typeof key === 'string' && key !== ''
    return hasRows && typeof name === 'string' && typeof id === 'string'
      ? [[name, { id: markOf(id), keys: keysOf(entity) }] as const]
      : []
  })
  if (entries.length > 0) return new Map(entries)
  throw new MasterError('protocol', 'the answer of the master has no tables')
}

function differing(copy: Copy, there: TableList): readonly string[] {
  const changed = [...there].flatMap(([name, { id, keys }]) => {
    const mine = copy.get(name)
    return mine?.id === id && mine.keys === keys ? [] : [name]
  })
  return [...changed, ...[...copy.keys()].filter((name) => !there.has(name))]
}

/** What an intersect table links is told by the linked tables, so they are read with it. */
function withCompanions(names: ReadonlySet<string>, copy: Copy): ReadonlySet<string> {
  return new Set([...names].flatMap((name) => [name, ...(copy.get(name)?.with ?? [])]))
}
