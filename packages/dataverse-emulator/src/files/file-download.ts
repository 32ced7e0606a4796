import { notImplemented } from '../errors.ts'
import { jsonReply } from '../http/reply.ts'
import type { Reply } from '../http/reply.ts'
import type { ApiRequest } from '../http/request.ts'
import type { Org } from '../org.ts'
import { toBase64 } from './base64.ts'
import { BLOCK_SIZE, chunksNotSupported, rangeNotSatisfiable } from './file-errors.ts'
import type { FileContent } from './file-content.ts'
import type { FilePlace } from './stored-file.ts'

interface Range {
  readonly from: number
  /** The byte behind the last one. */
  readonly to: number
}

function readRange(text: string, size: number): Range {
  const match = /^bytes=(\d+)-(\d*)$/.exec(text.trim())
  if (match === null) throw notImplemented(`the Range '${text}'`)
  const from = Number(match[1])
  const to = match[2] === '' ? size : Math.min(Number(match[2]) + 1, size)
  if (from >= size || to <= from) throw rangeNotSatisfiable(size)
  return { from, to }
}

/** A name as a header can carry it. */
function headerText(name: string): string {
  return /^[\x20-\x7e]*$/.test(name) ? name : encodeURIComponent(name)
}

/** The answer that carries a file or a range of it: as bytes, or as Base64 in JSON. */
export function downloadReply(
  org: Org,
  request: ApiRequest,
  { table, row, column }: FilePlace,
  { name, mimeType, bytes }: FileContent,
  isRaw: boolean,
): Reply {
  const asked = request.headers.get('Range')
  const range = asked === null ? undefined : readRange(asked, bytes.length)
  const part = range === undefined ? bytes : bytes.subarray(range.from, range.to)
  if (org.knobs.filesInDatabase && part.length < bytes.length) throw chunksNotSupported()
  const exposed = ['x-ms-file-size', 'x-ms-file-name', ...(range === undefined ? [] : ['x-ms-chunk-size']), 'mimetype']
  const headers: Record<string, string> = {
    'Content-Disposition': `attachment; filename="${headerText(name)}"`,
    'x-ms-file-size': String(bytes.length),
    'x-ms-file-name': headerText(name),
    ...(range === undefined
      ? {}
      : {
          'x-ms-chunk-size': String(BLOCK_SIZE),
          'Content-Range': `bytes ${range.from}-${range.to - 1}/${bytes.length}`,
        }),
    mimetype: mimeType,
    'Access-Control-Expose-Headers': exposed.join('; '),
  }
  const status = range === undefined ? 200 : 206
  if (!isRaw) {
    const context = `${request.root}$metadata#${table.entitySetName}(${row.id})/${column.logicalName}`
    return jsonReply({ '@odata.context': context, value: toBase64(part) }, headers, status)
  }
  return {
    status,
    headers: { 'Content-Type': 'application/octet-stream', 'OData-Version': '4.0', ...headers },
    body: part,
  }
}
