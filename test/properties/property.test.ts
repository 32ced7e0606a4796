import { expect, test } from 'vitest'
import { drawFrom } from '@outpost/core/testing'
import { everyRun } from './property.ts'
import type { Draw } from '@outpost/core/testing'

const broken = (draw: Draw): void => {
  const drawn = draw.below(50)
  if (drawn === 7) throw new Error(`drew ${drawn}`)
}

test('a run that breaks a law is named by the line that repeats it, and that line alone breaks it again', async () => {
  const failure = async (base: number, runs: number): Promise<string> =>
    everyRun(broken, { base, runs }, (seed) => `SEED=${seed}`).then(
      () => 'held',
      (error: unknown) => (error as Error).message,
    )
  const first = await failure(1, 2000)
  expect(first).toMatch(/^SEED=\d+\ndrew 7$/)
  const seed = Number(/\d+/.exec(first)?.[0])
  expect(await failure(seed, 1)).toBe(first)
  expect(await failure(1, seed - 1)).toBe('held')
})

test('neighbouring seeds draw differently, and weights count', () => {
  const firsts = Array.from({ length: 1000 }, (_, seed) => drawFrom(seed).below(10))
  for (let digit = 0; digit < 10; digit += 1) expect(firsts.filter((each) => each === digit).length).toBeGreaterThan(50)
  const draw = drawFrom(1)
  const names = Array.from({ length: 1000 }, () => draw.weighted({ often: 9, seldom: 1, never: 0 }))
  expect(names.filter((name) => name === 'often').length).toBeGreaterThan(800)
  expect(names.filter((name) => name === 'seldom').length).toBeGreaterThan(50)
  expect(names).not.toContain('never')
})
