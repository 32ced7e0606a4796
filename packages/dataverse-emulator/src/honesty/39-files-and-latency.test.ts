import { afterEach, expect, test } from 'vitest'
import { ADMIN, bench, id, made } from '../ask.test-support.ts'
import type { Bench } from '../ask.test-support.ts'
import { file } from '../schema.ts'
import { serve } from '../server.ts'
import type { ServedEmulator } from '../server.ts'
import { refusal } from './answers.test-support.ts'

const open: ServedEmulator[] = []

afterEach(async () => {
  for (const served of open.splice(0)) await served.close()
})

const OCTETS = { 'Content-Type': 'application/octet-stream', 'x-ms-file-name': 'a.bin' }
const BLOCK = 4_194_304

type Send = (method: string, path: string, headers: Record<string, string>, size?: number) => Promise<Response>

interface House extends Bench {
  readonly account: string
  readonly column: string
  readonly send: Send
}

/** An account with a file column, behind a real server. */
async function house(maxSizeKb: number): Promise<House> {
  const org = bench()
  org.emulator.schema.addColumn('account', file('new_File', { maxSizeKb }))
  const account = `accounts(${await made(org.ask, 'accounts', { name: 'a' })})`
  const served = await serve(org.emulator)
  open.push(served)
  const Authorization = `Bearer ${org.emulator.tokenFor(ADMIN, { audience: served.url })}`
  const send: Send = (method, path, headers, size) => {
    const url = path.startsWith('http') ? path : `${served.api}${path}`
    const body = size === undefined ? {} : { body: new Uint8Array(size) }
    return fetch(url, { method, headers: { Authorization, ...headers }, ...body })
  }
  return { ...org, account, column: `${account}/new_file`, send }
}

async function code(answer: Response): Promise<readonly [number, string]> {
  const { error } = (await answer.json()) as { readonly error: { readonly code: string } }
  return [answer.status, error.code]
}

test('§16.39: rows have the id and name of a file and never its bytes, nor those of an image; a body sets no file', async () => {
  const { ask, account, column, send } = await house(100)
  expect((await send('PATCH', column, OCTETS, 3000)).status).toBe(204)
  const png = Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]), Buffer.alloc(3000, 7)])
  await ask('PATCH', account, { body: { entityimage: png.toString('base64') } })
  const row = await ask('GET', account)
  expect(row.json.new_file).toMatch(/^[0-9a-f-]{36}$/)
  expect(row.json.new_file_name).toBe('a.bin')
  const list = await ask('GET', "accounts?$filter=name eq 'a'")
  for (const { text } of [row, list]) expect(/[A-Za-z0-9+/=]{500}/.test(text)).toBe(false)
  expect((await ask('PATCH', account, { body: { new_file: 'AAAA' } })).status).toBe(400)
})

test('§16.39: a file is taken up to the size of its column and not beyond, in one request or in chunks', async () => {
  const { column, send } = await house(1)
  expect((await send('PATCH', column, OCTETS, 1024)).status).toBe(204)
  expect(await code(await send('PATCH', column, OCTETS, 1025))).toEqual([400, '0x80044a02'])
  const begun = await send('PATCH', column, { 'x-ms-transfer-mode': 'chunked', 'x-ms-file-name': 'a.bin' })
  const to = begun.headers.get('Location') ?? ''
  const answer = await send('PATCH', to, { ...OCTETS, 'Content-Range': 'bytes 0-1024/1025' }, 1025)
  expect(answer.status).toBe(400)
})

test('§16.39: one request takes less than 128 MB, whatever the column would hold, and a chunk no more than 4 MB', async () => {
  const { ask, account, column, send } = await house(10_485_760)
  expect((await send('PATCH', column, OCTETS, 134_217_728)).status).toBeGreaterThanOrEqual(400)
  expect((await ask('GET', account)).json.new_file).toBeNull()
  const begun = await send('PATCH', column, { 'x-ms-transfer-mode': 'chunked', 'x-ms-file-name': 'a.bin' })
  expect([begun.status, begun.headers.get('x-ms-chunk-size')]).toEqual([200, String(BLOCK)])
  const chunk = (size: number): Promise<Response> =>
    send(
      'PATCH',
      begun.headers.get('Location') ?? '',
      { ...OCTETS, 'Content-Range': `bytes 0-${size - 1}/${3 * BLOCK}` },
      size,
    )
  expect((await chunk(BLOCK + 1)).status).toBe(400)
  expect((await chunk(BLOCK)).status).toBe(206)
})

test('§16.39: the document of a note is no larger than the organisation allows', async () => {
  const { ask } = bench()
  const note = (bytes: number): ReturnType<typeof ask> =>
    ask('POST', 'annotations', { body: { filename: 'a', documentbody: Buffer.alloc(bytes).toString('base64') } })
  expect((await note(3_900_000)).status).toBe(204)
  expect(refusal(await note(5_300_000))).toEqual([400, '0x80044a02'])
})

/** Waits until everything has happened that needs no waiting. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** An organisation in which every request takes its time, which passes when the test says so. */
function slow(): Bench & { readonly pass: () => Promise<void> } {
  const waiting: (() => void)[] = []
  const org = bench({ sleep: () => new Promise((resolve) => waiting.push(resolve)) })
  const pass = async (): Promise<void> => {
    while (waiting.length === 0) await new Promise((resolve) => setImmediate(resolve))
    waiting.shift()?.()
  }
  return { ...org, pass }
}

test('§16.40: requests take their time on the way in: what another one writes meanwhile is in their answer', async () => {
  const { ask, emulator, pass } = slow()
  await made(ask, 'accounts', { accountid: id(1), name: 'old' })
  emulator.knobs.latency = 100
  const pull = ask('GET', `accounts(${id(1)})?$select=name`)
  await settled()
  emulator.knobs.latency = 0
  expect((await ask('PATCH', `accounts(${id(1)})`, { body: { name: 'new' } })).status).toBe(204)
  await pass()
  await pass()
  expect((await pull).json.name).toBe('new')
})

test('§16.40: and on the way back: a pull answers with a row that a push has changed, and answered, before it', async () => {
  const { ask, emulator, pass } = slow()
  await made(ask, 'accounts', { accountid: id(1), name: 'old' })
  emulator.knobs.latency = 100
  const pull = ask('GET', `accounts(${id(1)})?$select=name`)
  await pass()
  await settled()
  emulator.knobs.latency = 0
  expect((await ask('PATCH', `accounts(${id(1)})`, { body: { name: 'new' } })).status).toBe(204)
  await pass()
  expect((await pull).json.name).toBe('old')
  expect((await ask('GET', `accounts(${id(1)})?$select=name`)).json.name).toBe('new')
})
