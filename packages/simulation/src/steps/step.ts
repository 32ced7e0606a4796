import type { Draw } from '@outpost/core/testing'
import type { Device } from '../device.ts'
import type { World } from '../world.ts'

/** What a step is done with. */
export interface StepContext {
  readonly world: World
  /** The device that the step is of, or that it was drawn for. */
  readonly device: Device
  /** Of this step alone. */
  readonly draw: Draw
  /** Nothing goes wrong by itself: how a run is told with fewer faults. */
  readonly isCalm: boolean
}

/** One kind of what can happen. */
export interface StepKind {
  readonly name: string
  /** How often it is drawn, beside the others. */
  readonly weight: number
  /** Does it, and tells what was done. What a device refuses at once is told, not thrown. */
  readonly run: (context: StepContext) => Promise<string>
}
