import type {
  CascadeBehavior,
  CascadeConfiguration,
  ColumnDraft,
  GlobalChoiceDraft,
  KeyDraft,
  ManyToManyDraft,
  OneToManyDraft,
  Ownership,
  SchemaDraft,
  TableDraft,
} from '../schema.ts'
import { removeLink } from '../schema.ts'
import { withAttributes } from './attribute-lists.ts'
import type { AttributeList } from './attribute-lists.ts'
import { columnFromDefinition } from './column-from-definition.ts'
import type { DefinitionScope } from './column-from-definition.ts'
import { tableFacts } from './definition-facts.ts'
import { booleanOf, innerValueOf, labelOf, numberOf, objectOf, objectsOf, textOf } from './json-fields.ts'
import type { JsonObject } from './json-fields.ts'
import { globalChoiceFrom, optionSetOf } from './options-from-definition.ts'
import { objectTypeCodes } from './well-known.ts'

/**
 * The schema that EntityDefinitions describe: one definition, a list of them, `{ "value": […] }`, or the answer of
 * RetrieveMetadataChanges; whole or slimmed to what was asked for. Lists of columns that were read by themselves, as
 * options can only be, add to the definitions of their tables.
 */
export function schemaFromDefinitions(json: unknown, lists: readonly AttributeList[] = []): SchemaDraft {
  const definitions = definitionsIn(json, lists)
  const choices = new Map<string, GlobalChoiceDraft>()
  const oneToMany = new Map<string, OneToManyDraft>()
  const manyToMany = new Map<string, ManyToManyDraft>()
  const tables = definitions.map((definition, index) => {
    const table = tableFromDefinition(definition, 10_000 + index)
    for (const attribute of objectsOf(definition['Attributes'])) {
      const set = optionSetOf(attribute)
      const choice = set === undefined ? undefined : globalChoiceFrom(set)
      if (choice !== undefined && !choices.has(choice.name)) choices.set(choice.name, choice)
    }
    const lists = [
      ...objectsOf(definition['ManyToOneRelationships']),
      ...objectsOf(definition['OneToManyRelationships']),
    ]
    for (const one of lists) put(oneToMany, oneToManyFrom(one))
    for (const one of objectsOf(definition['ManyToManyRelationships'])) put(manyToMany, manyToManyFrom(one))
    return table
  })
  const known = new Set(tables.map((table) => table.schemaName.toLowerCase()))
  for (const table of tables) for (const one of impliedRelationships(table, oneToMany)) put(oneToMany, one)
  return {
    tables: tables.map((table) => withKnownChoices(table, choices)),
    oneToMany: [...oneToMany.values()],
    manyToMany: [...manyToMany.values()].filter((one) => known.has(one.table1) || known.has(one.table2)),
    globalChoices: [...choices.values()],
  }
}

function definitionsIn(json: unknown, lists: readonly AttributeList[]): readonly JsonObject[] {
  if (Array.isArray(json)) return json.flatMap((one) => definitionsIn(one, lists))
  const object = objectOf(json)
  if (object === undefined) throw new RangeError('no EntityDefinitions: neither an object nor a list')
  for (const name of ['value', 'EntityMetadata']) {
    if (Array.isArray(object[name])) return definitionsIn(object[name], lists)
  }
  const definition = withAttributes(object, lists)
  if (textOf(definition, 'LogicalName') === undefined || !Array.isArray(definition['Attributes'])) {
    throw new RangeError('no EntityDefinitions: LogicalName or Attributes are missing')
  }
  return [definition]
}

function tableFromDefinition(definition: JsonObject, otherwiseCode: number): TableDraft {
  const name = textOf(definition, 'LogicalName') ?? ''
  const attributes = objectsOf(definition['Attributes'])
  const has = (column: string): boolean => attributes.some((one) => textOf(one, 'LogicalName') === column)
  const isActivity =
    booleanOf(definition, 'IsActivity') ?? (name !== 'activitypointer' && has('activityid') && has('subject'))
  const primaryId = textOf(definition, 'PrimaryIdAttribute') ?? (has(`${name}id`) ? `${name}id` : 'activityid')
  const scope: DefinitionScope = {
    table: name,
    isActivity: isActivity && name !== 'activitypointer',
    primaryId,
    primaryName: textOf(definition, 'PrimaryNameAttribute') ?? null,
    // A definition for which it was not asked says false of every column.
    tellsOData: attributes.some((one) => booleanOf(one, 'IsValidODataAttribute') === true),
  }
  if (!has(primaryId)) throw new RangeError(`the table ${name} has no column ${primaryId}, its primary key`)
  const ownership = textOf(definition, 'OwnershipType')
  const metadataId = textOf(definition, 'MetadataId')?.toLowerCase()
  return {
    schemaName: schemaNameOf(definition, name),
    objectTypeCode: numberOf(definition, 'ObjectTypeCode') ?? objectTypeCodes[name] ?? otherwiseCode,
    displayName: labelOf(definition, 'DisplayName') ?? name,
    displayCollectionName: labelOf(definition, 'DisplayCollectionName') ?? '',
    description: labelOf(definition, 'Description') ?? '',
    entitySetName: textOf(definition, 'EntitySetName') ?? textOf(definition, 'LogicalCollectionName') ?? `${name}s`,
    primaryId,
    primaryName: scope.primaryName,
    primaryImage: textOf(definition, 'PrimaryImageAttribute') ?? null,
    ownership: ownerships.find((one) => one === ownership) ?? (has('ownerid') ? 'UserOwned' : 'None'),
    isIntersect: booleanOf(definition, 'IsIntersect') ?? false,
    isActivity: scope.isActivity,
    isCustom: booleanOf(definition, 'IsCustomEntity') ?? name.includes('_'),
    changeTracking: booleanOf(definition, 'ChangeTrackingEnabled') ?? true,
    canEnableChangeTracking: innerValueOf(definition, 'CanChangeTrackingBeEnabled') !== false,
    optimisticConcurrency: booleanOf(definition, 'IsOptimisticConcurrencyEnabled') ?? true,
    columns: attributes.map((attribute): ColumnDraft => columnFromDefinition(attribute, scope)),
    keys: objectsOf(definition['Keys']).map(keyFrom),
    facts: tableFacts(definition),
    exact: true,
    ...(metadataId === undefined ? {} : { metadataId }),
  }
}

const ownerships: readonly Ownership[] = ['UserOwned', 'OrganizationOwned', 'BusinessOwned', 'None']

// The logical name is the schema name in lower case, without exception; a document that says otherwise is not followed.
function schemaNameOf(definition: JsonObject, name: string): string {
  const schemaName = textOf(definition, 'SchemaName')
  return schemaName?.toLowerCase() === name ? schemaName : name
}

function keyFrom(key: JsonObject): KeyDraft {
  const columns = key['KeyAttributes']
  const schemaName = textOf(key, 'SchemaName') ?? textOf(key, 'LogicalName') ?? 'key'
  const status = textOf(key, 'EntityKeyIndexStatus')
  const metadataId = textOf(key, 'MetadataId')?.toLowerCase()
  return {
    schemaName,
    displayName: labelOf(key, 'DisplayName') ?? schemaName,
    columns: Array.isArray(columns) ? columns.filter((one) => typeof one === 'string') : [],
    indexStatus: (['Pending', 'InProgress', 'Failed'] as const).find((one) => one === status) ?? 'Active',
    ...(metadataId === undefined ? {} : { metadataId }),
  }
}

function oneToManyFrom(json: JsonObject): OneToManyDraft | undefined {
  const referencedTable = textOf(json, 'ReferencedEntity')
  const referencingTable = textOf(json, 'ReferencingEntity')
  const referencingColumn = textOf(json, 'ReferencingAttribute')
  const schemaName = textOf(json, 'SchemaName')
  if (schemaName === undefined || !referencedTable || !referencingTable || !referencingColumn) return undefined
  const metadataId = textOf(json, 'MetadataId')?.toLowerCase()
  return {
    kind: 'OneToMany',
    schemaName,
    isCustom: booleanOf(json, 'IsCustomRelationship') ?? false,
    isHierarchical: booleanOf(json, 'IsHierarchical') ?? false,
    referencedTable,
    referencedColumn: textOf(json, 'ReferencedAttribute') ?? `${referencedTable}id`,
    referencingTable,
    referencingColumn,
    referencingNavigation: textOf(json, 'ReferencingEntityNavigationPropertyName') ?? referencingColumn,
    referencedNavigation: textOf(json, 'ReferencedEntityNavigationPropertyName') ?? schemaName,
    cascade: cascadeFrom(objectOf(json['CascadeConfiguration'])),
    ...(metadataId === undefined ? {} : { metadataId }),
  }
}

const behaviors: readonly CascadeBehavior[] = ['Cascade', 'Active', 'UserOwned', 'RemoveLink', 'Restrict', 'NoCascade']

function cascadeFrom(json: JsonObject | undefined): CascadeConfiguration {
  if (json === undefined) return removeLink
  const of = (name: string): CascadeBehavior => behaviors.find((one) => one === json[name]) ?? 'NoCascade'
  return {
    assign: of('Assign'),
    delete: of('Delete'),
    merge: of('Merge'),
    reparent: of('Reparent'),
    share: of('Share'),
    unshare: of('Unshare'),
    rollupView: of('RollupView'),
  }
}

function manyToManyFrom(json: JsonObject): ManyToManyDraft | undefined {
  const schemaName = textOf(json, 'SchemaName')
  const table1 = textOf(json, 'Entity1LogicalName')
  const table2 = textOf(json, 'Entity2LogicalName')
  if (schemaName === undefined || table1 === undefined || table2 === undefined) return undefined
  const intersectTable = textOf(json, 'IntersectEntityName') ?? schemaName.toLowerCase()
  const self = table1 === table2
  const metadataId = textOf(json, 'MetadataId')?.toLowerCase()
  return {
    schemaName,
    intersectTable,
    intersectSet: `${intersectTable}set`,
    objectTypeCode: 0,
    table1,
    column1: textOf(json, 'Entity1IntersectAttribute') ?? `${table1}id${self ? 'one' : ''}`,
    navigation1: textOf(json, 'Entity1NavigationPropertyName') ?? schemaName,
    table2,
    column2: textOf(json, 'Entity2IntersectAttribute') ?? `${table2}id${self ? 'two' : ''}`,
    navigation2: textOf(json, 'Entity2NavigationPropertyName') ?? schemaName,
    isCustom: booleanOf(json, 'IsCustomRelationship') ?? false,
    ...(metadataId === undefined ? {} : { metadataId }),
  }
}

/** Relationships of lookups for which the document has none, called as the platform calls them. */
function* impliedRelationships(
  table: TableDraft,
  given: ReadonlyMap<string, OneToManyDraft>,
): Generator<OneToManyDraft> {
  const name = table.schemaName.toLowerCase()
  const has = new Set(
    [...given.values()].filter((one) => one.referencingTable === name).map((one) => one.referencingColumn),
  )
  for (const column of table.columns) {
    if (column.type !== 'Lookup' && column.type !== 'Customer' && column.type !== 'Owner') continue
    if (has.has(column.logicalName)) continue
    const targets = column.type === 'Owner' ? ['owner'] : column.targets
    const stem = column.isCustom ? column.schemaName : column.logicalName
    const suffix = table.isActivity === true ? `_${name}` : ''
    for (const target of targets) {
      const schemaName = `${name}_${column.logicalName}_${target}`
      yield {
        kind: 'OneToMany',
        schemaName,
        isCustom: column.isCustom,
        isHierarchical: false,
        referencedTable: target,
        referencedColumn: `${target}id`,
        referencingTable: name,
        referencingColumn: column.logicalName,
        referencingNavigation: `${targets.length === 1 ? stem : `${stem}_${target}`}${suffix}`,
        referencedNavigation: schemaName,
        cascade: removeLink,
      }
    }
  }
}

// The options of a shared choice may be told with one column only; a choice told with none is the column's own.
function withKnownChoices(table: TableDraft, choices: ReadonlyMap<string, GlobalChoiceDraft>): TableDraft {
  const columns = table.columns.map((column): ColumnDraft => {
    if (column.type !== 'Picklist' && column.type !== 'MultiSelectPicklist') return column
    return column.globalChoice === null || choices.has(column.globalChoice) ? column : { ...column, globalChoice: null }
  })
  return { ...table, columns }
}

function put<T extends { readonly schemaName: string }>(map: Map<string, T>, one: T | undefined): void {
  if (one !== undefined && !map.has(one.schemaName)) map.set(one.schemaName, one)
}
