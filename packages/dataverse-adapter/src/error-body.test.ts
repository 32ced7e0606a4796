import { expect, test } from 'vitest'
import { canonicalCode, errorBody } from './error-body.ts'

test.each([
  ['0x80040217', '0x80040217'],
  ['0X8006088D', '0x8006088d'],
  ['-2147220969', '0x80040217'],
  [-2147220969, '0x80040217'],
  ['2147746327', '0x80040217'],
  ['', undefined],
  ['0x0', undefined],
  [0, undefined],
  [undefined, undefined],
  ['InvalidArgument', undefined],
])('reads the code %j as %s', (code, canonical) => {
  expect(canonicalCode(code)).toBe(canonical)
})

test('reads code and message', () => {
  expect(errorBody('{"error":{"code":"0x80060882","message":"The version differs."}}')).toEqual({
    isDataverse: true,
    code: '0x80060882',
    message: 'The version differs.',
  })
})

test('has no code where the body has an empty one', () => {
  const body = errorBody('{"error":{"code":"","message":"m"}}')
  expect(body).toEqual({ isDataverse: true, message: 'm' })
  expect('code' in body).toBe(false)
})

test.each(['', '<html><body>Sign in</body></html>', '{"error":', '{}', '[]', 'null', '{"error":"x"}'])(
  'sees that %j is not from a Dataverse',
  (text) => {
    expect(errorBody(text)).toEqual({ isDataverse: false, message: '' })
  },
)
