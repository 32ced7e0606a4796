import { expect, test } from 'vitest'
import { compareDecimals, decimalText, roundsTo } from './decimal.ts'

test.each([
  ['0001234567890123.1234', '1234567890123.1234'],
  ['5000000.0000', '5000000'],
  ['-0.50', '-0.5'],
  ['-0.0', '0'],
  ['100', '100'],
  [100, '100'],
  [1e21, '1000000000000000000000'],
  [1.5e-7, '0.00000015'],
  ['', ''],
  ['abc', ''],
])('%s is %s', (given, wanted) => {
  expect(decimalText(given)).toBe(wanted)
})

test.each([
  ['12345678901234567.25', '12345678901234567.2', 1],
  ['12345678901234567.250', '12345678901234567.25', 0],
  [-1, '-1.5', 1],
  ['2', 10, -1],
])('%s and %s compare as %i', (one, other, wanted) => {
  expect(Math.sign(compareDecimals(one, other))).toBe(wanted)
})

test.each([
  [1.005, 1.01, 2, true],
  [1.005, 1, 2, true],
  [2.675, 2.68, 2, true],
  [0.285, 0.29, 2, true],
  [47.639583, 47.63958, 5, true],
  ['12345678901234.56789', '12345678901234.57', 2, true],
  [1.004, 1.01, 2, false],
  [1, 2, 0, false],
  ['12345678901234.56789', '12345678901234.58', 2, false],
])('%s can be what %s was at %i digits: %s', (one, other, precision, wanted) => {
  expect(roundsTo(one, other, precision)).toBe(wanted)
})
