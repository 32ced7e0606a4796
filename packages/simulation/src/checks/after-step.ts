import type { Device } from '../device.ts'
import { nothingLost } from './i1-nothing-lost.ts'
import type { Problem } from './problem.ts'

/** What must hold of a device at any time. */
export async function afterStep(device: Device): Promise<readonly Problem[]> {
  return nothingLost(device)
}
