import { conditionContext } from '../conditions/condition-context.ts'
import type { Condition } from '../conditions/condition.ts'
import { noSuchProperty, notImplemented } from '../errors.ts'
import type { ApiRequest } from '../http/request.ts'
import { bindFilter } from '../odata/bind-filter.ts'
import { wireColumn } from '../odata/bind-path.ts'
import { parseOrderBy } from '../odata/order-by.ts'
import type { OrderTerm } from '../odata/order-by.ts'
import { parseExpand } from '../odata/parse-expand.ts'
import type { ExpandItem } from '../odata/parse-expand.ts'
import { parseFilter } from '../odata/parse-filter.ts'
import { isPrincipal, parseSelect } from '../odata/select.ts'
import type { Selection } from '../odata/select.ts'
import { topOf } from '../odata/top.ts'
import type { Org } from '../org.ts'
import { readableBy } from '../rows/readable-rows.ts'
import type { Readable } from '../rows/readable-rows.ts'
import { tableOfCollection } from '../rows/related-rows.ts'
import type { User } from '../rows/user.ts'
import type { CollectionNavigation, LookupBinding, LookupColumn, TableDefinition } from '../schema.ts'
import {
  manyToManyAlone,
  MAX_EXPANDS,
  notExpandable,
  onlySelectAndFilter,
  refOfCollection,
  tooManyExpands,
} from './errors.ts'

/** A lookup whose row comes along. */
export interface SingleExpansion {
  readonly kind: 'single'
  readonly name: string
  readonly column: LookupColumn
  /** What is written of a target, by its table; a target of another table is none. */
  readonly targets: ReadonlyMap<string, Projection>
  readonly ref: boolean
}

/** A collection whose rows come along. */
export interface CollectionExpansion {
  readonly kind: 'collection'
  readonly name: string
  readonly navigation: CollectionNavigation
  readonly projection: Projection
  readonly condition: Condition | undefined
  readonly order: readonly OrderTerm[]
  readonly top: number | undefined
  /** The options as they were asked for, for the link to the collection. */
  readonly options: ReadonlyMap<string, string>
}

export type Expansion = SingleExpansion | CollectionExpansion

/**
 * How related rows are written, which differs between queries: `set` for the rows of a collection, `nestedSet` where an
 * expand stands inside another one anywhere in such a query, `row` around one row that is read by its key.
 */
export type ExpandStyle = 'set' | 'nestedSet' | 'row'

/** What of a row is written: its columns, and the rows around it. */
export interface Projection extends Selection {
  readonly table: TableDefinition
  readonly expansions: readonly Expansion[]
  readonly style: ExpandStyle
}

interface Query {
  readonly org: Org
  readonly readable: Readable
  readonly user: User
  readonly style: ExpandStyle
  readonly nested: boolean
}

function flat(items: readonly ExpandItem[]): readonly ExpandItem[] {
  return items.flatMap((item) => [item, ...flat(item.expand)])
}

function contextOf(name: string, ref: boolean, { context = '' }: Selection): string {
  return ref ? `${name},${name}/$ref()` : `${name}(${context})`
}

/** The projection of `$select` and `$expand` texts on a table. */
function project(
  query: Query,
  table: TableDefinition,
  select: string | undefined,
  items: readonly ExpandItem[],
  unasked: readonly string[] = [],
): Projection {
  const { schema } = query.org
  const parts = items.map((item) => expansionOf(query, table, item))
  const refs = parts.flatMap((one) => (one.kind === 'single' && one.ref ? [one.column.logicalName] : []))
  const selection = parseSelect(schema, table, select, [...refs, ...unasked])
  const expanded = parts.map((one) =>
    contextOf(
      one.name,
      one.kind === 'single' && one.ref,
      one.kind === 'single' ? ([...one.targets.values()][0] ?? selection) : one.projection,
    ),
  )
  const texts = [...(selection.context === undefined ? [] : [selection.context]), ...expanded]
  const context = texts.length === 0 ? undefined : texts.join(',')
  return { ...selection, context, table, expansions: parts, style: query.style }
}

function principal(query: Query, table: TableDefinition, select: string | undefined): Projection {
  // The type behind `ownerid` is principal, which has one property: its key.
  if (select === undefined) throw notImplemented("$expand of 'ownerid' without $select=ownerid")
  for (const name of select.split(',')) if (name.trim() !== 'ownerid') throw noSuchProperty(name.trim(), 'principal')
  return { table, columns: [], context: 'ownerid', ownerKey: true, expansions: [], style: query.style }
}

function single(query: Query, binding: LookupBinding, item: ExpandItem): SingleExpansion {
  const { name, options, ref, expand } = item
  if (options.has('$orderby') || options.has('$top')) throw onlySelectAndFilter()
  if (options.has('$filter')) throw notImplemented(`$filter in the $expand of the lookup '${name}'`)
  const targets = new Map<string, Projection>()
  for (const target of binding.targets) {
    const table = query.org.schema.table(target)
    if (table === undefined) continue
    query.readable(table)
    const select = options.get('$select')
    const shared = binding.targets.length > 1 && !ref
    if (shared && expand.length > 0) throw notImplemented(`$expand inside of '${name}', which leads to several tables`)
    const projection = shared ? principal(query, table, select) : project(query, table, select, expand)
    targets.set(target, isPrincipal(table) ? { ...projection, ownerKey: true } : projection)
  }
  return { kind: 'single', name, column: binding.column, targets, ref }
}

function collection(query: Query, navigation: CollectionNavigation, item: ExpandItem): CollectionExpansion {
  const { name, options, ref, expand } = item
  const { org, readable, user, style, nested } = query
  const { schema, store } = org
  if (ref) throw refOfCollection()
  if (nested && (options.has('$orderby') || options.has('$top'))) throw onlySelectAndFilter()
  const table = tableOfCollection(schema, navigation)
  readable(table)
  const partner = navigation.kind === 'OneToMany' && style === 'set' ? [navigation.relationship.referencingColumn] : []
  const filter = options.get('$filter')
  const projection = project(query, table, options.get('$select'), expand, partner)
  return {
    kind: 'collection',
    name,
    navigation,
    projection: isPrincipal(table) ? { ...projection, ownerKey: true } : projection,
    condition:
      filter === undefined
        ? undefined
        : bindFilter({ schema, table, readable, context: conditionContext(org, user) }, parseFilter(filter, undefined)),
    order: parseOrderBy(store, table, options.get('$orderby')),
    top: topOf(options.get('$top')),
    options,
  }
}

function expansionOf(query: Query, table: TableDefinition, item: ExpandItem): Expansion {
  const { schema } = query.org
  const binding = schema.lookupBindings(table.logicalName).get(item.name)
  if (binding !== undefined) return single(query, binding, item)
  const navigation = schema.collections(table.logicalName).get(item.name)
  if (navigation !== undefined) return collection(query, navigation, item)
  if (wireColumn(schema, table, item.name) !== undefined) throw notExpandable(item.name, table.logicalName)
  throw noSuchProperty(item.name, table.logicalName)
}

// N:N collections may stand beside each other only.
function checkManyToMany(expansions: readonly Expansion[], nested: boolean): void {
  const isManyToMany = (one: Expansion): boolean => one.kind === 'collection' && one.navigation.kind === 'ManyToMany'
  for (const one of expansions) {
    if (isManyToMany(one) && (nested || !expansions.every(isManyToMany))) throw manyToManyAlone(one.name)
    const inner = one.kind === 'single' ? [...one.targets.values()] : [one.projection]
    for (const { expansions: deeper } of inner) checkManyToMany(deeper, nested)
  }
}

/**
 * What the request's `$select` and `$expand` ask of rows of a table. Everything is checked here, before any row is
 * read or written; tables that the user may not read at all are refused (403). Without `expand`, `$expand` is left
 * unread, as the service does for updates. `one` says that a single row is read or written.
 */
export function projectionOf(
  org: Org,
  request: ApiRequest,
  table: TableDefinition,
  { one, expand: expands = true }: { readonly one: boolean; readonly expand?: boolean },
): Projection {
  const { options } = request.query
  const expand = expands ? options.get('$expand') : undefined
  const items = expand === undefined ? [] : parseExpand(expand)
  if (flat(items).length > MAX_EXPANDS) throw tooManyExpands()
  const nested = items.some((item) => item.expand.length > 0)
  const readable = readableBy(org.store, request.user)
  const style = one ? 'row' : nested ? 'nestedSet' : 'set'
  const query: Query = { org, readable, user: request.user, style, nested }
  const projection = project(query, table, options.get('$select'), items)
  checkManyToMany(projection.expansions, nested)
  return projection
}
