import { badPayload, noSuchProperty, rowDoesNotExist } from '../errors.ts'
import { emptyReply } from '../http/reply.ts'
import type { Operation, OperationCall } from '../operations/operation.ts'
import { writeContext } from '../org.ts'
import { requireReach } from '../rows/access.ts'
import { isGuid } from '../rows/guid.ts'
import { readableBy } from '../rows/readable-rows.ts'
import { toBase64 } from './base64.ts'
import {
  beginDownload,
  beginUpload,
  commitBlocks,
  giveBlock,
  responseOf,
  takeBlock,
  textParameter,
} from './block-transfers.ts'
import { noFileRecord } from './file-errors.ts'
import { clearFile, fileIn, placeOfFile, putFile, requireWrite } from './stored-file.ts'
import type { FilePlace } from './stored-file.ts'
import { readTarget, requireId } from './target.ts'

interface Address {
  readonly table: string
  readonly id: string
  readonly column: string
}

function placeOf({ org }: OperationCall, { table: name, id, column: attribute }: Address): FilePlace {
  const table = org.schema.table(name)
  const row = org.store.rows(name).get(id)
  if (table === undefined || row === undefined) throw rowDoesNotExist(name, id)
  const column = org.schema.column(name, attribute)
  if (column?.type !== 'File' && column?.type !== 'Image') throw noSuchProperty(attribute, name)
  return { table, row, column }
}

function targetPlace(call: OperationCall): FilePlace {
  const target = readTarget(call)
  const column = textParameter(call, 'FileAttributeName').toLowerCase()
  return placeOf(call, { table: target.table.logicalName, id: requireId(target), column })
}

function initializeUpload(call: OperationCall): ReturnType<Operation['run']> {
  const place = targetPlace(call)
  const { table, row, column } = place
  requireWrite(writeContext(call.org, call.request.user), place)
  const address: Address = { table: table.logicalName, id: row.id, column: column.logicalName }
  const name = textParameter(call, 'FileName')
  const token = beginUpload(call, { message: 'CommitFileBlocksUpload', place: address, name })
  return responseOf(call, 'InitializeFileBlocksUploadResponse', { FileContinuationToken: token })
}

function commitUpload(call: OperationCall): ReturnType<Operation['run']> {
  const { upload, bytes } = commitBlocks(call, 'CommitFileBlocksUpload')
  const place = placeOf(call, upload.place as Address)
  const content = { name: textParameter(call, 'FileName'), mimeType: textParameter(call, 'MimeType'), bytes }
  const id = putFile(writeContext(call.org, call.request.user), place, content)
  return responseOf(call, 'CommitFileBlocksUploadResponse', { FileId: id, FileSizeInBytes: bytes.length })
}

function initializeDownload(call: OperationCall): ReturnType<Operation['run']> {
  const place = targetPlace(call)
  const { table, row, column } = place
  const { org, request } = call
  requireReach(org.store, table, request.user, 'read', row)
  const { mask } = readableBy(org.store, request.user)(table)
  const file = fileIn(org.store, mask === undefined ? place : { ...place, row: mask(row) })
  if (file === undefined) {
    const image =
      column.type === 'Image'
        ? `imagedescriptorId: ${String(row.values[column.logicalName] ?? '00000000-0000-0000-0000-000000000000')} for image`
        : 'file'
    throw noFileRecord(`${image} attribute: ${column.logicalName} of ${table.logicalName} record with id ${row.id}`)
  }
  const inParts = !org.knobs.filesInDatabase
  return responseOf(call, 'InitializeFileBlocksDownloadResponse', {
    FileSizeInBytes: file.bytes.length,
    FileName: file.name,
    FileContinuationToken: beginDownload(call, file.bytes, inParts),
    IsChunkingSupported: inParts,
  })
}

function deleteFile(call: OperationCall): ReturnType<Operation['run']> {
  const id = textParameter(call, 'FileId')
  if (!isGuid(id)) throw badPayload("Cannot convert the value of 'FileId' to the expected type 'Edm.Guid'.")
  const place = placeOfFile(call.org.store, id)
  if (place === undefined) throw rowDoesNotExist('fileattachment', id.toLowerCase())
  clearFile(writeContext(call.org, call.request.user), place)
  return { reply: emptyReply() }
}

const text = { type: 'Edm.String' }
const target = { type: 'mscrm.crmbaseentity' }

/** Files in blocks, by messages. UploadBlock and DownloadBlock serve notes and attachments too. */
export const fileOperations: readonly Operation[] = [
  {
    name: 'InitializeFileBlocksUpload',
    kind: 'action',
    parameters: { Target: target, FileName: text, FileAttributeName: text },
    returns: 'mscrm.InitializeFileBlocksUploadResponse',
    run: initializeUpload,
  },
  {
    name: 'UploadBlock',
    kind: 'action',
    parameters: { BlockId: text, BlockData: { type: 'Edm.Binary' }, FileContinuationToken: text },
    run: (call) => {
      takeBlock(call)
      return { reply: emptyReply() }
    },
  },
  {
    name: 'CommitFileBlocksUpload',
    kind: 'action',
    parameters: {
      FileName: text,
      MimeType: text,
      BlockList: { type: 'Collection(Edm.String)' },
      FileContinuationToken: text,
    },
    returns: 'mscrm.CommitFileBlocksUploadResponse',
    run: commitUpload,
  },
  {
    name: 'InitializeFileBlocksDownload',
    kind: 'action',
    parameters: { Target: target, FileAttributeName: text },
    returns: 'mscrm.InitializeFileBlocksDownloadResponse',
    run: initializeDownload,
  },
  {
    name: 'DownloadBlock',
    kind: 'action',
    parameters: { Offset: { type: 'Edm.Int64' }, BlockLength: { type: 'Edm.Int64' }, FileContinuationToken: text },
    returns: 'mscrm.DownloadBlockResponse',
    run: (call) => responseOf(call, 'DownloadBlockResponse', { Data: toBase64(giveBlock(call)) }),
  },
  {
    name: 'DeleteFile',
    kind: 'action',
    parameters: { FileId: { type: 'Edm.Guid' } },
    run: deleteFile,
  },
]
