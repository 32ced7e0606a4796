import { compareDecimals, decimalText } from '../rows/decimal.ts'
import { OutpostError } from '../errors.ts'
import { columnOf, isPolymorphic } from '../metadata.ts'
import type { ColumnMetadata, TableMetadata } from '../metadata.ts'
import { canonicalGuid, TARGET_SUFFIX } from '../row.ts'
import type { ColumnValue, Row } from '../row.ts'
import { remedyOfRule } from './rule-remedies.ts'

/** What a write is checked against besides the table's definition. */
export interface WriteRules {
  readonly kind: 'create' | 'update'
  /** The selected columns; others are neither stored nor sent. */
  readonly columns: ReadonlySet<string>
  /** The row as it is now; only for an update. */
  readonly current?: Row
  readonly id: string
}

/**
 * Checks the values of a write against the catalogue and gives them back in canonical form (GUIDs in lower case,
 * instants in UTC with whole seconds, `$table` beside every polymorphic lookup). What the master would certainly refuse
 * is refused here, with `invalid` naming table, row, column and rule.
 */
export function validateValues(
  table: TableMetadata,
  values: Readonly<Record<string, ColumnValue>>,
  rules: WriteRules,
): Row {
  const checked: Record<string, ColumnValue> = {}
  for (const [name, value] of Object.entries(values)) {
    if (name.endsWith(TARGET_SUFFIX)) {
      checkCompanion(table, name, values, rules)
      continue
    }
    // A row that is read and written back has its own id among its values.
    if (name === table.primaryId && typeof value === 'string' && canonicalGuid(value) === rules.id) continue
    const column = writableColumn(table, name, rules)
    checked[name] = value === null ? nullValue(table, column, rules) : canonicalValue(table, column, value, rules)
    if (isPolymorphic(column))
      checked[name + TARGET_SUFFIX] = value === null ? null : targetOf(table, column, values, rules)
    else if (column.targets && value !== null) targetOf(table, column, values, rules)
  }
  checkStatus(table, checked, rules)
  return checked
}

function writableColumn(table: TableMetadata, name: string, rules: WriteRules): ColumnMetadata {
  const column = columnOf(table, name)
  if (!column) throw refuse(table, name, rules, 'unknown-column', 'there is no such column')
  if (name === table.primaryId) {
    throw refuse(
      table,
      name,
      rules,
      'read-only',
      'the primary key is given as the id of the row, and cannot be another one',
    )
  }
  const writable = rules.kind === 'create' ? column.creatable : column.updatable
  if (!writable || !column.readable) throw refuse(table, name, rules, 'read-only', `it cannot be set on ${rules.kind}`)
  if (!rules.columns.has(name)) {
    throw refuse(
      table,
      name,
      rules,
      'not-selected',
      'it is not among the columns this client org keeps; select it in the configuration',
    )
  }
  if (column.type === 'file' || column.type === 'image') {
    throw refuse(table, name, rules, 'unsupported-type', `a ${column.type} column cannot be written through the outbox`)
  }
  return column
}

function nullValue(table: TableMetadata, column: ColumnMetadata, rules: WriteRules): null {
  if (column.required) throw refuse(table, column.name, rules, 'required', 'it cannot be empty')
  return null
}

function canonicalValue(
  table: TableMetadata,
  column: ColumnMetadata,
  value: Exclude<ColumnValue, null>,
  rules: WriteRules,
): ColumnValue {
  const fail = (rule: string, message: string): OutpostError => refuse(table, column.name, rules, rule, message)
  switch (column.type) {
    case 'text':
    case 'memo': {
      if (typeof value !== 'string') throw fail('value-type', `a text is needed, not ${kindOf(value)}`)
      if (column.maxLength !== undefined && value.length > column.maxLength) {
        throw fail('max-length', `${value.length} characters are more than the ${column.maxLength} allowed`)
      }
      // The master keeps no empty text, and takes the blanks off the ends of a single line.
      const isNothing = column.type === 'text' ? /^ *$/.test(value) : value === ''
      if (isNothing && column.required) throw fail('required', 'it cannot be empty')
      return value
    }
    case 'integer': {
      if (typeof value !== 'number' || !Number.isInteger(value))
        throw fail('value-type', `a whole number is needed, not ${kindOf(value)}`)
      return inRange({ min: -INT32 - 1, max: INT32, ...column }, value, fail)
    }
    case 'double': {
      if (typeof value !== 'number' || !Number.isFinite(value))
        throw fail('value-type', `a number is needed, not ${kindOf(value)}`)
      return inRange(column, value, fail)
    }
    case 'decimal':
    case 'money': {
      const exact = typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value)
      if (!exact && !(typeof value === 'number' && Number.isFinite(value))) {
        throw fail('value-type', `a number or a decimal text is needed, not ${kindOf(value)}`)
      }
      return canonicalDecimal(inRange(column, value, fail))
    }
    case 'bigint': {
      if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value)
      if (typeof value === 'string' && /^-?\d+$/.test(value)) {
        if (BigInt.asIntN(64, BigInt(value)) !== BigInt(value)) throw fail('range', `${value} needs more than 64 bits`)
        return value
      }
      throw fail('value-type', `a whole number as decimal text is needed, not ${kindOf(value)}`)
    }
    case 'boolean': {
      if (typeof value !== 'boolean') throw fail('value-type', `true or false is needed, not ${kindOf(value)}`)
      return value
    }
    case 'choice':
    case 'state':
    case 'status': {
      if (typeof value !== 'number') throw fail('value-type', `the number of an option is needed, not ${kindOf(value)}`)
      return anOption(column, value, fail)
    }
    case 'choices': {
      if (value === '' && !column.required) return null
      if (typeof value !== 'string' || !/^-?\d+(\s*,\s*-?\d+)*$/.test(value)) {
        throw fail('value-type', `option numbers separated by commas are needed, not ${kindOf(value)}`)
      }
      const options = [...new Set(value.split(',').map(Number))].toSorted((one, other) => one - other)
      for (const option of options) anOption(column, option, fail)
      return options.join(',')
    }
    case 'date': {
      if (typeof value !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(value) || !isCalendarDate(value)) {
        throw fail('value-type', `a date such as 2026-05-01 is needed, not ${kindOf(value)}`)
      }
      if (value < '1753-01-01') throw fail('range', 'the master keeps no dates before 1753-01-01')
      return value
    }
    case 'datetime':
      return canonicalInstant(column, value, fail)
    case 'lookup':
    case 'guid': {
      const id = typeof value === 'string' ? canonicalGuid(value) : null
      if (id === null) throw fail('value-type', `a GUID is needed, not ${kindOf(value)}`)
      return id
    }
    default:
      throw fail('unsupported-type', `a column of type ${column.type} cannot be written`)
  }
}

type Fail = (rule: string, message: string) => OutpostError

const INT32 = 2 ** 31 - 1

const INSTANT =
  /^(\d{4}-\d{2}-\d{2})T(?:[01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?(Z|[+-](?:0\d|1[0-3]):[0-5]\d|[+-]14:00)?$/i

function canonicalInstant(column: ColumnMetadata, value: ColumnValue, fail: Fail): string {
  const match = typeof value === 'string' ? INSTANT.exec(value) : null
  const wrong = (): OutpostError =>
    fail('value-type', `a time such as 2026-05-01T08:00:00Z is needed, not ${kindOf(value)}`)
  if (!match || typeof value !== 'string' || !isCalendarDate(match[1] ?? '')) throw wrong()
  const offset = match[4]
  if (column.clock === 'local' && offset !== undefined && offset.toUpperCase() !== 'Z') {
    throw fail('value-type', 'the column holds wall-clock times, which have no offset')
  }
  const instant = new Date(offset === undefined ? `${value}Z` : value)
  if (Number.isNaN(instant.getTime())) throw wrong()
  if (instant.getUTCFullYear() > 9999) throw fail('range', 'the master keeps no times after the year 9999')
  if (instant.getUTCFullYear() < 1753) throw fail('range', 'the master keeps no times before 1753-01-01')
  return `${instant.toISOString().slice(0, 19)}Z`
}

function isCalendarDate(text: string): boolean {
  const date = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text)
}

function inRange<T extends string | number>(
  { min, max }: Pick<ColumnMetadata, 'min' | 'max'>,
  value: T,
  fail: Fail,
): T {
  if (min !== undefined && compareDecimals(value, min) < 0)
    throw fail('range', `${value} is less than the minimum ${min}`)
  if (max !== undefined && compareDecimals(value, max) > 0)
    throw fail('range', `${value} is more than the maximum ${max}`)
  return value
}

function anOption(column: ColumnMetadata, value: number, fail: Fail): number {
  // A definition without any options does not say which there are.
  if (column.options?.length && !column.options.some((option) => option.value === value)) {
    const known = column.options.slice(0, 12).map((option) => `${option.value} (${option.label})`)
    const more = column.options.length > known.length ? ', …' : ''
    throw fail('option', `${value} is not one of its options: ${known.join(', ')}${more}`)
  }
  return value
}

/** A decimal as the client org keeps it: a number where a double is exact, decimal text without trailing zeros elsewhere. */
export function canonicalDecimal(value: string | number): string | number {
  const text = decimalText(value)
  const digits = text.replace(/[-.]/g, '').replace(/^0+/, '')
  return digits.length <= 15 ? Number(text) : text
}

function checkCompanion(
  table: TableMetadata,
  name: string,
  values: Readonly<Record<string, ColumnValue>>,
  rules: WriteRules,
): void {
  const lookup = name.slice(0, -TARGET_SUFFIX.length)
  if (!columnOf(table, lookup)?.targets)
    throw refuse(table, name, rules, 'unknown-column', `'${lookup}' is not a lookup column`)
  if (!(lookup in values)) throw refuse(table, name, rules, 'lookup-target', `it is given without '${lookup}'`)
}

function targetOf(
  table: TableMetadata,
  column: ColumnMetadata,
  values: Readonly<Record<string, ColumnValue>>,
  rules: WriteRules,
): string | null {
  const targets = column.targets ?? []
  const given = values[column.name + TARGET_SUFFIX]
  const names = targets.map((target) => target.table)
  if (given === undefined && targets.length === 1) return names[0] ?? null
  if (typeof given === 'string' && names.includes(given)) return given
  const message =
    given === undefined
      ? `it can point to ${names.join(', ')}; say which in '${column.name + TARGET_SUFFIX}'`
      : `it cannot point to ${JSON.stringify(given)}, only to ${names.join(', ')}`
  throw refuse(table, column.name, rules, 'lookup-target', message)
}

/** A status belongs to one state: to the state that is written with it, else to the one the row is in. */
function checkStatus(table: TableMetadata, values: Row, rules: WriteRules): void {
  const written = Object.keys(values).find((name) => columnOf(table, name)?.type === 'status')
  const status = written === undefined ? undefined : columnOf(table, written)
  const state = status && table.columns.find((column) => column.type === 'state')
  if (!status || !state) return
  const value = values[status.name]
  const stateValue =
    values[state.name] ?? rules.current?.[state.name] ?? (rules.kind === 'create' ? initialState(state) : null)
  const option = status.options?.find((candidate) => candidate.value === value)
  if (typeof value !== 'number' || typeof stateValue !== 'number' || option?.state === undefined) return
  if (option.state !== stateValue) {
    const fitting = status.options
      ?.filter((candidate) => candidate.state === stateValue)
      .map((candidate) => candidate.value)
    const message = `${value} (${option.label}) belongs to state ${option.state}, the row is in state ${stateValue}`
    throw refuse(
      table,
      status.name,
      rules,
      'status-of-state',
      `${message}; statuses of that state: ${fitting?.join(', ')}`,
    )
  }
}

/** The state of a new row that does not name any: the active one, which comes first. */
function initialState(state: ColumnMetadata): number | null {
  const values = (state.options ?? []).map((option) => option.value)
  return values.includes(0) ? 0 : (values[0] ?? null)
}

function kindOf(value: ColumnValue): string {
  return typeof value === 'string'
    ? JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)
    : String(value)
}

function refuse(table: TableMetadata, column: string, rules: WriteRules, rule: string, message: string): OutpostError {
  return new OutpostError('invalid', `${rules.kind} of ${table.name} ${rules.id}: column '${column}': ${message}`, {
    place: { table: table.name, row: rules.id, column, rule },
    ...remedyOfRule(rule),
  })
}
