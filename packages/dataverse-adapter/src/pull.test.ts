import type { Filter, Json, PullPage, TableMetadata } from '@outpost/core'
import { expect, test } from 'vitest'
import { dataverseMaster } from './dataverse-master.ts'
import {
  A,
  account,
  B,
  C,
  column,
  contact,
  json,
  refusal,
  scripted,
  type Sent,
  table,
} from './sample-tables.test-support.ts'
import { staticToken } from './token.ts'

const signal = new AbortController().signal

interface Pulled {
  readonly sent: readonly Sent[]
  readonly pull: (
    checkpoint: Json,
    more?: { table?: TableMetadata; filter?: Filter; columns?: readonly string[] },
  ) => Promise<PullPage>
}

function masterThat(answer: (request: Sent, index: number) => Response): Pulled {
  const { fetch, sent } = scripted(answer)
  const master = dataverseMaster({ url: 'contoso', token: staticToken('t'), fetch })
  return {
    sent,
    pull: (checkpoint, { filter = null, ...more } = {}) =>
      master.pull(
        { table: contact, columns: ['fullname'], scope: { filter }, pageSize: 2, checkpoint, ...more },
        signal,
      ),
  }
}

const NEXT = 'https://contoso.crm.dynamics.com/api/data/v9.2/contacts?$skiptoken=%3Ccookie%20pagenumber=%222%22%20/%3E'
const DATE = { Date: 'Thu, 01 Jan 2026 10:00:00 GMT' }

function row(id: string, version: number, modified = '2026-01-01T09:00:00Z'): Json {
  return { '@odata.etag': `W/"${version}"`, contactid: id, fullname: 'N', versionnumber: version, modifiedon: modified }
}

/** Through JSON, as a store keeps it. */
function kept(page: PullPage): Json {
  return JSON.parse(JSON.stringify(page.checkpoint)) as Json
}

test('reads page by page from where the page before ended, without a cursor of the server', async () => {
  const pages = [{ value: [row(A, 5), row(B, 8)], '@odata.nextLink': NEXT }, { value: [row(C, 9)] }]
  const { pull, sent } = masterThat((_request, index) => json(pages[index], { headers: DATE }))
  const first = await pull(null)
  expect(first.more).toBe(true)
  expect(first.rows).toEqual([
    { id: A, version: 'W/"5"', values: { fullname: 'N' } },
    { id: B, version: 'W/"8"', values: { fullname: 'N' } },
  ])
  const second = await pull(kept(first))
  expect(second.more).toBe(false)
  expect(sent.map((request) => request.path)).toEqual([
    'contacts?$select=contactid,fullname,versionnumber,modifiedon&$orderby=versionnumber asc&$count=true',
    'contacts?$select=contactid,fullname,versionnumber,modifiedon&$filter=versionnumber gt 8&$orderby=versionnumber asc',
  ])
  expect(sent[0]?.headers['Prefer']).toBe(
    'odata.maxpagesize=2,odata.include-annotations="Microsoft.Dynamics.CRM.totalrecordcount,Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded"',
  )
})

test('an incremental pass asks for newer versions, and for times that reach back before the last pass began', async () => {
  const pages = [
    { value: [row(A, 5), row(B, 8)] },
    { value: [row(B, 8), row(C, 12)], '@odata.nextLink': NEXT },
    { value: [row(A, 13)] },
  ]
  const dates = [DATE.Date, 'Thu, 01 Jan 2026 11:00:00 GMT', 'Thu, 01 Jan 2026 11:00:00 GMT']
  const { pull, sent } = masterThat((_request, index) => json(pages[index], { headers: { Date: dates[index] ?? '' } }))
  await pull(kept(await pull(kept(await pull(null)))))
  expect(sent[1]?.path).toContain('$filter=versionnumber ge 8 or modifiedon ge 2026-01-01T09:55:00Z&')
  expect(sent[2]?.path).toContain(
    '$filter=(versionnumber gt 12) and (versionnumber ge 8 or modifiedon ge 2026-01-01T09:55:00Z)&',
  )
})

test('a pass of many pages takes its time from its first page', async () => {
  const { pull, sent } = masterThat((_request, index) => {
    const more = index === 0 ? { '@odata.nextLink': NEXT } : {}
    const date = index === 0 ? DATE.Date : 'Thu, 01 Jan 2026 12:00:00 GMT'
    return json({ value: [row(A, 5 + index)], ...more }, { headers: { Date: date } })
  })
  const first = await pull(null)
  const last = await pull(kept(first))
  await pull(kept(last))
  expect(sent[2]?.path).toContain('versionnumber ge 6 or modifiedon ge 2026-01-01T09:55:00Z')
})

test('the sync filter holds on every page', async () => {
  const { pull, sent } = masterThat((_request, index) =>
    json({ value: [row(A, 5 + index)], ...(index === 0 ? { '@odata.nextLink': NEXT } : {}) }, { headers: DATE }),
  )
  const compare = (value: string): Filter => ({
    kind: 'compare',
    column: 'fullname',
    operator: 'eq',
    value: { type: 'text', value },
    position: 0,
  })
  const filter: Filter = { kind: 'or', parts: [compare('a&b'), compare('c')], position: 0 }
  const first = await pull(null, { filter })
  const last = await pull(kept(first), { filter })
  await pull(kept(last), { filter })
  const mine = "fullname eq 'a&b' or fullname eq 'c'"
  expect(sent.map((request) => /\$filter=(.*)&\$orderby/.exec(request.path)?.[1])).toEqual([
    mine,
    `(${mine}) and (versionnumber gt 5)`,
    `(${mine}) and (versionnumber ge 6 or modifiedon ge 2026-01-01T09:55:00Z)`,
  ])
})

test('an empty pass loses nothing of what was known', async () => {
  const pages = [{ value: [row(A, 8)] }, { value: [] }, { value: [] }]
  const { pull, sent } = masterThat((_request, index) => json(pages[index], { headers: DATE }))
  const third = await pull(kept(await pull(kept(await pull(null)))))
  expect(third).toMatchObject({ rows: [], more: false })
  expect(sent[2]?.path).toContain('versionnumber ge 8 or')
})

test('rows of the overlap do not turn the versions back', async () => {
  const pages = [{ value: [row(A, 8)] }, { value: [row(B, 3)] }, { value: [] }]
  const { pull, sent } = masterThat((_request, index) => json(pages[index], { headers: DATE }))
  await pull(kept(await pull(kept(await pull(null)))))
  expect(sent[2]?.path).toContain('versionnumber ge 8 or')
})

test('versions that no double holds are compared exactly', async () => {
  const body = `{"value":[{"@odata.etag":"W/\\"9007199254740993\\"","contactid":"${A}","fullname":null,"versionnumber":9007199254740993,"modifiedon":"2026-01-01T09:00:00Z"}],"@odata.nextLink":"${NEXT}"}`
  const { pull, sent } = masterThat((_request, index) =>
    index === 0 ? new Response(body, { headers: DATE }) : json({ value: [] }),
  )
  await pull(kept(await pull(null)))
  expect(sent[1]?.path).toContain('$filter=versionnumber gt 9007199254740993&')
})

test('where the clock of the master is hidden, the newest change of one page stands for it', async () => {
  const pages = [
    { value: [row(A, 5, '2026-01-01T09:00:00Z'), row(B, 8, '2026-01-01T09:30:00Z')] },
    { value: [] },
    { value: [] },
  ]
  const { pull, sent } = masterThat((_request, index) => json(pages[index]))
  await pull(kept(await pull(kept(await pull(null)))))
  expect(sent.map((request) => /modifiedon ge (\S+?)&/.exec(request.path)?.[1])).toEqual([
    undefined,
    '2026-01-01T09:25:00Z',
    '2026-01-01T09:25:00Z',
  ])
})

test('where the clock of the master is hidden, a pass of many pages asks for the newest change', async () => {
  const { pull, sent } = masterThat((request) => {
    if (request.path.includes('modifiedon desc'))
      return json({ value: [{ contactid: C, modifiedon: '2026-01-01T10:00:00Z' }] })
    if (request.path.includes('gt 5')) return json({ value: [row(B, 8)] })
    return json({ value: [row(A, 5, '2020-01-01T00:00:00Z')], '@odata.nextLink': NEXT })
  })
  await pull(kept(await pull(kept(await pull(null)))))
  expect(sent[1]?.path).toBe('contacts?$select=modifiedon&$filter=modifiedon ne null&$orderby=modifiedon desc')
  expect(sent[1]?.headers['Prefer']).toBe('odata.maxpagesize=1')
  expect(sent[3]?.path).toContain('versionnumber ge 8 or modifiedon ge 2026-01-01T09:55:00Z')
})

test('a table without times goes by versions alone', async () => {
  const bare = table('contact', [column('versionnumber', 'bigint'), column('fullname', 'text')])
  const { pull, sent } = masterThat((_request, index) =>
    json({ value: index === 0 ? [row(A, 5)] : [] }, { headers: DATE }),
  )
  await pull(kept(await pull(null, { table: bare })), { table: bare })
  expect(sent[1]?.path).toBe(
    'contacts?$select=contactid,fullname,versionnumber&$filter=versionnumber ge 5&$orderby=versionnumber asc&$count=true',
  )
})

test('a table without versions goes by time, along the links of the server', async () => {
  const bare = table('contact', [column('modifiedon', 'datetime'), column('fullname', 'text')])
  const { pull, sent } = masterThat((_request, index) =>
    json({ value: [row(A, 5)], ...(index === 0 ? { '@odata.nextLink': NEXT } : {}) }, { headers: DATE }),
  )
  const first = await pull(null, { table: bare })
  const last = await pull(kept(first), { table: bare })
  const next = await pull(kept(last), { table: bare })
  expect([first.more, last.more, next.more]).toEqual([true, false, false])
  expect(sent.map((request) => request.path)).toEqual([
    'contacts?$select=contactid,fullname,modifiedon&$orderby=modifiedon asc,contactid asc&$count=true',
    'contacts?$skiptoken=<cookie pagenumber="2" />',
    'contacts?$select=contactid,fullname,modifiedon&$filter=modifiedon ge 2026-01-01T09:55:00Z&$orderby=modifiedon asc,contactid asc&$count=true',
  ])
})

test('a table with neither is read whole every time', async () => {
  const bare = table('contact', [column('fullname', 'text')])
  const { pull, sent } = masterThat((_request, index) =>
    json({ value: [row(A, 5)], ...(index === 0 ? { '@odata.nextLink': NEXT } : {}) }, { headers: DATE }),
  )
  const last = await pull(kept(await pull(null, { table: bare })), { table: bare })
  expect(last.more).toBe(false)
  await pull(kept(last), { table: bare })
  expect(sent[2]?.path).toBe(sent[0]?.path)
})

test('says how many rows there are, and when it is only a lower bound', async () => {
  const count = (limit: boolean): object => ({
    value: [row(A, 5)],
    '@odata.count': 5000,
    '@Microsoft.Dynamics.CRM.totalrecordcount': 5000,
    '@Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded': limit,
    '@odata.nextLink': NEXT,
  })
  const capped = masterThat(() => json(count(true), { headers: DATE }))
  const first = await capped.pull(null)
  expect(first.estimate).toEqual({ rows: 5000, atLeast: true })
  const exact = masterThat(() => json(count(false), { headers: DATE }))
  expect((await exact.pull(null)).estimate).toEqual({ rows: 5000, atLeast: false })
  const later = masterThat(() => json({ value: [row(B, 9)] }, { headers: DATE }))
  expect((await later.pull(kept(first))).estimate).toBeUndefined()
})

test('names the tables of polymorphic lookups only when they are asked for', async () => {
  const { pull, sent } = masterThat(() => json({ value: [] }, { headers: DATE }))
  await pull(null, { table: account, columns: ['name', 'ownerid'] })
  expect(sent[0]?.headers['Prefer']).toContain('Microsoft.Dynamics.CRM.lookuplogicalname')
  expect(sent[0]?.path).toContain('$select=accountid,name,_ownerid_value,versionnumber,modifiedon')
})

test.each([
  'https://evil.example/api/data/v9.2/contacts?$skiptoken=x',
  'http://contoso.crm.dynamics.com/api/data/v9.2/contacts?$skiptoken=x',
  'https://contoso.crm.dynamics.com.evil.example/api/data/v9.2/contacts',
  'https://contoso.crm.dynamics.com/other?x=/api/data/v9.2/contacts',
  '/api/data/v9.2/contacts',
])('follows no link to %s', async (link) => {
  const { pull } = masterThat(() => json({ value: [row(A, 5)], '@odata.nextLink': link }, { headers: DATE }))
  await expect(pull(null)).rejects.toMatchObject({ code: 'protocol' })
})

test('takes links that name the organisation in its other way', async () => {
  const link = NEXT.replace('contoso.crm', 'contoso.api.crm')
  const { pull } = masterThat(() => json({ value: [row(A, 5)], '@odata.nextLink': link }, { headers: DATE }))
  expect((await pull(null)).more).toBe(true)
})

test('a page that does not go on is not read for ever', async () => {
  const { pull } = masterThat(() => json({ value: [row(A, 5)], '@odata.nextLink': NEXT }, { headers: DATE }))
  const first = await pull(null)
  await expect(pull(kept(first))).rejects.toMatchObject({ code: 'protocol' })
})

test.each([
  ['rows that are no list', () => json({ value: {} })],
  ['a row without its version', () => json({ value: [{ ...etagOnly(), contactid: A }] })],
  ['truncated JSON', () => new Response('{"value":[{"contact')],
])('an answer with %s is "protocol"', async (_name, answer) => {
  await expect(masterThat(answer).pull(null)).rejects.toMatchObject({ code: 'protocol' })
})

function etagOnly(): object {
  return { '@odata.etag': 'W/"1"' }
}

test('an expired checkpoint is said to be one', async () => {
  await expect(masterThat(() => refusal(400, '0x80044352')).pull(null)).rejects.toMatchObject({ code: 'expired' })
})

test('a checkpoint that counts by a column the table no longer has is expired', async () => {
  const { pull } = masterThat(() => json({ value: [row(A, 5)] }, { headers: DATE }))
  const done = kept(await pull(null))
  await expect(pull(done, { table: table('contact', [column('fullname', 'text')]) })).rejects.toMatchObject({
    code: 'expired',
  })
})

test('refuses a checkpoint of somebody else, and page sizes that no Dataverse has', async () => {
  const { pull } = masterThat(() => json({ value: [] }))
  await expect(pull('x')).rejects.toMatchObject({ code: 'invalid' })
  const master = dataverseMaster({ url: 'contoso', token: staticToken('t') })
  for (const pageSize of [0, 5001, 1.5]) {
    const request = { table: contact, columns: [], scope: { filter: null }, checkpoint: null, pageSize }
    await expect(master.pull(request, signal)).rejects.toMatchObject({ code: 'invalid' })
    expect(() => dataverseMaster({ url: 'contoso', token: staticToken('t'), pageSize })).toThrow(
      expect.objectContaining({ code: 'invalid' }),
    )
  }
})

test('a query too long for a URL goes inside a batch', async () => {
  const part = [
    '--batchresponse_1',
    'Content-Type: application/http',
    '',
    'HTTP/1.1 200 OK',
    'Content-Type: application/json',
    '',
    JSON.stringify({ value: [row(A, 5)] }),
    '--batchresponse_1--',
  ].join('\r\n')
  const { pull, sent } = masterThat(
    () => new Response(part, { headers: { ...DATE, 'Content-Type': 'multipart/mixed; boundary=batchresponse_1' } }),
  )
  const filter: Filter = {
    kind: 'text',
    function: 'contains',
    column: 'fullname',
    value: 'x'.repeat(9_000),
    position: 0,
  }
  expect((await pull(null, { filter })).rows).toHaveLength(1)
  expect(sent[0]).toMatchObject({ method: 'POST', path: '$batch' })
  expect(sent[0]?.body).toContain('GET /api/data/v9.2/contacts?$select=')
  const endless: Filter = { ...filter, value: 'x'.repeat(70_000) }
  await expect(pull(null, { filter: endless })).rejects.toMatchObject({ code: 'invalid' })
})

test('what a batch says of a long query is what the query says', async () => {
  const filter: Filter = {
    kind: 'text',
    function: 'contains',
    column: 'fullname',
    value: 'x'.repeat(9_000),
    position: 0,
  }
  await expect(masterThat(() => refusal(403, '0x80040220')).pull(null, { filter })).rejects.toMatchObject({
    code: 'forbidden',
  })
  await expect(masterThat(() => new Response('<html>')).pull(null, { filter })).rejects.toMatchObject({
    code: 'protocol',
  })
})
