import { expect, test } from 'vitest'
import { seededIds, seededRandom } from './seeded-random.ts'

test('the same seed gives the same numbers, another seed others', () => {
  const draw = (seed: number): number[] => Array.from({ length: 5 }, seededRandom(seed))
  expect(draw(42)).toEqual(draw(42))
  expect(draw(42)).not.toEqual(draw(43))
})

test('numbers lie in [0, 1) and spread over it', () => {
  const numbers = Array.from({ length: 10_000 }, seededRandom(3))
  expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true)
  for (let tenth = 0; tenth < 10; tenth++) {
    const inTenth = numbers.filter((number) => Math.floor(number * 10) === tenth).length
    expect(Math.abs(inTenth - 1000)).toBeLessThan(150)
  }
})

test('ids are version 4 GUIDs in lower case, all different', () => {
  const ids = Array.from({ length: 1000 }, seededIds(seededRandom(1)))
  expect(ids.filter((id) => !/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id))).toEqual(
    [],
  )
  expect(new Set(ids).size).toBe(1000)
})
