import type { ColumnDefinition, Master, MasterValue, MasterValues } from '@outpost/dataverse-emulator'
import type { Draw } from '@outpost/core/testing'
import type { Scenario } from '../scenario.ts'
import { drawValue, writableThere } from '../values.ts'
import type { World } from '../world.ts'

/** What the master's side draws from: its rows are seen by `master`, whoever that is. */
export interface MasterDrawing {
  readonly world: World
  readonly draw: Draw
  readonly master: Master
}

const keptTables = new WeakMap<Scenario, readonly string[]>()

/** The tables that devices may keep, those of the system apart. */
export function tablesOfPeople({ scenario }: World): readonly string[] {
  const found = keptTables.get(scenario)
  if (found) return found
  const tracking = scenario.configurations.map(({ mobileTracking }) => mobileTracking)
  const names = new Set(scenario.configurations.flatMap(({ tables }) => Object.keys(tables)))
  const kept = [...names].filter((name) => name !== 'systemuser' && !tracking.includes(name))
  keptTables.set(scenario, kept)
  return kept
}

/** Those whose rows are no links. */
export function writtenTables(world: World): readonly string[] {
  return tablesOfPeople(world).filter((name) => !world.emulator.schema.manyToManyByIntersect(name))
}

/** How many rows of a table are changed again and again, so that changes meet. */
const HOT = 4

/** A row of a table, by preference one of those that everybody changes; null where there is none. */
export function anyRow({ draw, master }: MasterDrawing, table: string): string | null {
  const rows = master.rows(table)
  const isHot = draw.chance(0.6)
  if (rows.length === 0) return null
  return draw.pick(isHot ? rows.slice(0, HOT) : rows).id
}

const keptColumns = new WeakMap<Scenario, Map<string, ReadonlySet<string>>>()

/** The columns of a table that devices may keep. */
function columnsOfPeople({ scenario }: World, table: string): ReadonlySet<string> {
  const all = keptColumns.get(scenario) ?? new Map<string, ReadonlySet<string>>()
  keptColumns.set(scenario, all)
  const found = all.get(table)
  if (found) return found
  const kept = new Set(scenario.configurations.flatMap(({ tables }) => tables[table]?.columns ?? []))
  all.set(table, kept)
  return kept
}

/** The columns of a table that devices may keep and that the master lets be written. */
export function writtenColumns(world: World, table: string): readonly ColumnDefinition[] {
  const kept = columnsOfPeople(world, table)
  return (world.emulator.schema.table(table)?.columns ?? []).filter(
    (column) => kept.has(column.logicalName) && column.validForUpdate && !column.isPrimaryId,
  )
}

/** Values for one column of a table, and for a share of the others; a whole row has those that it needs. */
export function drawValues(drawing: MasterDrawing, table: string, share: number, isWhole: boolean): MasterValues {
  const { world, draw } = drawing
  const columns = writtenColumns(world, table).flatMap((column) => {
    const writable = writableThere(column)
    return writable ? [{ column, writable }] : []
  })
  const least = draw.below(columns.length)
  const values: Record<string, MasterValue> = {}
  for (const [at, { column, writable }] of columns.entries()) {
    const { logicalName: name, required } = column
    const isNeeded = at === least || (isWhole && (column.isPrimaryName || required !== 'None'))
    if (!isNeeded && !draw.chance(share)) continue
    const liked = world.scenario.values?.[table]?.[name] ?? []
    // Texts of one's own are for what is told by them; here a liked one is as good.
    if (writable.kind === 'text' && liked.length > 0) values[name] = draw.pick(liked)
    else
      values[name] = drawValue(draw, writable, {
        words: world.scenario.words,
        token: () => `m${world.token()}`,
        liked,
        anyRow: (target) => anyRow(drawing, target),
      })
  }
  return values
}

/** Somebody who may own rows, or one of the teams that are not only there to share rows with. */
export function drawOwner({ world, draw, master }: MasterDrawing): { readonly table: string; readonly id: string } {
  const people = world.emulator.users.map(({ id }) => ({ table: 'systemuser', id }))
  const teams = master.rows('team').filter(({ values }) => values['teamtype'] !== 1)
  return draw.pick([...people, ...teams.map(({ id }) => ({ table: 'team', id }))])
}
