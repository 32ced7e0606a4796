import type { TableMetadata } from '../metadata.ts'
import { columnOf, relationshipOf } from '../metadata.ts'
import { TRACKING_COLUMNS } from '../pull/tracking.ts'
import { wrongTable } from './check-shape.ts'
import type { Report } from './check-shape.ts'
import type { TableCheck } from './check-table.ts'
import type { TableConfiguration } from './configuration.ts'

/** The table of the master's users: owners are found there. */
const USERS = 'systemuser'

const KINDS = ['deletes', 'owners', 'links'] as const

/**
 * What the tables of a configuration need of one another: both sides of a link, the mobile-tracking table where a kind of
 * tracking is on, and what such a kind needs besides.
 */
export function checkTracking({ configuration, catalogue, report }: TableCheck): void {
  const { tables, mobileTracking } = configuration
  const has = (name: string): boolean => Object.hasOwn(tables, name)
  if (mobileTracking !== undefined && !has(mobileTracking)) {
    const message = 'it is to be the mobile-tracking table, and is not configured'
    const remedy = 'Add it to the tables.'
    report(wrongTable({ name: mobileTracking }, 'tracking-table', message, undefined, remedy))
  }
  for (const [name, options] of Object.entries(tables)) {
    const metadata = catalogue.get(name)
    if (!metadata) continue
    checkSides(metadata, has, report)
    if (name === mobileTracking) checkEntries(metadata, options, report)
    checkKinds(metadata, options, { has, mobileTracking, report })
  }
}

/** What the entries of the mobile-tracking table tell is in these columns. */
function checkEntries(metadata: TableMetadata, { columns }: TableConfiguration, report: Report): void {
  for (const column of Object.values(TRACKING_COLUMNS)) {
    if (columnOf(metadata, column) === undefined) {
      const message = `it is to be the mobile-tracking table, and has no column '${column}'`
      report(wrongTable(metadata, 'tracking-columns', message, undefined, "Name another table in 'mobileTracking'."))
    } else if (columns !== undefined && !columns.includes(column)) {
      const message = `it is the mobile-tracking table, and its column '${column}' is not selected`
      report(wrongTable(metadata, 'tracking-columns', message, column, 'Add the column, or leave the selection out.'))
    }
  }
}

/** Links can only be kept where both linked tables are kept. */
function checkSides(metadata: TableMetadata, has: (table: string) => boolean, report: Report): void {
  const relationship = relationshipOf(metadata)
  if (!relationship) return
  const { first, second } = relationship
  for (const side of new Set([first.table, second.table])) {
    if (has(side)) continue
    const message = `it links '${first.table}' and '${second.table}'; '${side}' is not configured`
    report(wrongTable(metadata, 'intersect-sides', message, undefined, `Add '${side}' to the tables.`))
  }
}

interface KindCheck {
  readonly has: (table: string) => boolean
  readonly mobileTracking: string | undefined
  readonly report: Report
}

function checkKinds(metadata: TableMetadata, { tracking, syncDeletion }: TableConfiguration, check: KindCheck): void {
  const on = KINDS.filter((kind) => tracking?.[kind] === true)
  if (on.length === 0) return
  const { has, mobileTracking, report } = check
  const kinds = on.map((kind) => `'${kind}'`).join(', ')
  const fail = (rule: string, message: string, remedy: string): void =>
    report(wrongTable(metadata, rule, message, undefined, remedy))
  if (mobileTracking === undefined) {
    const message = `tracking of ${kinds} needs the mobile-tracking table, and none is named`
    fail('tracking-table', message, "Name it in 'mobileTracking', and add it to the tables.")
  } else if (metadata.name === mobileTracking) {
    fail('tracking-kind', 'the mobile-tracking table does not track itself', `Switch ${kinds} off.`)
  }
  if (syncDeletion === true) {
    const message = `tracking of ${kinds} does what 'syncDeletion' does by comparing all ids; only one of them can be on`
    fail('tracking-sync-deletion', message, "Clear 'syncDeletion' of this table, or switch its tracking off.")
  }
  if (on.includes('links') && !metadata.intersect) {
    const message = "tracking of 'links' is for the intersect table of a many-to-many relationship, and this is none"
    const own = metadata.manyToMany.filter(({ intersectTable }) => has(intersectTable))
    const where = own.map(({ intersectTable }) => `'${intersectTable}'`).join(', ')
    fail('tracking-links', message, where ? `Switch it on for ${where}.` : 'Add the intersect table, and set it there.')
  }
  const ofRows = on.filter((kind) => kind !== 'links')
  if (metadata.intersect && ofRows.length > 0) {
    const message = `a link has no ${ofRows.map((kind) => `'${kind}'`).join(', ')} to track`
    fail('tracking-kind', message, "Use 'links'.")
  }
  if (!metadata.intersect && on.includes('owners')) {
    if (metadata.ownership !== 'user') {
      fail('tracking-kind', "its rows have no owner, so there are no 'owners' to track", "Switch 'owners' off.")
    }
    if (!has(USERS)) {
      const message = `tracking of 'owners' needs table '${USERS}', which is not configured`
      fail('tracking-owner', message, `Add '${USERS}' to the tables.`)
    }
  }
}
