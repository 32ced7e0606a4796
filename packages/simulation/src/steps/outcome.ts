import { OutpostError } from '@outpost/core'
import type { World } from '../world.ts'

/** What came of it: its result, or the error of ours that it failed with. Time passes where it waits for that. */
export async function outcomeOf<T>(world: World, running: Promise<T>): Promise<T | OutpostError> {
  const [outcome] = await outcomesOf(world, [running])
  return outcome as T | OutpostError
}

/** What came of each of several that go on at once. */
export async function outcomesOf<T>(
  world: World,
  running: readonly Promise<T>[],
): Promise<readonly (T | OutpostError)[]> {
  return world.time.until(Promise.all(running.map((each) => each.catch((error: unknown) => ours(world, error)))))
}

/** In a word. */
export function told(outcome: unknown): string {
  return outcome instanceof OutpostError ? outcome.code : 'done'
}

function ours(world: World, error: unknown): OutpostError {
  if (!(error instanceof OutpostError)) throw error
  world.coverage.count('error', error.code)
  return error
}
