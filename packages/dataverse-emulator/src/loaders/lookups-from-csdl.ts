import { lookup, noCascade, parental, readOnly, removeLink, restrict } from '../schema.ts'
import type { CascadeConfiguration, ColumnDraft, OneToManyRelationship } from '../schema.ts'
import type { CsdlNavigation, CsdlProperty } from './read-csdl.ts'
import type { FlatType } from './flat-types.ts'
import { serverColumns } from './well-known.ts'

/** The tables each lookup column leads to; `owner` where users and teams are meant under one name. */
export type LookupTargets = ReadonlyMap<string, readonly string[]>

/** A 1:N relationship by its single-valued navigation property; its name is still to be found. */
export type NavigationDraft = Omit<OneToManyRelationship, 'metadataId' | 'schemaName' | 'isCustom'> & {
  readonly partner: string | undefined
}

/** Finds out which columns the navigation properties of a type go by, and where to. */
export function resolveLookups(
  flat: FlatType,
  tables: ReadonlyMap<string, FlatType>,
): { readonly columns: LookupTargets; readonly relationships: readonly NavigationDraft[] } {
  const names = new Set(flat.properties.map((one) => one.name))
  const inherited = new Map(flat.inherited.map((one) => [one.name, one]))
  const columns = new Map<string, string[]>()
  const relationships: NavigationDraft[] = []
  const visit = (navigation: CsdlNavigation, isOwn: boolean): void => {
    if (navigation.collection) return
    const referencedTable = navigation.type === 'principal' ? 'owner' : navigation.type
    if (referencedTable !== 'owner' && !tables.has(referencedTable)) return
    const column = columnOf(navigation, flat.type.name, names, inherited)
    if (column === undefined) return
    const isLookup = names.has(`_${column}_value`)
    if (isLookup) {
      const targets = columns.get(column) ?? []
      if (!targets.includes(referencedTable)) targets.push(referencedTable)
      columns.set(column, targets)
    }
    if (!isOwn) return
    relationships.push({
      kind: 'OneToMany',
      isHierarchical: referencedTable === flat.type.name && column.startsWith('parent'),
      referencedTable,
      referencedColumn: navigation.referencedProperty ?? tables.get(referencedTable)?.primaryId ?? 'ownerid',
      referencingTable: flat.type.name,
      referencingColumn: column,
      referencingNavigation: navigation.name,
      referencedNavigation: navigation.partner ?? `${flat.type.name}_${navigation.name}`,
      cascade: cascadeOf(flat, column, isLookup),
      partner: navigation.partner,
    })
  }
  for (const navigation of flat.own) visit(navigation, true)
  for (const navigation of flat.inherited) visit(navigation, false)
  for (const name of names) {
    const column = /^_(.+)_value$/.exec(name)?.[1]
    if (column === undefined || columns.has(column)) continue
    const target = usualTarget(column, tables)
    if (target !== undefined) columns.set(column, [target])
  }
  return { columns, relationships }
}

/** Where a lookup without navigation property leads by its name: `owninguser`, `accountid`, `parentcontactid`. */
function usualTarget(column: string, tables: ReadonlyMap<string, FlatType>): string | undefined {
  if (column === 'ownerid') return 'owner'
  const stem = column.replace(/^(?:owning|parent)/, '').replace(/id$/, '')
  const isUser = stem === 'user' || /^(?:created|modified)(?:onbehalf)?by$/.test(column)
  const table = isUser ? 'systemuser' : stem
  return tables.has(table) ? table : undefined
}

/** The lookup column behind `_x_value`. */
export function lookupColumn(
  name: string,
  found: readonly string[],
  { annotations }: CsdlProperty,
  isCustom: boolean,
): ColumnDraft {
  const isOwner = found.includes('owner')
  const targets = [...(isOwner ? ['systemuser', 'team'] : []), ...found.filter((one) => one !== 'owner')]
  const isCustomer = targets.length === 2 && targets.includes('account') && targets.includes('contact')
  const description = annotations.get('Description')
  const draft = lookup(name, [], {
    isCustom,
    odata: true,
    type: isOwner ? 'Owner' : isCustomer ? 'Customer' : 'Lookup',
    ...(typeof description === 'string' ? { description } : {}),
    ...(serverColumns.has(name) || annotations.get('Computed') === 'true' ? readOnly : {}),
    ...(name === 'ownerid' ? { required: 'SystemRequired' as const } : {}),
  })
  return { ...draft, targets: [...new Set(targets)] }
}

/**
 * The column of a navigation property. Where no constraint names it, it is the one whose name the property begins with:
 * `ownerid_task` goes by `ownerid`, `sla_task_sla` by that of the inherited `sla_activitypointer_sla`.
 */
function columnOf(
  navigation: CsdlNavigation,
  table: string,
  names: ReadonlySet<string>,
  inherited: ReadonlyMap<string, CsdlNavigation>,
): string | undefined {
  const like =
    inherited.get(navigation.name.replace(`_${table}`, '_activitypointer')) ??
    inherited.get(navigation.name.replace(`_${table}`, ''))
  const property = navigation.property ?? like?.property
  if (property !== undefined) return /^_(.+)_value$/.exec(property)?.[1] ?? property
  const words = navigation.name.toLowerCase().split('_')
  for (let length = words.length; length > 0; length--) {
    const stem = words.slice(0, length).join('_')
    if (names.has(`_${stem}_value`) || names.has(stem)) return stem
  }
  return undefined
}

function cascadeOf(flat: FlatType, column: string, isLookup: boolean): CascadeConfiguration {
  const { name } = flat.type
  if (!isLookup || serverColumns.has(column) || column === 'ownerid') return noCascade
  if (column === 'transactioncurrencyid') return { ...noCascade, delete: 'Restrict' }
  if (column === 'businessunitid') return restrict
  const isPart =
    (flat.isActivity && column === 'regardingobjectid') ||
    (name === 'annotation' && column === 'objectid') ||
    (name === 'customeraddress' && column === 'parentid') ||
    (name === 'activityparty' && column === 'activityid')
  return isPart ? parental : removeLink
}
