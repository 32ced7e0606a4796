import { expect, test } from 'vitest'
import { encodeBatch, isMultipart, readBatch } from './batch.ts'
import type { WireResponse } from './transport.ts'

function ids(): () => string {
  let next = 0
  return () => `id${(next += 1)}`
}

function multipart(boundary: string, lines: readonly string[], eol = '\r\n'): WireResponse {
  return {
    status: 200,
    headers: new Headers({ 'Content-Type': `multipart/mixed; boundary=${boundary}` }),
    text: lines.join(eol),
  }
}

test('writes single requests and change sets as the protocol wants them', () => {
  const batch = encodeBatch(
    [
      { kind: 'single', request: { method: 'DELETE', path: 'tasks(1)', headers: { 'If-Match': 'W/"1"' } } },
      {
        kind: 'change-set',
        requests: [
          { method: 'PATCH', path: 'tasks(2)', headers: { 'If-None-Match': '*' }, body: '{"subject":"Größe"}' },
          { method: 'DELETE', path: 'tasks(3)' },
        ],
      },
    ],
    ids(),
  )
  expect(batch.headers).toEqual({
    'Content-Type': 'multipart/mixed; boundary="batch_id1"',
    Prefer: 'odata.continue-on-error',
  })
  expect(batch.body.split('\r\n')).toEqual([
    '--batch_id1',
    'Content-Type: application/http',
    'Content-Transfer-Encoding: binary',
    '',
    'DELETE /api/data/v9.2/tasks(1) HTTP/1.1',
    'Accept: application/json',
    'If-Match: W/"1"',
    '',
    '',
    '--batch_id1',
    'Content-Type: multipart/mixed; boundary="changeset_id2"',
    '',
    '--changeset_id2',
    'Content-Type: application/http',
    'Content-Transfer-Encoding: binary',
    'Content-ID: 1',
    '',
    'PATCH /api/data/v9.2/tasks(2) HTTP/1.1',
    'Accept: application/json',
    'If-None-Match: *',
    'Content-Type: application/json; charset=utf-8',
    'Content-Length: 21',
    '',
    '{"subject":"Größe"}',
    '--changeset_id2',
    'Content-Type: application/http',
    'Content-Transfer-Encoding: binary',
    'Content-ID: 2',
    '',
    'DELETE /api/data/v9.2/tasks(3) HTTP/1.1',
    'Accept: application/json',
    '',
    '',
    '--changeset_id2--',
    '--batch_id1--',
    '',
  ])
})

const ANSWER = [
  '--batchresponse_1',
  'Content-Type: application/http',
  'Content-Transfer-Encoding: binary',
  '',
  'HTTP/1.1 204 No Content',
  'OData-Version: 4.0',
  '',
  '',
  '--batchresponse_1',
  'Content-Type: multipart/mixed; boundary=changesetresponse_2',
  '',
  '--changesetresponse_2',
  'Content-Type: application/http',
  'Content-Transfer-Encoding: binary',
  'Content-ID: 1',
  '',
  'HTTP/1.1 200 OK',
  'Content-Type: application/json; odata.metadata=minimal',
  '',
  '{"name":"--batchresponse_1 is only text here"}',
  '--changesetresponse_2',
  'Content-Type: application/http',
  'Content-ID: 2',
  '',
  'HTTP/1.1 204 No Content',
  '',
  '',
  '--changesetresponse_2--',
  '--batchresponse_1',
  'Content-Type: application/http',
  'Content-ID: 3',
  '',
  'HTTP/1.1 412 Precondition Failed',
  'REQ_ID: 5fe339e5',
  'Content-Type: application/json; odata.metadata=minimal',
  '',
  '{"error":{"code":"0x80060882","message":"m"}}',
  '--batchresponse_1--',
  '',
]

test.each(['\r\n', '\n'])('reads the answers in order, with lines ending in %j', (eol) => {
  const [first, second, third, ...more] = readBatch(multipart('batchresponse_1', ANSWER, eol))
  expect(more).toEqual([])
  expect(first?.map(({ response, index }) => [response.status, response.text, index])).toEqual([[204, '', undefined]])
  expect(second?.map(({ response, index }) => [response.status, response.text, index])).toEqual([
    [200, '{"name":"--batchresponse_1 is only text here"}', 0],
    [204, '', 1],
  ])
  expect(third?.map(({ response, index }) => [response.status, index])).toEqual([[412, 2]])
  expect(third?.[0]?.response.headers.get('REQ_ID')).toBe('5fe339e5')
})

test('reads a body that begins with an empty line, and a quoted boundary', () => {
  const response = {
    ...multipart('x', ['', ...ANSWER]),
    headers: new Headers({ 'Content-Type': 'multipart/mixed; charset=utf-8; boundary="batchresponse_1"' }),
  }
  expect(readBatch(response)).toHaveLength(3)
})

test('an answer that was cut off is no answer', () => {
  for (let lines = 1; lines < ANSWER.length - 2; lines += 1) {
    const answers = readBatch(multipart('batchresponse_1', ANSWER.slice(0, lines)))
    const whole = lines < 9 ? 0 : lines < 29 ? 1 : 2
    expect({ lines, answers: answers.length }).toEqual({ lines, answers: whole })
  }
})

test('knows what is not a batch answer', () => {
  const page = { status: 200, headers: new Headers({ 'Content-Type': 'text/html' }), text: '<html>' }
  expect(isMultipart(page)).toBe(false)
  expect(() => readBatch(page)).toThrow(expect.objectContaining({ code: 'protocol' }))
  expect(isMultipart(multipart('x', []))).toBe(true)
})

test('a part without a status is not an answer of a Dataverse', () => {
  const lines = ['--x', 'Content-Type: application/http', '', 'hello', '--x--']
  expect(() => readBatch(multipart('x', lines))).toThrow(expect.objectContaining({ code: 'protocol' }))
})
