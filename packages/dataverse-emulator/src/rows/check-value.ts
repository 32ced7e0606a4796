import { WebApiError } from '../errors.ts'
import type { ChoiceOption, ColumnDefinition, StoredValue } from '../schema.ts'
import { compareDecimals, roundDecimal } from './decimal.ts'

const TWO_SPACES = 'A validation error occurred.  '

function outOfRange(code: string, column: string, table: string): WebApiError {
  return new WebApiError(
    400,
    code,
    `${TWO_SPACES}The value of '${column}' on record of type '${table}' is outside the valid range.`,
  )
}

function checkOption(options: readonly ChoiceOption[], value: number, column: string, table: string): void {
  // A document of a schema may leave the options out: then nobody knows which there are.
  if (options.length === 0 || options.some((option) => option.value === value)) return
  const accepted = options.map((option) => option.value).join(',')
  throw new WebApiError(
    400,
    '0x8004431a',
    `${TWO_SPACES}The value ${value} of '${column}' on record of type '${table}' is outside the valid range. Accepted Values: ${accepted}`,
  )
}

function checkLength(text: string, maxLength: number, column: string, table: string): void {
  if (text.length <= maxLength) return
  throw new WebApiError(
    400,
    '0x80044331',
    `${TWO_SPACES}The length of the '${column}' attribute of the '${table}' entity exceeded the maximum allowed length of '${maxLength}'.`,
  )
}

/** Decimal text as a number where a double holds it exactly, as text otherwise. */
export function exactNumber(text: string): number | string {
  const number = Number(text)
  return compareDecimals(roundDecimal(String(number), 20) ?? '0', text) === 0 ? number : text
}

function decimal(
  column: ColumnDefinition & { readonly min: number; readonly max: number },
  value: StoredValue,
  scale: number,
  table: string,
): number | string {
  const text = roundDecimal(String(value), 20)
  const outside =
    text === undefined || compareDecimals(text, String(column.min)) < 0 || compareDecimals(text, String(column.max)) > 0
  if (outside) throw outOfRange('0x80044330', column.logicalName, table)
  return exactNumber(roundDecimal(text, scale) ?? '0')
}

/**
 * Checks a value against the rules of its column and gives what is stored: rounded to the column's precision, choices
 * in ascending order. `moneyScale` is the precision Money takes from the currency.
 */
export function checkValue(
  column: ColumnDefinition,
  value: StoredValue,
  table: string,
  moneyScale: number,
): StoredValue {
  if (value === null) return null
  const name = column.logicalName
  switch (column.type) {
    case 'String':
    case 'Memo':
      checkLength(String(value), column.maxLength, name, table)
      // An empty text is stored as no value.
      return value === '' ? null : value
    case 'Integer':
      if (Number(value) < column.min || Number(value) > column.max) throw outOfRange('0x8004432f', name, table)
      return value
    case 'Picklist':
    case 'State':
    case 'Status':
      checkOption(column.options, Number(value), name, table)
      return value
    case 'MultiSelectPicklist': {
      const values = String(value)
        .split(',')
        .map((one) => Number(one.trim()))
      for (const one of values) checkOption(column.options, one, name, table)
      return [...new Set(values)].sort((a, b) => a - b).join(',')
    }
    case 'Decimal':
    case 'Double':
      return column.type === 'Double'
        ? Number(decimal(column, value, column.precision, table))
        : decimal(column, value, column.precision, table)
    case 'Money':
      return decimal(column, value, column.precisionSource === 2 ? moneyScale : column.precision, table)
    default:
      return value
  }
}
