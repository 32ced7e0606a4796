import type { TableMetadata } from '@outpost/core'
import type { Act } from './act.ts'
import { drawCircle } from './draw-circle.ts'
import { anyOf, anyRow, drawColumns, drawRow, idsOf, newId, people, rowOf, tablesOf } from './draw-row.ts'
import type { Drawing } from './draw-row.ts'

/** Something that the device's user does to a row, or to two that belong together; undefined where there is nothing to do. */
export async function drawAct(drawing: Drawing): Promise<Act | undefined> {
  const { device, draw } = drawing
  const kind = draw.weighted({ row: 16, circle: 1, action: 2, here: 1 })
  if (kind === 'circle') return drawCircle(drawing)
  if (kind === 'action') return drawAction(drawing)
  if (kind === 'here') return drawHere(drawing)
  const name = anyOf(draw, tablesOf(device))
  const table = name === undefined ? undefined : await device.org.masterTable(name)
  if (!table) return undefined
  const ids = await idsOf(device, table.name)
  return table.intersect ? drawLink(drawing, table, ids) : drawRowAct(drawing, table, ids)
}

/** What a user does to the rows of one table. */
async function drawRowAct(drawing: Drawing, table: TableMetadata, ids: readonly string[]): Promise<Act | undefined> {
  const { draw } = drawing
  const kind = draw.weighted({ create: 6, update: 12, delete: 2, state: 1, assign: 1 })
  const id = anyRow(draw, ids)
  if (kind === 'create') {
    const values = await drawRow(drawing, table, 'creatable')
    const given = draw.chance(0.2) ? newId(draw) : undefined
    if (given !== undefined) drawing.world.chosenIds.add(given)
    return (draft) => [{ kind, table: table.name, id: draft.create(table.name, values, given), values }]
  }
  if (id === undefined) return undefined
  switch (kind) {
    case 'update':
      return drawUpdate(drawing, table, id)
    case 'delete':
      return (draft) => {
        draft.delete(table.name, id)
        return [{ kind, table: table.name, id, values: {} }]
      }
    case 'state':
      return drawState(drawing, table, id)
    case 'assign':
      return drawAssignment(drawing, table, id)
  }
}

/** Other values for some columns of a row. */
export async function drawUpdate(drawing: Drawing, table: TableMetadata, id: string): Promise<Act> {
  const values = await drawRow(drawing, table, 'updatable')
  return (draft) => {
    draft.update(table.name, id, values)
    return [{ kind: 'update', table: table.name, id, values }]
  }
}

function drawState({ device, draw }: Drawing, { name, columns }: TableMetadata, id: string): Act | undefined {
  const state = columns.find(({ type }) => type === 'state')
  const kept = device.org.configuration.tables[name]?.columns
  if (!state?.options || state.options.length === 0 || (kept && !kept.includes(state.name))) return undefined
  const { value } = draw.pick(state.options)
  return (draft) => {
    draft.setState(name, id, value)
    return [{ kind: 'update', table: name, id, values: { [state.name]: value } }]
  }
}

function drawAssignment({ world, device, draw }: Drawing, { name }: TableMetadata, id: string): Act | undefined {
  if (!device.org.configuration.tables[name]?.columns?.includes('ownerid')) return undefined
  const owner = { table: 'systemuser', id: draw.pick(people(world)) } as const
  return (draft) => {
    draft.assign(name, id, owner)
    return [{ kind: 'update', table: name, id, values: { ownerid: owner.id } }]
  }
}

async function drawLink(
  { device, draw }: Drawing,
  table: TableMetadata,
  links: readonly string[],
): Promise<Act | undefined> {
  const relationship = table.manyToMany.find(({ intersectTable }) => intersectTable === table.name)
  if (!relationship) return undefined
  const { name, first, second } = relationship
  const [one, other] = [anyRow(draw, await idsOf(device, first.table)), anyRow(draw, await idsOf(device, second.table))]
  const link = draw.chance(0.4) ? anyRow(draw, links) : undefined
  const kind = link === undefined ? 'associate' : 'disassociate'
  const [from, to] = link?.split(':') ?? [one, other]
  if (from === undefined || to === undefined) return undefined
  return (draft) => {
    draft[kind](name, { table: first.table, id: from }, { table: second.table, id: to })
    return [{ kind, table: table.name, id: `${from}:${to}`, values: {} }]
  }
}

/** One of the scenario's actions, with a row that it is about. */
/** An action of the scenario on some row; undefined where the device can call none. */
export async function drawAction({ world, device, draw }: Drawing): Promise<Act | undefined> {
  const actions = (world.scenario.actions ?? []).filter(({ table }) => table in device.org.configuration.tables)
  if (actions.length === 0) return undefined
  const { name, table, options } = draw.pick(actions)
  const id = anyRow(draw, await idsOf(device, table))
  const row = id === undefined ? undefined : await rowOf(device, table, id)
  if (!row) return undefined
  const called = options(row, world.token())
  return (draft) => {
    draft.action(name, { ...called, on: { table, id: row.id } })
    return [{ kind: 'action', table, id: row.id, values: called.effect ?? {}, action: name }]
  }
}

/** What only the device has: a row of a table of its own, or columns of its own of one of the master's rows. */
async function drawHere(drawing: Drawing): Promise<Act | undefined> {
  const { device, draw } = drawing
  const { tables, localTables = {} } = device.org.configuration
  const own = Object.entries(localTables).map(([table, { columns }]) => ({ table, columns, isWhole: true }))
  const added = Object.entries(tables).flatMap(([table, { localColumns: columns }]) =>
    columns ? [{ table, columns, isWhole: false }] : [],
  )
  if (own.length + added.length === 0) return undefined
  const { table, columns, isWhole } = draw.pick([...own, ...added])
  const values = await drawColumns(drawing, table, Object.entries(columns))
  const id = anyRow(draw, await idsOf(device, table))
  if (isWhole && (id === undefined || draw.chance(0.4)))
    return (draft) => [{ kind: 'create', table, id: draft.create(table, values), values }]
  if (id === undefined) return undefined
  return (draft) => {
    draft.update(table, id, values)
    return [{ kind: 'update', table, id, values }]
  }
}
