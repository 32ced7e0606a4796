import { expect, test } from 'vitest'
import { Utf8Text, utf8 } from './utf8-text.ts'

function written(write: (out: Utf8Text) => void, capacity = 1): string {
  const out = new Utf8Text(capacity)
  write(out)
  return new TextDecoder().decode(out.toBytes())
}

test('strings are those of JSON, whatever is in them', () => {
  for (const text of [
    '',
    'plain',
    '"\\\n\t\u0000',
    'é',
    'Ünï €',
    '漢字',
    '\u007f\u0080\u07ff\u0800\uffff',
    '😀',
    '\ud800',
    'a\udc00b',
  ]) {
    expect(written((out) => out.string(text))).toBe(JSON.stringify(text))
    expect(written((out) => out.text(text))).toBe(Buffer.from(text).toString())
  }
})

test('numbers have the digits of String(), and at least so many decimals', () => {
  const decimal = (value: number, places: number, least: number): string =>
    written((out) => {
      if (!out.decimal(value, places, least)) out.text('no')
    })
  expect(decimal(1658.12, 4, 4)).toBe('1658.1200')
  expect(decimal(-0.05, 4, 1)).toBe('-0.05')
  expect(decimal(7, 4, 1)).toBe('7.0')
  expect(decimal(-0, 4, 0)).toBe('0')
  expect(decimal(2_147_483_647.5, 1, 1)).toBe('2147483647.5')
  expect(decimal(1_000_000_009, 0, 0)).toBe('1000000009')
  for (let units = -20_000; units < 20_000; units += 7) expect(decimal(units / 1000, 3, 0)).toBe(String(units / 1000))
})

test('numbers that need more decimals or more digits are left to others', () => {
  for (const value of [0.12345, 1 / 3, 1e-7, 1e21, 4_294_967_296, Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(written((out) => expect(out.decimal(value, 4, 4)).toBe(false))).toBe('')
  }
})

test('members make objects, and items lists', () => {
  const text = written((out) => {
    const list = out.length
    for (const members of [[utf8(',"a":1'), utf8(',"b":2')], []]) {
      out.separate(list)
      const at = out.length
      for (const member of members) out.piece(member)
      out.object(at)
    }
  })
  expect(text).toBe('{"a":1,"b":2},{}')
})
