import type { ColumnDefinition, GlobalChoice, RelationshipDefinition, TableDefinition } from './definitions.ts'
import { guidFrom } from './guid.ts'

type NewId = (metadataId: string) => string

/** Gives the components of another organisation made alike: new ids, each depending on the old one and `salt` alone. */
export function newIds(salt: string): NewId {
  return (metadataId) => guidFrom(`${salt}|${metadataId}`)
}

export function renewTable(table: TableDefinition, newId: NewId): TableDefinition {
  const column = (one: ColumnDefinition): ColumnDefinition => ({
    ...one,
    metadataId: newId(one.metadataId),
    ...(one.optionSetId === undefined ? {} : { optionSetId: newId(one.optionSetId) }),
  })
  return {
    ...table,
    metadataId: newId(table.metadataId),
    columns: table.columns.map(column),
    keys: table.keys.map((key) => ({ ...key, metadataId: newId(key.metadataId) })),
  }
}

export function renewRelationship(one: RelationshipDefinition, newId: NewId): RelationshipDefinition {
  return { ...one, metadataId: newId(one.metadataId) }
}

export function renewChoice(one: GlobalChoice, newId: NewId): GlobalChoice {
  return { ...one, metadataId: newId(one.metadataId) }
}
