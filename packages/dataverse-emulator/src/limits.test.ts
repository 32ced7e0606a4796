import { expect, test } from 'vitest'
import { bench, id, TECHNICIAN } from './ask.test-support.ts'
import type { Bench } from './ask.test-support.ts'

async function ask429({ ask }: Bench): Promise<readonly [number, string | undefined, number]> {
  const { status, json, headers } = await ask('GET', 'WhoAmI')
  return [status, json.error?.code, Number(headers.get('Retry-After'))]
}

test('§16.27: beyond the number of requests a user is refused with everything, and may go on after Retry-After', async () => {
  const org = bench({ limits: { requests: 5 } })
  const { ask, clock } = org
  for (let request = 0; request < 5; request++) {
    expect((await ask('GET', 'WhoAmI')).status).toBe(200)
    clock.advance(10_000)
  }
  const refused = await ask('POST', 'accounts', { body: { accountid: id(1), name: 'a' } })
  expect([refused.status, refused.json.error]).toEqual([
    429,
    {
      code: '0x80072322',
      message: 'Number of requests exceeded the limit of 5 over time window of 300 seconds.',
    },
  ])
  expect(refused.headers.get('Retry-After')).toBe('250')
  expect(org.emulator.master.row('account', id(1))).toBeUndefined()
  expect((await ask('GET', 'WhoAmI', { as: TECHNICIAN })).status).toBe(200)
  clock.advance(250_000)
  expect((await ask('GET', 'WhoAmI')).status).toBe(200)
})

test('§16.27: a request that does not wait makes the wait longer', async () => {
  const org = bench({ limits: { requests: 1, windowSeconds: 20 } })
  await org.ask('GET', 'WhoAmI')
  const waits: number[] = []
  for (let request = 0; request < 3; request++) waits.push((await ask429(org))[2])
  expect(waits).toEqual([20, 20, 20])
  org.clock.advance(19_000)
  expect((await ask429(org))[2]).toBeGreaterThan(1)
  org.clock.advance(1000)
  expect((await ask429(org))[0]).toBe(429)
  org.clock.advance(60_000)
  expect((await ask429(org))[0]).toBe(200)
})

test('the window slides: what is older than it counts no more', async () => {
  const org = bench({ limits: { requests: 3 } })
  for (let request = 0; request < 12; request++) {
    expect((await ask429(org))[0]).toBe(200)
    org.clock.advance(101_000)
  }
})

test('execution time is modelled from requests, answers and waiting, and is limited by itself', async () => {
  const org = bench({ limits: { executionSeconds: 1, msPerRequest: 400 } })
  const statuses: number[] = []
  for (let request = 0; request < 4; request++) statuses.push((await ask429(org))[0])
  expect(statuses).toEqual([200, 200, 200, 429])
  const { json } = await org.ask('GET', 'WhoAmI')
  expect(json.error).toEqual({
    code: '0x80072321',
    message:
      'Combined execution time of incoming requests exceeded limit of 1,000 milliseconds over time window of 300 seconds. Decrease number of concurrent requests or reduce the duration of requests and try again later.',
  })
})

test('a batch is one request, but each of its parts takes execution time', async () => {
  const { ask } = bench({ limits: { requests: 2, executionSeconds: 1, msPerRequest: 300 } })
  const part = '--b\r\nContent-Type: application/http\r\n\r\nGET WhoAmI HTTP/1.1\r\n\r\n\r\n'
  const body = `${part.repeat(3)}--b--\r\n`
  const batch = { headers: { 'Content-Type': 'multipart/mixed; boundary=b' }, body }
  expect((await ask('POST', '$batch', batch)).status).toBe(200)
  expect((await ask('GET', 'WhoAmI')).json.error.code).toBe('0x80072321')
})

test('the requests at one time are limited at once', async () => {
  const { ask, clock } = bench({ limits: { concurrency: 3 }, knobs: { latency: 1 } })
  const answers = await Promise.all(Array.from({ length: 5 }, () => ask('GET', 'WhoAmI')))
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(3)
  const refused = answers.find(({ status }) => status === 429)
  expect(refused?.json.error).toEqual({
    code: '0x80072326',
    message: 'Number of concurrent requests exceeded the limit of 3.',
  })
  expect(Number(refused?.headers.get('Retry-After'))).toBeGreaterThan(0)
  clock.advance(10_000)
  expect((await ask('GET', 'WhoAmI')).status).toBe(200)
})

test('by default 52 requests at one time and 6,000 in 300 seconds are let in', async () => {
  const { ask, emulator } = bench({ knobs: { latency: 1 } })
  expect(emulator.limits).toMatchObject({ requests: 6000, executionSeconds: 1200, concurrency: 52, windowSeconds: 300 })
  const answers = await Promise.all(Array.from({ length: 53 }, () => ask('GET', 'WhoAmI')))
  expect(answers.filter(({ status }) => status === 429)).toHaveLength(1)
})

test('codes are decimal and Retry-After is hidden where the knobs say so; the limits can be switched off', async () => {
  const org = bench({ limits: { requests: 0 }, knobs: { decimalErrorCodes: true, hideRetryAfter: true } })
  expect(await ask429(org)).toEqual([429, '-2147015902', 0])
  org.emulator.limits.serviceProtection = false
  expect((await ask429(org))[0]).toBe(200)
})

test('answers say what is left, and how many requests at a time are advisable', async () => {
  const { ask } = bench({ limits: { msPerRequest: 20, msPerThousandCharacters: 0 } })
  const left = (answer: Awaited<ReturnType<typeof ask>>): readonly (string | null)[] =>
    ['burst-remaining-xrm-requests', 'time-remaining-xrm-requests'].map((name) =>
      answer.headers.get(`x-ms-ratelimit-${name}`),
    )
  const first = await ask('GET', 'WhoAmI')
  expect([left(first), first.headers.get('x-ms-dop-hint')]).toEqual([['5999', '1,199.98'], '4'])
  expect(left(await ask('GET', 'WhoAmI'))).toEqual(['5998', '1,199.96'])
})

test('a URL inside of a batch may have 65,536 characters, a plain one 32,768', async () => {
  const { ask } = bench()
  const filter = (length: number): string => {
    const url = "accounts?$select=name&$filter=name eq ''"
    return `${url.slice(0, -1)}${'x'.repeat(length - url.length)}'`
  }
  const inBatch = (url: string): ReturnType<typeof ask> =>
    ask('POST', '$batch', {
      headers: { 'Content-Type': 'multipart/mixed; boundary=b' },
      body: `--b\r\nContent-Type: application/http\r\n\r\nGET ${url} HTTP/1.1\r\n\r\n\r\n--b--\r\n`,
    })
  expect((await inBatch(filter(65_536))).status).toBe(200)
  const refused = await inBatch(filter(65_537))
  expect([refused.status, refused.text.includes('Invalid URI: The Uri string is too long.')]).toEqual([400, true])
  expect((await ask('GET', filter(33_000))).status).toBe(414)
})
