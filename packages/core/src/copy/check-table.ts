import { checkConflictOptions } from '../conflicts/conflict-policy.ts'
import type { ConflictFunctions } from '../conflicts/conflict-policy.ts'
import { OutpostError } from '../errors.ts'
import { columnsOfFilter, parseTableFilter } from '../filter/bind.ts'
import type { Filter } from '../filter/filter.ts'
import { columnOf } from '../metadata.ts'
import type { TableMetadata } from '../metadata.ts'
import { TARGET_SUFFIX } from '../row.ts'
import { checkScope } from './check-scope.ts'
import { wrongTable } from './check-shape.ts'
import type { Report } from './check-shape.ts'
import type { Configuration, ConfiguredTable, TableConfiguration } from './configuration.ts'
import { checkLocalColumns, withLocalColumns } from './local-tables.ts'
import { storeTable } from './store-table.ts'

/** What the configuration of a table is checked against. */
export interface TableCheck {
  /** The whole that it is part of; its shape has been checked. */
  readonly configuration: Configuration
  readonly catalogue: ReadonlyMap<string, TableMetadata>
  readonly functions: ConflictFunctions
  readonly report: Report
}

/** The table as it is configured. What is wrong is reported, and left out of what is given back. */
export function checkTable(metadata: TableMetadata, given: TableConfiguration, check: TableCheck): ConfiguredTable {
  const { report } = check
  const local = checkLocalColumns(metadata, given, report)
  const columns = selectedColumns(metadata, given.columns, new Set(local), report)
  const shown = withLocalColumns(metadata, given.localColumns ?? {})
  const scope = checkScope(metadata, given, check)
  const uploadFilter = reporting(report, () => uploadFilterOf(metadata, given, columns, report)) ?? null
  return {
    metadata,
    isLocal: false,
    localColumns: local,
    shown,
    columns,
    scope,
    uploadFilter,
    syncDeletion: given.syncDeletion ?? false,
    tracking: { deletes: false, owners: false, links: false, ...given.tracking },
    changeTracking: given.changeTracking ?? false,
    priority: given.priority ?? 0,
    ...(given.batchSize === undefined ? {} : { batchSize: given.batchSize }),
    conflicts: checkConflictOptions(metadata, columns, given, check.functions, report),
    store: storeTable(shown, [...columns, ...local], given.indexes ?? [], report),
  }
}

/** What the body gives back; where it throws what is wrong, that is reported. */
function reporting<T>(report: Report, body: () => T): T | undefined {
  try {
    return body()
  } catch (error) {
    if (!(error instanceof OutpostError)) throw error
    report(error)
    return undefined
  }
}

function uploadFilterOf(
  metadata: TableMetadata,
  { uploadFilter, localColumns = {} }: TableConfiguration,
  columns: readonly string[],
  report: Report,
): Filter | null {
  if (uploadFilter === undefined) return null
  const filter = parseTableFilter(uploadFilter, withLocalColumns(metadata, localColumns), 'upload filter')
  for (const column of columnsOfFilter(filter)) {
    const name = column.replace(TARGET_SUFFIX, '')
    if (columns.includes(name)) continue
    const message = Object.hasOwn(localColumns, name)
      ? `the upload filter names column '${name}', which only this client org has`
      : `the upload filter needs column '${column}', which is not selected`
    report(wrongTable(metadata, Object.hasOwn(localColumns, name) ? 'local-column' : 'not-selected', message, column))
  }
  return filter
}

function selectedColumns(
  metadata: TableMetadata,
  names: readonly string[] | undefined,
  local: ReadonlySet<string>,
  report: Report,
): readonly string[] {
  const relationship = metadata.intersect
    ? metadata.manyToMany.find((candidate) => candidate.intersectTable === metadata.name)
    : undefined
  const always = [metadata.primaryId, ...(relationship ? [relationship.first.column, relationship.second.column] : [])]
  for (const name of names ?? []) {
    const column = columnOf(metadata, name)
    if (!column) {
      if (local.has(name)) continue
      report(wrongTable(metadata, 'unknown-column', `the master has no column '${name}' in it`, name))
    } else if (!column.readable) {
      report(wrongTable(metadata, 'unreadable-column', `column '${name}' cannot be read from the master`, name))
    }
  }
  const wanted = new Set(
    names ??
      metadata.columns
        .filter((column) => column.readable && column.type !== 'other' && !column.large)
        .map((column) => column.name),
  )
  const rest = metadata.columns
    .map((column) => column.name)
    .filter((name) => wanted.has(name) && !always.includes(name) && !local.has(name))
  return [...always, ...rest]
}
