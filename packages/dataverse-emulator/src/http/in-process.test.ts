import { expect, test } from 'vitest'
import type { Incoming } from './exchange.ts'
import { inProcess } from './in-process.ts'

const URL_OF_ALL = 'https://org.example/api/data/v9.2/accounts?$select=name#part'

async function arrived(input: string | URL | Request, init?: RequestInit): Promise<unknown> {
  let seen: Incoming | undefined
  const { fetch } = inProcess(async (incoming) => {
    seen = incoming
    return { status: 200, headers: {}, body: 'ok' }
  })
  await fetch(input, init)
  if (seen === undefined) throw new Error('nothing arrived')
  const { method, url, headers, bytes, signal } = seen
  return [method, url.href, [...headers], new TextDecoder().decode(bytes), signal.aborted]
}

test('what is fetched arrives as the Request of the same arguments does', async () => {
  const cases: readonly RequestInit[] = [
    {},
    { method: 'GET', headers: { Accept: 'application/json', 'If-Match': '*' }, redirect: 'manual' },
    { method: 'get' },
    { method: 'post', body: '{}' },
    { method: 'POST', body: '{"name":"ž"}' },
    { method: 'POST', body: '' },
    { method: 'PATCH', body: '{}', headers: [['content-type', 'application/json']] },
    { method: 'POST', body: new Uint8Array([65]) },
    { method: 'POST', body: new URLSearchParams({ a: 'b' }) },
    { method: 'DELETE', body: null, signal: null },
    { method: 'HEAD', signal: AbortSignal.abort() },
    { method: 'PUT', cache: 'no-store', headers: new Headers({ a: '1', A: '2' }) },
  ]
  for (const init of cases) {
    expect([init, await arrived(URL_OF_ALL, init)]).toEqual([init, await arrived(new Request(URL_OF_ALL, init))])
    expect(await arrived(new URL(URL_OF_ALL), init)).toEqual(await arrived(URL_OF_ALL, init))
  }
})

test('what no Request could be is refused as it is for one', async () => {
  const cases: readonly (readonly [string, RequestInit])[] = [
    ['accounts', {}],
    ['https://user:password@org.example/', {}],
    [URL_OF_ALL, { method: 'GET', body: '{}' }],
    [URL_OF_ALL, { method: 'TRACE' }],
    [URL_OF_ALL, { method: 'NO SUCH' }],
    [URL_OF_ALL, { headers: { 'not a name': '' } }],
  ]
  for (const [input, init] of cases) await expect(arrived(input, init)).rejects.toThrow(TypeError)
})
