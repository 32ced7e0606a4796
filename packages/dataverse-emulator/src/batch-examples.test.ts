// The examples of the documentation of batch operations: what it sends, and what it says is answered.
import { expect, test } from 'vitest'
import { bench, made } from './ask.test-support.ts'
import type { Answer, Ask } from './ask.test-support.ts'

const ACCOUNT = '00000000-0000-0000-0000-000000000001'
const GUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'

const HEADERS = {
  'OData-MaxVersion': '4.0',
  'OData-Version': '4.0',
  'If-None-Match': 'null',
  Accept: 'application/json',
  'Content-Type': 'multipart/mixed; boundary="batch_80dd1615-2a10-428a-bb6f-0e559792721f"',
}

const taskPart = (subject: string, boundary: string, contentId?: number): string => `--${boundary}
Content-Type: application/http
Content-Transfer-Encoding: binary
${contentId === undefined ? '' : `Content-ID: ${contentId}\n`}
POST /api/data/v9.2/tasks HTTP/1.1
Content-Type: application/json; type=entry

{
  "subject": "${subject}",
  "regardingobjectid_account_task@odata.bind": "accounts(${ACCOUNT})"
}
`

const BATCH = 'batch_80dd1615-2a10-428a-bb6f-0e559792721f'
const CHANGES = 'changeset_246e6bfe-89a4-4c77-b293-7a433f082e8a'

const readPart = `--${BATCH}
Content-Type: application/http
Content-Transfer-Encoding: binary

GET /api/data/v9.2/accounts(${ACCOUNT})/Account_Tasks?$select=subject HTTP/1.1


`

function changeSet(...parts: readonly string[]): string {
  const bodies = parts.map(
    (part, at) =>
      `--${CHANGES}
Content-Type: application/http
Content-Transfer-Encoding: binary
Content-ID: ${at + 1}

${part}
`,
  )
  return `--${BATCH}
Content-Type: multipart/mixed; boundary="${CHANGES}"

${bodies.join('')}--${CHANGES}--

`
}

function send(
  ask: Ask,
  body: string,
  lineEnd: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return ask('POST', '$batch', {
    headers: { ...HEADERS, ...headers },
    body: `${body}--${BATCH}--\n\n`.replaceAll('\n', lineEnd),
  })
}

/** The answer with its boundaries and ids made alike. */
function shapeOf({ text }: Answer, root: string): string {
  return text
    .replaceAll(root, '[Organization Uri]')
    .replaceAll(new RegExp(`response_${GUID}`, 'g'), 'response_*')
    .replaceAll(new RegExp(`(tasks|accounts|contacts|leads)\\(${GUID}\\)`, 'g'), '$1(*)')
    .replaceAll('\r\n', '\n')
}

const created = (set: string, contentId?: number): string => `Content-Type: application/http
Content-Transfer-Encoding: binary
${contentId === undefined ? '' : `Content-ID: ${contentId}\n`}
HTTP/1.1 204 No Content
OData-Version: 4.0
Location: [Organization Uri]/api/data/v9.2/${set}(*)
OData-EntityId: [Organization Uri]/api/data/v9.2/${set}(*)


`

const noContent = (contentId: number): string => `Content-Type: application/http
Content-Transfer-Encoding: binary
Content-ID: ${contentId}

HTTP/1.1 204 No Content
OData-Version: 4.0


`

function changeSetAnswer(...parts: readonly string[]): string {
  return `--batchresponse_*
Content-Type: multipart/mixed; boundary=changesetresponse_*

${parts.map((part) => `--changesetresponse_*\n${part}`).join('')}--changesetresponse_*--
`
}

for (const [name, lineEnd] of [
  ['CRLF', '\r\n'],
  ['LF', '\n'],
] as const) {
  test(`three tasks and the query for them, with ${name}`, async () => {
    const { ask, emulator } = bench()
    await made(ask, 'accounts', { accountid: ACCOUNT, name: 'a' })
    const subjects = [1, 2, 3].map((number) => `Task ${number} in batch`)
    const body = `${subjects.map((subject) => taskPart(subject, BATCH)).join('')}${readPart}`
    const answer = await send(ask, body, lineEnd)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('OData-Version')).toBe('4.0')
    const shape = shapeOf(answer, emulator.root.slice(0, -1))
    const [head, json] = [shape.slice(0, shape.indexOf('{')), shape.slice(shape.indexOf('{'))]
    const part = `--batchresponse_*\n${created('tasks')}`
    expect(head).toBe(`${part}${part}${part}--batchresponse_*
Content-Type: application/http
Content-Transfer-Encoding: binary

HTTP/1.1 200 OK
Content-Type: application/json; odata.metadata=minimal; odata.streaming=true
OData-Version: 4.0

`)
    const read = JSON.parse(json.slice(0, json.indexOf('\n'))) as {
      readonly value: readonly Readonly<Record<string, string>>[]
    }
    expect(read).toMatchObject({ '@odata.context': '[Organization Uri]/api/data/v9.2/$metadata#tasks(subject)' })
    expect(read.value.map(({ subject }) => subject).toSorted()).toEqual(subjects)
    expect(Object.keys(read.value[0] ?? {})).toEqual(['@odata.etag', 'subject', 'activityid'])
    expect(answer.text.endsWith('--\r\n')).toBe(true)
  })

  test(`the same in a change set, with ${name}`, async () => {
    const { ask, emulator } = bench()
    await made(ask, 'accounts', { accountid: ACCOUNT, name: 'a' })
    const parts = [1, 2, 3].map((number) => taskPart(`Task ${number} in batch`, CHANGES, number)).join('')
    const body = `--${BATCH}\nContent-Type: multipart/mixed; boundary="${CHANGES}"\n\n${parts}--${CHANGES}--\n\n${readPart}`
    const answer = await send(ask, body, lineEnd)
    expect(answer.status).toBe(200)
    const shape = shapeOf(answer, emulator.root.slice(0, -1))
    const set = changeSetAnswer(created('tasks', 1), created('tasks', 2), created('tasks', 3))
    expect(shape.slice(0, set.length)).toBe(set)
    expect(shape.slice(set.length)).toContain('HTTP/1.1 200 OK')
  })
}

const post = (set: string, body: string): string => `POST [Organization URI]/api/data/v9.2/${set} HTTP/1.1
Content-Type: application/json

${body}
`

function sendChanges(ask: Ask, root: string, ...parts: readonly string[]): Promise<Answer> {
  return send(ask, changeSet(...parts).replaceAll('[Organization URI]', root.slice(0, -1)), '\r\n')
}

test('references to rows in a body', async () => {
  const { ask, emulator } = bench()
  const answer = await sendChanges(
    ask,
    emulator.root,
    post('contacts', '{"firstname":"first name"}'),
    post('accounts', '{"name":"IcM Account","primarycontactid@odata.bind":"$1"}'),
  )
  expect(answer.status).toBe(200)
  const set = changeSetAnswer(created('contacts', 1), created('accounts', 2))
  expect(shapeOf(answer, emulator.root.slice(0, -1))).toBe(`${set}--batchresponse_*--\n`)
})

test('a reference in the URL of a request', async () => {
  const { ask, emulator } = bench()
  const answer = await sendChanges(
    ask,
    emulator.root,
    post('contacts', '{"firstname":"First Name","lastname":"Last name"}'),
    'PUT $1/lastname HTTP/1.1\nContent-Type: application/json\n\n{\n  "value":"BBBBB"\n}\n',
  )
  expect(answer.status).toBe(200)
  const set = changeSetAnswer(created('contacts', 1), noContent(2))
  expect(shapeOf(answer, emulator.root.slice(0, -1))).toBe(`${set}--batchresponse_*--\n`)
  const id = /contacts\(([^)]+)\)/.exec(answer.text)?.[1] ?? ''
  expect(emulator.master.row('contact', id)?.values['lastname']).toBe('BBBBB')
})

test('references in URL and body by @odata.id', async () => {
  const { ask, emulator } = bench()
  const answer = await sendChanges(
    ask,
    emulator.root,
    post('accounts', '{ "name":"Account Name"}'),
    post('contacts', '{ "firstname":"Contact first name"}'),
    'PUT $1/primarycontactid/$ref HTTP/1.1\nContent-Type:application/json\n\n{"@odata.id":"$2"}\n',
  )
  expect(answer.status).toBe(200)
  const set = changeSetAnswer(created('accounts', 1), created('contacts', 2), noContent(3))
  expect(shapeOf(answer, emulator.root.slice(0, -1))).toBe(`${set}--batchresponse_*--\n`)
})

test('references in URL and navigation property: the PATCH is answered with the URL of its row', async () => {
  const { ask, emulator } = bench()
  const answer = await sendChanges(
    ask,
    emulator.root,
    post('accounts', '{ "name":"Account name"}'),
    post('contacts', '{ "firstname":"Contact first name" }'),
    'PATCH $1 HTTP/1.1\nContent-Type: application/json\n\n{ "primarycontactid@odata.bind":"$2" }\n',
  )
  expect(answer.status).toBe(200)
  const set = changeSetAnswer(created('accounts', 1), created('contacts', 2), created('accounts', 3))
  expect(shapeOf(answer, emulator.root.slice(0, -1))).toBe(`${set}--batchresponse_*--\n`)
})

test('a reference before it is declared', async () => {
  const { ask, emulator } = bench()
  const answer = await sendChanges(
    ask,
    emulator.root,
    post('phonecalls', '{ "phonenumber":"911", "regardingobjectid_account_phonecall@odata.bind" : "$2" }'),
    post('accounts', '{ "name":"QQQQ" }'),
  )
  expect(answer.status).toBe(400)
  expect(answer.text).toContain("Content-ID Reference: '$2' does not exist in the batch context.")
})

const long = `Subject is too long ${'x'.repeat(200)}`
const error =
  '{"error":{"code":"0x80044331","message":"A validation error occurred.  The length of the \'subject\' attribute of the \'task\' entity exceeded the maximum allowed length of \'200\'."}}'

const failed = `--batchresponse_*
Content-Type: application/http
Content-Transfer-Encoding: binary

HTTP/1.1 400 Bad Request
REQ_ID: *
Content-Type: application/json; odata.metadata=minimal
OData-Version: 4.0

${error}
`

test('§16.26: the first failure ends the batch, whose status it becomes', async () => {
  const { ask, emulator } = bench()
  await made(ask, 'accounts', { accountid: ACCOUNT, name: 'a' })
  const body = [long, 'Task 2 in batch', 'Task 3 in batch'].map((subject) => taskPart(subject, BATCH)).join('')
  const before = emulator.master.count('task')
  const answer = await send(ask, body, '\r\n')
  expect(answer.status).toBe(400)
  const shape = shapeOf(answer, emulator.root.slice(0, -1)).replace(new RegExp(`REQ_ID: ${GUID}`), 'REQ_ID: *')
  expect(shape).toBe(`${failed}--batchresponse_*--\n`)
  expect(emulator.master.count('task')).toBe(before)
})

test('§16.26: with continue-on-error the rest is done, and the status is 200', async () => {
  const { ask, emulator } = bench()
  await made(ask, 'accounts', { accountid: ACCOUNT, name: 'a' })
  const body = [long, 'Task 2 in batch', 'Task 3 in batch'].map((subject) => taskPart(subject, BATCH)).join('')
  const answer = await send(ask, body, '\r\n', { Prefer: 'odata.continue-on-error' })
  expect(answer.status).toBe(200)
  const shape = shapeOf(answer, emulator.root.slice(0, -1)).replace(new RegExp(`REQ_ID: ${GUID}`), 'REQ_ID: *')
  const done = `--batchresponse_*\n${created('tasks')}`
  expect(shape).toBe(`${failed}${done}${done}--batchresponse_*--\n`)
})

test('annotations come where the part asks for them', async () => {
  const { ask } = bench()
  const part = (prefer: string): string =>
    `--${BATCH}\nContent-Type: application/http\n\nGET accounts?$select=name,_ownerid_value&$top=1 HTTP/1.1\n${prefer}\n\n`
  const outer = await send(ask, part(''), '\r\n')
  expect([outer.status, outer.text.includes('lookuplogicalname')]).toEqual([200, false])
  const inner = await send(ask, part('Prefer: odata.include-annotations="*"\n'), '\r\n')
  expect([inner.status, inner.text.includes('lookuplogicalname')]).toEqual([200, true])
  expect(inner.text).toContain('Preference-Applied: odata.include-annotations="*"')
})

test.each([
  'return=representation',
  'odata.include-annotations="*"',
  'odata.maxpagesize=1',
  'odata.track-changes',
  'odata.continue-on-error, odata.include-annotations="*"',
  'respond-async',
])('whether parts inherit it is documented nowhere, so %s of a whole batch is a 501', async (Prefer) => {
  const { ask, emulator } = bench()
  const before = emulator.master.count('task')
  const answer = await send(ask, taskPart('a', BATCH), '\r\n', { Prefer })
  expect([answer.status, answer.headers.has('x-emulator-not-implemented')]).toEqual([501, true])
  expect(emulator.master.count('task')).toBe(before)
})

test.each(['odata.continue-on-error', 'return=minimal', 'odata.continue-on-error,return=minimal'])(
  '%s is taken of a whole batch',
  async (Prefer) => {
    const { ask } = bench()
    const part = `--${BATCH}\nContent-Type: application/http\n\nGET WhoAmI HTTP/1.1\n\n\n`
    expect((await send(ask, part, '\r\n', { Prefer })).status).toBe(200)
  },
)

test('a preference of the whole batch makes no difference where each part says the same', async () => {
  const { ask } = bench()
  const part = (prefer: string): string =>
    `--${BATCH}\nContent-Type: application/http\n\nGET accounts?$select=name HTTP/1.1\n${prefer}\n\n`
  const one = part('Prefer: odata.maxpagesize=1, odata.include-annotations="*"\n')
  const outer = { Prefer: 'odata.include-annotations="*",odata.maxpagesize=1' }
  expect((await send(ask, one + one, '\r\n', outer)).status).toBe(200)
  expect((await send(ask, one + part('Prefer: odata.maxpagesize=2\n'), '\r\n', outer)).status).toBe(501)
  expect((await send(ask, one + part(''), '\r\n', outer)).status).toBe(501)
})

test('a row that is answered as a representation cannot be referred to', async () => {
  const { ask, emulator } = bench()
  const withBody =
    'POST accounts HTTP/1.1\nContent-Type: application/json\nPrefer: return=representation\n\n{"name":"a"}\n'
  const answer = await sendChanges(
    ask,
    emulator.root,
    withBody,
    'PATCH $1 HTTP/1.1\nContent-Type: application/json\n\n{"name":"b"}\n',
  )
  expect([answer.status, answer.text.includes("Content-ID Reference: '$1'")]).toEqual([400, true])
})

test('functions, actions and FetchXML run inside of a batch', async () => {
  const { ask, emulator } = bench()
  const fetchXml = encodeURIComponent('<fetch top="1"><entity name="account"><attribute name="name"/></entity></fetch>')
  const get = (path: string): string => `--${BATCH}\nContent-Type: application/http\n\nGET ${path} HTTP/1.1\n\n\n`
  const answer = await send(ask, `${get('WhoAmI')}${get(`/api/data/v9.2/accounts?fetchXml=${fetchXml}`)}`, '\r\n')
  expect([...answer.text.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map((match) => match[1])).toEqual(['200', '200'])
  expect(emulator.requests({ inBatch: true })).toHaveLength(2)
})

test('what stands before the first boundary, a boundary in quotes and a missing Content-Length are all taken', async () => {
  const { ask } = bench()
  const body = `This is a multi-part message.\n--${BATCH}\nContent-Type: application/http\n\nGET WhoAmI HTTP/1.1\n\n\n`
  expect((await send(ask, body, '\r\n')).status).toBe(200)
})

test('a change set refuses what reads, what has no Content-ID, and one that comes twice; then nothing is done', async () => {
  const { ask, emulator } = bench()
  const count = emulator.master.count('account')
  const part = (contentId: string, request: string): string =>
    `--${CHANGES}\nContent-Type: application/http\n${contentId}\n${request}\n`
  const create = 'POST accounts HTTP/1.1\nContent-Type: application/json\n\n{"name":"a"}\n'
  const wrap = (parts: string): string =>
    `--${BATCH}\nContent-Type: multipart/mixed; boundary=${CHANGES}\n\n${parts}--${CHANGES}--\n`
  for (const [parts, message] of [
    [
      part('Content-ID: 1\n', create) + part('Content-ID: 2\n', 'GET accounts HTTP/1.1\n\n'),
      "An invalid HTTP method 'GET' was detected for a request in a change set.",
    ],
    [part('Content-ID: 1\n', create) + part('', create), "The header with name 'Content-ID' was not present"],
    [part('Content-ID: 1\n', create) + part('Content-ID: 1\n', create), "The content ID '1' was found more than once"],
  ] as const) {
    const answer = await send(ask, wrap(parts), '\r\n')
    expect([answer.status, answer.json.error.code]).toEqual([400, '0x80048d19'])
    expect(answer.json.error.message).toContain(message)
  }
  expect(emulator.master.count('account')).toBe(count)
})
