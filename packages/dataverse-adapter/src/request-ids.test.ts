import type { PushOutcome } from '@outpost/core'
import { expect, test } from 'vitest'
import { create, done, push, transaction, update } from './sample-changes.test-support.ts'
import { A, B, refusal } from './sample-tables.test-support.ts'

const ID = '00000000-0000-4000-8000-0000000000aa'

const named = (...changes: Parameters<typeof transaction>): ReturnType<typeof transaction> => ({
  ...transaction(...changes),
  requestId: ID,
})

const answeredAs = (response: Response, id: string): Response => {
  response.headers.set('x-ms-service-request-id', id)
  return response
}

function batch(headers: Readonly<Record<string, string>>, ...parts: readonly string[]): Response {
  const text = parts.map(
    (part) => `--b\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n${part}\r\n`,
  )
  return new Response(`${text.join('')}--b--\r\n`, {
    headers: { 'Content-Type': 'multipart/mixed; boundary=b', ...headers },
  })
}

const REFUSED = `HTTP/1.1 400 Bad Request\r\nREQ_ID: of-the-part\r\nContent-Type: application/json\r\n\r\n${JSON.stringify({ error: { code: '0x80040265', message: 'No.' } })}`
const TAKEN = 'HTTP/1.1 204 No Content\r\n'

const idsOf = (outcomes: readonly PushOutcome[]): readonly (string | undefined)[] =>
  outcomes.map((outcome) => outcome.masterRequestId)

test('a request carries the id it is to be found under, and the outcome the id that the master gave it', async () => {
  const { outcomes, sent } = await push(() => answeredAs(done(), 's-1'), named(update()))
  expect(sent.map((request) => request.headers['x-ms-client-request-id'])).toEqual([ID])
  expect(idsOf(outcomes)).toEqual(['s-1'])
})

test('a batch carries the id once, outside; a refused part is known by an id of its own', async () => {
  const { outcomes, sent } = await push(
    () => batch({ 'x-ms-service-request-id': 's-1' }, TAKEN, REFUSED),
    named(update(A)),
    named(update(B)),
  )
  expect(sent).toHaveLength(1)
  expect(sent[0]?.headers['x-ms-client-request-id']).toBe(ID)
  expect(sent[0]?.body).not.toContain(ID)
  expect(idsOf(outcomes)).toEqual(['s-1', 'of-the-part'])
  expect(outcomes[1]).toMatchObject({ kind: 'rejected', rejection: { requestId: 'of-the-part' } })
})

test('what is sent one by one after the batch was refused keeps the id, and each outcome has that of its own answer', async () => {
  const answers = [refusal(400, '0x80048d19'), answeredAs(done(), 's-2'), answeredAs(done(), 's-3')]
  const { outcomes, sent } = await push((_, at) => answers[at] ?? done(), named(update(A)), named(update(B)))
  expect(sent.map((request) => request.headers['x-ms-client-request-id'])).toEqual([ID, ID, ID])
  expect(idsOf(outcomes)).toEqual(['s-2', 's-3'])
})

test('an answer without an id, and a push without one, go without', async () => {
  const { outcomes, sent } = await push(() => done(), transaction(create()))
  expect(sent[0]?.headers).not.toHaveProperty('x-ms-client-request-id')
  expect(outcomes[0]).not.toHaveProperty('masterRequestId')
})

test('a part that the batch has no answer for is known by the id of the batch', async () => {
  const { outcomes } = await push(
    () => batch({ 'x-ms-service-request-id': 's-1' }, TAKEN),
    named(update(A)),
    named(update(B)),
  )
  expect(outcomes[1]).toMatchObject({ kind: 'retry', mayHaveArrived: true, masterRequestId: 's-1' })
})
