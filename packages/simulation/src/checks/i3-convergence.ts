import { rowKey } from '@outpost/core'
import type { Row, StoredRow } from '@outpost/core'
import type { Device } from '../device.ts'
import { wantedRows } from '../wanted.ts'
import type { WantedRow } from '../wanted.ts'
import type { World } from '../world.ts'
import { isChosenAgain, isGivenAgain } from './restores.ts'
import { excusesExtra, excusesMissing, isTracked, noteMet, unexcused, whereabouts } from './unfound.ts'
import type { Extra } from './unfound.ts'

/** Where a device has something else than it should. */
export interface Difference {
  readonly device: number
  readonly key: string
  readonly words: string
}

/**
 * I3: what a device has is what its user is shown by the master, restricted to its configuration. Rows that `leaves` names
 * are not judged; nor is what the strategy of a table is documented not to find out.
 */
export async function differences(
  world: World,
  device: Device,
  leaves: (key: string) => boolean = () => false,
): Promise<readonly Difference[]> {
  const { org, store, user } = device
  const { configuration } = org
  const found: Difference[] = []
  const extra: Extra[] = []
  noteMet(device, await store.bare.read('versions', (tx) => tx.findTransactions({})))
  const kept = await keysOf(device)
  for (const table of Object.keys(configuration.tables)) {
    const wanted = await wantedRows(world.emulator, user, configuration, table)
    const { rows, bases } = await store.bare.read('compare', async (tx) => {
      const below = (await tx.bases(table)).map(({ id, values }) => [id, values ?? {}] as const)
      return { rows: await tx.scan(table, {}), bases: new Map(below) }
    })
    const held = new Map(rows.map((row) => [row.id, row]))
    const tracked = await isTracked(world, device, table)
    const { localColumns = {}, columns } = configuration.tables[table] ?? {}
    const local = Object.keys(localColumns)
    const tell = (id: string, words: string): void => {
      const key = rowKey(table, id)
      if (!leaves(key)) found.push({ device: device.number, key, words })
    }
    for (const [id, there] of wanted) {
      const here = held.get(id)
      const isAsBefore = here?.version === there.version
      if (isAsBefore && isGivenAgain(world, device, table, id, there.version)) continue
      if (isAsBefore && isChosenAgain(world, table, id, there.version)) continue
      const found = here ? unlike(here, there, local, columns !== undefined) : ['is missing on the device']
      if (found.length === 0 || excusesMissing(world, device, { table, id }, kept)) continue
      for (const words of found) tell(id, words)
    }
    for (const [id, row] of held)
      if (!wanted.has(id))
        extra.push({
          table,
          row,
          below: bases.get(id) ?? row.values,
          isExcused: excusesExtra(world, device, table, row, { tracked, held: kept }),
        })
  }
  for (const { table, row } of unexcused(configuration, extra)) {
    const key = rowKey(table, row.id)
    const words = `is only on the device, ${whereabouts(world, table, row)}`
    if (!leaves(key)) found.push({ device: device.number, key, words })
  }
  return found
}

/** The keys of all rows that the device has. */
function keysOf({ store, tables }: Device): Promise<ReadonlySet<string>> {
  return store.bare.read('rows', async (tx) => {
    const keys = new Set<string>()
    for (const table of tables) for (const { id } of await tx.scan(table, {})) keys.add(rowKey(table, id))
    return keys
  })
}

function unlike(here: StoredRow, there: WantedRow, local: readonly string[], isWhole: boolean): readonly string[] {
  if (here.version !== there.version) return [`is at ${here.version} here, at ${there.version} there`]
  const names = new Set([...Object.keys(there.values), ...(isWhole ? Object.keys(here.values) : [])])
  for (const name of local) names.delete(name)
  return [...names].flatMap((name) => {
    const [mine, theirs] = [valueOf(here.values, name), valueOf(there.values, name)]
    return mine === theirs ? [] : [`has ${mine} for ${name} here, ${theirs} there`]
  })
}

function valueOf(values: Row, name: string): string {
  return JSON.stringify(values[name] ?? null)
}
