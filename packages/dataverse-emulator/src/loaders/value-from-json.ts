import { NumberText } from '../json/read.ts'
import type { Json } from '../json/read.ts'
import type { ColumnDefinition, StoredValue } from '../schema.ts'

const GUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/
const DATE = /^(\d{4}-\d\d-\d\d)(?:T00:00:00(?:\.0+)?Z?)?$/
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?$/

/** The stored form of a value as rows have it on the wire; a RangeError says what is wrong with it. */
export function valueFromJson(column: ColumnDefinition, json: Json): StoredValue {
  if (json === null) return null
  switch (column.type) {
    case 'String':
    case 'Memo':
      return textFrom(json)
    case 'EntityName':
      return json instanceof NumberText ? json.text : textFrom(json)
    case 'MultiSelectPicklist':
      return optionsFrom(textFrom(json))
    case 'Boolean':
      if (typeof json !== 'boolean') throw new RangeError('takes true or false')
      return json
    case 'Integer':
    case 'Picklist':
    case 'State':
    case 'Status':
      return wholeFrom(json)
    case 'BigInt':
      return exactFrom(json, /^-?\d+$/)
    case 'Double':
      return Number(exactFrom(json, /^-?\d/))
    case 'Decimal':
    case 'Money':
      return exactFrom(json, /^-?\d/)
    case 'DateTime':
      return column.behavior === 'DateOnly' ? dateFrom(textFrom(json)) : momentFrom(textFrom(json))
    case 'Lookup':
    case 'Customer':
    case 'Owner':
    case 'Uniqueidentifier':
    case 'File':
      return guidFrom(textFrom(json))
    case 'Image':
      throw new RangeError('holds an image, which is not loaded with rows')
    case 'PartyList':
    case 'Virtual':
      throw new RangeError('is no column with a value of its own')
  }
}

function textFrom(json: Json): string {
  if (typeof json !== 'string') throw new RangeError('takes a text')
  return json
}

function wholeFrom(json: Json): number {
  const number = json instanceof NumberText ? Number(json.text) : Number.NaN
  if (!Number.isInteger(number)) throw new RangeError('takes a whole number')
  return number
}

// Wide numbers may have been written as text.
function exactFrom(json: Json, shape: RegExp): number | string {
  const text = json instanceof NumberText ? json.text : typeof json === 'string' ? json : ''
  const number = Number(text)
  if (!shape.test(text) || Number.isNaN(number)) throw new RangeError('takes a number')
  return Number.isSafeInteger(number) || plain(number) === trimmed(text) ? number : text
}

function plain(number: number): string {
  return trimmed(String(number))
}

function trimmed(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text
}

function dateFrom(text: string): string {
  const date = DATE.exec(text)?.[1]
  if (date === undefined || Number.isNaN(Date.parse(date))) throw new RangeError('takes a date as 2025-01-31')
  return date
}

function momentFrom(text: string): string {
  const whole = /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text
  const zoned = /(?:Z|[+-]\d\d:\d\d)$/.test(whole) ? whole : `${whole}Z`
  const time = MOMENT.test(whole) ? Date.parse(zoned) : Number.NaN
  if (Number.isNaN(time)) throw new RangeError('takes a time as 2025-01-31T12:00:00Z')
  return `${new Date(time).toISOString().slice(0, 19)}Z`
}

function optionsFrom(text: string): string | null {
  if (text.trim() === '') return null
  const values = text.split(',').map((one) => Number(one.trim()))
  if (values.some((one) => !Number.isInteger(one))) throw new RangeError('takes options as "1,2,3"')
  return [...new Set(values)].sort((a, b) => a - b).join(',')
}

function guidFrom(text: string): string {
  const id = text.toLowerCase()
  if (!GUID.test(id)) throw new RangeError('takes a guid')
  return id
}
