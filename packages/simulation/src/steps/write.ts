import { isPolymorphic } from '@outpost/core'
import type { ClientOrg, ColumnMetadata, ColumnValue, Draft, Row, TableMetadata } from '@outpost/core'
import type { Draw } from '@outpost/core/testing'
import type { Deed } from '../book.ts'
import type { Device } from '../device.ts'
import { drawValue, writableHere } from '../values.ts'
import type { World } from '../world.ts'
import { outcomeOf, told } from './outcome.ts'
import type { StepContext, StepKind } from './step.ts'

/** One thing that a draft is told to do, and what the book keeps of it. */
type Act = (draft: Draft) => readonly Deed[]

/** Writes a row or a few; what the device refuses at once is no failure. */
export const write: StepKind = {
  name: 'write',
  weight: 30,
  run: async (context) => {
    const { world, device, draw } = context
    const count = draw.chance(0.15) ? 2 + draw.below(2) : 1
    const acts: Act[] = []
    for (let each = 0; each < count; each += 1) {
      const act = await drawAct(context)
      if (act) acts.push(act)
    }
    const deeds: Deed[] = []
    const options = draw.chance(0.1) ? { coalesce: false } : {}
    const org = draw.pick(device.tabs)
    const done = await outcomeOf(
      world,
      org.write((draft) => {
        for (const act of acts) deeds.push(...act(draft))
      }, options),
    )
    if ('seq' in done && done.seq !== null) device.book.wrote(done.seq, deeds)
    return `device ${device.number} writes ${deeds.map(inWords).join(', ')}: ${told(done)}${'seq' in done ? ` #${done.seq}` : ''}`
  },
}

function inWords({ kind, table, id, values }: Deed): string {
  return `${kind} ${table} ${id} ${JSON.stringify(values)}`
}

async function drawAct({ world, device, draw }: StepContext): Promise<Act | undefined> {
  const { org } = device
  const name = draw.pick(Object.keys(org.configuration.tables))
  const table = await org.masterTable(name)
  if (!table || name === 'systemuser') return undefined
  const ids = await idsOf(device, name)
  if (table.intersect) return drawLink(device, draw, table, ids)
  const kind = draw.weighted({ create: 3, update: 6, delete: 1 })
  if (kind === 'create') {
    const values = await drawRow(world, device, draw, table, 'creatable')
    return (draft) => [{ kind, table: name, id: draft.create(name, values), values }]
  }
  if (ids.length === 0) return undefined
  const id = draw.pick(ids)
  if (kind === 'delete')
    return (draft) => {
      draft.delete(name, id)
      return [{ kind, table: name, id, values: {} }]
    }
  const values = await drawRow(world, device, draw, table, 'updatable')
  return (draft) => {
    draft.update(name, id, values)
    return [{ kind, table: name, id, values }]
  }
}

async function drawLink(
  device: Device,
  draw: Draw,
  table: TableMetadata,
  links: readonly string[],
): Promise<Act | undefined> {
  const relationship = table.manyToMany.find(({ intersectTable }) => intersectTable === table.name)
  if (!relationship) return undefined
  const { name, first, second } = relationship
  const [ones, others] = [await idsOf(device, first.table), await idsOf(device, second.table)]
  const isRemoved = draw.chance(0.4) && links.length > 0
  if (!isRemoved && (ones.length === 0 || others.length === 0)) return undefined
  const [one = '', other = ''] = isRemoved ? draw.pick(links).split(':') : [draw.pick(ones), draw.pick(others)]
  const kind = isRemoved ? 'disassociate' : 'associate'
  return (draft) => {
    draft[kind](name, { table: first.table, id: one }, { table: second.table, id: other })
    return [{ kind, table: table.name, id: `${one}:${other}`, values: {} }]
  }
}

/** Values for some of the columns that are kept and may be written; at least one of them is a text of this write alone. */
async function drawRow(
  world: World,
  device: Device,
  draw: Draw,
  table: TableMetadata,
  may: 'creatable' | 'updatable',
): Promise<Row> {
  const { org } = device
  const kept = org.configuration.tables[table.name]?.columns
  const columns = table.columns.filter(
    (column) =>
      column[may] &&
      column.name !== table.primaryId &&
      column.name !== 'ownerid' &&
      !column.large &&
      (kept?.includes(column.name) ?? true) &&
      writableHere(column),
  )
  const isText = ({ type }: ColumnMetadata): boolean => type === 'text' || type === 'memo'
  const texts = columns.filter(isText)
  const needed = may === 'creatable' ? columns.filter((column) => column.requiredOnCreate ?? column.required) : []
  const chosen = new Set([
    ...needed,
    ...(texts.length > 0 ? [draw.pick(texts)] : []),
    ...columns.filter(() => draw.chance(may === 'creatable' ? 0.4 : 0.15)),
  ])
  const values: Record<string, ColumnValue> = {}
  for (const column of chosen) {
    const writable = writableHere(column)
    if (!writable) continue
    const ids = writable.kind === 'lookup' ? await idsByTable(device, writable.targets) : new Map<string, string[]>()
    const drawn = drawValue(draw, writable, {
      words: world.scenario.words,
      token: () => world.token(),
      liked: world.scenario.values?.[table.name]?.[column.name] ?? [],
      anyRow: (name) => {
        const all = ids.get(name) ?? []
        return all.length === 0 ? null : draw.pick(all)
      },
    })
    if (typeof drawn !== 'object' || drawn === null) values[column.name] = drawn
    else {
      values[column.name] = drawn.id
      if (isPolymorphic(column)) values[`${column.name}$table`] = drawn.table
    }
  }
  return values
}

async function idsByTable(device: Device, tables: readonly string[]): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>()
  for (const table of tables) found.set(table, [...(await idsOf(device, table))])
  return found
}

/** The rows of a table on the device; none where it is not kept. */
async function idsOf(
  { org, store }: { readonly org: ClientOrg; readonly store: Device['store'] },
  table: string,
): Promise<readonly string[]> {
  if (!(table in org.configuration.tables)) return []
  return store.bare.read('look', (tx) => tx.ids(table, { limit: 1000 }))
}
