import { expect, test } from 'vitest'
import { compareKeys, compareValues, foldCase, indexKey, planScan } from './index-order.ts'
import type { StoreTable } from '../ports/store.ts'

test('folding changes the case of ASCII letters only', () => {
  expect(foldCase('ÄbC İ ß \u212a')).toBe('Äbc İ ß \u212a')
})

test('values stand in the order null, false, true, numbers, text', () => {
  const ordered = [
    null,
    false,
    true,
    -1e300,
    -1,
    0,
    0.5,
    2,
    10,
    '',
    '10',
    '2',
    '_',
    'a',
    'B',
    'c',
    'ä',
    '\u{ffee}',
    '\u{1f600}',
  ]
  const shuffled = [...ordered].reverse()
  expect(shuffled.sort(compareValues)).toEqual(ordered)
  expect(compareValues('ABC', 'abc')).toBe(0)
  expect(compareValues('Ä', 'ä')).toBeLessThan(0)
})

test('a key stands before the keys it begins', () => {
  expect(compareKeys(['a'], ['a', 1])).toBeLessThan(0)
  expect(compareKeys(['a', []], ['a', 'zzz', 'x'])).toBeGreaterThan(0)
  expect(compareKeys([-Infinity, 'b'], [-Infinity, 'b'])).toBe(0)
})

test('the key of a row has its columns and its id', () => {
  const row = { id: 'id1', version: null, values: { name: 'Ann', flag: true, age: 7 } }
  expect(indexKey(row, ['name', 'flag', 'missing', 'age'])).toEqual(['ann', 1, -Infinity, 7, 'id1'])
  expect(indexKey(row, [])).toEqual(['id1'])
})

const TABLE: StoreTable = {
  name: 't',
  columns: [
    { name: 'n', type: 'number' },
    { name: 's', type: 'text' },
  ],
  indexes: [{ name: 'i', columns: ['n', 's'] }],
}

test('a scan that cannot find anything has no plan or no keys', () => {
  expect(planScan(TABLE, { limit: 0 })).toBeUndefined()
  expect(planScan(TABLE, { index: 'i', equals: ['text'] })).toBeUndefined()
  expect(planScan(TABLE, { index: 'i', from: { value: 'text', inclusive: true } })).toBeUndefined()
  const empty = planScan(TABLE, {
    index: 'i',
    from: { value: 5, inclusive: true },
    to: { value: 5, inclusive: false },
  })
  expect(empty).toBeUndefined()
})

test('the row a scan continues behind narrows its range and never widens it', () => {
  const range = (after: number, direction: 'ascending' | 'descending'): unknown => {
    const scan = planScan(TABLE, {
      index: 'i',
      from: { value: 2, inclusive: true },
      to: { value: 4, inclusive: true },
      after: { id: 'x', version: null, values: { n: after, s: 'a' } },
      direction,
    })
    return scan && [scan.keys.lower, scan.keys.upper]
  }
  expect(range(3, 'ascending')).toEqual([
    [3, 'a', 'x'],
    [4, []],
  ])
  expect(range(1, 'ascending')).toEqual([[2], [4, []]])
  expect(range(3, 'descending')).toEqual([[2], [3, 'a', 'x']])
  expect(range(9, 'descending')).toEqual([[2], [4, []]])
  expect(range(9, 'ascending')).toBeUndefined()
  expect(range(1, 'descending')).toBeUndefined()
})
