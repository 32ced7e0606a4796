import type { ColumnMetadata } from '../metadata.ts'
import { compareDecimals, decimalText } from '../rows/decimal.ts'
import type { ColumnValue } from '../row.ts'

/**
 * A value that was written for a column of the kind `from`, as the column takes it now; undefined where it would not be
 * the same value any more.
 *
 * Only what cannot be misunderstood is carried over: whole numbers and decimals into one another where no digit is lost,
 * one choice into several, texts of one line and of many, a reference whose table is still among those it may lead to
 * (`pointsTo` names it where there were several). A text that looks like a number, a date or an option stays what it was:
 * a person decides.
 */
export function carryOver(
  value: ColumnValue,
  from: string,
  column: ColumnMetadata,
  pointsTo?: ColumnValue,
): { readonly value: ColumnValue; readonly target?: string } | undefined {
  if (value === null) return { value }
  const { type } = column
  if ((from === 'text' || from === 'memo') && (type === 'text' || type === 'memo')) return { value }
  if (NUMBERS.has(from) && NUMBERS.has(type)) return carriedNumber(value, column)
  if (from === 'choice' && type === 'choices') return { value: String(value) }
  if (from.startsWith('lookup ') && type === 'lookup') {
    const target = from === 'lookup *' ? pointsTo : from.slice('lookup '.length)
    if (typeof target !== 'string') return undefined
    const isStill = column.targets?.some(({ table }) => table === target) ?? false
    return isStill ? { value, target } : undefined
  }
  return undefined
}

const NUMBERS: ReadonlySet<string> = new Set(['integer', 'bigint', 'decimal', 'double', 'money'])

function carriedNumber(value: ColumnValue, { type, precision }: ColumnMetadata): { value: ColumnValue } | undefined {
  if (typeof value !== 'number' && typeof value !== 'string') return undefined
  const text = decimalText(value)
  if (text === '') return undefined
  const digits = text.split('.')[1]?.replace(/0+$/, '').length ?? 0
  if (type === 'integer' || type === 'bigint') {
    if (digits > 0) return undefined
    const whole = text.split('.')[0] ?? text
    return { value: type === 'bigint' ? whole : Number(whole) }
  }
  if (precision !== undefined && digits > precision) return undefined
  if (type !== 'double') return { value }
  const number = Number(text)
  return Number.isFinite(number) && compareDecimals(number, text) === 0 ? { value: number } : undefined
}
