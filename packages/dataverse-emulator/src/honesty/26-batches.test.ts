import { expect, test } from 'vitest'
import { bench, id, made } from '../ask.test-support.ts'
import type { Answer, Ask } from '../ask.test-support.ts'

const HEAD = 'Content-Type: application/http\r\nContent-Transfer-Encoding: binary'

function part(method: string, url: string, body?: unknown, contentId?: string): string {
  const named = contentId === undefined ? HEAD : `${HEAD}\r\nContent-ID: ${contentId}`
  const content = body === undefined ? '' : JSON.stringify(body)
  return `${named}\r\n\r\n${method} ${url} HTTP/1.1\r\nContent-Type: application/json\r\n\r\n${content}\r\n`
}

function multipart(boundary: string, parts: readonly string[]): string {
  return `${parts.map((one) => `--${boundary}\r\n${one}`).join('')}--${boundary}--\r\n`
}

function changeSet(...parts: readonly string[]): string {
  return `Content-Type: multipart/mixed; boundary=set\r\n\r\n${multipart('set', parts)}`
}

function send(ask: Ask, parts: readonly string[], headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  return ask('POST', '$batch', {
    headers: { 'Content-Type': 'multipart/mixed; boundary=batch', ...headers },
    body: multipart('batch', parts),
  })
}

const statuses = ({ text }: Answer): number[] =>
  [...text.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map((match) => Number(match[1]))

const account = (number: number): unknown => ({ accountid: id(number), name: `n${number}` })
const create = (number: number, contentId?: string): string => part('POST', 'accounts', account(number), contentId)
const broken = (contentId?: string): string => part('POST', 'accounts', { name: 'x'.repeat(500) }, contentId)
const missing = part('GET', `accounts(${id(9)})`)

test('§16.26: a batch ends at its first failure: what came before stays done, what comes after is never run', async () => {
  const { ask, emulator } = bench()
  await send(ask, [create(1), broken(), create(2)])
  expect([1, 2].map((number) => emulator.master.row('account', id(number)) !== undefined)).toEqual([true, false])
})

test('§16.26: the status of a failed batch is that of its failure', async () => {
  const { ask } = bench()
  expect((await send(ask, [create(1), broken()])).status).toBe(400)
  expect((await send(ask, [missing])).status).toBe(404)
  expect((await send(ask, [create(1)])).status).toBe(412)
  expect((await send(ask, [create(2)])).status).toBe(200)
})

test('§16.26: a batch answers the parts it has run, and has no part for those it has not', async () => {
  const { ask } = bench()
  const answer = await send(ask, [create(1), broken(), create(2), missing])
  expect(statuses(answer)).toEqual([204, 400])
  expect(answer.headers.get('Content-Type')).toMatch(/^multipart\/mixed; boundary=batchresponse_/)
  expect(answer.text).toContain('0x80044331')
})

test('§16.26: only odata.continue-on-error goes on after a failure, and then the status is 200', async () => {
  const { ask, emulator } = bench()
  const answer = await send(ask, [create(1), broken(), create(2)], { Prefer: 'odata.continue-on-error' })
  expect([answer.status, statuses(answer)]).toEqual([200, [204, 400, 204]])
  expect(emulator.master.row('account', id(2))).toBeDefined()
})

test('§16.26: a change set that fails is rolled back whole, creates, updates and deletes, and is one part', async () => {
  const { ask, emulator } = bench()
  await made(ask, 'accounts', { accountid: id(8), name: 'before' })
  await made(ask, 'accounts', { accountid: id(9), name: 'stays' })
  const before = [8, 9].map((number) => emulator.master.row('account', id(number)))
  const parts = [
    create(1, '1'),
    part('PATCH', `accounts(${id(8)})`, { name: 'after' }, '2'),
    part('DELETE', `accounts(${id(9)})`, undefined, '3'),
    broken('4'),
    create(2, '5'),
  ]
  const answer = await send(ask, [changeSet(...parts), create(3)], { Prefer: 'odata.continue-on-error' })
  expect([answer.status, statuses(answer)]).toEqual([200, [400, 204]])
  expect([8, 9].map((number) => emulator.master.row('account', id(number)))).toEqual(before)
  expect([1, 2].map((number) => emulator.master.row('account', id(number)))).toEqual([undefined, undefined])
})

test('§16.26: each part of a change set is echoed with its Content-ID, a failing one too', async () => {
  const { ask } = bench()
  const echoed = ({ text }: Answer): string[] =>
    [...text.matchAll(/^Content-ID: (\w+)/gm)].map((match) => match[1] ?? '')
  expect(echoed(await send(ask, [changeSet(create(1, 'a'), create(2, 'b'))]))).toEqual(['a', 'b'])
  expect(echoed(await send(ask, [changeSet(create(3, 'c'), broken('d'))]))).toEqual(['d'])
})
