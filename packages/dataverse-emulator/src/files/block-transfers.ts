import { badPayload } from '../errors.ts'
import { jsonReply } from '../http/reply.ts'
import type { JsonValue } from '../json/write.ts'
import { isJsonArray, NumberText } from '../json/read.ts'
import type { OperationCall } from '../operations/operation.ts'
import type { WriteReply } from '../operations/write-reply.ts'
import type { Org } from '../org.ts'
import { fromBase64 } from './base64.ts'
import { badUpload, BLOCK_SIZE, blockTooBig, chunksNotSupported } from './file-errors.ts'
import { joinBytes } from './join-bytes.ts'
import { Sessions } from './sessions.ts'

/** An upload in blocks: what it is for, and the blocks that have arrived. */
export interface BlockUpload {
  readonly message: string
  readonly place: unknown
  readonly name: string
  readonly blocks: Map<string, Uint8Array>
}

/** A download in blocks. */
export interface BlockDownload {
  readonly bytes: Uint8Array
  /** Whether less than the whole may be asked for. */
  readonly inParts: boolean
}

interface Transfers {
  readonly uploads: Sessions<BlockUpload>
  readonly downloads: Sessions<BlockDownload>
}

const transfers = new WeakMap<object, Transfers>()

function transfersOf({ store }: Org): Transfers {
  const found = transfers.get(store) ?? {
    uploads: new Sessions<BlockUpload>(store),
    downloads: new Sessions<BlockDownload>(store),
  }
  transfers.set(store, found)
  return found
}

/** A parameter that must be text. */
export function textParameter({ parameters }: OperationCall, name: string): string {
  const value = parameters.get(name)
  if (typeof value !== 'string') throw badPayload(`The parameter '${name}' is not a text.`)
  return value
}

function integerParameter({ parameters }: OperationCall, name: string): number {
  const value = parameters.get(name)
  if (!(value instanceof NumberText) || !/^\d+$/.test(value.text)) {
    throw badPayload(`The parameter '${name}' is not a whole number.`)
  }
  return Number(value.text)
}

/** The 200 of a message with its response type. */
export function responseOf(
  { request }: OperationCall,
  type: string,
  values: Readonly<Record<string, JsonValue>>,
): WriteReply {
  const context = `${request.root}$metadata#Microsoft.Dynamics.CRM.${type}`
  return { reply: jsonReply({ '@odata.context': context, ...values }) }
}

/** Begins an upload; gives its continuation token. */
export function beginUpload({ org, request }: OperationCall, upload: Omit<BlockUpload, 'blocks'>): string {
  return transfersOf(org).uploads.begin(request.user.id, { ...upload, blocks: new Map() })
}

/** Takes one block of an upload. */
export function takeBlock(call: OperationCall): void {
  const upload = transfersOf(call.org).uploads.require(
    textParameter(call, 'FileContinuationToken'),
    call.request.user.id,
  )
  const id = textParameter(call, 'BlockId')
  const size = fromBase64(id).length
  if (size === 0 || size > 64) throw badUpload('The BlockId is not valid: it stands for 1 to 64 bytes.')
  const [other] = upload.blocks.keys()
  if (other !== undefined && other.length !== id.length) {
    throw badUpload('The BlockId is not valid: the BlockId values of a file have the same length.')
  }
  const bytes = fromBase64(textParameter(call, 'BlockData'))
  if (bytes.length > BLOCK_SIZE) throw blockTooBig(bytes.length)
  upload.blocks.set(id, bytes)
}

/** Ends an upload that this message may commit: the bytes of its blocks in the order of the list. */
export function commitBlocks(
  call: OperationCall,
  message: string,
): { readonly upload: BlockUpload; readonly bytes: Uint8Array } {
  const { uploads } = transfersOf(call.org)
  const token = textParameter(call, 'FileContinuationToken')
  const upload = uploads.require(token, call.request.user.id)
  if (upload.message !== message) throw badUpload('The file continuation token belongs to an upload of another kind.')
  const list = call.parameters.get('BlockList')
  if (list === undefined || !isJsonArray(list)) throw badPayload("The parameter 'BlockList' is not a list.")
  const blocks = list.map((id) => {
    const block = typeof id === 'string' ? upload.blocks.get(id) : undefined
    if (block === undefined) throw badUpload('The specified block list is invalid.')
    return block
  })
  uploads.end(token)
  return { upload, bytes: joinBytes(blocks) }
}

/** Begins a download; gives its continuation token. */
export function beginDownload({ org, request }: OperationCall, bytes: Uint8Array, inParts: boolean): string {
  return transfersOf(org).downloads.begin(request.user.id, { bytes, inParts })
}

/** Gives one block of a download as it was asked for. */
export function giveBlock(call: OperationCall): Uint8Array {
  const { bytes, inParts } = transfersOf(call.org).downloads.require(
    textParameter(call, 'FileContinuationToken'),
    call.request.user.id,
  )
  const offset = integerParameter(call, 'Offset')
  const length = integerParameter(call, 'BlockLength')
  if (length === 0 || offset >= bytes.length) throw badUpload('The block is outside of the file.')
  if (!inParts && (offset > 0 || length < bytes.length)) throw chunksNotSupported()
  return bytes.subarray(offset, offset + length)
}
