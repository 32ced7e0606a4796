import { expect, test } from 'vitest'
import type { ColumnType, TableMetadata } from '../metadata.ts'
import { column, tableMetadata } from '../testing/sample-metadata.ts'
import { kindAt, NO_PAST, pastAfter } from './past-kinds.ts'

const job = (...types: readonly ColumnType[]): ReadonlyMap<string, TableMetadata> =>
  new Map([
    [
      'job',
      tableMetadata(
        'job',
        types.map((type, nth) => column(`c${nth}`, type)),
      ),
    ],
  ])

test('a value belongs to the kind that its column had when it was written', () => {
  const first = pastAfter(NO_PAST, { before: '1', after: '2' }, job('text'), job('integer'))
  const second = pastAfter(first, { before: '2', after: '3' }, job('integer'), job('integer'))
  const third = pastAfter(second, { before: '3', after: '4' }, job('integer'), job('choice'))
  expect(['1', '2', '3', '4'].map((stamp) => kindAt(third, 'job', 'c0', stamp))).toEqual([
    'text',
    'integer',
    'integer',
    null,
  ])
  // Of a copy that is not remembered the oldest kind counts: nothing is sent as what it was not.
  expect(kindAt(third, 'job', 'c0', 'long ago')).toBe('text')
  expect(kindAt(third, 'job', 'c1', '1')).toBeNull()
})

test('a column that was gone for a while is another one when it is back', () => {
  const gone = pastAfter(NO_PAST, { before: '1', after: '2' }, job('text'), job())
  const back = pastAfter(gone, { before: '2', after: '3' }, job(), job('integer'))
  expect(kindAt(back, 'job', 'c0', '1')).toBe('text')
  expect(kindAt(back, 'job', 'c0', '3')).toBeNull()
})

test('nothing is remembered as long as no column became another', () => {
  expect(pastAfter(NO_PAST, { before: '1', after: '2' }, job('text'), job('text'))).toBe(NO_PAST)
})
