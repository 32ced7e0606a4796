import { expect, test } from 'vitest'
import { bench, id, made } from '../ask.test-support.ts'
import { image } from '../schema.ts'

const PNG = Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]), Buffer.alloc(60, 7)])
const BASE64 = PNG.toString('base64')

test('an image comes with a create as Base64, shows in its row when it is selected, and has id, time stamp and address', async () => {
  const { ask } = bench()
  const account = await made(ask, 'accounts', { name: 'One', entityimage: BASE64 })
  const row = await ask(
    'GET',
    `accounts(${account})?$select=entityimage,entityimageid,entityimage_timestamp,entityimage_url`,
  )
  const { entityimage, entityimageid, entityimage_url } = row.json
  expect(entityimage).toBe(BASE64)
  const timestamp = /"entityimage_timestamp":(\d+)/.exec(row.text)?.[1]
  expect(BigInt(timestamp ?? 0)).toBeGreaterThan(BigInt(Number.MAX_SAFE_INTEGER))
  expect(entityimage_url).toBe(
    `/Image/download.aspx?Entity=account&Attribute=entityimage&Id=${entityimageid}&Timestamp=${timestamp}`,
  )
})

test('§16.39: rows bring an image only when it is asked for by name', async () => {
  const { ask } = bench()
  const account = await made(ask, 'accounts', { name: 'One', entityimage: BASE64 })
  const whole = await ask('GET', `accounts(${account})`)
  expect(whole.json).toMatchObject({
    entityimage: null,
    entityimage_url: expect.stringContaining('/Image/download.aspx'),
  })
  const list = await ask('GET', `accounts?$filter=accountid eq ${account}`)
  expect(list.json.value[0].entityimage).toBeNull()
  const asked = await ask('GET', `accounts?$filter=accountid eq ${account}&$select=entityimage`)
  expect(asked.json.value[0].entityimage).toBe(BASE64)
})

test('an image is cleared by PATCH, by PUT and by DELETE of its column', async () => {
  const { ask } = bench()
  const url = `accounts(${await made(ask, 'accounts', { name: 'One' })})`
  for (const clear of [
    () => ask('PATCH', url, { headers: { 'If-Match': '*' }, body: { entityimage: null } }),
    () => ask('PUT', `${url}/entityimage`, { body: { value: null } }),
    () => ask('DELETE', `${url}/entityimage`),
  ]) {
    expect((await ask('PATCH', url, { body: { entityimage: BASE64 } })).status).toBe(204)
    expect((await ask('GET', `${url}?$select=entityimage`)).json.entityimage).toBe(BASE64)
    expect((await clear()).status).toBe(204)
    expect((await ask('GET', `${url}?$select=entityimage,entityimage_url`)).json).toMatchObject({
      entityimage: null,
      entityimage_url: null,
    })
  }
})

test('only the primary image is set with a create; what is no image, or too large, is refused', async () => {
  const { ask, emulator } = bench()
  emulator.schema.addColumn('account', image('sample_Other', { isPrimaryImage: false, maxSizeKb: 1 }))
  const refused = await ask('POST', 'accounts', { body: { name: 'One', sample_other: BASE64 } })
  expect([refused.status, refused.json.error]).toMatchObject([
    400,
    {
      code: '0x80090487',
      message:
        'Non-primary image attribute sample_other of entity account is not allowed to upload during Create operation.',
    },
  ])
  const account = await made(ask, 'accounts', { name: 'One' })
  const update = (value: Buffer): ReturnType<typeof ask> =>
    ask('PATCH', `accounts(${account})`, { body: { sample_other: value.toString('base64') } })
  expect((await update(PNG)).status).toBe(204)
  const text = await update(Buffer.from('no image'))
  expect(text.json.error).toMatchObject({
    code: '0x80072553',
    message: `Error occured when processing image. Reason: Update image properties failed for objectid: ${account}, logicalName: account, attribute: sample_other`,
  })
  const large = await update(Buffer.concat([PNG, Buffer.alloc(2000)]))
  expect(large.json.error).toMatchObject({
    code: '0x80072553',
    message:
      'Error occured when processing image. Reason: File size is too big. MaxSize: 0 MB, Uploaded filesize: 0 MB.',
  })
})

test('the full-sized image is downloaded where its column keeps it, else 204 and, by messages, no record', async () => {
  const { ask, emulator } = bench()
  emulator.schema.addColumn('account', image('sample_ImageColumn', { isPrimaryImage: false, canStoreFullImage: false }))
  const account = await made(ask, 'accounts', { name: 'One', entityimage: BASE64 })
  const url = `accounts(${account})`
  await ask('PATCH', url, { body: { sample_imagecolumn: BASE64 } })
  const raw = await emulator.as('Sunniva Admin')(`${url}/entityimage/$value?size=full`)
  expect(Buffer.from(await raw.arrayBuffer())).toEqual(PNG)
  expect((await ask('GET', `${url}/sample_imagecolumn/$value`)).status).toBe(200)
  expect((await ask('GET', `${url}/sample_imagecolumn/$value?size=full`)).status).toBe(204)
  const { json } = await ask('GET', `${url}?$select=sample_imagecolumnid`)
  const none = await ask('POST', 'InitializeFileBlocksDownload', {
    body: {
      Target: { accountid: account, '@odata.type': 'Microsoft.Dynamics.CRM.account' },
      FileAttributeName: 'sample_imagecolumn',
    },
  })
  expect(none.json.error).toMatchObject({
    code: '0x80040217',
    message: `No FileAttachment records found for imagedescriptorId: ${json.sample_imagecolumnid} for image attribute: sample_imagecolumn of account record with id ${account}.`,
  })
})

test('a note holds its file as Base64; the server knows its size, and $value gives the text', async () => {
  const { ask } = bench()
  const account = await made(ask, 'accounts', { name: 'One' })
  const note = await made(ask, 'annotations', {
    subject: 'n',
    filename: 'a.txt',
    mimetype: 'text/plain',
    documentbody: 'aGVsbG8=',
    'objectid_account@odata.bind': `/accounts(${account})`,
  })
  const { json } = await ask('GET', `annotations(${note})?$select=filesize,filename,mimetype,isdocument,documentbody`)
  expect(json).toMatchObject({
    filesize: 5,
    filename: 'a.txt',
    mimetype: 'text/plain',
    isdocument: true,
    documentbody: 'aGVsbG8=',
  })
  const raw = await ask('GET', `annotations(${note})/documentbody/$value`)
  expect([raw.status, raw.headers.get('Content-Type'), raw.text]).toEqual([200, 'text/plain', 'aGVsbG8='])
  expect((await ask('PATCH', `annotations(${note})`, { body: { documentbody: 'no base 64' } })).status).toBe(400)
})

test('§16.39: the file of a note is limited by maxuploadfilesize, as Base64', async () => {
  const { ask } = bench()
  const [organization] = (await ask('GET', 'organizations?$select=maxuploadfilesize')).json.value
  expect(organization.maxuploadfilesize).toBe(5242880)
  const url = `organizations(${organization.organizationid})`
  expect((await ask('PATCH', url, { body: { maxuploadfilesize: 8 } })).status).toBe(204)
  const make = (documentbody: string): ReturnType<typeof ask> =>
    ask('POST', 'annotations', { body: { subject: 'n', filename: 'a', documentbody } })
  expect((await make('aGVsbG8=')).status).toBe(204)
  const big = await make('aGVsbG8gdG8=')
  expect([big.status, big.json.error]).toEqual([
    400,
    { code: '0x80044a02', message: 'Attachment file size is too big.' },
  ])
})

test('the file of a note goes up and down in blocks; the note is made, or changed, by the commit', async () => {
  const { ask } = bench()
  const annotationid = id(1)
  const target = {
    annotationid,
    subject: 'large PDF file',
    filename: '25mb.pdf',
    mimetype: 'application/pdf',
    '@odata.type': 'Microsoft.Dynamics.CRM.annotation',
  }
  const upload = async (text: string): Promise<unknown> => {
    const { json } = await ask('POST', 'InitializeAnnotationBlocksUpload', { body: { Target: target } })
    const { FileContinuationToken } = json
    const BlockId = Buffer.from('block').toString('base64')
    const BlockData = Buffer.from(text).toString('base64')
    expect((await ask('POST', 'UploadBlock', { body: { BlockId, BlockData, FileContinuationToken } })).status).toBe(204)
    const body = { Target: target, BlockList: [BlockId], FileContinuationToken }
    return (await ask('POST', 'CommitAnnotationBlocksUpload', { body })).json
  }
  expect(await upload('first')).toMatchObject({ AnnotationId: annotationid, FileSizeInBytes: 5 })
  expect(await upload('second')).toMatchObject({ AnnotationId: annotationid, FileSizeInBytes: 6 })
  const download = await ask('POST', 'InitializeAnnotationBlocksDownload', {
    body: { Target: { annotationid, '@odata.type': 'Microsoft.Dynamics.CRM.annotation' } },
  })
  expect(download.json).toMatchObject({ FileSizeInBytes: 6, FileName: '25mb.pdf' })
  const { FileContinuationToken } = download.json
  const block = await ask('POST', 'DownloadBlock', { body: { Offset: 0, BlockLength: 4194304, FileContinuationToken } })
  expect(block.json.Data).toBe(Buffer.from('second').toString('base64'))
})
