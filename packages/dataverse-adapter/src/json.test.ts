import { expect, test } from 'vitest'
import { parseJson, significantDigits } from './json.ts'

test('reads numbers that a double holds as numbers', () => {
  expect(parseJson('{"a":80000.0000,"b":-1.5e3,"c":[1,2],"d":0.10,"e":100000000000000}')).toEqual({
    a: 80000,
    b: -1500,
    c: [1, 2],
    d: 0.1,
    e: 100000000000000,
  })
})

test('keeps the text of numbers that a double need not hold', () => {
  expect(
    parseJson('{"v":9007199254740993,"m":922337203685477.5807,"n":-0.12345678901234567,"x":[9007199254740993]}'),
  ).toEqual({
    v: '9007199254740993',
    m: '922337203685477.5807',
    n: '-0.12345678901234567',
    x: ['9007199254740993'],
  })
})

test.each([
  ['alone', '9007199254740993'],
  ['behind a colon and blanks', '{"v": \n\t9007199254740993}'],
  ['first of a list', '[9007199254740993]'],
  ['in the middle of a list', '[1, 9007199254740993]'],
  ['negative', '{"v":-9007199254740993}'],
  ['with an exponent', '{"v":1.2345678901234567e3}'],
])('a long number is found %s', (_where, text) => {
  expect(JSON.stringify(parseJson(text))).toMatch(/"-?[\d.e]+"/)
})

test('a long number is found wherever in the text it begins', () => {
  for (let before = 0; before < 40; before++) {
    const text = `{"${'x'.repeat(before)}":9007199254740993,"n":123456789012345}`
    expect(Object.values(parseJson(text) ?? {})).toEqual(['9007199254740993', 123456789012345])
  }
})

test('leaves digits inside strings alone, escapes included', () => {
  const text = String.raw`{"a\"9007199254740993":"\\","b":"say \"9007199254740993\" 9007199254740993","c":9007199254740993}`
  expect(parseJson(text)).toEqual({
    'a"9007199254740993': '\\',
    b: 'say "9007199254740993" 9007199254740993',
    c: '9007199254740993',
  })
})

test.each([
  '',
  '{"value":[',
  '{"a":90071992547409931,',
  '{"a":9007199254740.99.31}',
  '<html>',
  '{"a":"90071992547409931',
])('refuses %j', (text) => {
  expect(() => parseJson(text)).toThrow(SyntaxError)
})

test.each([
  ['0', 0],
  ['0.0010', 1],
  ['-120.50', 4],
  ['1000', 4],
  ['1000.00', 4],
  ['1.25e10', 3],
  ['922337203685477.5807', 19],
])('counts the significant digits of %s', (numeral, digits) => {
  expect(significantDigits(numeral)).toBe(digits)
})
