// Both sides, row by row and column by column, without the engine: the master is read with plain requests, its pages
// followed and its names mapped here; the laptop's rows are read from its store. What the laptop should keep is decided
// here too, in JavaScript instead of by a filter.
import { TARGET_SUFFIX } from '@outpost/core'
import type { Store } from '@outpost/core'
import type { Json, Office } from './office.ts'
import { KEPT_TABLES } from './tables.ts'
import type { KeptTable } from './tables.ts'

export interface TableComparison {
  readonly table: string
  readonly masterRows: number
  readonly deviceRows: number
  readonly columns: number
  readonly values: number
  readonly differences: readonly string[]
}

type Row = Readonly<Record<string, unknown>>

export interface Expectation {
  readonly user: string
  readonly businessUnit: string
}

/** Compares every kept table. A row that only one side has is one difference, and so is every value that differs. */
export async function compareAll(
  office: Office,
  store: Store,
  expected: Expectation,
  onTable: (comparison: TableComparison) => void,
): Promise<readonly TableComparison[]> {
  const comparisons: TableComparison[] = []
  for (const table of KEPT_TABLES) {
    const comparison = compare(table, await masterRows(office, table, expected), await deviceRows(store, table))
    onTable(comparison)
    comparisons.push(comparison)
  }
  return comparisons
}

function compare(
  table: KeptTable,
  master: ReadonlyMap<string, Row>,
  device: ReadonlyMap<string, Row>,
): TableComparison {
  const columns = comparedColumns(table)
  const differences: string[] = []
  let values = 0
  for (const [key, theirs] of master) {
    const ours = device.get(key)
    if (!ours) {
      differences.push(`${table.name} ${key}: on the master only`)
      continue
    }
    for (const column of columns) {
      values += 1
      // The master's null is null here too; a value that is missing altogether equals nothing.
      if (theirs[column] !== undefined && theirs[column] === ours[column]) continue
      differences.push(
        `${table.name} ${key} ${column}: ${JSON.stringify(theirs[column])} on the master, ${JSON.stringify(ours[column])} here`,
      )
    }
  }
  for (const key of device.keys()) if (!master.has(key)) differences.push(`${table.name} ${key}: on the laptop only`)
  return {
    table: table.name,
    masterRows: master.size,
    deviceRows: device.size,
    columns: columns.length,
    values,
    differences,
  }
}

function comparedColumns({ id, columns, polymorphic = [] }: KeptTable): readonly string[] {
  return [id, ...columns, ...polymorphic.map((column) => column + TARGET_SUFFIX)]
}

async function masterRows(office: Office, table: KeptTable, expected: Expectation): Promise<ReadonlyMap<string, Row>> {
  const { name, set, columns, lookups = [], whole } = table
  const wire = (column: string): string => (lookups.includes(column) ? `_${column}_value` : column)
  const ours = whole ? [] : ['statecode', '_owningbusinessunit_value']
  const selected = [...new Set([...columns.map(wire), ...ours])]
  const rows = new Map<string, Row>()
  let next: string | undefined = `${set}?$select=${selected.join(',')}`
  while (next !== undefined) {
    const page: Json = await office.request(expected.user, 'GET', next)
    for (const wireRow of page['value'] as readonly Json[]) {
      const kept = wireRow['statecode'] === 0 && wireRow['_owningbusinessunit_value'] === expected.businessUnit
      if (!whole && !kept) continue
      const row = fromWire(table, wireRow)
      rows.set(keyOf(table, row), row)
    }
    next = page['@odata.nextLink'] as string | undefined
  }
  if (rows.size === 0)
    throw new Error(`the master shows no row of ${name} that should be kept; nothing would be compared`)
  return rows
}

function fromWire({ id, columns, lookups = [], polymorphic = [] }: KeptTable, wireRow: Json): Row {
  const row: Record<string, unknown> = { [id]: wireRow[id] }
  for (const column of columns) {
    const name = lookups.includes(column) ? `_${column}_value` : column
    row[column] = wireRow[name]
    if (!polymorphic.includes(column)) continue
    row[column + TARGET_SUFFIX] = wireRow[`${name}@Microsoft.Dynamics.CRM.lookuplogicalname`] ?? null
  }
  return row
}

async function deviceRows(store: Store, table: KeptTable): Promise<ReadonlyMap<string, Row>> {
  const stored = await store.read('compare', (tx) => tx.scan(table.name, {}))
  return new Map(stored.map(({ values }) => [keyOf(table, values), values]))
}

function keyOf({ id, link = [id] }: Pick<KeptTable, 'id'> & { readonly link?: readonly string[] }, row: Row): string {
  return link.map((column) => String(row[column])).join(' + ')
}
