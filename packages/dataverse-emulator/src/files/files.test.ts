import { expect, test } from 'vitest'
import { bench, id, made, TECHNICIAN } from '../ask.test-support.ts'
import type { Bench } from '../ask.test-support.ts'
import { file } from '../schema.ts'

interface Sent {
  readonly status: number
  readonly headers: Headers
  readonly bytes: Uint8Array
  readonly text: string
}

interface House extends Bench {
  readonly account: string
  readonly url: string
  readonly send: (
    method: string,
    path: string,
    given?: { headers?: Record<string, string>; body?: Uint8Array<ArrayBuffer>; as?: string },
  ) => Promise<Sent>
}

const OCTETS = { 'Content-Type': 'application/octet-stream' }
const CHUNK = 4194304

function pattern(size: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: size }, (_, at) => (at * 31) % 251)
}

async function house(maxSizeKb = 10_240): Promise<House> {
  const made_ = bench()
  made_.emulator.schema.addColumn('account', file('sample_FileColumn', { maxSizeKb }))
  const account = await made(made_.ask, 'accounts', { name: 'Contoso Ltd.' })
  return {
    ...made_,
    account,
    url: `accounts(${account})/sample_filecolumn`,
    send: async (method, path, { headers = {}, body, as = 'Sunniva Admin' } = {}) => {
      const response = await made_.emulator.as(as)(path, { method, headers, ...(body ? { body } : {}) })
      const bytes = new Uint8Array(await response.arrayBuffer())
      return { status: response.status, headers: response.headers, bytes, text: new TextDecoder().decode(bytes) }
    },
  }
}

function code(answer: Sent): [number, string] {
  return [answer.status, (JSON.parse(answer.text) as { error: { code: string } }).error.code]
}

async function uploaded({ send, url }: House, body: Uint8Array<ArrayBuffer>, name = '4094kb.txt'): Promise<void> {
  const answer = await send('PATCH', url, { headers: { ...OCTETS, 'x-ms-file-name': name }, body })
  expect([answer.status, answer.text]).toEqual([204, ''])
}

test('a file uploaded in a single request comes back as the documents say, and its row has its id, name and a new version', async () => {
  const here = await house()
  const { ask, send, account, url } = here
  const before = await ask('GET', `accounts(${account})?$select=name`)
  const body = pattern(1000)
  await uploaded(here, body)
  const row = await ask('GET', `accounts(${account})?$select=name,sample_filecolumn,sample_filecolumn_name`)
  expect(row.json).toMatchObject({ name: 'Contoso Ltd.', sample_filecolumn_name: '4094kb.txt', accountid: account })
  expect(row.json.sample_filecolumn).toMatch(/^[0-9a-f-]{36}$/)
  expect(row.json['@odata.etag']).not.toBe(before.json['@odata.etag'])
  const got = await send('GET', `${url}/$value`)
  expect([got.status, got.bytes]).toEqual([200, body])
  expect(Object.fromEntries(got.headers)).toMatchObject({
    'x-ms-file-size': '1000',
    'x-ms-file-name': '4094kb.txt',
    mimetype: 'text/plain',
    'access-control-expose-headers': 'x-ms-file-size; x-ms-file-name; mimetype',
  })
})

test('replacing a file gives another id, deleting it leaves nothing, and reading nothing answers 204', async () => {
  const here = await house()
  const { ask, send, account, url } = here
  await uploaded(here, pattern(10))
  const first = await ask('GET', `accounts(${account})?$select=sample_filecolumn`)
  await uploaded(here, pattern(20), 'other.txt')
  const second = await ask('GET', `accounts(${account})?$select=sample_filecolumn`)
  expect(second.json.sample_filecolumn).not.toBe(first.json.sample_filecolumn)
  expect((await send('DELETE', url)).status).toBe(204)
  const after = await ask('GET', `accounts(${account})?$select=sample_filecolumn,sample_filecolumn_name`)
  expect(after.json).toMatchObject({ sample_filecolumn: null, sample_filecolumn_name: null })
  expect((await send('GET', `${url}/$value`)).status).toBe(204)
  expect((await send('GET', `accounts(${id(9)})/sample_filecolumn/$value`)).status).toBe(404)
})

test('a file name comes in the query too, in any script, and the header has precedence', async () => {
  const { send, url, ask, account } = await house()
  const body = pattern(3)
  expect((await send('PATCH', `${url}?x-ms-file-name=测试.txt`, { headers: OCTETS, body })).status).toBe(204)
  const row = await ask('GET', `accounts(${account})?$select=sample_filecolumn_name`)
  expect(row.json.sample_filecolumn_name).toBe('测试.txt')
  const headers = { ...OCTETS, 'x-ms-file-name': 'b.txt' }
  expect((await send('PATCH', `${url}?x-ms-file-name=a.txt`, { headers, body })).status).toBe(204)
  expect((await send('GET', `${url}/$value`)).headers.get('x-ms-file-name')).toBe('b.txt')
  expect(code(await send('PATCH', url, { headers: OCTETS, body }))).toEqual([400, '0x80040203'])
})

test('§16.39: uploads of any size are not taken: what is larger than MaxSizeInKB is refused as too big', async () => {
  const { send, url, ask } = await house(1)
  const headers = { ...OCTETS, 'x-ms-file-name': 'big.bin' }
  expect(code(await send('PATCH', url, { headers, body: pattern(1025) }))).toEqual([400, '0x80044a02'])
  const described = await ask(
    'GET',
    "EntityDefinitions(LogicalName='account')/Attributes(LogicalName='sample_filecolumn')/Microsoft.Dynamics.CRM.FileAttributeMetadata?$select=MaxSizeInKB",
  )
  expect(described.json.MaxSizeInKB).toBe(1)
})

test('§16.39: rows carry the id of a file, never its bytes, and a row body cannot set it', async () => {
  const here = await house()
  const { ask, account } = here
  await uploaded(here, pattern(500))
  const list = await ask('GET', `accounts?$filter=accountid eq ${account}`)
  expect(list.json.value[0].sample_filecolumn).toMatch(/^[0-9a-f-]{36}$/)
  expect((await ask('PATCH', `accounts(${account})`, { body: { sample_filecolumn: 'AAAA' } })).status).toBe(400)
  expect((await ask('PATCH', `accounts(${account})`, { body: { sample_filecolumn: null } })).status).toBe(400)
})

async function begun({ send, url }: House): Promise<{ location: string; answer: Sent }> {
  const answer = await send('PATCH', `${url}?x-ms-file-name=25mb.pdf`, { headers: { 'x-ms-transfer-mode': 'chunked' } })
  return { location: answer.headers.get('Location') ?? '', answer }
}

const chunk = (start: number, end: number, total: number): Record<string, string> => ({
  ...OCTETS,
  'x-ms-file-name': '25mb.pdf',
  'Content-Range': `bytes ${start}-${end}/${total}`,
})

test('a file uploaded in chunks: session, 206 for each chunk but the last, then it is downloaded in ranges', async () => {
  const here = await house()
  const { send, url } = here
  const body = pattern(CHUNK + 100)
  const { location, answer } = await begun(here)
  expect([answer.status, answer.text]).toEqual([200, ''])
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'accept-ranges': 'bytes',
    'x-ms-chunk-size': '4194304',
    'access-control-expose-headers': 'x-ms-chunk-size',
  })
  expect(location).toContain(`${url}?sessiontoken=`)
  const total = body.length
  const one = await send('PATCH', location, { headers: chunk(0, CHUNK - 1, total), body: body.slice(0, CHUNK) })
  expect(one.status).toBe(206)
  expect((await send('GET', `${url}/$value`)).status).toBe(204)
  const two = await send('PATCH', location, { headers: chunk(CHUNK, total - 1, total), body: body.slice(CHUNK) })
  expect(two.status).toBe(204)
  const part = await send('GET', `${url}/$value`, { headers: { Range: `bytes=${CHUNK}-${2 * CHUNK - 1}` } })
  expect([part.status, part.bytes]).toEqual([206, body.slice(CHUNK)])
  expect(Object.fromEntries(part.headers)).toMatchObject({
    'x-ms-file-size': String(total),
    'x-ms-file-name': '25mb.pdf',
    'x-ms-chunk-size': '4194304',
    mimetype: 'application/pdf',
    'access-control-expose-headers': 'x-ms-file-size; x-ms-file-name; x-ms-chunk-size; mimetype',
  })
  expect((await send('GET', `${url}/$value`, { headers: { Range: `bytes=${total}-` } })).status).toBe(416)
})

test('chunks that do not fit are refused: order, ranges, sizes, names, tokens, time', async () => {
  const here = await house()
  const { send, emulator, clock } = here
  const { location } = await begun(here)
  const patch = async (headers: Record<string, string>, size: number, to = location): Promise<number> =>
    (await send('PATCH', to, { headers, body: pattern(size) })).status
  expect(await patch(chunk(10, 19, 30), 10)).toBe(400)
  expect(await patch(chunk(0, 9, 30), 11)).toBe(400)
  expect(await patch(chunk(0, 40, 30), 41)).toBe(400)
  expect(await patch({ ...chunk(0, 9, 30), 'Content-Range': 'bytes 0-9' }, 10)).toBe(400)
  expect(await patch(chunk(0, CHUNK, 2 * CHUNK), CHUNK + 1)).toBe(400)
  expect(await patch({ ...chunk(0, 9, 30), 'x-ms-file-name': 'x.txt' }, 10)).toBe(400)
  expect(await patch({ ...chunk(0, 9, 30), 'Content-Type': 'application/json' }, 10)).toBe(415)
  expect(await patch(chunk(0, 9, 30), 10)).toBe(206)
  expect(await patch(chunk(10, 19, 31), 10)).toBe(400)
  expect(await patch(chunk(0, 9, 30), 10)).toBe(400)
  expect(await patch(chunk(10, 19, 30), 10, `${here.url}?sessiontoken=nobody`)).toBe(400)
  expect(
    (await send('PATCH', location, { headers: chunk(10, 29, 30), body: pattern(20), as: TECHNICIAN })).status,
  ).toBe(400)
  clock.advance(3_600_001)
  expect(await patch(chunk(10, 29, 30), 20)).toBe(400)
  emulator.knobs.blocksNeedFileName = true
  const other = await begun(here)
  const { 'x-ms-file-name': _, ...nameless } = chunk(0, 9, 10)
  expect(await patch(nameless, 10, other.location)).toBe(400)
})

test('without $value the file is Base64 in JSON; in the database it has no parts', async () => {
  const here = await house()
  const { send, url, emulator } = here
  await uploaded(here, pattern(12))
  const base64 = Buffer.from(pattern(12)).toString('base64')
  const got = await send('GET', `${url}?size=full`)
  expect(JSON.parse(got.text)).toMatchObject({ value: base64 })
  emulator.knobs.filesInDatabase = true
  expect(code(await send('GET', `${url}/$value`, { headers: { Range: 'bytes=0-3' } }))).toEqual([400, '0x80090017'])
  expect((await send('GET', `${url}/$value`, { headers: { Range: 'bytes=0-4194303' } })).status).toBe(206)
})

test('a user who may not write the row uploads nothing; file headers and content are refused where there is no file', async () => {
  const here = await house()
  const { send, account, url } = here
  const headers = { ...OCTETS, 'x-ms-file-name': 'a.txt' }
  const body = pattern(1)
  expect((await send('PATCH', url, { headers, body, as: TECHNICIAN })).status).toBe(403)
  expect((await send('PATCH', `accounts(${account})/name`, { headers, body })).status).toBe(501)
  expect((await send('PATCH', `accounts(${account})`, { headers: OCTETS, body })).status).toBe(415)
  expect((await send('GET', 'accounts', { headers: { Range: 'bytes=0-1' } })).status).toBe(501)
})

test('a file goes up and down in blocks by messages, and is deleted by its id', async () => {
  const { ask, account } = await house()
  const target = { accountid: account, '@odata.type': 'Microsoft.Dynamics.CRM.account' }
  const begin = await ask('POST', 'InitializeFileBlocksUpload', {
    body: { Target: target, FileName: '25mb.pdf', FileAttributeName: 'sample_filecolumn' },
  })
  expect(begin.json['@odata.context']).toMatch(/#Microsoft.Dynamics.CRM.InitializeFileBlocksUploadResponse$/)
  const { FileContinuationToken } = begin.json
  const block = (name: string): string => Buffer.from(name).toString('base64')
  const put = (name: string, bytes: Uint8Array): ReturnType<typeof ask> =>
    ask('POST', 'UploadBlock', {
      body: { BlockId: block(name), BlockData: Buffer.from(bytes).toString('base64'), FileContinuationToken },
    })
  const data = pattern(30)
  expect((await put('b', data.slice(20))).status).toBe(204)
  expect((await put('a', data.slice(0, 20))).status).toBe(204)
  expect((await put('longer', data)).status).toBe(400)
  const commit = (list: string[]): ReturnType<typeof ask> =>
    ask('POST', 'CommitFileBlocksUpload', {
      body: { FileName: '25mb.pdf', MimeType: 'application/pdf', BlockList: list.map(block), FileContinuationToken },
    })
  expect((await commit(['a', 'c'])).status).toBe(400)
  const done = await commit(['a', 'b'])
  expect(done.json).toMatchObject({ FileSizeInBytes: 30 })
  const row = await ask('GET', `accounts(${account})?$select=sample_filecolumn`)
  expect(row.json.sample_filecolumn).toBe(done.json.FileId)
  const download = await ask('POST', 'InitializeFileBlocksDownload', {
    body: { Target: target, FileAttributeName: 'sample_filecolumn' },
  })
  expect(download.json).toMatchObject({ FileSizeInBytes: 30, FileName: '25mb.pdf', IsChunkingSupported: true })
  const read = await ask('POST', 'DownloadBlock', {
    body: { Offset: 10, BlockLength: 4194304, FileContinuationToken: download.json.FileContinuationToken },
  })
  expect(read.json.Data).toBe(Buffer.from(data.slice(10)).toString('base64'))
  const list = await ask(
    'GET',
    `fileattachments?$filter=_objectid_value eq ${account}&$select=mimetype,filesizeinbytes,filename,regardingfieldname`,
  )
  expect(list.json.value).toMatchObject([
    { mimetype: 'application/pdf', filesizeinbytes: 30, filename: '25mb.pdf', regardingfieldname: 'sample_filecolumn' },
  ])
  expect((await ask('POST', 'DeleteFile', { body: { FileId: done.json.FileId } })).status).toBe(204)
  expect((await ask('POST', 'DeleteFile', { body: { FileId: done.json.FileId } })).status).toBe(404)
  const none = await ask('POST', 'InitializeFileBlocksDownload', {
    body: { Target: target, FileAttributeName: 'sample_filecolumn' },
  })
  expect([none.status, none.json.error.code]).toEqual([404, '0x80040217'])
})
