import { methodNotAllowed, notImplemented, WebApiError } from '../errors.ts'
import { allowConditions } from '../http/headers.ts'
import { emptyReply } from '../http/reply.ts'
import type { ApiRequest } from '../http/request.ts'
import { allowOptions } from '../odata/query-options.ts'
import type { WriteReply } from '../operations/write-reply.ts'
import { writeContext } from '../org.ts'
import type { Org } from '../org.ts'
import { requireReach } from '../rows/access.ts'
import { readableBy } from '../rows/readable-rows.ts'
import { badUpload, BLOCK_SIZE, blockTooBig, fileTooBig, MAX_SINGLE_UPLOAD } from './file-errors.ts'
import { downloadReply } from './file-download.ts'
import { joinBytes } from './join-bytes.ts'
import { mediaTypeOf } from './media-types.ts'
import { checkSize, clearFile, fileIn, putFile, requireWrite } from './stored-file.ts'
import type { FilePlace } from './stored-file.ts'
import { thumbnailOf } from './stored-image.ts'
import { Sessions } from './sessions.ts'

interface ChunkedUpload {
  readonly row: string
  readonly column: string
  readonly name: string
  readonly chunks: Uint8Array[]
  received: number
  total: number | undefined
}

const uploads = new WeakMap<object, Sessions<ChunkedUpload>>()

function sessionsOf({ store }: Org): Sessions<ChunkedUpload> {
  const sessions = uploads.get(store) ?? new Sessions<ChunkedUpload>(store)
  uploads.set(store, sessions)
  return sessions
}

/** The name of the uploaded file: from the header, which has precedence, or the query. */
function fileName({ headers, query }: ApiRequest): string | undefined {
  const name = headers.get('x-ms-file-name') ?? query.options.get('x-ms-file-name')
  return name === '' ? undefined : name
}

function refuseHeaders({ headers }: ApiRequest, ...names: readonly string[]): void {
  const given = names.find((name) => headers.has(name))
  if (given !== undefined) throw notImplemented(`the header ${given} here`)
}

function requireName(request: ApiRequest): string {
  const name = fileName(request)
  if (name === undefined)
    throw badUpload('The file name is missing: send the x-ms-file-name header or query parameter.')
  if (/[<>:"|?*\\/\u0000-\u001f]/.test(name))
    throw new WebApiError(400, '0x80044a08', 'Attachment file name contains invalid characters.')
  return name
}

function requireBytes({ headers, bytes }: ApiRequest): Uint8Array {
  const type = headers.get('Content-Type') ?? ''
  if (!/^application\/octet-stream\b/i.test(type)) {
    throw new WebApiError(
      415,
      '0x80060888',
      `The content type '${type}' is not supported for file content; use application/octet-stream.`,
    )
  }
  if (bytes === undefined) throw notImplemented('file content in a batch')
  return bytes
}

function written({ table, row }: FilePlace, reply = emptyReply()): WriteReply {
  return { reply, row: { table: table.logicalName, id: row.id } }
}

function uploadWhole(org: Org, request: ApiRequest, place: FilePlace): WriteReply {
  allowOptions(request.query, ['x-ms-file-name'])
  const bytes = requireBytes(request)
  if (request.headers.has('Content-Range'))
    throw badUpload('A Content-Range is sent to the Location of an upload only.')
  if (bytes.length >= MAX_SINGLE_UPLOAD) throw fileTooBig()
  const name = requireName(request)
  putFile(writeContext(org, request.user), place, { name, mimeType: mediaTypeOf(name), bytes })
  return written(place)
}

function beginChunks(org: Org, request: ApiRequest, place: FilePlace): WriteReply {
  allowOptions(request.query, ['x-ms-file-name'])
  const mode = request.headers.get('x-ms-transfer-mode')
  if (mode !== 'chunked') throw badUpload(`The x-ms-transfer-mode '${mode ?? ''}' is not valid; it takes 'chunked'.`)
  if ((request.bytes?.length ?? 0) > 0) throw badUpload('The request that begins a chunked upload has no content.')
  const name = requireName(request)
  requireWrite(writeContext(org, request.user), place)
  const token = sessionsOf(org).begin(request.user.id, {
    row: place.row.id,
    column: place.column.logicalName,
    name,
    chunks: [],
    received: 0,
    total: undefined,
  })
  const headers = {
    'Accept-Ranges': 'bytes',
    Location: `${request.root}${request.path}?sessiontoken=${token}`,
    'x-ms-chunk-size': String(BLOCK_SIZE),
    'Access-Control-Expose-Headers': 'x-ms-chunk-size',
  }
  return { reply: emptyReply(headers, 200) }
}

interface ContentRange {
  readonly start: number
  readonly total: number
}

function readContentRange(request: ApiRequest, length: number): ContentRange {
  const text = request.headers.get('Content-Range') ?? ''
  const match = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(text)
  const [start, end, total] = (match ?? []).slice(1).map(Number)
  const fits = start !== undefined && end !== undefined && total !== undefined && end >= start && end < total
  if (!fits) throw badUpload(`The Content-Range header '${text}' is not valid; use 'bytes <start>-<end>/<size>'.`)
  if (end - start + 1 !== length) {
    throw badUpload(`The Content-Range header '${text}' does not fit the content, which has ${length} bytes.`)
  }
  return { start, total }
}

function uploadChunk(org: Org, request: ApiRequest, place: FilePlace, token: string): WriteReply {
  allowOptions(request.query, ['sessiontoken', 'x-ms-file-name'])
  const sessions = sessionsOf(org)
  const upload = sessions.require(token, request.user.id)
  if (upload.row !== place.row.id || upload.column !== place.column.logicalName) {
    throw badUpload('The session token belongs to another file.')
  }
  if (org.knobs.blocksNeedFileName || fileName(request) !== undefined) {
    const name = requireName(request)
    if (name !== upload.name) throw badUpload(`The file name '${name}' is not that of the upload, '${upload.name}'.`)
  }
  const bytes = requireBytes(request)
  if (bytes.length > BLOCK_SIZE) throw blockTooBig(bytes.length)
  const { start, total } = readContentRange(request, bytes.length)
  checkSize(place.column, total)
  if (upload.total !== undefined && total !== upload.total) {
    throw badUpload(`The size ${total} is not that of the chunks before, ${upload.total}.`)
  }
  if (start !== upload.received) {
    throw badUpload(`The chunk begins at ${start}, but ${upload.received} bytes have been received.`)
  }
  upload.total = total
  upload.received += bytes.length
  upload.chunks.push(bytes)
  if (upload.received < total) return { reply: emptyReply({}, 206) }
  const { name } = upload
  putFile(writeContext(org, request.user), place, {
    name,
    mimeType: mediaTypeOf(name),
    bytes: joinBytes(upload.chunks),
  })
  sessions.end(token)
  return written(place)
}

function patch(org: Org, request: ApiRequest, place: FilePlace): WriteReply {
  refuseHeaders(request, 'Range')
  const token = request.query.options.get('sessiontoken')
  if (token !== undefined) return uploadChunk(org, request, place, token)
  return request.headers.has('x-ms-transfer-mode') ? beginChunks(org, request, place) : uploadWhole(org, request, place)
}

function download(org: Org, request: ApiRequest, place: FilePlace, isRaw: boolean): WriteReply {
  const { column, table } = place
  allowOptions(request.query, ['size'])
  refuseHeaders(request, 'x-ms-transfer-mode', 'x-ms-file-name', 'Content-Range')
  requireReach(org.store, table, request.user, 'read', place.row)
  const { mask } = readableBy(org.store, request.user)(table)
  const row = mask === undefined ? place.row : mask(place.row)
  const size = request.query.options.get('size')
  if (size !== undefined && size !== 'full') throw badUpload(`The size '${size}' is not valid; it takes 'full'.`)
  const id = row.values[column.logicalName]
  const thumbnail = column.type === 'Image' && size === undefined
  const file =
    thumbnail && typeof id === 'string' ? thumbnailOf(org.store, id) : fileIn(org.store, { table, column, row })
  return { reply: file === undefined ? emptyReply() : downloadReply(org, request, place, file, isRaw) }
}

/**
 * Answers a request to a file or image column of a row: upload at once or in chunks, download as bytes (`/$value`) or
 * as Base64 in JSON, whole or a range, and removal. The row must exist.
 */
export function answerFile(org: Org, request: ApiRequest, place: FilePlace, isRaw: boolean): WriteReply {
  allowConditions(request.headers)
  switch (request.method) {
    case 'GET':
      return download(org, request, place, isRaw)
    case 'PATCH':
      if (isRaw) throw methodNotAllowed(request.method)
      return patch(org, request, place)
    case 'DELETE':
      if (isRaw) throw methodNotAllowed(request.method)
      allowOptions(request.query, [])
      clearFile(writeContext(org, request.user), place)
      return written(place)
    default:
      throw methodNotAllowed(request.method)
  }
}
