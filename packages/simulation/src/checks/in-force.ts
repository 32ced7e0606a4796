import type { Configuration, StoreReader } from '@outpost/core'
import type { Device } from '../device.ts'

/** Where the store keeps the configuration that is in force. */
const CONFIGURATION = 'configuration'

/** The configuration in force, whichever tab put it there: another one may not know of it yet. */
export async function inForce(tx: StoreReader): Promise<Configuration> {
  return ((await tx.value(CONFIGURATION)) as Configuration | undefined) ?? { tables: {} }
}

export function configurationOf({ store }: Device): Promise<Configuration> {
  return store.bare.read('look', inForce)
}
