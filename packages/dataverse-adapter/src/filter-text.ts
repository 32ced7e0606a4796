import {
  type Filter,
  type FilterValue,
  OutpostError,
  QUERY_FUNCTIONS,
  type QueryFunction,
  type TableMetadata,
  withoutNegatedFunctions,
} from '@outpost/core'
import { readableColumn, wireColumn } from './wire-table.ts'

/**
 * The filter as the text of `$filter`, not yet URL-encoded. Throws `invalid`, with the place, for a column that the table
 * does not have or that cannot be read.
 */
export function filterText(table: TableMetadata, filter: Filter): string {
  return text(table, withoutNegatedFunctions(filter))
}

function text(table: TableMetadata, filter: Filter): string {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return junction(table, filter)
    case 'not':
      return `not (${text(table, filter.part)})`
    case 'compare':
      return `${nameOf(table, filter.column, filter)} ${filter.operator} ${literal(filter.value)}`
    case 'compare-columns':
      return `${nameOf(table, filter.column, filter)} ${filter.operator} ${nameOf(table, filter.other, filter)}`
    case 'text':
      return `${filter.function}(${nameOf(table, filter.column, filter)},${quoted(filter.value)})`
    case 'function':
      return queryFunction(table, filter)
  }
}

/** `parts` joined by `and`, each in parentheses where there are several; empty where there are none. */
export function allOf(parts: readonly string[]): string {
  return parts.length > 1 ? parts.map((part) => `(${part})`).join(' and ') : (parts[0] ?? '')
}

/** The query function `In`: rows whose column has one of these values. */
export function inText(column: string, values: readonly string[]): string {
  return functionText('In', column, values)
}

function junction(table: TableMetadata, filter: Extract<Filter, { parts: unknown }>): string {
  if (filter.parts.length === 0) {
    throw new OutpostError('invalid', `an empty "${filter.kind}" in the filter of table "${table.name}"`, {
      place: { table: table.name, rule: 'filter-empty', position: filter.position },
    })
  }
  const parts = filter.parts.map((part) => {
    const one = text(table, part)
    return (part.kind === 'and' || part.kind === 'or') && part.parts.length > 1 ? `(${one})` : one
  })
  return parts.join(` ${filter.kind} `)
}

/** Query functions name the column, not the property: `ownerid`, never `_ownerid_value`. */
function queryFunction(table: TableMetadata, filter: Extract<Filter, { kind: 'function' }>): string {
  const { name } = readableColumn(table, filter.column, filter.position)
  return functionText(filter.function, name, filter.values)
}

function functionText(name: QueryFunction, column: string, values: readonly string[]): string {
  return `Microsoft.Dynamics.CRM.${name}(PropertyName=${quoted(column)}${argumentsText(name, values)})`
}

/** Each function takes its values in one way only; a count is a number, everything else is text. */
function argumentsText(name: QueryFunction, values: readonly string[]): string {
  switch (QUERY_FUNCTIONS[name].values) {
    case 'none':
      return ''
    case 'one':
      return `,PropertyValue=${quoted(values[0] ?? '')}`
    case 'count':
      return `,PropertyValue=${values[0] ?? ''}`
    default:
      return `,PropertyValues=[${values.map((value) => JSON.stringify(value)).join(',')}]`
  }
}

function nameOf(table: TableMetadata, column: string, filter: Filter): string {
  return wireColumn(readableColumn(table, column, filter.position))
}

function literal(value: FilterValue): string {
  if (value.value === null) return 'null'
  return value.type === 'text' ? quoted(String(value.value)) : String(value.value)
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
