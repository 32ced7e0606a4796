import { badPayload, WebApiError } from '../errors.ts'
import { fileNotWritable } from '../files/file-errors.ts'
import { NumberText } from '../json/read.ts'
import type { Json } from '../json/read.ts'
import { edmType } from '../odata/edm-type.ts'
import type { ColumnDefinition, DateTimeBehavior, StoredValue } from '../schema.ts'
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
      return dateTime(column.behavior, text)
    case 'Uniqueidentifier':
      return guid(text)
    // The reader of the service converts text to all types but those that take text under IEEE754Compatible only.
    case 'Integer':
    case 'Picklist':
    case 'State':
    case 'Status':
      return int32(text.trim())
    case 'Double':
      return text.trim() === '' || !Number.isFinite(Number(text)) ? undefined : Number(text)
    case 'Boolean':
      return /^\s*(?:true|false)\s*$/i.test(text) ? text.trim().toLowerCase() === 'true' : undefined
    case 'BigInt':
    case 'Decimal':
    case 'Money':
      throw badPayload(
        `Cannot convert a value to target type '${edmType(column)}' because of conflict between input format string/number and parameter 'IEEE754Compatible' false/true.`,
      )
    default:
      return undefined
  }
}

function guid(text: string): string | undefined {
  const digits = /^(?:\{(.*)\}|\((.*)\))$/.exec(text)
  const bare = digits?.[1] ?? digits?.[2] ?? text
  const dashed = bare.replace(/^(.{8})(.{4})(.{4})(.{4})([\da-f]{12})$/i, '$1-$2-$3-$4-$5')
  return isGuid(dashed) ? dashed.toLowerCase() : undefined
}

/** A date alone is no DateTimeOffset, and a time is no Date. */
function dateTime(behavior: DateTimeBehavior, text: string): StoredValue | undefined {
  const parse =
    behavior === 'DateOnly' ? parseDate : (one: string) => (one.includes('T') ? parseDateTime(one) : undefined)
  const parsed = parse(text)
  if (parsed !== undefined || !/^\d{4}-/.test(text) || text >= '1753') return parsed
  const [year, rest] = [text.slice(0, 4), parse(`2000${text.slice(4)}`)]
  if (rest === undefined) return undefined
  const actual = `${rest.slice(5, 7)}/${rest.slice(8, 10)}/${year} ${rest.slice(11, 19) || '00:00:00'}`
  throw new WebApiError(
    400,
    '0x80040239',
    `DateTime is less than minumum value supported by CrmDateTime. Actual value: ${actual}, Minimum value supported: 01/01/1753 00:00:00`,
  )
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
