import { duplicateInsert, rowDoesNotExist } from '../errors.ts'
import type { Json } from '../json/read.ts'
import type { Operation, OperationCall } from '../operations/operation.ts'
import { writeContext } from '../org.ts'
import { requireReach } from '../rows/access.ts'
import { createRow } from '../rows/create-row.ts'
import { readPayload } from '../rows/read-payload.ts'
import { updateRow } from '../rows/update-row.ts'
import { fromBase64, toBase64 } from './base64.ts'
import { beginDownload, beginUpload, commitBlocks, responseOf } from './block-transfers.ts'
import { BODY_COLUMNS, checkBodySize } from './document-body.ts'
import { badUpload, noFileRecord } from './file-errors.ts'
import { readTarget, requireId } from './target.ts'
import type { Target } from './target.ts'

/** A table whose rows hold a file as Base64 text, and how its messages differ. */
interface Kind {
  readonly table: string
  /** In the names of messages: `InitializeAnnotationBlocksUpload`. */
  readonly name: string
  readonly idMember: string
  /** Whether an upload may change a row that is there; it then must name its id. */
  readonly updates: boolean
}

const KINDS: readonly Kind[] = [
  { table: 'annotation', name: 'Annotation', idMember: 'AnnotationId', updates: true },
  { table: 'activitymimeattachment', name: 'Attachment', idMember: 'ActivityMimeAttachmentId', updates: false },
]

type Run = Operation['run']

function targetOf(call: OperationCall, kind: Kind): Target {
  const target = readTarget(call)
  if (target.table.logicalName !== kind.table) throw badUpload(`The Target is not of type '${kind.table}'.`)
  return target
}

const initializeUpload =
  (kind: Kind): Run =>
  (call) => {
    const target = targetOf(call, kind)
    if (kind.updates) requireId(target)
    const isThere = target.id !== undefined && call.org.store.rows(kind.table).get(target.id) !== undefined
    if (isThere && !kind.updates) throw duplicateInsert()
    const name = target.body.get('filename')
    const token = beginUpload(call, {
      message: `Commit${kind.name}BlocksUpload`,
      place: target.id,
      name: typeof name === 'string' ? name : '',
    })
    return responseOf(call, `Initialize${kind.name}BlocksUploadResponse`, { FileContinuationToken: token })
  }

const commitUpload =
  (kind: Kind): Run =>
  (call) => {
    const { org, request } = call
    const { table, id, body } = targetOf(call, kind)
    const { upload, bytes } = commitBlocks(call, `Commit${kind.name}BlocksUpload`)
    if (id !== upload.place) throw badUpload('The Target is not that of the upload.')
    const column = BODY_COLUMNS[kind.table] ?? ''
    const context = writeContext(org, request.user)
    checkBodySize(context, Math.ceil(bytes.length / 3) * 4)
    const row = id === undefined ? undefined : org.store.rows(kind.table).get(id)
    const members = new Map<string, Json>([...body, [column, toBase64(bytes)]])
    const changes = readPayload(org.store, table, members, request, row === undefined ? 'create' : 'update')
    const written =
      row === undefined
        ? createRow(context, table, id ?? org.store.newId(), changes)
        : updateRow(context, table, row, changes)
    return responseOf(call, `Commit${kind.name}BlocksUploadResponse`, {
      [kind.idMember]: written.id,
      FileSizeInBytes: bytes.length,
    })
  }

const initializeDownload =
  (kind: Kind): Run =>
  (call) => {
    const { org, request } = call
    const target = targetOf(call, kind)
    const id = requireId(target)
    const row = org.store.rows(kind.table).get(id)
    if (row === undefined) throw rowDoesNotExist(kind.table, id)
    requireReach(org.store, target.table, request.user, 'read', row)
    const body = row.values[BODY_COLUMNS[kind.table] ?? '']
    if (typeof body !== 'string') throw noFileRecord(`${kind.table} record with id ${id}`)
    const bytes = fromBase64(body)
    const { filename } = row.values
    return responseOf(call, `Initialize${kind.name}BlocksDownloadResponse`, {
      FileContinuationToken: beginDownload(call, bytes, true),
      FileSizeInBytes: bytes.length,
      FileName: typeof filename === 'string' ? filename : null,
    })
  }

const target = { type: 'mscrm.crmbaseentity' }

/** Files of notes and of attachments in blocks. */
export const noteOperations: readonly Operation[] = KINDS.flatMap((kind): Operation[] => [
  {
    name: `Initialize${kind.name}BlocksUpload`,
    kind: 'action',
    parameters: { Target: target },
    returns: `mscrm.Initialize${kind.name}BlocksUploadResponse`,
    run: initializeUpload(kind),
  },
  {
    name: `Commit${kind.name}BlocksUpload`,
    kind: 'action',
    parameters: {
      Target: target,
      BlockList: { type: 'Collection(Edm.String)' },
      FileContinuationToken: { type: 'Edm.String' },
    },
    returns: `mscrm.Commit${kind.name}BlocksUploadResponse`,
    run: commitUpload(kind),
  },
  {
    name: `Initialize${kind.name}BlocksDownload`,
    kind: 'action',
    parameters: { Target: target },
    returns: `mscrm.Initialize${kind.name}BlocksDownloadResponse`,
    run: initializeDownload(kind),
  },
])
