import { relative } from 'node:path'
import { drawFrom } from '@outpost/core/testing'
import type { Draw } from '@outpost/core/testing'
import { expect } from 'vitest'

/*
 * Laws that must hold of every one of thousands of random runs. Each run has a seed of its own, made of the base seed and
 * its number; a failure begins with the one line that repeats that run alone.
 */

const BASE_SEED = 20_260_501

/** How long such a test may take on a machine that is busy with other things, too. Alone it takes ten to twenty seconds. */
export const PATIENCE_MS = 300_000

const [givenSeed, givenRuns] = [process.env['OUTPOST_SEED'], process.env['OUTPOST_RUNS']]

/** Runs the law on seed after seed, and fails with the first seed that breaks it. */
export async function everyRun(
  law: (draw: Draw) => unknown,
  from: { readonly base: number; readonly runs: number },
  again: (seed: number) => string,
): Promise<void> {
  for (let seed = from.base; seed < from.base + from.runs; seed += 1) {
    try {
      await law(drawFrom(seed))
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error)
      throw new Error(`${again(seed)}\n${words}`, { cause: error })
    }
  }
}

/** The body of a test that holds a law against so many random runs. `OUTPOST_SEED` and `OUTPOST_RUNS` choose others. */
export function runs(count: number, law: (draw: Draw) => unknown): () => Promise<void> {
  const from = {
    base: givenSeed === undefined ? BASE_SEED : Number(givenSeed),
    runs: givenRuns === undefined ? count : Number(givenRuns),
  }
  return async () => {
    const { testPath = '', currentTestName = '' } = expect.getState()
    const place = `${relative(process.cwd(), testPath)} -t '${currentTestName}'`
    await everyRun(law, from, (seed) => `OUTPOST_SEED=${seed} OUTPOST_RUNS=1 npx vitest run --project system ${place}`)
  }
}
