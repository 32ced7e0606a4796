import type { ColumnValue, StoreColumnType } from '@outpost/core'
import type { SqlValue } from './connection.ts'

/** How SQLite declares a column of that type. Without a type, as for decimals, it keeps numbers and text as they come. */
export function declaredType(type: StoreColumnType): string {
  if (type === 'text') return 'TEXT COLLATE NOCASE'
  if (type === 'number') return 'REAL'
  return type === 'boolean' ? 'INTEGER' : ''
}

/** The value as SQLite keeps it. */
export function toSql(value: ColumnValue): SqlValue {
  if (typeof value === 'string') return isPlain(value) ? value : utf16Bytes(value)
  if (typeof value === 'boolean') return value ? 1 : 0
  return value
}

/** The value that was kept, in a column of that type. */
export function fromSql(value: SqlValue, type: StoreColumnType): ColumnValue {
  if (typeof value === 'object') return value === null ? null : utf16Text(value)
  return type === 'boolean' ? value === 1 : value
}

/**
 * False for text that SQLite would not give back, or not compare, exactly: UTF-8 cannot hold half a surrogate pair, and
 * NOCASE stops at U+0000. Such text is kept as a blob of UTF-16 and stands behind all other text.
 */
function isPlain(text: string): boolean {
  return !/[\0\p{Cs}]/u.test(text)
}

function utf16Bytes(text: string): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(text.length * 2))
  for (let at = 0; at < text.length; at++) bytes.setUint16(at * 2, text.charCodeAt(at), true)
  return new Uint8Array(bytes.buffer)
}

/** Unlike a TextDecoder, gives back half a surrogate pair as it was. */
function utf16Text(bytes: Uint8Array): string {
  const units = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let text = ''
  for (let at = 0; at + 1 < bytes.byteLength; at += 2) text += String.fromCharCode(units.getUint16(at, true))
  return text
}
