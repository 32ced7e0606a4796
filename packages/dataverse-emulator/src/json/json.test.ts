import { expect, test } from 'vitest'
import { isJsonArray, isJsonObject, NumberText, readJson } from './read.ts'
import type { Json } from './read.ts'
import { RawJson, writeJson } from './write.ts'

function plain(value: Json): unknown {
  if (value instanceof NumberText) return Number(value.text)
  if (isJsonArray(value)) return value.map(plain)
  if (isJsonObject(value)) return Object.fromEntries([...value].map(([name, member]) => [name, plain(member)]))
  return value
}

test('reads what JSON.parse reads', () => {
  for (const text of [
    '{"a":[1,-2.5e3,true,false,null,"x"],"b":{}}',
    ' [ ] ',
    '"\\u00e9\\n\\"\\\\\\/ é ✓"',
    '0',
    '-0.0',
    '{"":{"":[]}}',
  ]) {
    expect(plain(readJson(text))).toEqual(JSON.parse(text))
  }
})

test('refuses what JSON.parse refuses, with the payload error', () => {
  for (const text of [
    '',
    '{',
    '[1,]',
    '{"a":}',
    "{'a':1}",
    '01',
    '1.',
    '+1',
    '"\n"',
    '"\\x"',
    'nul',
    '{} {}',
    '[1 2]',
    '"abc',
  ]) {
    expect(() => readJson(text)).toThrow(expect.objectContaining({ status: 400, code: '0x80048d19' }))
    expect(() => JSON.parse(text)).toThrow(SyntaxError)
  }
})

test('keeps numbers as they were written', () => {
  expect(readJson('9007199254740993')).toEqual(new NumberText('9007199254740993'))
  expect(readJson('1234567890.12345678901234567890')).toEqual(new NumberText('1234567890.12345678901234567890'))
})

test('members with names of the language are ordinary members', () => {
  const value = readJson('{"__proto__":1,"constructor":2}')
  expect(isJsonObject(value) && [...value.keys()]).toEqual(['__proto__', 'constructor'])
})

test('refuses a repeated member and endless nesting', () => {
  expect(() => readJson('{"a":1,"a":2}')).toThrow("Multiple properties with the name 'a'")
  expect(() => readJson('['.repeat(100_000))).toThrow('nested too deeply')
})

test('writes bigints and ready text as they are, and leaves undefined members out', () => {
  expect(writeJson({ a: 9007199254740993n, b: new RawJson('1.00'), c: undefined, d: [null, 'x"', 1.5] })).toBe(
    '{"a":9007199254740993,"b":1.00,"d":[null,"x\\"",1.5]}',
  )
})
