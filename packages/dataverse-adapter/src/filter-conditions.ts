import {
  type ColumnMetadata,
  type Filter,
  OutpostError,
  type TableMetadata,
  withoutNegatedFunctions,
} from '@outpost/core'
import { type FetchElement, fetchCondition, fetchElement, fetchFilter } from './fetch-element.ts'
import { FETCH_OPERATORS } from './fetch-operators.ts'
import { readableColumn } from './wire-table.ts'

/**
 * The filter as FetchXML conditions that are true of exactly the rows of which `filterText` is. Throws `invalid`, with the
 * place, for a column that the table does not have or that cannot be read.
 *
 * FetchXML has no `not`, so it goes down to the comparisons; and because databases and Dataverse disagree on whether
 * `ne 'x'` is true of a null, each condition says itself what becomes of nulls.
 */
export function filterConditions(table: TableMetadata, filter: Filter): FetchElement {
  return conditions(table, withoutNegatedFunctions(filter), true)
}

/** Conditions that are true where the filter is true; where it is false, when that is `wanted`. */
function conditions(table: TableMetadata, filter: Filter, wanted: boolean): FetchElement {
  switch (filter.kind) {
    case 'and':
    case 'or': {
      if (filter.parts.length === 0) {
        throw new OutpostError('invalid', `an empty "${filter.kind}" in the filter of table "${table.name}"`, {
          place: { table: table.name, rule: 'filter-empty', position: filter.position },
        })
      }
      const parts = filter.parts.map((part) => conditions(table, part, wanted))
      return fetchFilter((filter.kind === 'and') === wanted ? 'and' : 'or', parts)
    }
    case 'not':
      return conditions(table, filter.part, !wanted)
    case 'compare':
      return comparison(table, filter, wanted ? filter.operator : OPPOSITE[filter.operator])
    case 'compare-columns':
      return columnComparison(table, filter, wanted ? filter.operator : OPPOSITE[filter.operator])
    case 'text': {
      const { name } = readableColumn(table, filter.column, filter.position)
      const before = filter.function === 'startswith' ? '' : '%'
      const after = filter.function === 'endswith' ? '' : '%'
      const like = fetchCondition(name, wanted ? 'like' : 'not-like', [before + filter.value + after])
      return wanted ? like : fetchFilter('and', [like, fetchCondition(name, 'not-null')])
    }
    case 'function':
      return queryFunction(table, filter)
  }
}

type Comparison = Extract<Filter, { kind: 'compare' }>
type Operator = Comparison['operator']

const OPPOSITE: Readonly<Record<Operator, Operator>> = {
  eq: 'ne',
  ne: 'eq',
  gt: 'le',
  ge: 'lt',
  lt: 'ge',
  le: 'gt',
}

function comparison(table: TableMetadata, filter: Comparison, operator: Operator): FetchElement {
  const column = readableColumn(table, filter.column, filter.position)
  const { value } = filter.value
  if (value === null) {
    if (operator === 'eq') return fetchCondition(column.name, 'null')
    return operator === 'ne' ? fetchCondition(column.name, 'not-null') : never(table)
  }
  if (typeof value === 'boolean' && operator !== 'eq' && operator !== 'ne')
    return truthComparison(table, column, operator, value)
  if (filter.value.type !== 'date') return compared(column, operator, valueText(value))
  const { text, cut } = dateText(column, String(value))
  if (!cut) return compared(column, operator, text)
  // Rows hold whole seconds: nothing equals a time between two of them, and what is later than it is later than both.
  switch (operator) {
    case 'eq':
      return never(table)
    case 'ne':
      return fetchCondition(table.primaryId, 'not-null')
    case 'gt':
    case 'ge':
      return compared(column, 'gt', text)
    case 'lt':
    case 'le':
      return compared(column, 'le', text)
  }
}

function compared({ name }: ColumnMetadata, operator: Operator, value: string): FetchElement {
  const condition = fetchCondition(name, operator, [value])
  return operator === 'ne' ? orNull(name, condition) : condition
}

/** FetchXML knows no order of truth values: those that come before or after are named. */
function truthComparison(
  table: TableMetadata,
  { name }: ColumnMetadata,
  operator: Order,
  value: boolean,
): FetchElement {
  const wanted = TRUTHS.filter((one) => isInOrder(one, operator, value))
  if (wanted.length === 0) return never(table)
  return wanted.length === 1 ? fetchCondition(name, 'eq', wanted.map(valueText)) : fetchCondition(name, 'not-null')
}

type Order = Exclude<Operator, 'eq' | 'ne'>

const TRUTHS: readonly boolean[] = [false, true]

function isInOrder(one: boolean, operator: Order, other: boolean): boolean {
  if (one === other) return operator === 'ge' || operator === 'le'
  return one === (operator === 'gt' || operator === 'ge')
}

function valueText(value: string | number | boolean): string {
  return typeof value === 'boolean' ? (value ? '1' : '0') : String(value)
}

/** A time without an offset would be taken for the user's own; `$filter` takes it for UTC. `cut`: it had a fraction. */
function dateText(column: ColumnMetadata, text: string): { readonly text: string; readonly cut: boolean } {
  const dayOnly = /^\d{4}-\d{2}-\d{2}$/.test(text)
  if (column.type === 'date') return { text: dayOnly ? text : utc(text).slice(0, 10), cut: false }
  return { text: dayOnly ? `${text}T00:00:00Z` : utc(text), cut: /\.0*[1-9]/.test(text) }
}

function utc(text: string): string {
  const time = Date.parse(/(?:Z|[+-]\d{2}:?\d{2})$/i.test(text) ? text : `${text}Z`)
  return Number.isNaN(time) ? text : new Date(time).toISOString().replace(/\.\d+Z$/, 'Z')
}

/** To `$filter`, two columns without a value are equal, and one without is not equal to one with. */
function columnComparison(
  table: TableMetadata,
  filter: Extract<Filter, { kind: 'compare-columns' }>,
  operator: Operator,
): FetchElement {
  const { name, type } = readableColumn(table, filter.column, filter.position)
  const other = readableColumn(table, filter.other, filter.position).name
  if (type === 'boolean' && operator !== 'eq' && operator !== 'ne') {
    const pairs = TRUTHS.flatMap((one) => TRUTHS.map((second) => [one, second] as const))
    const both = ([one, second]: readonly [boolean, boolean]): FetchElement =>
      fetchFilter('and', [
        fetchCondition(name, 'eq', [valueText(one)]),
        fetchCondition(other, 'eq', [valueText(second)]),
      ])
    return fetchFilter('or', pairs.filter(([one, second]) => isInOrder(one, operator, second)).map(both))
  }
  const condition = fetchElement('condition', { attribute: name, operator, valueof: other })
  const nulls = (one: boolean, second: boolean): FetchElement =>
    fetchFilter('and', [
      fetchCondition(name, one ? 'null' : 'not-null'),
      fetchCondition(other, second ? 'null' : 'not-null'),
    ])
  if (operator === 'eq') return fetchFilter('or', [condition, nulls(true, true)])
  return operator === 'ne' ? fetchFilter('or', [condition, nulls(true, false), nulls(false, true)]) : condition
}

function queryFunction(table: TableMetadata, filter: Extract<Filter, { kind: 'function' }>): FetchElement {
  const { name } = readableColumn(table, filter.column, filter.position)
  const condition = listed(name, FETCH_OPERATORS[filter.function], filter.values)
  if (WITHOUT_VALUE_TOO.has(filter.function)) return orNull(name, condition)
  return filter.function === 'NotBetween'
    ? fetchFilter('and', [condition, fetchCondition(name, 'not-null')])
    : condition
}

/** Operators that take a list have their values in elements, even a single one. */
function listed(name: string, operator: string, values: readonly string[]): FetchElement {
  const condition = fetchCondition(name, operator, values)
  const { value, ...attributes } = condition.attributes
  if (value === undefined || !LISTS.has(operator)) return condition
  return fetchElement('condition', attributes, [{ ...fetchElement('value'), text: value }])
}

const LISTS: ReadonlySet<string> = new Set(['in', 'not-in', 'contain-values', 'not-contain-values'])

/** The functions that are true of a row without a value. */
const WITHOUT_VALUE_TOO: ReadonlySet<string> = new Set([
  'NotIn',
  'NotEqualUserId',
  'NotEqualBusinessId',
  'DoesNotContainValues',
])

function orNull(name: string, condition: FetchElement): FetchElement {
  return fetchFilter('or', [condition, fetchCondition(name, 'null')])
}

function never(table: TableMetadata): FetchElement {
  return fetchCondition(table.primaryId, 'null')
}
