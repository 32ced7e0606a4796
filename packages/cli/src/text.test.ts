import { expect, test } from 'vitest'
import { ageText, counted, cut, labelled, linesFor, oneLine, paintFor, tableLines, widthOf, wrapped } from './text.ts'

test('a text on one line has no control characters left', () => {
  expect(oneLine('a\r\nb\u001b[31mc\u0007\u0085d')).toBe('a b [31mc d')
  expect(oneLine('A-\u202e1-7\u2069')).toBe('A- 1-7')
})

test('a text is cut between the characters that a reader sees', () => {
  const family = '👩‍👩‍👧'
  expect(widthOf(`${family}ab`)).toBe(3)
  expect(cut(`${family}ab`, 3)).toBe(`${family}ab`)
  expect(cut(`${family}abc`, 2)).toBe(`${family}…`)
  expect(cut('abc', 0)).toBe('…')
})

test('columns are aligned, those of numbers to the right', () => {
  const lines = tableLines(
    ['NAME', 'ROWS', 'NOTE'],
    [
      ['account', '1,200', ''],
      ['Køl', '7', 'two\nlines'],
    ],
  )
  expect(lines).toEqual(['NAME      ROWS  NOTE', 'account  1,200', 'Køl          7  two lines'])
})

test('lines are cut to the width of a terminal and whole elsewhere', () => {
  const output = { write: () => {}, columns: 4 }
  expect(linesFor({ ...output, isTTY: true }, ['abcdef'])).toEqual(['abc…'])
  expect(linesFor(output, ['abcdef'])).toEqual(['abcdef'])
})

test('a long text is broken at spaces where it can be, and nothing of it is lost', () => {
  expect(wrapped('one two three', 8)).toEqual(['one two', 'three'])
  expect(wrapped('abcdefghij', 4)).toEqual(['abcd', 'efgh', 'ij'])
  expect(wrapped('a bcdefghij', 5)).toEqual(['a bcd', 'efghi', 'j'])
  expect(wrapped('', 4)).toEqual([''])
  const output = { write: () => {}, columns: 24 }
  const text = 'The master has another row.'
  expect(labelled({ ...output, isTTY: true }, 'why ', text)).toEqual(['why The master has', '    another row.'])
  expect(labelled(output, 'why ', text)).toEqual([`why ${text}`])
})

test('an age is told in its largest unit', () => {
  const hour = 3_600_000
  expect([ageText(0), ageText(60_000), ageText(hour), ageText(47 * hour), ageText(49 * hour)]).toEqual([
    '0 minutes',
    '1 minute',
    '1 hour',
    '47 hours',
    '2 days',
  ])
})

test('counts have separators and their noun a plural', () => {
  expect([counted(1, 'row'), counted(0, 'row'), counted(1234, 'row')]).toEqual(['1 row', '0 rows', '1,234 rows'])
})

test('colours are for terminals without NO_COLOR', () => {
  const terminal = { write: () => {}, isTTY: true }
  expect(paintFor(terminal, {}).red('x')).toBe('\u001b[31mx\u001b[0m')
  expect(paintFor(terminal, { NO_COLOR: '1' }).red('x')).toBe('x')
  expect(paintFor({ write: () => {} }, {}).red('x')).toBe('x')
})
