import { expect, test } from 'vitest'
import type { ColumnType } from '../metadata.ts'
import { column } from '../testing/sample-metadata.ts'
import { carryOver } from './carry-over.ts'

test.each<[unknown, string, ColumnType, unknown]>([
  ['Aarhus', 'text', 'memo', 'Aarhus'],
  ['Aarhus', 'memo', 'text', 'Aarhus'],
  [5, 'integer', 'decimal', 5],
  [5, 'integer', 'bigint', '5'],
  [5, 'integer', 'double', 5],
  ['5', 'bigint', 'integer', 5],
  [5, 'decimal', 'integer', 5],
  ['5.50', 'decimal', 'double', 5.5],
  [-3, 'money', 'integer', -3],
  [1, 'choice', 'choices', '1'],
  [null, 'text', 'integer', null],
])('%s of type %s is the same as %s: %s', (value, from, to, expected) => {
  expect(carryOver(value as string | number | null, from, column('size', to))).toEqual({ value: expected })
})

test.each<[unknown, string, ColumnType]>([
  ['5', 'text', 'integer'],
  ['5', 'text', 'decimal'],
  ['2026-05-01', 'text', 'datetime'],
  ['true', 'text', 'boolean'],
  ['1', 'text', 'choices'],
  [5.5, 'decimal', 'integer'],
  ['12345678901234567890.1', 'decimal', 'double'],
  [1, 'choice', 'integer'],
  [1, 'integer', 'choice'],
  [5, 'integer', 'text'],
  ['1,2', 'choices', 'choice'],
  ['2026-05-01', 'date', 'datetime'],
  ['2026-05-01T08:00:00Z', 'datetime', 'date'],
  ['2026-05-01T08:00:00Z', 'datetime local', 'datetime'],
  ['7c1f0d4e-0000-4000-8000-00000000000a', 'text', 'guid'],
])('%s of type %s is not carried over to %s', (value, from, to) => {
  expect(carryOver(value as string | number, from, column('size', to))).toBeUndefined()
})

test('digits that the column does not keep are not lost on the way', () => {
  const two = column('size', 'decimal', { precision: 2 })
  expect(carryOver(1.25, 'double', two)).toEqual({ value: 1.25 })
  expect(carryOver(1.255, 'double', two)).toBeUndefined()
})

test('a reference goes along where its table is still among the targets', () => {
  const several = column('for', 'lookup', { targets: [{ table: 'account' }, { table: 'contact' }] })
  const one = column('for', 'lookup', { targets: [{ table: 'account' }] })
  expect(carryOver('a', 'lookup account', several)).toEqual({ value: 'a', target: 'account' })
  expect(carryOver('a', 'lookup lead', several)).toBeUndefined()
  expect(carryOver('a', 'lookup *', one, 'account')).toEqual({ value: 'a', target: 'account' })
  expect(carryOver('a', 'lookup *', one, 'contact')).toBeUndefined()
})
