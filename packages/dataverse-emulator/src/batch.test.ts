import { expect, test } from 'vitest'
import { bench, id, made } from './ask.test-support.ts'
import type { Answer, Ask } from './ask.test-support.ts'

interface Request {
  readonly method: string
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly contentId?: string
}

type Item = Request | readonly Request[]

function part(request: Request): string {
  const lines = ['Content-Type: application/http', 'Content-Transfer-Encoding: binary']
  if (request.contentId !== undefined) lines.push(`Content-ID: ${request.contentId}`)
  lines.push('', `${request.method} ${request.url} HTTP/1.1`)
  if (request.body !== undefined) lines.push('Content-Type: application/json')
  for (const [name, value] of Object.entries(request.headers ?? {})) lines.push(`${name}: ${value}`)
  lines.push('')
  if (request.body !== undefined) lines.push(JSON.stringify(request.body))
  return lines.join('\r\n')
}

function isSet(item: Item): item is readonly Request[] {
  return Array.isArray(item)
}

function multipart(boundary: string, parts: readonly string[]): string {
  return `${parts.map((text) => `--${boundary}\r\n${text}\r\n`).join('')}--${boundary}--\r\n`
}

function written(items: readonly Item[]): string {
  const parts = items.map((item) =>
    isSet(item) ? `Content-Type: multipart/mixed;boundary=cs\r\n\r\n${multipart('cs', item.map(part))}` : part(item),
  )
  return multipart('batch_1', parts)
}

function send(ask: Ask, items: readonly Item[], headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  return ask('POST', '$batch', {
    headers: { 'Content-Type': 'multipart/mixed; boundary="batch_1"', ...headers },
    body: written(items),
  })
}

function statuses(answer: Answer): number[] {
  return [...answer.text.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map((match) => Number(match[1]))
}

const create = (number: number, more: Partial<Request> = {}): Request => ({
  method: 'POST',
  url: '/api/data/v9.2/accounts',
  body: { accountid: id(number), name: `n${number}` },
  ...more,
})
const broken: Request = { method: 'POST', url: 'accounts', body: { name: 'x'.repeat(500) } }

test('requests run in order and are answered in order, in the form Dataverse sends', async () => {
  const { ask, emulator } = bench()
  const answer = await send(ask, [create(1), { method: 'GET', url: `accounts(${id(1)})?$select=name` }])
  expect(answer.status).toBe(200)
  expect(answer.headers.get('Content-Type')).toMatch(/^multipart\/mixed; boundary=batchresponse_[0-9a-f-]{36}$/)
  expect(statuses(answer)).toEqual([204, 200])
  expect(answer.text).toContain(
    'Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\nHTTP/1.1 204 No Content\r\n',
  )
  const url = `${emulator.root}api/data/v9.2/accounts(${id(1)})`
  expect(answer.text).toContain(`OData-Version: 4.0\r\nLocation: ${url}\r\nOData-EntityId: ${url}\r\n`)
  expect(answer.text).toContain('Content-Type: application/json; odata.metadata=minimal; odata.streaming=true\r\n')
  expect(answer.text).toContain('"name":"n1"')
})

test('relative, rooted and absolute URLs are all understood', async () => {
  const { ask, emulator } = bench()
  const urls = ['WhoAmI', '/api/data/v9.2/WhoAmI', `${emulator.root}api/data/v9.1/WhoAmI()`]
  const answer = await send(
    ask,
    urls.map((url) => ({ method: 'GET', url })),
  )
  expect(statuses(answer)).toEqual([200, 200, 200])
  expect(answer.text).toContain('v9.1/$metadata#Microsoft.Dynamics.CRM.WhoAmIResponse')
})

test('§16.26: processing stops at the first failure: its status is the whole answer’s, what came before stays done', async () => {
  const { ask, emulator } = bench()
  const answer = await send(ask, [create(1), broken, create(2)])
  expect([answer.status, statuses(answer)]).toEqual([400, [204, 400]])
  expect(answer.text).toMatch(
    /\r\n\r\nHTTP\/1\.1 400 Bad Request\r\nREQ_ID: [0-9a-f-]{36}\r\nContent-Type: application\/json; odata\.metadata=minimal\r\n/,
  )
  expect(answer.text).toContain('0x80044331')
  expect(emulator.master.row('account', id(1))).toBeDefined()
  expect(emulator.master.row('account', id(2))).toBeUndefined()
})

test('§16.26: with continue-on-error everything runs, and the answer is 200', async () => {
  const { ask, emulator } = bench()
  const answer = await send(ask, [create(1), broken, create(2)], { Prefer: 'odata.continue-on-error' })
  expect([answer.status, statuses(answer)]).toEqual([200, [204, 400, 204]])
  expect(emulator.master.row('account', id(2))).toBeDefined()
})

test('§16.26: a change set is all or nothing, and its failure is one part', async () => {
  const { ask, emulator } = bench()
  await made(ask, 'accounts', { accountid: id(9), name: 'before' })
  const [deleted] = emulator.master.rows('incident')
  const before = emulator.master.row('account', id(9))
  const changeSet: Request[] = [
    create(1, { contentId: '1' }),
    { method: 'PATCH', url: `accounts(${id(9)})`, body: { name: 'after' }, contentId: '2' },
    { method: 'DELETE', url: `incidents(${deleted?.id})`, contentId: '3' },
    { ...broken, contentId: '4' },
    create(5, { contentId: '5' }),
  ]
  const answer = await send(ask, [changeSet, create(2)])
  expect([answer.status, statuses(answer)]).toEqual([400, [400]])
  expect(answer.text).toContain('Content-ID: 4')
  expect(emulator.master.row('account', id(1))).toBeUndefined()
  expect(emulator.master.row('account', id(9))).toEqual(before)
  expect(emulator.master.row('incident', deleted?.id ?? '')).toEqual(deleted)
  const tracked = await ask('GET', 'incidents?$select=title', { headers: { Prefer: 'odata.track-changes' } })
  expect(tracked.text).toContain(deleted?.id)
  expect(statuses(await send(ask, [changeSet, create(2)], { Prefer: 'odata.continue-on-error' }))).toEqual([400, 204])
})

test('§16.26: a change set that succeeds echoes each Content-ID in a nested multipart', async () => {
  const { ask } = bench()
  const answer = await send(ask, [[create(1, { contentId: 'a' }), create(2, { contentId: 'b' })]])
  expect(statuses(answer)).toEqual([204, 204])
  expect(answer.text).toMatch(
    /Content-Type: multipart\/mixed; boundary=changesetresponse_[0-9a-f-]{36}\r\n\r\n--changesetresponse_/,
  )
  expect([...answer.text.matchAll(/Content-ID: (\w)/g)].map((match) => match[1])).toEqual(['a', 'b'])
})

test('$1 stands for an earlier row in a URL, a bind and a reference', async () => {
  const { ask, emulator } = bench()
  const answer = await send(ask, [
    [
      { method: 'POST', url: 'contacts', body: { contactid: id(1), lastname: 'c' }, contentId: '1' },
      {
        method: 'POST',
        url: 'accounts',
        body: { accountid: id(2), name: 'a', 'primarycontactid@odata.bind': '$1' },
        contentId: '2',
      },
      { method: 'PATCH', url: '$2', body: { name: 'b' }, contentId: '3' },
      { method: 'PUT', url: '$1/lastname', body: { value: 'd' }, contentId: '4' },
      { method: 'POST', url: '$2/contact_customer_accounts/$ref', body: { '@odata.id': '$1' }, contentId: '5' },
    ],
  ])
  expect(statuses(answer)).toEqual([204, 204, 204, 204, 204])
  expect(emulator.master.row('account', id(2))?.values).toMatchObject({ name: 'b', primarycontactid: id(1) })
  expect(emulator.master.row('contact', id(1))?.values).toMatchObject({ lastname: 'd', parentcustomerid: id(2) })
})

test('a reference to a later part is refused with its Content-ID named', async () => {
  const { ask } = bench()
  const answer = await send(ask, [
    [
      { method: 'POST', url: 'accounts', body: { name: 'a', 'primarycontactid@odata.bind': '$2' }, contentId: '1' },
      { method: 'POST', url: 'contacts', body: { lastname: 'c' }, contentId: '2' },
    ],
  ])
  expect(answer.status).toBe(400)
  expect(answer.text).toContain("Content-ID Reference: '$2' does not exist in the batch context.")
})

test('conditions belong to their part', async () => {
  const { ask } = bench()
  await made(ask, 'accounts', { accountid: id(1), name: 'a' })
  const patch = (headers: Readonly<Record<string, string>>): Request => ({
    method: 'PATCH',
    url: `accounts(${id(1)})`,
    headers,
    body: { name: 'b' },
  })
  const items = [patch({ 'If-None-Match': '*' }), patch({ 'If-Match': 'W/"1"' }), patch({ 'If-Match': '*' })]
  expect(statuses(await send(ask, items, { Prefer: 'odata.continue-on-error' }))).toEqual([412, 412, 204])
})

test('what is no batch is refused as a whole', async () => {
  const { ask, emulator } = bench()
  const get: Request = { method: 'GET', url: 'WhoAmI', contentId: '1' }
  for (const items of [[[get]], [[create(1)]], [[create(1, { contentId: '1' }), create(2, { contentId: '1' })]]]) {
    const answer = await send(ask, items)
    expect([answer.status, answer.json.error.code]).toEqual([400, '0x80048d19'])
  }
  const many = Array.from({ length: 1001 }, () => get)
  expect((await send(ask, many)).status).toBe(400)
  expect((await ask('POST', '$batch', { body: {} })).status).toBe(400)
  const open = written([create(1)]).replace('--batch_1--', '')
  expect(
    (await ask('POST', '$batch', { headers: { 'Content-Type': 'multipart/mixed; boundary=batch_1' }, body: open }))
      .status,
  ).toBe(400)
  expect(emulator.master.row('account', id(1))).toBeUndefined()
})

test('the form that dynamics-web-api sends is understood: a leading line break, no quotes, no blank line after headers', async () => {
  const { ask, emulator } = bench()
  const root = `${emulator.root}api/data/v9.2/`
  const body = [
    '\r\n--dwa_batch_1',
    'Content-Type: multipart/mixed;boundary=changeset_1',
    '\r\n--changeset_1',
    'Content-Type: application/http',
    'Content-Transfer-Encoding: binary',
    'Content-ID: 100001',
    `\r\nPOST ${root}accounts HTTP/1.1`,
    'Content-Type: application/json',
    'Accept: application/json',
    `\r\n${JSON.stringify({ accountid: id(1), name: 'a' })}`,
    '\r\n--changeset_1--',
    '\r\n--dwa_batch_1',
    'Content-Type: application/http',
    'Content-Transfer-Encoding: binary',
    `\r\nGET ${root}accounts(${id(1)})?$select=name HTTP/1.1`,
    'Accept: application/json',
    '\r\n--dwa_batch_1--\r\n',
  ].join('\r\n')
  const answer = await ask('POST', '$batch', {
    headers: { 'Content-Type': 'multipart/mixed;boundary=dwa_batch_1' },
    body,
  })
  expect([answer.status, statuses(answer)]).toEqual([200, [204, 200]])
})

test('the log has each request of a batch, none for parts that never ran', async () => {
  const { ask, emulator } = bench()
  await send(ask, [create(1), broken, create(2)])
  expect(emulator.requests().map(({ method, status, batch }) => [method, status, batch])).toEqual([
    ['POST', 204, 0],
    ['POST', 400, 0],
    ['POST', 400, undefined],
  ])
})

test('an unimplemented request inside a batch counts as unexpected', async () => {
  const { ask, emulator } = bench()
  await send(ask, [{ method: 'GET', url: 'accounts?$apply=x' }])
  expect(() => emulator.assertNoUnexpected()).toThrow('accounts?$apply=x')
})

test('a request for another host is refused, in the URL of a part too', async () => {
  const { ask } = bench()
  const elsewhere = 'https://other.example/api/data/v9.2/WhoAmI'
  const answer = await send(ask, [{ method: 'GET', url: elsewhere }])
  expect([answer.status, statuses(answer)]).toEqual([400, [400]])
  expect(answer.text).toContain(`The URI '${elsewhere}' is not valid because it is not based on `)
})

test('parts that are no HTTP are refused, whatever is wrong with them', async () => {
  const { ask } = bench()
  const head = 'Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n'
  for (const request of [
    'GET WhoAmI HTTP/1.1\r\nna me: x',
    'GET WhoAmI HTTP/1.1\r\nX-Name: Ж',
    'GET WhoAmI HTTP/1.1\r\nX-Name: a\u0001b',
    'GET WhoAmI HTTP/1.1\r\n: x',
    'GET WhoAmI HTTP/1.0',
    'GET WhoAmI',
    'WhoAmI',
  ]) {
    const answer = await ask('POST', '$batch', {
      headers: { 'Content-Type': 'multipart/mixed; boundary=b' },
      body: `--b\r\n${head}${request}\r\n\r\n\r\n--b--\r\n`,
    })
    expect([request, answer.status, answer.json.error.code]).toEqual([request, 400, '0x80048d19'])
  }
})

test('a URL with blanks in a request line is taken as it is', async () => {
  const { ask } = bench()
  const answer = await send(ask, [create(1), { method: 'GET', url: "accounts?$select=name&$filter=name eq 'n1'" }])
  expect(statuses(answer)).toEqual([204, 200])
  expect(answer.text).toContain('"name":"n1"')
})

test('a batch takes no other method, no query option, no condition and no batch inside', async () => {
  const { ask } = bench()
  const headers = { 'Content-Type': 'multipart/mixed; boundary=b' }
  expect((await ask('GET', '$batch')).status).toBe(405)
  expect((await ask('POST', '$batch?$top=1', { headers, body: '--b--' })).status).toBe(501)
  expect((await ask('POST', '$batch', { headers: { ...headers, 'If-Match': '*' }, body: '--b--' })).status).toBe(501)
  const nested = await send(ask, [{ method: 'POST', url: '$batch' }])
  expect([nested.status, statuses(nested)]).toEqual([400, [400]])
})
