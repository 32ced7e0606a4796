import { linkId } from '@outpost/core'
import type { RowVersion } from '@outpost/core'
import { expect, test } from 'vitest'
import { dataverseMaster } from './dataverse-master.ts'
import { A, accountContact, B, C, contact, json, scripted, type Sent } from './sample-tables.test-support.ts'
import { staticToken } from './token.ts'

const signal = new AbortController().signal
const NEXT = 'https://contoso.crm.dynamics.com/api/data/v9.2/contacts?$skiptoken=2'

function masterOver(fetch: ReturnType<typeof scripted>['fetch']): ReturnType<typeof dataverseMaster> {
  return dataverseMaster({ url: 'contoso', token: staticToken('t'), fetch, pageSize: 2 })
}

function guid(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`
}

/** The paths that a request asks for, those in a batch too, decoded. */
function askedIn({ method, path, body }: Sent): readonly string[] {
  if (method === 'GET') return [path]
  return [...body.matchAll(/^GET \/api\/data\/v9\.2\/(\S+) HTTP/gm)].map(([, one = '']) => decodeURIComponent(one))
}

/** Answers each query for contacts with those that it names, but for the one that is gone. */
function contactsBut(gone: string, request: Sent): Response {
  const answers = askedIn(request).map((path) => {
    const ids = [...path.matchAll(/"([0-9a-f-]{36})"/g)].flatMap(([, id]) =>
      id === undefined || id === gone ? [] : [id],
    )
    return { value: ids.map((contactid) => ({ '@odata.etag': 'W/"1"', contactid, fullname: 'x' })) }
  })
  if (request.method === 'GET') return json(answers[0])
  const parts = answers.map((answer) => part(200, answer))
  return batchAnswer(parts)
}

function part(status: number, body: unknown): string {
  const head = 'Content-Type: application/http\r\n\r\n'
  return `--b\r\n${head}HTTP/1.1 ${status} X\r\nContent-Type: application/json\r\n\r\n${JSON.stringify(body)}\r\n`
}

function batchAnswer(parts: readonly string[]): Response {
  return new Response(`${parts.join('')}--b--`, { headers: { 'Content-Type': 'multipart/mixed; boundary=b' } })
}

test('reads rows by their ids, a thousand with a request in queries that are short, and gives those there are', async () => {
  const { fetch, sent } = scripted((request) => contactsBut(guid(3), request))
  const ids = Array.from({ length: 1250 }, (_, index) => guid(index))
  const rows = await masterOver(fetch).read({ table: contact, columns: ['fullname'], ids: [...ids, guid(1)] }, signal)
  expect(rows.map((row) => row.id)).toEqual(ids.filter((id) => id !== guid(3)))
  expect(sent.map((request) => askedIn(request).length)).toEqual([10, 3])
  for (const path of sent.flatMap(askedIn)) {
    expect(path).toMatch(
      /^contacts\?\$select=contactid,fullname&\$filter=Microsoft\.Dynamics\.CRM\.In\(PropertyName='contactid',PropertyValues=\["/,
    )
    expect(encodeURIComponent(path).length).toBeLessThan(8_000)
  }
})

test('a few rows are read by a request of their own', async () => {
  const { fetch, sent } = scripted((request) => contactsBut(guid(3), request))
  const ids = [guid(1), guid(3)]
  const rows = await masterOver(fetch).read({ table: contact, columns: ['fullname'], ids }, signal)
  expect(rows.map(({ id }) => id)).toEqual([guid(1)])
  expect(sent.map(({ method }) => method)).toEqual(['GET'])
})

test('reads the pages behind the first one of each query', async () => {
  const row = (contactid: string): object => ({ '@odata.etag': 'W/"1"', contactid, fullname: 'x' })
  const { fetch } = scripted(({ method }) =>
    method === 'GET'
      ? json({ value: [row(guid(50))] })
      : batchAnswer([
          part(200, { value: [row(guid(0))], '@odata.nextLink': NEXT }),
          part(200, { value: [row(guid(100))] }),
        ]),
  )
  const ids = Array.from({ length: 150 }, (_, index) => guid(index))
  const rows = await masterOver(fetch).read({ table: contact, columns: ['fullname'], ids }, signal)
  expect(rows.map(({ id }) => id)).toEqual([guid(0), guid(50), guid(100)])
})

test('no row counts as gone whose query has no answer', async () => {
  const ids = Array.from({ length: 150 }, (_, index) => guid(index))
  const read = (answer: Response): Promise<unknown> =>
    masterOver(scripted(() => answer).fetch).read({ table: contact, columns: ['fullname'], ids }, signal)
  const refused = part(403, { error: { code: '0x80040220', message: 'Words.' } })
  await expect(read(batchAnswer([part(200, { value: [] }), refused]))).rejects.toMatchObject({ code: 'forbidden' })
  await expect(read(batchAnswer([part(200, { value: [] })]))).rejects.toMatchObject({ code: 'protocol' })
})

test('reads nothing for no ids', async () => {
  const { fetch, sent } = scripted(() => json({ value: [] }))
  expect(await masterOver(fetch).read({ table: contact, columns: [], ids: [] }, signal)).toEqual([])
  expect(sent).toEqual([])
})

test('reads links by the rows they connect', async () => {
  const { fetch, sent } = scripted(() =>
    json({ value: [{ '@odata.etag': 'W/"1"', new_account_contactid: C, accountid: A, contactid: B }] }),
  )
  const ids = [linkId(A, B), linkId(A, C)]
  const rows = await masterOver(fetch).read({ table: accountContact, columns: ['accountid', 'contactid'], ids }, signal)
  expect(rows).toEqual([{ id: linkId(A, B), version: 'W/"1"', values: { accountid: A, contactid: B } }])
  expect(sent[0]?.path).toBe(
    `new_account_contactset?$select=new_account_contactid,accountid,contactid&$filter=(accountid eq ${A} and contactid eq ${B}) or (accountid eq ${A} and contactid eq ${C})&$orderby=new_account_contactid asc`,
  )
})

test('refuses ids that cannot be', async () => {
  const { fetch, sent } = scripted(() => json({ value: [] }))
  const ids = [`x") or (1 eq 1`]
  await expect(masterOver(fetch).read({ table: contact, columns: [], ids }, signal)).rejects.toMatchObject({
    code: 'invalid',
  })
  expect(sent).toEqual([])
})

test('gives all ids with their versions, page by page', async () => {
  const pages = [
    { value: [{ '@odata.etag': 'W/"1"', contactid: A.toUpperCase() }, { contactid: B }], '@odata.nextLink': NEXT },
    { value: [{ '@odata.etag': 'W/"3"', contactid: C }] },
  ]
  const { fetch, sent } = scripted((_request, index) => json(pages[index]))
  const seen: (readonly RowVersion[])[] = []
  for await (const page of masterOver(fetch).versions({ table: contact, scope: { filter: null } }, signal))
    seen.push(page)
  expect(seen).toEqual([
    [
      { id: A, version: 'W/"1"' },
      { id: B, version: null },
    ],
    [{ id: C, version: 'W/"3"' }],
  ])
  expect(sent.map(({ path }) => path)).toEqual([
    'contacts?$select=contactid&$orderby=contactid asc',
    'contacts?$skiptoken=2',
  ])
  expect(sent[1]?.headers['Prefer']).toBe('odata.maxpagesize=2')
})

test('gives the ids of links, filtered', async () => {
  const { fetch, sent } = scripted(() => json({ value: [{ new_account_contactid: C, accountid: A, contactid: B }] }))
  const filter = {
    kind: 'compare',
    column: 'accountid',
    operator: 'eq',
    value: { type: 'guid', value: A },
    position: 0,
  } as const
  const seen: (readonly string[])[] = []
  for await (const page of masterOver(fetch).versions({ table: accountContact, scope: { filter } }, signal)) {
    seen.push(page.map(({ id }) => id))
  }
  expect(seen).toEqual([[linkId(A, B)]])
  expect(sent[0]?.path).toContain(`$filter=accountid eq ${A}&`)
})

test('ends a listing with an error when a page fails', async () => {
  const { fetch } = scripted((_request, index) =>
    index === 0 ? json({ value: [{ contactid: A }], '@odata.nextLink': NEXT }) : new Response('', { status: 503 }),
  )
  const seen: string[] = []
  const listing = async (): Promise<void> => {
    for await (const page of masterOver(fetch).versions({ table: contact, scope: { filter: null } }, signal)) {
      seen.push(...page.map(({ id }) => id))
    }
  }
  await expect(listing()).rejects.toMatchObject({ code: 'unavailable' })
  expect(seen).toEqual([A])
})
