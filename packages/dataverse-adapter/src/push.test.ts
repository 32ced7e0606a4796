import type { Change } from '@outpost/core'
import { expect, test } from 'vitest'
import { create, done, link, made, push, pushOne, remove, transaction, update } from './sample-changes.test-support.ts'
import { A, B, C, json, refusal } from './sample-tables.test-support.ts'

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

test.each<[string, Change, Response, object]>([
  ['412 0x80060882 on an update', update(), refusal(412, '0x80060882'), { kind: 'stale', named: true }],
  ['412 0x80060882 on a delete', remove(), refusal(412, '0x80060882'), { kind: 'stale', named: true }],
  ['412 without a code on an update', update(), refusal(412, ''), { kind: 'stale' }],
  ['412 in decimal on an update', update(), refusal(412, '-2147088254'), { kind: 'stale', named: true }],
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
  ['412 without a code on an associate', link('associate'), refusal(412, ''), { kind: 'processed', rows: [] }],
  [
    '409 without a code on an associate',
    link('associate'),
    refusal(409, ''),
    { kind: 'rejected', rejection: { rejection: 'unknown' } },
  ],
  [
    '412 without a code on a disassociate',
    link('disassociate'),
    refusal(412, ''),
    { kind: 'rejected', rejection: { rejection: 'unknown' } },
  ],
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
    'a deletion whose parent is said to be missing',
    remove(),
    refusal(400, '0x80040502'),
    { kind: 'rejected', rejection: { rejection: 'invalid', fix: 'user' } },
  ],
  [
    'a plug-in that took too long',
    update(),
    refusal(500, '0x80044172'),
    { kind: 'rejected', rejection: { rejection: 'business', fix: 'developer' } },
  ],
  [
    'a closed row',
    update(),
    refusal(400, '0x80040230'),
    { kind: 'rejected', rejection: { rejection: 'state', fix: 'user' } },
  ],
  [
    'an organisation in administration mode',
    update(),
    refusal(403, '0x8004a113'),
    { kind: 'retry', mayHaveArrived: true, error: { code: 'unavailable', fix: 'administrator' } },
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
    masterRequestId: 'r-1',
    rejection: {
      code: 'rejected',
      rejection: 'invalid',
      message,
      cause: expect.stringMatching(/longer/),
      fix: 'user',
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
    { kind: 'stale', named: true },
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
    'a 409 without code and place',
    { status: 409, body: error('') },
    [remove(A, null), link('associate')],
    { kind: 'rejected', rejection: { rejection: 'unknown' } },
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

test('a verdict on the rest of a set names the change by its place in the transaction', async () => {
  const { outcomes } = await push(
    (_request, index) =>
      batchAnswer([
        index === 0
          ? { status: 404, body: error('0x80040217'), contentId: 1 }
          : { status: 403, body: error('0x80040220'), contentId: 2 },
      ]),
    transaction(remove(A), create(B), update(C)),
  )
  expect(outcomes).toMatchObject([{ kind: 'rejected', rejection: { rejection: 'permission', change: 2 } }])
})

test('what was answered stays answered when asking one by one is cut short', async () => {
  const { outcomes, sent } = await push(
    ({ path }) => {
      if (path === '$batch') return refusal(400, '0x80048d19')
      return path.includes(A) ? json(made(A, 9)) : refusal(429, '0x80072322')
    },
    transaction(create(A)),
    transaction(create(B)),
    transaction(create(C)),
  )
  expect(outcomes).toMatchObject([
    { kind: 'processed' },
    { kind: 'retry', mayHaveArrived: false, error: { code: 'throttled' } },
    { kind: 'retry', mayHaveArrived: false },
  ])
  expect(sent).toHaveLength(3)
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

test('a batch that is too large is sent half and half until each part is taken', async () => {
  const ids = [A, B, C, 'dddddddd-0000-4000-8000-000000000004']
  const { outcomes, sent } = await push(
    ({ path, body }) => {
      if (path !== '$batch') return json(made(A, 10))
      const there = ids.filter((id) => body.includes(id))
      if (there.length > 2) return new Response('<html>', { status: 413 })
      return batchAnswer(there.map((id) => ({ status: 201, body: made(id, 10) })))
    },
    ...ids.map((id) => transaction(create(id))),
  )
  expect(outcomes.map((outcome) => outcome.kind)).toEqual(['processed', 'processed', 'processed', 'processed'])
  expect(sent.map(({ body }) => ids.filter((id) => body.includes(id)).length)).toEqual([4, 2, 2])
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

/** Two rows of which the first points to the second, which is created after it. */
const circle = (): Change[] => [
  {
    kind: 'create',
    table: 'account',
    id: A,
    values: { name: 'N', primarycontactid: B },
    deferred: ['primarycontactid'],
  },
  create(B),
]
const madeAccount = { '@odata.etag': 'W/"12"', accountid: A, name: 'N', versionnumber: 12 }
const owned = { _ownerid_value: C, '_ownerid_value@Microsoft.Dynamics.CRM.lookuplogicalname': 'systemuser' }

test('a lookup that is put off is set behind the last create of its change set, and that answer shows the row', async () => {
  const { outcomes, sent } = await push(
    () =>
      batchAnswer([
        {
          status: 200,
          set: [
            { status: 204, contentId: 1 },
            { status: 201, body: made(B, 10), contentId: 2 },
            { status: 200, body: { ...madeAccount, ...owned }, contentId: 3 },
            { status: 204, contentId: 4 },
          ],
        },
      ]),
    transaction(...circle(), remove(C)),
  )
  const parts = (sent[0]?.body ?? '').split('HTTP/1.1').map((part) => part.replaceAll('\r\n', ' '))
  const heads = [...(sent[0]?.body.matchAll(/^(PATCH|DELETE) \/api\/data\/v9\.2\/([^?\s]*)/gm) ?? [])]
  expect(heads.map(([, method, path]) => `${method} ${path}`)).toEqual([
    `PATCH accounts(${A})`,
    `PATCH contacts(${B})`,
    `PATCH accounts(${A})`,
    `DELETE contacts(${C})`,
  ])
  expect(parts[1]).toMatch(/If-None-Match: \*.*\{"name":"N"\}/)
  expect(parts[1]).not.toMatch(/Prefer/)
  expect(parts[3]).toMatch(/If-Match: \*.*Prefer: return=representation/)
  expect(parts[3]).toContain(`{"primarycontactid@odata.bind":"/contacts(${B})"}`)
  expect(outcomes).toMatchObject([
    {
      kind: 'processed',
      rows: [
        { table: 'contact', id: B, version: 'W/"10"' },
        { table: 'account', id: A, version: 'W/"12"', values: { name: 'N', ownerid: C } },
      ],
    },
  ])
})

test('one row that points to itself is a change set of two', async () => {
  const values = { name: 'N', primarycontactid: A }
  const change: Change = { kind: 'create', table: 'account', id: A, values, deferred: ['primarycontactid'] }
  const { outcomes, sent } = await push(
    () =>
      batchAnswer([
        {
          status: 200,
          set: [
            { status: 204, contentId: 1 },
            { status: 200, body: { ...madeAccount, ...owned }, contentId: 2 },
          ],
        },
      ]),
    transaction(change),
  )
  expect(sent.map(({ path }) => path)).toEqual(['$batch'])
  expect(outcomes).toMatchObject([{ kind: 'processed', rows: [{ table: 'account', id: A, version: 'W/"12"' }] }])
})

test.each<[string, Part, object]>([
  ['the create is there', { status: 412, body: error('0x80040237'), contentId: 1 }, { kind: 'exists' }],
  [
    'the update meets a unique value of another row',
    { status: 412, body: error('0x80040237'), contentId: 3 },
    { kind: 'rejected', rejection: { rejection: 'key-clash', change: 0 } },
  ],
  [
    'the update is refused',
    { status: 403, body: error('0x80040220'), contentId: 3 },
    { kind: 'rejected', rejection: { rejection: 'permission', change: 0 } },
  ],
  [
    'a change behind it is refused',
    { status: 403, body: error('0x80040220'), contentId: 4 },
    { kind: 'rejected', rejection: { rejection: 'permission', change: 2 } },
  ],
])('a refusal in a circle names the change: %s', async (_name, part, outcome) => {
  const { outcomes } = await push(() => batchAnswer([part]), transaction(...circle(), remove(C)))
  expect(outcomes).toMatchObject([outcome])
})

test('a circle is sent again whole, but for what has its effect already', async () => {
  const { outcomes, sent } = await push(
    (_request, index) =>
      batchAnswer([
        index === 0
          ? { status: 404, body: error('0x80040217'), contentId: 4 }
          : { status: 403, body: error('0x80040220'), contentId: 3 },
      ]),
    transaction(...circle(), remove(C), update(B)),
  )
  const counts = sent.map(({ body }) => body.match(/^PATCH|^DELETE/gm)?.length)
  expect(counts).toEqual([5, 4])
  expect(outcomes).toMatchObject([{ kind: 'rejected', rejection: { change: 0 } }])
})

test('a row that is given away is not asked for when its writer may not read it then', async () => {
  const given = update(A, { ownerid: C, ownerid$table: 'systemuser' }, 'account')
  const plain = await push((_request, index) => (index === 0 ? refusal(403, '0x80048306') : done()), transaction(given))
  expect(plain.outcomes).toEqual([{ kind: 'processed', rows: [] }])
  expect(plain.sent.map(({ path }) => path)).toEqual([expect.stringContaining('$select'), `accounts(${A})`])
  expect(plain.sent[1]?.headers).toMatchObject({ 'If-Match': 'W/"7"' })
  expect(plain.sent[1]?.headers).not.toHaveProperty('Prefer')

  const group = await push(
    (_request, index) =>
      batchAnswer([
        index === 0
          ? { status: 403, body: error('0x80048306'), contentId: 2 }
          : {
              status: 200,
              set: [
                { status: 200, body: made(B, 10), contentId: 1 },
                { status: 204, contentId: 2 },
              ],
            },
      ]),
    transaction(update(B), given),
  )
  expect(group.outcomes).toMatchObject([{ kind: 'processed', rows: [{ table: 'contact', id: B }] }])
  expect(group.sent.map(({ body }) => body.match(/return=representation/g)?.length)).toEqual([2, 1])
})

test('a missing privilege is still a verdict on a row that is given away', async () => {
  const { outcomes, sent } = await push(
    () => refusal(403, '0x80040220'),
    transaction(update(A, { ownerid: C, ownerid$table: 'systemuser' }, 'account')),
  )
  expect(outcomes).toMatchObject([{ kind: 'rejected', rejection: { rejection: 'permission', change: 0 } }])
  expect(sent).toHaveLength(2)
})
