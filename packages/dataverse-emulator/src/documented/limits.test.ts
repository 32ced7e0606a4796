import { expect, test } from 'vitest'
import { bench, id, made } from '../ask.test-support.ts'
import type { Answer, Bench } from '../ask.test-support.ts'

const BATCH = { 'Content-Type': 'multipart/mixed; boundary="b"' }

function refusal({ status, headers, json }: Answer): readonly unknown[] {
  return [status, json.error, Number(headers.get('Retry-After')) > 0]
}

test('§10.1: the 6,001st request within 300 seconds', async () => {
  const { ask } = bench({ rows: 200 })
  for (let sent = 0; sent < 6000; sent++) await ask('GET', 'WhoAmI')
  const message = 'Number of requests exceeded the limit of 6000 over time window of 300 seconds.'
  expect(refusal(await ask('GET', 'WhoAmI'))).toEqual([429, { code: '0x80072322', message }, true])
}, 60_000)

test('§10.1: more than 1,200 seconds of execution within 300 seconds', async () => {
  const { ask } = bench({ rows: 200, limits: { msPerRequest: 1_200_001 } })
  await ask('GET', 'WhoAmI')
  const message =
    'Combined execution time of incoming requests exceeded limit of 1,200,000 milliseconds over time window of 300 seconds. Decrease number of concurrent requests or reduce the duration of requests and try again later.'
  expect(refusal(await ask('GET', 'WhoAmI'))).toEqual([429, { code: '0x80072321', message }, true])
})

test('§10.1: the 53rd request at one time', async () => {
  const { ask } = bench({ rows: 200, knobs: { latency: 1 } })
  const answers = await Promise.all(Array.from({ length: 53 }, () => ask('GET', 'WhoAmI')))
  const message = 'Number of concurrent requests exceeded the limit of 52.'
  const refused = answers.filter(({ status }) => status !== 200).map(refusal)
  expect(refused).toEqual([[429, { code: '0x80072326', message }, true]])
})

type Refused = (org: Bench) => Promise<Answer>

const crash =
  (code: '0x80040224' | '0x8004418d', status: 400 | 500): Refused =>
  ({ ask, emulator }) => {
    emulator.knobs.pluginCrash = { status, code }
    emulator.plugins.register({
      name: 'Crash',
      message: 'Create',
      table: 'account',
      stage: 'preOperation',
      run: () => {
        throw new Error('x')
      },
    })
    return ask('POST', 'accounts', { body: { name: 'x' } })
  }

const faulty =
  (status: number, code: string): Refused =>
  ({ ask, emulator }) => {
    emulator.faults.add({ fault: { kind: 'status', status, code, body: 'json' } })
    return ask('GET', 'accounts')
  }

async function emailTwice({ ask }: Bench): Promise<Answer> {
  const body = { lastname: 'x', emailaddress1: 'x@example.com' }
  await made(ask, 'contacts', body)
  return ask('POST', 'contacts', { headers: { 'MSCRM.SuppressDuplicateDetection': 'false' }, body })
}

test.for<[status: number, code: string, message: string | RegExp, refused: Refused]>([
  [
    403,
    '0x80040220',
    /^Principal user \(Id=[0-9a-f-]{36}, type=8\) is missing prvCreateAccount privilege/,
    ({ ask, emulator }) => {
      emulator.users.find(({ name }) => name === 'Amara Okafor')?.setDepth('account', 'create', 'none')
      return ask('POST', 'accounts', { as: 'Amara Okafor', body: { name: 'x' } })
    },
  ],
  [
    403,
    '0x80048306',
    /^Principal .+ does not have WriteAccess right\(s\)/,
    ({ ask }) => ask('PATCH', `accounts(${id(1)})`, { as: 'Amara Okafor', headers: { 'If-Match': '*' }, body: {} }),
  ],
  [
    412,
    '0x80060882',
    "The version of the existing record doesn't match the RowVersion property provided.",
    ({ ask }) => ask('DELETE', `accounts(${id(1)})`, { headers: { 'If-Match': 'W/"1"' } }),
  ],
  [
    412,
    '0x80040237',
    'A record with matching key values already exists.',
    ({ ask }) => ask('PATCH', `accounts(${id(1)})`, { headers: { 'If-None-Match': '*' }, body: {} }),
  ],
  [
    412,
    '0x80060892',
    /^Entity Key .+ violated\./,
    async ({ ask }) => {
      await made(ask, 'accounts', { accountnumber: 'K' })
      return ask('POST', 'accounts', { body: { accountnumber: 'K' } })
    },
  ],
  [412, '0x80040333', /duplicate of the current record already exists/, emailTwice],
  [404, '0x80040217', `account With Id = ${id(404)} Does Not Exist`, ({ ask }) => ask('GET', `accounts(${id(404)})`)],
  [
    404,
    '0x80060891',
    'A record with the specified key values does not exist in account entity',
    ({ ask }) => ask('GET', "accounts(accountnumber='none')"),
  ],
  [
    404,
    '0x80040217',
    `contact With Id = ${id(404)} Does Not Exist`,
    ({ ask }) => ask('POST', 'accounts', { body: { 'primarycontactid@odata.bind': `/contacts(${id(404)})` } }),
  ],
  [
    400,
    '0x80044331',
    /exceeded the maximum allowed length of '160'\.$/,
    ({ ask }) => ask('POST', 'accounts', { body: { name: 'x'.repeat(161) } }),
  ],
  [400, '0x8004432f', /numberofemployees/, ({ ask }) => ask('POST', 'accounts', { body: { numberofemployees: -1 } })],
  [400, '0x80044330', /revenue/, ({ ask }) => ask('POST', 'accounts', { body: { revenue: -1 } })],
  [
    400,
    '0x8004431a',
    /accountcategorycode/,
    ({ ask }) => ask('POST', 'accounts', { body: { accountcategorycode: 9 } }),
  ],
  [400, '0x80048408', /^5 is not a valid status code/, ({ ask }) => ask('POST', 'tasks', { body: { statuscode: 5 } })],
  [400, '0x80048d19', /^Error identified in Payload/, ({ ask }) => ask('POST', 'accounts', { body: { nosuch: 1 } })],
  [400, '0x80060888', /nosuch/, ({ ask }) => ask('GET', 'accounts?$select=nosuch')],
  [400, '0x80040203', /IncidentResolution/, ({ ask }) => ask('POST', 'CloseIncident', { body: {} })],
  [
    400,
    '0x80040265',
    'No.',
    ({ ask, emulator }) => {
      emulator.plugins.register({
        name: 'Refuse',
        message: 'Create',
        table: 'account',
        stage: 'preOperation',
        run: ({ refuse }) => refuse('No.'),
      })
      return ask('POST', 'accounts', { body: { name: 'x' } })
    },
  ],
  [400, '0x80040224', /./, crash('0x80040224', 400)],
  [500, '0x8004418d', /./, crash('0x8004418d', 500)],
  [
    405,
    '0x80040227',
    /./,
    async ({ ask }) => {
      await made(ask, 'msdyn_workorders', { 'msdyn_serviceaccount@odata.bind': `/accounts(${id(1)})` })
      return ask('DELETE', `accounts(${id(1)})`)
    },
  ],
  [
    400,
    '0x80044a02',
    'Attachment file size is too big.',
    ({ ask }) => ask('POST', 'annotations', { body: { filename: 'x', documentbody: 'AAAA'.repeat(1_800_000) } }),
  ],
  [
    400,
    '0x80044352',
    'Version stamp associated with the client has expired. Please perform a full sync.',
    async ({ ask, emulator }) => {
      const { json } = await ask('GET', 'accounts?$select=name', { headers: { Prefer: 'odata.track-changes' } })
      emulator.expireDelta()
      return ask('GET', json['@odata.deltaLink'])
    },
  ],
  [
    400,
    '0x8006088d',
    /./,
    ({ ask, emulator }) =>
      ask('DELETE', `new_readings(${emulator.master.rows('new_reading')[0]?.id})`, {
        headers: { 'If-Match': 'W/"1"' },
      }),
  ],
  [500, '0x80044151', /./, faulty(500, '0x80044151')],
  [500, '0x80044150', /./, faulty(500, '0x80044150')],
  [500, '0x80040255', /./, faulty(500, '0x80040255')],
  [500, '0x80044339', /./, faulty(500, '0x80044339')],
  [403, '0x80040299', /./, faulty(403, '0x80040299')],
  [412, '0x80073002', /./, faulty(412, '0x80073002')],
])('§10.3: %s with %s', async ([status, code, message, refused]) => {
  const org = bench({ rows: 200 })
  await made(org.ask, 'accounts', { accountid: id(1), name: 'x' })
  const answer = await refused(org)
  expect([answer.status, answer.json.error.code]).toEqual([status, code])
  if (typeof message === 'string') expect(answer.json.error.message).toBe(message)
  else expect(answer.json.error.message).toMatch(message)
  expect(Object.keys(answer.json)).toEqual(['error'])
  expect(Object.keys(answer.json.error)).toEqual(['code', 'message'])
})

test.for([408, 502, 503, 504])('§10.3: %s says nothing as JSON', async (status) => {
  const { ask, emulator } = bench({ rows: 200 })
  for (const body of ['html', 'empty'] as const) {
    emulator.faults.add({ fault: { kind: 'status', status, body } })
    const answer = await ask('GET', 'accounts')
    expect([answer.status, answer.json]).toEqual([status, undefined])
  }
})

test('§9: a batch has at most 1,000 requests', async () => {
  const { ask } = bench({ rows: 200 })
  const part = '--b\r\nContent-Type: application/http\r\n\r\nGET WhoAmI HTTP/1.1\r\n\r\n\r\n'
  const send = (count: number): Promise<Answer> =>
    ask('POST', '$batch', { headers: BATCH, body: `${part.repeat(count)}--b--\r\n` })
  expect((await send(1000)).status).toBe(200)
  expect((await send(1001)).status).toBe(400)
}, 60_000)

test('§9: a change set takes no GET and a batch no batch', async () => {
  const { ask } = bench({ rows: 200 })
  const set = (line: string): string =>
    `--b\r\nContent-Type: multipart/mixed; boundary="c"\r\n\r\n--c\r\nContent-Type: application/http\r\nContent-ID: 1\r\n\r\n${line} HTTP/1.1\r\n\r\n\r\n--c--\r\n--b--\r\n`
  for (const line of ['GET /api/data/v9.2/accounts', 'POST /api/data/v9.2/$batch']) {
    const { status } = await ask('POST', '$batch', { headers: BATCH, body: set(line) })
    expect([line, status]).toEqual([line, 400])
  }
})

test('§9: a throttled batch is 429 as a whole, with its Retry-After outside', async () => {
  const { ask } = bench({ rows: 200, limits: { requests: 1 } })
  const body = '--b\r\nContent-Type: application/http\r\n\r\nGET WhoAmI HTTP/1.1\r\n\r\n\r\n--b--\r\n'
  expect((await ask('POST', '$batch', { headers: BATCH, body })).status).toBe(200)
  const { status, headers, json } = await ask('POST', '$batch', { headers: BATCH, body })
  expect([status, json.error.code, headers.get('Retry-After')]).toEqual([429, '0x80072322', '300'])
})
