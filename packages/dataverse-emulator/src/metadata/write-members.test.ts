import { expect, test } from 'vitest'
import { Utf8Text } from '../json/utf8-text.ts'
import { RawJson, writeJson } from '../json/write.ts'
import type { JsonValue } from '../json/write.ts'
import { addJson, addList } from './write-members.ts'

const values: readonly JsonValue[] = [
  null,
  true,
  0,
  -0,
  0.000000000001,
  1e21,
  9223372036854775807n,
  'Größe "1"\n\u0001\u2028😀\ud800',
  new RawJson('1.00'),
  [],
  {},
  [1, [null], {}],
  { 'a"b': [{ c: undefined, d: null }], e: 'é' },
]

test.each(values.map((value) => [writeJson(value), value] as const))('%s is written alike as bytes', (text, value) => {
  const out = new Utf8Text()
  addJson(out, value)
  expect(out.toString()).toBe(text)
})

test('what is not part of a list leaves nothing behind', () => {
  const out = new Utf8Text()
  const count = addList(out, [1, 2, 3, 4], (one) => {
    out.text(String(one))
    return one % 2 === 0
  })
  expect([out.toString(), count]).toEqual(['[2,4]', 2])
})
