import type { OperationFacts } from '../operations/operation-facts.ts'
import type { Schema, TableDefinition } from '../schema.ts'
import { builtInComplexTypes, builtInEnumTypes, metadataEntityTypes, metadataTypeNames } from './declared-types.ts'
import { metadataOperations, queryFunctions } from './metadata-operations.ts'
import { declareOperations } from './operation-types.ts'
import { baseTypeOf, navigationTargets, principalType, tableType } from './table-types.ts'
import type { CsdlOptions } from './table-types.ts'
import { element } from './xml-text.ts'

const EDMX = 'http://docs.oasis-open.org/odata/ns/edmx'
const EDM = 'http://docs.oasis-open.org/odata/ns/edm'

/** The `$metadata` document of a schema and its operations, in one line as the service writes it. */
export function writeCsdl(schema: Schema, operations: readonly OperationFacts[], options: CsdlOptions): string {
  const tables = inOrder(schema)
  const complex = builtInComplexTypes()
  const enums = builtInEnumTypes()
  const entityTypes = new Set(['crmbaseentity', 'expando', ...tables.map((table) => table.logicalName)])
  if (tables.some((table) => baseTypeOf(schema, table) === 'principal')) entityTypes.add('principal')
  const known = (name: string): boolean =>
    entityTypes.has(name) || complex.has(name) || enums.has(name) || metadataTypeNames.has(name)
  const declared = declareOperations([...operations, ...metadataOperations], known)
  const filterFunctions = declareOperations(queryFunctions, known)
  const types = [...complex, ...declared.complexTypes].filter(
    ([name], index, all) => all.findIndex(([other]) => other === name) === index,
  )
  const schemaElement = element('Schema', { Namespace: 'Microsoft.Dynamics.CRM', Alias: 'mscrm', xmlns: EDM }, [
    element('EntityType', { Name: 'crmbaseentity', Abstract: 'true' }),
    element('EntityType', { Name: 'expando', BaseType: 'mscrm.crmbaseentity', OpenType: 'true' }),
    ...principalType(schema),
    ...tables.map((table) => tableType(schema, table, options)),
    ...types.map(([, text]) => text),
    ...metadataEntityTypes(),
    ...enums.values(),
    ...terms,
    ...declared.declarations,
    ...filterFunctions.declarations,
    element('EntityContainer', { Name: 'System' }, [
      ...tables.map((table) => entitySet(schema, table, options)),
      ...declared.imports,
      ...metadataSets,
      ...capabilities,
    ]),
  ])
  const edmx = element('edmx:Edmx', { Version: '4.0', 'xmlns:edmx': EDMX }, [
    vocabulary('Keys'),
    vocabulary('Display'),
    element('edmx:DataServices', {}, [schemaElement]),
  ])
  return `<?xml version="1.0" encoding="utf-8"?>${edmx}`
}

// A base type stands before those that derive from it.
function inOrder(schema: Schema): readonly TableDefinition[] {
  const tables = schema.tables()
  const pointer = tables.filter((table) => table.logicalName === 'activitypointer')
  return [...pointer, ...tables.filter((table) => table.logicalName !== 'activitypointer')]
}

function entitySet(schema: Schema, table: TableDefinition, options: CsdlOptions): string {
  const bindings = [...navigationTargets(schema, table)]
    .map(([path, target]) => [path, target === 'owner' ? 'owners' : schema.table(target)?.entitySetName] as const)
    .toSorted(([a], [b]) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1))
    .map(([path, target]) => element('NavigationPropertyBinding', { Path: path, Target: target }))
  const tracked = options.annotations && table.changeTracking ? [changeTracking] : []
  const attributes = { Name: table.entitySetName, EntityType: `Microsoft.Dynamics.CRM.${table.logicalName}` }
  return element('EntitySet', attributes, [...bindings, ...tracked])
}

const changeTracking = element('Annotation', { Term: 'Org.OData.Capabilities.V1.ChangeTracking' }, [
  element('Record', {}, [element('PropertyValue', { Property: 'Supported', Bool: 'true' })]),
])

function vocabulary(name: string): string {
  const namespace = `OData.Community.${name}.V1`
  return element('edmx:Reference', { Uri: `http://vocabularies.odata.org/${namespace}.xml` }, [
    element('edmx:Include', { Namespace: namespace, Alias: name }),
    element('edmx:IncludeAnnotations', { TermNamespace: namespace }),
  ])
}

const terms: readonly string[] = [
  term('associatednavigationproperty', 'Navigation property that the property references'),
  term('lookuplogicalname', 'Logical entity name of the look up entity that the property references'),
]

function term(name: string, description: string): string {
  return element('Term', { Name: name, Type: 'Edm.String', AppliesTo: 'PropertyValue' }, [
    element('Annotation', { Term: 'Org.OData.Core.V1.Description', String: description }),
  ])
}

const metadataSets: readonly string[] = [
  element(
    'EntitySet',
    { Name: 'EntityDefinitions', EntityType: 'Microsoft.Dynamics.CRM.EntityMetadata' },
    ['ManyToManyRelationships', 'ManyToOneRelationships', 'OneToManyRelationships'].map((path) =>
      element('NavigationPropertyBinding', { Path: path, Target: 'RelationshipDefinitions' }),
    ),
  ),
  ...[
    ['GlobalOptionSetDefinitions', 'OptionSetMetadataBase'],
    ['RelationshipDefinitions', 'RelationshipMetadataBase'],
  ].map(([name, type]) => element('EntitySet', { Name: name, EntityType: `Microsoft.Dynamics.CRM.${type ?? ''}` })),
]

const capabilities: readonly string[] = [
  element('Annotation', { Term: 'Org.OData.Capabilities.V1.ConformanceLevel' }, [
    '<EnumMember>Org.OData.Capabilities.V1.ConformanceLevelType/Intermediate</EnumMember>',
  ]),
  element('Annotation', { Term: 'Org.OData.Capabilities.V1.FilterFunctions' }, [
    '<Collection><String>contains</String><String>endswith</String><String>startswith</String></Collection>',
  ]),
  ...Object.entries({
    'Core.V1.DereferenceableIDs': 'true',
    'Core.V1.ConventionalIDs': 'true',
    'Capabilities.V1.BatchSupported': 'true',
    'Capabilities.V1.AsynchronousRequestsSupported': 'false',
    'Capabilities.V1.BatchContinueOnErrorSupported': 'true',
    'Capabilities.V1.CrossJoinSupported': 'false',
  }).map(([name, value]) => element('Annotation', { Term: `Org.OData.${name}`, Bool: value })),
]
