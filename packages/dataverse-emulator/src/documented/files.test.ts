import { expect, test } from 'vitest'
import { ADMIN, bench, id, made } from '../ask.test-support.ts'
import { file } from '../schema.ts'

const TOTAL = 25_870_370
const CHUNK = 4_194_304
const OCTETS = 'application/octet-stream'

async function house() {
  const org = bench({ rows: 200 })
  org.emulator.schema.addColumn('account', file('sample_FileColumn', { maxSizeKb: 30 * 1024 }))
  const account = await made(org.ask, 'accounts', { name: 'x' })
  return { ...org, send: org.emulator.as(ADMIN), column: `accounts(${account})/sample_filecolumn` }
}

test('§12: 25mb.pdf goes up in seven chunks and comes down in ranges', async () => {
  const { send, column } = await house()
  const begun = await send(`${column}?x-ms-file-name=25mb.pdf`, {
    method: 'PATCH',
    headers: { 'x-ms-transfer-mode': 'chunked' },
  })
  const names = ['x-ms-chunk-size', 'Accept-Ranges', 'Access-Control-Expose-Headers']
  expect([begun.status, ...names.map((name) => begun.headers.get(name))]).toEqual([
    200,
    '4194304',
    'bytes',
    'x-ms-chunk-size',
  ])
  const location = begun.headers.get('Location') ?? ''
  expect(location).toContain('?sessiontoken=')
  const statuses: number[] = []
  for (let first = 0; first < TOTAL; first += CHUNK) {
    const last = Math.min(first + CHUNK, TOTAL) - 1
    const answer = await send(location, {
      method: 'PATCH',
      headers: {
        'Content-Type': OCTETS,
        'x-ms-file-name': '25mb.pdf',
        'Content-Range': `bytes ${first}-${last}/${TOTAL}`,
      },
      body: new Uint8Array(last - first + 1).fill(first / CHUNK),
    })
    statuses.push(answer.status)
  }
  expect(statuses).toEqual([206, 206, 206, 206, 206, 206, 204])
  const part = await send(`${column}/$value`, { headers: { Range: 'bytes=0-4194303' } })
  expect([part.status, part.headers.get('x-ms-file-name'), part.headers.get('x-ms-file-size')]).toEqual([
    206,
    '25mb.pdf',
    String(TOTAL),
  ])
  expect((await part.arrayBuffer()).byteLength).toBe(CHUNK)
})

test.for<[how: string, query: string, headers: Readonly<Record<string, string>>]>([
  ['by header', '', { 'x-ms-file-name': 'a.txt' }],
  ['in the query', '?x-ms-file-name=a.txt', {}],
])('§12: a single upload with its name %s, read as bytes, as JSON, and deleted', async ([, query, headers]) => {
  const { send, column } = await house()
  const up = await send(`${column}${query}`, {
    method: 'PATCH',
    headers: { 'Content-Type': OCTETS, ...headers },
    body: new TextEncoder().encode('hello'),
  })
  expect(up.status).toBe(204)
  for (const path of [`${column}/$value`, `${column}/$value?size=full`])
    expect(await (await send(path)).text()).toBe('hello')
  const json = (await (await send(column, { headers: { Accept: 'application/json' } })).json()) as { value: string }
  expect(json.value).toBe(btoa('hello'))
  expect((await send(column, { method: 'DELETE' })).status).toBe(204)
})

test('§12: a file needs its row first', async () => {
  const { send } = await house()
  const answer = await send(`accounts(${id(404)})/sample_filecolumn`, {
    method: 'PATCH',
    headers: { 'Content-Type': OCTETS, 'x-ms-file-name': 'a.txt' },
    body: new Uint8Array(1),
  })
  expect(answer.status).toBe(404)
})

test('§12: a note holds its file in the row', async () => {
  const { ask, emulator } = bench({ rows: 200 })
  const account = await made(ask, 'accounts', { name: 'x' })
  const body = { filename: 'a.txt', mimetype: 'text/plain', isdocument: true, documentbody: btoa('hello') }
  const note = await made(ask, 'annotations', { ...body, 'objectid_account@odata.bind': `/accounts(${account})` })
  expect((await ask('GET', `annotations(${note})`)).json).toMatchObject({ ...body, _objectid_value: account })
  expect(emulator.master.rows('organization')[0]?.values['maxuploadfilesize']).toBe(5 * 1024 * 1024)
})
