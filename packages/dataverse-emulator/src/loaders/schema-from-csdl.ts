import type { ColumnDraft, SchemaDraft, TableDraft } from '../schema.ts'
import { columnFromCsdl } from './column-from-csdl.ts'
import type { PropertyScope } from './column-from-csdl.ts'
import { flatten } from './flat-types.ts'
import type { FlatType } from './flat-types.ts'
import { lookupColumn, resolveLookups } from './lookups-from-csdl.ts'
import type { LookupTargets, NavigationDraft } from './lookups-from-csdl.ts'
import { manyToManyFromCsdl } from './many-to-many-from-csdl.ts'
import { readCsdl } from './read-csdl.ts'
import type { CsdlDocument } from './read-csdl.ts'
import { objectTypeCodes } from './well-known.ts'

/**
 * The schema that a `$metadata` document describes: its tables, columns, keys, navigation properties and what follows
 * from them. What the document does not tell is guessed by well-known names and otherwise left wide open.
 */
export function schemaFromCsdl(text: string): SchemaDraft {
  const document = readCsdl(text)
  const flat = flatten(document)
  const prefixes = publisherPrefixes(flat)
  const links = manyToManyFromCsdl(flat, document.sets, (name) => isCustomName(name, prefixes))
  const taken = new Set(links.map((link) => link.schemaName))
  const drafts = [...flat.values()].map((one, index) => {
    const lookups = resolveLookups(one, flat)
    return { flat: one, lookups, table: tableFromCsdl(one, lookups.columns, document, prefixes, 10_000 + index) }
  })
  const intersects = new Set(links.map((link) => link.intersectTable))
  return {
    tables: drafts.map(({ table }) =>
      intersects.has(table.schemaName)
        ? { ...table, isIntersect: true, ownership: 'None', changeTracking: false, optimisticConcurrency: false }
        : table,
    ),
    oneToMany: drafts.flatMap(({ lookups }) => lookups.relationships).map((one) => named(one, taken, prefixes)),
    manyToMany: links,
  }
}

function tableFromCsdl(
  flat: FlatType,
  targets: LookupTargets,
  { sets, tracked }: CsdlDocument,
  prefixes: ReadonlySet<string>,
  otherwiseCode: number,
): TableDraft {
  const { type, isActivity, primaryId, properties } = flat
  const names = new Set(properties.map((one) => one.name))
  const primaryName = primaryNameOf(type.name, names, prefixes)
  const isCustom = (name: string): boolean => isCustomName(name, prefixes)
  const scope: PropertyScope = { table: type.name, isActivity, primaryId, primaryName, names, isCustom }
  const columns = properties.map((property): ColumnDraft => {
    const lookup = /^_(.+)_value$/.exec(property.name)?.[1]
    if (lookup === undefined || property.type !== 'Edm.Guid') return columnFromCsdl(property, scope)
    return lookupColumn(lookup, targets.get(lookup) ?? [], property, isCustom(lookup))
  })
  const description = type.annotations.get('Description')
  return {
    schemaName: type.name,
    entitySetName: sets.get(type.name) ?? `${type.name}s`,
    objectTypeCode: objectTypeCodes[type.name] ?? otherwiseCode,
    displayName: type.name,
    ...(typeof description === 'string' ? { description } : {}),
    primaryId,
    primaryName,
    primaryImage: names.has('entityimage') ? 'entityimage' : null,
    ownership: ownershipOf(type.name, names),
    isActivity: isActivity && type.name !== 'activitypointer',
    isCustom: isCustom(type.name),
    changeTracking: tracked?.has(type.name) ?? true,
    columns,
    keys: type.alternateKeys.map((properties) => {
      const columns = properties.map((name) => /^_(.+)_value$/.exec(name)?.[1] ?? name)
      return { schemaName: `${type.name}_${columns.join('_')}`, columns }
    }),
    exact: true,
  }
}

function named(
  { partner, ...relationship }: NavigationDraft,
  taken: Set<string>,
  prefixes: ReadonlySet<string>,
): NonNullable<SchemaDraft['oneToMany']>[number] {
  const { referencingTable, referencingNavigation } = relationship
  let schemaName = partner ?? `${referencingTable}_${referencingNavigation}`
  if (taken.has(schemaName)) schemaName = `${schemaName}_${referencingTable}_${referencingNavigation}`
  taken.add(schemaName)
  return { ...relationship, schemaName, isCustom: isCustomName(schemaName, prefixes) }
}

function ownershipOf(table: string, names: ReadonlySet<string>): NonNullable<TableDraft['ownership']> {
  if (table === 'systemuser' || table === 'team' || table === 'businessunit') return 'BusinessOwned'
  if (names.has('_ownerid_value')) return 'UserOwned'
  if (names.has('_organizationid_value') || names.has('organizationid')) return 'OrganizationOwned'
  return names.has('_owningbusinessunit_value') ? 'BusinessOwned' : 'None'
}

function primaryNameOf(table: string, names: ReadonlySet<string>, prefixes: ReadonlySet<string>): string | null {
  const prefix = isCustomName(table, prefixes) ? [`${table.slice(0, table.indexOf('_'))}_name`] : []
  const usual = [...prefix, 'fullname', 'name', 'subject', 'title', `${table}name`, 'currencyname']
  return usual.find((name) => names.has(name)) ?? null
}

// Tables of a publisher are called `prefix_name`, tables of the platform have no underscore.
function publisherPrefixes(tables: ReadonlyMap<string, FlatType>): ReadonlySet<string> {
  return new Set(
    [...tables.keys()].filter((name) => name.includes('_')).map((name) => name.slice(0, name.indexOf('_'))),
  )
}

function isCustomName(name: string, prefixes: ReadonlySet<string>): boolean {
  const underscore = name.indexOf('_')
  return underscore > 0 && prefixes.has(name.slice(0, underscore).toLowerCase())
}
