import { OutpostError } from '../errors.ts'
import { columnOf } from '../metadata.ts'
import type { ColumnMetadata, ColumnType, TableMetadata } from '../metadata.ts'
import { TARGET_SUFFIX } from '../row.ts'
import { remedyOfRule } from '../write/rule-remedies.ts'
import { parseFilter } from './parse.ts'
import type { Filter, FilterValue, ValueOrder } from './filter.ts'

const TEXT: ReadonlySet<ColumnType> = new Set(['text', 'memo'])
const NUMBERS: ReadonlySet<ColumnType> = new Set([
  'integer',
  'bigint',
  'decimal',
  'double',
  'money',
  'choice',
  'state',
  'status',
])
const DATES: ReadonlySet<ColumnType> = new Set(['datetime', 'date'])
const IDS: ReadonlySet<ColumnType> = new Set(['lookup', 'guid', 'file'])

/**
 * Parses a filter and checks it against the table: every column exists and is readable, every literal suits its column.
 * Throws `invalid` naming the table, the column, the rule and the position.
 */
export function parseTableFilter(text: string, table: TableMetadata, what = 'filter'): Filter {
  return bind(parsed(text, table, what), table, text, what)
}

/** The parser knows no tables: its errors get their place here. */
function parsed(text: string, table: TableMetadata, what: string): Filter {
  try {
    return parseFilter(text)
  } catch (error) {
    if (!(error instanceof OutpostError)) throw error
    const words = error.message.replace(`[${error.code}] filter: `, '')
    throw new OutpostError(error.code, `${what} of table '${table.name}': ${words}`, {
      cause: error,
      place: { ...error.place, table: table.name },
      ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
    })
  }
}

/** The columns a filter looks at. */
export function columnsOfFilter(filter: Filter): readonly string[] {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return [...new Set(filter.parts.flatMap(columnsOfFilter))]
    case 'not':
      return columnsOfFilter(filter.part)
    case 'compare-columns':
      return [filter.column, filter.other]
    default:
      return [filter.column]
  }
}

function bind(filter: Filter, table: TableMetadata, text: string, what: string): Filter {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return { ...filter, parts: filter.parts.map((part) => bind(part, table, text, what)) }
    case 'not':
      return { ...filter, part: bind(filter.part, table, text, what) }
    case 'compare-columns': {
      const as = valueOrder(known(filter.column, filter.position))
      if (valueOrder(known(filter.other, filter.rightPosition ?? filter.position)) !== as) {
        const message = `columns '${filter.column}' and '${filter.other}' cannot be compared`
        throw refuse('value-type', message, filter.other, filter.rightPosition ?? filter.position)
      }
      return { ...filter, as }
    }
    case 'compare': {
      const column = known(filter.column, filter.position)
      if (column && !suits(filter.value, column)) {
        const wanted = `the ${filter.value.type} ${JSON.stringify(filter.value.value)} does not suit a ${column.type} column`
        throw refuse(
          'value-type',
          `${wanted}; write ${example(column)}`,
          filter.column,
          filter.rightPosition ?? filter.position,
        )
      }
      return filter
    }
    case 'text': {
      const column = known(filter.column, filter.position)
      if (column && !TEXT.has(column.type)) {
        throw refuse('value-type', `${filter.function} needs a text column`, filter.column, filter.position)
      }
      return filter
    }
    case 'function': {
      const column = known(filter.column, filter.position)
      if (column && filter.function.endsWith('EqualUserId') && !IDS.has(column.type)) {
        throw refuse('value-type', `${filter.function} needs a lookup column`, filter.column, filter.position)
      }
      return { ...filter, as: valueOrder(column) }
    }
  }

  function known(name: string, position: number): ColumnMetadata | undefined {
    if (name.endsWith(TARGET_SUFFIX)) return undefined
    const column = columnOf(table, name)
    if (!column?.readable) {
      throw refuse('unknown-column', `table '${table.name}' has no column '${name}' that can be read`, name, position)
    }
    return column
  }

  function refuse(rule: string, message: string, column: string, position: number): OutpostError {
    return new OutpostError(
      'invalid',
      `${what} of table '${table.name}': ${message} (position ${position} in "${text}")`,
      {
        place: { table: table.name, column, rule, position },
        ...remedyOfRule(rule),
      },
    )
  }
}

function valueOrder(column: ColumnMetadata | undefined): ValueOrder {
  if (!column) return 'text'
  if (NUMBERS.has(column.type)) return 'number'
  if (column.type === 'datetime') return 'instant'
  return column.type === 'boolean' ? 'boolean' : 'text'
}

function suits(value: FilterValue, column: ColumnMetadata): boolean {
  switch (value.type) {
    case 'null':
      return true
    case 'boolean':
      return column.type === 'boolean'
    case 'number':
      return NUMBERS.has(column.type)
    case 'guid':
      return IDS.has(column.type)
    case 'date':
      return DATES.has(column.type)
    case 'text':
      return TEXT.has(column.type) || column.type === 'choices' || column.type === 'other'
  }
}

function example(column: ColumnMetadata): string {
  if (TEXT.has(column.type)) return "a text in single quotes, such as 'Contoso'"
  if (NUMBERS.has(column.type)) return 'a number, such as 5'
  if (DATES.has(column.type))
    return column.type === 'date' ? 'a date, such as 2026-05-01' : 'an instant, such as 2026-05-01T08:00:00Z'
  if (column.type === 'boolean') return 'true or false'
  if (IDS.has(column.type)) return 'a GUID without quotes'
  return 'null'
}
