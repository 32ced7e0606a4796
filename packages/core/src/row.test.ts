import { expect, test } from 'vitest'
import { canonicalGuid, isCanonicalGuid } from './row.ts'

const GUID = '0aa1b2c3-d4e5-4f67-89ab-cdef01234567'

test('a GUID in lower case without braces is canonical, and made of any other', () => {
  expect(isCanonicalGuid(GUID)).toBe(true)
  expect([GUID, GUID.toUpperCase(), `{${GUID}}`].map(canonicalGuid)).toEqual([GUID, GUID, GUID])
})

test.each([
  ['shorter', GUID.slice(1)],
  ['longer', `${GUID}0`],
  ['upper case', GUID.replace('a', 'A')],
  ['another letter', GUID.replace('a', 'g')],
  ['a dash in place of a digit', GUID.replace('a', '-')],
  ['a digit in place of a dash', GUID.replace('-', '0')],
  ['dashes elsewhere', '0aa1b2c-3d4e5-4f67-89ab-cdef01234567'],
  ['a letter that is not ASCII', GUID.replace('a', 'ａ')],
  ['a character whose lower bits are those of a digit', GUID.replace('a', String.fromCharCode(97 + 128))],
  ['a line break behind it', `${GUID.slice(1)}\n`],
])('what is not quite a GUID is not canonical: %s', (_, text) => {
  expect(isCanonicalGuid(text)).toBe(false)
})
