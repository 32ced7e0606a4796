import { isJsonArray, isJsonObject, NumberText } from '../json/read.ts'
import type { Json } from '../json/read.ts'
import { parseDate, parseDateTime } from '../rows/date-time.ts'
import { isGuid } from '../rows/guid.ts'

const COLLECTION = /^Collection\((.+)\)$/

function isInteger(value: Json, bits: 16 | 32 | 64): boolean {
  if (!(value instanceof NumberText) || !/^-?\d+$/.test(value.text)) return false
  const number = BigInt(value.text)
  return BigInt.asIntN(bits, number) === number
}

/** Whether a value of a call is one of a declared type: `Edm.Int32`, `Collection(mscrm.account)`. */
export function fitsType(value: Json, type: string): boolean {
  const member = COLLECTION.exec(type)?.[1]
  if (member !== undefined) return isJsonArray(value) && value.every((one) => fitsType(one, member))
  switch (type) {
    case 'Edm.String':
      return typeof value === 'string'
    case 'Edm.Boolean':
      return typeof value === 'boolean'
    case 'Edm.Int16':
      return isInteger(value, 16)
    case 'Edm.Int32':
      return isInteger(value, 32)
    case 'Edm.Int64':
      return isInteger(value, 64)
    case 'Edm.Decimal':
    case 'Edm.Double':
      return value instanceof NumberText
    case 'Edm.Guid':
      return typeof value === 'string' && isGuid(value)
    case 'Edm.DateTimeOffset':
      return typeof value === 'string' && value.includes('T') && parseDateTime(value) !== undefined
    case 'Edm.Date':
      return typeof value === 'string' && parseDate(value) !== undefined
    case 'Edm.Binary':
      return typeof value === 'string' && /^[A-Za-z\d+/_-]*={0,2}$/.test(value)
    default:
      // A complex type or a row is an object; an enumeration is the name of its member, or its number in a body.
      return isJsonObject(value) || typeof value === 'string' || isInteger(value, 32)
  }
}

/** A value as it stood in the call, for messages. */
export function written(value: Json): string {
  if (value instanceof NumberText) return value.text
  if (typeof value === 'string') return value
  return value === null || typeof value === 'boolean' ? String(value) : isJsonArray(value) ? '[…]' : '{…}'
}
