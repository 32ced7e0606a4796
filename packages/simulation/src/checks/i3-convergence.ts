import type { Problem } from './problem.ts'
import { wantedRows } from '../wanted.ts'
import type { Device } from '../device.ts'
import type { World } from '../world.ts'

/** I3: what a device has is what its user is shown by the master, restricted to its configuration. */
export async function convergence(world: World, device: Device): Promise<readonly Problem[]> {
  const { org, store, user } = device
  const found: string[] = []
  for (const table of Object.keys(org.configuration.tables)) {
    const wanted = await wantedRows(world.emulator, user, org.configuration, table)
    const rows = await store.bare.read('compare', (tx) => tx.scan(table, {}))
    const held = new Map(rows.map((row) => [row.id, row]))
    for (const [id, there] of wanted) {
      const here = held.get(id)
      if (!here) found.push(`${table} ${id} is missing on the device`)
      else if (here.version !== there.version)
        found.push(`${table} ${id} is at ${here.version} here, at ${there.version} there`)
      else
        for (const [column, value] of Object.entries(there.values))
          if (here.values[column] !== value)
            found.push(
              `${table} ${id} ${column}: ${JSON.stringify(here.values[column])} here, ${JSON.stringify(value)} there`,
            )
    }
    for (const id of held.keys()) if (!wanted.has(id)) found.push(`${table} ${id} is only on the device`)
  }
  return found.map((words) => ({ check: 'I3', words: `device ${device.number}: ${words}` }))
}
