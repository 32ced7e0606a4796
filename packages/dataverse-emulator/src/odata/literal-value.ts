import { badQuery } from '../errors.ts'
import { parseDate, parseDateTime } from '../rows/date-time.ts'
import { roundDecimal } from '../rows/decimal.ts'
import { isGuid } from '../rows/guid.ts'
import type { ColumnDefinition } from '../schema.ts'
import type { ColumnKind } from './column-kind.ts'
import { edmType } from './edm-type.ts'
import type { QueryValue } from './compare-values.ts'
import type { ComparisonOperator, Literal } from './expression.ts'

const OPERATORS: Readonly<Record<ComparisonOperator, string>> = {
  eq: 'Equal',
  ne: 'NotEqual',
  gt: 'GreaterThan',
  ge: 'GreaterThanOrEqual',
  lt: 'LessThan',
  le: 'LessThanOrEqual',
}

const LITERAL_TYPES: Readonly<Record<Literal['type'], string>> = {
  null: '<null>',
  boolean: 'Edm.Boolean',
  string: 'Edm.String',
  number: 'Edm.Int32',
  guid: 'Edm.Guid',
  date: 'Edm.Date',
  dateTime: 'Edm.DateTimeOffset',
}

/** The 400 for a comparison of types that do not compare. */
export function incompatibleTypes(left: string, right: string, operator: ComparisonOperator): Error {
  return badQuery(
    `A binary operator with incompatible types was detected. Found operand types '${left}' and '${right}' for operator kind '${OPERATORS[operator]}'.`,
  )
}

function numberType(text: string): string {
  if (/^-?\d+$/.test(text)) return 'Edm.Int32'
  return /[eEdDfF]/.test(text) ? 'Edm.Double' : 'Edm.Decimal'
}

/** A query literal as a value of the column, or the type error the service answers. */
export function literalValue(
  column: ColumnDefinition,
  kind: ColumnKind,
  literal: Literal,
  operator: ComparisonOperator,
): QueryValue {
  const { type, text } = literal
  if (type === 'null') return null
  const fits: Readonly<Record<ColumnKind, boolean>> = {
    text: type === 'string',
    number: type === 'number',
    exact: type === 'number',
    boolean: type === 'boolean',
    // The documentation writes ids in quotes as well; quoted text that is no id stays a type error.
    guid: type === 'guid' || (type === 'string' && isGuid(text)),
    dateTime: type === 'dateTime' || type === 'date',
    date: type === 'date' || type === 'dateTime',
  }
  if (!fits[kind]) {
    throw incompatibleTypes(edmType(column), type === 'number' ? numberType(text) : LITERAL_TYPES[type], operator)
  }
  if (column.type === 'MultiSelectPicklist') return choicesText(text)
  return queryValue(kind, type === 'number' ? text.replace(/[mMdDlLfF]$/, '') : text)
}

/** Several choices as they are stored: ascending, whatever the order they are asked for in. */
export function choicesText(text: string): string {
  const values = text.split(',').map((one) => Number(queryValue('number', one)))
  return values.sort((a, b) => a - b).join(',')
}

/** Text as a value of a kind of column, as in `PropertyValues`; undefined characters of a number or time are refused. */
export function queryValue(kind: ColumnKind, text: string): QueryValue {
  const value = readValue(kind, text)
  if (value === undefined) throw badQuery(`The value '${text}' is not valid for the type of the property.`)
  return value
}

/** The same, undefined where the text is no value of the kind. */
export function readValue(kind: ColumnKind, text: string): QueryValue | undefined {
  switch (kind) {
    case 'text':
      return text
    case 'number':
      return text.trim() === '' || Number.isNaN(Number(text)) ? undefined : Number(text)
    case 'exact':
      return /^-?\d+$/.test(text) ? BigInt(text) : roundDecimal(text, 20)
    case 'boolean':
      return text === 'true' || text === '1' ? true : text === 'false' || text === '0' ? false : undefined
    case 'guid':
      return isGuid(text) ? text.toLowerCase() : undefined
    case 'dateTime':
      return parseDateTime(text)
    case 'date':
      // A DateOnly column has no time of day; the instant's own date is what is compared.
      return parseDate(text) ?? parseDateTime(text)?.slice(0, 10)
  }
}
