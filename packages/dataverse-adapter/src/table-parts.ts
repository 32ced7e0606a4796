import type { Json, ManyToManyMetadata } from '@outpost/core'
import { jsonObject, type JsonObject, jsonObjects } from './json.ts'

/**
 * By what a change of the metadata is told to concern a table. Deletions are told by MetadataId alone, and those of keys
 * not at all.
 */
export interface TableParts {
  /** The mark of the table itself. */
  readonly id: string
  /** The marks of its columns, option sets and relationships, one after the other. */
  readonly marks: string
  readonly keys: string
  /** The tables that have to be read with it: those that an intersect table links. */
  readonly with: readonly string[]
}

/** So much of a MetadataId is kept: two that begin alike cost a reading too many, once in a great while. */
const MARK = 8

export function markOf(metadataId: string): string {
  return metadataId.slice(0, MARK).toLowerCase()
}

/** Whether one of the ids with these marks is a part of the table. */
export function hasPart({ id, marks }: TableParts, wanted: ReadonlySet<string>): boolean {
  if (wanted.has(id)) return true
  for (let at = 0; at < marks.length; at += MARK) if (wanted.has(marks.slice(at, at + MARK))) return true
  return false
}

export function marksOf({ marks }: TableParts): readonly string[] {
  return Array.from({ length: marks.length / MARK }, (_, index) => marks.slice(index * MARK, (index + 1) * MARK))
}

/** The parts of a table from its `EntityMetadata`. `links` are the many-to-many relationships it takes part in. */
export function partsOf(entity: JsonObject, links: readonly ManyToManyMetadata[]): Json {
  const columns = jsonObjects(entity['Attributes'])
  const components: readonly JsonObject[] = [
    ...columns,
    ...columns.map((column) => jsonObject(column['OptionSet'])).filter((options) => options !== undefined),
    ...jsonObjects(entity['OneToManyRelationships']),
    ...jsonObjects(entity['ManyToOneRelationships']),
    ...jsonObjects(entity['ManyToManyRelationships']),
  ]
  const sides = links.flatMap(({ first, second }) => [first.table, second.table])
  return {
    id: markOfComponent(entity),
    marks: [...new Set(components.map(markOfComponent))].toSorted().join(''),
    keys: keysOf(entity),
    with: entity['IsIntersect'] === true ? [...new Set(sides)].toSorted() : [],
  }
}

/** The keys of a table as text, which differs when one came, went or became usable. */
export function keysOf(entity: JsonObject): string {
  return jsonObjects(entity['Keys'])
    .map((key) => JSON.stringify([key['LogicalName'], key['EntityKeyIndexStatus']]))
    .toSorted()
    .join(',')
}

/** Parts as they were kept; undefined for what is none. */
export function readParts(parts: Json): TableParts | undefined {
  const { id, marks, keys, with: sides } = jsonObject(parts) ?? {}
  if (typeof id !== 'string' || typeof marks !== 'string' || typeof keys !== 'string') return undefined
  const named = Array.isArray(sides) ? sides.filter((side): side is string => typeof side === 'string') : []
  return { id, marks, keys, with: named }
}

function markOfComponent(component: JsonObject): string {
  const id = component['MetadataId']
  return typeof id === 'string' ? markOf(id) : ''
}
