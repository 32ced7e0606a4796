import { linkId } from '@outpost/core'
import type { ColumnValue, Configuration, Row } from '@outpost/core'
import type { ColumnDefinition, Emulator } from '@outpost/dataverse-emulator'

type Wire = Readonly<Record<string, unknown>>

/** A row as a device should have it. */
export interface WantedRow {
  readonly version: string
  readonly values: Row
}

const LOOKUP_TABLE = 'Microsoft.Dynamics.CRM.lookuplogicalname'
const LOOKUPS: readonly string[] = ['Lookup', 'Customer', 'Owner']

/**
 * What a device should have of a table: the master is asked as its user, by plain requests, with the filter as somebody
 * would write it by hand. Nothing of the code under test takes part in it.
 */
export async function wantedRows(
  emulator: Emulator,
  user: string,
  configuration: Configuration,
  table: string,
): Promise<ReadonlyMap<string, WantedRow>> {
  const asking = { emulator, user, configuration }
  const columns = expectedColumns(asking, table)
  const found = await rowsOf(asking, table, columns.map(wireName), new Set())
  return new Map(found.map((wire) => [idOf(emulator, table, wire), heldOf(columns, wire)]))
}

interface Asking {
  readonly emulator: Emulator
  readonly user: string
  readonly configuration: Configuration
}

/** The rows of a table that its scope wants; entries of related rows that have led here are not followed again. */
async function rowsOf(
  asking: Asking,
  table: string,
  select: readonly string[],
  passed: ReadonlySet<object>,
): Promise<readonly Wire[]> {
  const { emulator, configuration } = asking
  const { syncFilter, syncFetchXml, related = [] } = configuration.tables[table] ?? {}
  const found: Wire[] = []
  if (syncFetchXml !== undefined) found.push(...(await fetchRows(asking, table, syncFetchXml, select)))
  else if (syncFilter !== undefined || related.length === 0)
    found.push(...(await rowsBy(asking, table, byHand(emulator, table, syncFilter ?? ''), select)))
  for (const entry of related) {
    if (passed.has(entry)) continue
    const { direction, table: other, lookup } = entry
    const [from, to] =
      direction === 'children' ? [primaryId(emulator, other), lookup] : [lookup, primaryId(emulator, table)]
    const [name, mine] = [wireOf(emulator, other, from), wireOf(emulator, table, to)]
    const pointer = direction === 'children' ? mine : name
    const target = direction === 'children' ? other : table
    const pointsThere = (row: Wire): boolean => row[`${pointer}@${LOOKUP_TABLE}`] === target
    const ends = await rowsOf(asking, other, [name], new Set([...passed, entry]))
    const wanted = new Set(ends.filter((row) => direction === 'children' || pointsThere(row)).map((row) => row[name]))
    const all = await rowsBy(asking, table, '', [...new Set([...select, mine])])
    found.push(...all.filter((row) => wanted.has(row[mine]) && (direction === 'parents' || pointsThere(row))))
  }
  return found
}

/** The definitions of the columns that a device should have. */
function expectedColumns({ emulator, configuration }: Asking, table: string): readonly ColumnDefinition[] {
  const link = emulator.schema.manyToManyByIntersect(table)
  const configured = configuration.tables[table]?.columns ?? []
  const names = [primaryId(emulator, table), ...(link ? [link.column1, link.column2] : []), ...configured]
  return [...new Set(names)].flatMap((name) => emulator.schema.column(table, name) ?? [])
}

function heldOf(columns: readonly ColumnDefinition[], wire: Wire): WantedRow {
  const values: Record<string, ColumnValue> = {}
  for (const column of columns) {
    const value = (wire[wireName(column)] ?? null) as ColumnValue
    values[column.logicalName] = value !== null && column.type === 'BigInt' ? String(value) : value
    if ('targets' in column && column.targets.length > 1)
      values[`${column.logicalName}$table`] = (wire[`${wireName(column)}@${LOOKUP_TABLE}`] ?? null) as ColumnValue
  }
  return { version: String(wire['@odata.etag']), values }
}

function idOf(emulator: Emulator, table: string, wire: Wire): string {
  const link = emulator.schema.manyToManyByIntersect(table)
  if (link) return linkId(String(wire[link.column1]), String(wire[link.column2]))
  return String(wire[primaryId(emulator, table)])
}

function primaryId(emulator: Emulator, table: string): string {
  return emulator.schema.table(table)?.primaryId ?? ''
}

function wireOf(emulator: Emulator, table: string, name: string): string {
  const column = emulator.schema.column(table, name)
  return column ? wireName(column) : name
}

function wireName(column: ColumnDefinition): string {
  return LOOKUPS.includes(column.type) ? `_${column.logicalName}_value` : column.logicalName
}

/** The filter with the names that the Web API has for lookups; texts and the arguments of functions stay. */
function byHand(emulator: Emulator, table: string, filter: string): string {
  return filter.replace(/'(?:[^']|'')*'|\b[a-z_][a-z0-9_]*\b(?![.(])/g, (word) =>
    word.startsWith("'") ? word : wireOf(emulator, table, word),
  )
}

async function rowsBy(
  asking: Asking,
  table: string,
  filter: string,
  select: readonly string[],
): Promise<readonly Wire[]> {
  const query = `$select=${select.join(',')}${filter === '' ? '' : `&$filter=${encodeURIComponent(filter)}`}`
  return ask(asking, `${asking.emulator.schema.table(table)?.entitySetName ?? ''}?${query}`)
}

async function fetchRows(
  asking: Asking,
  table: string,
  fetchXml: string,
  select: readonly string[],
): Promise<readonly Wire[]> {
  const columns = select.map((name) => `<attribute name="${name.replace(/^_(.*)_value$/, '$1')}"/>`).join('')
  const whole = fetchXml.replace(/(<entity [^>]*>)/, `$1${columns}`).replace('<fetch>', '<fetch distinct="true">')
  return ask(
    asking,
    `${asking.emulator.schema.table(table)?.entitySetName ?? ''}?fetchXml=${encodeURIComponent(whole)}`,
  )
}

async function ask({ emulator, user }: Asking, path: string): Promise<readonly Wire[]> {
  const { maxPageSize } = emulator.knobs
  emulator.knobs.maxPageSize = 5000
  const response = await emulator.as(user)(path, {
    headers: { Prefer: `odata.maxpagesize=5000,odata.include-annotations="${LOOKUP_TABLE}"` },
  })
  emulator.knobs.maxPageSize = maxPageSize
  const body = (await response.json()) as {
    readonly value?: readonly Wire[]
    readonly error?: { readonly message: string }
  }
  // Who may not read any row of a table is refused.
  if (response.status === 403) return []
  if (!response.ok || !body.value) throw new Error(`${path}: ${response.status} ${body.error?.message ?? ''}`)
  return body.value
}
