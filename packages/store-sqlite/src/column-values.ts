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
  if (typeof value === 'string') return isPlain(value) ? value : Buffer.from(value, 'utf16le')
  if (typeof value === 'boolean') return value ? 1 : 0
  return value
}

/** The value that was kept, in a column of that type. */
export function fromSql(value: SqlValue, type: StoreColumnType): ColumnValue {
  if (typeof value === 'object') return value === null ? null : Buffer.from(value).toString('utf16le')
  return type === 'boolean' ? value === 1 : value
}

/**
 * False for text that SQLite would not give back, or not compare, exactly: UTF-8 cannot hold half a surrogate pair, and
 * NOCASE stops at U+0000. Such text is kept as a blob of UTF-16 and stands behind all other text.
 */
function isPlain(text: string): boolean {
  return !/[\0\p{Cs}]/u.test(text)
}
