import { OutpostError } from '../errors.ts'
import { columnOf } from '../metadata.ts'
import type { ColumnMetadata, ColumnType, TableMetadata } from '../metadata.ts'
import { TARGET_SUFFIX } from '../row.ts'
import { remedyOfRule } from '../write/rule-remedies.ts'
import { decimalText } from '../rows/decimal.ts'
import { canonicalGuid } from '../row.ts'
import { readTime } from './dates.ts'
import { withoutNegatedFunctions } from './negate.ts'
import { parseFilter } from './parse.ts'
import { QUERY_FUNCTIONS } from './query-functions.ts'
import type { QueryFunctionKind } from './query-functions.ts'
import type { ComparisonOperator, Filter, FilterValue, ValueOrder } from './filter.ts'

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
const ORDERED: ReadonlySet<ColumnType> = new Set([
  'integer',
  'bigint',
  'decimal',
  'double',
  'money',
  'datetime',
  'date',
  'text',
  'memo',
])

/**
 * Parses a filter and checks it against the table: every column exists and is readable, every literal suits its column.
 * Throws `invalid` naming the table, the column, the rule and the position.
 */
export function parseTableFilter(text: string, table: TableMetadata, what = 'filter'): Filter {
  return bind(parsed(text, table, what), table, text, what)
}

/**
 * The same for a filter that the master is asked to evaluate: what cannot be said to it is refused, too (`not` before a
 * function without an opposite, the companion column of a polymorphic lookup).
 */
export function parseMasterFilter(text: string, table: TableMetadata, what = 'sync filter'): Filter {
  const filter = parseTableFilter(text, table, what)
  const companion = columnsOfFilter(filter).find((column) => column.endsWith(TARGET_SUFFIX))
  if (companion !== undefined) {
    throw new OutpostError('invalid', `${what} of table '${table.name}': the master cannot filter by '${companion}'`, {
      place: { table: table.name, rule: 'unknown-column', column: companion },
    })
  }
  inTable(table, what, () => withoutNegatedFunctions(filter))
  return filter
}

/** The parser knows no tables: its errors get their place here. */
function parsed(text: string, table: TableMetadata, what: string): Filter {
  return inTable(table, what, () => parseFilter(text))
}

function inTable<T>(table: TableMetadata, what: string, body: () => T): T {
  try {
    return body()
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
      const [left, right] = [
        valueOrder(known(filter.column, filter.position)),
        valueOrder(known(filter.other, filter.rightPosition ?? filter.position)),
      ]
      if (KINDS[left] !== KINDS[right] || (left === 'choices' && isOrdering(filter.operator))) {
        const message = `columns '${filter.column}' and '${filter.other}' cannot be compared`
        throw refuse('value-type', message, filter.other, filter.rightPosition ?? filter.position)
      }
      return { ...filter, as: left }
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
      if (column?.type === 'choices' && isOrdering(filter.operator)) {
        const message = `choices have no order: '${filter.operator}' does not suit a choices column`
        throw refuse('value-type', message, filter.column, filter.position)
      }
      return { ...filter, as: valueOrder(column) }
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
      const kind = QUERY_FUNCTIONS[filter.function]
      if (column && !takes(kind.columns, column)) {
        const wanted = `${filter.function} needs ${COLUMN_WORDS[kind.columns]}`
        throw refuse('value-type', `${wanted}, not a ${column.type} column`, filter.column, filter.position)
      }
      if (column && kind.values !== 'count') checkArguments(filter, column)
      return { ...filter, as: valueOrder(column) }
    }
  }

  function checkArguments(filter: Extract<Filter, { kind: 'function' }>, column: ColumnMetadata): void {
    const wrong = filter.values.findIndex((value) => !isArgument(value, column))
    if (wrong === -1) return
    const message = `the value ${JSON.stringify(filter.values[wrong])} does not suit a ${column.type} column`
    const position = filter.valuePositions?.[wrong] ?? filter.position
    throw refuse('value-type', message, filter.column, position)
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

function isOrdering(operator: ComparisonOperator): boolean {
  return operator !== 'eq' && operator !== 'ne'
}

/** Orders that can be compared with one another. */
const KINDS: Readonly<Record<ValueOrder, string>> = {
  text: 'text',
  choices: 'text',
  number: 'number',
  instant: 'time',
  wall: 'time',
  date: 'date',
  boolean: 'boolean',
  guid: 'guid',
}

function valueOrder(column: ColumnMetadata | undefined): ValueOrder {
  if (!column) return 'text'
  if (NUMBERS.has(column.type)) return 'number'
  if (IDS.has(column.type)) return 'guid'
  if (column.type === 'datetime') return column.clock === 'local' ? 'wall' : 'instant'
  if (column.type === 'date' || column.type === 'boolean' || column.type === 'choices') return column.type
  return 'text'
}

const COLUMN_WORDS: Readonly<Record<QueryFunctionKind['columns'], string>> = {
  any: 'a column with single values (for choices there is ContainValues)',
  ordered: 'a number, a date or a text',
  ids: 'a lookup column',
  choices: 'a choices column',
  dates: 'a date column',
  times: 'a date column with a time of day',
}

function takes(columns: QueryFunctionKind['columns'], { type }: ColumnMetadata): boolean {
  switch (columns) {
    case 'any':
      return type !== 'choices'
    case 'ordered':
      return ORDERED.has(type)
    case 'ids':
      return type === 'lookup' || type === 'guid'
    case 'choices':
      return type === 'choices'
    case 'dates':
      return DATES.has(type)
    case 'times':
      return type === 'datetime'
  }
}

/** Whether the text of a function's argument is a value of the column. */
function isArgument(text: string, column: ColumnMetadata): boolean {
  if (column.type === 'choices') return /^\s*-?\d+\s*$/.test(text)
  if (NUMBERS.has(column.type)) return decimalText(text) !== null && decimalText(text) !== ''
  if (DATES.has(column.type)) return readTime(text) !== null
  if (IDS.has(column.type)) return canonicalGuid(text) !== null
  return column.type !== 'boolean' || ['true', 'false', '1', '0'].includes(text)
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
      if (column.type === 'choices') return /^\s*-?\d+\s*(,\s*-?\d+\s*)*$/.test(String(value.value))
      return TEXT.has(column.type) || column.type === 'other'
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
