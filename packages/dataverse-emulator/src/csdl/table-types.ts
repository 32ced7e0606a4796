import { isLookupColumn, isODataColumn, wireName } from '../schema.ts'
import type { ColumnDefinition, OneToManyRelationship, Schema, TableDefinition } from '../schema.ts'
import { edmType } from '../odata/edm-type.ts'
import { element, facetsOf } from './xml-text.ts'

/** What the document has besides names and types. */
export interface CsdlOptions {
  /** Descriptions, computed columns and change tracking, as `?annotations=true` asks for. */
  readonly annotations: boolean
}

const POINTER = 'activitypointer'
const PRINCIPALS: ReadonlySet<string> = new Set(['systemuser', 'team'])

/** The entity type a table's type derives from. */
export function baseTypeOf(schema: Schema, table: TableDefinition): 'activitypointer' | 'principal' | 'crmbaseentity' {
  if (PRINCIPALS.has(table.logicalName)) return 'principal'
  const isActivity = table.isActivity && table.logicalName !== POINTER
  return isActivity && schema.table(POINTER) !== undefined ? POINTER : 'crmbaseentity'
}

/** `principal`, from which users and teams take the key under which they own rows. */
export function principalType(schema: Schema): readonly string[] {
  if (![...PRINCIPALS].some((name) => schema.table(name) !== undefined)) return []
  const collections = schema
    .relationshipsOf('owner')
    .oneToMany.filter((one) => schema.table(one.referencingTable) !== undefined)
    .map(collectionOf)
  const attributes = { Name: 'principal', BaseType: 'mscrm.crmbaseentity', Abstract: 'true' }
  return [
    element('EntityType', attributes, [
      keyOf('ownerid'),
      element('Property', { Name: 'ownerid', Type: 'Edm.Guid' }),
      ...collections,
    ]),
  ]
}

/** The entity type of a table: what its base type has already is not repeated. */
export function tableType(schema: Schema, table: TableDefinition, options: CsdlOptions): string {
  const base = baseTypeOf(schema, table)
  const pointer = base === POINTER ? schema.table(POINTER) : undefined
  const inherited = new Set(pointer?.columns.filter(isODataColumn).map(wireName))
  const own = table.columns.filter((column) => isODataColumn(column) && !inherited.has(wireName(column)))
  const attributes = {
    Name: table.logicalName,
    BaseType: `mscrm.${base}`,
    Abstract: table.logicalName === POINTER ? 'true' : undefined,
  }
  return element('EntityType', attributes, [
    keyOf(base === 'principal' ? 'ownerid' : table.primaryId),
    ...own.map((column) => propertyOf(column, options)),
    ...navigationsOf(schema, table, new Set(own.map(wireName))),
    ...alternateKeysOf(schema, table),
    ...description(table.description, options),
  ])
}

/** The names and tables of the navigation properties that the type of a table declares itself. */
export function navigationTargets(schema: Schema, table: TableDefinition): ReadonlyMap<string, string> {
  const targets = new Map<string, string>()
  for (const [name, { table: target }] of navigationEntries(schema, table)) targets.set(name, target)
  return targets
}

type Navigation = { readonly table: string; readonly text: (own: ReadonlySet<string>) => string }

function navigationsOf(schema: Schema, table: TableDefinition, own: ReadonlySet<string>): readonly string[] {
  return [...navigationEntries(schema, table).values()].map((one) => one.text(own))
}

function navigationEntries(schema: Schema, table: TableDefinition): ReadonlyMap<string, Navigation> {
  const entries = new Map<string, Navigation>()
  const add = (name: string, entry: Navigation): void => {
    if (!entries.has(name)) entries.set(name, entry)
  }
  const { oneToMany, manyToOne, manyToMany } = schema.relationshipsOf(table.logicalName)
  const has = (name: string): boolean => schema.table(name) !== undefined
  for (const one of manyToOne) {
    if (one.referencedTable !== 'owner' && !has(one.referencedTable)) continue
    add(one.referencingNavigation, { table: one.referencedTable, text: (own) => lookupOf(schema, table, one, own) })
  }
  for (const one of oneToMany) {
    if (!has(one.referencingTable)) continue
    add(one.referencedNavigation, { table: one.referencingTable, text: () => collectionOf(one) })
  }
  for (const one of manyToMany) {
    if (!has(one.table1) || !has(one.table2)) continue
    const link = (name: string, target: string, partner: string): void =>
      add(name, {
        table: target,
        text: () =>
          element('NavigationProperty', { Name: name, Type: `Collection(mscrm.${target})`, Partner: partner }),
      })
    if (one.table1 === table.logicalName) link(one.navigation1, one.table2, one.navigation2)
    if (one.table2 === table.logicalName) link(one.navigation2, one.table1, one.navigation1)
  }
  return entries
}

function lookupOf(
  schema: Schema,
  table: TableDefinition,
  relationship: OneToManyRelationship,
  own: ReadonlySet<string>,
): string {
  const { referencedTable } = relationship
  const column = schema.column(table.logicalName, relationship.referencingColumn)
  const property = column === undefined ? undefined : wireName(column)
  const isOwner = referencedTable === 'owner'
  const target = schema.table(referencedTable)
  // An activity's key belongs to its base type, and the service then names no constraint.
  const isPlain = isOwner || (target !== undefined && baseTypeOf(schema, target) !== POINTER)
  const isConstrained =
    isPlain && column !== undefined && isLookupColumn(column) && property !== undefined && own.has(property)
  const attributes = {
    Name: relationship.referencingNavigation,
    Type: isOwner ? 'mscrm.principal' : `mscrm.${referencedTable}`,
    Nullable: 'false',
    Partner: relationship.referencedNavigation,
  }
  const referenced = isOwner ? 'ownerid' : (target?.primaryId ?? relationship.referencedColumn)
  return element(
    'NavigationProperty',
    attributes,
    isConstrained ? [element('ReferentialConstraint', { Property: property, ReferencedProperty: referenced })] : [],
  )
}

function collectionOf(one: OneToManyRelationship): string {
  return element('NavigationProperty', {
    Name: one.referencedNavigation,
    Type: `Collection(mscrm.${one.referencingTable})`,
    Partner: one.referencingNavigation,
  })
}

function propertyOf(column: ColumnDefinition, options: CsdlOptions): string {
  const type = edmType(column)
  const isComputed = isLookupColumn(column) || column.formula !== undefined || column.sourceType !== 0
  const isReadOnly = !column.validForCreate && !column.validForUpdate
  const annotations = options.annotations
    ? [
        ...description(column.description, options),
        ...(isComputed || isReadOnly ? [annotation('Org.OData.Core.V1.Computed', 'true')] : []),
        ...(isReadOnly && !isLookupColumn(column) ? [readPermission] : []),
      ]
    : []
  return element('Property', { Name: wireName(column), Type: type, ...facetsOf(type) }, annotations)
}

const readPermission = element('Annotation', { Term: 'Org.OData.Core.V1.Permissions' }, [
  '<EnumMember>Org.OData.Core.V1.PermissionType/Read</EnumMember>',
])

function annotation(term: string, value: string): string {
  return element('Annotation', { Term: term, Bool: value })
}

function description(text: string, { annotations }: CsdlOptions): readonly string[] {
  if (!annotations || text === '') return []
  return [element('Annotation', { Term: 'Org.OData.Core.V1.Description', String: text })]
}

function keyOf(name: string): string {
  return element('Key', {}, [element('PropertyRef', { Name: name })])
}

function alternateKeysOf(schema: Schema, table: TableDefinition): readonly string[] {
  const keys = table.keys.filter((key) => key.indexStatus === 'Active')
  if (keys.length === 0) return []
  const records = keys.map((key) => {
    const refs = key.columns.map((name) => {
      const column = schema.column(table.logicalName, name)
      const property = column === undefined ? name : wireName(column)
      return element('Record', { Type: 'Keys.PropertyRef' }, [
        element('PropertyValue', { Property: 'Alias', String: name }),
        element('PropertyValue', { Property: 'Name', PropertyPath: property }),
      ])
    })
    const value = element('PropertyValue', { Property: 'Key' }, [element('Collection', {}, refs)])
    return element('Record', { Type: 'Keys.AlternateKey' }, [value])
  })
  return [element('Annotation', { Term: 'Keys.AlternateKeys' }, [element('Collection', {}, records)])]
}
