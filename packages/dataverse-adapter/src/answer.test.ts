import { MasterError } from '@outpost/core'
import { expect, test } from 'vitest'
import { jsonAnswer, refusalOf } from './answer.ts'
import type { WireResponse } from './transport.ts'

function answer(status: number, text: string, headers: Record<string, string> = {}): WireResponse {
  return { status, text, headers: new Headers(headers) }
}

function error(response: WireResponse): MasterError {
  try {
    jsonAnswer(response)
  } catch (thrown) {
    if (thrown instanceof MasterError) return thrown
  }
  throw new Error('no MasterError was thrown')
}

const body = (code: string, message = 'Words.'): string => JSON.stringify({ error: { code, message } })

test('gives the object of a good answer', () => {
  expect(jsonAnswer(answer(200, '{"value":[]}'))).toEqual({ value: [] })
})

test.each([
  ['a captive portal', answer(200, '<!doctype html><title>Sign in</title>', { 'Content-Type': 'text/html' })],
  ['truncated JSON', answer(200, '{"value":[{"na')],
  ['an empty answer', answer(200, '')],
  ['a JSON list', answer(200, '[]')],
  ['a proxy that refuses with a page', answer(403, '<html>Blocked</html>')],
  ['a page that is not there', answer(404, '<html>Not Found</html>')],
  ['JSON from somewhere else', answer(404, '{"detail":"Not Found"}')],
])('calls %s "protocol"', (_name, response) => {
  expect(error(response).code).toBe('protocol')
})

test.each([
  ['a refused privilege', answer(403, body('0x80040220')), 'forbidden'],
  ['a refusal without a body', answer(403, ''), 'forbidden'],
  ['a missing row', answer(404, body('0x80040217')), 'not-found'],
  ['a bad query', answer(400, body('0x80060888')), 'rejected'],
  ['an expired stamp', answer(400, body('0x80044352')), 'expired'],
  ['an expired stamp in decimal', answer(400, body('-2147204270')), 'expired'],
  ['a server error with a page', answer(500, '<html>'), 'unavailable'],
  ['a gateway without a body', answer(502, ''), 'unavailable'],
  ['a gateway with a page', answer(503, '<html>Maintenance</html>'), 'unavailable'],
  ['a slow request', answer(408, ''), 'unavailable'],
  ['too many requests', answer(429, '<html>'), 'throttled'],
])('calls %s what it is', (_name, response, code) => {
  expect(error(response).code).toBe(code)
})

test('carries what the answer says', () => {
  const thrown = error(answer(403, body('-2147220960', 'Principal user is missing prvReadAccount.'), { REQ_ID: 'r-1' }))
  expect(thrown).toMatchObject({ status: 403, masterCode: '0x80040220', requestId: 'r-1' })
  expect(thrown.message).toContain('Principal user is missing prvReadAccount.')
  expect(thrown.remedy).toBeTruthy()
})

test.each([
  [{ 'Retry-After': '7' }, 7_000],
  [{ 'Retry-After': 'Thu, 01 Jan 2026 00:00:30 GMT', Date: 'Thu, 01 Jan 2026 00:00:00 GMT' }, 30_000],
  [{ 'Retry-After': 'Thu, 01 Jan 2026 00:00:30 GMT' }, undefined],
  [{}, undefined],
])('reads how long to wait from %j', (headers, ms) => {
  expect(error(answer(429, body('0x80072322'), headers)).retryAfterMs).toBe(ms)
})

test('knows that a throttled request had no effect, and does not know it of a gateway error', () => {
  expect(error(answer(429, '')).mayHaveArrived).toBe(false)
  expect(error(answer(504, '')).mayHaveArrived).toBe(true)
})

test('tells the meanings of a 412 without a code apart by the condition that was sent', () => {
  expect(refusalOf(answer(412, body('')), 'version').explanation.meaning).toBe('stale')
  expect(refusalOf(answer(412, body('')), 'absent').explanation.meaning).toBe('exists')
  expect(refusalOf(answer(412, body('0x80060892')), 'absent').explanation.meaning).toBe('key-clash')
})
