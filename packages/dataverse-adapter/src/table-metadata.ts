import type { ManyToManyMetadata, OneToManyMetadata, PrivilegeKind, TableMetadata } from '@outpost/core'
import { columnMetadata, labelOf } from './column-metadata.ts'
import { jsonObject, type JsonObject, jsonObjects } from './json.ts'
import { partsOf } from './table-parts.ts'
import type { WireLink } from './wire-table.ts'

/** Definitions of all tables that have rows to read, from `EntityMetadata` objects. */
export function tableMetadata(entities: readonly JsonObject[]): readonly TableMetadata[] {
  const links = entities
    .flatMap((entity) => jsonObjects(entity['ManyToManyRelationships']))
    .flatMap((link) => linkOf(link) ?? [])
  const distinct = new Map(links.map((link) => [link.relationship.name, link]))
  return entities.flatMap((entity) => tableOf(entity, [...distinct.values()]) ?? [])
}

function textOf(object: JsonObject, property: string): string | null {
  const text = object[property]
  return typeof text === 'string' && text !== '' ? text : null
}

function tableOf(entity: JsonObject, links: readonly Link[]): TableMetadata | undefined {
  const name = textOf(entity, 'LogicalName')
  const entitySetName = textOf(entity, 'EntitySetName')
  const primaryId = textOf(entity, 'PrimaryIdAttribute')
  if (name === null || entitySetName === null || primaryId === null) return undefined
  const intersect = entity['IsIntersect'] === true
  const mine = links.filter(({ relationship }) =>
    intersect
      ? relationship.intersectTable === name
      : relationship.first.table === name || relationship.second.table === name,
  )
  return {
    name,
    label: labelOf(entity['DisplayName']) ?? name,
    primaryId,
    primaryName: textOf(entity, 'PrimaryNameAttribute'),
    ownership: ownershipOf(textOf(entity, 'OwnershipType')),
    intersect,
    ...privilegesOf(jsonObjects(entity['Privileges'])),
    versioned: entity['IsOptimisticConcurrencyEnabled'] === true,
    changeTracking: entity['ChangeTrackingEnabled'] === true,
    columns: jsonObjects(entity['Attributes'])
      .flatMap((attribute) => columnMetadata(attribute) ?? [])
      .map((column) => (LARGE[name] === column.name ? { ...column, large: true } : column)),
    keys: byName(jsonObjects(entity['Keys']).flatMap((key) => keyOf(key) ?? [])),
    oneToMany: byName(
      jsonObjects(entity['OneToManyRelationships']).flatMap((relationship) => oneToManyOf(relationship) ?? []),
    ),
    manyToMany: byName(mine.map(({ relationship }) => relationship)),
    wire: {
      entitySetName,
      lookups: lookupsOf(jsonObjects(entity['ManyToOneRelationships'])),
      links: Object.fromEntries(mine.map(({ relationship, wire }) => [relationship.name, { ...wire }])),
    },
    parts: partsOf(
      entity,
      mine.map(({ relationship }) => relationship),
    ),
  }
}

/** The bodies of files that are kept in columns of their rows: many megabytes each. */
const LARGE: Readonly<Record<string, string>> = { annotation: 'documentbody', activitymimeattachment: 'body' }

/** The master gives what belongs to a table in an order that depends on what else was asked for. */
function byName<T extends { readonly name: string }>(all: readonly T[]): readonly T[] {
  return all.toSorted((one, other) => (one.name < other.name ? -1 : one.name > other.name ? 1 : 0))
}

function ownershipOf(type: string | null): TableMetadata['ownership'] {
  switch (type) {
    case 'UserOwned':
    case 'TeamOwned':
      return 'user'
    case 'OrganizationOwned':
      return 'organization'
    default:
      return 'none'
  }
}

const PRIVILEGE_KINDS: Readonly<Record<string, PrivilegeKind>> = {
  Create: 'create',
  Read: 'read',
  Write: 'write',
  Delete: 'delete',
  Assign: 'assign',
  Append: 'append',
  AppendTo: 'appendTo',
}

function privilegesOf(privileges: readonly JsonObject[]): Pick<TableMetadata, 'privileges'> {
  const named = privileges.flatMap((privilege) => {
    const kind = PRIVILEGE_KINDS[textOf(privilege, 'PrivilegeType') ?? '']
    const name = textOf(privilege, 'Name')
    return kind === undefined || name === null ? [] : [[kind, name] as const]
  })
  return named.length === 0 ? {} : { privileges: Object.fromEntries(named) }
}

function keyOf(key: JsonObject): { readonly name: string; readonly columns: readonly string[] } | undefined {
  const name = textOf(key, 'LogicalName')
  const columns = key['KeyAttributes']
  const usable = (textOf(key, 'EntityKeyIndexStatus') ?? 'Active') === 'Active'
  if (name === null || !usable || !Array.isArray(columns)) return undefined
  return { name, columns: columns.filter((column): column is string => typeof column === 'string') }
}

function oneToManyOf(relationship: JsonObject): OneToManyMetadata | undefined {
  const name = textOf(relationship, 'SchemaName')
  const referencingTable = textOf(relationship, 'ReferencingEntity')
  const referencingColumn = textOf(relationship, 'ReferencingAttribute')
  if (name === null || referencingTable === null || referencingColumn === null) return undefined
  const cascade = textOf(jsonObject(relationship['CascadeConfiguration']) ?? {}, 'Delete')
  return { name, referencingTable, referencingColumn, onDelete: onDeleteOf(cascade) }
}

function onDeleteOf(cascade: string | null): OneToManyMetadata['onDelete'] {
  switch (cascade) {
    case 'Cascade':
    case 'Active':
    case 'UserOwned':
      return 'cascade'
    case 'RemoveLink':
      return 'remove-link'
    case 'Restrict':
      return 'restrict'
    default:
      return 'none'
  }
}

function lookupsOf(relationships: readonly JsonObject[]): Record<string, Record<string, string>> {
  const lookups: Record<string, Record<string, string>> = {}
  for (const relationship of relationships) {
    const column = textOf(relationship, 'ReferencingAttribute')
    const target = textOf(relationship, 'ReferencedEntity')
    const property = textOf(relationship, 'ReferencingEntityNavigationPropertyName')
    if (column === null || target === null || property === null) continue
    lookups[column] = { ...lookups[column], [target]: property }
  }
  return lookups
}

interface Link {
  readonly relationship: ManyToManyMetadata
  readonly wire: WireLink
}

function linkOf(link: JsonObject): Link | undefined {
  const name = textOf(link, 'SchemaName')
  const intersectTable = textOf(link, 'IntersectEntityName')
  const first = sideOf(link, 'Entity1')
  const second = sideOf(link, 'Entity2')
  if (name === null || intersectTable === null || !first || !second) return undefined
  return {
    relationship: { name, intersectTable, first, second },
    wire: {
      fromFirst: textOf(link, 'Entity1NavigationPropertyName'),
      fromSecond: textOf(link, 'Entity2NavigationPropertyName'),
    },
  }
}

function sideOf(link: JsonObject, side: 'Entity1' | 'Entity2'): ManyToManyMetadata['first'] | undefined {
  const table = textOf(link, `${side}LogicalName`)
  const column = textOf(link, `${side}IntersectAttribute`)
  return table === null || column === null ? undefined : { table, column }
}
