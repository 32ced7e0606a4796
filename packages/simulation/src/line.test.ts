import { manualEnv } from '@outpost/core/testing'
import type { ManualEnv } from '@outpost/core/testing'
import { expect, test } from 'vitest'
import { Line, LINE_FAULTS } from './line.ts'
import type { LineFault } from './line.ts'

const URL = 'https://org.example/api/data/v9.2/accounts'

interface Site {
  readonly line: Line
  readonly env: ManualEnv
  /** The requests that reached the master. */
  readonly done: string[]
}

function site(): Site {
  const done: string[] = []
  const env = manualEnv()
  const line = new Line((input) => {
    done.push(input instanceof Request ? input.url : input.toString())
    return Promise.resolve(new Response('{"value":[1,2,3]}', { headers: { 'Content-Length': '17' } }))
  }, env)
  return { line, env, done }
}

/** What the caller sees of one request that the fault strikes: status and text, or that it failed; and whether it was done. */
async function seen(fault: LineFault): Promise<{ readonly answer: string; readonly isDone: boolean }> {
  const { line, env, done } = site()
  const giveUp = new AbortController()
  line.plan(0, fault)
  const answer = line.fetch(URL, { signal: giveUp.signal }).then(
    async (response) => `${response.status} ${await response.text().catch(() => 'broke')}`,
    () => 'failed',
  )
  await env.advance(60_000)
  giveUp.abort()
  return { answer: await answer, isDone: done.length > 0 }
}

const of = (kind: LineFault['kind']): LineFault =>
  kind === 'throttled' || kind === 'held' ? { kind, ms: 30_000 } : { kind }

test('each fault is what it says it is, before or after the master has done what was asked', async () => {
  const all: Record<string, string> = {}
  for (const kind of LINE_FAULTS) {
    const { answer, isDone } = await seen(of(kind))
    all[kind] = `${isDone ? 'done' : 'not done'}, ${answer.slice(0, 12)}`
  }
  expect(all).toEqual({
    'request-lost': 'not done, failed',
    portal: 'not done, 200 <html>Pl',
    redirect: 'not done, 302 ',
    forbidden: 'not done, 403 <html>Bl',
    unavailable: 'not done, 503 <html>50',
    unreachable: 'not done, 502 ',
    unauthenticated: 'not done, 401 {"error"',
    throttled: 'not done, 429 {"error"',
    'throttled-untold': 'not done, 429 {"error"',
    held: 'done, 200 {"value"',
    unanswered: 'not done, failed',
    overtaken: 'done, 200 {"value"',
    'answer-lost': 'done, failed',
    cut: 'done, 200 broke',
    truncated: 'done, 200 {"value"',
    failed: 'done, 500 <html>50',
    hanging: 'done, failed',
    late: 'done, 200 {"value"',
    empty: 'not done, 200 ',
    repeated: 'done, 200 {"value"',
  })
})

test('the fault of a write strikes what writes, alone or in a batch, and nothing else', async () => {
  const { line, done } = site()
  const batch = (body: string): RequestInit => ({ method: 'POST', body: `--b\n\n${body} HTTP/1.1\n\n{}` })
  const status = async (address: string, init?: RequestInit): Promise<number> =>
    (await line.fetch(address, init)).status
  line.planWrite({ kind: 'unreachable' })
  expect(await status(URL)).toBe(200)
  expect(await status('https://org.example/$batch', batch('GET /accounts'))).toBe(200)
  expect(await status('https://org.example/$batch', batch('PATCH /accounts(1)'))).toBe(502)
  expect(line.endsStruck).toBe(true)
  expect(await status(`${URL}(1)`, { method: 'PATCH', body: '{}' })).toBe(200)
  expect(line.endsStruck).toBe(false)
  expect(done).toHaveLength(3)
})

test('a request comes twice, but for one that may be done once only', async () => {
  const { line, done } = site()
  for (let nth = 0; nth < 3; nth += 1) line.plan(nth, { kind: 'repeated' })
  await line.fetch(`${URL}(1)`, { method: 'PATCH', body: '{}' })
  await line.fetch(`${URL}(1)/new_links/$ref`, { method: 'POST', body: '{}' })
  await line.fetch(`${URL}(1)/Microsoft.Dynamics.CRM.new_Stamp`, { method: 'POST', body: '{}' })
  expect(done.map((address) => address.split('/').at(-1))).toEqual([
    ...['accounts(1)', 'accounts(1)', '$ref', '$ref'],
    'Microsoft.Dynamics.CRM.new_Stamp',
  ])
})

test('a planned fault goes before a lasting one, and that before an outage', async () => {
  const { line } = site()
  const statuses = async (): Promise<number> => (await line.fetch(URL)).status
  line.outage = () => ({ kind: 'unreachable' })
  line.lasting(() => (line.sent < 2 ? { kind: 'unavailable' } : undefined))
  line.plan(0, { kind: 'forbidden' })
  expect([await statuses(), await statuses(), await statuses()]).toEqual([403, 503, 502])
})

test('nothing comes twice in an outage', async () => {
  const { line, done } = site()
  line.outage = () => ({ kind: 'unreachable' })
  line.plan(0, { kind: 'repeated' })
  expect((await line.fetch(URL)).status).toBe(502)
  expect(done).toEqual([])
})

test('a request is held as long as it says, and what it would write can be changed just before', async () => {
  const { line, env, done } = site()
  const overtaken: string[] = []
  line.onOvertaken = (request) => overtaken.push(request)
  line.plan(0, { kind: 'held', ms: 5000 })
  line.plan(1, { kind: 'overtaken' })
  const held = line.fetch(URL)
  await env.advance(4999)
  expect(done).toEqual([])
  await env.advance(1)
  await held
  await line.fetch(`${URL}(1)`, { method: 'PATCH', body: '{"name":"a"}' })
  expect(overtaken).toEqual([`PATCH ${URL}(1)\n{"name":"a"}`])
})

test('a storm of requests is seen, and nothing of it is answered any more', async () => {
  const { line, done } = site()
  while (!line.storms) void line.fetch(URL)
  const sent = done.length
  void line.fetch(URL)
  expect(done).toHaveLength(sent)
  line.beginAnew()
  expect(line.storms).toBe(false)
  expect((await line.fetch(URL)).status).toBe(200)
})
