import type { Change, OutgoingTransaction, PushOutcome, Row, TableMetadata } from '@outpost/core'
import { expect, test } from 'vitest'
import { dataverseMaster } from './dataverse-master.ts'
import {
  A,
  account,
  accountContact,
  B,
  C,
  contact,
  incident,
  json,
  refusal,
  scripted,
  type Sent,
  systemuser,
  territory,
} from './sample-tables.fixture.ts'
import { staticToken } from './token.ts'

const signal = new AbortController().signal

const tables: ReadonlyMap<string, TableMetadata> = new Map(
  [account, accountContact, contact, incident, systemuser, territory].map((table) => [table.name, table]),
)
const columns: ReadonlyMap<string, readonly string[]> = new Map([
  ['account', ['name', 'ownerid']],
  ['contact', ['fullname']],
  ['incident', ['title', 'customerid']],
  ['new_account_contact', ['accountid', 'contactid']],
])

let next = 0
function transaction(...changes: Change[]): OutgoingTransaction {
  return { id: `t${(next += 1)}`, changes, tables, columns }
}

const create = (id = A, values: Row = { fullname: 'N' }, table = 'contact'): Change => ({
  kind: 'create',
  table,
  id,
  values,
})
const update = (id = A, values: Row = { fullname: 'N' }, table = 'contact', before: Row = {}): Change => ({
  kind: 'update',
  table,
  id,
  values,
  before,
  patch: [],
  version: 'W/"7"',
})
const remove = (id = A, version: string | null = 'W/"7"'): Change => ({
  kind: 'delete',
  table: 'contact',
  id,
  before: {},
  version,
})
const link = (kind: 'associate' | 'disassociate'): Change => ({
  kind,
  relationship: 'new_account_contact',
  table: 'new_account_contact',
  id: `${A}:${B}`,
  first: { table: 'account', id: A },
  second: { table: 'contact', id: B },
})

async function push(
  answer: (request: Sent, index: number) => Response,
  ...transactions: OutgoingTransaction[]
): Promise<{ outcomes: readonly PushOutcome[]; sent: readonly Sent[] }> {
  const { fetch, sent } = scripted(answer)
  const master = dataverseMaster({ url: 'contoso', token: staticToken('t'), fetch })
  return { outcomes: await master.push(transactions, signal), sent }
}

async function pushOne(
  answer: Response,
  change: Change,
): Promise<{ outcome: PushOutcome | undefined; sent: Sent | undefined }> {
  const { outcomes, sent } = await push(() => answer, transaction(change))
  return { outcome: outcomes[0], sent: sent[0] }
}

const done = (): Response => new Response(null, { status: 204 })
const made = (id: string, version: number): object => ({
  '@odata.etag': `W/"${version}"`,
  contactid: id,
  fullname: 'Made',
  versionnumber: version,
})

interface Part {
  readonly status: number
  readonly body?: object
  readonly contentId?: number
  /** The parts of a change set. */
  readonly set?: readonly Part[]
}

function batchAnswer(parts: readonly Part[], status = 200): Response {
  const text = `${parts.map((part) => `--batchresponse_x\r\n${partText(part)}\r\n`).join('')}--batchresponse_x--\r\n`
  return new Response(text, { status, headers: { 'Content-Type': 'multipart/mixed; boundary=batchresponse_x' } })
}

function partText({ status, body, contentId, set }: Part): string {
  if (set) {
    const inner = set.map((part) => `--changesetresponse_y\r\n${partText(part)}\r\n`).join('')
    return `Content-Type: multipart/mixed; boundary=changesetresponse_y\r\n\r\n${inner}--changesetresponse_y--\r\n`
  }
  const id = contentId === undefined ? '' : `Content-ID: ${contentId}\r\n`
  const text = body === undefined ? '' : `Content-Type: application/json\r\n\r\n${JSON.stringify(body)}`
  return `Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n${id}\r\nHTTP/1.1 ${status} X\r\n${text}\r\n`
}

const error = (code: string, message = 'Words.'): object => ({ error: { code, message } })

test('a create is an upsert that must not find the row, and shows what the master made of it', async () => {
  const { outcome, sent } = await pushOne(json(made(A, 9), { status: 201 }), create())
  expect(sent).toMatchObject({
    method: 'PATCH',
    path: `contacts(${A})?$select=contactid,fullname,versionnumber`,
    body: '{"fullname":"N"}',
  })
  expect(sent?.headers).toMatchObject({
    'If-None-Match': '*',
    Prefer: 'return=representation',
    'Content-Type': 'application/json; charset=utf-8',
  })
  expect(sent?.headers).not.toHaveProperty('If-Match')
  expect(outcome).toEqual({
    kind: 'processed',
    rows: [{ table: 'contact', id: A, version: 'W/"9"', values: { fullname: 'Made' } }],
  })
})

test('an update names the version it was made on', async () => {
  const { outcome, sent } = await pushOne(json(made(A, 9)), update())
  expect(sent?.headers).toMatchObject({ 'If-Match': 'W/"7"', Prefer: 'return=representation' })
  expect(outcome?.kind).toBe('processed')
})

test.each([
  ['whose version is not known', contact, null],
  ['of a table without versions', { ...contact, versioned: false }, 'W/"7"'],
  ['whose version is no etag', contact, 'content:{}'],
])('an update of a row %s still cannot create it anew', async (_name, table, version) => {
  const change: Change = {
    kind: 'update',
    table: 'contact',
    id: A,
    values: { fullname: 'N' },
    before: {},
    patch: [],
    version,
  }
  const { sent } = await push(() => json(made(A, 9)), { ...transaction(change), tables: new Map([['contact', table]]) })
  expect(sent[0]?.headers['If-Match']).toBe('*')
})

test('a delete names the version, and has nothing to show', async () => {
  const { outcome, sent } = await pushOne(done(), remove())
  expect(sent).toMatchObject({ method: 'DELETE', path: `contacts(${A})`, body: '' })
  expect(sent?.headers['If-Match']).toBe('W/"7"')
  expect(outcome).toEqual({ kind: 'processed', rows: [] })
  expect((await pushOne(done(), remove(A, null))).sent?.headers['If-Match']).toBe('*')
})

test('links are made and removed by the navigation property of the first side', async () => {
  const made = await pushOne(done(), link('associate'))
  expect(made.sent).toMatchObject({
    method: 'POST',
    path: `accounts(${A})/new_contacts/$ref`,
    body: `{"@odata.id":"https://contoso.crm.dynamics.com/api/data/v9.2/contacts(${B})"}`,
  })
  expect(made.outcome).toEqual({ kind: 'processed', rows: [] })
  const removed = await pushOne(done(), link('disassociate'))
  expect(removed.sent).toMatchObject({ method: 'DELETE', path: `accounts(${A})/new_contacts(${B})/$ref`, body: '' })
})

test('lookups are bound by their navigation properties, exact case included', async () => {
  const values = {
    name: null,
    primarycontactid: B,
    ownerid: C,
    ownerid$table: 'systemuser',
    new_region: A,
    accountid: A,
    revenue: '922337203685477.5807',
  }
  const { sent } = await pushOne(done(), update(A, values, 'account'))
  expect(sent?.body).toBe(
    `{"name":null,"primarycontactid@odata.bind":"/contacts(${B})","ownerid@odata.bind":"/systemusers(${C})","new_Region@odata.bind":"/territories(${A})","revenue":922337203685477.5807}`,
  )
  expect(sent?.headers['Prefer']).toContain('lookuplogicalname')
})

test('a polymorphic lookup is bound by the property of its target, and emptied by that of its last one', async () => {
  const bound = await pushOne(done(), create(A, { customerid: B, customerid$table: 'contact' }, 'incident'))
  expect(bound.sent?.body).toBe(`{"customerid_contact@odata.bind":"/contacts(${B})"}`)
  const emptied = await pushOne(
    done(),
    update(A, { customerid: null, customerid$table: null }, 'incident', { customerid: B, customerid$table: 'account' }),
  )
  expect(emptied.sent?.body).toBe('{"customerid_account@odata.bind":null}')
  const single = await pushOne(done(), update(A, { primarycontactid: null }, 'account'))
  expect(single.sent?.body).toBe('{"primarycontactid@odata.bind":null}')
})

test.each<[string, Change, string | undefined]>([
  ['an unknown column', create(A, { nosuchcolumn: 1 }), 'nosuchcolumn'],
  ['a lookup that does not say where it points', create(A, { customerid: B }, 'incident'), 'customerid'],
  [
    'a lookup to a table it cannot point to',
    create(A, { customerid: B, customerid$table: 'systemuser' }, 'incident'),
    'customerid',
  ],
  ['a number that is none', update(A, { revenue: 'a lot' }, 'account'), 'revenue'],
  ['an infinite number', update(A, { revenue: Number.POSITIVE_INFINITY }, 'account'), 'revenue'],
  ['an unknown table', create(A, {}, 'nosuchtable'), undefined],
  ['an unknown relationship', { ...link('associate'), relationship: 'nosuch' } as Change, undefined],
])('%s is refused without asking, and does not hold up the others', async (_name, change, column) => {
  const { outcomes, sent } = await push(() => json(made(B, 9)), transaction(change), transaction(create(B)))
  expect(outcomes[0]).toMatchObject({ kind: 'rejected', rejection: { rejection: 'invalid', change: 0 } })
  expect(outcomes[0]?.kind === 'rejected' && outcomes[0].rejection.column).toBe(column)
  expect(outcomes[1]?.kind).toBe('processed')
  expect(sent).toHaveLength(1)
})

test.each<[string, Change, Response, object]>([
  ['412 0x80060882 on an update', update(), refusal(412, '0x80060882'), { kind: 'stale' }],
  ['412 0x80060882 on a delete', remove(), refusal(412, '0x80060882'), { kind: 'stale' }],
  ['412 without a code on an update', update(), refusal(412, ''), { kind: 'stale' }],
  ['412 in decimal on an update', update(), refusal(412, '-2147088254'), { kind: 'stale' }],
  ['412 0x80040237 on a create', create(), refusal(412, '0x80040237'), { kind: 'exists' }],
  ['412 without a code on a create', create(), refusal(412, ''), { kind: 'exists' }],
  [
    '412 0x80060892 on a create',
    create(),
    refusal(412, '0x80060892'),
    { kind: 'rejected', rejection: { rejection: 'key-clash' } },
  ],
  [
    '412 0x80060892 on an update',
    update(),
    refusal(412, '0x80060892'),
    { kind: 'rejected', rejection: { rejection: 'key-clash' } },
  ],
  [
    '412 0x80040333 on a create',
    create(),
    refusal(412, '0x80040333'),
    { kind: 'rejected', rejection: { rejection: 'duplicate' } },
  ],
  [
    '400 0x80040237 on an update',
    update(),
    refusal(400, '0x80040237'),
    { kind: 'rejected', rejection: { rejection: 'key-clash' } },
  ],
  ['0x80040237 on an associate', link('associate'), refusal(412, '0x80040237'), { kind: 'processed', rows: [] }],
  ['404 on a delete', remove(), refusal(404, '0x80040217'), { kind: 'processed', rows: [] }],
  ['404 on a disassociate', link('disassociate'), refusal(404, '0x80040217'), { kind: 'processed', rows: [] }],
  [
    '404 on an associate',
    link('associate'),
    refusal(404, '0x80040217'),
    { kind: 'rejected', rejection: { rejection: 'gone' } },
  ],
  [
    '404 on an update',
    update(),
    refusal(404, '0x80040217'),
    { kind: 'rejected', rejection: { rejection: 'gone', code: 'not-found' } },
  ],
  [
    '403',
    update(),
    refusal(403, '0x80040220'),
    { kind: 'rejected', rejection: { rejection: 'permission', code: 'forbidden' } },
  ],
  [
    'a business rule',
    update(),
    refusal(400, '0x80040265', 'Not on Sundays.'),
    { kind: 'rejected', rejection: { rejection: 'business', message: 'Not on Sundays.' } },
  ],
  ['405', remove(), refusal(405, '0x80040227'), { kind: 'rejected', rejection: { rejection: 'state' } }],
  ['413', update(), new Response('<html>', { status: 413 }), { kind: 'rejected', rejection: { rejection: 'size' } }],
  [
    'an unlisted refusal',
    update(),
    refusal(400, '0x80041234'),
    { kind: 'rejected', rejection: { rejection: 'unknown' } },
  ],
  [
    'a deadlock',
    update(),
    refusal(400, '0x80040255'),
    { kind: 'retry', mayHaveArrived: true, error: { code: 'unavailable' } },
  ],
  [
    '500 without a known code',
    update(),
    refusal(500, ''),
    { kind: 'retry', mayHaveArrived: true, error: { code: 'unavailable' } },
  ],
])('%s', async (_name, change, answer, outcome) => {
  expect((await pushOne(answer, change)).outcome).toMatchObject(outcome)
})

test('a verdict says where, why and what to do', async () => {
  const message =
    "The length of the 'fullname' attribute of the 'contact' entity exceeded the maximum allowed length of '160'."
  const answer = json({ error: { code: '-2147204303', message } }, { status: 400, headers: { REQ_ID: 'r-1' } })
  expect((await pushOne(answer, create())).outcome).toEqual({
    kind: 'rejected',
    rejection: {
      code: 'rejected',
      rejection: 'invalid',
      message,
      remedy: expect.stringMatching(/resubmit/),
      status: 400,
      masterCode: '0x80044331',
      requestId: 'r-1',
      change: 0,
      column: 'fullname',
    },
  })
})

test.each([
  ['401', () => new Response('', { status: 401 }), 'unauthenticated'],
  ['429', () => refusal(429, '0x80072322'), 'throttled'],
  ['502', () => new Response('<html>', { status: 502 }), 'unavailable'],
  ['503', () => new Response('', { status: 503 }), 'unavailable'],
  ['a captive portal', () => new Response('<html>Sign in', { status: 200 }), 'protocol'],
  ['a proxy that says 403', () => new Response('<html>Blocked', { status: 403 }), 'protocol'],
  ['a proxy that says 404', () => new Response('<html>', { status: 404 }), 'protocol'],
  ['truncated JSON', () => new Response('{"contactid":"aaa', { status: 200 }), 'protocol'],
])('%s is no verdict on anything', async (_name, answer, code) => {
  await expect(push(answer, transaction(update()))).rejects.toMatchObject({ code })
  await expect(push(answer, transaction(update()), transaction(create(B)))).rejects.toMatchObject({ code })
  await expect(push(answer, transaction(update(), create(B)))).rejects.toMatchObject({ code })
})

test('a row that is not the one that was written is no proof', async () => {
  await expect(pushOne(json(made(B, 9)), update())).rejects.toMatchObject({ code: 'protocol' })
})

test('several transactions go in one batch, one of several changes as a change set', async () => {
  const { outcomes, sent } = await push(
    () =>
      batchAnswer([
        { status: 201, body: made(A, 9) },
        {
          status: 200,
          set: [
            { status: 201, body: made(B, 10), contentId: 1 },
            { status: 204, contentId: 2 },
          ],
        },
        { status: 412, body: error('0x80060882') },
      ]),
    transaction(create(A)),
    transaction(create(B), remove(C)),
    transaction(update(C)),
  )
  expect(sent).toHaveLength(1)
  expect(sent[0]).toMatchObject({ method: 'POST', path: '$batch' })
  expect(sent[0]?.headers).toMatchObject({ Prefer: 'odata.continue-on-error' })
  expect(sent[0]?.headers['Content-Type']).toMatch(/^multipart\/mixed; boundary=/)
  const requests = [...(sent[0]?.body.matchAll(/^(PATCH|DELETE) \/api\/data\/v9\.2\/(contacts\([^)]*\))/gm) ?? [])]
  expect(requests.map(([, method, path]) => `${method} ${path}`)).toEqual([
    `PATCH contacts(${A})`,
    `PATCH contacts(${B})`,
    `DELETE contacts(${C})`,
    `PATCH contacts(${C})`,
  ])
  expect(outcomes).toEqual([
    { kind: 'processed', rows: [{ table: 'contact', id: A, version: 'W/"9"', values: { fullname: 'Made' } }] },
    { kind: 'processed', rows: [{ table: 'contact', id: B, version: 'W/"10"', values: { fullname: 'Made' } }] },
    { kind: 'stale' },
  ])
})

test('a refused change set is refused as a whole, and says which change', async () => {
  const refusals: Part[] = [
    { status: 403, body: error('0x80040220'), contentId: 2 },
    { status: 200, set: [{ status: 403, body: error('0x80040220'), contentId: 2 }] },
  ]
  for (const part of refusals) {
    const { outcomes } = await push(() => batchAnswer([part]), transaction(create(A), update(B)))
    expect(outcomes).toMatchObject([{ kind: 'rejected', rejection: { rejection: 'permission', change: 1 } }])
  }
})

test.each<[string, Part, readonly Change[], object]>([
  [
    'our create of a set that was there',
    { status: 412, body: error('0x80040237'), contentId: 1 },
    [create(A), update(B)],
    { kind: 'exists' },
  ],
  [
    'a create without a code and a place',
    { status: 412, body: error('') },
    [create(A), remove(B, null)],
    { kind: 'exists' },
  ],
  [
    'a 412 without code and place that may be a newer row',
    { status: 412, body: error('') },
    [create(A), update(B)],
    { kind: 'stale' },
  ],
  [
    'a duplicate that may be a link',
    { status: 412, body: error('0x80040237') },
    [create(A), link('associate')],
    { kind: 'retry', mayHaveArrived: true },
  ],
  [
    'a missing row among deletions',
    { status: 404, body: error('0x80040217') },
    [remove(A), remove(B)],
    { kind: 'retry', mayHaveArrived: true },
  ],
  [
    'a missing row among others',
    { status: 404, body: error('0x80040217') },
    [remove(A), update(B)],
    { kind: 'rejected', rejection: { rejection: 'gone' } },
  ],
  [
    'a missing row to be updated',
    { status: 404, body: error('0x80040217'), contentId: 2 },
    [remove(A), update(B)],
    { kind: 'rejected', rejection: { rejection: 'gone', change: 1 } },
  ],
  [
    'a set of which a part was answered',
    { status: 200, set: [{ status: 204, contentId: 1 }] },
    [remove(A), update(B)],
    { kind: 'retry', mayHaveArrived: true },
  ],
  [
    'a passing failure',
    { status: 503, body: error('') },
    [create(A), update(B)],
    { kind: 'retry', mayHaveArrived: true },
  ],
])('of a change set: %s', async (_name, part, changes, outcome) => {
  const { outcomes } = await push(() => batchAnswer([part]), transaction(...changes))
  expect(outcomes).toMatchObject([outcome])
})

test('a change that has its effect already does not keep the rest of its set from being made', async () => {
  const { outcomes, sent } = await push(
    (_request, index) => {
      if (index === 0) return batchAnswer([{ status: 404, body: error('0x80040217'), contentId: 1 }])
      if (index === 1) return batchAnswer([{ status: 412, body: error('0x80040237'), contentId: 2 }])
      return json(made(C, 11))
    },
    transaction(remove(A), update(C), link('associate')),
  )
  expect(outcomes).toEqual([
    { kind: 'processed', rows: [{ table: 'contact', id: C, version: 'W/"11"', values: { fullname: 'Made' } }] },
  ])
  expect(sent.map(({ method, path }) => `${method} ${path.slice(0, 9)}`)).toEqual([
    'POST $batch',
    'POST $batch',
    'PATCH contacts(',
  ])
})

test('what has no answer in a batch is not known to have happened or not', async () => {
  const whole = await batchAnswer([
    { status: 201, body: made(A, 9) },
    { status: 201, body: made(B, 10) },
  ]).text()
  const cut = whole.slice(0, whole.indexOf('W/\\"10'))
  const { outcomes } = await push(
    () => new Response(cut, { headers: { 'Content-Type': 'multipart/mixed; boundary=batchresponse_x' } }),
    transaction(create(A)),
    transaction(create(B)),
  )
  expect(outcomes[0]?.kind).toBe('processed')
  expect(outcomes[1]).toMatchObject({ kind: 'retry', mayHaveArrived: true })
})

test.each([
  [429, 'throttled'],
  [401, 'unauthenticated'],
])('a part that answers %i concerns all, some of which may have been done', async (status, code) => {
  const answer = (): Response =>
    batchAnswer([
      { status: 201, body: made(A, 9) },
      { status, body: error('') },
    ])
  await expect(push(answer, transaction(create(A)), transaction(create(B)))).rejects.toMatchObject({
    code,
    mayHaveArrived: true,
  })
})

test('a batch that is answered with an error status is judged by its parts', async () => {
  const answer = (): Response =>
    batchAnswer(
      [
        { status: 201, body: made(A, 9) },
        { status: 403, body: error('0x80040220') },
      ],
      400,
    )
  const { outcomes } = await push(answer, transaction(create(A)), transaction(create(B)), transaction(create(C)))
  expect(outcomes.map((outcome) => outcome.kind)).toEqual(['processed', 'rejected', 'retry'])
})

test('a refusal of the whole batch is no verdict: each transaction is then asked for alone', async () => {
  const { outcomes, sent } = await push(
    ({ path }) => {
      if (path === '$batch') return refusal(400, '0x80048d19')
      return path.includes(A) ? refusal(400, '0x80048d19') : json(made(B, 10))
    },
    transaction(create(A)),
    transaction(create(B)),
  )
  expect(outcomes).toMatchObject([{ kind: 'rejected', rejection: { rejection: 'invalid' } }, { kind: 'processed' }])
  expect(sent).toHaveLength(3)
})

test('a refusal of a batch with one change set is a verdict on it', async () => {
  const { outcomes } = await push(() => refusal(400, '0x80048d19'), transaction(create(A), update(B)))
  expect(outcomes).toMatchObject([{ kind: 'rejected', rejection: { rejection: 'invalid' } }])
  expect(outcomes[0]).not.toHaveProperty(['rejection', 'change'])
})

test('sends no more in one batch than the master takes, and keeps what was answered before a failure', async () => {
  const many = Array.from({ length: 600 }, (_, index) =>
    remove(`00000000-0000-4000-8000-${String(index).padStart(12, '0')}`),
  )
  const all204: Part = { status: 200, set: many.map((_, index) => ({ status: 204, contentId: index + 1 })) }
  const { outcomes, sent } = await push(
    (_request, index) => (index === 0 ? batchAnswer([all204]) : new Response('', { status: 503 })),
    transaction(...many),
    transaction(...many),
    transaction(...many),
  )
  expect(sent).toHaveLength(2)
  expect(outcomes).toMatchObject([
    { kind: 'processed' },
    { kind: 'retry', mayHaveArrived: true },
    { kind: 'retry', mayHaveArrived: false },
  ])
  const tooMany = await push(done, transaction(...many, ...many))
  expect(tooMany.sent).toEqual([])
  expect(tooMany.outcomes).toMatchObject([{ kind: 'rejected', rejection: { rejection: 'size' } }])
})

test('nothing to send is nothing sent', async () => {
  expect(await push(done)).toEqual({ outcomes: [], sent: [] })
})
