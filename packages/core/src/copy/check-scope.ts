import { OutpostError } from '../errors.ts'
import { parseMasterFilter } from '../filter/bind.ts'
import type { Filter } from '../filter/filter.ts'
import { columnOf, relationshipOf } from '../metadata.ts'
import type { TableMetadata } from '../metadata.ts'
import type { RelatedRows, RowScope } from '../ports/master-org.ts'
import { wrongTable } from './check-shape.ts'
import type { Report } from './check-shape.ts'
import type { Configuration, RelatedConfiguration, TableConfiguration } from './configuration.ts'

/** What a scope is checked against. */
export interface ScopeCheck {
  readonly configuration: Configuration
  readonly catalogue: ReadonlyMap<string, TableMetadata>
  readonly report: Report
}

/**
 * Which of the master's rows the table keeps, by its configuration. What is wrong is reported, and left out of what is
 * given back. The core reads no XML: of FetchXML it is checked that it can be for this table; the adapter reads it whole.
 */
export function checkScope(metadata: TableMetadata, given: TableConfiguration, check: ScopeCheck): RowScope {
  const { syncFilter, syncFetchXml, related } = given
  const { report } = check
  if (syncFilter !== undefined && syncFetchXml !== undefined) {
    const message = 'syncFilter and syncFetchXml cannot be together'
    report(wrongTable(metadata, 'filter-twice', message, undefined, 'Say both in the FetchXML, or leave one out.'))
  }
  if (syncFetchXml !== undefined) checkFetchXml(metadata, syncFetchXml, report)
  const filter = syncFilter === undefined ? null : filterOf(metadata, syncFilter, report)
  let isRefused = false
  const way: Way = {
    passed: [],
    refuse: (problem) => {
      isRefused = true
      report(problem)
    },
    refuseThere: () => {
      isRefused = true
    },
  }
  const rows = related?.flatMap((one) => relatedRows(metadata, one, check, way) ?? []) ?? []
  const isAlone = syncFilter === undefined && syncFetchXml === undefined
  if (isAlone && related?.length && rows.length === 0 && !isRefused) {
    const message = 'related rows: none of the tables in this circle has rows to begin with'
    report(wrongTable(metadata, 'related-circle', message, undefined, 'Give one of the tables a syncFilter.'))
  }
  return {
    filter,
    ...(syncFetchXml === undefined ? {} : { fetchXml: syncFetchXml }),
    ...(rows.length === 0 ? {} : { related: rows }),
  }
}

function filterOf(metadata: TableMetadata, text: string, report: Report): Filter | null {
  try {
    return parseMasterFilter(text, metadata)
  } catch (error) {
    if (!(error instanceof OutpostError)) throw error
    report(error)
    return null
  }
}

const MARKUP = /<!--[^]*?-->|<\?[^]*?\?>/g
const ROOT =
  /^\s*<fetch\b[^>]*>\s*<entity\b([^>]*)>[^]*<\/fetch\s*>\s*$|^\s*<fetch\b[^>]*>\s*<entity\b([^>]*)\/>\s*<\/fetch\s*>\s*$/

function checkFetchXml(metadata: TableMetadata, text: string, report: Report): void {
  const bare = text.replace(MARKUP, '')
  const root = ROOT.exec(bare)
  const attributes = root?.[1] ?? root?.[2]
  if (attributes === undefined) {
    const message = 'the FetchXML is not <fetch><entity name="…">…</entity></fetch>'
    report(wrongTable(metadata, 'fetchxml-root', message))
    return
  }
  const name = /\bname\s*=\s*(["'])(.*?)\1/.exec(attributes)?.[2]
  if (name === metadata.name) return
  report(
    wrongTable(metadata, 'fetchxml-entity', `the entity of the FetchXML is '${name ?? ''}', not '${metadata.name}'`),
  )
}

/** Which entries of related rows have been followed, and what takes the problems of this one, and of those behind it. */
interface Way {
  readonly passed: readonly RelatedConfiguration[]
  readonly refuse: Report
  readonly refuseThere: Report
}

/**
 * The related rows that are named, with those that the other table has as related, and so on; in a circle each entry is
 * followed once. Null where nothing at its end tells which rows there are.
 */
function relatedRows(
  metadata: TableMetadata,
  given: RelatedConfiguration,
  check: ScopeCheck,
  way: Way,
): RelatedRows | null {
  const { direction, table: name, lookup } = given
  const { configuration, catalogue } = check
  const refuse = (rule: string, message: string, place: { column?: string; remedy: string }): null => {
    way.refuse(wrongTable(metadata, rule, `related rows: ${message}`, place.column, place.remedy))
    return null
  }
  const options = Object.hasOwn(configuration.tables, name) ? configuration.tables[name] : undefined
  const other = catalogue.get(name)
  if (!options || !other) {
    const remedy = `Add '${name}' to the tables, or take it out of 'related'.`
    return refuse('related-table', `table '${name}' is not configured`, { remedy })
  }
  if (options.syncFetchXml !== undefined) {
    const remedy = `Write the join to '${name}' in a syncFetchXml of '${metadata.name}'.`
    return refuse('related-fetchxml', `which rows of '${name}' are kept is said in FetchXML, which cannot be joined`, {
      remedy,
    })
  }
  const [from, to] = direction === 'parents' ? [other, metadata] : [metadata, other]
  if (!pointsTo(from, lookup, to)) {
    const message = `column '${lookup}' of table '${from.name}' is no lookup to '${to.name}'`
    return refuse('related-lookup', message, { column: lookup, remedy: 'Name a lookup column by its logical name.' })
  }
  const filter = options.syncFilter === undefined ? null : filterOf(other, options.syncFilter, () => {})
  const passed = [...way.passed, given]
  const behind = { passed, refuse: way.refuseThere, refuseThere: way.refuseThere }
  const further = options.related?.filter((one) => !passed.includes(one)) ?? []
  const related = further.flatMap((one) => relatedRows(other, one, check, behind) ?? [])
  if (options.related?.length && options.syncFilter === undefined && related.length === 0) return null
  return { direction, table: other, lookup, filter, ...(related.length === 0 ? {} : { related }) }
}

/** Whether the column holds ids of the other table. The columns of an intersect table are no lookups, and do. */
function pointsTo(table: TableMetadata, name: string, target: TableMetadata): boolean {
  const column = columnOf(table, name)
  if (!column?.readable) return false
  const relationship = relationshipOf(table)
  const sides = relationship ? [relationship.first, relationship.second] : []
  if (sides.some((side) => side.column === name && side.table === target.name)) return true
  return column.targets?.some((each) => each.table === target.name) ?? false
}
