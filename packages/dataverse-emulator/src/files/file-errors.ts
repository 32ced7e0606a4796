import { WebApiError } from '../errors.ts'

/** The most a single upload and one block take. */
export const MAX_SINGLE_UPLOAD: number = 128 * 1024 * 1024
export const BLOCK_SIZE: number = 4 * 1024 * 1024

/** 400 for a file larger than its column, or the organisation, allows. */
export function fileTooBig(): WebApiError {
  return new WebApiError(400, '0x80044a02', 'Attachment file size is too big.')
}

/** 400 for an image that is too large. */
export function imageTooBig(maxSizeKb: number, bytes: number): WebApiError {
  const megabytes = (size: number): number => Math.floor(size / (1024 * 1024))
  return imageFailure(
    `File size is too big. MaxSize: ${megabytes(maxSizeKb * 1024)} MB, Uploaded filesize: ${megabytes(bytes)} MB.`,
  )
}

/** 400 for bytes that are none of the image types Dataverse stores. */
export function notAnImage(table: string, id: string, column: string): WebApiError {
  return imageFailure(`Update image properties failed for objectid: ${id}, logicalName: ${table}, attribute: ${column}`)
}

function imageFailure(reason: string): WebApiError {
  return new WebApiError(400, '0x80072553', `Error occured when processing image. Reason: ${reason}`)
}

/** 400 for an image other than the primary one in the body of a create. */
export function onlyPrimaryImage(table: string, column: string): WebApiError {
  return new WebApiError(
    400,
    '0x80090487',
    `Non-primary image attribute ${column} of entity ${table} is not allowed to upload during Create operation.`,
  )
}

/** 404 for a download by messages where nothing is stored. */
export function noFileRecord(of: string): WebApiError {
  return new WebApiError(404, '0x80040217', `No FileAttachment records found for ${of}.`)
}

/** 400 for a part of a file that is kept in the database. */
export function chunksNotSupported(): WebApiError {
  return new WebApiError(
    400,
    '0x80090017',
    'Downloading in multiple chunks is not supported for the files stored in the database.',
  )
}

/** 400 for an upload that does not fit together: names, ranges, blocks, tokens. */
export function badUpload(message: string): WebApiError {
  return new WebApiError(400, '0x80040203', message)
}

/** 400 for a block or chunk beyond 4 MB. */
export function blockTooBig(bytes: number): WebApiError {
  return badUpload(
    `Invalid file chunk size: ${Math.ceil(bytes / (1024 * 1024))} MB. Maximum chunk size supported: 4 MB.`,
  )
}

/** 416 for a range that begins behind the end of the file. */
export function rangeNotSatisfiable(size: number): WebApiError {
  return new WebApiError(416, '0x80040203', 'The requested range is not satisfiable.', {
    'Content-Range': `bytes */${size}`,
  })
}

/** 400 for a value of a file column in the body of a row. */
export function fileNotWritable(column: string): WebApiError {
  return badUpload(`The file column '${column}' cannot be set with the row; upload, or delete, the file by itself.`)
}
