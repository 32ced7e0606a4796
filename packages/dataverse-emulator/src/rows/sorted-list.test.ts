import { expect, test } from 'vitest'
import { SortedList } from './sorted-list.ts'

function listOf(items: Iterable<number>): SortedList<number> {
  const list = new SortedList<number>((a, b) => a - b)
  for (const item of items) list.add(item)
  return list
}

// A fixed permutation of 0..count-1: the step has no common factor with the counts used.
function* shuffled(count: number): Generator<number> {
  for (let number = 0; number < count; number++) yield (number * 7919) % count
}

test('keeps any order of insertion sorted, over many chunks', () => {
  const list = listOf(shuffled(5000))
  expect(list.size).toBe(5000)
  expect([...list.ascending()]).toEqual(Array.from({ length: 5000 }, (_, number) => number))
  expect([...list.descending()]).toEqual(Array.from({ length: 5000 }, (_, number) => 4999 - number))
})

test('begins behind a place, in both directions, also where the place is between items or at an end', () => {
  const list = listOf([...shuffled(3000)].map((number) => number * 2))
  expect([...list.ascending((item) => item <= 5990)]).toEqual([5992, 5994, 5996, 5998])
  expect([...list.ascending((item) => item <= 5993)]).toEqual([5994, 5996, 5998])
  expect([...list.ascending((item) => item <= 5998)]).toEqual([])
  expect([...list.descending((item) => item < 6)]).toEqual([4, 2, 0])
  expect([...list.descending((item) => item < 5)]).toEqual([4, 2, 0])
  expect([...list.descending((item) => item < 0)]).toEqual([])
  expect([...list.descending((item) => item < 9999)]).toHaveLength(3000)
})

test('removes what is there and says what is not', () => {
  const list = listOf(shuffled(2000))
  for (const item of shuffled(2000)) if (item % 3 !== 0) expect(list.remove(item)).toBe(true)
  expect(list.remove(1)).toBe(false)
  expect([...list.ascending()]).toEqual(Array.from({ length: 667 }, (_, number) => number * 3))
  for (const item of [...list.ascending()]) list.remove(item)
  expect([list.size, [...list.ascending()], [...list.descending()]]).toEqual([0, [], []])
  list.add(5)
  expect([...list.ascending()]).toEqual([5])
})

test('an empty list has nothing behind any place', () => {
  const list = listOf([])
  expect([...list.ascending((item) => item < 5), ...list.descending((item) => item < 5)]).toEqual([])
})
