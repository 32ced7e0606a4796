import type { ColumnMetadata, LocalColumn, Row, StoredRow, TableMetadata } from '@outpost/core'
import type { Draw } from '@outpost/core/testing'
import type { Device } from '../device.ts'
import { drawValue, writableHere } from '../values.ts'
import type { World } from '../world.ts'
import type { StepContext } from './step.ts'

/** What writes are drawn with. */
export type Drawing = Pick<StepContext, 'world' | 'device' | 'draw'>

/** How many rows of each table are written again and again, so that what people do meets. */
const HOT = 4

/** One of the rows, mostly one of the first few; undefined where there is none. */
export function anyRow(draw: Draw, ids: readonly string[]): string | undefined {
  if (ids.length === 0) return undefined
  return draw.chance(0.6) ? ids[draw.below(Math.min(HOT, ids.length))] : draw.pick(ids)
}

/** One of them; undefined where there is none. */
export function anyOf<T>(draw: Draw, from: readonly T[]): T | undefined {
  return from.length === 0 ? undefined : draw.pick(from)
}

/** The tables on the device whose rows are people's. */
export function tablesOf({ org }: Device): readonly string[] {
  const { tables, mobileTracking } = org.configuration
  return Object.keys(tables).filter((name) => name !== 'systemuser' && name !== mobileTracking)
}

/** The rows of a table on the device; none where it is not kept. */
export async function idsOf(device: Device, table: string): Promise<readonly string[]> {
  if (!device.hasTable(table)) return []
  return device.store.bare.read('look', (tx) => tx.ids(table, { limit: 1000 }))
}

/** A row as the device shows it. */
export async function rowOf({ store }: Device, table: string, id: string): Promise<StoredRow | undefined> {
  return store.bare.read('look', async (tx) => {
    const [row] = await tx.rows(table, [id])
    return row
  })
}

/** Values for some of the columns that are kept and may be written; at least one of them is a text of this write alone. */
export async function drawRow(
  { world, device, draw }: Drawing,
  table: TableMetadata,
  may: 'creatable' | 'updatable',
): Promise<Row> {
  const kept = device.org.configuration.tables[table.name]?.columns
  const columns = table.columns.filter(
    (column) =>
      column[may] &&
      column.name !== table.primaryId &&
      column.name !== 'ownerid' &&
      !column.large &&
      (kept?.includes(column.name) ?? true) &&
      writableHere(column),
  )
  const texts = columns.filter(({ type }) => type === 'text' || type === 'memo')
  const needed = may === 'creatable' ? columns.filter((column) => column.requiredOnCreate ?? column.required) : []
  const chosen = new Set([
    ...needed,
    ...(texts.length > 0 ? [draw.pick(texts)] : []),
    ...columns.filter(() => draw.chance(may === 'creatable' ? 0.4 : 0.15)),
  ])
  return drawColumns(
    { world, device, draw },
    table.name,
    [...chosen].map((column) => [column.name, column]),
  )
}

/** A value for each of the columns. */
export async function drawColumns(
  drawing: Drawing,
  table: string,
  columns: readonly (readonly [string, ColumnMetadata | LocalColumn])[],
): Promise<Row> {
  let values: Row = {}
  for (const [name, column] of columns) values = { ...values, ...(await drawColumn(drawing, table, name, column)) }
  return values
}

/** A value for a column, with the table that it points to beside it where that can be one of several. */
async function drawColumn(
  { world, device, draw }: Drawing,
  table: string,
  name: string,
  column: ColumnMetadata | LocalColumn,
): Promise<Row> {
  const writable = writableHere(column)
  if (!writable) return {}
  const ids = writable.kind === 'lookup' ? await idsByTable(device, writable.targets) : new Map<string, string[]>()
  const drawn = drawValue(draw, writable, {
    words: world.scenario.words,
    token: () => world.token(),
    liked: world.scenario.values?.[table]?.[name] ?? [],
    anyRow: (target) => anyRow(draw, ids.get(target) ?? []) ?? null,
  })
  if (typeof drawn !== 'object' || drawn === null) return { [name]: drawn }
  return { [name]: drawn.id, ...((column.targets?.length ?? 0) > 1 ? { [`${name}$table`]: drawn.table } : {}) }
}

/** The ids of those who have devices. */
export function people({ scenario, emulator }: World): readonly string[] {
  return emulator.master
    .rows('systemuser')
    .filter(({ values }) => scenario.users.includes(String(values['fullname'])))
    .map(({ id }) => id)
}

/** An id that nothing has yet. */
export function newId(draw: Draw): string {
  const hex = (length: number): string => Array.from({ length }, () => draw.below(16).toString(16)).join('')
  return `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`
}

async function idsByTable(device: Device, tables: readonly string[]): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>()
  for (const table of tables) found.set(table, [...(await idsOf(device, table))])
  return found
}
