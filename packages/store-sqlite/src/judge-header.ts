import { OutpostError } from '@outpost/core/store'
import { APPLICATION_ID, SCHEMA_VERSION } from './schema.ts'

/** The length of the header of a SQLite file. */
export const HEADER_BYTES = 100

/** The first bytes of every SQLite file. */
const MARK: Uint8Array = new TextEncoder().encode('SQLite format 3\0')

/**
 * Throws unless a file that begins with these bytes can be ours: `store-foreign` or `store-newer`. An empty file can, and
 * one of zeros beside a journal: a power cut while it was being made, which SQLite undoes from the journal on opening.
 */
export function judgeHeader(name: string, header: Uint8Array, hasJournal: boolean): void {
  if (header.length === 0) return
  if (hasJournal && header.every((byte) => byte === 0)) return
  const isSqlite = header.length === HEADER_BYTES && MARK.every((byte, at) => header[at] === byte)
  const numbers = new DataView(header.buffer, header.byteOffset, header.byteLength)
  if (!isSqlite || numbers.getUint32(68) !== APPLICATION_ID) throw foreign(name)
  judgeVersion(name, numbers.getUint32(60))
}

export function judgeVersion(name: string, version: number): void {
  if (version <= SCHEMA_VERSION) return
  throw new OutpostError('store-newer', `${name} was written by a newer release (schema ${version})`, {
    remedy: 'Update this program; a page is updated by reloading it.',
  })
}

export function foreign(name: string): OutpostError {
  return new OutpostError('store-foreign', `${name} is not an Outpost database`, {
    remedy: 'Choose another name. What is there has been left as it is.',
  })
}
