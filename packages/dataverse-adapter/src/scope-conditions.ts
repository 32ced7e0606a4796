import { OutpostError, type RelatedRows, type RowScope, type TableMetadata } from '@outpost/core'
import { type FetchElement, fetchElement, fetchFilter } from './fetch-element.ts'
import { filterConditions } from './filter-conditions.ts'
import { readFetchXml } from './read-fetchxml.ts'
import { readableColumn } from './wire-table.ts'

/** What a scope is in FetchXML: filters that must all hold, and joins. */
export interface ScopeConditions {
  readonly filters: readonly FetchElement[]
  readonly links: readonly FetchElement[]
}

/** True where the scope is more than a filter, so that it has to be asked for as FetchXML. */
export function needsFetchXml(scope: RowScope): boolean {
  return scope.fetchXml !== undefined || (scope.related !== undefined && scope.related.length > 0)
}

/**
 * The scope as FetchXML: the rows that its own part selects (the filter and the FetchXML, both where both are given), and
 * the related ones. Where there is no own part, only the related ones. Throws `invalid` for what cannot be asked for.
 */
export function scopeConditions(table: TableMetadata, scope: RowScope): ScopeConditions {
  const written = scope.fetchXml === undefined ? [] : readFetchXml(table, scope.fetchXml)
  const filter = scope.filter === null ? [] : [inFilter(filterConditions(table, scope.filter))]
  const filters = [...written.filter(({ name }) => name === 'filter'), ...filter]
  const links = written.filter(({ name }) => name === 'link-entity')
  const related = (scope.related ?? []).map((one) => relatedLink(table, one))
  if (related.length === 0) return { filters, links }
  const own = [...filters, ...existenceOf(table, filters, links)].filter(
    (part) => part.children.length > 0 || part.name !== 'filter',
  )
  // FetchXML without a condition selects every row; there is nothing that related rows could add.
  if (own.length === 0 && scope.fetchXml !== undefined) return { filters: [], links: [] }
  const alternatives = own.length === 0 ? related : [fetchFilter('and', own), ...related]
  return { filters: [fetchElement('filter', { type: 'or' }, alternatives)], links: [] }
}

/** True where a row can come more than once, because several rows are joined to it. */
export function canRepeat(links: readonly FetchElement[]): boolean {
  return links.some(({ attributes, children }) => {
    const { from, name, 'link-type': type = 'inner' } = attributes
    if (!JOINS.has(type)) return false
    // Only the key of the other table finds one row at most.
    if (from === undefined || from !== `${name}id`) return true
    return canRepeat(children.filter((child) => child.name === 'link-entity'))
  })
}

const JOINS: ReadonlySet<string> = new Set(['inner', 'natural', 'outer'])

function relatedLink(table: TableMetadata, given: RelatedRows): FetchElement {
  const { direction, table: other, lookup, filter, related = [] } = given
  const [from, to] =
    direction === 'parents'
      ? [readableColumn(other, lookup).name, table.primaryId]
      : [other.primaryId, readableColumn(table, lookup).name]
  const own = filter === null ? [] : [inFilter(filterConditions(other, filter))]
  const alternatives = [...own, ...related.map((one) => relatedLink(other, one))]
  const conditions = related.length === 0 ? own : [fetchElement('filter', { type: 'or' }, alternatives)]
  return fetchElement('link-entity', { name: other.name, from, to, 'link-type': 'any' }, conditions)
}

/** A bare condition cannot stand in an entity or a link. */
export function inFilter(condition: FetchElement): FetchElement {
  return condition.name === 'filter' ? condition : fetchElement('filter', { type: 'and' }, [condition])
}

/**
 * The joins of the entity as conditions, so that other rows can be wanted besides: a join that must find something is an
 * `any`, one that need not is none at all.
 */
function existenceOf(
  table: TableMetadata,
  filters: readonly FetchElement[],
  links: readonly FetchElement[],
): readonly FetchElement[] {
  for (const { attributes } of [...filters, ...links].flatMap(conditionsIn)) {
    if (attributes['entityname'] === undefined && attributes['valueof']?.includes('.') !== true) continue
    throw new OutpostError(
      'invalid',
      `the FetchXML for table "${table.name}" compares rows of several joins, so related rows cannot be added to it`,
      {
        place: { table: table.name, rule: 'fetchxml-related' },
        remedy: 'Ask for the related rows in the FetchXML itself, by a link-entity inside of a filter.',
      },
    )
  }
  return links.flatMap(asCondition)
}

function asCondition(link: FetchElement): readonly FetchElement[] {
  const { 'link-type': type = 'inner', alias: _, ...attributes } = link.attributes
  if (type === 'outer') return []
  const children = link.children.flatMap((child) => (child.name === 'link-entity' ? nested(child) : [child]))
  return [fetchElement('link-entity', { ...attributes, 'link-type': 'any' }, children)]
}

function nested(link: FetchElement): readonly FetchElement[] {
  return link.attributes['link-type'] === 'outer' ? [] : [link]
}

function conditionsIn(element: FetchElement): readonly FetchElement[] {
  return [...(element.name === 'condition' ? [element] : []), ...element.children.flatMap(conditionsIn)]
}
