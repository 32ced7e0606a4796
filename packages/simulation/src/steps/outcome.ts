import { OutpostError } from '@outpost/core'
import type { World } from '../world.ts'

/** What came of it: its result, or the error of ours that it failed with. Time passes where it waits for that. */
export async function outcomeOf<T>(world: World, running: Promise<T>): Promise<T | OutpostError> {
  try {
    return await world.time.until(running)
  } catch (error) {
    if (!(error instanceof OutpostError)) throw error
    world.coverage.count('error', error.code)
    return error
  }
}

/** In a word. */
export function told(outcome: unknown): string {
  return outcome instanceof OutpostError ? outcome.code : 'done'
}
