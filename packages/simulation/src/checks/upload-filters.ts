import type { ColumnValue, Configuration, OfflineTransaction, Row } from '@outpost/core'

/*
 * Upload filters as somebody reads them who has never seen the engine's: comparisons and beginnings of texts, joined by
 * `and` and `or`.
 */

const TERM = /^(not )?(?:(\w+)\((\w+),'((?:[^']|'')*)'\)|(\w+) (eq|ne|gt|ge|lt|le) (.+))$/

/** Whether a row passes the filter; null where that cannot be told by so little. */
export function passes(filter: string, values: Row): boolean | null {
  if (filter.replace(/\w+\([^()]*\)/g, '').includes('(')) return null
  const results = filter.split(' or ').map((all) => every(all.split(' and ').map((term) => holds(term.trim(), values))))
  if (results.includes(true)) return true
  return results.includes(null) ? null : false
}

/** Whether an upload filter holds the transaction back: one of its rows, as the device shows it, does not pass. */
export function isHeld(
  { changes }: OfflineTransaction,
  configuration: Configuration,
  rowOf: (table: string, id: string) => Row | undefined,
): boolean | null {
  let isUnsure = false
  for (const change of changes) {
    const filter = configuration.tables[change.table]?.uploadFilter
    if (filter === undefined) continue
    const values = change.kind === 'delete' ? change.before : rowOf(change.table, change.id)
    const verdict = values ? passes(filter, values) : true
    if (verdict === false) return true
    isUnsure ||= verdict === null
  }
  return isUnsure ? null : false
}

function every(results: readonly (boolean | null)[]): boolean | null {
  if (results.includes(false)) return false
  return results.includes(null) ? null : true
}

function holds(term: string, values: Row): boolean | null {
  const [, negation, call, textColumn, text, column, operator, literal] = TERM.exec(term) ?? []
  const turned = (result: boolean | null): boolean | null =>
    result === null || negation === undefined ? result : !result
  if (call !== undefined && textColumn !== undefined) {
    // What a text that is not there begins with is unknown, and so is the opposite.
    if (typeof values[textColumn] !== 'string') return false
    const value = values[textColumn].toLowerCase()
    const searched = (text ?? '').replaceAll("''", "'").toLowerCase()
    switch (call) {
      case 'startswith':
        return turned(value.startsWith(searched))
      case 'contains':
        return turned(value.includes(searched))
      default:
        return null
    }
  }
  if (column === undefined || literal === undefined) return null
  return turned(compares(values[column] ?? null, operator ?? '', literal))
}

function compares(value: ColumnValue, operator: string, literal: string): boolean | null {
  const wanted: unknown = /^'.*'$/.test(literal)
    ? literal.slice(1, -1).replaceAll("''", "'").toLowerCase()
    : ({ true: true, false: false, null: null }[literal] ?? (literal === 'null' ? null : Number(literal)))
  const mine = typeof value === 'string' ? value.toLowerCase() : value
  if (operator === 'eq') return mine === wanted
  if (operator === 'ne') return mine !== wanted
  if (mine === null || typeof mine !== 'number' || typeof wanted !== 'number' || Number.isNaN(wanted)) return null
  return { gt: mine > wanted, ge: mine >= wanted, lt: mine < wanted, le: mine <= wanted }[operator] ?? null
}
