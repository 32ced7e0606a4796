import { expect, test } from 'vitest'
import { classify, errorCodeOf, rejectionOf, RULES } from './classify.ts'
import type { Condition, Meaning } from './meaning.ts'

const rows: readonly (readonly [number, string | undefined, Condition, Meaning])[] = [
  [401, undefined, 'none', 'unauthenticated'],
  [401, '0x80040220', 'version', 'unauthenticated'],
  [429, undefined, 'none', 'throttled'],
  [400, '0x80072321', 'none', 'throttled'],
  [503, '0x80072322', 'none', 'throttled'],
  [400, '0x80072326', 'none', 'throttled'],
  [408, undefined, 'none', 'unavailable'],
  [500, undefined, 'none', 'unavailable'],
  [500, '0x8004ffff', 'none', 'unavailable'],
  [502, undefined, 'none', 'unavailable'],
  [503, undefined, 'none', 'unavailable'],
  [504, '0x80040265', 'none', 'unavailable'],
  [507, undefined, 'none', 'unavailable'],
  [400, '0x80044150', 'none', 'unavailable'],
  [500, '0x80044151', 'none', 'unavailable'],
  [400, '0x80040255', 'none', 'unavailable'],
  [400, '0x80044339', 'none', 'unavailable'],
  [403, undefined, 'none', 'permission'],
  [400, '0x80040220', 'none', 'permission'],
  [403, '0x80048306', 'none', 'permission'],
  [403, '0x80040299', 'none', 'permission'],
  [412, '0x80060882', 'version', 'stale'],
  [412, '0x80060882', 'none', 'stale'],
  [412, undefined, 'version', 'stale'],
  [409, undefined, 'version', 'stale'],
  [412, '0x80040237', 'absent', 'exists'],
  [400, '0x80040237', 'none', 'exists'],
  [412, undefined, 'absent', 'exists'],
  [409, undefined, 'absent', 'exists'],
  [412, undefined, 'link', 'exists'],
  [409, undefined, 'link', 'unknown'],
  [412, '0x80040237', 'link', 'exists'],
  [412, '0x80060892', 'absent', 'key-clash'],
  [412, '0x80060892', 'version', 'key-clash'],
  [400, '0x80073002', 'none', 'key-clash'],
  [412, '0x80040333', 'version', 'duplicate'],
  [500, '0x80040333', 'none', 'duplicate'],
  [404, undefined, 'version', 'gone'],
  [400, '0x80040217', 'none', 'gone'],
  [404, '0x80060891', 'none', 'gone'],
  [400, '0x80044331', 'none', 'invalid'],
  [400, '0x8004432f', 'none', 'invalid'],
  [400, '0x80044330', 'none', 'invalid'],
  [400, '0x8004431a', 'none', 'invalid'],
  [400, '0x80048408', 'none', 'invalid'],
  [400, '0x80048d19', 'none', 'invalid'],
  [400, '0x80060888', 'none', 'invalid'],
  [400, '0x80040203', 'none', 'invalid'],
  [400, '0x8006088d', 'version', 'invalid'],
  [400, undefined, 'none', 'invalid'],
  [400, '0x80040265', 'none', 'business'],
  [500, '0x80040224', 'none', 'business'],
  [500, '0x8004418d', 'none', 'business'],
  [405, '0x80040227', 'none', 'state'],
  [405, undefined, 'none', 'state'],
  [501, undefined, 'none', 'state'],
  [413, undefined, 'none', 'size'],
  [400, '0x80044a02', 'none', 'size'],
  [400, '0x80044352', 'none', 'expired'],
  [410, '0x80044352', 'none', 'expired'],
  [400, '0x80040230', 'none', 'state'],
  [403, '0x80048cf6', 'version', 'invalid'],
  [404, '0x80041102', 'none', 'invalid'],
  [412, '0x80048cf6', 'version', 'invalid'],
  [500, '0x8004a104', 'none', 'unavailable'],
  [429, '0x80040230', 'none', 'throttled'],
  [400, '0x80040216', 'none', 'unknown'],
  [403, '0x80040216', 'none', 'permission'],
  [404, '0x80040216', 'none', 'gone'],
  [500, '0x80040216', 'none', 'unavailable'],
  [412, undefined, 'none', 'unknown'],
  [412, '0x80041234', 'version', 'unknown'],
  [400, '0x80041234', 'none', 'unknown'],
  [418, undefined, 'none', 'unknown'],
]

test.each(rows)('%i %s with the condition %s means %s', (status, code, condition, meaning) => {
  expect(classify(status, code, condition)).toBe(meaning)
})

test('every status and every code of the table is tried above', () => {
  const statuses = new Set(rows.map(([status]) => status))
  const codes = new Set(rows.map(([, code]) => code))
  for (const rule of RULES) {
    for (const status of rule.statuses ?? []) expect(statuses).toContain(status)
    for (const code of rule.codes ?? []) expect(codes).toContain(code)
  }
})

test('a refusal that concerns the connection is never a verdict on a write', () => {
  expect(rejectionOf('unauthenticated')).toBeNull()
  expect(rejectionOf('throttled')).toBeNull()
  expect(rejectionOf('unavailable')).toBeNull()
})

test('every meaning has an error code', () => {
  for (const [, , , meaning] of rows) {
    expect(errorCodeOf(meaning)).toBeTruthy()
  }
  expect(errorCodeOf('permission')).toBe('forbidden')
  expect(errorCodeOf('gone')).toBe('not-found')
  expect(errorCodeOf('stale')).toBe('conflict')
  expect(errorCodeOf('expired')).toBe('expired')
})
