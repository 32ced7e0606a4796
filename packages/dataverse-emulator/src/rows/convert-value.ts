import type { ColumnDefinition, StoredValue } from '../schema.ts'
import { WebApiError } from '../errors.ts'
import { checkValue } from './check-value.ts'

/** A value of a column as a value of the column that takes its place; null where the new type cannot hold it. */
export function convertValue(before: ColumnDefinition, after: ColumnDefinition, value: StoredValue): StoredValue {
  const raw = value === null ? null : converted(after, before, value)
  if (raw === null) return null
  try {
    return checkValue(after, raw, '', 4)
  } catch (error) {
    // Too long, out of range, no option: what a client would be refused cannot be kept either.
    if (error instanceof WebApiError) return null
    throw error
  }
}

function converted(after: ColumnDefinition, before: ColumnDefinition, value: NonNullable<StoredValue>): StoredValue {
  switch (after.type) {
    case 'String':
    case 'Memo':
      return String(value)
    case 'Integer':
    case 'Picklist':
      return whole(value)
    case 'BigInt':
      return whole(value) === null ? null : value
    case 'Decimal':
    case 'Double':
    case 'Money':
      return /^-?\d+(?:\.\d+)?$/.test(String(value)) && typeof value !== 'boolean' ? value : null
    case 'Boolean':
      if (typeof value === 'boolean') return value
      return /^(?:true|false)$/i.test(String(value)) ? String(value).toLowerCase() === 'true' : null
    case 'MultiSelectPicklist':
      return /^\d+(?:,\d+)*$/.test(String(value)) ? String(value) : null
    case 'DateTime':
      return moment(String(value), after.behavior === 'DateOnly')
    case 'Uniqueidentifier':
      return before.type === 'Lookup' || before.type === 'Customer' || before.type === 'Owner' ? value : null
    default:
      return null
  }
}

function whole(value: NonNullable<StoredValue>): number | null {
  return typeof value !== 'boolean' && /^-?\d{1,15}$/.test(String(value)) ? Number(value) : null
}

function moment(text: string, dateOnly: boolean): string | null {
  if (!/^\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\dZ)?$/.test(text)) return null
  const date = text.slice(0, 10)
  if (dateOnly) return date
  return text.length === 10 ? `${date}T00:00:00Z` : text
}
