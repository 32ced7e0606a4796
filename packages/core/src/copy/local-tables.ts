import { columnOf } from '../metadata.ts'
import type { ColumnMetadata, TableMetadata } from '../metadata.ts'
import { wrongTable } from './check-shape.ts'
import type { Report } from './check-shape.ts'
import type { Configuration, ConfiguredTable, LocalColumn, LocalTable, TableConfiguration } from './configuration.ts'
import { storeTable } from './store-table.ts'

/** Names that a store, a filter and a row key can all carry. */
const NAME = /^[a-z][a-z0-9_]*$/

const BAD_NAME = 'a local name is made of small letters, digits and underscores, and begins with a letter'

/** The definition of a table together with the columns that only this client org has. */
export function withLocalColumns(
  metadata: TableMetadata,
  localColumns: Readonly<Record<string, LocalColumn>>,
): TableMetadata {
  const own = Object.entries(localColumns)
  if (own.length === 0) return metadata
  const columns = metadata.columns.filter(({ name }) => !Object.hasOwn(localColumns, name))
  return { ...metadata, columns: [...columns, ...own.map(([name, column]) => definitionOf(name, column))] }
}

/** The names of a table's local columns. Reports those that cannot be one. */
export function checkLocalColumns(
  metadata: TableMetadata,
  { localColumns = {}, columns }: Pick<TableConfiguration, 'localColumns' | 'columns'>,
  report: Report,
): readonly string[] {
  const names = Object.keys(localColumns)
  for (const name of names) {
    const taken = columnOf(metadata, name)
    if (!NAME.test(name)) report(wrongTable(metadata, 'local-name', `column '${name}': ${BAD_NAME}`, name))
    else if (metadata.intersect) {
      report(wrongTable(metadata, 'local-column', `column '${name}': a link has no columns of its own`, name))
    } else if (name === metadata.primaryId || columns?.includes(name)) {
      const message = `column '${name}' is the master's, and cannot be local as well`
      report(wrongTable(metadata, 'local-name', message, name, 'Take another name.'))
    } else if (taken) {
      const types = `${taken.type} there, ${localColumns[name]?.type} here`
      const message = `the master has a column '${name}' too (${types}); the local one keeps the name`
      report(wrongTable(metadata, 'local-clash', message, name, 'Give the local column another name.'))
    }
  }
  return names
}

/** The tables that only this client org has. Reports those that cannot be one, and leaves them out. */
export function checkLocalTables(
  { tables, localTables = {} }: Configuration,
  catalogue: ReadonlyMap<string, TableMetadata>,
  report: Report,
): readonly ConfiguredTable[] {
  return Object.entries(localTables).flatMap(([name, given]) => {
    const metadata = localTableMetadata(name, given)
    if (!NAME.test(name)) {
      report(wrongTable(metadata, 'local-name', BAD_NAME))
      return []
    }
    if (Object.hasOwn(tables, name)) {
      const message = "it is among the master's tables, and cannot be local as well"
      report(wrongTable(metadata, 'local-name', message, undefined, 'Take another name, or remove one of them.'))
      return []
    }
    if (catalogue.has(name)) {
      const message = 'the master has a table of this name too; the local one keeps the name'
      const remedy = 'To keep the one of the master, give the local table another name.'
      report(wrongTable(metadata, 'local-clash', message, undefined, remedy))
    }
    checkLinks(metadata, localTables, report)
    const columns = metadata.columns.map((column) => column.name)
    for (const column of columns) {
      if (!NAME.test(column)) report(wrongTable(metadata, 'local-name', `column '${column}': ${BAD_NAME}`, column))
    }
    if (columnOf(metadata, metadata.primaryId)?.type !== 'guid') {
      const message = `column '${metadata.primaryId}' is the key, and so of type guid`
      report(wrongTable(metadata, 'local-name', message, metadata.primaryId))
    }
    return [
      {
        metadata,
        isLocal: true,
        localColumns: [],
        shown: metadata,
        columns,
        scope: { filter: null },
        uploadFilter: null,
        syncDeletion: false,
        tracking: { deletes: false, owners: false, links: false },
        changeTracking: false,
        priority: 0,
        conflicts: { policy: 'merge', decide: null, rules: new Map(), onDeletedRow: 'error', onUpdatedRow: null },
        store: storeTable(metadata, columns, given.indexes ?? [], report),
      },
    ]
  })
}

function checkLinks(metadata: TableMetadata, localTables: Readonly<Record<string, LocalTable>>, report: Report): void {
  for (const { first, second } of metadata.manyToMany) {
    for (const side of [first, second]) {
      if (Object.hasOwn(localTables, side.table)) continue
      report(wrongTable(metadata, 'intersect-sides', `it links '${side.table}', which is no local table`))
    }
  }
}

/** The definition that a local table has been given, in the master's terms. */
function localTableMetadata(name: string, given: LocalTable): TableMetadata {
  const { primaryId = `${name}id`, primaryName = null, label = name, link } = given
  const key: Readonly<Record<string, LocalColumn>> = { [primaryId]: { type: 'guid' } }
  const ends = link ? { [link.first.column]: { type: 'guid' }, [link.second.column]: { type: 'guid' } } : {}
  const columns: Readonly<Record<string, LocalColumn>> = { ...key, ...(ends as typeof key), ...given.columns }
  return {
    name,
    label,
    primaryId,
    primaryName,
    ownership: 'none',
    intersect: link !== undefined,
    versioned: false,
    changeTracking: false,
    columns: Object.entries(columns).map(([column, options]) => definitionOf(column, options)),
    keys: [],
    oneToMany: [],
    manyToMany: link ? [{ name: link.relationship, intersectTable: name, first: link.first, second: link.second }] : [],
    wire: null,
  }
}

function definitionOf(name: string, { required = false, ...given }: LocalColumn): ColumnMetadata {
  return {
    label: name,
    ...given,
    name,
    required,
    ...(required ? { requiredOnCreate: true } : {}),
    creatable: true,
    updatable: true,
    readable: true,
  }
}
