import { WebApiError } from '@outpost/dataverse-emulator'
import type { MasterValue, MasterValues } from '@outpost/dataverse-emulator'
import type { Draw } from '@outpost/core/testing'
import { drawValue, writableThere } from '../values.ts'
import type { World } from '../world.ts'
import type { StepKind } from './step.ts'

/** Rows change by the master's own hand. */
export const masterRows: StepKind = {
  name: 'master rows',
  weight: 30,
  run: ({ world, draw }) => {
    try {
      return Promise.resolve(changeRow(world, draw))
    } catch (error) {
      if (error instanceof WebApiError || error instanceof RangeError)
        return Promise.resolve(`the master refuses its own: ${error.message}`)
      throw error
    }
  },
}

function changeRow(world: World, draw: Draw): string {
  const { master } = world.emulator
  const table = draw.pick(writtenTables(world))
  const id = anyRow(world, draw, table)
  const kind = draw.weighted({ create: 3, update: 8, touch: 2, delete: 2 })
  if (kind === 'create') return `master creates ${table} ${master.create(table, drawRow(world, draw, table, 0.6))}`
  if (id === null) return `there is no ${table}`
  switch (kind) {
    case 'update': {
      const values = drawRow(world, draw, table, 0.2)
      master.update(table, id, values)
      return `master updates ${table} ${id} ${JSON.stringify(values)}`
    }
    case 'touch':
      master.touch(table, id)
      return `master touches ${table} ${id}`
    case 'delete':
      master.remove(table, id)
      return `master deletes ${table} ${id}`
  }
}

/** The tables that devices may keep and whose rows are people's. */
function writtenTables({ scenario, emulator }: World): readonly string[] {
  const names = scenario.configurations.flatMap(({ tables }) => Object.keys(tables))
  const tracking = scenario.configurations.map(({ mobileTracking }) => mobileTracking)
  const isWritten = (name: string): boolean =>
    name !== 'systemuser' && !tracking.includes(name) && !emulator.schema.manyToManyByIntersect(name)
  return [...new Set(names)].filter(isWritten)
}

function anyRow({ emulator }: World, draw: Draw, table: string): string | null {
  const rows = emulator.master.rows(table)
  return rows.length === 0 ? null : draw.pick(rows).id
}

function drawRow(world: World, draw: Draw, table: string, share: number): MasterValues {
  const kept = new Set(world.scenario.configurations.flatMap(({ tables }) => tables[table]?.columns ?? []))
  const definition = world.emulator.schema.table(table)
  const values: Record<string, MasterValue> = {}
  for (const column of definition?.columns ?? []) {
    const { logicalName: name } = column
    const writable = kept.has(name) && name !== definition?.primaryId ? writableThere(column) : null
    const isNeeded = name === definition?.primaryName
    if (!writable || !(isNeeded || draw.chance(share))) continue
    values[name] = drawValue(draw, writable, {
      words: world.scenario.words,
      token: () => `m${world.token()}`,
      liked: world.scenario.values?.[table]?.[name] ?? [],
      anyRow: (target) => anyRow(world, draw, target),
    })
  }
  return values
}
