import type { Filter, FilterValue } from './filter.ts'
import { QUERY_FUNCTIONS } from './query-functions.ts'

/** How columns and literals are spelled: the local spelling uses logical names, a master's adapter brings its own. */
export interface FilterSpelling {
  column(name: string): string
}

const LOCAL: FilterSpelling = { column: (name) => name }

/** The filter as text. `parseFilter(printFilter(f))` means the same as `f`. */
export function printFilter(filter: Filter, spelling: FilterSpelling = LOCAL): string {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return filter.parts
        .map((part) =>
          part.kind === 'and' || part.kind === 'or' ? `(${printFilter(part, spelling)})` : printFilter(part, spelling),
        )
        .join(` ${filter.kind} `)
    case 'not':
      // Parentheses count as levels of nesting: what could be parsed can be parsed when printed.
      return filter.part.kind === 'not'
        ? `not ${printFilter(filter.part, spelling)}`
        : `not (${printFilter(filter.part, spelling)})`
    case 'compare':
      return `${spelling.column(filter.column)} ${filter.operator} ${printLiteral(filter.value)}`
    case 'compare-columns':
      return `${spelling.column(filter.column)} ${filter.operator} ${spelling.column(filter.other)}`
    case 'text':
      return `${filter.function}(${spelling.column(filter.column)},${quote(filter.value)})`
    case 'function':
      return `Microsoft.Dynamics.CRM.${filter.function}(PropertyName=${quote(filter.column)}${printArguments(filter)})`
  }
}

function printArguments({ function: name, values }: Extract<Filter, { kind: 'function' }>): string {
  switch (QUERY_FUNCTIONS[name].values) {
    case 'none':
      return ''
    case 'one':
      return `,PropertyValue=${quote(values[0] ?? '')}`
    case 'count':
      return `,PropertyValue=${values[0] ?? ''}`
    default:
      return `,PropertyValues=[${values.map(quote).join(',')}]`
  }
}

function printLiteral(value: FilterValue): string {
  return value.type === 'text' ? quote(String(value.value)) : String(value.value)
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
