import type { StoreTable } from '@outpost/core'
import { expect, test } from 'vitest'
import { EMPTY_CATALOGUE, redefine } from './catalogue.ts'

function table(name: string, columns: readonly string[], indexes: readonly string[] = []): StoreTable {
  return {
    name,
    columns: columns.map((column) => ({ name: column, type: 'text' })),
    indexes: indexes.map((column) => ({ name: `by ${column}`, columns: [column] })),
  }
}

const first = redefine(EMPTY_CATALOGUE, [table('a', ['x', 'y'], ['x', 'y']), table('b', ['z'])])

test('tables and indexes get numbers that are all different', () => {
  const numbers = first.catalogue.tables.flatMap(({ number, indexes }) => [
    number,
    ...indexes.map((index) => index.number),
  ])
  expect(new Set(numbers).size).toBe(4)
  expect(first.catalogue.next).toBeGreaterThan(Math.max(...numbers))
  expect([first.changed, first.reindexed]).toEqual([['a', 'b'], []])
})

test('what comes again gets a new number or slot', () => {
  const without = redefine(first.catalogue, [table('a', ['y'], ['y'])])
  expect(without.dropped.map(({ definition }) => definition.name)).toEqual(['b'])
  expect(without.catalogue.tables[0]?.slots).toEqual([null, { name: 'y', type: 'text' }])
  const again = redefine(without.catalogue, [table('a', ['x', 'y'], ['x', 'y']), table('b', ['z'])])
  expect(again.catalogue.tables[0]?.slots.map((slot) => slot?.name)).toEqual([undefined, 'y', 'x'])
  const before = first.catalogue.tables.flatMap(({ number, indexes }) => [
    number,
    ...indexes.map((index) => index.number),
  ])
  const [a, b] = again.catalogue.tables
  expect(before).toContain(a?.number)
  expect(before).not.toContain(b?.number)
  expect(a?.indexes.map(({ number }) => before.includes(number))).toEqual([false, true])
})

test('only a new index makes rows be written again', () => {
  const columns = redefine(first.catalogue, [table('a', ['x', 'y', 'more'], ['x', 'y']), table('b', [])])
  expect([columns.reindexed, columns.changed]).toEqual([[], ['a', 'b']])
  const fewer = redefine(first.catalogue, [table('a', ['x', 'y'], ['y']), table('b', ['z'])])
  expect([fewer.reindexed, fewer.changed]).toEqual([[], ['a']])
  const more = redefine(first.catalogue, [table('a', ['x', 'y'], ['x', 'y']), table('b', ['z'], ['z'])])
  expect(more.reindexed.map(({ after }) => after.definition.name)).toEqual(['b'])
})

test('a definition that is the same changes nothing', () => {
  const same = redefine(first.catalogue, [table('b', ['z']), table('a', ['x', 'y'], ['x', 'y'])])
  expect([same.changed, same.dropped, same.reindexed]).toEqual([[], [], []])
})
