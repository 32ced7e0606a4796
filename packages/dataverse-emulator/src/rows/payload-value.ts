import { badPayload } from '../errors.ts'
import { fileNotWritable } from '../files/file-errors.ts'
import { NumberText } from '../json/read.ts'
import type { Json } from '../json/read.ts'
import { edmType } from '../odata/column-kind.ts'
import type { ColumnDefinition, StoredValue } from '../schema.ts'
import { exactNumber } from './check-value.ts'
import { parseDate, parseDateTime } from './date-time.ts'
import { roundDecimal } from './decimal.ts'
import { isGuid } from './guid.ts'

function written(value: Json): string {
  if (value instanceof NumberText) return value.text
  if (typeof value === 'string') return value
  return typeof value === 'boolean' ? String(value) : 'the value'
}

function cannotConvert(value: Json, column: ColumnDefinition): Error {
  return badPayload(`Cannot convert the literal '${written(value)}' to the expected type '${edmType(column)}'.`)
}

function int32(text: string): number | undefined {
  // 5.0 and 5e0 are decimals to the service, whatever their value.
  const number = /^-?\d+$/.test(text) ? Number(text) : Number.NaN
  return Number.isInteger(number) && number >= -2147483648 && number <= 2147483647 ? number : undefined
}

function int64(text: string): string | number | undefined {
  if (!/^-?\d+$/.test(text)) return undefined
  const value = BigInt(text)
  if (BigInt.asIntN(64, value) !== value) return undefined
  return Number.isSafeInteger(Number(text)) ? Number(text) : text
}

function numeric(column: ColumnDefinition, text: string): StoredValue | undefined {
  switch (column.type) {
    case 'Integer':
    case 'Picklist':
    case 'State':
    case 'Status':
      return int32(text)
    case 'BigInt':
      return int64(text)
    case 'Double':
      return Number.isFinite(Number(text)) ? Number(text) : undefined
    case 'Decimal':
    case 'Money': {
      const exact = roundDecimal(text, 20)
      return exact === undefined ? undefined : exactNumber(exact)
    }
    default:
      return undefined
  }
}

function textual(column: ColumnDefinition, text: string): StoredValue | undefined {
  switch (column.type) {
    case 'String':
    case 'Memo':
    case 'EntityName':
    case 'Image':
      return text
    case 'MultiSelectPicklist':
      return text === '' ? null : /^-?\d+(?:\s*,\s*-?\d+)*$/.test(text) ? text : undefined
    case 'DateTime':
      // A date alone is no DateTimeOffset, and a time is no Date.
      if (column.behavior === 'DateOnly') return parseDate(text)
      return text.includes('T') ? parseDateTime(text) : undefined
    case 'Uniqueidentifier':
      return isGuid(text) ? text.toLowerCase() : undefined
    default:
      return undefined
  }
}

/** A JSON value of a request body as the stored value of a column, or the payload error the service answers. */
export function payloadValue(column: ColumnDefinition, value: Json): StoredValue {
  if (column.type === 'File') throw fileNotWritable(column.logicalName)
  if (value === null) return null
  let stored: StoredValue | undefined
  if (value instanceof NumberText) stored = numeric(column, value.text)
  else if (typeof value === 'string') stored = textual(column, value)
  else if (typeof value === 'boolean' && column.type === 'Boolean') stored = value
  if (stored === undefined) throw cannotConvert(value, column)
  return stored
}
