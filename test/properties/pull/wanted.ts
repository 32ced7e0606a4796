import { linkId } from '@outpost/core'
import type { ColumnValue, Row } from '@outpost/core'
import type { ColumnDefinition, Emulator } from '@outpost/dataverse-emulator'
import { TECHNICIAN } from './ground.ts'
import type { HeldRow, Site } from './ground.ts'
import type { Keeping } from './kept.ts'

type Wire = Readonly<Record<string, unknown>>

const LOOKUP_TABLE = 'Microsoft.Dynamics.CRM.lookuplogicalname'
const LOOKUPS: readonly string[] = ['Lookup', 'Customer', 'Owner']

/**
 * What a device should have of a table: the master is asked as the technician, by plain requests, with the filter as
 * somebody would write it by hand. Nothing of the code under test takes part in it.
 */
export async function wantedRows(
  site: Site,
  keeping: Keeping,
  table: string,
  configured: readonly string[],
): Promise<ReadonlyMap<string, HeldRow>> {
  const { emulator } = site
  const columns = expectedColumns(emulator, table, configured)
  const select = columns.map(wireName)
  const found = await rowsOf(emulator, keeping, table, select, new Set())
  return new Map(found.map((wire) => [idOf(emulator, table, wire), heldOf(columns, wire)]))
}

/** The rows of a table that its scope wants; entries of related rows that have led here are not followed again. */
async function rowsOf(
  emulator: Emulator,
  keeping: Keeping,
  table: string,
  select: readonly string[],
  passed: ReadonlySet<object>,
): Promise<readonly Wire[]> {
  const scope = keeping.scopes[table]
  const found: Wire[] = []
  const { syncFetchXml, related = [] } = scope?.configured ?? {}
  if (syncFetchXml !== undefined) found.push(...(await fetchRows(emulator, table, syncFetchXml, select)))
  else if (scope?.filter !== false)
    found.push(...(await rowsBy(emulator, table, scope?.filter === true ? '' : (scope?.filter ?? ''), select)))
  for (const entry of related) {
    if (passed.has(entry)) continue
    const { direction, table: other, lookup } = entry
    const [from, to] =
      direction === 'children' ? [primaryId(emulator, other), lookup] : [lookup, primaryId(emulator, table)]
    const [name, mine] = [wireOf(emulator, other, from), wireOf(emulator, table, to)]
    const pointer = direction === 'children' ? mine : name
    const target = direction === 'children' ? other : table
    const pointsThere = (row: Wire): boolean => row[`${pointer}@${LOOKUP_TABLE}`] === target
    const ends = await rowsOf(emulator, keeping, other, [name], new Set([...passed, entry]))
    const wanted = new Set(ends.filter((row) => direction === 'children' || pointsThere(row)).map((row) => row[name]))
    const all = await rowsBy(emulator, table, '', [...new Set([...select, mine])])
    found.push(...all.filter((row) => wanted.has(row[mine]) && (direction === 'parents' || pointsThere(row))))
  }
  return found
}

/** The definitions of the columns that a device should have. */
function expectedColumns(
  emulator: Emulator,
  table: string,
  configured: readonly string[],
): readonly ColumnDefinition[] {
  const link = emulator.schema.manyToManyByIntersect(table)
  const names = [primaryId(emulator, table), ...(link ? [link.column1, link.column2] : []), ...configured]
  return [...new Set(names)].flatMap((name) => emulator.schema.column(table, name) ?? [])
}

function heldOf(columns: readonly ColumnDefinition[], wire: Wire): HeldRow {
  const values: Record<string, ColumnValue> = {}
  for (const column of columns) {
    const value = (wire[wireName(column)] ?? null) as ColumnValue
    values[column.logicalName] = value !== null && column.type === 'BigInt' ? String(value) : value
    if ('targets' in column && column.targets.length > 1)
      values[`${column.logicalName}$table`] = (wire[`${wireName(column)}@${LOOKUP_TABLE}`] ?? null) as ColumnValue
  }
  return { version: String(wire['@odata.etag']), values: values satisfies Row }
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

async function rowsBy(
  emulator: Emulator,
  table: string,
  filter: string,
  select: readonly string[],
): Promise<readonly Wire[]> {
  const query = `$select=${select.join(',')}${filter === '' ? '' : `&$filter=${encodeURIComponent(filter)}`}`
  return ask(emulator, `${emulator.schema.table(table)?.entitySetName ?? ''}?${query}`)
}

async function fetchRows(
  emulator: Emulator,
  table: string,
  fetchXml: string,
  select: readonly string[],
): Promise<readonly Wire[]> {
  const columns = select.map((name) => `<attribute name="${name.replace(/^_(.*)_value$/, '$1')}"/>`).join('')
  const whole = fetchXml.replace(/(<entity [^>]*>)/, `$1${columns}`).replace('<fetch>', '<fetch distinct="true">')
  return ask(emulator, `${emulator.schema.table(table)?.entitySetName ?? ''}?fetchXml=${encodeURIComponent(whole)}`)
}

async function ask(emulator: Emulator, path: string): Promise<readonly Wire[]> {
  const response = await emulator.as(TECHNICIAN)(path, {
    headers: { Prefer: `odata.maxpagesize=5000,odata.include-annotations="${LOOKUP_TABLE}"` },
  })
  const body = (await response.json()) as {
    readonly value?: readonly Wire[]
    readonly error?: { readonly message: string }
  }
  // Who may not read any row of a table is refused.
  if (response.status === 403) return []
  if (!response.ok || !body.value) throw new Error(`${path}: ${response.status} ${body.error?.message ?? ''}`)
  return body.value
}
