import { expect, test } from 'vitest'
import { parseDate, parseDateTime, wholeSeconds } from './date-time.ts'
import { compareDecimals, divideDecimals, padDecimal, roundDecimal } from './decimal.ts'
import { compareGuids } from './guid.ts'

test('decimals round half away from zero at any size, and keep their zeros', () => {
  expect(roundDecimal('47.639583', 5)).toBe('47.63958')
  expect(roundDecimal('0.005', 2)).toBe('0.01')
  expect(roundDecimal('-0.005', 2)).toBe('-0.01')
  expect(roundDecimal('-0.004', 2)).toBe('0.00')
  expect(roundDecimal('5', 4)).toBe('5.0000')
  expect(roundDecimal('99999999999.9999999999', 4)).toBe('100000000000.0000')
  expect(roundDecimal('922337203685477.58075', 4)).toBe('922337203685477.5808')
  expect(roundDecimal('1e3', 1)).toBe('1000.0')
  expect(roundDecimal('1.25e-2', 3)).toBe('0.013')
  expect(roundDecimal('abc', 2)).toBeUndefined()
})

test('padding adds zeros and never takes digits away', () => {
  expect(padDecimal('5', 2)).toBe('5.00')
  expect(padDecimal('5.12345', 2)).toBe('5.12345')
})

test('decimals compare by value beyond what a double can tell apart', () => {
  expect(compareDecimals('0.30', '0.3')).toBe(0)
  expect(compareDecimals('922337203685477.5807', '922337203685477.5808')).toBe(-1)
  expect(compareDecimals('-2', '-10')).toBe(1)
})

test('division rounds to the scale, also of negatives, and has no answer for zero', () => {
  expect(divideDecimals('100', '160', 4)).toBe('0.6250')
  expect(divideDecimals('-1', '3', 4)).toBe('-0.3333')
  expect(divideDecimals('2', '3', 4)).toBe('0.6667')
  expect(divideDecimals('12.35', '0.5', 2)).toBe('24.70')
  expect(divideDecimals('1', '0', 4)).toBeUndefined()
})

test('times become UTC in whole seconds, dates stay dates, and what is neither has no value', () => {
  expect(parseDateTime('2023-04-19T03:00:00.999+07:00')).toBe('2023-04-18T20:00:00Z')
  expect(parseDateTime('2023-04-19T03:00')).toBe('2023-04-19T03:00:00Z')
  expect(parseDateTime('2023-04-19')).toBe('2023-04-19T00:00:00Z')
  for (const text of [
    '2023-04-19T24:00:00Z',
    '2023-02-30T00:00:00Z',
    '1752-12-31T00:00:00Z',
    '19.4.2023',
    '2023-04-19T03:00:00+07:00Z',
  ]) {
    expect(parseDateTime(text)).toBeUndefined()
  }
  expect(parseDate('2024-02-29')).toBe('2024-02-29')
  expect(parseDate('2023-02-29')).toBeUndefined()
  expect(wholeSeconds(Date.parse('2025-06-02T06:00:00.999Z'))).toBe('2025-06-02T06:00:00Z')
})

test('guids sort as SQL Server sorts them: the last group first', () => {
  const sorted = [
    'ffffffff-ffff-ffff-ffff-000000000001',
    '00000000-0000-0000-0000-000000000002',
    '00000000-0000-0000-0100-000000000002',
    '00000000-0000-0001-0100-000000000002',
    '00000000-0000-0100-0100-000000000002',
    '00000000-0000-0001-0101-000000000002',
  ]
  expect(sorted.toSorted(compareGuids)).toEqual([sorted[0], sorted[1], sorted[2], sorted[4], sorted[3], sorted[5]])
})
